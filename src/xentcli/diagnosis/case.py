"""One run, on which formulas are tried: its values as rows, its target and its options."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xentcli.core.elementary import LOG_OF_BASE
from xentcli.core.layout import Array
from xentcli.core.settings import Settings
from xentcli.core.target import Labels, one_hot
from xentcli.model import Kind, NamedTuple

ArithmeticName = Literal["float64", "float32", "float16", "bfloat16", "textbook"]
# The loss that the user asked for: cross-entropy, binary cross-entropy, or KL divergence.
Question = Literal["ce", "bce", "kl"]
LOSSES: dict[Question, str] = {
    "ce": "cross-entropy",
    "bce": "binary cross-entropy",
    "kl": "KL divergence",
}


class Case(NamedTuple):
    """The values of a run as ``(N, C)``, their labels or soft targets, and the options of the loss.

    ``grid`` is the shape of the N positions in the input, and ``class_axis`` the axis that its
    classes had. ``left_out`` are the columns of numbers that were not read as classes, labels or
    weights. ``labels`` still holds the labels that are ignored. ``loss`` is the loss that the
    command gives. ``one_based``: the labels counted from 1, and 1 was taken from each of them; the
    command would refuse them, so that ``loss`` is None.

    A yes-or-no question (``bce``) is a row of two values, for no and for yes: 0 and z for a logit
    z, 1 − p and p for a probability p. So its loss is the cross-entropy of that row;
    ``question_weight`` multiplies it. ``names`` are the names of the classes, if they have any.

    ``second`` is the name of the file that the labels or soft targets came from, if they came from
    a second one. ``ids_say`` is a sentence where the ids in both files differ although the rows
    were matched by position.
    """

    values: Array
    kind: Kind
    grid: tuple[int, ...]
    labels: Labels | None
    soft: Array | None
    sample_weight: Array | None
    settings: Settings
    base: str
    arithmetic: ArithmeticName
    loss: float | None
    source: str = ""
    one_based: bool = False
    class_axis: int = 1
    left_out: tuple[str, ...] = ()
    question: Question = "ce"
    names: tuple[str, ...] = ()
    second: str = ""
    ids_say: str = ""
    question_weight: Array | None = None

    @property
    def loss_name(self) -> str:
        """The name of the loss that the user asked for."""
        return LOSSES[self.question]

    @property
    def samples(self) -> int:
        """How many rows there are."""
        return len(self.values)

    @property
    def classes(self) -> int:
        """How many numbers a row has."""
        return int(self.values.shape[1])

    @property
    def log_base(self) -> float:
        """The logarithm of the base: a loss in nats divided by it is one in that base."""
        return LOG_OF_BASE[self.base]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which rows count: those whose label is not ignored."""
        if self.labels is None:
            return np.ones(self.samples, dtype=bool)
        kept: NDArray[np.bool_] = self.labels != self.settings.ignore_index
        return kept

    @property
    def has_ignored(self) -> bool:
        """Whether any row is ignored."""
        return not bool(self.kept.all())

    @property
    def has_weights(self) -> bool:
        """Whether there are weights of classes, of questions or of samples."""
        some = (self.settings.weight, self.sample_weight, self.question_weight)
        return any(weight is not None for weight in some)

    @property
    def target(self) -> Array:
        """The target of each row before smoothing; all 0 for an ignored label that is no class."""
        if self.soft is not None:
            return self.soft
        assert self.labels is not None
        return one_hot(self.labels, self.classes, 1)


def classes_of(case: Case) -> Labels:
    """Return the class of each row's label; class 0 for an ignored label that is no class."""
    assert case.labels is not None
    known = (case.labels >= 0) & (case.labels < case.classes)
    return np.where(known, case.labels, 0)


def as_questions(columns: Array, kind: Kind) -> Array:
    """Return values of yes-or-no questions, ``(N, K)``, as rows of two, ``(N·K, 2)``."""
    yes = columns.reshape(-1)
    no = np.zeros_like(yes) if kind == "logits" else 1.0 - yes
    return np.stack([no, yes], axis=1)
