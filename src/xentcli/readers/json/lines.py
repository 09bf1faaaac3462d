"""JSON Lines: a value on each line, each a sample. The text is read in blocks of whole lines, so
that memory does not grow with the file; :mod:`xentcli.readers.json.record` reads a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple

from xentcli.errors import DataError, Place, UsageError, path_of, quoted
from xentcli.model import Batch
from xentcli.readers.interface import EACH_SEQUENCE, Chunk, Opened, Request
from xentcli.readers.json import pass_through as json_passed
from xentcli.readers.json import server
from xentcli.readers.json.layout import Layout, Line
from xentcli.readers.json.look import RecordLook, is_number
from xentcli.readers.json.nested import as_array, fault, shown
from xentcli.readers.json.other_tools import is_table
from xentcli.readers.json.own_output import check_record, is_own
from xentcli.readers.json.record import field, ids, lines_of, parse_line, read
from xentcli.readers.rules.class_axis import remarks_on_axis
from xentcli.readers.rules.columns import (
    LOOKED_AT,
    PLAIN_IDS,
    choose_columns,
)
from xentcli.readers.rules.join import is_by_position, pair_files, remarks_on_pairing
from xentcli.readers.rules.keys import (
    KIND_KEYS,
    LABEL_KEYS,
    TARGET_KEYS,
    check_class_names,
    expected_one,
    kind_keys_in,
    kind_of,
)
from xentcli.readers.rules.sample_numbers import number_column
from xentcli.readers.sources.source import (
    Source,
    explain_errors,
    is_read_once,
    open_source,
    size_of,
)
from xentcli.readers.text import encoding, quotes
from xentcli.readers.text import records as text
from xentcli.readers.text.spans import NEWLINE, partitions_of, parts_of, spans_of


class Start(NamedTuple):
    """The blocks with the first samples, and the blocks after them."""

    blocks: list[bytes]
    later: Iterator[bytes]


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Read the first records, and decide which key is what."""
    start = _start(source, request)
    if _are_responses(start):
        return server.open_responses(_values_of(start, source.name), source.name, request)
    layout = _layout(source, request, start)
    attached = layout.request.attached
    keeps_rows = request.keep_rows and not request.keep_records and layout.is_table
    has_labels = layout.label is not None or (attached is not None and attached.labels is not None)
    has_axis = has_labels and not request.questions
    shape = (1, *layout.shape)
    return Opened(
        source.name,
        layout.kind,
        layout.class_count,
        layout.classes,
        LinesChunks(source, layout, start),
        LinesReader(layout),
        workers="processes",
        numbered=_is_numbered(layout),
        has_labels=has_labels,
        has_targets=bool(layout.targets) or (attached is not None and attached.targets is not None),
        dimensions=len(layout.shape) - 1,
        class_axis=request.class_axis,
        rows=json_passed.rows(layout, []) if keeps_rows else None,
        attached=attached,
        size=size_of(source),
        remarks=(
            *(layout.choice.remarks if layout.choice else ()),
            *remarks_on_pairing(layout.request),
            *(remarks_on_axis(shape, request.class_axis, source.name) if has_axis else ()),
        ),
        left_out=layout.choice.left_out if layout.choice else (),
        has_ids=layout.id is not None,
        by=layout.by or "",
    )


def _are_responses(start: Start) -> bool:
    """Whether the first line is a response of a language model's server."""
    first = next(lines_of(b"".join(start.blocks), 1))
    try:
        return server.is_response(parse_line(first.content, Place("")))
    except DataError:
        return False


def _values_of(start: Start, source: str) -> Iterator[tuple[Any, Place]]:
    """The value of each line, and its place."""
    line = 1
    for block in chain(start.blocks, start.later):
        for one in lines_of(block, line):
            place = Place(source, one.number)
            yield parse_line(one.content, place), place
        line += _line_ends(block)


class LinesReader(NamedTuple):
    """Reads blocks of lines."""

    layout: Layout

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """The blocks of a span."""
        source = self.layout.source
        return parts_of(partial(_span_blocks, source), _line_ends, source, chunk)

    def read(self, chunk: Chunk) -> Batch:
        """The samples of a block."""
        return read(self.layout, chunk)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """What some samples of a block are called."""
        return ids(self.layout, chunk, batch, samples)


class LinesChunks:
    """Cuts a text into blocks of whole lines. A file is opened anew; standard input continues."""

    def __init__(self, source: Source, layout: Layout, start: Start) -> None:
        self._source, self._layout, self._start = source, layout, start

    def in_order(self) -> Iterator[Chunk]:
        """The blocks with their first lines."""
        return _chunks(self._source, self._layout, self._start)

    def spans(self) -> Iterator[Chunk] | None:
        """The spans of a large file."""
        if _is_numbered(self._layout):
            return None
        return spans_of(self._source, self._layout.request, 0, 1, NEWLINE)

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Spans of about so many bytes."""
        if _is_numbered(self._layout):
            return None
        return partitions_of(self._source, self._layout.request.encoding, 0, 1, NEWLINE, size)


def is_json_lines(start: bytes) -> bool:
    """Whether a text that begins with a bracket looks like JSON Lines rather than one document: its
    first line is a whole value, and more follows or its keys are not those of a document."""
    first, end, rest = start.strip().partition(b"\n")
    try:
        value = parse_line(first, Place(""))
    except DataError:
        return False
    if end and rest.strip():
        return True
    if is_own(value) or is_table(value):
        return False
    return isinstance(value, dict) and not kind_keys_in(value)


@contextmanager
def _text_of(source: Source, request: Request) -> Iterator[BinaryIO]:
    with open_source(source) as stream:
        yield encoding.as_utf8(stream, request.encoding, source.name)


def _blocks(
    stream: BinaryIO, source: str, at_once: int, length: int | None = None
) -> Iterator[bytes]:
    """A stream in blocks that end where a line ends; with a ``length``, only so many bytes of
    it."""
    block, rest, size, limit = b"", list[bytes](), 0, text.longest_line()
    mark = text.BYTE_ORDER_MARK if length is None else b""
    while True:
        with explain_errors(source):
            found = stream.read(at_once if length is None else min(length, at_once))
        if length is not None:
            length -= len(found)
        if not found:
            # A last line without its end goes with those before it.
            last = b"".join([block, *rest]).removeprefix(mark)
            if last:
                yield last
            return
        if block:
            yield block.removeprefix(mark)
            block, mark = b"", b""
        cut = found.rfind(b"\n") + 1
        if cut:
            block = b"".join([*rest, found[:cut]])
            rest, size = [], 0
        rest.append(found[cut:])
        size += len(found) - cut
        if size > limit:
            raise DataError(
                f"a line of more than {limit} bytes",
                place=Place(source),
                hint="is it JSON Lines? XENT_MAX_LINE sets the limit",
            )


def _start(source: Source, request: Request) -> Start:
    with _text_of(source, request) as stream:
        later = _blocks(stream, source.name, text.BLOCK_BYTES)
        blocks: list[bytes] = []
        lines = 0
        for block in later:
            blocks.append(block)
            present = [line for line in block.split(b"\n") if line.strip()]
            # Of records with lists the first one says all, and a hundred might be many bytes.
            if present and (lines + len(present) >= LOOKED_AT or b"[" in present[0]):
                break
            lines += len(present)
        if any(block.strip() for block in blocks):
            # The generator has read beyond the blocks: only it may go on.
            return Start(blocks, later)
    raise DataError("it is empty", place=Place(source.name))


def _chunks(source: Source, layout: Layout, start: Start) -> Iterator[Chunk]:
    first, line = 0, 1
    with _text_of(source, layout.request) as stream:
        blocks = _blocks(stream, source.name, text.block_bytes())
        if is_read_once(source):
            blocks = chain(start.blocks, start.later)
        for number, block in enumerate(blocks):
            samples = sum(1 for content in block.split(b"\n") if content.strip())
            lines = _line_ends(block)
            yield Chunk(number, first, samples, block, line, size=len(block), lines=lines)
            first += samples
            line += lines


def _is_numbered(layout: Layout) -> bool:
    """Whether the samples' numbers must be known: to match them with labels, or to write them where
    the samples have no fields."""
    request = layout.request
    made = request.keep_rows is not None and not request.keep_records and not layout.is_table
    return made or is_by_position(request)


def _span_blocks(source: str, stream: BinaryIO, length: int | None) -> Iterator[bytes]:
    return _blocks(stream, source, text.block_bytes(), length)


def _line_ends(block: bytes) -> int:
    return quotes.count(block, quotes.NEWLINE)


def _layout(source: Source, request: Request, start: Start) -> Layout:
    """Where things are in each line, by the first line that is well-formed."""
    data, first_error = b"".join(start.blocks), None
    for line in lines_of(data, 1):
        try:
            return _layout_of(source, request, line, data)
        except DataError as error:
            if request.on_error == "stop":
                raise
            first_error = first_error or error
    assert first_error is not None
    raise first_error


def _layout_of(source: Source, request: Request, line: Line, data: bytes) -> Layout:
    place = Place(source.name, line.number)
    record = parse_line(line.content, place)
    if isinstance(record, list):
        if _names_keys(request):
            raise fault("expected an object, found a list", place, "$")
        request = pair_files(request, (), Place(source.name))
        return _with_values(source, request, record, None, place)
    if not isinstance(record, dict):
        raise fault(f"expected a list or an object, found {shown(record)}", place, "$")
    for name in record:
        _check_text(name, place)
    if request.logits_key is None and request.logit_cols is None:
        check_record(record, place)
    request = pair_files(request, tuple(record), Place(source.name))
    key = _values_key(record, request, place)
    if key is None:
        return _flat(source, request, record, data, place)
    layout = _with_values(source, request, record[key], key, place)
    number = number_column(request)
    if number is not None:
        field(record, number, place)
    label, targets = _target_keys(record, layout, place)
    by = request.by
    if by == EACH_SEQUENCE and by not in record:
        by = None
    if by is not None:
        field(record, by, place)
    return layout._replace(
        label=label,
        targets=targets,
        weight=number,
        by=by,
        id=next((name for name in PLAIN_IDS if name in record), None),
        columns=tuple(record),
        join=_join_key(request),
    )


def _names_keys(request: Request) -> bool:
    by = None if request.by == EACH_SEQUENCE else request.by
    asked = (request.logits_key, request.logit_cols, number_column(request), by)
    target = (request.label_key, request.label_col, request.target_cols)
    return any(asked) or (request.wanted != "none" and any(target))


def _check_text(name: str, place: Place) -> None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise DataError(f"the key {quoted(name)} is not Unicode text", place=place) from None


def _values_key(record: dict[str, Any], request: Request, place: Place) -> str | None:
    """The key of the list of values; None where each value has a key of its own."""
    if request.logits_key is not None:
        field(record, request.logits_key, place)
        return request.logits_key
    if request.logit_cols is not None:
        return request.logit_cols if isinstance(record.get(request.logit_cols), list) else None
    found = [key for key in KIND_KEYS if isinstance(record.get(key), list)]
    if len(found) > 1:
        error = fault(expected_one(found), place, "$")
        error.hint = "say which: --logits-key"
        raise error
    if found:
        return found[0]
    for key in KIND_KEYS:
        if key in record and not is_number(record[key]):
            found_there = shown(record[key])
            raise fault(f"expected a list of numbers, found {found_there}", place, path_of(key))
    return None


def _with_values(
    source: Source, request: Request, value: Any, key: str | None, place: Place
) -> Layout:
    """The layout of lines that have their values in a list."""
    path = "$" if key is None else path_of(key)
    try:
        shape = as_array(value, place, path).shape
    except RecursionError:
        raise DataError("it is nested too deeply", place=place) from None
    class_at = _class_at(request.class_axis, len(shape))
    if shape[class_at] == 0:
        raise fault("a sample without values", place, path)
    found = f", {source.name} has {shape[class_at]}"
    check_class_names(request.classes, shape[class_at], found)
    kind = kind_of(key, request.kind, place)
    return Layout(source.name, request, kind, shape, request.classes, key=key, class_at=class_at)


def _class_at(axis: int, dimensions: int) -> int:
    """The class axis within a sample, from ``axis``, which counts the samples' axis too."""
    if not -dimensions <= axis <= dimensions or axis == 0:
        raise UsageError(
            f"--class-axis {axis}: the samples are the lines, of {dimensions} dimensions each"
            if axis
            else "--class-axis 0: the samples of JSON Lines are its lines"
        )
    return axis - 1 if axis > 0 else dimensions + axis


def _target_keys(
    record: dict[str, Any], layout: Layout, place: Place
) -> tuple[str | None, tuple[str, ...]]:
    """The key of the label, or the key or keys of the soft targets."""
    request = layout.request
    if request.wanted == "none" or request.attached is not None:
        return None, ()
    if request.target_cols is not None:
        field(record, request.target_cols, place)
        return None, (request.target_cols,)
    asked = request.label_key or request.label_col
    if asked is not None:
        key: str | None = asked
        soft = request.wanted != "labels" and _is_soft(field(record, asked, place), layout)
    else:
        key = _one_of(LABEL_KEYS, record, place)
        soft = False
        if key is None:
            key = _one_of(TARGET_KEYS, record, place)
            soft = key is not None and _is_soft(record[key], layout)
            if soft and request.wanted == "labels":
                return None, ()
    if key is None or not soft:
        return key, ()
    return None, (key,)


def _one_of(keys: Sequence[str], record: dict[str, Any], place: Place) -> str | None:
    found = [key for key in keys if key in record]
    if len(found) > 1:
        listed = " and ".join(map(quoted, found))
        raise UsageError(
            f"{place}: the keys {listed} could both be the label", hint="say which: --label-key"
        )
    return found[0] if found else None


def _is_soft(value: Any, layout: Layout) -> bool:
    """Whether a target has a number for each class."""
    depth = 0
    while isinstance(value, list) and value:
        value, depth = value[0], depth + 1
    return depth == len(layout.shape)


def _flat(
    source: Source, request: Request, record: dict[str, Any], data: bytes, place: Place
) -> Layout:
    """The layout of records that have each value under a key of its own."""
    names = tuple(record)
    look = RecordLook(names, _rows(data, names))
    if request.logit_cols is None and not any(map(look.is_numeric, range(len(names)))):
        raise _no_values(record, place)
    asked = request._replace(label_col=request.label_col or request.label_key)
    choice = choose_columns(look, asked, place)
    columns = choice.columns
    flat = tuple(names[at] for at in columns.values)
    classes = request.classes or tuple(name.strip() for name in flat)
    check_class_names(classes, len(flat), f" for {len(flat)} keys of logits")
    _class_at(request.class_axis, 1)
    return Layout(
        source.name,
        request._replace(classes=classes),
        request.kind or "logits",
        (len(flat),),
        classes,
        flat=flat,
        label=None if columns.label is None else names[columns.label],
        targets=tuple(names[at] for at in columns.targets),
        weight=None if columns.weight is None else names[columns.weight],
        by=None if columns.by is None else names[columns.by],
        id=None if columns.id is None else names[columns.id],
        columns=names,
        choice=choice,
        join=_join_key(request),
    )


def _join_key(request: Request) -> str | None:
    attached = request.attached
    return None if attached is None or attached.join is None else attached.join.name


def _no_values(record: dict[str, Any], place: Place) -> DataError:
    lists = [key for key in record if isinstance(record[key], list)]
    error = fault('there is no "logits", "probs" or "log_probs", and no number', place, "$")
    error.hint = f"--logits-key {lists[0]}" if len(lists) == 1 else "--logits-key names the values"
    return error


def _rows(data: bytes, names: Sequence[str]) -> list[list[Any]]:
    """The first records as rows, for choosing the columns."""
    return [[record.get(name) for name in names] for record in islice(_records(data), LOOKED_AT)]


def _records(data: bytes) -> Iterator[dict[str, Any]]:
    for line in lines_of(data, 1):
        try:
            value = parse_line(line.content, Place(""))
        except DataError:
            # It is told when it is read.
            continue
        if isinstance(value, dict):
            yield value
