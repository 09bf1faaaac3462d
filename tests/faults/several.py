"""Several files that are one input."""

from __future__ import annotations

from tests.faults.fault import GOOD, Fault

FAULTS = (
    Fault(
        "the second file has another header",
        "ce a.csv b.csv",
        1,
        'xent: b.csv: its header differs from that of a.csv: column 2 is "c", there "b"\n',
        {"a.csv": b"a,b,label\n1,2,0\n", "b.csv": b"a,c,label\n1,2,0\n"},
    ),
    Fault(
        "the second file has a column more",
        "ce a.csv b.csv",
        1,
        'xent: b.csv: its header differs from that of a.csv: column 3 is "c", there "label"\n',
        {"a.csv": b"a,b,label\n1,2,0\n", "b.csv": b"a,b,c,label\n1,2,3,0\n"},
    ),
    Fault(
        "the second file has the columns in another order",
        "ce a.csv b.csv --format csv --reduction none",
        1,
        'xent: b.csv: its header differs from that of a.csv: column 1 is "label", there "a"\n',
        {"a.csv": b"a,b,label\n1,2,0\n", "b.csv": b"label,a,b\n0,1,2\n"},
    ),
    Fault(
        "the second file has no labels",
        "ce a.csv b.csv",
        1,
        'xent: b.csv: its header differs from that of a.csv: column 3 is nothing, there "label"\n',
        {"a.csv": b"a,b,label\n1,2,0\n", "b.csv": b"a,b\n1,2\n"},
    ),
    Fault(
        "the second file is not there",
        "ce a.csv b.csv",
        1,
        "xent: b.csv: cannot read it: no such file or directory\n",
        {"a.csv": b"a,b,label\n1,2,0\n"},
    ),
    Fault(
        "the second file is empty",
        "ce a.csv b.csv",
        1,
        "xent: b.csv: it is empty: there is no header\n",
        {"a.csv": b"a,b,label\n1,2,0\n", "b.csv": b""},
    ),
    Fault(
        "a wrong cell in the second file",
        "ce a.csv b.csv",
        1,
        'xent: b.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n", "b.csv": b"a,b,label\n1,2,0\n1,x,0\n"},
    ),
    Fault(
        "a wrong label in the second file",
        "ce a.csv b.csv",
        1,
        'xent: b.csv:2:3: column "label": label 2 is out of range for 2 '
        "classes (0 to 1)\n"
        "hint: labels count from 0; are these 1-based labels?\n",
        {"a.csv": b"a,b,label\n1,2,0\n", "b.csv": b"a,b,label\n1,2,2\n"},
    ),
    Fault(
        "a pattern that matches nothing",
        "ce 'x*.csv'",
        1,
        "xent: x*.csv: no file matches\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "standard input twice",
        "ce - -",
        2,
        "xent: - stands twice: standard input can be read once\n",
        stdin=GOOD,
    ),
    Fault(
        "a CSV and a JSON of other classes",
        "ce a.csv b.json",
        1,
        'xent: b.json: its classes differ from those of a.csv: 3 of them, there "a", "b"\n',
        {"a.csv": b"a,b,label\n1,2,0\n", "b.json": b'{"logits": [[1,2,3]], "labels": [0]}'},
    ),
    Fault(
        "a JSON of other numbers",
        "ce a.json b.json",
        1,
        "xent: b.json: it holds probs, a.json holds logits\n",
        {
            "a.json": b'{"logits": [[1,2]], "labels": [0]}',
            "b.json": b'{"probs": [[0.5,0.5]], "labels": [0]}',
        },
    ),
    Fault(
        "a JSON with soft targets after one with labels",
        "ce a.json b.json",
        1,
        "xent: b.json: it has no labels, a.json has some\n",
        {
            "a.json": b'{"logits": [[1,2]], "labels": [0]}',
            "b.json": b'{"logits": [[1,2]], "targets": [[0.5,0.5]]}',
        },
    ),
    Fault(
        "typed labels too many for all files",
        "ce a.csv b.csv --labels 0,1,0",
        1,
        "xent: --label: 3 labels for 2 samples\n",
        {"a.csv": b"a,b\n1,2\n", "b.csv": b"a,b\n1,2\n"},
    ),
    Fault(
        "a typed label out of range in the second file",
        "ce a.csv b.csv --labels 0,5",
        1,
        "xent: --label, value 2: label 5 is out of range for 2 classes (0 to 1)\n",
        {"a.csv": b"a,b\n1,2\n", "b.csv": b"a,b\n1,2\n"},
    ),
    Fault(
        "the second file is a folder",
        "ce a.csv .",
        1,
        "xent: .: cannot read it: is a directory\n",
        {"a.csv": GOOD},
    ),
)
