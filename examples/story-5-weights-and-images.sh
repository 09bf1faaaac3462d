#!/bin/sh
# NLLLoss with class weights 2, 1, 3 and ignore_index 0: for samples of three classes, and for two
# images of 2 x 2 positions, each of three classes (N, C, H, W). With every reduction.
set -e
rows="[[0.2, -1.3, 0.8], [1.1, 0.4, -0.6], [-0.9, 0.3, 2.0], [0.5, 0.5, 0.5]]"
images="[[[[0.1, 0.2], [0.3, 0.4]], [[1.0, -1.0], [0.5, -0.5]], [[0.0, 2.0], [-2.0, 1.0]]],
         [[[2.0, 1.0], [0.0, -1.0]], [[0.3, 0.6], [0.9, 1.2]], [[-0.7, 0.7], [0.2, -0.2]]]]"

for reduction in none sum mean; do
    echo "$reduction:"
    xent nll --logits "$rows" --labels 0,1,2,1 \
        --weight 2,1,3 --ignore-index 0 --reduction $reduction --quiet
    xent nll --logits "$images" --labels "[[[0, 1], [2, 1]], [[2, 2], [0, 1]]]" \
        --weight 2,1,3 --ignore-index 0 --reduction $reduction --quiet
done
xent nll --logits "$rows" --labels 0,1,2,1 --weight 2,1,3 --ignore-index 0 --rows 3
