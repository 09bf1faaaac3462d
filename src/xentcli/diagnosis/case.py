"""What a formula is tried on: all numbers of one run, whatever shape they came in."""

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
# What is asked for: the cross-entropy, the binary one, or the divergence from the target.
Question = Literal["ce", "bce", "kl"]
LOSSES: dict[Question, str] = {
    "ce": "cross-entropy",
    "bce": "binary cross-entropy",
    "kl": "KL divergence",
}


class Case(NamedTuple):
    """The values of a run as rows of C, what they are measured against, and the options of ``ce``.

    ``grid`` is the shape of the positions that the rows stand for, ``class_axis`` where the classes
    were; ``left_out`` are columns of numbers that were taken for nothing. Rows with an ignored
    label have it in ``labels`` still. ``loss`` is what ``ce`` gives, None where it refuses the
    labels because they count from 1; they are shifted already then.

    A yes-or-no question (``bce``) is a row of two: the values of no and of yes. For a logit z that
    is 0 and z, for a probability p it is 1 − p and p, so that its loss is the cross-entropy of the
    row; ``question_weight`` multiplies it. ``names`` are those of the classes, if they have any.

    ``second`` is the file that the labels or soft targets came from, if that is another one;
    ``ids_say`` what speaks against having matched its rows by position.
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
        """What the loss that is asked for is called."""
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
        """What losses in nats are divided by."""
        return LOG_OF_BASE[self.base]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which rows count."""
        if self.labels is None:
            return np.ones(self.samples, dtype=bool)
        kept: NDArray[np.bool_] = self.labels != self.settings.ignore_index
        return kept

    @property
    def has_ignored(self) -> bool:
        """Whether a row does not count."""
        return not bool(self.kept.all())

    @property
    def has_weights(self) -> bool:
        """Whether weights of classes, questions or samples take part."""
        some = (self.settings.weight, self.sample_weight, self.question_weight)
        return any(weight is not None for weight in some)

    @property
    def target(self) -> Array:
        """The target of each row without smoothing; of an ignored label outside the classes, 0."""
        if self.soft is not None:
            return self.soft
        assert self.labels is not None
        return one_hot(self.labels, self.classes, 1)


def classes_of(case: Case) -> Labels:
    """Each row's label as a class: one outside the classes, which is ignored, as class 0."""
    assert case.labels is not None
    known = (case.labels >= 0) & (case.labels < case.classes)
    return np.where(known, case.labels, 0)


def as_questions(columns: Array, kind: Kind) -> Array:
    """Values of yes-or-no questions, ``(N, K)``, as rows of two, ``(N·K, 2)``."""
    yes = columns.reshape(-1)
    no = np.zeros_like(yes) if kind == "logits" else 1.0 - yes
    return np.stack([no, yes], axis=1)
