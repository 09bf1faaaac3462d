"""Damaged files give an answer or a sentence, soon; and where the answer of a CSV can be found in
another way, it is the same."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import random
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.contents import npy, npz
from tests.faults.running import Answered, run_inside

# As many files on every machine; XENT_FUZZ says how many times as many are tried.
COUNT = 400 * int(os.environ.get("XENT_FUZZ", "1"))
# No single file may take more seconds of the processor, however busy the machine is.
LIMIT = 5.0

CSV = b"""id,cat,dog,fox,label
1,1.5,-2,3e-1,0
2,0.25,4.5,-1.25,2
"x,y",7,8,"9",fox
"two
lines",-1,0,1,1
5,nan,inf,-inf,0
"""
PLAIN = b"a,b,c,label\n1,2,3,0\n4,5,6,1\n-1.5,2e1,.5,2\n7,8,9,1\n"
TSV = CSV.replace(b"x,y", b"x").replace(b",", b"\t")
JSON = b'{"logits": [[1.5, -2, 0.3], [4, 5, "Infinity"], [1e3, -0.0, 2]], "labels": [0, 1, 2]}'
JSON_LINES = (
    b'{"id": 7, "logits": [1.5, -2, 0.3], "label": 0}\n'
    b'{"id": 8, "logits": [4, 5, "NaN"], "label": 2}\n'
)


RECORDS = b'[{"a": 1.5, "b": -2, "label": 0}, {"a": 4, "b": "NaN", "label": 1}]'
SCORES = b'[[{"label": "POS", "score": 0.75}, {"label": "NEG", "score": 0.25}]]'
VALUES, LABELS = np.arange(12.0).reshape(4, 3), np.array([0, 1, 2, 0])
PT = ROOT / "tests" / "files" / "torch" / "dict.pt"


def parquet() -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    writer = pytest.importorskip("pyarrow.parquet")
    stream = io.BytesIO()
    columns = {"a": [1.0, 2.0], "b": [3.0, -4.0], "label": [0, 1]}
    writer.write_table(pyarrow.table(columns), stream)
    return stream.getvalue()


# What is damaged, the command that reads it, the reader that it needs.
KINDS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "csv": (lambda: CSV, "ce a.csv --quiet", "text.delimited"),
    "tsv": (lambda: TSV, "softmax a.tsv --format csv", "text.delimited"),
    "json": (lambda: JSON, "ce a.json --format json", "json.opening"),
    "jsonl": (lambda: JSON_LINES, "ce a.jsonl --format jsonl --reduction none", "json.lines"),
    "records": (lambda: RECORDS, "ce records.json --quiet", "json.opening"),
    "scores": (lambda: SCORES, "ce scores.json --input probs --label POS --quiet", "json.opening"),
    "pt": (lambda: PT.read_bytes(), "ce a.pt --quiet", "arrays.arrays"),
    "npy": (lambda: npy(VALUES), "softmax a.npy --quiet", "arrays.arrays"),
    "npz": (
        lambda: npz(logits=VALUES, labels=LABELS),
        "ce a.npz --format csv",
        "arrays.arrays",
    ),
    "parquet": (parquet, "ce a.parquet --quiet", "tables.columnar"),
    "csv.gz": (lambda: gzip.compress(CSV, mtime=0), "ce a.csv.gz --quiet", "text.delimited"),
}

# How a line begins that is no error.
REMARKS = ("xent: warning: ", "xent: note: ")
TOKENS = (
    *(b",", b"\n", b"\r\n", b"\r", b'"', b'""', b"\t", b";", b"#", b" ", b"-", b".", b"e", b"0"),
    *(b"[", b"]", b"{", b"}", b":", b"null", b"true", b'"label"', b"NaN", b"1e400", b"1_0"),
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", "é".encode(), "١".encode(), b"9" * 40),
)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The content after a few changes."""
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randint(0, len(content))
        to = min(len(content), at + chance.choice((0, 1, 1, 2, 5, 20)))
        match chance.randrange(5):
            case 0:
                content = content[:at] + content[to:]
            case 1:
                content = content[:at] + chance.choice(TOKENS) + content[at:]
            case 2:
                content = content[:at] + chance.choice(TOKENS) + content[to:]
            case 3:
                content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
            case 4:
                other = chance.randint(0, len(content))
                content = content[:at] + content[other : other + to - at] + content[at:]
    return content


def answers(
    kind: str, folder: Path, content: bytes, command: str, count: int = COUNT
) -> Iterator[tuple[bytes, Answered]]:
    """As many damaged files, and what was said about them."""
    chance = random.Random(kind)
    name = command.split()[1]
    for _ in range(count):
        tried = damaged(content, chance)
        (folder / name).write_bytes(tried)
        start = time.process_time()
        try:
            found = run_inside(command.split(), folder)
        except Exception as error:
            raise AssertionError(f"{command} of {tried!r}") from error
        assert time.process_time() - start < LIMIT, tried
        yield tried, found


def is_one_error(told: str) -> bool:
    """Whether one error is told, with a hint or without. Notes and warnings may stand before it,
    as many as there are."""
    lines = [line for line in told.splitlines() if not line.startswith(REMARKS)]
    starts = [line.partition(" ")[0] for line in lines]
    return starts in (["xent:"], ["xent:", "hint:"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_gives_an_answer_or_a_sentence(kind: str, tmp_path: Path) -> None:
    make, command, reader = KINDS[kind]
    try:
        import_module(f"xentcli.readers.{reader}")
    except ImportError:
        pytest.skip(f"there is no reader of {kind}")
    for tried, found in answers(kind, tmp_path, make(), command):
        if found.code == 0:
            assert found.stdout, tried
            assert not found.stderr or found.stderr.startswith(REMARKS), tried
        else:
            assert found.code in (1, 2), (tried, found)
            assert is_one_error(found.stderr), (tried, found)
        # Escaped, whatever stands in the file.
        assert all(letter == "\n" or letter.isprintable() for letter in found.stderr), tried


def test_the_answer_to_a_csv_is_that_of_an_independent_reading(tmp_path: Path) -> None:
    compared = 0
    command = "ce a.csv --reduction none --quiet"
    for tried, found in answers("plain", tmp_path, PLAIN, command, 8 * COUNT):
        expected = independent(tried)
        if expected is None or found.code:
            continue
        losses = [float(loss) for loss in found.stdout.split()]
        np.testing.assert_allclose(losses, expected, rtol=1e-9, atol=1e-15, err_msg=repr(tried))
        compared += 1
    assert compared > 20


def test_what_can_be_read_independently_is_answered(tmp_path: Path) -> None:
    command = "ce a.csv --reduction none --quiet"
    for tried, found in answers("plain too", tmp_path, PLAIN, command):
        if independent(tried) is not None:
            assert found.code == 0, (tried, found)


def independent(content: bytes) -> list[float] | None:
    """The losses by Python's csv, float and plain NumPy; None where that is not beyond doubt."""
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        return None
    if any(mark in text for mark in '"\0\t\r_') or any(ord(letter) < 10 for letter in text):
        return None
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    if len(rows) < 2 or rows[0][-1:] != ["label"] or len({len(row) for row in rows}) != 1:
        return None
    names = rows[0][:-1]
    if any(not name.isalpha() or len(name) > 1 or name == "y" for name in names):
        return None
    losses = []
    for row in rows[1:]:
        try:
            logits = np.array([float(cell) for cell in row[:-1]])
        except ValueError:
            return None
        label = row[-1]
        if not label.isdecimal() or int(label) >= len(names) or len(logits) < 2:
            return None
        if not np.isfinite(logits).all() or any("n" in cell.lower() for cell in row):
            return None
        # Taken off first, the label's logit costs no digits of a loss near 0.
        losses.append(float(np.logaddexp.reduce(logits - logits[int(label)])))
    return losses if all(math.isfinite(loss) for loss in losses) else None


def test_a_deep_document_is_no_deep_trouble(tmp_path: Path) -> None:
    for opening, closing in (("[", "]"), ('{"logits": ', "}"), ('[{"a": ', "}]")):
        for depth in (40, 500, 20_000):
            (tmp_path / "a.json").write_text(opening * depth + "1" + closing * depth)
            found = run_inside(["softmax", "a.json"], tmp_path)
            assert (found.code, found.stdout) == (1, b"")
            assert found.stderr.startswith("xent: a.json")


def test_a_key_that_stands_twice_is_never_an_answer(tmp_path: Path) -> None:
    for key in ("logits", "labels"):
        whole = json.loads(JSON)
        text = json.dumps(whole)[:-1] + f', "{key}": {json.dumps(whole[key])}}}'
        (tmp_path / "a.json").write_text(text)
        found = run_inside(["ce", "a.json"], tmp_path)
        assert (found.code, found.stdout) == (1, b"")
