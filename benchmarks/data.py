"""The files that the benchmarks read: the same bytes on every machine, written once and kept.

They lie in a folder ``xent-benchmarks`` of the system's temporary directory, or in the one that the
environment variable XENT_BENCH_DATA names. All logits are ordinary ones (normal, six decimals).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
TEXTS = (
    "a plain remark",
    '"commas, of course, and more of them"',
    '"she said ""no"", twice"',
    "naïve café",
    '""',
    '"it ends with a quote """',
    "x",
    "a longer text that nobody will ever read to its very end",
)
# Cells that are turned into text at once: some 40 MB of it, whatever the number of rows.
PIECE = 4_000_000
MICRO = 1_000_000


def folder() -> Path:
    """Where the files lie."""
    chosen = os.environ.get("XENT_BENCH_DATA")
    found = Path(chosen) if chosen else Path(tempfile.gettempdir()) / "xent-benchmarks"
    found.mkdir(parents=True, exist_ok=True)
    return found


def plain(rows: int, classes: int) -> Path:
    """A CSV of nothing but logits and a label that is an index."""

    def write(file: BinaryIO) -> None:
        names = [f"logit_{index}" for index in range(classes)]
        file.write((",".join([*names, "label"]) + "\n").encode())
        for _, logits, labels in pieces(rows, classes):
            write_lines(file, cells(logits), labels.astype("S"), b"\n")

    return kept(f"plain-{rows}x{classes}.csv", write)


def mixed(rows: int) -> Path:
    """A CSV with an id, a column of quoted text, ten logits and a label that is a class's name."""

    def write(file: BinaryIO) -> None:
        names = [f"logit_{name}" for name in CLASSES]
        file.write((",".join(["id", "text", *names, "label"]) + "\n").encode())
        texts = np.array([text.encode() for text in TEXTS])
        classes = np.array([name.encode() for name in CLASSES])
        for start, logits, labels in pieces(rows, len(CLASSES)):
            ids = np.arange(start, start + len(logits))
            text = texts[(ids * 7) % len(texts)]
            write_lines(
                file, ids.astype("S"), b",", text, b",", cells(logits), classes[labels], b"\n"
            )

    return kept(f"mixed-{rows}x{len(CLASSES)}.csv", write)


def records(rows: int, classes: int) -> Path:
    """JSON Lines: a record a row, with a list of logits and a label."""

    def write(file: BinaryIO) -> None:
        for _, logits, labels in pieces(rows, classes):
            listed = cells(logits)
            listed[:, -1] = 0
            write_lines(file, b'{"logits": [', listed, b'], "label": ', labels.astype("S"), b"}\n")

    return kept(f"records-{rows}x{classes}.jsonl", write)


def arrays(rows: int, classes: int) -> tuple[Path, Path]:
    """Two .npy files: float32 logits, and their labels."""
    return (
        kept(
            f"logits-{rows}x{classes}.npy",
            lambda file: np.save(file, drawn(rows, classes, "float32")[0]),
        ),
        kept(
            f"labels-{rows}x{classes}.npy",
            lambda file: np.save(file, drawn(rows, classes, "float32")[1]),
        ),
    )


def drawn(
    rows: int, classes: int, dtype: str, *, confident: bool = False
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Normal logits and labels in memory; where confident, the label's logit stands 25 above."""
    generator = np.random.default_rng([rows, classes])
    logits = generator.standard_normal((rows, classes), np.float32).astype(dtype, copy=False)
    labels = generator.integers(0, classes, rows)
    if confident:
        logits[np.arange(rows), labels] += 25
    return logits, labels


def pieces(rows: int, classes: int) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """The first row's number, the logits in millionths, and the labels, piece by piece."""
    height = max(1, PIECE // classes)
    for start in range(0, rows, height):
        generator = np.random.default_rng([classes, start])
        count = min(height, rows - start)
        # One digit stands before the point.
        logits = np.clip(generator.standard_normal((count, classes)), -9.9, 9.9)
        yield start, np.rint(logits * MICRO).astype(np.int64), generator.integers(0, classes, count)


def cells(millionths: NDArray[np.int64]) -> Bytes:
    """The text of the numbers, a row a line, a comma after each; where no sign is, a zero byte."""
    rows, classes = millionths.shape
    text = np.empty((rows, classes, 10), np.uint8)
    text[:, :, 0] = np.where(millionths < 0, ord("-"), 0)
    text[:, :, 2] = ord(".")
    text[:, :, 9] = ord(",")
    left = np.abs(millionths).astype(np.uint32)
    for place in (8, 7, 6, 5, 4, 3, 1):
        left, digit = np.divmod(left, np.uint32(10))
        text[:, :, place] = digit + ord("0")
    return text.reshape(rows, classes * 10)


def write_lines(file: BinaryIO, *parts: Bytes | NDArray[np.bytes_] | bytes) -> None:
    """Write the parts of every line side by side, without the zero bytes that fill them up."""
    columns = [as_bytes(part) for part in parts]
    rows = max(len(column) for column in columns)
    block = np.concatenate(
        [np.broadcast_to(column, (rows, column.shape[1])) for column in columns], axis=1
    )
    file.write(block[block != 0].tobytes())


def as_bytes(part: Bytes | NDArray[np.bytes_] | bytes) -> Bytes:
    """Two-dimensional bytes; one row where it is the same in all lines."""
    if isinstance(part, bytes):
        return np.frombuffer(part, np.uint8)[np.newaxis]
    if part.ndim == 1:
        return np.ascontiguousarray(part).view(np.uint8).reshape(len(part), -1)
    return part.view(np.uint8)


def kept(name: str, write: Callable[[BinaryIO], None]) -> Path:
    """The file of that name; written first where it is not there."""
    path = folder() / name
    if not path.exists():
        # Beside its place, so that a run that was ended half-way leaves no short file behind.
        unfinished = path.with_name(f"{name}.{os.getpid()}.part")
        with unfinished.open("wb") as file:
            write(file)
        unfinished.replace(path)
    return path
