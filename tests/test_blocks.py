"""Nothing depends on blocks, jobs, or which of them ends first: answers, messages, exit codes."""

from __future__ import annotations

import itertools
import shlex
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.faults.running import Answered, run_inside
from tests.test_faults import of_topic, put
from tests.ways import without_processes

__all__ = ["without_processes"]

pytestmark = pytest.mark.usefixtures("without_processes")

# Of the larger ones each of the inputs is at most a few, which no job shares with another.
LARGE, SMALL = ("", "1000"), ("12", "4")
JOBS = ("1", "2", "3")
# In each of these ways; the first is what all others are compared with. Which of a block's rows the
# fast packages take is the same in every job, so these are not crossed with them.
WAYS = [
    {"XENT_BLOCK_BYTES": block, "XENT_JOBS": jobs, "XENT_FAST": fast}
    for block in LARGE + SMALL
    for jobs, fast in [("1", "0"), *((jobs, "1") for jobs in JOBS)]
    if jobs == "1" or block in SMALL
]
TOPICS = ("numbers", "records", "encodings", "packed", "columns", "labels", "several", "left_out")
# So many of the faults are tried in a few ways; all in every way if somebody has the time.
PARTS = 6

LOSSES = b"a,b,c,id,label\n" + b"".join(
    b"%d,%d,x%d,n%d,%d\n" % (at % 7, at % 3, at, at, at % 2)
    if at % 5 == 3
    else b"%d,%d,1.5,n%d,%d\n" % (at % 7, at % 3, at, at % 3)
    for at in range(23)
)
PROBS = b"c0,c1,label\n1,5,0\n0.25,0.75,0\n1,5,1\n0.5,0.5,7\n" * 3
RECORDS = (
    b'{"logits": [1, 2], "label": 0, "n": "a"}\n{"logits": [2, 1], "label": 1, "n": "b"}\n'
    b'{"logits": [2, 3], "label": 1, "n": "c"}\n{"logits": [3, 1], "label": 1, "m": "d"}\n'
    b'{"logits": [2, "x"], "label": 0, "n": "e"}\n{"logits": [0, 1], "label": 0, "n": "f"}\n'
)
# What some rows that cannot be used, some warnings, and two faults at once come to.
CASES: list[tuple[str, dict[str, bytes]]] = [
    (f"{command} {name} {more}", {name: content})
    for name, content in (("a.csv", LOSSES), ("p.csv", PROBS), ("a.jsonl", RECORDS))
    for command in ("ce", "softmax", "grad", "ce --reduction none", "nll --top 3", "diagnose")
    for more in (
        "",
        "-f csv",
        "-f tsv",
        "-f jsonl",
        "-f json",
        "--on-error skip",
        "--on-error nan",
        "--on-error skip -f jsonl",
        "--on-error skip -f csv --logit-cols 1-2",
        "--on-error nan -f json",
        "--logit-cols a,b --by id -f json",
        "--logit-cols a,b --on-error skip --top 4 -f json --reduction sum",
    )
]

# A fault of one kind in the third row, of another in the sixth; what is told is the first, also
# where it is one of labels that stand elsewhere.
GOOD_ROW = b"1,2,n%d,0\n"
WRONG_ROWS = (b"x,2,n%d,0\n", b"1,2,n%d\n", b"1,2,n%d,7\n", b"1,\xff,n%d,0\n", b'1,2,n%d,"0\n')
GOOD_LINE = b'{"a": 1, "b": 2, "id": "n%d", "label": 0}\n'
WRONG_LINES = (
    b'{"a": "x", "b": 2, "id": "n%d", "label": 0}\n',
    b'{"a": 1, "id": "n%d", "label": 0}\n',
    b'{"a": 1, "b": 2, "id": "n%d", "label": 7}\n',
    b'{"a": 1, "b": 2, "id": "n%d", "label": 0\n',
)
SECOND = {
    "y.csv": b"id,label\n" + b"".join(b"n%d,%d\n" % (at, 5 if at == 4 else 0) for at in range(7)),
    "t.csv": b"a,b\n" + b"0.5,0.5\n" * 4,
}
TWO_FAULTS: list[tuple[str, dict[str, bytes]]] = [
    (f"{command} {name} --logit-cols a,b {labels}", {name: start + b"".join(rows), **SECOND})
    for command, name, start, good, wrong in (
        ("ce -q", "q.csv", b"a,b,id,label\n", GOOD_ROW, WRONG_ROWS),
        ("grad -f tsv", "q.jsonl", b"", GOOD_LINE, WRONG_LINES),
    )
    for kinds in itertools.product((good, *wrong), repeat=2)
    for rows in [[(kinds[at // 3 % 2] if at in (2, 5) else good) % at for at in range(8)]]
    for labels in (
        "",
        "--label-col label",
        "--labels 0,1,0,1",
        "--labels 0,0,0,9,0,0,0",
        "--labels-from y.csv --on id --label-col label",
        "--targets-from t.csv --by-position",
        "--labels 0,1,0,1 --on-error skip",
        "--labels-from y.csv --on id --label-col label --on-error nan",
    )
]


Ways = list[dict[str, str]]
# Which of two faults comes first shows between blocks and between jobs, of which two are enough.
FEW_WAYS = [way for way in WAYS if way["XENT_FAST"] == "1" and way["XENT_JOBS"] != "2"]


def cases() -> Iterator[tuple[str, Mapping[str, bytes], bytes, Ways]]:
    """Commands, their files, what is on standard input, and the ways to try them in."""
    for command, files in CASES:
        yield command, files, b"", WAYS
    for command, files in TWO_FAULTS:
        yield command, files, b"", FEW_WAYS
    for topic in TOPICS:
        for fault in of_topic(topic):
            yield fault.command, fault.files, fault.stdin, WAYS


def differences(
    command: str,
    files: Mapping[str, bytes],
    stdin: bytes,
    ways: Iterable[Mapping[str, str]],
    folder: Path,
) -> Iterator[str]:
    """In which ways a command does not say what it says in the first."""
    folder.mkdir()
    put(files, folder)
    first: Answered | None = None
    for way in ways:
        found = run_inside(shlex.split(command), folder, stdin, way)
        first = first or found
        if not same(found, first):
            yield f"xent {command}  {way}\n  {found}\n  not {first}"


def same(one: Answered, other: Answered) -> bool:
    """Whether both say the same. Rows that went out before a fault stay: how many, blocks say."""
    if one.code == other.code == 1:
        shorter, longer = sorted((one.stdout, other.stdout), key=len)
        return one.stderr == other.stderr and longer.startswith(shorter)
    return one == other


@pytest.mark.parametrize("part", range(PARTS))
def test_a_part_of_all_is_the_same_in_a_few_ways(part: int, tmp_path: Path) -> None:
    wrong: list[str] = []
    for number, (command, files, stdin, ways) in enumerate(cases()):
        if zlib.crc32(command.encode()) % (4 * PARTS) != part:
            continue
        some = [ways[0], *ways[1 + (number + part) % 4 :: 4]]
        wrong += differences(command, files, stdin, some, tmp_path / str(number))
    assert not wrong, "\n".join(wrong[:10])


# What is told of a whole input, and what of its rows: which comes first.
OF_ALL: list[tuple[str, dict[str, bytes], str]] = [
    (
        "ce p.jsonl --reduction sum -q",
        {
            "p.jsonl": b'{"probs": [1, 0], "label": 1}\n'
            + b'{"probs": [0.5, 1], "label": 0}\n' * 3
            + b'{"probs": [0, 1], "label": 0}\n'
        },
        "xent: warning: p.jsonl:2: $.probs: the probabilities do not sum to 1 (and of 2 more "
        "samples)\n"
        "xent: warning: p.jsonl:1: $.probs: its loss is inf (and of 1 more sample)\n",
    ),
    *(
        (
            f"bce q.csv --logit-cols a,b {labels}",
            {"q.csv": b"a,b,label\n1,2,1\n3,4,0\n5,x,1\n", "y.csv": b"label\n1\n0\n1\n"},
            f"xent: {place}: 1 label for 2 questions a sample\nhint: several columns take a target "
            "each: --target, --targets-from or --target-cols\n",
        )
        for labels, place in (
            ("", "q.csv"),
            ("--on-error skip", "q.csv"),
            ("--labels 0,1", "--label"),
            ("--labels-from y.csv --label-col label", "y.csv"),
        )
    ),
    # A target of a question above 1, before a row that cannot be read.
    (
        "bce q.csv --logit-cols a,b --target-cols s,t",
        {"q.csv": b"a,b,s,t\n1,2,0,2\n3,4,0,1\n5,x,1,0\n"},
        'xent: q.csv:2:4: column "t": 2.0 is not a target from 0 to 1\n',
    ),
    (
        "bce q.csv --logit-cols a,b --target-cols s,t --on-error skip -q",
        {"q.csv": b"a,b,s,t\n1,2,0,2\n3,4,0,1\n5,x,1,0\n"},
        "xent: 2 rows left out; the first: "
        'q.csv:2:4: column "t": 2.0 is not a target from 0 to 1\n',
    ),
    (
        "bce q.jsonl",
        {"q.jsonl": b'{"logits": [1, 2], "targets": [0, 2]}\n' * 2 + b'{"logits": [1, "x"]}\n'},
        "xent: q.jsonl:1: $.targets[1]: 2.0 is not a target from 0 to 1\n",
    ),
    *(
        (
            f"{command} q.csv {targets}",
            {"q.csv": b"a,b\n1,2\n3,4\n5,x\n", "t.csv": b"s,t\n0,1\n-1,2\n1,0\n"},
            f"xent: {place}: {message}\n",
        )
        for targets, place in (
            ("--target '0,1;-1,2;1,0'", "--target, sample 2, value 1"),
            ("--targets-from t.csv", 't.csv:3:1: column "s"'),
        )
        for command, message in (
            ("ce", "soft target -1.0 is not a probability (0 or more)"),
            ("bce", "-1.0 is not a target from 0 to 1"),
        )
    ),
]


@pytest.mark.parametrize(("command", "files", "told"), OF_ALL)
def test_what_is_told_of_the_whole_comes_in_one_order(
    command: str, files: dict[str, bytes], told: str, tmp_path: Path
) -> None:
    put(files, tmp_path)
    for way in WAYS:
        assert run_inside(shlex.split(command), tmp_path, environment=way).stderr == told, way


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_all_is_the_same_in_every_way(part: int, tmp_path: Path) -> None:
    wrong: list[str] = []
    for number, (command, files, stdin, ways) in enumerate(cases()):
        if number % PARTS == part:
            wrong += differences(command, files, stdin, ways, tmp_path / str(number))
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:10])
