"""The functions that the module of a loss has, and the data that they take and return.

``cross_entropy`` is such a module. ``softmax`` has only the functions that it needs: it is no loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation.commands import Calculation
from xentcli.core.layout import FEW_CLASSES, Array
from xentcli.core.loss import Losses
from xentcli.core.target import Target
from xentcli.model import Batch, Kind, NamedTuple, Step

if TYPE_CHECKING:
    from xentcli.core.differences import Differences

# A position: the index of its sample in the batch, and its index among that sample's positions.
At = tuple[int, int]


class Problem(NamedTuple):
    """A batch in the form that the formulas take, checked once.

    ``positions`` are the values as ``(outer, C, inner)``; ``target`` has their labels or soft
    targets; ``weight`` has the sample weights. Each position has one loss, or one for each yes/no
    question; ``shape`` is the shape of the losses as people see them.
    """

    calculation: Calculation
    kind: Kind
    positions: Array
    target: Target
    weight: Array | None
    shape: tuple[int, ...]

    def at(self, places: Sequence[At]) -> Problem:
        """The problem of some positions, each as a sample of its own. Its numbers are the same to
        the last bit, as they do not depend on the other positions."""
        outer, inner = np.array(places, dtype=np.intp).reshape(-1, 2).T
        labels, soft = self.target.labels, self.target.soft
        return self._replace(
            positions=self.positions[outer, :, inner][:, :, np.newaxis],
            target=Target(
                None if labels is None else labels[outer, inner][:, np.newaxis],
                None if soft is None else soft[outer, :, inner][:, :, np.newaxis],
            ),
            weight=None if self.weight is None else self.weight[outer],
            shape=(len(places),),
        )


class Sample(NamedTuple):
    """One position with its results, from which its steps are made.

    ``block`` has the values. It, ``soft`` and ``gradient`` hold one sample and have the classes
    along ``axis``. ``loss`` and ``share`` are one number, or one for each yes/no question.
    """

    block: Array
    axis: int
    label: int | None = None
    soft: Array | None = None
    ignored: bool = False
    row_weight: float | None = None
    loss: Array | None = None
    share: Array | None = None
    gradient: Array | None = None


class SampleSteps(NamedTuple):
    """The steps of a sample, and the two parts of its loss if it has them."""

    steps: tuple[Step, ...]
    entropy: float | None = None
    divergence: float | None = None


class Formulas(Protocol):
    """The functions of the module of a loss: arrays in, arrays out.

    Losses and gradients include the sample weights, and are in the unit that --base asks for
    (``calculation.log_base``).
    """

    def problem_of(self, batch: Batch, calculation: Calculation) -> Problem:
        """Check a batch, such as its labels or soft targets against its shape."""

    def losses(self, problem: Problem) -> Losses:
        """Each position's loss, and its share of the mean's denominator."""

    def shares(self, problem: Problem) -> Array:
        """The shares of the denominator alone, as ``(outer, inner)``."""

    def ignored(self, problem: Problem) -> NDArray[np.bool_]:
        """Which positions are ignored, as ``(outer, inner)``."""

    def predicted(self, problem: Problem) -> NDArray[np.intp]:
        """The class that each position predicts; −1 where there is none."""

    def labels(self, problem: Problem) -> NDArray[np.int64] | None:
        """The right class of each position; None without labels."""

    def gradients(self, problem: Problem, denominator: float) -> Array:
        """The gradient with respect to the values, as ``(outer, C, inner)``."""

    def differences(self, problem: Problem) -> Differences:
        """The gradient of a problem's only position by central differences, without sample weight
        and scale."""

    def steps(self, sample: Sample, problem: Problem, denominator: float) -> SampleSteps:
        """Every step of a sample in order; the last one is the answer."""


def class_of_largest(positions: Array) -> NDArray[np.intp]:
    """The class with the largest value at each position; −1 where that is nan."""
    found = np.argmax(positions, axis=1)
    # argmax takes a nan for the largest.
    largest = np.take_along_axis(positions, found[:, np.newaxis], 1)[:, 0]
    return np.where(np.isnan(largest), -1, found)


def among_largest(positions: Array, labels: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
    """Whether the label of each position is among the ``most`` classes with the largest values. Of
    classes with equal values the first ones come first, as in :func:`class_of_largest`."""
    own = np.take_along_axis(positions, labels[:, np.newaxis], 1)
    result: NDArray[np.bool_] = np.count_nonzero(positions >= own, axis=1) <= most
    # The others have too many larger values beside them, or equal ones, which are counted here.
    at = np.nonzero(~result)
    rows, label = positions[at[0], :, at[1]], labels[at][:, np.newaxis]
    value = np.take_along_axis(rows, label, 1)
    before = np.arange(rows.shape[1]) < label
    first = (rows > value) | ((rows == value) & before)
    result[at] = np.count_nonzero(first, axis=1) < most
    return result


def block_at(array: Array, at: At) -> Array:
    """One position of ``(outer, C, inner)`` values as a block of one sample."""
    row = array[at[0], :, at[1]].astype(np.float64)
    return np.ascontiguousarray(np.expand_dims(row, 1 - block_axis(array)))


def block_axis(array: Array) -> int:
    """The class axis of the blocks into which ``(outer, C, inner)`` values are split."""
    return 0 if array.shape[1] < FEW_CLASSES else 1
