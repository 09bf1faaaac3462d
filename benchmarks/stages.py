"""Where the time of a CSV goes, and how near each part is to the least that it could take.

The parts are measured alone, on one core, over the same file in blocks that fit the cache: what is
read but not parsed, what is parsed but not computed. Whole processes stand beside them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import xentcli
from benchmarks import data
from benchmarks.kernels import each_part, own_exponential
from benchmarks.startup import ONE_ROW
from benchmarks.tables import Line, Rounds, Table, Target, summary
from benchmarks.timing import Command, alternate, clocked, processes, xent
from xentcli.readers.text.numbers import parse_table
from xentcli.readers.text.records import BLOCK_BYTES

BLOCK = BLOCK_BYTES
# Twice as much as any cache holds.
MEMORY = 2**29


def measure(runs: int, quick: bool) -> list[Table]:
    """The parts, then the whole processes, of the file of ten classes."""
    rows, classes = (20_000 if quick else 1_000_000), 10
    path = data.plain(rows, classes)
    size = path.stat().st_size
    commands = [
        Command("python -c pass", [sys.executable, "-c", "pass"]),
        Command("import numpy", [sys.executable, "-c", "import numpy"]),
        xent("xent ce, one row", *ONE_ROW),
        xent("xent ce FILE --jobs 1", "ce", path, "-q", "--jobs", "1"),
        xent("xent ce FILE --jobs 2", "ce", path, "-q", "--jobs", "2"),
    ]
    found = processes(commands, runs, size=0)
    title = f"{rows} rows x {classes} classes, {size / 1e6:.1f} MB"
    return [
        Table(f"Parts, one after the other on one core: {title}", parts(path, runs, quick)),
        Table(f"Whole processes: {title}", found.lines, left_over(found.rounds)),
    ]


def parts(path: Path, runs: int, quick: bool) -> list[Line]:
    """Read, find the lines, parse, compute, write; the speed of the memory beside them."""
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.readline()
        texts = list(blocks(file.read()))
    classes = header.count(b",")
    logits, labels = data.drawn(sum(map(lines_in, texts)), classes, "float64")
    ones = np.ones((2**24 if quick else MEMORY) // 8)
    things: dict[str, tuple[Callable[[], object], int]] = {
        "read memory (sum of float64)": (ones.sum, ones.nbytes),
        "read the file's bytes": (partial(read, path), size),
        "copy a block": (lambda: [len(bytearray(text)) for text in texts], size),
        "look for a byte that is not there": (lambda: [b'"' in text for text in texts], size),
        "count newlines": (lambda: sum(map(lines_in, texts)), size),
        "find newlines": (lambda: [np.flatnonzero(of(text) == 10) for text in texts], size),
        "turn into JSON arrays": (lambda: [as_array(text) for text in texts], size),
    }
    if find_spec("simdjson"):
        arrays = [as_array(text) for text in texts]
        things["simdjson alone"] = (partial(parsed, arrays), size)
    things["numbers of the blocks, as xent reads them"] = (
        lambda: [parse_table(text, classes + 1) for text in texts],
        size,
    )
    things["exponential alone"] = (partial(each_part, logits, own_exponential()), logits.nbytes)
    things["exponential alone, NumPy's"] = (partial(each_part, logits, np.exp), logits.nbytes)
    things["kernel alone, all threads"] = (
        lambda: xentcli.cross_entropy(logits, labels),
        logits.nbytes,
    )
    ends = np.cumsum([lines_in(text) for text in texts])
    shares = list(zip(np.split(logits, ends[:-1]), np.split(labels, ends[:-1]), strict=True))
    things["kernel of the blocks, one thread"] = (
        lambda: [xentcli.cross_entropy(*share) for share in shares],
        logits.nbytes,
    )
    if find_spec("orjson"):
        import orjson

        losses = np.asarray(xentcli.cross_entropy(logits, labels, reduction="none"))
        things["write a loss a row"] = (
            lambda: orjson.dumps(losses, option=orjson.OPT_SERIALIZE_NUMPY),
            losses.nbytes,
        )
        things["write softmax rows"] = (
            lambda: orjson.dumps(logits, option=orjson.OPT_SERIALIZE_NUMPY),
            logits.nbytes,
        )
    for run, _ in things.values():
        run()
    rounds = alternate({name: partial(clocked, run) for name, (run, _) in things.items()}, runs)
    lines = []
    for name, (_, worked) in things.items():
        wall = summary(name, rounds[name])
        values = {
            "ms": 1e3 * wall.value,
            "from": 1e3 * wall.low,
            "to": 1e3 * wall.high,
            "GB/s": worked / 1e9 / wall.value,
        }
        if worked == logits.nbytes:
            values["ns/element"] = 1e9 * wall.value / logits.size
        lines.append(Line(name, values))
    if not find_spec("simdjson"):
        lines.append(Line("simdjson alone", note="not installed: pysimdjson"))
    return lines


def left_over(rounds: Rounds) -> list[Target]:
    """What a file costs beyond the start."""
    one = rounds.get("xent ce, one row", [])
    return [
        summary(f"{name}, without the start", [a - b for a, b in zip(walls, one, strict=True)])
        for name, walls in rounds.items()
        if name.startswith("xent ce FILE") and one
    ]


def blocks(text: bytes) -> Iterator[bytes]:
    """Whole lines, about a block at a time."""
    start = 0
    while start < len(text):
        end = text.find(b"\n", min(start + BLOCK, len(text) - 1)) + 1
        yield text[start:end]
        start = end


def lines_in(text: bytes) -> int:
    """How many newlines."""
    return text.count(b"\n")


def of(text: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The bytes as numbers."""
    return np.frombuffer(text, np.uint8)


def read(path: Path) -> None:
    """Every byte of the file, into one block of memory."""
    block = bytearray(BLOCK)
    with path.open("rb", buffering=0) as file:
        while file.readinto(block):
            pass


def as_array(text: bytes) -> bytes:
    """Lines of plain numbers are one step from a JSON array."""
    return b"[" + text[:-1].replace(b"\n", b",") + b"]"


def parsed(arrays: list[bytes]) -> None:
    """simdjson's numbers of every block."""
    import simdjson

    parser = simdjson.Parser()
    for array in arrays:
        document = parser.parse(array)
        assert isinstance(document, simdjson.Array)
        np.frombuffer(document.as_buffer(of_type="d"))
        # The parser takes no other document while one of its own is held.
        del document
