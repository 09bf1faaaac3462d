"""The frozen data that the parts hand to one another, and what readers and writers share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from xentcli.model.named_tuple import NamedTuple as NamedTuple

if TYPE_CHECKING:
    # The command line describes itself without NumPy: a type is all that is wanted of it here.
    import numpy as np
    from numpy.typing import NDArray

    from xentcli.errors import Place

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
    """Where the numbers of an array came from, so that a message can say where a bad one stands.

    ``source`` is a file or an option. What else is set depends on the ``form``: a text has the line
    number of each sample (``lines``), the number of each column from 1 (``columns``) and the
    headers (``names``); a JSON document the ``path`` to the array, JSON Lines the path within each
    record; a Parquet or Arrow table the number of each row (``lines``). In an array the index is
    enough.
    """

    source: str
    form: Form
    lines: Sequence[int] | AnyArray = ()
    columns: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    path: str = "$"


class Rows(NamedTuple):
    r"""The input's rows as they were written, so that an output can pass them on unchanged.

    ``values_at`` are the positions of the class columns among the cells, ``decimal`` is their
    decimal mark. A reader gives the rows in one of three ways, whichever costs it least: split into
    ``cells``; as one ``text``, each row ending in ``\n`` and with no other ``\n`` in it; or as what
    stands ``around`` the class cells of each row, before and after, without the delimiters next to
    them (None where nothing stands there).
    """

    header: tuple[bytes, ...]
    cells: list[list[bytes]]
    values_at: tuple[int, ...]
    delimiter: bytes
    newline: bytes
    decimal: bytes = b"."
    text: bytes | None = None
    around: tuple[list[bytes] | None, list[bytes] | None] | None = None


class Fields(NamedTuple):
    """The fields of records that all have the same, for passing them on: their names, and for each
    the JSON of every record's as it was written; that of ``lists`` without its brackets."""

    names: tuple[str, ...]
    texts: tuple[list[bytes], ...]
    lists: tuple[bool, ...]


class Fault(NamedTuple):
    """A row that could not be used: its place, the bad value, what is wrong with it, the row."""

    place: Place
    value: str
    message: str
    row: bytes


class Grouping(NamedTuple):
    """The groups' ``names``, and for each sample the index ``at`` of its group among them."""

    names: tuple[str, ...]
    at: Indices


class Tokens(NamedTuple):
    """What is known of samples that are tokens of sequences.

    ``sequences`` and ``positions`` say which token of which sequence a sample is, ``first_choices``
    whether the model would have chosen it (None where nothing says so). A token without a
    log-probability is no sample: ``unscored`` has the sequence of each of them.
    """

    sequences: Indices
    positions: Indices
    texts: tuple[str, ...]
    first_choices: AnyArray | None
    unscored: Indices


class Batch(NamedTuple):
    """Samples that were read together, and what belongs to them.

    - ``values``: ``(N, C)``, ``(N, C, d1 … dk)``, or ``(C)`` for a single typed sample.
    - ``labels`` or ``targets``: class indices, or soft targets.
    - ``sample_bytes``: the bytes of text that each sample stands for. If they were counted for
      other rows than these, ``bytes_at`` has the group of each count.
    - ``first``: the number of the first sample in the whole input; ``first_position`` likewise,
      where a sample is so large that its positions come in several batches. ``is_piece``: there may
      be more positions of its only sample, or more tokens of its sequence, in other batches.
    - ``rows`` or ``records``: the input as it was written, one a sample, where the output passes it
      on. A field of a record is a plain value, or bytes that are JSON already.
    - ``faults``: the samples that could not be used. ``unread`` has the indices of those that stay
      in the batch as nan. Where some were left out, ``kept`` has the original indices of the rest,
      and ``read`` is how many samples of the input the batch stands for.
    - ``grouping``: the groups of the column that was asked for.
    - ``partners``: for each sample the row of the second file with the same id; -1 where none is.
    - ``lines``: how many physical lines of a text it is, those of bad samples included.
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
    fields: Fields | None = None
    faults: tuple[Fault, ...] = ()
    unread: tuple[int, ...] = ()
    grouping: Grouping | None = None
    tokens: Tokens | None = None
    kept: Indices | None = None
    read: int | None = None
    partners: Indices | None = None
    first_position: int = 0
    is_piece: bool = False
    lines: int = 0


class Answer(NamedTuple):
    """What a command answers for a batch, in the batch's shape.

    A loss has no class axis, unless each column is a question with a loss of its own
    (``questions``).
    """

    field: AnswerField
    values: Floats
    questions: bool = False

    @property
    def has_classes(self) -> bool:
        """Whether there is a number for each class."""
        return self.field != "loss" or self.questions


class Step(NamedTuple):
    """One step of a worked sample: its name, its formula, and its value: one number, or one a
    class.

    ``note`` says what is wrong with the value, such as an overflow.
    """

    name: str
    formula: str
    value: float | tuple[float, ...]
    note: str = ""


class Worked(NamedTuple):
    """A sample with every step kept.

    ``position`` is its index, ``(n)`` or ``(n, i1 … ik)``; that of a ``token`` is the number of its
    sequence and its own position in it. ``losses`` has one number (of yes/no questions one a
    column), ``shares`` what each adds to the mean's denominator. For a soft target without weights
    the loss is also given in two parts, ``entropy`` + ``divergence``.
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
    """How far gradients are from central differences, relative to the largest entry of their
    sample; ``sample`` is the one with the largest difference."""

    samples: int = 0
    entries: int = 0
    largest: float = 0.0
    sample: int = 0


class Remark(NamedTuple):
    """A warning about the input, or a note on how it was understood: the first place that it is
    about, and how many samples it concerns."""

    message: str
    place: Place
    samples: int = 1
    word: Literal["warning", "note"] = "warning"


class Bin(NamedTuple):
    """How many losses are at least ``low`` and below ``high``. Losses of inf, and those of nan,
    have a bin of their own, with both edges inf or nan."""

    low: float
    high: float
    samples: int


FigureForm = Literal["rounded", "share", "error", "full"]


class Figure(NamedTuple):
    """A figure beside a loss.

    ``key`` is its name in JSON and CSV, ``name`` that in tables and on pages; one that is empty
    leaves it out there. ``form`` is how tables show the value: rounded, as a share of samples, as
    the error of a mean, or with all its digits. ``note`` stands behind it. ``is_asked``: an option
    asked for it, so that CSV has it too, and JSON also of a sum.
    """

    key: str
    name: str
    value: float
    form: FigureForm = "rounded"
    note: str = ""
    is_asked: bool = False


class Group(NamedTuple):
    """The figures of some samples: those of a class, or those with one value of a column.

    ``result`` is the mean loss of a class; for the value of a column it is the loss by the
    reduction that was asked for. ``positive`` counts the yes answers of a yes/no question,
    ``tokens`` the positions that count in a sequence, ``loss_sum`` is Σℓ.
    """

    name: str
    result: float
    samples: int
    ignored: int
    denominator: float
    figures: tuple[Figure, ...] = ()
    positive: int | None = None
    tokens: int | None = None
    loss_sum: float = 0.0

    def figure(self, key: str) -> Figure | None:
        """The figure of that key, if the group has it."""
        return next((one for one in self.figures if one.key == key), None)


class Hard(NamedTuple):
    """A sample with a large loss, and how to find it again.

    ``position`` is as in :class:`Worked`; ``id`` is there where the input has a column of ids,
    ``line`` (and ``file``, of several) where it is a text, ``question`` where each sample has
    several yes/no questions, ``token`` where it is one. ``label`` and ``predicted`` are None where
    there is none.
    """

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
    """What the losses of many samples look like: the histogram of their sizes, the figures of each
    class that occurs as a label, the samples with the largest losses (``top_asked``: --top asked
    for them), and the figures of each value of the column ``by``. ``mean_of_means`` is there for
    sequences whose means do not average to the mean over all tokens."""

    histogram: tuple[Bin, ...] = ()
    classes: tuple[Group, ...] = ()
    hardest: tuple[Hard, ...] = ()
    top_asked: bool = False
    by: str = ""
    groups: tuple[Group, ...] = ()
    mean_of_means: float | None = None


class Report(NamedTuple):
    """The results of a command: what is to be shown, not how.

    ``result`` is None for ``none``, whose rows were written as they came. ``figures`` stand beside
    it. ``left_out`` names the numeric columns that were not used. ``title`` is for pages, ``loss``
    names the loss of a gradient. With ``questions`` each column is a yes/no question of its own.
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
    figures: tuple[Figure, ...] = ()
    unit: str = "nats"
    check: Check | None = None
    survey: Survey | None = None
    left_out: tuple[str, ...] = ()
    title: str = ""
    loss: str = ""
    shifted: bool = False
    questions: bool = False

    @property
    def averages(self) -> bool:
        """Whether the losses were divided by the denominator."""
        return self.reduction in ("mean", "batchmean")


class Candidate(NamedTuple):
    """A formula and the value that it gives for each run; ``differences`` are from the numbers got.

    ``departures`` counts in how many ways it departs from what the command would compute.
    """

    name: str
    formula: str
    values: tuple[float, ...]
    differences: tuple[float, ...]
    matches: bool
    departures: int
    explanation: str


class Finding(NamedTuple):
    """Something worth knowing about the input: a name, a sentence, the evidence, the number of
    samples that it concerns and the first of them."""

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
    """Which formulas give the numbers got, one a run; without any number, what was found in the
    input.

    ``loss`` is the right value for each run, ``loss_name`` what it is called. ``chance`` is the
    share of random numbers with as many digits that a formula as simple as the first would match;
    ``caveat`` says so where it is large, and is one of the ``notes``.
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
    """The number of a sample in the whole input; samples that were left out are counted too."""
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
    """A package of the extra ``fast``, or None where it is not installed or where ``size`` bytes of
    text are too few to be worth its import.

    The results are the same with and without it. XENT_FAST=0 never uses it, XENT_FAST=1 always.
    """
    asked = os.environ.get("XENT_FAST")
    return _package(name) if asked == "1" or (asked != "0" and size > little) else None


@cache
def _package(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
