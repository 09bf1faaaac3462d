"""Labels and soft targets that stand apart from the values: typed, or in a second file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, counted
from xentcli.model import AnyArray, Batch
from xentcli.readers.interface import Attached, Request
from xentcli.readers.typed import fitted_targets, indices_of


def with_attached(batch: Batch, request: Request, source: str, numbers: Sequence[int]) -> Batch:
    """The batch with the labels or soft targets of its samples, whose numbers are given."""
    attached = request.attached
    if attached is None:
        return batch
    if numbers and attached.size <= numbers[-1]:
        what = "label" if attached.labels is not None else "soft target"
        raise DataError(
            f"{counted(attached.size, what)}, but {source} has more samples",
            place=Place(attached.origin.source),
        )
    if attached.labels is None:
        targets = np.atleast_2d(attached.targets)[np.array(numbers, dtype=np.int64)]
        fitted = fitted_targets(attached._replace(targets=targets), batch.values)
        origin = attached.origin
        if origin.form == "text":
            origin = origin._replace(lines=[origin.lines[at] for at in numbers])
        return batch._replace(targets=fitted, target_from=origin)
    labels = _labels(attached, batch, request, numbers)
    return batch._replace(labels=labels, target_from=attached.origin)


def _labels(attached: Attached, batch: Batch, request: Request, numbers: Sequence[int]) -> AnyArray:
    assert attached.labels is not None
    count = batch.values.shape[1]
    labels: Any = attached.labels
    if isinstance(labels, np.ndarray):
        labels = labels[np.array(numbers, dtype=np.int64)]
    else:
        labels = [labels[at] for at in numbers]
    return indices_of(labels, numbers, attached.origin, batch.classes, count, request)
