"""What a reader is asked for, and what it gives: see any module beside this one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from xentcli.model import AnyArray, Batch, Kind, Origin, Remark, Rows
from xentcli.readers.rules.class_axis import remarks_on_axis

if TYPE_CHECKING:
    from xentcli.readers.rules.join import Ids

OnError = Literal["stop", "skip", "nan"]
Wanted = Literal["none", "labels", "labels or targets"]
Workers = Literal["processes", "threads"]
KeepRows = Literal["lines", "around", "cells"]


# The value of --by that makes each sample of an input with positions a group.
EACH_SEQUENCE = "sample"


class Attached(NamedTuple):
    """Labels or soft targets that stand apart from the values: typed, or in a file of their own.

    Labels are words, or an array of numbers; ``shape`` is that of the lists that they were typed
    in. ``ids`` are the columns of a second file that its rows may be matched by; ``join`` is the
    one that they are matched by, None where they go by position. ``label_name`` is the name of the
    label's column there, ``remarks`` are what is worth a word. ``may_have_header`` says that the
    first label is a header if it can be no label.
    """

    labels: Any
    targets: AnyArray | None
    origin: Origin
    size: int
    shape: tuple[int, ...] = ()
    ids: tuple[Ids, ...] = ()
    join: Ids | None = None
    label_name: str = ""
    may_have_header: bool = False
    remarks: tuple[Remark, ...] = ()


class Second(NamedTuple):
    """What the command line says about a second file: the column of ids, whether its rows go by
    position whatever ids there are, and the label's column."""

    on: str | None = None
    by_position: bool = False
    label_col: str | None = None


class Request(NamedTuple):
    """What the command line says about the input.

    ``each`` says that something is written for every sample; ``keep_rows`` asks for
    :class:`xentcli.model.Rows` to be passed on as text, and how far they must be taken apart for
    that; ``keep_records`` for the samples' records to be passed on as JSON; ``by`` for the samples'
    grouping by a column. The columns are ``questions`` where labels are no classes but 0 and 1, one
    for each column. ``sums_only`` says that what comes of the samples is added up, so that one of
    them may be read in several pieces. ``second`` is about a second file; columns of the names
    ``beside`` are no classes.
    """

    wanted: Wanted = "none"
    kind: Kind | None = None
    input_format: str | None = None
    logit_cols: str | None = None
    label_col: str | None = None
    target_cols: str | None = None
    weight_col: str | None = None
    bytes_col: str | None = None
    classes: tuple[str, ...] = ()
    ignore_index: int = -100
    attached: Attached | None = None
    second: Second = Second()
    beside: tuple[str, ...] = ()
    each: bool = False
    keep_rows: KeepRows | None = None
    keep_records: bool = False
    class_axis: int = 1
    delimiter: str | None = None
    header: bool | None = None
    encoding: str | None = None
    comment: str | None = None
    decimal: str | None = None
    logits_key: str | None = None
    label_key: str | None = None
    by: str | None = None
    on_error: OnError = "stop"
    questions: bool = False
    sums_only: bool = False

    def label_count(self, columns: int) -> int:
        """How many labels there are, which count from 0."""
        return 2 if self.questions else columns

    def label_shape(self, shape: tuple[int, ...], class_axis: int = 1) -> tuple[int, ...]:
        """The shape of the labels of values of that shape: one a position, or of several questions
        one for each."""
        if self.questions and shape[class_axis] > 1:
            return shape
        return shape[:class_axis] + shape[class_axis + 1 :]


class Span(NamedTuple):
    """Some records of a file as they stand there: from one byte to before another. ``version`` is
    the file's size and the time of its last change, or of a URL a number for its ETag or the like.
    """

    path: str
    start: int
    end: int
    version: tuple[int, int]


class WholeText(NamedTuple):
    """All records of a text that can be read only from its beginning, because it is compressed or
    in another encoding: those behind the first ``start`` bytes, once it is unpacked, to
    ``max_ratio`` times its size at most. ``version`` as of a :class:`Span`, where it is known."""

    path: str
    version: tuple[int, int] | None
    max_ratio: int
    start: int
    encoding: str | None


class RowGroup(NamedTuple):
    """A row group of a Parquet file by its number; all of an Arrow file if that is None."""

    path: str
    version: tuple[int, int] | None
    number: int | None


class RowBatch(NamedTuple):
    """A record batch of a table, as Arrow writes it."""

    content: bytes


class Part(NamedTuple):
    """What a chunk has of each array: the samples from ``start`` to ``stop``, to be taken from the
    file, or the numbers themselves where they are in memory; and of labels from elsewhere. Of a
    lone sample it may be the ``positions`` from one to before another, with the labels of all."""

    start: int
    stop: int
    values: AnyArray | None = None
    labels: AnyArray | None = None
    targets: AnyArray | None = None
    labels_apart: Any = ()
    positions: tuple[int, int] | None = None


Data = bytes | Span | WholeText | RowBatch | RowGroup | Part | Batch


class Chunk(NamedTuple):
    """A piece of an input: ``number`` from 0, the first sample's number, how many samples there are
    (those that turn out to be faulty included), and what is in it.

    Of a text, ``data`` are bytes, or a :class:`Span` or :class:`WholeText` of whose records neither
    the number is known nor, behind the first span of a file, where they stand; of a table a
    :class:`RowBatch` or a :class:`RowGroup`; of arrays a :class:`Part`; of what is in memory a
    batch. ``line`` is the physical line on which they begin, ``lines`` how
    many there are; of a table, ``line`` is the number of the first row, from 1. Of several files,
    ``file`` says which. ``size`` is how many bytes of the input it takes. ``worked`` says that
    samples of it may have to be shown with every step.
    """

    number: int
    first: int
    samples: int
    data: Data
    line: int = 1
    file: int = 0
    size: int = 0
    lines: int = 0
    worked: bool = True


class Reader(Protocol):
    """Makes batches of an input's chunks. It can be pickled, so that any process may do so."""

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """The chunk in pieces that can be read, each of which fits into memory."""

    def read(self, chunk: Chunk) -> Batch:
        """The samples of a piece."""

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """What some samples of a piece are called, by their places in the batch that was read from
        it; asked only where the input has ids."""


class Chunks(Protocol):
    """Cuts an input into chunks, in the order of its samples. Only this process can."""

    def in_order(self) -> Iterator[Chunk]:
        """All of the input; each chunk has the number of its first sample."""

    def spans(self) -> Iterator[Chunk] | None:
        """A large file in pieces of which it is not known how many samples come before; None where
        there is nothing to gain by it."""

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Pieces of about so many bytes that a process on another machine can read by itself; None
        where it cannot."""


class Opened(NamedTuple):
    """An input: what is known before the first sample, its chunks, and what reads them.

    ``workers`` says among what kind of workers it helps to share the chunks. ``numbered`` says that
    a chunk can be read only if it is known how many samples come before it. ``single`` says that
    there is but one sample, of shape ``(C)``; ``dimensions`` how many follow the classes;
    ``class_axis`` where the input had them, before they were put at 1; ``header`` are the names of
    all columns. ``rows`` has the header of a text whose rows are passed on; ``attached`` are the
    labels that are matched with its rows as these go by; ``size`` is how many bytes there are to
    read, where that is known; ``left_out`` are columns of numbers that are taken for nothing;
    ``has_ids`` says that a column says what a sample is called; ``by``
    is the name of the column that the samples are grouped by; ``files`` is how many there are.
    ``by_sequence`` says that the samples that are grouped belong to sequences, a group each;
    ``has_tokens`` says that each sample is a token with the log-probability that it was given, and
    ``ranked`` whether it is known what the model would have chosen.
    """

    source: str
    kind: Kind
    class_count: int
    classes: tuple[str, ...]
    chunks: Chunks
    reader: Reader
    workers: Workers | None = None
    numbered: bool = True
    has_labels: bool = False
    has_targets: bool = False
    single: bool = False
    dimensions: int = 0
    class_axis: int = 1
    header: tuple[str, ...] = ()
    rows: Rows | None = None
    attached: Attached | None = None
    size: int | None = None
    remarks: tuple[Remark, ...] = ()
    left_out: tuple[str, ...] = ()
    has_ids: bool = False
    by: str = ""
    files: int = 1
    by_sequence: bool = False
    has_tokens: bool = False
    ranked: bool = True

    @property
    def has_target(self) -> bool:
        """Whether there is anything to measure the samples against."""
        return self.has_labels or self.has_targets


class InMemory:
    """An input that is one batch, in memory already: its only chunk, and what reads that."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def in_order(self) -> Iterator[Chunk]:
        """The batch."""
        values = self._batch.values
        yield Chunk(0, 0, 1 if values.ndim == 1 else len(values), self._batch)

    def spans(self) -> None:
        """None."""

    def partitions(self, size: int) -> None:
        """None."""


class BatchReader(NamedTuple):
    """Reads chunks that are batches already; the samples of the only one may have ``names``."""

    names: tuple[str, ...] = ()

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """The chunk."""
        yield chunk

    def read(self, chunk: Chunk) -> Batch:
        """The batch."""
        assert isinstance(chunk.data, Batch)
        return chunk.data

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """Their names."""
        return [self.names[at] for at in samples]


def opened_whole(source: str, batch: Batch, class_axis: int) -> Opened:
    """An input that is one batch, in memory already."""
    values, labels = batch.values, batch.labels
    # The labels of questions are as many as the values, and have no axis less.
    has_axis = labels is not None and labels.ndim < values.ndim
    return Opened(
        source,
        batch.kind,
        values.shape[1 if values.ndim > 1 else 0],
        batch.classes,
        InMemory(batch),
        BatchReader(),
        has_labels=batch.labels is not None,
        has_targets=batch.targets is not None,
        single=values.ndim == 1,
        dimensions=max(0, values.ndim - 2),
        class_axis=class_axis,
        remarks=remarks_on_axis(values.shape, class_axis, source) if has_axis else (),
    )
