"""A second file, matched by ids with the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from tests.contents import npy, npz
from tests.faults.fault import Fault

FIRST = b"id,a,b\n7,2,0\n9,0,2\n"
# The same ids in another order, and what is wrong stands in the second row.
FIRST_FILES = {"z.csv": FIRST, "z.npz": npz(id=[7, 9], logits=[[2.0, 0.0], [0.0, 2.0]])}
WRONG_TARGETS = {
    't.csv:4:2: column "a"': b"id,a,b\n9,1,0\n\n7,-0.5,1.5\n",
    "t.jsonl:3: $.a": b'{"id": 9, "a": 1, "b": 0}\n\n{"id": 7, "a": -0.5, "b": 1.5}\n',
    "t.jsonl:2: $.targets[0]": (
        b'{"id": 9, "targets": [1, 0]}\n{"id": 7, "targets": [-0.5, 1.5]}\n'
    ),
    't.json: row 2: column "a"': b'[{"id": 9, "a": 1, "b": 0}, {"id": 7, "a": -0.5, "b": 1.5}]',
    "t.json: $[1].targets[0]": (
        b'[{"id": 9, "targets": [1, 0]}, {"id": 7, "targets": [-0.5, 1.5]}]'
    ),
    "t.json: $.targets[1][0]": b'{"id": [9, 7], "targets": [[1, 0], [-0.5, 1.5]]}',
    "t.npz: targets[1, 0]": npz(id=[9, 7], targets=[[1.0, 0.0], [-0.5, 1.5]]),
}
WRONG_LABELS = {
    "y.csv:3:2": b"id,label\n9,0\n7,5\n",
    "y.jsonl:2: $.label": b'{"id": 9, "label": 0}\n{"id": 7, "label": 5}\n',
    "y.json: row 2": b'[{"id": 9, "label": 0}, {"id": 7, "label": 5}]',
    "y.json: label 2": b'{"id": [9, 7], "label": [0, 5]}',
    "y.npz: label 2": npz(id=[9, 7], label=[0, 5]),
}


def quoted_names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def row_of(names: Iterable[str]) -> bytes:
    """A text with a row of as many numbers as names."""
    header = list(names)
    return (
        f"id,{','.join(header)}\n7,{','.join(str(at % 2) for at in range(len(header)))}\n".encode()
    )


def wrong_rows(option: str, contents: Mapping[str, bytes], message: str) -> Iterable[Fault]:
    """A wrong row of each of these second files, beside each first file."""
    for place, content in contents.items():
        name = place.partition(":")[0]
        for first, rows in FIRST_FILES.items():
            yield Fault(
                f"{place} beside {first}",
                f"ce {first} {option} {name}",
                1,
                f"xent: {place}: {message}\n",
                {first: rows, name: content},
            )


FAULTS = (
    Fault(
        "an id without a partner",
        "ce z.csv --labels-from y.csv",
        1,
        'xent: z.csv:3:1: column "id": y.csv has no id "9"\n',
        {"z.csv": FIRST, "y.csv": b"id,label\n7,0\n8,1\n"},
    ),
    Fault(
        "an id written as another number",
        "ce z.csv --labels-from y.csv",
        1,
        'xent: z.csv:2:1: column "id": y.csv has no id "7"\n'
        'hint: it has "7.0": ids are compared as text\n',
        {"z.csv": FIRST, "y.csv": b"id,label\n9.0,1\n7.0,0\n"},
    ),
    Fault(
        "an id without a partner, in JSON Lines",
        "ce z.jsonl --labels-from y.csv",
        1,
        'xent: z.jsonl:2: $.id: y.csv has no id "9.0"\n'
        'hint: it has "9": ids are compared as text\n',
        {
            "z.jsonl": b'{"id": 7, "logits": [2, 0]}\n{"id": 9.0, "logits": [0, 2]}\n',
            "y.csv": b"id,label\n7,0\n9,1\n",
        },
    ),
    Fault(
        "an id without a partner, in a list of records",
        "ce z.json --labels-from y.csv",
        1,
        'xent: z.json: $[1].id: y.csv has no id "8"\n',
        {
            "z.json": b'[{"id": 7, "a": 2, "b": 0}, {"id": 8, "a": 0, "b": 2}]',
            "y.csv": b"id,label\n7,0\n",
        },
    ),
    Fault(
        "an id that is a list",
        "ce z.csv --labels-from y.jsonl",
        1,
        "xent: y.jsonl:1: $.id: expected a text or a number, found a list\n",
        {"z.csv": FIRST, "y.jsonl": b'{"id": [7], "label": 0}\n'},
    ),
    Fault(
        "an id twice in the second file",
        "ce z.csv --labels-from y.csv",
        1,
        'xent: y.csv:4: column "id": the id "7" stands twice, first in line 2\n'
        "hint: which of the two rows is meant cannot be told\n",
        {"z.csv": FIRST, "y.csv": b"id,label\n7,0\n9,1\n7,1\n"},
    ),
    Fault(
        "an id that is missing in the second file",
        "ce z.csv --labels-from y.csv",
        1,
        'xent: y.csv:3: column "id": the id is missing\n',
        {"z.csv": FIRST, "y.csv": b"id,label\n7,0\n,1\n"},
    ),
    Fault(
        "an id that is missing in the first file",
        "ce z.csv --labels-from y.csv",
        1,
        'xent: z.csv:3:1: column "id": the id is missing\n',
        {"z.csv": b"id,a,b\n7,2,0\n,0,2\n", "y.csv": b"id,label\n7,0\n9,1\n"},
    ),
    Fault(
        "a number that is none in the first row, beside targets of another width",
        "ce z.csv --targets-from t.csv --by-position",
        1,
        'xent: z.csv:2:1: column "a": cannot read "x" as a number\n',
        {"z.csv": b"a,b\nx,2\n3,4\n", "t.csv": b"p,q,r\n1,0,0\n0,1,0\n"},
    ),
    Fault(
        "no label left for a row before one that cannot be read",
        "ce z.csv --labels 0",
        1,
        "xent: --label: 1 label, but z.csv has more samples\n",
        {"z.csv": b"a,b\n1,2\n3,4\n5,x\n"},
    ),
    Fault(
        "a blank before a number is none, also where ids match",
        "ce z.csv --labels-from y.csv -q",
        0,
        "",
        {"z.csv": b"id,a,b\n7, 1000,0\n9,0,1000\n", "y.csv": b"id,label\n9,1\n7,0\n"},
        stdout="0.0\n",
    ),
    Fault(
        "two columns that could be matched",
        "ce z.csv --labels-from y.csv",
        2,
        'xent: z.csv:1 and y.csv could be matched by "id" and "image_id"\n'
        "hint: --on NAME says which, --by-position that neither is\n",
        {"z.csv": b"id,image_id,a,b\n1,7,2,0\n", "y.csv": b"id,image_id,label\n1,7,0\n"},
    ),
    Fault(
        "a column to match by that is not in the second file",
        "ce z.csv --labels-from y.csv --on id",
        2,
        'xent: --on: y.csv:1 has no column "id"\nhint: did you mean "idd"?\n',
        {"z.csv": FIRST, "y.csv": b"idd,label\n7,0\n"},
    ),
    Fault(
        "a column to match by that is not in the first file",
        "ce z.csv --labels-from y.csv --on code",
        2,
        'xent: --on: z.csv:1 has no column "code"\nhint: the columns are "id", "a", "b"\n',
        {"z.csv": FIRST, "y.csv": b"code,label\n7,0\n"},
    ),
    Fault(
        "labels in both files",
        "ce z.csv --labels-from y.csv",
        2,
        'xent: z.csv:1 has labels too, in "label", beside those of y.csv\n'
        "hint: --label-col names the label's column of the second file; without --labels-from the "
        "first file's are taken\n",
        {"z.csv": b"id,a,b,label\n7,2,0,0\n", "y.csv": b"id,label\n7,0\n"},
    ),
    Fault(
        "a label's column that is not there",
        "ce z.csv --labels-from y.csv --label-col truth",
        2,
        'xent: --label-col: y.csv:1 has no column "truth"\nhint: the columns are "id", "label"\n',
        {"z.csv": FIRST, "y.csv": b"id,label\n7,0\n"},
    ),
    Fault(
        "several columns that could be the label",
        "ce z.csv --labels-from y.csv",
        2,
        "xent: y.csv:1: which of its 3 columns holds the labels?\nhint: say which: --label-col\n",
        {"z.csv": FIRST, "y.csv": b"id,p,q\n7,0,1\n"},
    ),
    Fault(
        "a label of the second file that is no class",
        "ce z.csv --labels-from y.csv",
        1,
        'xent: y.csv:2:2: "cow" is not a class index, nor the name of a class\n'
        'hint: the classes are "a", "b"\n',
        {"z.csv": FIRST, "y.csv": b"id,label\n9,cow\n7,0\n"},
    ),
    Fault(
        "soft targets of other classes",
        "ce z.csv --targets-from t.csv",
        1,
        'xent: t.csv: it has no column of the class "b", but of others\n'
        'hint: its columns are "a", "c"\n',
        {"z.csv": FIRST, "t.csv": b"id,a,c\n7,1,0\n9,0,1\n"},
    ),
    Fault(
        "soft targets in an order of their own",
        "ce z.csv --targets-from t.csv",
        1,
        'xent: t.csv: the order of its columns, "t_3", "t_1", is not that of the classes, and '
        "their names are not the classes' names\n"
        "hint: call its columns as the classes are called\n",
        {"z.csv": FIRST, "t.csv": b"id,t_3,t_1\n7,1,0\n9,0,1\n"},
    ),
    Fault(
        "soft targets of other classes than twelve",
        "ce z.csv --targets-from t.csv",
        1,
        'xent: t.csv: it has no column of the class "l", but of others\n'
        "hint: its columns are " + quoted_names("abcdefghij") + "\n",
        {"z.csv": row_of("abcdefghijkl"), "t.csv": row_of("abcdefghijkx")},
    ),
    Fault(
        "twelve soft targets in an order of their own",
        "ce z.csv --targets-from t.csv",
        1,
        "xent: t.csv: the order of its columns, "
        + quoted_names(f"t_{at}" for at in range(24, 4, -2))
        + ", is not that of the "
        "classes, and their names are not the classes' names\n"
        "hint: call its columns as the classes are called\n",
        {"z.csv": row_of("abcdefghijkl"), "t.csv": row_of(f"t_{at}" for at in range(24, 0, -2))},
    ),
    Fault(
        "different lengths by position",
        "ce z.csv --labels-from y.csv --by-position",
        1,
        "xent: y.csv: 3 labels for 2 samples\n",
        {"z.csv": FIRST, "y.csv": b"id,label\n7,0\n8,1\n9,1\n"},
    ),
    Fault(
        "files of which one has no ids",
        "ce z.csv x.jsonl --labels-from y.csv",
        1,
        'xent: x.jsonl: its rows would be matched by position, those of z.csv by "id"\n'
        "hint: --on names the column of ids, --by-position does without\n",
        {"z.csv": FIRST, "x.jsonl": b'{"a": 1, "b": 2}\n', "y.csv": b"id,label\n7,0\n9,1\n"},
    ),
    Fault(
        "labels of positions",
        "ce z.jsonl --labels-from y.csv",
        2,
        "xent: y.csv has a label a row, z.jsonl has positions\n"
        "hint: --by-position takes the labels of all positions in their order\n",
        {
            "z.jsonl": b'{"id": 7, "logits": [[1, 2, 5], [3, 4, 6]]}\n',
            "y.csv": b"id,label\n7,0\n9,1\n",
        },
    ),
    Fault(
        "a column to match by without a second file",
        "ce z.csv --on id",
        2,
        "xent: --on is about a second file: --labels-from or --targets-from\n",
        {"z.csv": FIRST},
    ),
    Fault(
        "both ways of matching",
        "ce z.csv --labels-from y.csv --on id --by-position",
        2,
        "xent: --on and --by-position contradict each other; give one of them\n",
        {"z.csv": FIRST, "y.csv": b"id,label\n7,0\n9,1\n"},
    ),
    Fault(
        "a second file without the ids of the first",
        "ce z.csv --labels-from y.csv --reduction none -q",
        0,
        "xent: note: y.csv: its rows are matched by position: no column of z.csv:1 is called "
        '"image_id" (--on names one, --by-position says that it is so)\n',
        {"z.csv": FIRST, "y.csv": b"image_id,label\n7,0\n8,1\n"},
        stdout="0.1269280110429725\n0.1269280110429725\n",
    ),
    Fault(
        "rows of the second file that are not needed",
        "ce z.csv --labels-from y.csv -q",
        0,
        'xent: note: y.csv:2: 2 of its 4 rows were not needed, the first that of id "1"\n',
        {"z.csv": FIRST, "y.csv": b"id,label\n1,5\n9,1\n7,0\n2,x\n"},
        stdout="0.1269280110429725\n",
    ),
    Fault(
        "rows without a partner that are skipped",
        "ce z.csv --labels-from y.csv -q --on-error skip",
        3,
        'xent: 1 row left out; the first: z.csv:3:1: column "id": y.csv has no id "9"\n',
        {"z.csv": FIRST, "y.csv": b"id,label\n7,0\n"},
        stdout="0.1269280110429725\n",
    ),
    Fault(
        "a label of a list of records that is a list",
        "ce z.csv --labels-from y.json",
        1,
        "xent: y.json: $[1].label: expected a text or a number, found a list\n",
        {"z.csv": FIRST, "y.json": b'[{"id": 7, "label": 0}, {"id": 9, "label": [1]}]'},
    ),
    Fault(
        "a record of a list without a label",
        "ce z.csv --labels-from y.json",
        1,
        'xent: y.json: $[1]: there is no key "label"\nhint: the keys are "id"\n',
        {"z.csv": FIRST, "y.json": b'[{"id": 7, "label": 0}, {"id": 9}]'},
    ),
    Fault(
        "a label of a split table that is no label",
        "ce z.csv --labels-from y.json",
        1,
        "xent: y.json: $.data[1][1]: expected a text or a number, found true\n",
        {
            "z.csv": FIRST,
            "y.json": b'{"columns": ["id", "label"], "data": [[7, 0], [9, true]]}',
        },
    ),
    Fault(
        "an array of no labels",
        "ce z.csv --labels-from y.npy",
        1,
        "xent: y.npy: 0 labels, but z.csv has more samples\n",
        {"z.csv": b"a,b\n2,0\n", "y.npy": npy(np.zeros((0, 1), dtype=np.int64))},
    ),
    Fault(
        "an array of no soft targets",
        "ce z.csv --targets-from t.npy",
        1,
        "xent: t.npy: 0 soft targets, but z.csv has more samples\n",
        {"z.csv": b"a,b\n2,0\n", "t.npy": npy(np.zeros((0, 2)))},
    ),
    *wrong_rows(
        "--targets-from", WRONG_TARGETS, "soft target -0.5 is not a probability (0 or more)"
    ),
    *wrong_rows("--labels-from", WRONG_LABELS, "label 5 is out of range for 2 classes (0 to 1)"),
    Fault(
        "soft targets whose numbers do not count up, of classes that do",
        "ce z.csv --targets-from t.csv",
        1,
        'xent: t.csv: it has no column of the class "0", but of others\n'
        'hint: its columns are "t_3", "t_1"\n',
        {"z.csv": b"id,c_0,c_1\n7,2,0\n", "t.csv": b"id,t_3,t_1\n7,1,0\n"},
    ),
    Fault(
        "soft targets whose numbers count up, of classes that do not",
        "ce z.csv --targets-from t.csv",
        1,
        'xent: t.csv: it has no column of the class "3", but of others\n'
        'hint: its columns are "t_0", "t_1"\n',
        {"z.csv": b"id,c_1,c_3\n7,2,0\n", "t.csv": b"id,t_0,t_1\n7,1,0\n"},
    ),
    Fault(
        "an id that is a word, without a partner",
        "ce z.csv --labels-from y.csv",
        1,
        'xent: z.csv:2:1: column "id": y.csv has no id "x"\n',
        {"z.csv": b"id,a,b\nx,2,0\n", "y.csv": b"id,label\ny,0\n"},
    ),
    Fault(
        "a long id twice in the second file",
        "ce z.csv --labels-from y.csv",
        1,
        'xent: y.csv:3: column "id": the id stands twice, first in line 2\n'
        "hint: which of the two rows is meant cannot be told\n",
        {"z.csv": FIRST, "y.csv": b"id,label\n" + 2 * (65 * b"7" + b",0\n")},
    ),
    Fault(
        "a list of labels without ids, and a column to match by",
        "ce z.csv --labels-from y.jsonl --on id",
        2,
        'xent: --on: y.jsonl has no column "id"\nhint: there are no columns\n',
        {"z.csv": FIRST, "y.jsonl": b"0\n1\n"},
    ),
    Fault(
        "an id twice in a list of a document",
        "ce z.csv --labels-from y.json",
        1,
        'xent: y.json: row 3: column "id": the id "7" stands twice, first in row 1\n'
        "hint: which of the two rows is meant cannot be told\n",
        {"z.csv": FIRST, "y.json": b'{"id": [7, 9, 7], "label": [0, 1, 1]}'},
    ),
    Fault(
        "an id that is missing in a list of a document",
        "ce z.csv --labels-from y.json",
        1,
        'xent: y.json: row 2: column "id": the id is missing\n',
        {"z.csv": FIRST, "y.json": b'{"id": [7, ""], "label": [0, 1]}'},
    ),
    Fault(
        "an index without a name that is no list",
        "ce z.csv --labels-from y.json",
        1,
        'xent: y.json: "Unnamed: 0" is in z.csv:1 too, and here it is not taken for ids '
        "(expected a list of ids, found 7)\n"
        "hint: --by-position goes without ids\n",
        {"z.csv": b",a,b\n7,2,0\n9,0,2\n", "y.json": b'{"Unnamed: 0": 7, "labels": [0, 1]}'},
    ),
    Fault(
        "a second file with other ids, that repeats one",
        "ce z.csv --labels-from y.csv --reduction sum -q",
        0,
        "xent: note: y.csv: its rows are matched by position: no column of z.csv:1 is called "
        '"image_id" (--on names one, --by-position says that it is so)\n',
        {"z.csv": FIRST, "y.csv": b"image_id,label\n7,0\n7,1\n"},
        stdout="0.253856022085945\n",
    ),
    Fault(
        "labels in both files, of which one is named",
        "ce z.csv --labels-from y.csv --label-col truth -q",
        0,
        "",
        {"z.csv": b"id,a,b,label\n7,2,0,1\n", "y.csv": b"id,truth\n7,0\n"},
        stdout="0.1269280110429725\n",
    ),
    Fault(
        "labels in both files, of which those of one have no name",
        "ce z.csv --labels-from y.json -q",
        0,
        "",
        {"z.csv": b"a,b,label\n2,0,1\n", "y.json": b"[0]"},
        stdout="0.1269280110429725\n",
    ),
)
