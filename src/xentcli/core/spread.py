"""The standard error of a mean of samples: how far it may be from the mean of all there could be.

A sample i has a loss L_i, the sum over its positions, and adds n_i to the denominator of the mean
m = ΣL / Σn. Of N samples that were drawn independently,

    SE² = N/(N−1) · Σ(L_i − m·n_i)² / (Σn)²

Where every n_i is 1 that is s/√N, s² = Σ(L_i − m)² / (N−1). Otherwise m is a ratio of two sums and
this is the first-order variance of such a ratio. The positions of one sample may depend on each
other in any way; econometrics calls such a standard error robust to clusters.

Σ(L − m·n)² = ΣL² − 2m·ΣL·n + m²·Σn², of which nearly all would cancel in doubles. So each of these
sums is held exactly, as a Python integer, and only the root is rounded, once.

Source: Cochran, Sampling Techniques, 3rd edition, 1977, 2.6 (mean), 6.4 (ratio) and 9A.1 (clusters
of unequal sizes).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from xentcli.core.exact import two_square
from xentcli.core.layout import Array
from xentcli.core.total import UNIT_EXPONENT, ExactSum, Piece, Spread, sums_by_group

# A product of two losses is a multiple of 2**-2148: each is one of 2**-1074.
_SQUARE_EXPONENT = 2 * UNIT_EXPONENT
# The square of a number between these, and its rounding error, are normal doubles.
_SMALL, _LARGE = 2.0**-480, 2.0**480
_SCALE = 537
# For longer rows NumPy's slices are quicker than math.fsum; both round the exact sum once.
_LONG = 256


def spread_of(losses: Array, sizes: Array) -> Spread:
    """Compute the spread of samples with these L and n; a sample counts where its n is above 0.

    >>> spread_of(np.array([1.0, 4.0]), np.array([1.0, 2.0])).sizes
    5
    """
    losses, sizes, _ = _counted_samples(losses, sizes, np.broadcast_to(np.intp(0), losses.shape))
    alike = [(int(size), losses[which]) for size, which in _by_size(sizes)]
    return Spread(
        len(losses),
        sum(ExactSum.of(part).units << shift for part, _, shift in _parts_of_squares(losses)),
        sum(size * ExactSum.of(some).units for size, some in alike),
        sum(size * size * len(some) for size, some in alike),
    )


def piece(number: int | None, losses: Array, shares: Array) -> Spread:
    """Return the spread of some positions of one sample, of which more may follow.

    ``number`` says which sample; None where the whole input is one sample.
    """
    size = int(np.add.reduce(shares, axis=None))
    return Spread(pieces=(Piece(number, ExactSum.of(losses), size),))


def sums_of_samples(losses: Array) -> Array:
    """Return the sum of each row, rounded once.

    >>> sums_of_samples(np.array([[0.1, 0.2, 0.3], [1e100, 1.0, -1e100]])).tolist()
    [0.6, 1.0]
    """
    if losses.shape[1] == 1:
        return losses[:, 0]
    if losses.shape[1] > _LONG or not np.abs(losses).max(initial=0.0) < _LARGE:
        return np.array([ExactSum.of(row).value for row in losses])
    return np.array([math.fsum(row) for row in losses.tolist()])


def spreads_by_group(losses: Array, sizes: Array, at: NDArray[np.intp]) -> dict[int, Spread]:
    """Compute the spread of each group's samples; ``at`` has the group of each sample, from 0."""
    losses, sizes, at = _counted_samples(losses, sizes, at)
    counts = np.bincount(at).tolist() if at.size else []
    squares, products, of_sizes = ([0] * len(counts) for _ in range(3))
    for part, which, shift in _parts_of_squares(losses):
        for group, found in sums_by_group(part, at[which]).items():
            squares[group] += found.units << shift
    for number, which in _by_size(sizes):
        size, groups = int(number), at[which]
        alike = np.bincount(groups).tolist()
        for group, found in sums_by_group(losses[which], groups).items():
            products[group] += size * found.units
            of_sizes[group] += size * size * alike[group]
    whole = zip(counts, squares, products, of_sizes, strict=True)
    return {group: Spread(*found) for group, found in enumerate(whole) if found[0]}


def _counted_samples(
    losses: Array, sizes: Array, at: NDArray[np.intp]
) -> tuple[Array, Array, NDArray[np.intp]]:
    """Return the samples that count. With a loss of inf or nan the mean has no standard error."""
    counts = (sizes > 0) & np.isfinite(losses)
    return (losses, sizes, at) if counts.all() else (losses[counts], sizes[counts], at[counts])


def _by_size(sizes: Array) -> Iterator[tuple[float, slice | NDArray[np.bool_]]]:
    """Yield each size n, and the samples of that size."""
    if sizes.size and sizes.min() == sizes.max():
        yield float(sizes[0]), slice(None)
        return
    for size in np.unique(sizes).tolist():
        yield size, sizes == size


def _parts_of_squares(
    losses: Array,
) -> Iterator[tuple[Array, slice | NDArray[np.bool_], int]]:
    """Yield doubles that add up exactly to the squares of the losses.

    With them come the losses that they belong to, and by how many bits their sum in units of
    2**-1074 is shifted left to be in units of 2**-2148.
    """
    size = np.abs(losses)
    if size.size and size.min() >= _SMALL and size.max() < _LARGE:
        for part in two_square(losses):
            yield part, slice(None), _SQUARE_EXPONENT - UNIT_EXPONENT
        return
    small, large = (size < _SMALL) & (size > 0.0), size >= _LARGE
    for which, power in ((~(small | large), 0), (small, _SCALE), (large, -_SCALE)):
        if which.any():
            some, where = (losses, slice(None)) if which.all() else (losses[which], which)
            scaled = some * 2.0**power if power else some
            for part in two_square(scaled):
                yield part, where, _SQUARE_EXPONENT - UNIT_EXPONENT - 2 * power


def shift_numbers(spread: Spread, samples: int) -> Spread:
    """Return the spread with every sample's number raised by ``samples``."""
    pieces = (
        piece if piece.number is None else piece._replace(number=piece.number + samples)
        for piece in spread.pieces
    )
    return spread._replace(pieces=tuple(pieces))


def close_pieces(spread: Spread) -> Spread:
    """Return the spread with each piece counted as a whole sample: no more positions follow."""
    if not spread.pieces:
        return spread
    losses = np.array([piece.loss.value for piece in spread.pieces])
    sizes = np.array([float(piece.size) for piece in spread.pieces])
    return spread._replace(pieces=()) + spread_of(losses, sizes)


def standard_error(loss: ExactSum, weight: ExactSum, spread: Spread) -> float | None:
    """The standard error of the mean ``loss / weight``, in nats.

    None where there are fewer than two samples, or the mean is not finite.

    >>> losses = np.array([1.0, 2.0, 4.0])
    >>> ones = np.ones(3)
    >>> standard_error(ExactSum.of(losses), ExactSum.of(ones), spread_of(losses, ones))
    0.8819171036881969
    """
    found = close_pieces(spread)
    if found.samples < 2 or not math.isfinite(loss.value) or not weight.value:
        return None
    total, whole = loss.units, int(weight.value)
    square = whole * whole
    squared = (
        square * found.squares - 2 * total * whole * found.products + total * total * found.sizes
    )
    below = (found.samples - 1) * square * square << _SQUARE_EXPONENT
    return _root(found.samples * squared, below)


def _root(above: int, below: int) -> float:
    """√(above / below), rounded once."""
    # Shifted so, the quotient has at least 110 bits and its root 55: more than a double holds.
    shift = max(0, 110 + below.bit_length() - above.bit_length())
    shift += shift % 2
    quotient, rest = divmod(above << shift, below)
    root = math.isqrt(quotient)
    # A last bit of 1 stands for the digits cut off, so that the root is not rounded as a tie.
    inexact = root * root != quotient or rest != 0
    return (2 * root + inexact) / (1 << (shift // 2 + 1))
