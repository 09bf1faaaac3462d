"""The words and numbers of a diagnosis that tables and pages show alike."""

from __future__ import annotations

from xentcli.errors import counted, rounded
from xentcli.model.diagnosis import Advice, Candidate, Finding


def headers(candidate: Candidate) -> list[str]:
    """The headers above the numbers of a formula: two for each run."""
    if len(candidate.values) == 1:
        return ["value", "off by"]
    return [
        f"{what} {at + 1}" for at in range(len(candidate.values)) for what in ("value", "off by")
    ]


def numbers(candidate: Candidate, digits: int) -> list[str]:
    """The value of a formula for each run, and how far it is off."""
    found = []
    for value, difference in zip(candidate.values, candidate.differences, strict=True):
        found += [rounded(value, digits), "0" if difference == 0 else f"{difference:+.1e}"]
    return found


def distinct_changes(advice: Advice) -> list[str]:
    """The changes without repetitions."""
    return list(dict.fromkeys(advice.changes))


def describe_finding(found: Finding) -> str:
    """Describe a finding, with its evidence and its place."""
    start = f"{found.source}: " if found.source else ""
    evidence = f" ({found.evidence})" if found.evidence else ""
    return f"{start}{found.message}{evidence}{_samples(found)}"


def _samples(found: Finding) -> str:
    if not found.samples:
        return ""
    first = ", ".join(map(str, found.rows))
    more = found.samples - len(found.rows)
    if not more:
        return f": sample{'s' if found.samples > 1 else ''} {first}"
    return f": samples {first} and {counted(more, 'more')[:-1] if more > 1 else '1 more'}"
