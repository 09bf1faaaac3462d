"""The sibling losses: yes/no questions, divergences, the focal factor, gradients of them."""

from __future__ import annotations

from tests.faults.fault import Fault

ONE = b"z,label\n1.5,1\n-0.5,%s\n"
QUESTION = "which is what answers a question\n"

FAULTS = (
    Fault(
        "a label that is neither yes nor no",
        "bce a.csv",
        1,
        f'xent: a.csv:3:2: column "label": label 2 is neither 0 nor 1, {QUESTION}',
        {"a.csv": ONE % b"2"},
    ),
    Fault(
        "a label to ignore",
        "bce a.csv",
        1,
        f'xent: a.csv:3:2: column "label": label -100 is neither 0 nor 1, {QUESTION}',
        {"a.csv": ONE % b"-100"},
    ),
    Fault(
        "a typed label that is neither yes nor no",
        'bce --logits "1; 2" --labels 1,3',
        1,
        f"xent: --label, value 2: label 3 is neither 0 nor 1, {QUESTION}",
    ),
    Fault(
        "a target above 1",
        "bce a.csv --target-cols label",
        1,
        'xent: a.csv:3:2: column "label": 1.5 is not a target from 0 to 1\n',
        {"a.csv": ONE % b"1.5"},
    ),
    Fault(
        "a typed target below 0",
        'bce --logits "1; 2" --target "1; -0.2"',
        1,
        "xent: --target, sample 2, value 1: -0.2 is not a target from 0 to 1\n",
    ),
    Fault(
        "too few labels",
        "bce --logits 1,2 --label 1",
        1,
        "xent: --label: 1 label for 2 questions\n",
    ),
    Fault(
        "labels of several columns",
        "bce a.csv",
        1,
        "xent: a.csv: 1 label for 2 questions a sample\n"
        "hint: several columns take a target each: --target, --targets-from or --target-cols\n",
        {"a.csv": b"a,b,label\n1,2,1\n3,4,0\n5,6,1"},
    ),
    Fault(
        "no labels",
        "bce --logits 1,2",
        2,
        "xent: bce needs labels, and --logits has none\n"
        "hint: give a target for each of the 2 columns: --target\n",
    ),
    Fault(
        "too many weights",
        "bce --logits 1,2 --target 1,0 --weight 1,2,3",
        2,
        "xent: --weight: 3 weights for 2 classes\n",
    ),
    Fault(
        "too many weights of yes",
        "bce --logits 1,2 --target 1,0 --pos-weight 1,2,3",
        2,
        "xent: --pos-weight: 3 weights for 2 classes\n",
    ),
    Fault(
        "a negative focusing parameter",
        "ce --logits 1,2 --label 0 --gamma -1",
        2,
        "xent: --gamma: -1.0 is not a number of 0 or more\n",
    ),
    Fault(
        "a balance above 1",
        "bce --logits 1 --label 1 --alpha 2",
        2,
        "xent: --alpha: 2.0 is not between 0 and 1\n",
    ),
    Fault(
        "a focal loss of a smoothed label",
        "ce --logits 1,2 --label 0 --gamma 2 --label-smoothing 0.1",
        2,
        "xent: --gamma and --label-smoothing contradict each other: p_t is the probability of one "
        "label\nhint: xent bce takes targets from 0 to 1 with --gamma\n",
    ),
    Fault(
        "a focal loss of soft targets",
        "ce --logits 1,2 --target 0.5,0.5 --gamma 2",
        2,
        "xent: --gamma and soft targets contradict each other: p_t is the probability of one "
        "label\nhint: xent bce takes targets from 0 to 1 with --gamma\n",
    ),
    Fault(
        "cross-entropy of one column",
        'ce --logits "1; 2" --labels 0,0',
        2,
        "xent: ce compares classes, and --logits has one logit a sample\n"
        "hint: xent bce takes it as a yes/no question with labels 0 and 1; two columns, 0 and the "
        "logit, say the same\n",
    ),
    Fault(
        "cross-entropy of a file of one column",
        "ce a.csv",
        2,
        "xent: ce compares classes, and a.csv has one logit a sample\n"
        "hint: xent bce takes it as a yes/no question with labels 0 and 1; two columns, 0 and the "
        "logit, say the same\n",
        {"a.csv": ONE % b"0"},
    ),
    Fault(
        "cross-entropy of one typed column with a label of yes",
        "ce --logits 1 --label 1",
        1,
        "xent: --label, value 1: label 1 is out of range for 1 class (0 to 0)\n"
        "hint: one column is a yes/no question, which xent bce takes; two, 0 and z, say the same\n",
    ),
    Fault(
        "negative log-likelihood of one column",
        'nll --probs "0.1; 0.2" --labels 0,0',
        2,
        "xent: nll compares classes, and --probs has one probability a sample\n"
        "hint: xent bce takes it as a yes/no question with labels 0 and 1; two columns, 1 − p and "
        "p, say the same\n",
    ),
    Fault(
        "the gradient of one column",
        "grad --logits 1 --label 0",
        2,
        "xent: grad compares classes, and --logits has one logit a sample\n"
        "hint: xent grad --loss bce takes it as a yes/no question with labels 0 and 1; two "
        "columns, 0 and the logit, say the same\n",
    ),
    Fault(
        "no second distribution",
        "js --probs 0.5,0.5",
        2,
        "xent: js needs a second distribution, and --probs has none\n"
        "hint: give --label or --target\n",
    ),
    Fault(
        "no target of a divergence",
        "kl --logits 1,2",
        2,
        "xent: kl needs a target distribution, and --logits has none\n"
        "hint: give --label or --target\n",
    ),
    Fault(
        "a second distribution of another length",
        "kl --probs 0.5,0.5 --target 0.5,0.25,0.25",
        1,
        "xent: --target: soft targets of shape (3,) for values of shape (2,)\n"
        "hint: soft targets give one number a class for each sample\n",
    ),
    Fault(
        "a reduction of kl alone",
        "grad --logits 1,2 --label 0 --reduction batchmean",
        2,
        "xent: --reduction: 'batchmean' is none of mean, sum, none\n",
    ),
    Fault(
        "an option of another loss",
        "grad --loss kl --logits 1,2 --target 0.5,0.5 --alpha 0.5",
        2,
        "xent: --alpha is not for kl\n",
    ),
    Fault(
        "a label of an entropy's gradient",
        "grad --loss entropy --logits 1,2 --label 0",
        2,
        "xent: --label is not for entropy\n",
    ),
    Fault(
        "a check where there is no derivative",
        "grad --loss bce --logits 50 --label 1 --gamma 0.5 --check",
        1,
        "xent: p_t is 1 at sample 0, where (1 − p_t)^0.5 has no derivative to be compared with\n"
        "hint: leave out --check, or give --gamma of 1 or more\n",
    ),
)
