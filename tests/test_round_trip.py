"""What is written can be read again, and is the same to the last bit."""

from __future__ import annotations

import csv
import io
import json
import math
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

import xentcli
from tests.faults.running import run_inside

few = settings(max_examples=60)
number = st.floats(allow_nan=False, width=64)
# Names with all that CSV and JSON must quote; none is one that means a label, or a space at an end.
ODD = st.text(st.sampled_from("ab,\"\n\r\t;é😀日'\\{}[]:#&x"), min_size=1, max_size=8)
MEANING = {"label", "labels", "target", "y", "class", "id", "index", "sample", "row", "loss"}


def is_name(text: str) -> bool:
    return text == text.strip() and text.lower() not in MEANING


@st.composite
def samples(draw: st.DrawFn) -> tuple[list[str], list[list[float]], list[int]]:
    """Names of classes, rows of logits, labels."""
    count = draw(st.integers(2, 4))
    names = draw(st.lists(ODD.filter(is_name), min_size=count, max_size=count, unique=True))
    rows = draw(st.lists(st.lists(number, min_size=count, max_size=count), min_size=1, max_size=5))
    labels = draw(st.lists(st.integers(0, count - 1), min_size=len(rows), max_size=len(rows)))
    return names, rows, labels


def written(
    names: list[str],
    rows: list[list[float]],
    labels: Sequence[object],
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL,
) -> str:
    text = io.StringIO()
    # In quotes: Python's csv leaves a lone \r bare.
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow([*names, "label"])
    writer = csv.writer(text, quoting=quoting, lineterminator="\n")
    writer.writerows([*map(repr, row), label] for row, label in zip(rows, labels, strict=True))
    return text.getvalue()


def bits(values: object) -> bytes:
    """Numbers, in lists of any depth, by their bits: 0 and -0 differ; one nan is any other."""
    if isinstance(values, list):
        return b"".join(map(bits, values))
    value = float(values)  # type: ignore[arg-type]
    return b"nan" if math.isnan(value) else struct.pack("<d", value)


def answered(command: str, content: str, name: str = "a.csv") -> str:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(content, encoding="utf-8", newline="")
        found = run_inside([*command.split(), name], Path(folder))
    assert found.code == 0, found.stderr
    return found.stdout.decode()


def check_losses(printed: str, rows: list[list[float]], labels: list[int]) -> None:
    """A loss a line, each that of Python to the last bit."""
    expected = xentcli.cross_entropy(rows, labels, reduction="none").tolist()
    assert bits([float(loss) for loss in printed.split()]) == bits(expected)


def from_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def numbers(rows: list[list[str]]) -> list[list[float]]:
    return [list(map(float, row)) for row in rows]


@few
@given(samples())
def test_rows_of_csv(made: tuple[list[str], list[list[float]], list[int]]) -> None:
    names, rows, labels = made
    for command, function in (
        ("softmax", xentcli.softmax),
        ("log-softmax", xentcli.log_softmax),
    ):
        found = from_csv(answered(f"{command} --format csv", written(*made)))
        assert found[0] == [*names, "label"]
        assert [row[-1] for row in found[1:]] == list(map(str, labels))
        read = numbers([row[:-1] for row in found[1:]])
        assert bits(read) == bits(function(rows).tolist())


@few
@given(samples())
def test_losses_of_csv(made: tuple[list[str], list[list[float]], list[int]]) -> None:
    names, rows, labels = made
    found = from_csv(answered("ce --reduction none --format csv", written(*made)))
    assert found[0] == [*names, "label", "loss"]
    # What was there is passed on byte for byte.
    assert [row[:-1] for row in found] == from_csv(written(*made))
    read = [float(row[-1]) for row in found[1:]]
    assert bits(read) == bits(xentcli.cross_entropy(rows, labels, reduction="none").tolist())


@few
@given(samples())
def test_json(made: tuple[list[str], list[list[float]], list[int]]) -> None:
    names, rows, labels = made
    for command, expected in (
        ("softmax", xentcli.softmax(rows)),
        ("log-softmax", xentcli.log_softmax(rows)),
        ("ce --reduction none", xentcli.cross_entropy(rows, labels, reduction="none")),
    ):
        found = json.loads(answered(f"{command} --format json", written(*made)))
        assert found["classes"] == names
        assert bits(found["result"]) == bits(expected.tolist())


@few
@given(samples())
def test_what_was_written_as_csv_is_read_by_the_next_command(
    made: tuple[list[str], list[list[float]], list[int]],
) -> None:
    _, rows, labels = made
    between = answered("log-softmax --format csv", written(*made))
    losses = answered("nll --input log-probs --reduction none --quiet", between)
    check_losses(losses, rows, labels)


@few
@given(samples())
def test_what_was_written_as_json_is_read_by_the_next_command(
    made: tuple[list[str], list[list[float]], list[int]],
) -> None:
    _, rows, labels = made
    found = json.loads(answered("log-softmax --format json", written(*made)))
    document = json.dumps({"log_probs": found["result"], "labels": labels})
    losses = answered("nll --reduction none --quiet", document, "a.json")
    check_losses(losses, rows, labels)


@few
@given(samples())
def test_classes_can_be_called_by_their_odd_names(
    made: tuple[list[str], list[list[float]], list[int]],
) -> None:
    names, rows, labels = made
    content = written(names, rows, [names[label] for label in labels], csv.QUOTE_ALL)
    losses = answered("ce --reduction none --quiet", content)
    check_losses(losses, rows, labels)


def test_the_largest_numbers_are_read_without_a_warning() -> None:
    largest = "1.7976931348623157e308"
    content = f"a,b,label\n{largest},{largest},0\n-{largest},{largest},a\n"
    assert answered("softmax --quiet", content) == "0.5,0.5\n0.0,1.0\n"
    assert answered("ce --reduction none --quiet", content).split()[0] == "0.6931471805599453"
    # Half of the largest, the second a little larger: their sum is beyond it.
    content = "a,b,label\n8.988465674311579e307,8.98846567431158e307,a\n"
    assert answered("ce --quiet", content) == "9.9792015476736e+291\n"
