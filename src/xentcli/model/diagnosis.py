"""What a diagnosis hands to the writers."""

from __future__ import annotations

from xentcli.model import Kind
from xentcli.model.named_tuple import NamedTuple


class Candidate(NamedTuple):
    """A formula that may have given the numbers that somebody got.

    ``values`` has the number that it gives for each run, ``differences`` how far each is from the
    number got. ``departures`` counts in how many ways it departs from what the command would
    compute.
    """

    name: str
    formula: str
    values: tuple[float, ...]
    differences: tuple[float, ...]
    matches: bool
    departures: int
    explanation: str


class Finding(NamedTuple):
    """Something worth knowing about the input: a name, a sentence, and the evidence.

    ``samples`` is how many samples it concerns, ``rows`` are the first of them, ``source`` is their
    file if there are several.
    """

    name: str
    message: str
    evidence: str
    samples: int = 0
    rows: tuple[int, ...] = ()
    source: str = ""


class Advice(NamedTuple):
    """How to get the right number with a library, and what to change in what was done."""

    library: str
    call: str
    changes: tuple[str, ...]


class Diagnosis(NamedTuple):
    """Which formulas give the numbers that somebody got, one number for each run; without any
    number, what was found in the input.

    ``loss`` has the right value for each run, ``loss_name`` is what it is called. ``chance`` is the
    share of random numbers with as many digits that a formula as simple as the first would match.
    Where it is large the ``caveat`` says so, which is also one of the ``notes``.
    """

    got: tuple[float, ...]
    kind: Kind
    loss: tuple[float, ...]
    sentence: str
    notes: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    advice: tuple[Advice, ...] = ()
    findings: tuple[Finding, ...] = ()
    chance: float | None = None
    caveat: str = ""
    loss_name: str = "cross-entropy"
