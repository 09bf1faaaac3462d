"""Wrong usage of ``diagnose``, and input that it cannot use."""

from __future__ import annotations

from tests.faults.fault import GOOD, Fault

FAULTS = (
    Fault(
        "a number that is none",
        "diagnose --logits 1,2 --label 0 --got x",
        2,
        'xent: --got: cannot read "x" as a number\nhint: give it as it was printed: --got 3.947\n',
    ),
    Fault(
        "a mark of thousands",
        "diagnose --logits 1,2 --label 0 --got 3,947.5",
        2,
        'xent: --got: cannot read "3,947.5" as a number\n'
        "hint: give it as it was printed: --got 3.947\n",
    ),
    Fault(
        "a number that overflows",
        "diagnose --logits 1,2 --label 0 --got 1e400",
        2,
        'xent: --got: "1e400" is too large for a 64-bit float\n',
    ),
    Fault(
        "a tolerance without a number",
        "diagnose --logits 1,2 --label 0 --tolerance 0.1",
        2,
        "xent: --tolerance says how far a formula may be from --got; give that too\n",
    ),
    Fault(
        "a negative tolerance",
        "diagnose --logits 1,2 --label 0 --got 1 --tolerance -1",
        2,
        "xent: --tolerance: -1.0 is not a finite number from 0 up\n",
    ),
    Fault(
        "a number a sample",
        "diagnose a.csv --got 1.2 --reduction none",
        2,
        "xent: --reduction none gives a number a sample, --got is one number\n"
        "hint: leave out --reduction, or give one sample\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "two numbers and three files",
        "diagnose a.csv b.csv c.csv --got 1.2 --got 1.3",
        2,
        "xent: 2 numbers and 3 files: give one --got for all files together, or one for each\n",
        {"a.csv": GOOD, "b.csv": GOOD, "c.csv": GOOD},
    ),
    Fault(
        "a format that it has not",
        "diagnose a.csv --format csv",
        2,
        'xent: --format: "csv" is not one of table, json\n',
        {"a.csv": GOOD},
    ),
    Fault(
        "no labels",
        "diagnose --logits 1,2 --got 1",
        2,
        "xent: diagnose needs labels, and --logits has none\nhint: give --label or --target\n",
    ),
    Fault(
        "no rows",
        "diagnose a.csv --got 1",
        1,
        "xent: a.csv: there are no samples\n",
        {"a.csv": b"a,b,label\n"},
    ),
    Fault(
        "a label beyond the classes and the next",
        "diagnose a.csv --got 1",
        1,
        'xent: a.csv:2:3: column "label": label 7 is out of range for 2 classes (0 to 1)\n',
        {"a.csv": b"a,b,label\n1,2,7\n"},
    ),
    Fault(
        "labels from 0 to the number of classes",
        "diagnose a.csv --got 1",
        1,
        'xent: a.csv:3:3: column "label": label 2 is out of range for 2 classes (0 to 1)\n'
        "hint: labels count from 0; are these 1-based labels?\n",
        {"a.csv": b"a,b,label\n1,2,0\n1,2,2\n"},
    ),
    Fault(
        "a cell that is no number",
        "diagnose a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n1,x,0\n"},
    ),
    Fault(
        "a probability above 1",
        "diagnose a.csv --input probs",
        1,
        'xent: a.csv:2:1: column "a": 1.5 is not a probability (0 to 1)\n'
        "hint: are these logits? Then leave out --probs or --input probs\n",
        {"a.csv": b"a,b,label\n1.5,0.5,0\n"},
    ),
    Fault(
        "its output over its input",
        "diagnose a.json -o a.json",
        2,
        "xent: -o a.json: it is also the input, a.json\n",
        {"a.json": b"[1, 2]"},
    ),
    Fault(
        "labels for several columns of questions",
        "diagnose a.csv --loss bce --label 0",
        2,
        "xent: --loss bce of 2 columns takes a soft target for each of them\n"
        "hint: --target, --targets-from or --target-cols; labels go with one column\n",
        {"a.csv": b"a,b\n0.5,0.5\n"},
    ),
    Fault(
        "a share of yes above 1",
        "diagnose a.csv --loss bce --logit-cols a,b --target-cols t1,t2",
        1,
        'xent: a.csv:2:3: column "t1": 1.5 is not a target from 0 to 1\n',
        {"a.csv": b"a,b,t1,t2\n0.5,0.5,1.5,0\n"},
    ),
    Fault(
        "a typed probability of yes above 1",
        'diagnose --probs "0.5;1.5" --label 0,1 --loss bce',
        1,
        "xent: --probs, sample 2, value 1: 1.5 is not a probability (0 to 1)\n"
        "hint: are these logits? Then leave out --probs or --input probs\n",
    ),
    Fault(
        "smoothing of questions",
        "diagnose a.csv --loss bce --label 0,1 --label-smoothing 0.1",
        2,
        "xent: --loss bce, of yes-or-no questions, has no --label-smoothing\n",
        {"a.csv": b"a\n-0.5\n-1.5\n"},
    ),
    Fault(
        "logarithms of probabilities of yes",
        "diagnose a.csv --loss bce --label 0,1 --input log-probs",
        2,
        "xent: --loss bce takes logits or probabilities of yes, not their logarithms\n",
        {"a.csv": b"a\n-0.5\n-1.5\n"},
    ),
)
