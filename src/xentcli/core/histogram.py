"""How many losses are how large, counted between fixed edges so that counts can be merged.

Losses of a good model span many orders of magnitude; the edges 1, 2, 5, 10, 20, 50 … do as well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EDGES = tuple(float(f"{digit}e{power}") for power in range(-18, 5) for digit in (1, 2, 5))

Counts = tuple[int, ...]
# Below the first edge, from each edge up, inf, nan.
NOTHING: Counts = (0,) * (len(EDGES) + 3)


def counts(losses: NDArray[np.float64]) -> Counts:
    """How many losses are below the first edge, from each edge up to the next, inf, and nan.

    >>> found = counts(np.array([0.0, 0.1, 0.15, 0.2, np.inf, np.nan]))
    >>> found[0], found[1 + EDGES.index(0.1)], found[1 + EDGES.index(0.2)], found[-2:]
    (1, 2, 1, (1, 1))
    """
    places = np.searchsorted(EDGES, losses.ravel(), side="right")
    # searchsorted puts nan, and what is beyond every edge, last.
    places[np.isposinf(losses.ravel())] = len(EDGES) + 1
    places[np.isnan(losses.ravel())] = len(EDGES) + 2
    return tuple(np.bincount(places, minlength=len(NOTHING)).tolist())
