"""Cuts samples that are too large to be worked on at once along their first axis of positions.

Where the numbers of a piece lie close together, it is a view of the mapped file. Where they are
spread over the whole sample, as in (B, V, T), or over the whole file, as in Fortran's order, they
are copied from maps of small parts of it, because every mapped page counts as memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from xentcli.errors import Place
from xentcli.model import Remark
from xentcli.readers.arrays.samples import Layout
from xentcli.readers.arrays.stored import strides_of

# About so many bytes of 64-bit floats make a piece; fewer where each number becomes text.
PIECE_BYTES = 16 << 20
WRITTEN_BYTES = 4 << 20
# Samples from this size on are worth a note where they cannot be cut.
LARGE_BYTES = 256 << 20


def cut_positions(layout: Layout) -> list[tuple[int, int] | None]:
    """Return the positions, from the first to before the last, of each piece of a sample; a single
    None where samples are not cut.

    A piece has at least two positions: with --shift the last one of a sample has no loss.
    """
    positions = layout.shape[2:]
    if not positions or not _is_divisible(layout):
        return [None]
    most = WRITTEN_BYTES if layout.request.each else PIECE_BYTES
    pieces = min(positions[0] // 2, -(-_sample_bytes(layout) // most))
    if pieces < 2:
        return [None]
    places = [positions[0] * at // pieces for at in range(pieces + 1)]
    return list(pairwise(places))


def _is_divisible(layout: Layout) -> bool:
    """Whether the answer can be joined from pieces of a sample, none of which depends on another.

    Where bad samples are left out or set to nan, every piece must know whether its sample is bad.
    The labels are checked for the whole sample; probabilities, soft targets and numbers wider than
    64 bits, which may be bad as well, are not, so these forbid pieces.
    """
    request, values = layout.request, layout.values.stored
    if not request.divisible or request.questions:
        return False
    if request.on_error == "stop":
        return True
    has_soft = layout.targets is not None or (
        request.attached is not None and request.attached.targets is not None
    )
    return layout.kind == "logits" and not has_soft and np.dtype(values.dtype).itemsize <= 8


def _sample_bytes(layout: Layout) -> int:
    return 8 * math.prod(layout.shape[1:])


def remarks_on_pieces(layout: Layout) -> Iterator[Remark]:
    """Return notes on what makes large samples take much memory or time."""
    place, size = Place(layout.source), _sample_bytes(layout)
    if size < LARGE_BYTES:
        return
    if cut_positions(layout) == [None]:
        message = f"each sample is worked on whole, {size >> 20} MiB of 64-bit floats"
        if len(layout.shape) > 2:
            message += "; a mean, a sum, tables, csv and --quiet can go by positions"
        yield Remark(message, place, word="note")
        return
    (samples, *_), (between, *others) = layout.shape, strides_of(layout.values.stored, layout.axis)
    if samples > 1 and 0 < between < max(others):
        message = "its samples lie interleaved, as in Fortran's order, so each is gathered from"
        yield Remark(f"{message} the whole file; in C order it is read faster", place, word="note")
