"""Opens JSON Lines: each line is a value, and each value a sample. The text is cut into blocks of
whole lines, so that memory does not grow with the file; :mod:`xentcli.readers.json.block` reads a
block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, BinaryIO

from xentcli.errors import DataError, Place
from xentcli.model import Batch, NamedTuple
from xentcli.readers.interface import Chunk, Opened, Request
from xentcli.readers.json import server
from xentcli.readers.json.block import read_block, read_ids
from xentcli.readers.json.first_line import layout_by_first_line
from xentcli.readers.json.layout import Layout
from xentcli.readers.json.other_tools import is_table
from xentcli.readers.json.own_output import is_own
from xentcli.readers.json.pass_through import make_rows
from xentcli.readers.json.sample import parse_line, split_lines
from xentcli.readers.rules.class_axis import remarks_on_axis
from xentcli.readers.rules.join import is_by_position, remarks_on_pairing
from xentcli.readers.rules.keys import (
    kind_keys_in,
)
from xentcli.readers.rules.look import LOOKED_AT
from xentcli.readers.sources.source import (
    Source,
    explain_errors,
    is_read_once,
    size_of,
)
from xentcli.readers.text import quotes
from xentcli.readers.text import records as text
from xentcli.readers.text.encoding import open_text
from xentcli.readers.text.spans import (
    NEWLINE,
    divide_into_partitions,
    divide_into_spans,
    read_parts,
)


class Start(NamedTuple):
    """The blocks with the first samples, and the blocks after them."""

    blocks: list[bytes]
    later: Iterator[bytes]


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Read the first records, and decide which key is what."""
    start = _read_start(source, request)
    if _are_responses(start):
        return server.open_responses(_parse_lines(source, request, start), source.name, request)
    layout = layout_by_first_line(source, request, b"".join(start.blocks))
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
        rows=make_rows(layout, []) if keeps_rows else None,
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
    first = next(split_lines(b"".join(start.blocks), 1))
    try:
        return server.is_response(parse_line(first.content, Place("")))
    except DataError:
        return False


def _parse_lines(source: Source, request: Request, start: Start) -> Iterator[tuple[Any, Place]]:
    """Parse all lines; give the value of each and its place."""
    line = 1
    for block in _read_all(source, request, start):
        for one in split_lines(block, line):
            place = Place(source.name, one.number)
            yield parse_line(one.content, place), place
        line += _count_line_ends(block)


class LinesReader(NamedTuple):
    """Reads blocks of lines."""

    layout: Layout

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Split a span into blocks."""
        return read_parts(partial(_read_span, self.layout), self.layout.source, chunk)

    def read(self, chunk: Chunk) -> Batch:
        """Read the samples of a block."""
        return read_block(self.layout, chunk)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """Return the ids of some samples of a block."""
        return read_ids(self.layout, chunk, batch, samples)


class LinesChunks:
    """Cuts a text into blocks of whole lines."""

    def __init__(self, source: Source, layout: Layout, start: Start) -> None:
        self._source, self._layout, self._start = source, layout, start

    def in_order(self) -> Iterator[Chunk]:
        """Cut the text into blocks, each with the number of its first line."""
        return _cut_blocks(self._source, self._layout, self._start)

    def spans(self) -> Iterator[Chunk] | None:
        """Cut a large file into spans."""
        if _is_numbered(self._layout):
            return None
        return divide_into_spans(self._source, self._layout.request, 0, 1, NEWLINE)

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Cut the file into spans of about ``size`` bytes."""
        if _is_numbered(self._layout):
            return None
        return divide_into_partitions(
            self._source, self._layout.request.encoding, 0, 1, NEWLINE, size
        )


def is_json_lines(start: bytes) -> bool:
    """Whether a text that begins with a bracket or brace looks like JSON Lines rather than one
    document: its first line is a whole value, and more lines follow, or its keys are not those of a
    document."""
    first, more, _ = start.strip().partition(b"\n")
    try:
        value = parse_line(first, Place(""))
    except DataError:
        return False
    if more:
        return True
    if is_own(value) or is_table(value):
        return False
    return isinstance(value, dict) and not kind_keys_in(value)


def _read_blocks(
    stream: BinaryIO, source: str, at_once: int, length: int | None = None
) -> Iterator[bytes]:
    """Read a stream in blocks that end where a line ends; with a ``length``, only so many bytes of
    it."""
    block, rest, size, limit = b"", list[bytes](), 0, text.longest_line()
    mark = text.BYTE_ORDER_MARK if length is None else b""
    while True:
        with explain_errors(source):
            found = stream.read(at_once if length is None else min(length, at_once))
        if length is not None:
            length -= len(found)
        if not found:
            # A last line without a line end belongs to the block before it.
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


def _read_start(source: Source, request: Request) -> Start:
    with open_text(source, request) as stream:
        later = _read_blocks(stream, source.name, text.BLOCK_BYTES)
        blocks: list[bytes] = []
        lines = 0
        for block in later:
            blocks.append(block)
            present = [line for line in block.split(b"\n") if line.strip()]
            # Of records with lists the first one is enough, and a hundred might be many bytes.
            if present and (lines + len(present) >= LOOKED_AT or b"[" in present[0]):
                break
            lines += len(present)
        if any(block.strip() for block in blocks):
            # The generator has read beyond these blocks, so only it can give the later ones.
            return Start(blocks, later)
    raise DataError("it is empty", place=Place(source.name))


def _read_all(source: Source, request: Request, start: Start) -> Iterator[bytes]:
    """Read all blocks. A file is opened again; standard input continues after the blocks that were
    read first."""
    with open_text(source, request) as stream:
        if is_read_once(source):
            yield from chain(start.blocks, start.later)
        else:
            yield from _read_blocks(stream, source.name, text.block_bytes_for(request))


def _cut_blocks(source: Source, layout: Layout, start: Start) -> Iterator[Chunk]:
    first, line = 0, 1
    for number, block in enumerate(_read_all(source, layout.request, start)):
        samples = sum(1 for content in block.split(b"\n") if content.strip())
        lines = _count_line_ends(block)
        yield Chunk(number, first, samples, block, line, size=len(block), lines=lines)
        first += samples
        line += lines


def _is_numbered(layout: Layout) -> bool:
    """Whether the samples' numbers must be known: to match them with labels, or to write
    them where the samples have no fields."""
    request = layout.request
    made = request.keep_rows is not None and not request.keep_records and not layout.is_table
    return made or is_by_position(request)


def _read_span(layout: Layout, stream: BinaryIO, length: int | None) -> Iterator[bytes]:
    return _read_blocks(stream, layout.source, text.block_bytes_for(layout.request), length)


def _count_line_ends(block: bytes) -> int:
    return quotes.count_byte(block, quotes.NEWLINE)
