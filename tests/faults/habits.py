"""Words of other programs and libraries, and numbers where a file is meant."""

from __future__ import annotations

from tests.faults.fault import GOOD, Fault


def _option(command: str, option: str, hint: str) -> Fault:
    words = f"xent: there is no option {option}\nhint: {hint}\n"
    return Fault(f"{command} {option}", f"{command} a.csv {option} 1", 2, words, {"a.csv": GOOD})


def _numbers(command: str, first: str, hint: str) -> Fault:
    return Fault(command, command, 1, f"xent: {first}: there is no such file\nhint: {hint}\n")


NOT_CLIPPED = (
    "no probability is clipped: a 0 at the label gives inf; ε of smoothed labels is "
    "--label-smoothing"
)
OF_LOGITS = 'a gradient is with respect to logits: give those, --logits "2,-1,0.5"'
PROBS = b"id,a,b,c\n1,1,2,3\n2,3,1,1\n"
LABELS = b"id,label\n1,0\n2,1\n"

FAULTS = (
    _option("ce", "--eps", NOT_CLIPPED),
    _option("ce", "--clip", NOT_CLIPPED),
    _option("ce", "--join", "--on NAME is the column of ids by which a second file is matched"),
    _option("ce", "--ignore_index", "did you mean --ignore-index?"),
    _option("ce", "--dim", "--class-axis N is the classes' axis"),
    _option("ce", "--class_weight", "--weight has a weight a class: --weight 2,1,3"),
    _option("softmax", "--weights", "--weight is an option of nll, ce, bce, grad, diagnose"),
    _option("diagnose", "--atol", "--tolerance X is how far a formula may be from --got"),
    _option("grad", "--probs", OF_LOGITS),
    *(
        Fault(
            f"ce {option}",
            f"ce {option}",
            2,
            f"xent: there is no option {option}\nhint: xent --version\n",
        )
        for option in ("-V", "--version")
    ),
    Fault(
        "a file without a command",
        "preds.csv",
        2,
        'xent: there is no command "preds.csv"\nhint: the command comes first: xent ce preds.csv\n',
    ),
    Fault(
        "numbers without a command",
        "1,2,3",
        2,
        'xent: there is no command "1,2,3"\n'
        'hint: the command comes first: xent softmax --logits "1,2,3"\n',
    ),
    Fault(
        "a letter is no number",
        "e",
        2,
        'xent: there is no command "e"\nhint: did you mean ce?\n',
    ),
    Fault(
        "another name of a loss",
        "kl_div",
        2,
        'xent: there is no command "kl_div"\nhint: did you mean kl?\n',
    ),
    _numbers("ce 1,2,3 --label 2", "1,2,3", 'numbers are typed with --logits "1,2,3"'),
    _numbers("ce 1 2 3 --label 2", "1", 'numbers are typed with --logits "1 2 3"'),
    _numbers("ce 1,2,3 2", "1,2,3", 'numbers are typed with --logits "1,2,3" --label "2"'),
    _numbers(
        "kl 0.2,0.8 0.5,0.5",
        "0.2,0.8",
        'numbers are typed with --probs "0.2,0.8" --target "0.5,0.5"',
    ),
    Fault(
        "probabilities of a file",
        "ce a.csv --probs",
        2,
        "xent: --probs needs a value\n"
        "hint: it takes typed numbers; --input probs says what a file holds\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a prediction in place of classes",
        "ce a.csv",
        1,
        "xent: a.csv:1: no column of numbers to take as logits\n"
        'hint: xent bce takes "prediction" as the answer to a yes/no question\n',
        {"a.csv": b"id,prediction,target\n1,0.5,0\n2,0.25,1\n"},
    ),
    _numbers("entropy 0.5 0.5", "0.5", 'numbers are typed with --probs "0.5 0.5"'),
    Fault(
        "numbers that begin with a minus sign",
        "softmax -1,2",
        2,
        'xent: there is no option -1\nhint: numbers are typed with --logits: --logits "-1,2"\n',
    ),
    Fault(
        "labels where soft targets are meant",
        "kl a.csv --targets-from y.csv",
        1,
        "xent: y.csv:1: no column of numbers to take as soft targets\n"
        "hint: labels of a second file are taken with --labels-from\n",
        {"a.csv": PROBS, "y.csv": LABELS},
    ),
    Fault(
        "labels as another file of rows",
        "ce a.csv y.csv",
        1,
        "xent: y.csv:1: no column of numbers to take as logits\n"
        "hint: several files follow one another as one; a second file of labels is taken with "
        "--labels-from y.csv\n",
        {"a.csv": PROBS, "y.csv": LABELS},
    ),
    Fault(
        "several questions without answers",
        "bce a.csv",
        2,
        "xent: bce needs labels, and a.csv has none\n"
        "hint: give a target for each of the 3 columns: --target, --target-cols or "
        "--targets-from\n",
        {"a.csv": PROBS},
    ),
    _numbers("ce 0.2 1", "0.2", 'numbers are typed with --probs "0.2" --label "1"'),
    _numbers("ce 0.2 3", "0.2", 'numbers are typed with --logits "0.2 3"'),
    _numbers("ce 2 1", "2", 'numbers are typed with --logits "2 1"'),
)
