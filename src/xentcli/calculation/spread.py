"""The sums over a batch from which the standard error of the mean loss is computed.

Samples are taken to be independent of one another; the positions of a sample, the questions about
it, and the tokens of a sequence are not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.loss import Losses
from xentcli.core.spread import piece, spread_of, spreads_by_group, sums_of_samples
from xentcli.core.total import Spread
from xentcli.model import Batch


def batch_spread(batch: Batch, found: Losses) -> Spread:
    """The spread of a batch's samples; if these are tokens, the spread of their sequences."""
    losses, shares = found.loss, found.share
    if batch.is_piece:
        # All tokens of such a batch belong to one sequence.
        return piece(batch.first if batch.tokens is None else None, losses, shares)
    if batch.tokens is None:
        return spread_of(sums_of_samples(losses), np.add.reduce(shares, axis=1))
    if not losses.size:
        return Spread()
    # The tokens of a sequence stand one after the other, and all of them are in this batch.
    starts = np.flatnonzero(np.diff(batch.tokens.sequences, prepend=-1))
    rows = np.split(losses[:, 0], starts[1:])
    each = np.array([sums_of_samples(row[np.newaxis])[0] for row in rows])
    return spread_of(each, np.add.reduceat(shares[:, 0], starts))


def group_spreads(batch: Batch, found: Losses, at: NDArray[np.intp]) -> dict[int, Spread]:
    """The spread of each group's samples; ``at`` says to which group each sample belongs."""
    if batch.tokens is not None or batch.is_piece:
        return {}
    losses, shares = found.loss, found.share
    return spreads_by_group(sums_of_samples(losses), np.add.reduce(shares, axis=1), at)
