"""A histogram of losses between fixed edges, so that counts can be added.

Losses of a good model span many orders of magnitude, and so do the edges: 1, 2, 5, 10, 20, 50 …
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EDGES = tuple(float(f"{digit}e{power}") for power in range(-18, 5) for digit in (1, 2, 5))

Counts = tuple[int, ...]
# One count below the first edge, one from each edge up, then inf and nan.
NOTHING: Counts = (0,) * (len(EDGES) + 3)


def counts(losses: NDArray[np.float64]) -> Counts:
    """Count the losses below the first edge, from each edge up to the next, and inf and nan.

    >>> found = counts(np.array([0.0, 0.1, 0.15, 0.2, np.inf, np.nan]))
    >>> found[0], found[1 + EDGES.index(0.1)], found[1 + EDGES.index(0.2)], found[-2:]
    (1, 2, 1, (1, 1))
    """
    places = np.searchsorted(EDGES, losses.ravel(), side="right")
    # searchsorted puts inf and nan beyond the last edge, with finite losses.
    places[np.isposinf(losses.ravel())] = len(EDGES) + 1
    places[np.isnan(losses.ravel())] = len(EDGES) + 2
    return tuple(np.bincount(places, minlength=len(NOTHING)).tolist())
