"""The loss and log p of a label, from max z, the label's z and log Σe.

The exponentials are computed block by block; steps with one number a sample, for many blocks at
once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xentcli.core import elementary
from xentcli.core.layout import Array, Block, Buffers, Cut, blocks, layout_axis, rows_in_place
from xentcli.core.rounding import shift_error
from xentcli.core.softmax import Sums, shift, sums
from xentcli.core.target import Labels
from xentcli.model import NamedTuple


class AtLabel(NamedTuple):
    """max z, the label's z, and log Σe of each sample, all of one shape."""

    maximum: Array
    logit: Array
    log_sum: Array

    def loss(self, temperature: float, buffers: Buffers) -> Array:
        """ℓ = log Σe − d_y, in nats, as an array of ``buffers``."""
        d, lost = self._shifted(temperature, buffers)
        np.subtract(self.log_sum, lost, out=lost)
        return np.subtract(lost, d, out=lost)

    def log_prob(self, temperature: float, buffers: Buffers) -> Array:
        """log p_y = d_y − log Σe, in nats, as an array of ``buffers``."""
        d, lost = self._shifted(temperature, buffers)
        np.subtract(lost, self.log_sum, out=lost)
        return np.add(d, lost, out=lost)

    def _shifted(self, temperature: float, buffers: Buffers) -> tuple[Array, Array]:
        """d_y, and its rounding error."""
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
    """Compute max z, the label's z and log Σe of each sample of a batch, as arrays of ``buffers``.

    ``classes`` holds the label of each sample, along one axis. ``use`` is called with each block,
    its exponentials, its sums, and which of the batch's samples they are, before the next block
    overwrites them. The exponentials are written to ``result``, of the shape of ``positions``,
    where it is given and has room for a block's rows in one piece.
    """
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
    """Return each sample's value at its label, in ``out`` if given."""
    out = np.empty(labels.shape) if out is None else out
    at = flat_indices(values, labels, axis, buffers)
    # Every index is valid. With "clip" NumPy does not check them, and writes to ``out`` directly.
    return values.reshape(-1).take(at, None, out, "clip")


def flat_indices(
    values: Array, labels: Labels, axis: int, buffers: Buffers | None = None
) -> Labels:
    """Return the flat index of each sample's label in a contiguous block."""
    buffers, count = buffers or Buffers(), len(labels)
    samples, at = buffers.counting(count), buffers.integers("flat indices", (count,))
    if axis == 0:
        np.multiply(labels, count, out=at)
        return np.add(at, samples, out=at)
    np.multiply(samples, values.shape[1], out=at)
    return np.add(at, labels, out=at)
