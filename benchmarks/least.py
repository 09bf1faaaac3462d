"""Reads the numbers of a CSV and computes their mean loss, and does nothing else.

    python -m benchmarks.least FILE [--unchecked | --losses OUT | --softmax OUT]

It has no command line, no messages, and no tables; it takes for granted that every cell is a
number, that the label is last, and which cells are classes. Two processes share the file. Numbers
and losses are read and computed by the functions that xent calls, so its time is the limit for xent
as long as those are what they are. ``--unchecked`` leaves the lines unchecked as well: simdjson
alone, for which two rows of 10 and 12 numbers are two rows of 11. ``--losses`` writes the lines
with their losses as well, and ``--softmax`` probabilities and labels in place of computing losses:
a file for each process, which nobody puts together or waits for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from xentcli.core.loss import losses_from_logits
from xentcli.core.settings import Settings
from xentcli.core.softmax import of_positions
from xentcli.core.target import Target
from xentcli.core.total import ExactSum
from xentcli.readers.text.numbers import parse_table
from xentcli.readers.text.records import BLOCK_BYTES

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Read = Callable[[bytes], Numbers]
JOBS = 2


def main() -> None:
    """Print the mean loss of the file."""
    path, *options = sys.argv[1:]
    option, out = options if len(options) == 2 else (*options, "", "")[:2]
    work = write_softmax if option == "--softmax" else write_losses
    with open(path, "rb") as file:
        width = file.readline().count(b",") + 1
        begin = file.tell()
    read = partial(unchecked_table() if "--unchecked" in options else checked_table, width=width)
    size = os.path.getsize(path)
    bounds = [begin + (size - begin) * job // JOBS for job in range(JOBS + 1)]
    results = []
    for job, (start, stop) in enumerate(pairwise(bounds[1:]), 1):
        reading, writing = os.pipe()
        if not os.fork():
            total, count = work(blocks(path, start, stop), read, out and f"{out}.{job}")
            os.write(writing, f"{total.units} {count}".encode())
            os._exit(0)
        results.append(reading)
    total, count = work(blocks(path, begin, bounds[1]), read, out)
    for reading in results:
        units, more = map(int, os.read(reading, 1 << 12).split())
        total, count = total + ExactSum(units), count + more
    print(total.value / count)


def write_losses(texts: Iterable[bytes], read: Read, out: str) -> tuple[ExactSum, int]:
    """The sum of the losses of all lines, and their number."""
    total, count, settings = ExactSum(), 0, Settings()
    with open(out or os.devnull, "wb") as written:
        for text in texts:
            table = read(text)
            logits, labels = table[:, :-1, np.newaxis], table[:, -1:].astype(np.int64)
            losses = losses_from_logits(logits, Target(labels, None), settings)
            total, count = total + ExactSum.of(losses), count + len(table)
            if out:
                shown = as_json(losses.ravel())[1:-1].split(b",")
                written.write(text.replace(b"\n", b",%b\n") % tuple(shown))
    return total, count


def write_softmax(texts: Iterable[bytes], read: Read, out: str) -> tuple[ExactSum, int]:
    """Nothing is added up: 0, and the number of lines."""
    count = 0
    with open(out or os.devnull, "wb") as written:
        for text in texts:
            table = read(text)
            probs = of_positions(table[:, :-1, np.newaxis], log=False)[:, :, 0]
            labels = table[:, -1].astype(np.int64).tolist()
            shown = as_json(probs)[2:-1].replace(b"],[", b"]").replace(b"]", b",%d\n")
            written.write(shown % tuple(labels))
            count += len(table)
    return ExactSum(), count


def as_json(numbers: Numbers) -> bytes:
    """The numbers as a list, or a list of lists."""
    import orjson

    return orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY)


def blocks(path: str, start: int, stop: int) -> Iterator[bytes]:
    """The lines that begin in a part of the file, whole, some of them at a time."""
    with open(path, "rb", buffering=0) as file:
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
