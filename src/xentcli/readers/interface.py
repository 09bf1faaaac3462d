"""What a reader is given and what it returns. Every format's ``open_input`` takes a request and
returns an opened input, whose chunks its reader turns into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from xentcli.model import AnyArray, Batch, Kind, NamedTuple, Origin, Remark, Rows
from xentcli.readers.rules.class_axis import remarks_on_axis

if TYPE_CHECKING:
    from xentcli.readers.rules.ids import Ids

OnError = Literal["stop", "skip", "nan"]
Wanted = Literal["none", "labels", "labels or targets"]
Workers = Literal["processes", "threads"]
KeepRows = Literal["lines", "around", "cells"]
KeepRecords = Literal["whole", "rest"]


# The value of --by that makes each sample of an input with positions a group.
EACH_SEQUENCE = "sample"


class Attached(NamedTuple):
    """Labels or soft targets from elsewhere than the values: typed, or in a second file.

    - ``labels``: texts, or an array of numbers; ``shape``: that of the lists in which they were
      typed; ``size``: how many labels or rows of targets there are.
    - ``ids``: the columns of ids in the second file that could match its rows with the samples;
      ``join``: the one that does, None where rows match by position.
    - ``unread``: keys with names of ids whose values cannot be read as ids, and the reasons.
    - ``label_name``: the name of the label column in the second file.
    - ``remarks``: warnings and notes about the second file.
    - ``may_have_header``: if the first text cannot be a label, it is a header.
    """

    labels: Any
    targets: AnyArray | None
    origin: Origin
    size: int
    shape: tuple[int, ...] = ()
    ids: tuple[Ids, ...] = ()
    join: Ids | None = None
    unread: tuple[tuple[str, str], ...] = ()
    label_name: str = ""
    may_have_header: bool = False
    remarks: tuple[Remark, ...] = ()


class SecondFile(NamedTuple):
    """What the options say of a second file: its column of ids (``on``), whether its rows match by
    position even if there are ids, and its label column."""

    on: str | None = None
    by_position: bool = False
    label_col: str | None = None


class Request(NamedTuple):
    """What the options say of the input.

    - ``wanted``: what the command needs beside the values.
    - ``kind``: what the options say that the values are.
    - ``each``: something is written for every sample.
    - ``keep_rows``: the rows are passed on as text, split as far as it says; ``keep_records``: the
      samples' records are passed on as JSON.
    - ``by``: the column that groups the samples.
    - ``questions``: each column is a yes/no question, whose labels are 0 and 1.
    - ``divisible``: the answer can be joined from parts of a sample, so that a large sample may be
      read in parts.
    - ``attached``: labels or soft targets from elsewhere; ``second``: what the options say of the
      second file with them.
    - ``first_label``: where several files share labels or targets from elsewhere by position, the
      number of the first that is this file's. It matters to files that are read whole.
    - ``not_classes``: names of columns that belong to the second file's ids or labels, and so are
      no classes.
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
    second: SecondFile = SecondFile()
    first_label: int | None = None
    not_classes: tuple[str, ...] = ()
    each: bool = False
    keep_rows: KeepRows | None = None
    keep_records: KeepRecords | None = None
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
    divisible: bool = False

    @property
    def joined(self) -> tuple[Attached, Ids]:
        """The labels or targets that ids match with the samples, and these ids. Asked for only
        where there are such."""
        assert self.attached is not None
        assert self.attached.join is not None
        return self.attached, self.attached.join

    def label_count(self, columns: int) -> int:
        """Return the number of different labels, which run from 0 to one less."""
        return 2 if self.questions else columns

    def label_shape(self, shape: tuple[int, ...], class_axis: int = 1) -> tuple[int, ...]:
        """Return the shape of the labels for values of that shape: a label for each position, or
        for each question."""
        if self.questions and shape[class_axis] > 1:
            return shape
        return shape[:class_axis] + shape[class_axis + 1 :]


class Span(NamedTuple):
    """A part of a file that holds whole records: the bytes from ``start`` to before ``end``.
    ``version`` is the file's size and the time of its last change; for a URL, its size and a
    checksum of its ETag or the like."""

    path: str
    start: int
    end: int
    version: tuple[int, int]


class WholeText(NamedTuple):
    """A text that can be read only from its beginning, because it is compressed or not in UTF-8.
    Its records follow the first ``start`` bytes of the unpacked text. ``version`` is as in
    :class:`Span`, or None; ``max_ratio`` as in a source."""

    path: str
    version: tuple[int, int] | None
    max_ratio: int
    start: int
    encoding: str | None


class RowGroup(NamedTuple):
    """A row group of a Parquet file, by its number; a whole Arrow file where the number is None."""

    path: str
    version: tuple[int, int] | None
    number: int | None


class RowBatch(NamedTuple):
    """A record batch of a table in Arrow's own format."""

    content: bytes


class Part(NamedTuple):
    """The part of each array that belongs to a chunk: samples ``start`` to ``stop``. An array that
    is None is still to be read from the file. A single large sample may come in parts too:
    ``positions`` are then the first position of the part and the one after its last, along the
    first axis of positions. ``labels_apart`` are labels from elsewhere."""

    start: int
    stop: int
    values: AnyArray | None = None
    labels: AnyArray | None = None
    targets: AnyArray | None = None
    labels_apart: Any = ()
    positions: tuple[int, int] | None = None


Data = bytes | Span | WholeText | RowBatch | RowGroup | Part | Batch


class Chunk(NamedTuple):
    """A piece of an input.

    - ``number``: the chunk's number, from 0; ``first``: the number of its first sample;
      ``samples``: how many samples it has, bad ones included.
    - ``data``: bytes of a text; a :class:`Span` or :class:`WholeText`, whose number of records is
      not known yet; a :class:`RowBatch` or :class:`RowGroup` of a table; a :class:`Part` of arrays;
      a batch that is in memory.
    - ``line`` and ``lines``: the physical line of a text that it begins on, and how many it has;
      for a table the number of its first row, from 1.
    - ``file``: which of several files it is from; ``size``: its bytes in the input.
    - ``worked``: samples of it may have to be shown with every step.
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
    """Turns an input's chunks into batches. It can be pickled, so that any process can do this."""

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Split a chunk into pieces that fit into memory."""

    def read(self, chunk: Chunk) -> Batch:
        """Read the samples of a piece."""

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """Return the ids of some samples of a piece, given by their indices in its batch. It is
        called only where the input has ids."""


class Chunks(Protocol):
    """Cuts an input into chunks, in the order of its samples. Only the main process has it."""

    def in_order(self) -> Iterator[Chunk]:
        """Cut all of the input; each chunk has the number of its first sample."""

    def spans(self) -> Iterator[Chunk] | None:
        """Cut a large file into spans of bytes, whose first samples have no known numbers; None
        where that would not help."""

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Cut the input into pieces of about ``size`` bytes that a process on another machine can
        read by itself; None where it cannot."""


class Opened(NamedTuple):
    """An input: what is known before its first sample, its chunks, and the reader of these.

    - ``workers``: the kind of workers that can share the chunks.
    - ``numbered``: a chunk can be read only if the number of its first sample is known.
    - ``has_label_a_row``: the labels are one a row, however many columns of numbers there are.
    - ``single``: there is one sample, of shape ``(C)``; ``dimensions``: how many axes follow that
      of the classes; ``class_axis``: the class axis in the input; in batches it is axis 1.
    - ``header``: the names of all columns; ``rows``: the header of rows that are passed on.
    - ``has_columns``: the samples are rows or records, whose columns options can name.
    - ``attached``: labels from elsewhere, which are matched with the rows as these are read.
    - ``share``: how many labels or targets from elsewhere, of how many, a file that is read whole
      has taken by position, where it shares them with other files.
    - ``size``: how many bytes there are to read, where that is known; ``files``: how many files.
    - ``left_out``: the names of numeric columns that are not used.
    - ``has_ids``: a column has the samples' ids; ``by``: the name of the column that groups them.
    - ``by_sequence``: the groups are sequences; ``has_tokens``: each sample is a token with its
      log-probability; ``ranked``: it is known which tokens the model would have chosen.
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
    has_label_a_row: bool = False
    single: bool = False
    dimensions: int = 0
    class_axis: int = 1
    header: tuple[str, ...] = ()
    rows: Rows | None = None
    has_columns: bool = True
    attached: Attached | None = None
    share: tuple[int, int] | None = None
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
        """Whether there are labels or soft targets."""
        return self.has_labels or self.has_targets


class SingleChunk:
    """The chunks of an input that is one batch in memory: there is only one."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def in_order(self) -> Iterator[Chunk]:
        """Give the batch."""
        values = self._batch.values
        yield Chunk(0, 0, 1 if values.ndim == 1 else len(values), self._batch)

    def spans(self) -> None:
        """None: there is one chunk."""

    def partitions(self, size: int) -> None:
        """None: there is one chunk."""


class BatchReader(NamedTuple):
    """The reader of chunks that are batches already; ``names`` are the ids of the samples."""

    names: tuple[str, ...] = ()

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Give the chunk unchanged."""
        yield chunk

    def read(self, chunk: Chunk) -> Batch:
        """Return the batch that the chunk is."""
        assert isinstance(chunk.data, Batch)
        return chunk.data

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """Return the ids of some samples."""
        return [self.names[at] for at in samples]


def open_in_memory(source: str, batch: Batch, class_axis: int) -> Opened:
    """Make an input of one batch in memory."""
    values, labels = batch.values, batch.labels
    # Labels of questions have the shape of the values, so no axis of theirs is in doubt.
    has_axis = labels is not None and labels.ndim < values.ndim
    return Opened(
        source,
        batch.kind,
        values.shape[1 if values.ndim > 1 else 0],
        batch.classes,
        SingleChunk(batch),
        BatchReader(),
        has_labels=batch.labels is not None,
        has_targets=batch.targets is not None,
        single=values.ndim == 1,
        dimensions=max(0, values.ndim - 2),
        class_axis=class_axis,
        remarks=remarks_on_axis(values.shape, class_axis, source) if has_axis else (),
    )
