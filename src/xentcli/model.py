"""What is handed from part to part: frozen data without behaviour; and what readers and writers
both need."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from xentcli.errors import Place

if TYPE_CHECKING:
    # The command line describes itself without NumPy: a type is all that is wanted of it here.
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]
    Indices = NDArray[np.intp]
    AnyArray = NDArray[Any]
    # NumPy's where it is of a framework's width.
    Number = float | np.floating[Any]
else:
    Floats = Indices = AnyArray = Number = Any

Kind = Literal["logits", "probs", "log_probs"]
AnswerField = Literal["loss", "probs", "log_probs", "grad"]
Form = Literal["typed", "text", "json", "json lines", "array", "table"]


class Origin(NamedTuple):
    """Where the numbers of an array stand, so that a fault in one of them can be placed.

    ``source`` is a file or an option. In a text, ``lines`` has the physical line of each sample
    and ``columns`` the number of each column from 1, ``names`` their headers. In a document,
    ``path`` leads to the array; in JSON Lines it is that within the record on the line. In an array
    the index is the place; in a table of columns (Parquet, Arrow) ``lines`` has each row's number.
    """

    source: str
    form: Form
    lines: Sequence[int] | AnyArray = ()
    columns: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    path: str = "$"


class Rows(NamedTuple):
    """The input's rows as they were written, for passing them on.

    ``values_at`` are the places of the class columns among the cells; ``decimal`` is the mark
    of the fraction in them. A reader that need not take the rows apart into ``cells`` gives their
    ``text``, in which each ends with the only \\n that it has, or what they have ``around`` the
    class cells: before them, and after them, without the delimiters there; None where there is
    no other cell.
    """

    header: tuple[bytes, ...]
    cells: list[list[bytes]]
    values_at: tuple[int, ...]
    delimiter: bytes
    newline: bytes
    decimal: bytes = b"."
    text: bytes | None = None
    around: tuple[list[bytes] | None, list[bytes] | None] | None = None


class Fault(NamedTuple):
    """A row that could not be used: where, what stands there, what is wrong, and the row."""

    place: Place
    value: str
    message: str
    row: bytes


class Grouping(NamedTuple):
    """To which group each sample belongs: the ``names`` of the groups, and for each sample ``at``
    which of them it is."""

    names: tuple[str, ...]
    at: Indices


class Tokens(NamedTuple):
    """Samples that are tokens of sequences: the number of each one's sequence and its position in
    that, its text, and whether it is the model's first choice, where that is known. ``unscored``
    are the sequences of the tokens that have no log-probability: no sample is made of them."""

    sequences: Indices
    positions: Indices
    texts: tuple[str, ...]
    first_choices: AnyArray | None
    unscored: Indices


class Batch(NamedTuple):
    """Some samples: ``(N, C)``, ``(N, C, d1 … dk)``, or ``(C)`` for a single typed one.

    ``labels`` or ``targets`` (soft) belong to them; ``first`` is the number of the first sample in
    the whole input. ``sample_bytes`` are how many bytes of text each stands for; where these are
    not the samples' own, ``bytes_at`` says to which group each belongs. ``rows`` or
    ``records`` are what is passed on, where the answer asks for it:
    one a sample; a field of a record is a plain value, or bytes of JSON to be passed on.
    ``faults`` are the samples that were left out, or set to nan; ``unread`` are the places of these
    last. ``kept`` says which of the samples that were read these are, where some were left out, and
    ``read`` how many of the input's they stand for, where these are not the same.
    ``grouping`` is by the column that was asked for. ``partners`` are the rows of a second file
    that the samples were matched with by their ids; -1 where a sample has none. Of a sample that is
    too large to be read at once these are the positions from ``first_position`` on; such a batch
    ``is_piece``, of one sample or sequence.
    """

    values: Floats
    kind: Kind
    values_from: Origin
    classes: tuple[str, ...] = ()
    labels: AnyArray | None = None
    targets: AnyArray | None = None
    target_from: Origin | None = None
    sample_weight: AnyArray | None = None
    sample_bytes: AnyArray | None = None
    bytes_at: Indices | None = None
    first: int = 0
    rows: Rows | None = None
    records: list[dict[str, Any]] | None = None
    faults: tuple[Fault, ...] = ()
    unread: tuple[int, ...] = ()
    grouping: Grouping | None = None
    tokens: Tokens | None = None
    kept: Indices | None = None
    read: int | None = None
    partners: Indices | None = None
    first_position: int = 0
    is_piece: bool = False


class Answer(NamedTuple):
    """What a command answers for a batch, in the batch's shape; a loss has no class axis, unless
    every column is a question with a loss of its own, as ``questions`` says."""

    field: AnswerField
    values: Floats
    questions: bool = False

    @property
    def has_classes(self) -> bool:
        """Whether there is a number for each class."""
        return self.field != "loss" or self.questions


class Step(NamedTuple):
    """One step of a worked sample: its name, its formula, and a number or one number a class.

    ``note`` says in words what is wrong with the value, where something is.
    """

    name: str
    formula: str
    value: float | tuple[float, ...]
    note: str = ""


class Worked(NamedTuple):
    """A sample with every step kept; ``position`` is its index, ``(n)`` or ``(n, i1 … ik)``.

    ``losses`` are one, or of yes/no questions one a column, ``shares`` what they add to the mean's
    denominator. With a soft target and no weights the loss is ``entropy`` + ``divergence``.
    A ``token`` has its text; its position is its sequence's number, and its own in that.
    """

    position: tuple[int, ...]
    steps: tuple[Step, ...]
    label: int | None = None
    ignored: bool = False
    losses: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    entropy: float | None = None
    divergence: float | None = None
    token: str | None = None


class Check(NamedTuple):
    """How far a gradient is from central differences, relative to the largest entry of the sample;
    ``sample`` is the one that is furthest off."""

    samples: int = 0
    entries: int = 0
    largest: float = 0.0
    sample: int = 0


class Remark(NamedTuple):
    """A remark about the input: what it is, the first place, and how many samples it concerns. A
    note says what was taken for what."""

    message: str
    place: Place
    samples: int = 1
    word: Literal["warning", "note"] = "warning"


class Bin(NamedTuple):
    """How many losses are from ``low`` up and below ``high``; both are inf, or nan, for the losses
    that are."""

    low: float
    high: float
    samples: int


class Group(NamedTuple):
    """Some samples by themselves: those of a class, or of a value of a column. ``result`` is their
    mean loss, or of the values of a column their loss as it was asked for; ``accuracy`` is None
    where there are no labels. Of a yes/no question, so many are ``positive``. The losses add up to
    ``loss_sum``; of a sequence, so many ``tokens`` count. ``standard_error`` is that of a mean."""

    name: str
    result: float
    samples: int
    ignored: int
    denominator: float
    perplexity: float | None = None
    accuracy: float | None = None
    positive: int | None = None
    bits_per_byte: float | None = None
    tokens: int | None = None
    loss_sum: float = 0.0
    standard_error: float | None = None


class Hard(NamedTuple):
    """A sample with a large loss: its ``position`` as in :class:`Worked`, its ``id`` where the
    input has a column of them, the physical ``line`` of a text (and of several files which), its
    label and the class that was predicted, None where there is none; of several yes/no questions a
    sample, the number of the ``question``. A ``token`` has its text, and stands in a sequence at a
    position."""

    position: tuple[int, ...]
    loss: float
    label: int | None = None
    predicted: int | None = None
    id: str | None = None
    line: int | None = None
    file: str = ""
    question: int | None = None
    token: str | None = None


class Survey(NamedTuple):
    """What the losses of many samples look like: how many are how large, what each class that
    occurs as a label loses, the samples that lose most (and whether somebody asked for them), and
    the figures of each value of the column ``by``. Where these are sequences and the mean of their
    means is another than that of all tokens, it is ``mean_of_means``."""

    histogram: tuple[Bin, ...] = ()
    classes: tuple[Group, ...] = ()
    hardest: tuple[Hard, ...] = ()
    top_asked: bool = False
    by: str = ""
    groups: tuple[Group, ...] = ()
    mean_of_means: float | None = None


class StandardError(NamedTuple):
    """The standard error of a mean, in its unit: of so many independent samples, which are called
    ``sequence`` or ``sample``; no name where they are those that the report counts."""

    value: float
    independent: int
    name: str = ""


class Report(NamedTuple):
    """The results of a command: what is shown, not how.

    ``result`` is a number for ``mean`` and ``sum``, else None: the rows went by. ``floor`` is the
    least that the mean can be with the label smoothing that was asked for. ``survey`` is there for
    losses of a file; ``left_out`` are columns of numbers that are taken for nothing.
    ``title`` stands above a page of it. A gradient is of the ``loss`` of that
    name. A distance has ``roots``: that of the mean, and the mean of the samples' own. The classes
    are ``questions`` where each is answered by itself with yes or no. ``top_5_accuracy`` is the
    share of labels among the five largest, ``brier_score`` a mean.
    """

    command: str
    kind: Kind
    field: AnswerField
    classes: tuple[str, ...]
    samples: int
    worked: tuple[Worked, ...] = ()
    result: Number | None = None
    reduction: str | None = None
    ignored: int = 0
    denominator: float | None = None
    loss_sum: float | None = None
    perplexity: float | None = None
    accuracy: float | None = None
    unit: str = "nats"
    floor: float | None = None
    check: Check | None = None
    survey: Survey | None = None
    left_out: tuple[str, ...] = ()
    title: str = ""
    loss: str = ""
    roots: tuple[float, float] | None = None
    bits_per_byte: float | None = None
    shifted: bool = False
    questions: bool = False
    top_5_accuracy: float | None = None
    brier_score: float | None = None
    standard_error: StandardError | None = None

    @property
    def averages(self) -> bool:
        """Whether the losses were divided by the denominator."""
        return self.reduction in ("mean", "batchmean")


class Candidate(NamedTuple):
    """A formula and what it gives for each run; ``differences`` are from the numbers got.

    ``departures`` counts the ways in which it is not what ``ce`` computes.
    """

    name: str
    formula: str
    values: tuple[float, ...]
    differences: tuple[float, ...]
    matches: bool
    departures: int
    explanation: str


class Finding(NamedTuple):
    """Something about the input: its name, what it is, what shows it, how many samples it concerns
    and the first of these."""

    name: str
    message: str
    evidence: str
    samples: int = 0
    rows: tuple[int, ...] = ()
    source: str = ""


class Advice(NamedTuple):
    """What to write with a library for the right number, and what to change for it."""

    library: str
    call: str
    changes: tuple[str, ...]


class Diagnosis(NamedTuple):
    """Which formulas give the numbers got, one a run; without any, what was found.

    ``loss`` is what ``ce`` gives for each run. ``chance`` is the share of numbers with as many
    digits that a formula as simple as the first would match, and ``caveat`` says so where it is
    worth a word. ``notes`` are sentences, that one among them. ``loss_name`` is what the loss that
    was asked for is called.
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


def sample_number(batch: Batch, at: int) -> int:
    """The number, in the whole input, of the sample at that place in the batch: those that were
    left out have numbers too."""
    return batch.first + (at if batch.kept is None else int(batch.kept[at]))


def csv_cell(content: bytes, delimiter: bytes = b",") -> bytes:
    """A cell with that content: in quotes if something in it would end the cell or the row.

    >>> csv_cell(b"one, two"), csv_cell(b"plain")
    (b'"one, two"', b'plain')
    """
    if any(mark in content for mark in (delimiter, b'"', b"\r", b"\n")):
        return b'"' + content.replace(b'"', b'""') + b'"'
    return content


def unquoted(cell: bytes) -> str:
    """A cell's text without the quotes around it.

    Raises ValueError for what is no UTF-8 text, and for text after the closing quote.
    """
    if not cell.startswith(b'"'):
        return cell.decode("utf-8")
    if len(cell) < 2 or not cell.endswith(b'"') or b'"' in cell[1:-1].replace(b'""', b""):
        raise ValueError("there is text after the closing quote")
    return cell[1:-1].replace(b'""', b'"').decode("utf-8")


def fast_package(name: str, size: int, little: int) -> Any:
    """A package of the extra ``fast`` for that many bytes of text; None where it is not installed,
    or where they are so few that its import takes longer.

    What comes of it is the same with and without. XENT_FAST=0 does without, XENT_FAST=1 takes it
    for few bytes as well.
    """
    asked = os.environ.get("XENT_FAST")
    return _package(name) if asked == "1" or (asked != "0" and size > little) else None


@cache
def _package(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
