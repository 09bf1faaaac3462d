"""A diagnosis as JSON: the numbers got, the formulas, the advice, the findings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from xentcli.model.diagnosis import Advice, Candidate, Diagnosis, Finding
from xentcli.writers.interface import View
from xentcli.writers.json.report import SCHEMA, Verbatim
from xentcli.writers.json.text import encode_json
from xentcli.writers.rows.numbers import shortest_text, strict_json


def diagnosis_text(diagnosis: Diagnosis, got: Sequence[str], view: View) -> bytes:
    """The object. ``got``, ``value`` and ``difference`` are numbers; lists if there are several
    runs."""
    several = len(diagnosis.loss) > 1
    fields: list[tuple[str, Any]] = [
        ("schema", SCHEMA),
        ("command", "diagnose"),
        ("input", diagnosis.kind),
    ]
    if diagnosis.got:
        fields.append(("got", _numbers(diagnosis.got, several)))
    fields += [
        ("loss", _numbers(diagnosis.loss, several)),
        ("answer", diagnosis.sentence),
        ("notes", list(diagnosis.notes)),
    ]
    if diagnosis.got:
        if diagnosis.chance is not None:
            fields.append(("chance", Verbatim(shortest_text(diagnosis.chance))))
        fields += [
            ("candidates", [_candidate(candidate, several) for candidate in diagnosis.candidates]),
            ("advice", [_advice(advice) for advice in diagnosis.advice]),
        ]
    fields.append(("findings", [_finding(finding) for finding in diagnosis.findings]))
    text = ",\n  ".join(
        f"{json.dumps(key)}: {_indented_json(value, '  ')}" for key, value in fields
    )
    return encode_json("{\n  " + text + "\n}\n")


def _indented_json(value: Any, indent: str) -> str:
    """Write a value as JSON, with the fields of each object in a list on lines of their own."""
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, dict):
        inner = indent + "  "
        lines = (
            f"{inner}{json.dumps(key)}: {_indented_json(item, inner)}"
            for key, item in value.items()
        )
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[" + ", ".join(_indented_json(item, indent) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _numbers(values: Sequence[float], several: bool) -> Verbatim:
    texts = [strict_json(shortest_text(value)) for value in values]
    return Verbatim("[" + ", ".join(texts) + "]" if several else texts[0])


def _candidate(candidate: Candidate, several: bool) -> dict[str, Any]:
    return {
        "name": candidate.name,
        "formula": candidate.formula,
        "value": _numbers(candidate.values, several),
        "difference": _numbers(candidate.differences, several),
        "matches": candidate.matches,
        "departures": candidate.departures,
        "explanation": candidate.explanation,
    }


def _advice(advice: Advice) -> dict[str, Any]:
    return {
        "library": advice.library,
        "call": advice.call,
        "changes": list(advice.changes),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": finding.name,
        "message": finding.message,
        "evidence": finding.evidence,
    }
    if finding.samples:
        fields |= {"samples": finding.samples, "first": list(finding.rows)}
    return fields | ({"source": finding.source} if finding.source else {})
