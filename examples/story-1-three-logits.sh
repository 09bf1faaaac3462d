#!/bin/sh
# Three logits, each class taken as the label in turn. The largest stands 19.1 above the next, so
# its loss is five billionths: ce and nll keep all of its digits, the textbook formulas keep eight.
set -e
logits="12.3,-5.2,31.4"

xent softmax --logits "$logits" --no-steps --quiet
for label in 0 1 2; do
    xent ce --logits "$logits" --label $label --quiet
    xent nll --logits "$logits" --label $label --quiet
done
xent ce --logits "$logits" --label 2 --method textbook --quiet
for label in 0 1 2; do
    xent ce --logits "$logits" --label $label --dtype float32 --quiet
done
xent ce --logits "$logits" --label 2
