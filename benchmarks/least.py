"""Reads the numbers of a CSV and computes their mean loss, and does nothing else.

    python -m benchmarks.least FILE [--unchecked]

It has no command line, no messages, and no tables; it takes for granted that every cell is a
number, that the label is last, and which cells are classes. Two processes share the file. Numbers
and losses are read and computed by the functions that xent calls, so its time is the limit for xent
as long as those are what they are. ``--unchecked`` leaves the lines unchecked as well: simdjson
alone, for which two rows of 10 and 12 numbers are two rows of 11.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np

from xentcli.core.loss import losses_from_logits
from xentcli.core.settings import Settings
from xentcli.core.target import Target
from xentcli.core.total import ExactSum
from xentcli.readers.text.numbers import parse_table
from xentcli.readers.text.records import BLOCK_BYTES

Numbers = np.ndarray[Any, np.dtype[np.float64]]
JOBS = 2


def main() -> None:
    """Print the mean loss of the file."""
    path, unchecked = sys.argv[1], "--unchecked" in sys.argv[2:]
    with open(path, "rb") as file:
        width = file.readline().count(b",") + 1
        begin = file.tell()
    read = partial(unchecked_table() if unchecked else checked_table, width=width)
    size = os.path.getsize(path)
    bounds = [begin + (size - begin) * job // JOBS for job in range(JOBS + 1)]
    results = []
    for start, stop in pairwise(bounds[1:]):
        reading, writing = os.pipe()
        if not os.fork():
            total, count = share(path, start, stop, read)
            os.write(writing, f"{total.units} {count}".encode())
            os._exit(0)
        results.append(reading)
    total, count = share(path, begin, bounds[1], read)
    for reading in results:
        units, more = map(int, os.read(reading, 1 << 12).split())
        total, count = total + ExactSum(units), count + more
    print(total.value / count)


def share(
    path: str, start: int, stop: int, read: Callable[[bytes], Numbers]
) -> tuple[ExactSum, int]:
    """The sum of the losses of the lines that begin in a part of the file, and their number."""
    total, count, settings = ExactSum(), 0, Settings()
    with open(path, "rb", buffering=0) as file:
        for block in blocks(file, start, stop):
            table = read(block)
            labels = table[:, -1:].astype(np.int64)
            logits = table[:, :-1, np.newaxis]
            losses = losses_from_logits(logits, Target(labels, None), settings)
            total, count = total + ExactSum.of(losses), count + len(table)
    return total, count


def blocks(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    """The lines that begin in a part of the file, whole, some of them at a time."""
    file.seek(start - 1)
    start += len(file.readline()) - 1
    while start < stop:
        file.seek(start)
        text = file.read(BLOCK_BYTES)
        if start + len(text) < stop:
            end = text.rindex(b"\n") + 1
        else:
            end = text.index(b"\n", stop - start - 1) + 1
        yield text[:end]
        start += end


def checked_table(text: bytes, width: int) -> Numbers:
    """The numbers as xent reads them: a row too short or too long is noticed."""
    table = parse_table(text, width)
    assert table is not None
    return table


def unchecked_table() -> Callable[..., Numbers]:
    """A function that reads the numbers with simdjson, and nothing beyond that."""
    import simdjson

    parser = simdjson.Parser()

    def read(text: bytes, width: int) -> Numbers:
        document = parser.parse(b"[" + text[:-1].replace(b"\n", b",") + b"]")
        assert isinstance(document, simdjson.Array)
        return np.frombuffer(document.as_buffer(of_type="d")).reshape(-1, width)

    return read


if __name__ == "__main__":
    main()
