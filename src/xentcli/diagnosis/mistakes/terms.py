"""−log p of every row and class, by one reading in one arithmetic."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from xentcli.core import elementary
from xentcli.core.layout import Array
from xentcli.core.softmax import sum_over_classes
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.arithmetic import Arithmetic
from xentcli.diagnosis.mistakes.clipping import Clip
from xentcli.diagnosis.mistakes.logarithm import Logarithm
from xentcli.diagnosis.mistakes.reading import Reading
from xentcli.model import AnyArray


class Read:
    """p and log p of a case by one reading in one arithmetic; each is worked out once, if asked
    for. ``factor`` is what the values are multiplied by first."""

    def __init__(self, case: Case, reading: Reading, factor: float, arithmetic: Arithmetic) -> None:
        self.case = case
        self.reading = reading
        self.factor = factor
        self.arithmetic = arithmetic

    @property
    def _values(self) -> AnyArray:
        values = self.arithmetic.stored(self.case.values)
        if self.factor != 1.0:
            values = self.arithmetic.stored(values * values.dtype.type(self.factor))
        return values.reshape(*self.case.grid, self.case.classes)

    @cached_property
    def probs(self) -> AnyArray:
        """p of each row, in the type of the arithmetic."""
        return self._rows(self.reading.probs(self._values, self.arithmetic))

    @cached_property
    def log_probs(self) -> AnyArray:
        """log p of each row."""
        return self._rows(self.reading.log_probs(self._values, self.arithmetic))

    def _rows(self, values: AnyArray) -> AnyArray:
        return values.reshape(self.case.samples, self.case.classes)


class Terms(NamedTuple):
    """What a pick goes on from: −log p of each row and class, and how they were made.

    ``finite`` says that no −log p is infinite or nan, so that 0 times it is 0.
    """

    minus_log: Array
    read: Read
    clip: Clip
    finite: bool

    @property
    def probs(self) -> Array:
        """p of each row and class, clipped."""
        return _doubles(_clipped(self.read, self.clip))


def terms(read: Read, clip: Clip, logarithm: Logarithm) -> Terms:
    """The terms of what was read."""
    if logarithm.of_base is None:
        logs = _clipped(read, clip)
    elif clip.of is None:
        logs = read.log_probs
    else:
        probs = _clipped(read, clip)
        logs = read.arithmetic.stored(elementary.log(probs).astype(probs.dtype))
    minus_log = _doubles(-logs)
    return Terms(minus_log, read, clip, bool(np.isfinite(minus_log).all()))


def _clipped(read: Read, clip: Clip) -> AnyArray:
    return read.probs if clip.of is None else read.arithmetic.stored(clip.of(read.probs))


def _doubles(values: AnyArray) -> Array:
    rows: Array = values.astype(np.float64, copy=False)
    return rows


def expected(weighted: Array, found: Terms) -> Array:
    """Σ_c v_c·(−log p_c) of each row; a term whose v is 0 is 0."""
    products = weighted * found.minus_log
    if not found.finite:
        products = np.where(weighted == 0, 0.0, products)
    return sum_over_classes(products, 1)
