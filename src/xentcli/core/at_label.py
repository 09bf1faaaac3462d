"""What the loss of a label is made of: max z, the label's z and log Σe.

The exponentials are taken block by block, what is taken once a sample for many blocks at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xentcli.core import elementary
from xentcli.core.layout import Array, Block, Buffers, Cut, blocks, layout_axis, rows_in_place
from xentcli.core.rounding import shift_error
from xentcli.core.softmax import Sums, shift, sums
from xentcli.core.target import Labels


class AtLabel(NamedTuple):
    """Of each sample: max z, the label's z, and log Σe."""

    maximum: Array
    logit: Array
    log_sum: Array

    def loss(self, temperature: float, buffers: Buffers) -> Array:
        """log Σe − d_y, in ``buffers``."""
        d, lost = self._shifted(temperature, buffers)
        np.subtract(self.log_sum, lost, out=lost)
        return np.subtract(lost, d, out=lost)

    def log_prob(self, temperature: float, buffers: Buffers) -> Array:
        """d_y − log Σe, in ``buffers``."""
        d, lost = self._shifted(temperature, buffers)
        np.subtract(lost, self.log_sum, out=lost)
        return np.add(d, lost, out=lost)

    def _shifted(self, temperature: float, buffers: Buffers) -> tuple[Array, Array]:
        """d_y, and what its rounding lost."""
        out = buffers.array("d of labels", self.logit.shape)
        d = shift(self.logit, self.maximum, 0, temperature, out)
        return d, shift_error(self.logit, self.maximum, d, temperature, buffers)


def at_labels(
    positions: NDArray[np.floating],
    batch: Cut,
    classes: Labels,
    temperature: float,
    buffers: Buffers,
    use: Callable[[Block, Array, Sums, slice], None] | None = None,
    result: Array | None = None,
) -> AtLabel:
    """What the loss of each sample of a batch is made of, in ``buffers``; ``classes``
    is flat. ``use`` gets each block with its exponentials, its sums, and which of the batch's
    positions it has, before the next block takes its memory.
    Where ``result``, an array as the positions are, has a block's numbers in one piece, the
    exponentials are put there."""
    axis = layout_axis(positions.shape[1])
    found = Sums.empty(classes.size, axis, buffers)
    at_label = buffers.array("at label", classes.shape)
    for block, some in blocks(positions, batch, buffers):
        part = found.part(some)
        place = None if result is None else rows_in_place(result, block.cut, axis)
        exponentials = sums(block.values, axis, temperature, buffers, part, place)
        pick(block.values, classes[some], axis, buffers, at_label[some])
        if use is not None:
            use(block, exponentials, part, some)
    others, rest = found.others_and_rest(buffers)
    return AtLabel(found.maximum, at_label, elementary.log1p(others, rest, others, buffers))


def pick(
    values: Array,
    labels: Labels,
    axis: int,
    buffers: Buffers | None = None,
    out: Array | None = None,
) -> Array:
    """values at each sample's label."""
    out = np.empty(labels.shape) if out is None else out
    at = places(values, labels, axis, buffers)
    # Labels are classes. Where take is to look for others, it does not write into ``out`` at once.
    return values.reshape(-1).take(at, None, out, "clip")


def places(values: Array, labels: Labels, axis: int, buffers: Buffers | None = None) -> Labels:
    """Where the values at each sample's label stand in a contiguous block."""
    buffers, count = buffers or Buffers(), len(labels)
    samples, at = buffers.counting(count), buffers.integers("places", (count,))
    if axis == 0:
        np.multiply(labels, count, out=at)
        return np.add(at, samples, out=at)
    np.multiply(samples, values.shape[1], out=at)
    return np.add(at, labels, out=at)
