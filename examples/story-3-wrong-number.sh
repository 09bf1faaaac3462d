#!/bin/sh
# "My NumPy formula gives 3.947, PyTorch 1.1484": the rows are probabilities, PyTorch takes them as
# logits, and the formula was added up over the classes instead of averaged over the samples.
set -e
rows="0.13807842, 0.76510708, 0.09681451; 0.31698662, 0.26993158, 0.4130818;
      0.46864621, 0.01320047, 0.51815332"

echo "read as logits, as PyTorch does:"
xent ce --logits "$rows" --labels 0,1,2 --quiet 2>&1
echo "read as probabilities, added up:"
xent ce --probs "$rows" --labels 0,1,2 --reduction sum --quiet
echo "read as probabilities, averaged:"
xent ce --probs "$rows" --labels 0,1,2

echo
echo "what diagnose makes of it:"
xent diagnose --logits "$rows" --labels 0,1,2 --got 3.947 --rows 2
