"""A damaged file of any format is an answer or a sentence, soon; and an answer is the right one.

What is right an oracle says: NumPy's and Arrow's own readers, Python's csv and json, and a plain
formula. XENT_DAMAGED says how many files of each format are tried, if more than a few, and
XENT_DAMAGED_SEED which: any word for others than the suite's.
"""

from __future__ import annotations

import bz2
import contextlib
import csv
import gzip
import io
import json
import lzma
import math
import os
import random
import time
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.damage import KINDS, Kind, damaged, pt
from tests.faults.running import Answered, run_inside
from tests.test_fuzz import is_one_error

COUNT = int(os.environ.get("XENT_DAMAGED", "40"))
SEED = os.environ.get("XENT_DAMAGED_SEED", "")
# No file may take more seconds of the processor.
SECONDS = 10.0

Arrays = tuple[Any, Any]


def oracle(name: str, content: bytes) -> Arrays | None:
    """Logits and labels as another reader finds them; None where it finds none, or others might."""
    if name.endswith((".gz", ".bz2", ".xz")):
        module: Any = {"gz": gzip, "bz2": bz2, "xz": lzma}[name.rpartition(".")[2]]
        return oracle(name.rpartition(".")[0], module.decompress(content))
    if name.endswith(".npy"):
        return np.load(io.BytesIO(content)), None
    if name.endswith(".npz"):
        with np.load(io.BytesIO(content)) as found:
            return found["logits"], found["labels"]
    if name.endswith(".safetensors"):
        safetensors: Any = pytest.importorskip("safetensors.numpy")
        found = safetensors.load(content)
        return found["logits"], found["labels"]
    if name.endswith(".pt"):
        return of_pt(content)
    if name.endswith((".parquet", ".arrow", ".arrows")):
        return of_table(name, content)
    if name.endswith((".csv", ".tsv")):
        return of_text(content.decode("ascii"), "\t" if "tsv" in name else ",")
    if name.endswith(".jsonl"):
        found = [json.loads(line) for line in content.decode("ascii").split("\n") if line]
        return [one["logits"] for one in found], [one["label"] for one in found]
    if name.endswith(".json"):
        document = json.loads(content.decode("ascii"))
        return document["logits"], document["labels"]
    return None


def of_text(text: str, between: str) -> Arrays | None:
    # What such marks mean is for the command to say.
    if any(mark in text for mark in '"\r_;# ') or "\t" in text.replace(between, ""):
        return None
    header, *rows = [row for row in csv.reader(io.StringIO(text), delimiter=between) if row]
    if header != ["c0", "c1", "c2", "label"] or any(len(row) != 4 for row in rows):
        return None
    if any(not cell.isascii() or "n" in cell.lower() for row in rows for cell in row):
        return None
    return [[float(cell) for cell in row[:3]] for row in rows], [int(row[3]) for row in rows]


def of_pt(content: bytes) -> Arrays | None:
    """Where the pickle is as it was written, its numbers; what else it says is for the command."""
    with zipfile.ZipFile(io.BytesIO(pt())) as archive:
        names, wanted = archive.namelist(), archive.read("a/data.pkl")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if archive.namelist() != names or archive.read("a/data.pkl") != wanted:
            return None
        if archive.read("a/byteorder") != b"little":
            return None
        values, labels = (archive.read(f"a/data/{at}") for at in range(2))
    return np.frombuffer(values, "<f8").reshape(4, 3), np.frombuffer(labels, "<i8")


def of_table(name: str, content: bytes) -> Arrays | None:
    pa: Any = pytest.importorskip("pyarrow")
    if name.endswith(".parquet"):
        pq: Any = pytest.importorskip("pyarrow.parquet")
        found = pq.read_table(io.BytesIO(content))
    elif name.endswith(".arrows"):
        found = pa.ipc.open_stream(content).read_all()
    else:
        found = pa.ipc.open_file(content).read_all()
    found.validate(full=True)
    if found.column_names != ["c0", "c1", "c2", "word", "label"]:
        return None
    columns = [found[name] for name in ("c0", "c1", "c2", "label")]
    if any(column.null_count for column in columns):
        return None
    *values, labels = [column.to_numpy() for column in columns]
    return np.stack(values, axis=1), labels


def losses_of(arrays: Arrays) -> list[float] | None:
    """The losses of the samples, or the softmax where there are no labels; None where that is for
    the command to say."""
    logits, labels = (None if one is None else np.asarray(one) for one in arrays)
    if logits is None or logits.ndim != 2 or not logits.size or logits.dtype.kind not in "fiu":
        return None
    logits = logits.astype(np.float64)
    if not np.isfinite(logits).all() or logits.shape[1] < 2:
        return None
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    if labels is None:
        return [float(one) for one in np.exp(logs).ravel()]
    if labels.shape != logits.shape[:1] or labels.dtype.kind not in "iu":
        return None
    if ((labels < 0) | (labels >= logits.shape[1])).any():
        return None
    return [float(-logs[at, label]) for at, label in enumerate(labels.tolist())]


def expected_of(name: str, content: bytes) -> list[float] | None:
    with warnings.catch_warnings(action="ignore"), contextlib.suppress(Exception):
        arrays = oracle(name, content)
        return None if arrays is None else losses_of(arrays)
    return None


def check(kind: Kind, content: bytes, original: bytes, found: Answered) -> str:
    """What came of it, in a word; an AssertionError if that is not right."""
    told = (kind.name, content, found)
    assert found.code in (0, 1, 2), told
    if found.code:
        assert is_one_error(found.stderr), told
        return "refused"
    assert not found.stderr or found.stderr.startswith("xent: "), told
    assert all(letter == "\n" or letter.isprintable() for letter in found.stderr), told
    numbers = [float(cell) for cell in found.stdout.decode().replace(",", "\n").split()]
    if kind.checked:
        # Checksums show every change that is one.
        assert numbers == expected_numbers(kind.name, original), told
    expected = expected_of(kind.name, content)
    if expected is None:
        return "answered"
    assert len(numbers) == len(expected), told
    for number, other in zip(numbers, expected, strict=True):
        assert math.isclose(number, other, rel_tol=1e-9, abs_tol=1e-12), told
    return "right"


def expected_numbers(name: str, original: bytes) -> Any:
    expected = expected_of(name, original)
    return pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_damage(kind: Kind, tmp_path: Path) -> None:
    original, chance, counts = kind.make(), random.Random(kind.name + SEED), Counter[str]()
    unlabelled = kind.name.startswith("a.npy")
    command = ["softmax" if unlabelled else "ce", kind.name, "-q"]
    command += [] if unlabelled else ["--reduction", "none"]
    # The first file is as it was.
    for number in range(COUNT + 1):
        content = damaged(original, chance) if number else original
        (tmp_path / kind.name).write_bytes(content)
        start = time.process_time()
        try:
            found = run_inside(command, tmp_path)
        except Exception as error:
            raise AssertionError((kind.name, content)) from error
        assert time.process_time() - start < SECONDS, (kind.name, content)
        counts[check(kind, content, original, found)] += 1
        if not number:
            assert counts["right"] == 1
    print(kind.name, dict(counts))
