"""What a reader is asked for, and what it gives: see any module beside this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from xentcli.model import AnyArray, Batch, Kind, Origin, Remark, Rows

OnError = Literal["stop", "skip", "nan"]
Wanted = Literal["none", "labels", "labels or targets"]
Workers = Literal["processes", "threads"]
KeepRows = Literal["lines", "around", "cells"]


class Attached(NamedTuple):
    """Labels or soft targets that stand apart from the values: typed, or in a file of their own.

    Labels are words, or an array of numbers; ``shape`` is that of the lists that they were typed
    in.
    """

    labels: Any
    targets: AnyArray
    origin: Origin
    size: int
    shape: tuple[int, ...] = ()


class Request(NamedTuple):
    """What the command line says about the input.

    ``each`` says that something is written for every sample; ``keep_rows`` asks for
    :class:`xentcli.model.Rows` to be passed on as text, and how far they must be taken apart for
    that; ``keep_records`` for the samples' records to be passed on as JSON; ``by`` for the samples'
    grouping by a column.
    """

    wanted: Wanted = "none"
    kind: Kind | None = None
    input_format: str | None = None
    logit_cols: str | None = None
    label_col: str | None = None
    target_cols: str | None = None
    weight_col: str | None = None
    classes: tuple[str, ...] = ()
    ignore_index: int = -100
    attached: Attached | None = None
    each: bool = False
    keep_rows: KeepRows | None = None
    keep_records: bool = False
    class_axis: int = 1
    delimiter: str | None = None
    no_header: bool = False
    encoding: str | None = None
    comment: str | None = None
    decimal: str = "."
    logits_key: str | None = None
    label_key: str | None = None
    by: str | None = None
    on_error: OnError = "stop"


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
    in another encoding: those behind the first ``start`` bytes, once it is unpacked. ``version`` as
    of a :class:`Span`, where it is known."""

    path: str
    version: tuple[int, int] | None
    start: int
    encoding: str | None


class RowGroup(NamedTuple):
    """A row group of a Parquet file by its number; all of an Arrow file if that is None."""

    path: str
    version: tuple[int, int] | None
    number: int | None


class Chunk(NamedTuple):
    """A piece of an input: ``number`` from 0, the first sample's number, how many samples there are
    (those that turn out to be faulty included), and what is in it.

    Of a text, ``data`` are bytes, or a :class:`Span` or :class:`WholeText` of whose records neither
    the number is known nor, behind the first span of a file, where they stand; of a table, a record
    batch or a :class:`RowGroup`. ``line`` is the physical line on which they begin, ``lines`` how
    many there are; of a table, ``line`` is the number of the first row, from 1. Of several files,
    ``file`` says which. ``size`` is how many bytes of the input it takes. ``worked`` says that
    samples of it may have to be shown with every step.
    """

    number: int
    first: int
    samples: int
    data: Any
    line: int = 1
    file: int = 0
    size: int = 0
    lines: int = 0
    worked: bool = True


def itself(chunk: Chunk) -> Iterator[Chunk]:
    """The parts of a chunk that is in one piece."""
    yield chunk


# What some samples of a chunk are called, by their places in the batch that was read from it.
Ids = Callable[[Chunk, Batch, Sequence[int]], Sequence[str]]


class Opened(NamedTuple):
    """An input: what is known before the first sample, its chunks, and how one becomes a batch.

    ``read`` and the chunks can be pickled, so that any process may do the reading. ``ids`` is there
    where the input has a column that says what a sample is called. A large file may be read in
    ``spans`` as well, ``parts`` of which can be read; where there is something to gain, ``workers``
    says what kind of them to share the chunks among. ``numbered`` says that a chunk can be read
    only if it is known how many samples come before it. ``single`` says that there is but one
    sample, of shape ``(C)``; ``dimensions`` how many follow the classes; ``class_axis`` where the
    input had them, before they were put at 1; ``header`` are the names of all columns. ``rows`` has
    the header of a text whose rows are passed on; ``attached`` are the labels that are matched with
    its rows as these go by; ``size`` is how many bytes there are to read, where that is known;
    ``by`` is the name of the column that the samples are grouped by; ``files`` is how many there
    are. ``partitions`` gives pieces of
    about so many bytes that a process on another machine can read by itself, where that can be.
    """

    source: str
    kind: Kind
    class_count: int
    classes: tuple[str, ...]
    chunks: Callable[[], Iterator[Any]]
    read: Callable[[Any], Batch]
    spans: Callable[[], Iterator[Chunk]] | None = None
    parts: Callable[[Chunk], Iterator[Chunk]] = itself
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
    ids: Ids | None = None
    by: str = ""
    files: int = 1
    partitions: Callable[[int], Iterator[Chunk]] | None = None

    @property
    def has_target(self) -> bool:
        """Whether there is anything to measure the samples against."""
        return self.has_labels or self.has_targets
