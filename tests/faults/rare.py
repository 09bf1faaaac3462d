"""What is seldom wrong: labels that nobody gave, shapes, ids, bytes and axes of positions."""

from __future__ import annotations

from tests.contents import npy, npz
from tests.faults.fault import Fault

NO_LABELS = (
    "xent: ce needs labels, and a.json has none\n"
    "hint: give --label or --target, or --label-col to name their column "
    "(soft targets: --target-cols)\n"
)
FAULTS = (
    Fault(
        "an option without a header of a document",
        "softmax a.json --no-header",
        2,
        "xent: --no-header means nothing for a.json, which is json\n",
        {"a.json": b"[[1, 2], [3, 4]]"},
    ),
    Fault(
        "no labels in a bare list",
        "ce a.json",
        2,
        "xent: ce needs labels, and a.json has none\n"
        "hint: give --label or --target, or a second file with --labels-from or --targets-from\n",
        {"a.json": b"[[1, 2], [3, 4]]"},
    ),
    Fault(
        "no labels for an array of one column of questions",
        "bce a.npy",
        2,
        "xent: bce needs labels, and a.npy has none\n"
        "hint: give --label or --target, or a second file with --labels-from or --targets-from\n",
        {"a.npy": npy([[0.0], [0.0]])},
    ),
    Fault(
        "no labels for several arrays",
        "nll a.npy a.npy",
        2,
        "xent: nll needs labels, and a.npy and 1 more have none\n"
        "hint: give --label, or a second file with --labels-from\n",
        {"a.npy": npy([[0.0, 1.0, 2.0]])},
    ),
    Fault(
        "no targets for an array of several questions",
        "bce a.npy",
        2,
        "xent: bce needs labels, and a.npy has none\n"
        "hint: give a target for each of the 2 columns: --target or --targets-from\n",
        {"a.npy": npy([[0.0, 1.0]])},
    ),
    Fault(
        "no labels in a list of records",
        "ce a.json",
        2,
        NO_LABELS,
        {"a.json": b'[{"logits": [1, 2]}, {"logits": [3, 4]}]'},
    ),
    Fault(
        "no labels in a table of a document",
        "ce a.json",
        2,
        NO_LABELS,
        {"a.json": b'{"columns": ["a", "b"], "data": [[1, 2], [3, 1]]}'},
    ),
    Fault(
        "soft targets with an axis too few",
        "ce a.json -q",
        1,
        "xent: a.json: $.targets: soft targets of shape (2, 2) for values of shape (1, 2, 2)\n",
        {"a.json": b'{"logits": [[[1, 2], [3, 4]]], "targets": [[0.5, 0.2], [0.3, 0.1]]}'},
    ),
    Fault(
        "labels of questions with one too many",
        "bce a.json -q",
        1,
        "xent: a.json: $.labels[0]: 3 labels for 2 samples\n",
        {"a.json": b'{"logits": [[1, 2], [3, 4]], "labels": [[0, 1, 1], [1, 0, 2]]}'},
    ),
    Fault(
        "an array of labels with half a class",
        "ce a.csv --labels-from y.npy -q",
        1,
        'xent: y.npy: label 1: "0.5" is not a class index, nor the name of a class\n'
        "hint: labels are integers that count the classes from 0\n",
        {"a.csv": b"a,b\n1,2\n3,1\n", "y.npy": npy([0.5, 1.0])},
    ),
    Fault(
        "an id with text after its quote",
        "ce a.csv --labels-from y.csv -q",
        1,
        'xent: a.csv:3:1: column "id": there is text after the closing quote\n',
        {"a.csv": b'id,a,b\nx,1,2\n"y"z,3,1\n', "y.csv": b"id,label\nx,0\ny,1\n"},
    ),
    Fault(
        "typed lists too deep to be one of several",
        'ce --logits "[[[1,2],[3,4]]]" --logits "[[1,2]]" --label 0',
        2,
        "xent: --logits: lists deeper than two levels are given in one piece\n",
    ),
    Fault(
        "bytes that sum to 0",
        "ce a.csv --bytes-col n",
        1,
        "xent: a.csv: the bytes of the samples sum to 0: the bits per byte are undefined\n",
        {"a.csv": b"a,b,label,n\n1,2,0,0\n3,1,1,0\n"},
    ),
    Fault(
        "a shift along two axes",
        "ce a.npz --shift",
        2,
        "xent: --shift: a.npz has 2 axes of positions, and it is not said which of them to go "
        "along\n",
        {"a.npz": npz(logits=[[[[0.0, 1.0]], [[0.0, 1.0]]]], labels=[[[0, 0]]])},
    ),
    Fault(
        "a target above 1 in a field of its own",
        "bce a.jsonl --target-cols ta,tb --logit-cols a,b",
        1,
        "xent: a.jsonl:2: $.tb: 1.5 is not a target from 0 to 1\n",
        {
            "a.jsonl": b'{"a": 0.5, "b": 0.5, "ta": 1, "tb": 0}\n'
            b'{"a": 0.5, "b": 0.5, "ta": 1, "tb": 1.5}\n'
        },
    ),
    Fault(
        "a probability above 1 in a field of its own",
        "ce a.jsonl --input probs",
        1,
        "xent: a.jsonl:2: $.b: 1.5 is not a probability (0 to 1)\n"
        "hint: are these logits? Then leave out --probs or --input probs\n",
        {"a.jsonl": b'{"a": 0.5, "b": 0.5, "label": 0}\n{"a": 0.5, "b": 1.5, "label": 0}\n'},
    ),
    Fault(
        "an id that is no text",
        "ce a.csv --labels-from y.csv -q",
        1,
        'xent: a.csv:3:1: column "id": y.csv has no id "\\xff"\n',
        {"a.csv": b"id,a,b\nx,1,2\n\xff,3,1\n", "y.csv": b"id,label\nx,0\ny,1\n"},
    ),
    Fault(
        "an id in quotes that is no text",
        "ce a.csv --labels-from y.csv -q",
        1,
        'xent: a.csv:3:1: column "id": the cell is not UTF-8 text\n'
        "hint: --encoding names another one\n",
        {"a.csv": b'id,a,b\nx,1,2\n"\xff",3,1\n', "y.csv": b"id,label\nx,0\ny,1\n"},
    ),
    Fault(
        "an id with text after its quote in the second file",
        "ce a.csv --labels-from y.csv -q",
        1,
        "xent: y.csv:3: there is text after the closing quote\n",
        {"a.csv": b"id,a,b\nx,1,2\ny,3,1\n", "y.csv": b'id,label\nx,0\n"y"z,1\n'},
    ),
    Fault(
        "an id that is no text in the second file",
        "ce a.csv --labels-from y.csv -q",
        1,
        'xent: a.csv:3:1: column "id": y.csv has no id "y"\n',
        {"a.csv": b"id,a,b\nx,1,2\ny,3,1\n", "y.csv": b"id,label\nx,0\n\xff,1\n"},
    ),
    Fault(
        "soft targets of fewer axes in a second file",
        "ce a.jsonl --targets-from t.csv -q --class-axis -1",
        1,
        "xent: t.csv: soft targets of shape (2, 2) for values of shape (2, 2, 2)\n"
        "hint: soft targets give one number a class for each sample\n",
        {
            "a.jsonl": b'{"logits": [[1, 2], [3, 4]]}\n{"logits": [[1, 2], [3, 4]]}\n',
            "t.csv": b"p,q\n0.5,0.5\n0.2,0.8\n",
        },
    ),
)
