"""Wrong usage."""

from __future__ import annotations

from tests.faults.fault import GOOD, Fault

FAULTS = (
    Fault(
        "a command that is none",
        "crossentropy",
        2,
        'xent: there is no command "crossentropy"\nhint: xent --help\n',
    ),
    Fault(
        "a near command",
        "softmx",
        2,
        'xent: there is no command "softmx"\nhint: did you mean softmax?\n',
    ),
    Fault(
        "a near option",
        "ce --logit 1,2",
        2,
        "xent: there is no option --logit\nhint: did you mean --logits?\n",
    ),
    Fault(
        "a choice that is none",
        "ce a.csv --reduction average",
        2,
        "xent: --reduction: 'average' is not one of 'mean', 'sum', 'none'\n"
        "hint: xent ce --help lists the options\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a format that is none",
        "ce a.csv --format xml",
        2,
        "xent: --format: 'xml' is not one of 'table', 'csv', 'tsv', 'json', "
        "'jsonl', 'markdown'\n"
        "hint: xent ce --help lists the options\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a base that is none",
        "ce a.csv --base 3",
        2,
        "xent: --base: '3' is not one of 'e', '2', '10'\nhint: xent ce --help lists the options\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a dtype that is none",
        "ce a.csv --dtype int8",
        2,
        "xent: --dtype: 'int8' is not one of 'float64', 'float32', 'float16'\n"
        "hint: xent ce --help lists the options\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "digits of 0",
        "ce a.csv --digits 0",
        2,
        "xent: --digits: 0 is not in the range 1<=x<=17\nhint: xent ce --help lists the options\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "digits above 17",
        "ce a.csv --digits 18",
        2,
        "xent: --digits: 18 is not in the range 1<=x<=17\nhint: xent ce --help lists the options\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a temperature of 0",
        "ce a.csv --temperature 0",
        2,
        "xent: --temperature: 0.0 is not a number above 0\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a negative temperature",
        "ce a.csv --temperature -1",
        2,
        "xent: --temperature: -1.0 is not a number above 0\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a temperature that is nan",
        "ce a.csv --temperature nan",
        2,
        "xent: --temperature: nan is not a number above 0\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "an infinite temperature",
        "ce a.csv --temperature inf",
        2,
        "xent: --temperature: inf is not a number above 0\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "smoothing above 1",
        "ce a.csv --label-smoothing 1.5",
        2,
        "xent: --label-smoothing: 1.5 is not between 0 and 1\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "smoothing below 0",
        "ce a.csv --label-smoothing -0.1",
        2,
        "xent: --label-smoothing: -0.1 is not between 0 and 1\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "smoothing that is nan",
        "ce a.csv --label-smoothing nan",
        2,
        "xent: --label-smoothing: nan is not between 0 and 1\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a class axis for rows",
        "ce a.csv --class-axis 0",
        2,
        "xent: --class-axis 0: the samples of a text are its rows\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "typed values and a file",
        "ce a.csv --logits 1,2 --label 0",
        2,
        "xent: --logits and FILE contradict each other; give one of them\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "typed logits and typed probabilities",
        "ce --logits 1,2 --probs 0.5,0.5 --label 0",
        2,
        "xent: --logits and --probs contradict each other; give one of them\n",
    ),
    Fault(
        "a label and a target",
        "ce --logits 1,2 --label 0 --target 0,1",
        2,
        "xent: --label and --target contradict each other; give one of them\n",
    ),
    Fault(
        "labels and labels from a file",
        "ce a.csv --labels 0,1 --labels-from b.csv",
        2,
        "xent: --label and --labels-from contradict each other; give one of them\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "labels and a label column",
        "ce a.csv --labels 0,1 --label-col 4",
        2,
        "xent: --label and --label-col contradict each other; give one of them\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "targets from two places",
        "ce a.csv --target 0,1 --target-cols a,b",
        2,
        "xent: --target and --target-cols contradict each other; give one of them\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a file's option for typed values",
        "ce --logits 1,2 --label 0 --delimiter ';'",
        2,
        "xent: --delimiter is about FILE; --logits is typed\n",
    ),
    Fault(
        "columns for typed values",
        "ce --logits 1,2 --label 0 --logit-cols 1-2",
        2,
        "xent: --logit-cols is about FILE; --logits is typed\n",
    ),
    Fault(
        "the kind of a file for typed values",
        "ce --logits 1,2 --label 0 --input probs",
        2,
        "xent: --input is about FILE; --logits is typed\n",
    ),
    Fault(
        "rejects without rows that are left out",
        "ce a.csv --rejects r.csv",
        2,
        "xent: --rejects lists the rows that --on-error skip or nan met; give that too\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "temperature of probabilities",
        "ce a.csv --input probs --temperature 2",
        2,
        "xent: --temperature and --dtype work on logits, and these are probs\n",
        {"a.csv": b"a,b,label\n0.5,0.5,0\n"},
    ),
    Fault(
        "dtype and textbook",
        "ce a.csv --dtype float32 --method textbook",
        2,
        "xent: --dtype and --method textbook contradict each other; give one of them\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a mean over no rows",
        "ce a.csv",
        1,
        "xent: a.csv: 0 of 0 samples count: the mean is undefined\n"
        "hint: --reduction sum gives 0 there\n",
        {"a.csv": b"a,b,label\n"},
    ),
    Fault(
        "soft targets with an ignored class",
        "ce --logits 1,2 --target 0,1 --ignore-index 0",
        2,
        "xent: --ignore-index: 0 is one of the classes, which soft targets cannot leave out\n",
    ),
)
