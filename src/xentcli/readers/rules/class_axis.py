"""Which axis has the classes, where the labels' shape suggests another one than was given."""

from __future__ import annotations

import math

from xentcli.errors import Place
from xentcli.model import Remark

LAST = "the labels fit if the classes are the last axis: --class-axis -1"
EITHER = (
    "the labels fit if the classes are axis 1 or the last one; axis 1 is taken "
    "(--class-axis -1 takes the last)"
)


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


def remarks_on_axis(values: tuple[int, ...], class_axis: int, source: str) -> tuple[Remark, ...]:
    """A note where labels of values of that shape, classes second, would fit with the classes last
    as well: ``(B, T, V)`` with as many positions as classes does not show which axis is which.

    >>> [remark.message for remark in remarks_on_axis((2, 5, 5), 1, "z.npy")] == [EITHER]
    True
    >>> remarks_on_axis((2, 7, 50), 1, "z.npy"), remarks_on_axis((2, 5, 5), -1, "z.npy")
    ((), ())
    """
    if class_axis != 1 or len(values) < 3 or values[:1] + values[2:] != values[:-1]:
        return ()
    return (Remark(EITHER, Place(source), word="note"),)
