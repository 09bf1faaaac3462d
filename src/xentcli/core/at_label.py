"""The loss and log p of a label, from max z, the label's z and log Σe.

The exponentials are computed block by block; steps with one number a sample, for many blocks at
once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xentcli.core import elementary
from xentcli.core.layout import Array, Block, Buffers, Cut, blocks, layout_axis
from xentcli.core.rounding import shift_error
from xentcli.core.softmax import Sums, shift, sums
from xentcli.core.target import Labels
from xentcli.model import NamedTuple


class AtLabel(NamedTuple):
    """max z, the label's z, and log Σe of each sample, all of one shape."""

    maximum: Array
    logit: Array
    log_sum: Array

    def loss(self, temperature: float) -> Array:
        """ℓ = log Σe − d_y, in nats."""
        d, lost = self._shifted(temperature)
        loss: Array = (self.log_sum - lost) - d
        return loss

    def log_prob(self, temperature: float) -> Array:
        """log p_y = d_y − log Σe, in nats."""
        d, lost = self._shifted(temperature)
        log_prob: Array = d + (lost - self.log_sum)
        return log_prob

    def _shifted(self, temperature: float) -> tuple[Array, Array]:
        """d_y, and its rounding error."""
        d = shift(self.logit, self.maximum, 0, temperature)
        return d, shift_error(self.logit, self.maximum, d, temperature)


def at_labels(
    positions: NDArray[np.floating],
    batch: Cut,
    classes: Labels,
    temperature: float,
    buffers: Buffers,
    use: Callable[[Block, Sums, tuple[slice, slice]], None] | None = None,
) -> AtLabel:
    """Compute max z, the label's z and log Σe of each sample of a batch.

    ``use`` is called with each block, its sums, and where in the batch it lies, before the next
    block overwrites them.
    """
    largest, at_label, others = (np.empty(classes.shape) for _ in range(3))
    rest = np.empty(classes.shape) if layout_axis(positions.shape[1]) == 0 else None
    for block, place in blocks(positions, batch, buffers):
        found = sums(block.values, block.axis, temperature, buffers)
        shape = largest[place].shape
        largest[place] = found.maximum.reshape(shape)
        at_label[place] = pick(block.values, classes[place].ravel(), block.axis).reshape(shape)
        others[place] = found.others.reshape(shape)
        if rest is not None and found.rest is not None:
            rest[place] = found.rest.reshape(shape)
        if use is not None:
            use(block, found, place)
    return AtLabel(largest, at_label, elementary.log1p(others, rest, buffers=buffers))


def pick(values: Array, labels: Labels, axis: int) -> Array:
    """Return each sample's value at its label."""
    return values.reshape(-1).take(flat_indices(values, labels, axis))


def flat_indices(values: Array, labels: Labels, axis: int) -> Labels:
    """Return the flat index of each sample's label in a contiguous block."""
    count = len(labels)
    samples = np.arange(count)
    return labels * count + samples if axis == 0 else samples * values.shape[1] + labels
