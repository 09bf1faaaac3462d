"""Hints and notes for labels whose shape suggests that the classes are the last axis, not axis
1."""

from __future__ import annotations

import math

from xentcli.errors import Place
from xentcli.model import Remark

LAST = "the labels fit if the classes are the last axis: --class-axis -1"
EITHER = (
    "the labels fit if the classes are axis 1 or the last one; axis 1 is taken "
    "(--class-axis -1 takes the last)"
)


def axes_of_input(dimensions: int, class_axis: int) -> tuple[int, ...]:
    """Return for each axis of an input the axis of its batch, which has the samples first and the
    classes second; nothing where they are the same.

    >>> axes_of_input(3, -1), axes_of_input(1, -1), axes_of_input(2, 1)
    ((0, 2, 1), (1,), ())
    """
    if dimensions == 1:
        return (1,)
    axes = [0, *range(2, dimensions)]
    axes.insert(class_axis % dimensions, 1)
    return () if axes[1] == 1 else tuple(axes)


def last_axis_hint(values: tuple[int, ...], class_axis: int, labels: tuple[int, ...] | int) -> str:
    """Return a hint if labels fit values of that shape only with the classes last. Labels are given
    by their shape or their number. The hint is empty if they do not fit, or if an option names
    another class axis than 1.

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


def remarks_on_axis(values: tuple[int, ...], class_axis: int, source: str) -> tuple[Remark, ...]:
    """Return a note if labels of values of that shape, classes second, would fit with the classes
    last as well: ``(B, T, V)`` with as many positions as classes does not show which axis is which.

    >>> [remark.message for remark in remarks_on_axis((2, 5, 5), 1, "z.npy")] == [EITHER]
    True
    >>> remarks_on_axis((2, 7, 50), 1, "z.npy"), remarks_on_axis((2, 5, 5), -1, "z.npy")
    ((), ())
    """
    if class_axis != 1 or len(values) < 3 or values[:1] + values[2:] != values[:-1]:
        return ()
    return (Remark(EITHER, Place(source), word="note"),)
