"""Which axis has the classes, where labels show that another one was meant."""

from __future__ import annotations

import math

LAST = "the labels fit if the classes are the last axis: --class-axis -1"


def last_axis_hint(values: tuple[int, ...], class_axis: int, labels: tuple[int, ...] | int) -> str:
    """A hint where labels, of a shape or so many of them, fit values of that shape only with the
    classes last; nothing where they do not, or another axis than 1 was asked for.

    >>> last_axis_hint((2, 7, 50), 1, (2, 7)) == last_axis_hint((2, 7, 50), 1, 14) == LAST
    True
    >>> last_axis_hint((2, 7, 50), 1, (2, 50))
    ''
    """
    if class_axis != 1 or len(values) < 3:
        return ""
    wanted, first = values[:-1], values[:1] + values[2:]
    if isinstance(labels, int):
        fits = labels == math.prod(wanted) != math.prod(first)
    else:
        fits = labels == wanted != first
    return LAST if fits else ""
