#!/bin/sh
# Logits 1, 2, 3: the textbook's exponentials, the softmax, and the gradient p - onehot(y), for one
# sample and for three that share a mean.
set -e
xent ce --logits 1,2,3 --label 0 --method textbook
for label in 0 1 2; do
    xent grad --logits 1,2,3 --label $label --quiet
done
xent ce --logits "1,2,3; 1,2,3; 1,2,3" --labels 2,1,0 --no-steps
xent ce --logits "1,2,3; 1,2,3; 1,2,3" --targets "0,0,1; 0,1,0; 1,0,0" --quiet
xent grad --logits "1,2,3; 1,2,3; 1,2,3" --labels 2,1,0 --quiet

# The same through nll of log-softmax.
xent log-softmax --logits "1,2,3; 1,2,3; 1,2,3" --format csv |
    xent nll - --input log-probs --labels 2,1,0 --quiet
