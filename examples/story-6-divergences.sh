#!/bin/sh
# What cross-entropy is made of, and its siblings: entropy, KL, Jensen-Shannon, and the binary one.
set -e
t=0.7,0.2,0.1
p=0.5,0.3,0.2

# Cross-entropy = entropy of the target + divergence of the prediction from it.
xent ce --probs "$p" --target "$t" --no-steps
echo "entropy of the target: $(xent entropy --probs "$t" --quiet)"
echo "KL(t||p):              $(xent kl --probs "$p" --target "$t" --quiet)"

# KL minds the order of the two, JS does not; and JS is never above ln 2 (1 bit).
echo "KL(p||t):              $(xent kl --probs "$t" --target "$p" --quiet)"
echo "JS(t, p):              $(xent js --probs "$p" --target "$t" --quiet)"
echo "JS(p, t):              $(xent js --probs "$t" --target "$p" --quiet)"
echo "JS of what never meets: $(xent js --probs 1,0,0 --target 0,0,1 --base 2 --quiet) bit"
xent js --probs "$p" --target "$t"

# The mistake that kl_div invites: its default, "mean", divides by the numbers, not by the samples.
rows='0.5,0.3,0.2; 0.2,0.2,0.6' wanted='0.7,0.2,0.1; 0.1,0.3,0.6'
echo "batchmean: $(xent kl --probs "$rows" --target "$wanted" --quiet)"
echo "mean:      $(xent kl --probs "$rows" --target "$wanted" --reduction mean --quiet)"

# Two classes are one question: z against 0. The same number, by ce and by bce.
xent ce --logits '0,1.5; 0,-0.5; 0,3' --labels 1,0,0 --quiet
xent bce --logits '1.5; -0.5; 3' --labels 1,0,0 --quiet
