"""Outputs that cannot be written."""

from __future__ import annotations

from tests.faults.fault import GOOD, Fault

FAULTS = (
    Fault(
        "a folder that is not there",
        "ce a.csv -o no/such/out.csv",
        1,
        "xent: no/such/out.csv: cannot write it: no such file or directory\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a folder that is a file",
        "ce a.csv -o a.csv/out.csv",
        1,
        "xent: a.csv/out.csv: cannot write it: not a directory\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a folder",
        "ce a.csv -o .",
        1,
        "xent: .: cannot write it: is a directory\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "the input",
        "ce a.csv -o a.csv",
        2,
        "xent: -o a.csv: it is also the input, a.csv\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "the input by another way",
        "ce a.csv -o ./a.csv",
        2,
        "xent: -o ./a.csv: it is also the input, a.csv\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "the second input",
        "ce a.csv b.csv -o b.csv",
        2,
        "xent: -o b.csv: it is also the input, b.csv\n",
        {"a.csv": GOOD, "b.csv": GOOD},
    ),
    Fault(
        "a full device",
        "ce a.csv -o /dev/full",
        1,
        "xent: /dev/full: cannot write it: no space left on device\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "rejects into a folder that is not there",
        "ce a.csv --on-error skip --rejects no/r.csv",
        1,
        "xent: no/r.csv: cannot write it: no such file or directory\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a wrong cell leaves no file",
        "ce a.csv --format csv --reduction none -o out.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n1,x,0\n"},
    ),
)
