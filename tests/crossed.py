"""Options crossed: cases in which every pair of them meets, and what each answers by a formula in
plain Python that knows nothing of the program."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.contents import npy, npz

CLASSES = ("cat", "dog", "fox")
LABELS = (0, 2, 1, 1, -100, 2, 0)
ROWS = len(LABELS)
_chance = random.Random(20)
LOGITS = [[round(_chance.gauss(0, 3), 3) for _ in CLASSES] for _ in LABELS]
TARGETS = [[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.125, 0.375, 0.5], [1.0, 0.0, 0.0]] * 2
TARGETS = TARGETS[:ROWS]
SAMPLE_WEIGHTS = (1.0, 0.5, 2.0, 0.0, 3.0, 1.5, 1.0)
CLASS_WEIGHTS = (2.0, 0.25, 3.0)
BAD_ROW = 3

AXES: dict[str, tuple[Any, ...]] = {
    "command": ("ce", "nll", "grad", "softmax", "log-softmax"),
    "input": (
        *("typed", "csv", "csv.gz", "quoted.csv", "tsv", "stdin", "jsonl", "flat.jsonl", "json"),
        *("npy", "npz", "packed.npz", "safetensors", "parquet", "arrow", "lists.parquet"),
    ),
    "kind": ("logits", "probs", "log_probs"),
    "target": ("index", "name", "soft"),
    "from": ("own", "typed", "second"),
    "class weight": (False, True),
    "sample weight": (False, True),
    "reduction": ("mean", "sum", "none"),
    "smoothing": (0.0, 0.125),
    "temperature": (1.0, 2.5),
    "base": ("e", "2", "10"),
    "method": ("stable", "textbook"),
    "on error": ("stop", "skip", "nan"),
    "format": ("csv", "tsv", "json", "jsonl", "markdown", "quiet", "table"),
    "fast": (False, True),
    "way": ("one", "small blocks", "two jobs"),
}
TEXTS = ("csv", "csv.gz", "quoted.csv", "tsv", "stdin")
TABLES = ("parquet", "arrow", "lists.parquet")
COLUMNS = (*TEXTS, *TABLES, "flat.jsonl")
ARRAYS = ("npy", "npz", "packed.npz", "safetensors")
Case = Mapping[str, Any]


def makes_sense(case: Case) -> bool:
    """Whether the command line takes these together, and the axes that do not apply rest."""
    command, input, source = case["command"], case["input"], case["from"]
    loss = command in ("ce", "nll", "grad")
    resting = {
        "target": loss,
        "from": loss,
        "reduction": loss,
        "base": loss,
        "class weight": loss,
        "sample weight": loss and input in (*TEXTS, *TABLES, "jsonl", "flat.jsonl"),
        "smoothing": command in ("ce", "grad"),
        "temperature": case["kind"] == "logits",
        "on error": input in (*TEXTS, "jsonl", "flat.jsonl"),
        "method": case["kind"] == "logits" and command not in ("grad",),
        "fast": input in (*TEXTS, "jsonl", "flat.jsonl"),
        "way": input not in ("typed", "json"),
    }
    if any(not applies and case[axis] != AXES[axis][0] for axis, applies in resting.items()):
        return False
    if case["kind"] != "logits" and command not in ("ce", "nll"):
        return False
    if case["target"] == "soft" and command == "nll":
        return False
    if case["target"] == "name" and (input in ARRAYS or input in ("jsonl", "json")):
        return False
    if case["target"] == "name" and (input == "typed" or input == "lists.parquet"):
        return False
    if input == "typed" and source != "typed":
        return not loss
    if input == "npy" and source == "own":
        return not loss
    # Rows that are left out have labels of their own.
    return not (case["on error"] != "stop" and source != "own")


def pairs_of(case: Case) -> set[tuple[str, Any, str, Any]]:
    return {(a, case[a], b, case[b]) for a, b in itertools.combinations(AXES, 2)}


def drawn(chance: random.Random) -> dict[str, Any]:
    """A case that makes sense."""
    while True:
        case = {axis: chance.choice(values) for axis, values in AXES.items()}
        # What seldom applies rests, or hardly any draw would make sense.
        for axis in ("target", "from", "class weight", "sample weight", "smoothing", "on error"):
            if chance.random() < 0.3:
                case[axis] = AXES[axis][0]
        for axis, first in (("base", "e"), ("temperature", 1.0), ("method", "stable")):
            if chance.random() < 0.5:
                case[axis] = first
        if makes_sense(case):
            return case


def every_pair(seed: int = 1) -> Iterator[Case]:
    """Cases in which every two values meet that ever can."""
    chance = random.Random(seed)
    pool = [drawn(chance) for _ in range(6000)]
    pairs = [pairs_of(case) for case in pool]
    left = set().union(*pairs)
    while left:
        at = max(chance.sample(range(len(pool)), 400), key=lambda one: len(pairs[one] & left))
        new = pairs[at] & left
        if not new:
            at = next(one for one in range(len(pool)) if pairs[one] & left)
            new = pairs[at] & left
        left -= new
        yield pool[at]


def at_random(count: int, seed: int) -> Iterator[Case]:
    """Some cases, whatever meets in them."""
    chance = random.Random(seed)
    for _ in range(count):
        yield drawn(chance)


class Asked(NamedTuple):
    """A command line, the files that it needs, and what is on its standard input."""

    arguments: list[str]
    files: dict[str, bytes]
    stdin: bytes


def values_of(case: Case) -> list[list[float]]:
    """What the file holds: logits, or what a softmax makes of them."""
    if case["kind"] == "logits":
        return LOGITS
    logs = [log_softmax(row, 1.0) for row in LOGITS]
    if case["kind"] == "log_probs":
        return logs
    return [[math.exp(value) for value in row] for row in logs]


def asked_of(case: Case) -> Asked:
    """The case as somebody types it."""
    values, input = values_of(case), case["input"]
    loss = case["command"] in ("ce", "nll", "grad")
    own = loss and case["from"] == "own"
    files: dict[str, bytes] = {}
    arguments = [case["command"]]
    option = "--" + case["kind"].replace("_", "-")
    named = [CLASSES[label] if label >= 0 else label for label in LABELS]
    labels = named if case["target"] == "name" else list(LABELS)
    stdin = b""
    if input == "typed":
        arguments += [option, "; ".join(",".join(map(repr, row)) for row in values)]
    elif input == "stdin":
        stdin = content_of(case, values, labels, own)
        arguments.append("-")
    else:
        files[f"a.{input}"] = content_of(case, values, labels, own)
        arguments.append(f"a.{input}")
    if input in (*TEXTS, *TABLES, "flat.jsonl") and input != "lists.parquet":
        arguments += ["--logit-cols", ",".join(CLASSES)]
        if case["kind"] != "logits":
            arguments += ["--input", case["kind"].replace("_", "-")]
        if own and case["target"] == "soft":
            arguments += ["--target-cols", "t_0,t_1,t_2"]
    elif input == "npy" and case["kind"] != "logits":
        arguments += ["--input", case["kind"].replace("_", "-")]
    if loss and not own:
        soft = case["target"] == "soft"
        if case["from"] == "typed":
            text = (
                "; ".join(",".join(map(repr, row)) for row in TARGETS)
                if soft
                else ",".join(map(str, labels))
            )
            arguments += ["--target" if soft else "--label", text]
        elif soft:
            files["t.csv"] = text_of([list(CLASSES), *TARGETS])
            arguments += ["--targets-from", "t.csv"]
        else:
            files["y.csv"] = text_of([["label"], *([label] for label in labels)])
            arguments += ["--labels-from", "y.csv"]
    if case["class weight"]:
        arguments += ["--weight", ",".join(map(str, CLASS_WEIGHTS))]
    if case["sample weight"]:
        arguments += ["--weight-col", "w"]
    if loss:
        arguments += ["--reduction", case["reduction"], "--base", case["base"]]
    if case["smoothing"]:
        arguments += ["--label-smoothing", str(case["smoothing"])]
    if case["temperature"] != 1.0:
        arguments += ["--temperature", str(case["temperature"])]
    if case["method"] != "stable":
        arguments += ["--method", case["method"]]
    if case["on error"] != "stop":
        arguments += ["--on-error", case["on error"]]
    form = ["-q"] if case["format"] == "quiet" else ["--format", case["format"]]
    return Asked(arguments + form, files, stdin)


def text_of(rows: list[list[Any]], between: str = ",", quote: bool = False) -> bytes:
    def cell(value: Any) -> str:
        return f'"{value}"' if quote else str(value)

    return "".join(between.join(map(cell, row)) + "\n" for row in rows).encode()


def content_of(case: Case, values: list[list[float]], labels: list[Any], own: bool) -> bytes:
    """The file."""
    input, soft = case["input"], case["target"] == "soft"
    bad = BAD_ROW if case["on error"] != "stop" else None
    if input in ARRAYS or input == "json":
        arrays: dict[str, Any] = {case["kind"]: np.array(values)}
        if own:
            arrays["targets" if soft else "labels"] = np.array(TARGETS if soft else LABELS)
        if input == "json":
            return json.dumps({key: array.tolist() for key, array in arrays.items()}).encode()
        return of_arrays(input, arrays, case["kind"])
    columns: dict[str, list[Any]] = {"id": [f"n{at}" for at in range(ROWS)]}
    if input in ("jsonl", "lists.parquet"):
        columns[case["kind"]] = list(values)
    else:
        columns |= {name: [row[at] for row in values] for at, name in enumerate(CLASSES)}
    if own and soft and input in ("jsonl", "lists.parquet"):
        columns["targets"] = list(TARGETS)
    elif own and soft:
        columns |= {f"t_{at}": [row[at] for row in TARGETS] for at in range(len(CLASSES))}
    elif own:
        columns["label"] = labels
    if case["sample weight"]:
        columns["w"] = list(SAMPLE_WEIGHTS)
    if input in TABLES:
        return of_table(input, columns)
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    if bad is not None:
        rows[bad][1] = ["x", 1.0, 2.0] if input == "jsonl" else "x"
    if input in ("jsonl", "flat.jsonl"):
        return b"".join(
            json.dumps(dict(zip(columns, row, strict=True))).encode() + b"\n" for row in rows
        )
    text = text_of([list(columns), *rows], "\t" if input == "tsv" else ",", "quoted" in input)
    return gzip.compress(text) if input.endswith(".gz") else text


def of_arrays(input: str, arrays: dict[str, Any], kind: str) -> bytes:
    if input == "npy":
        return npy(arrays[kind])
    if input in ("npz", "packed.npz"):
        return npz(packed=input == "packed.npz", **arrays)
    safetensors: Any = pytest.importorskip("safetensors.numpy")
    return bytes(safetensors.save(arrays))


def of_table(input: str, columns: dict[str, list[Any]]) -> bytes:
    pa: Any = pytest.importorskip("pyarrow")
    pq: Any = pytest.importorskip("pyarrow.parquet")
    if any(isinstance(label, str) for label in columns.get("label", [])):
        columns = columns | {"label": [str(label) for label in columns["label"]]}
    table, stream = pa.table(columns), io.BytesIO()
    if input == "arrow":
        with pa.ipc.new_file(stream, table.schema) as writer:
            writer.write_table(table)
    else:
        pq.write_table(table, stream)
    return stream.getvalue()


def log_softmax(row: list[float], temperature: float) -> list[float]:
    scaled = [value / temperature for value in row]
    most = max(scaled)
    total = math.log(math.fsum(math.exp(value - most) for value in scaled))
    return [value - most - total for value in scaled]


class Expected(NamedTuple):
    """The numbers of each sample, or the one of all."""

    rows: list[list[float]] | None
    result: float | None


def expected_of(case: Case) -> Expected:
    """The answer by the formula."""
    values, temperature = values_of(case), case["temperature"]
    logs = [
        log_softmax(row, temperature)
        if case["kind"] == "logits"
        else [math.log(value) for value in row]
        if case["kind"] == "probs"
        else row
        for row in values
    ]
    kept = [at for at in range(ROWS) if case["on error"] != "skip" or at != BAD_ROW]
    nan = [BAD_ROW] if case["on error"] == "nan" else []
    if case["command"] in ("softmax", "log-softmax"):
        rows = [
            [math.nan if at in nan else f(value) for value in logs[at]]
            for at in kept
            for f in [math.exp if case["command"] == "softmax" else float]
        ]
        return Expected(rows, None)
    unit = {"e": 1.0, "2": math.log(2), "10": math.log(10)}[case["base"]]
    weights = CLASS_WEIGHTS if case["class weight"] else (1.0,) * len(CLASSES)
    soft, smoothing, count = case["target"] == "soft", case["smoothing"], len(CLASSES)
    losses, shares, grads = [], [], []
    for at in kept:
        sample = SAMPLE_WEIGHTS[at] if case["sample weight"] else 1.0
        label = LABELS[at]
        if at in nan:
            losses.append(math.nan)
            # Nothing of a row that cannot be read is known: it counts as one of class 0.
            shares.append(1.0 if soft else weights[0])
            grads.append([math.nan] * count)
            continue
        if not soft and label == -100:
            losses.append(0.0)
            shares.append(0.0)
            grads.append([0.0] * count)
            continue
        hard = TARGETS[at] if soft else [float(c == label) for c in range(count)]
        q = [(1 - smoothing) * t + smoothing / count for t in hard]
        terms = [w * t for w, t in zip(weights, q, strict=True)]
        loss = -math.fsum(t * log for t, log in zip(terms, logs[at], strict=True) if t)
        losses.append(sample * loss / unit)
        shares.append(sample * (1.0 if soft else weights[label]))
        total = math.fsum(terms)
        grads.append(
            [
                sample * (math.exp(log) * total - t) / temperature / unit
                for log, t in zip(logs[at], terms, strict=True)
            ]
        )
    denominator = math.fsum(shares) if case["reduction"] == "mean" else 1.0
    if case["command"] == "grad":
        return Expected([[value / denominator for value in row] for row in grads], None)
    if case["reduction"] == "none":
        return Expected([[loss] for loss in losses], None)
    return Expected(None, math.fsum(losses) / denominator)
