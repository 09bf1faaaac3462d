"""A report as JSON: one object with the answer and the steps of the worked samples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from xentcli.model import Answer, Batch, Report, Step, Survey
from xentcli.writers.interface import Stream, View
from xentcli.writers.json.text import encode_json
from xentcli.writers.rows.listing import Listing, as_json, list_groups, list_hardest
from xentcli.writers.rows.numbers import shortest_text, shortest_texts, strict_json

SCHEMA = "xent/1"
COMMA = ", "


def start(stream: Stream) -> bytes:
    """Nothing, as the rows stand inside the object."""
    return b""


def rows(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """The answers of a batch as JSON. They begin with a comma, so that batches can be joined; only
    those of a single sample ``(C)`` do not."""
    if not stream.each:
        return b""
    values = answer.values
    if stream.class_axis != 1 and answer.has_classes and values.ndim > 1:
        values = np.moveaxis(values, 1, stream.class_axis)
    text = nest([strict_json(text) for text in shortest_texts(values)], values.shape)
    if batch.values.ndim > 1:
        text = text[1:-1] and f"{COMMA}{text[1:-1]}"
    return text.encode("ascii")


def nest(texts: list[str], shape: tuple[int, ...]) -> str:
    """Write texts of numbers as nested JSON lists of that shape."""
    if not shape:
        return texts[0]
    if len(shape) == 1:
        return "[" + ", ".join(texts) + "]"
    size = len(texts) // shape[0] if shape[0] else 0
    parts = (nest(texts[n * size : (n + 1) * size], shape[1:]) for n in range(shape[0]))
    return "[" + ", ".join(parts) + "]"


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The object."""
    fields: list[tuple[str, Any]] = [
        ("schema", SCHEMA),
        ("command", report.command),
        *([("loss", report.loss)] if report.loss else []),
        ("input", report.kind),
        ("classes", list(report.classes)),
    ]
    if report.reduction is not None:
        fields.append(("reduction", report.reduction))
    fields.append(("samples", report.samples))
    if report.reduction is not None:
        fields.append(("ignored", report.ignored))
        if report.reduction != "none":
            fields.append(("denominator", Verbatim(_number(report.denominator))))
            fields += [
                (figure.key, Verbatim(_number(figure.value)))
                for figure in report.figures
                if figure.key and (report.averages or figure.is_asked)
            ]
    if report.left_out:
        columns = {"classes": list(report.classes), "left_out": list(report.left_out)}
        fields.append(("columns", Verbatim(json.dumps(columns, ensure_ascii=False))))
    text = ",\n  ".join(f"{json.dumps(key)}: {_as_json(value)}" for key, value in fields)
    yield encode_json("{\n  " + text + ',\n  "result": ')
    yield from _result_pieces(report, stream, waiting)
    if report.survey is not None:
        yield encode_json("".join(_survey(report.survey, report)))
    if view.steps:
        yield encode_json(',\n  "steps": ' + _steps(report))
    yield b"\n}\n"


class Verbatim(str):
    """Text that is JSON already."""


def _as_json(value: Any) -> str:
    return str(value) if isinstance(value, Verbatim) else json.dumps(value, ensure_ascii=False)


def _number(value: Any) -> str:
    return strict_json(shortest_text(value))


def _result_pieces(report: Report, stream: Stream, waiting: Iterable[bytes]) -> Iterator[bytes]:
    if not stream.each:
        yield _number(report.result).encode("ascii")
        return
    if stream.single:
        yield from waiting
        return
    pieces = iter(waiting)
    yield b"["
    yield next(pieces, b"").removeprefix(COMMA.encode("ascii"))
    yield from pieces
    yield b"]"


def _survey(survey: Survey, report: Report) -> Iterator[str]:
    if survey.by:
        yield f',\n  "by": {json.dumps(survey.by, ensure_ascii=False)}'
        yield f',\n  "groups": {_objects(list_groups(survey.groups, "value", report))}'
    if survey.mean_of_means is not None:
        yield f',\n  "mean_of_means": {_number(survey.mean_of_means)}'
    if survey.top_asked:
        yield f',\n  "hardest": {_objects(list_hardest(survey.hardest, report))}'


def _objects(listing: Listing) -> str:
    """A listing as a list of objects, each on a line of its own."""
    lines = (
        ", ".join(
            f"{json.dumps(name)}: {as_json(value)}"
            for name, value in zip(listing.names, row, strict=True)
        )
        for row in listing.rows
    )
    return "[" + ",".join(f"\n    {{{line}}}" for line in lines) + "\n  ]"


def _steps(report: Report) -> str:
    samples = (
        "[\n" + ",\n".join(f"      {_step(step)}" for step in worked.steps) + "\n    ]"
        for worked in report.worked
    )
    return "[" + ", ".join(samples) + "]"


def _step(step: Step) -> str:
    if isinstance(step.value, tuple):
        value = "[" + ", ".join(_number(number) for number in step.value) + "]"
    else:
        value = _number(step.value)
    fields = [
        f'"name": {json.dumps(step.name)}',
        f'"formula": {json.dumps(step.formula, ensure_ascii=False)}',
        f'"value": {value}',
    ]
    if step.note:
        fields.append(f'"note": {json.dumps(step.note, ensure_ascii=False)}')
    return "{" + ", ".join(fields) + "}"
