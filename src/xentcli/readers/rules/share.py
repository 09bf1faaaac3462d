"""Gives each of several files its part of the labels or soft targets from elsewhere."""

from __future__ import annotations

import math

import numpy as np

from xentcli.errors import UsageError
from xentcli.readers.interface import Request
from xentcli.readers.rules.targets import select_lines, too_few


def take_share(
    request: Request, shape: tuple[int, ...], source: str
) -> tuple[Request, tuple[int, int] | None]:
    """Keep those of the labels or targets from elsewhere that are a file's, whose labels have that
    shape. Return also how many these are, and of how many."""
    attached, first = request.attached, request.first_label
    if attached is None or attached.join is not None or first is None or request.wanted == "none":
        return request, None
    count = shape[0] if attached.labels is None else math.prod(shape)
    if attached.labels is None and request.class_axis in (0, -1 - len(shape)):
        raise UsageError(
            f"--class-axis {request.class_axis}: soft targets of several files have the samples "
            "first"
        )
    if first + count > attached.size:
        raise too_few(attached, source)
    part = slice(first, first + count)
    attached = attached._replace(
        labels=None if attached.labels is None else attached.labels[part],
        targets=None if attached.targets is None else np.atleast_2d(attached.targets)[part],
        origin=select_lines(attached.origin, np.arange(first, first + count)),
        size=count,
        shape=(),
    )
    assert request.attached is not None
    return request._replace(attached=attached), (count, request.attached.size)
