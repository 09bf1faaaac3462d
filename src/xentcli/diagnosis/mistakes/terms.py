"""The terms −log p of every row and class, by one reading in one arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from xentcli.core import focal
from xentcli.core.entropy import entropy_of
from xentcli.core.layout import Array
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import Labels
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.arithmetic import Arithmetic
from xentcli.diagnosis.mistakes.clipping import Clip
from xentcli.diagnosis.mistakes.focal import Focal
from xentcli.diagnosis.mistakes.logarithm import Logarithm
from xentcli.diagnosis.mistakes.reading import SIGMOID, Reading, log
from xentcli.model import AnyArray


class ReadValues:
    """p and log p of a case by one reading in one arithmetic.

    Each is computed once, when it is first asked for. The values are multiplied by ``factor``
    before.
    """

    def __init__(self, case: Case, reading: Reading, factor: float, arithmetic: Arithmetic) -> None:
        self.case = case
        self.reading = reading
        self.factor = factor
        self.arithmetic = arithmetic
        self._focal_factor: tuple[float, Array] | None = None

    @property
    def _values(self) -> AnyArray:
        values = self.arithmetic.given(self.case.values)
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

    @cached_property
    def log_of_probs(self) -> AnyArray:
        """The logarithm of p after its rounding; ``log_probs`` has digits that p has lost."""
        return self.arithmetic.stored(log(self.probs))

    @cached_property
    def log_others(self) -> AnyArray:
        """log(1 − p) of each row."""
        if self.reading.log_others is None:
            return self.arithmetic.stored(log(1 - self.probs))
        return self._rows(self.reading.log_others(self._values, self.arithmetic))

    def focal_factor(self, gamma: float) -> Array:
        """(1 − p)^γ of each row and class; the last is kept, as each γ is tried with several α."""
        if self._focal_factor is None or self._focal_factor[0] != gamma:
            self._focal_factor = gamma, focal.factor(1.0 - _as_doubles(self.probs), gamma)
        return self._focal_factor[1]

    @cached_property
    def of_sigmoid(self) -> ReadValues:
        """The same values read with a sigmoid of each."""
        return ReadValues(self.case, SIGMOID, self.factor, self.arithmetic)

    def _rows(self, values: AnyArray) -> AnyArray:
        return values.reshape(self.case.samples, self.case.classes)


class Terms:
    """−log p of each row and class, from which a pick takes its losses."""

    def __init__(self, read: ReadValues, clip: Clip, logarithm: Logarithm, focal: Focal) -> None:
        self.read = read
        self.clip = clip
        self.logarithm = logarithm
        self.focal = focal

    @cached_property
    def probs(self) -> Array:
        """p of each row and class, clipped."""
        return _as_doubles(_clip(self.read, self.clip))

    @cached_property
    def minus_log(self) -> Array:
        """−log p of each row and class, times the focal factor."""
        exact = self.read.log_probs if self._is_exact else None
        return self._minus_log(self.read.probs if exact is None else None, exact, None)

    def at(self, index: Labels) -> Array:
        """−log p at one class a row."""
        rows = np.arange(len(index))
        if "minus_log" in self.__dict__:
            found: Array = self.minus_log[rows, index]
            return found
        if self._is_exact and self.focal.gamma is None:
            return _as_doubles(-self.read.log_probs[rows, index])
        exact = self.read.log_probs[rows, index] if self._is_exact else None
        return self._minus_log(self.read.probs[rows, index], exact, index)

    @property
    def _is_exact(self) -> bool:
        """Whether log p comes from the reading, not from a logarithm of p."""
        return self.clip.of is None and self.logarithm.of_base is not None

    def _minus_log(
        self, probs: AnyArray | None, exact: AnyArray | None, index: Labels | None
    ) -> Array:
        """Compute −log p of probabilities; ``index`` are their classes where they are one a row."""
        stored = self.read.arithmetic.stored
        clipped = None
        if exact is None:
            assert probs is not None
            clipped = probs if self.clip.of is None else stored(self.clip.of(probs))
            exact = clipped
            if self.logarithm.of_base is not None:
                exact = stored(log(clipped)) if index is not None else self._log_of(clipped)
        if self.focal.gamma is None:
            return _as_doubles(-exact)
        if clipped is None:
            clipped = self.read.probs if probs is None else probs
        gamma, is_whole = self.focal.gamma, clipped is self.read.probs
        factor = (
            self.read.focal_factor(gamma)
            if is_whole
            else focal.factor(1.0 - _as_doubles(clipped), gamma)
        )
        return self.focal.of(_as_doubles(-exact), factor, self.read.case, index)

    def _log_of(self, clipped: AnyArray) -> AnyArray:
        """Take logarithms of clipped probabilities; of those that the clip left they are known."""
        moved = clipped != self.read.probs
        if 2 * np.count_nonzero(moved) > moved.size:
            return self.read.arithmetic.stored(log(clipped))
        logs = self.read.log_of_probs.copy()
        logs[moved] = self.read.arithmetic.stored(log(clipped[moved]))
        return logs

    @cached_property
    def finite(self) -> bool:
        """Whether every −log p is finite, so that 0 times it is 0."""
        return bool(np.isfinite(self.minus_log).all())

    @cached_property
    def minus_log_others(self) -> Array:
        """−log(1 − p) of each row and class, times the focal factor of the answer no."""
        if self.clip.of is None:
            logs = self.read.log_others
        else:
            # The clipped p is subtracted from 1: 1 − (1 − 1e-7) is 1.19e-7 in float32.
            logs = self.read.arithmetic.stored(log(1 - _clip(self.read, self.clip)))
        return self.focal.of_no(_as_doubles(-logs), self.probs)

    @cached_property
    def of_sigmoid(self) -> Terms:
        """The terms of the same values, read with a sigmoid of each."""
        return Terms(self.read.of_sigmoid, self.clip, self.logarithm, self.focal)

    @property
    def clips_nothing(self) -> bool:
        """Whether the clip leaves every probability as it is."""
        return self.clip.of is not None and bool(
            np.array_equal(_clip(self.read, self.clip), self.read.probs, equal_nan=True)
        )


def _clip(read: ReadValues, clip: Clip) -> AnyArray:
    return read.probs if clip.of is None else read.arithmetic.stored(clip.of(read.probs))


def _as_doubles(values: AnyArray) -> Array:
    rows: Array = values.astype(np.float64, copy=False)
    return rows


class WeightedTarget:
    """The weighted target of each row, and its share of the denominator.

    ``products`` is w·q and ``target`` q. ``rows`` are factors of the rows' losses, or None. Where q
    is 1 at one class of each row and 0 elsewhere, ``chosen`` is that class and ``weight`` its w.
    """

    def __init__(
        self,
        products: Array,
        target: Array,
        rows: Array | None,
        share: Array,
        chosen: Labels | None = None,
        weight: Array | None = None,
    ) -> None:
        self.products = products
        self.target = target
        self.rows = rows
        self.share = share
        self.chosen = chosen
        self.weight = weight
        self._wholes: dict[Callable[[Array], float], float] = {}

    @cached_property
    def entropy(self) -> Array:
        """H(q) of each row."""
        return entropy_of(self.target, 1)

    def whole(self, add: Callable[[Array], float]) -> float:
        """Return the sum of the shares in some arithmetic; each sum is computed once."""
        if add not in self._wholes:
            self._wholes[add] = add(self.share)
        return self._wholes[add]


def expected(weighted: WeightedTarget, found: Terms) -> Array:
    """Σ_c w_c·q_c·(−log p_c) of each row; a term whose w·q is 0 is 0."""
    if weighted.chosen is not None:
        losses, weight = found.at(weighted.chosen), weighted.weight
        return losses if weight is None else np.where(weight == 0, 0.0, weight * losses)
    products = weighted.products * found.minus_log
    if not found.finite:
        products = np.where(weighted.products == 0, 0.0, products)
    return sum_over_classes(products, 1)
