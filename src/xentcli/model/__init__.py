"""The frozen data that the rooms hand to one another.

The data of a diagnosis are in :mod:`xentcli.model.diagnosis`. Readers and writers also share what
they know of CSV cells (:mod:`xentcli.model.csv_cells`), and the packages of the extra ``fast``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from xentcli.model.named_tuple import NamedTuple as NamedTuple

if TYPE_CHECKING:
    # --help does without NumPy, of which only types are needed here.
    import numpy as np
    from numpy.typing import NDArray

    from xentcli.errors import Place

    Floats = NDArray[np.floating]
    Indices = NDArray[np.intp]
    AnyArray = NDArray[Any]
    # A NumPy scalar where --dtype asks for a framework's width.
    Number = float | np.floating[Any]
else:
    Floats = Indices = AnyArray = Number = Any

Kind = Literal["logits", "probs", "log_probs"]
AnswerField = Literal["loss", "probs", "log_probs", "grad"]
Form = Literal["typed", "text", "json", "json lines", "array", "table"]


# Where a path goes through the records of a list: the number of a record takes the dots' place.
EACH_RECORD = "$[...]"


class Origin(NamedTuple):
    """Where the numbers of an array came from, so that a message can say where a bad one stands.

    ``source`` is a file or an option. The other fields depend on the ``form``:

    - a text has the line number of each sample (``lines``), the number of each column from 1
      (``columns``) and the headers (``names``);
    - a JSON document has the ``path`` to the array, which in a list of records begins with
      ``EACH_RECORD``, JSON Lines the path within each record;
    - a table has the number of each row, from 1 (``lines``);
    - an array has none of them: the index says enough. If its rows are in another order or only
      some of them, ``lines`` has their indices, as it has for a JSON document and typed numbers.
      Soft targets of a second file have in ``columns`` the place of each class, from 1;
    - where the axes of an array or a JSON document are in another order, or one fewer, than those
      of the batch, ``axes`` has for each of them the axis of the batch.
    """

    source: str
    form: Form
    lines: Sequence[int] | AnyArray = ()
    columns: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    path: str = "$"
    axes: tuple[int, ...] = ()


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
    """The fields to pass on of records that all have the same fields.

    ``texts`` has a list for each name: the JSON of that field in every record, as it was written.
    Where ``lists`` is true the field is a list, and its JSON is kept without the brackets.
    """

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
    """The ``names`` of the groups; ``at`` has for each sample the index of its group in them."""

    names: tuple[str, ...]
    at: Indices


class Tokens(NamedTuple):
    """The tokens that the samples are, where samples are tokens of sequences.

    ``sequences`` and ``positions`` say for each sample which token of which sequence it is;
    ``first_choices`` says whether the model would have chosen it (None where the input does not
    say). A token without a log-probability is no sample: ``unscored`` has the number of its
    sequence, once for each such token.
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
    - ``first``: the number of the first sample in the whole input. ``first_position`` is the same
      of positions, where a sample is so large that its positions come in several batches.
    - ``is_piece``: other batches may have more positions of the only sample, or more tokens of the
      sequence.
    - ``rows``, ``records`` or ``fields``: the samples as they were written in the input, where the
      output passes them on. A field of a record is a plain value, or bytes that are JSON already.
    - ``faults``: the samples that could not be used. ``unread`` has the indices of those that stay
      in the batch as nan. Where some were left out, ``kept`` has the original indices of the rest,
      and ``read`` is how many samples of the input the batch stands for.
    - ``grouping``: the groups of the samples by the column of --by.
    - ``partners``: for each sample the row of the second file with the same id; -1 where none is.
    - ``lines``: how many physical lines of a text were read, those of bad samples included.
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

    A loss has no class axis, unless each column is a yes/no question with its own loss
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


class WorkedSample(NamedTuple):
    """A sample that is shown with every step.

    ``position`` is its index, ``(n)`` or ``(n, i1 … ik)``; that of a ``token`` is the number of its
    sequence and the token's position in it. ``losses`` has one number, or one for each yes/no
    question; ``shares`` has what each of them adds to the mean's denominator. For a soft target
    that sums to 1, without weights, the loss is also given in two parts, ``entropy`` +
    ``divergence``.
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
    """How far gradients are from central differences, and of how many samples and entries.

    ``largest`` is the largest difference, relative to the largest entry of its sample, whose number
    is ``sample``.
    """

    samples: int = 0
    entries: int = 0
    largest: float = 0.0
    sample: int = 0


class Remark(NamedTuple):
    """A warning about the input, or a note on how it was understood.

    ``place`` is the first place that it is about; ``samples`` is how many samples it concerns.
    """

    message: str
    place: Place
    samples: int = 1
    word: Literal["warning", "note"] = "warning"


class Bin(NamedTuple):
    """How many losses are at least ``low`` and below ``high``.

    Losses of inf have a bin whose edges are both inf, and losses of nan one whose edges are nan.
    """

    low: float
    high: float
    samples: int


FigureForm = Literal["rounded", "share", "error", "full"]


class Figure(NamedTuple):
    """A figure beside a loss.

    ``key`` is its name in JSON and CSV, ``name`` its name in tables and on pages. Where a name is
    empty the figure is left out there. ``form`` is how tables show the value: rounded, as a share
    of samples, as the error of a mean, or with all its digits. ``note`` is shown behind the value.
    ``is_asked``: an option asked for it, so CSV has it as well, and JSON even if the reduction is a
    sum.
    """

    key: str
    name: str
    value: float
    form: FigureForm = "rounded"
    note: str = ""
    is_asked: bool = False


class Group(NamedTuple):
    """The figures of the samples of a class, or of those with one value of the column of --by.

    ``result`` is the mean loss of a class; for the value of a column it is the loss by the
    reduction that was asked for. ``positive`` counts the yes answers of a yes/no question,
    ``tokens`` the positions of a sequence that are not ignored, ``loss_sum`` is Σℓ.
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
        return next((figure for figure in self.figures if figure.key == key), None)


class HardSample(NamedTuple):
    """A sample with a large loss, and how to find it again.

    ``position`` is as in :class:`WorkedSample`. ``id`` is set if the input has a column of ids,
    ``line`` if it is a text, ``file`` if it is several files, ``question`` if each sample has
    several yes/no questions, ``token`` if the sample is one. ``label`` and ``predicted`` are None
    where there is none.
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
    """What the losses of many samples look like.

    - ``histogram``: the sizes of the losses.
    - ``classes``: the figures of each class that occurs as a label.
    - ``hardest``: the samples with the largest losses. ``top_asked``: --top asked for them.
    - ``groups``: the figures of each value of the column ``by``.
    - ``mean_of_means``: the mean of the sequences' means, where it is not the mean over all tokens.
    """

    histogram: tuple[Bin, ...] = ()
    classes: tuple[Group, ...] = ()
    hardest: tuple[HardSample, ...] = ()
    top_asked: bool = False
    by: str = ""
    groups: tuple[Group, ...] = ()
    mean_of_means: float | None = None


class Report(NamedTuple):
    """The results of a command: what is to be shown, not how.

    - ``result``: the reduced loss; None with the reduction ``none``, whose rows were written while
      they were computed. ``figures`` stand beside it.
    - ``left_out``: the names of the numeric columns that were not used.
    - ``title``: the heading of a page.
    - ``loss``: the name of the loss that a gradient is of; empty for ``ce``.
    - ``shifted``: --shift scored each position with the label of the next one.
    - ``questions``: each column is a yes/no question.
    """

    command: str
    kind: Kind
    field: AnswerField
    classes: tuple[str, ...]
    samples: int
    worked: tuple[WorkedSample, ...] = ()
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


def sample_number(batch: Batch, at: int) -> int:
    """The number of a sample in the whole input; samples that were left out are counted too."""
    return batch.first + (at if batch.kept is None else int(batch.kept[at]))


def fast_package(name: str, size: int, little: int) -> Any:
    """Import a package of the extra ``fast``. Return None where it is not installed, or where
    ``size`` bytes of text are no more than ``little``, too few to be worth the import.

    The results are the same with and without it. XENT_FAST=0 never uses it, XENT_FAST=1 always.
    """
    asked = os.environ.get("XENT_FAST")
    return _import_package(name) if asked == "1" or (asked != "0" and size > little) else None


@cache
def _import_package(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
