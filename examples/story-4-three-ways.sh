#!/bin/sh
# CrossEntropyLoss = LogSoftmax + NLLLoss = softmax, then -log: three ways to 1.4904.
set -e
cat > "${TMPDIR:-/tmp}/xent-story-4.csv" <<'ROWS'
a,b,c,label
.9826,1.0630,-.4096,1
-.6213,.2511,.5659,0
.5662,.7360,-.6783,1
-.4638,-1.4961,-1.0877,1
1.8186,-.2998,.1128,1
ROWS
file="${TMPDIR:-/tmp}/xent-story-4.csv"

xent ce "$file"
xent log-softmax "$file" --format csv | xent nll - --input log-probs --quiet
xent softmax "$file" --format csv | xent ce - --input probs --quiet
rm "$file"
