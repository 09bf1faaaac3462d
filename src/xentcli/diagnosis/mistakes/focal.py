"""The focal loss: each −log p is multiplied by α·(1 − p)^γ."""

from __future__ import annotations

import numpy as np

from xentcli.core import focal
from xentcli.core.layout import Array
from xentcli.core.target import Labels
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import GUESS, LONE_GUESS, SELDOM, SOMETIMES, Fix, Part
from xentcli.model import NamedTuple

GAMMAS = (2.0, 1.0, 0.5, 0.2, 1.5, 2.5, 3.0, 4.0, 5.0)
ALPHAS = (0.25, 0.5, 0.75)


class Focal(NamedTuple):
    """A part, its γ (None without a focal factor) and its α."""

    part: Part
    gamma: float | None = None
    alpha: float | None = None

    def of(self, minus_log: Array, factor: Array, case: Case, index: Labels | None) -> Array:
        """α·(1 − p)^γ·(−log p) of all classes, or of one class a row; ``factor`` is (1 − p)^γ.

        In a yes-or-no question α weights the answer yes, and 1 − α the answer no.
        """
        if self.alpha is not None and case.question == "bce":
            alphas = np.array([1.0 - self.alpha, self.alpha])
            minus_log = minus_log * (alphas if index is None else alphas[index])
            return _weigh(minus_log, factor)
        return _weigh(minus_log, factor if self.alpha is None else factor * self.alpha)

    def of_miss(self, minus_log: Array, miss: Array) -> Array:
        """α·miss^γ·(−log p), for the miss 1 − p or another one."""
        if self.gamma is None:
            return minus_log
        factor = focal.factor(miss, self.gamma)
        return _weigh(minus_log, factor if self.alpha is None else factor * self.alpha)

    def of_no(self, minus_log: Array, probs: Array) -> Array:
        """(1 − α)·p^γ·(−log(1 − p)), the focal loss of the answer no."""
        if self.gamma is None:
            return minus_log
        alpha = None if self.alpha is None else 1.0 - self.alpha
        return self._replace(alpha=alpha).of_miss(minus_log, probs)


def _weigh(minus_log: Array, factor: Array) -> Array:
    """Multiply both; 0 where the factor is 0, even if −log p is infinite."""
    return np.where(factor == 0, 0.0, factor * minus_log)


def write_number(value: float) -> str:
    """Write a constant as people do: 2, 0.5."""
    return f"{value:g}"


_PLAIN = Fix(
    "F.cross_entropy(z, y), without the factor (1 - p) ** gamma; gamma 0 is the same",
    "leave out the factor (1 - p) ** gamma",
    "CategoricalCrossentropy, not CategoricalFocalCrossentropy",
    "log_loss has no focal factor",
)


def _make_focal(gamma: float, alpha: float | None) -> Focal:
    is_guess = (gamma, alpha) not in ((2.0, None), (2.0, 0.25))
    known = SOMETIMES if alpha is None else SELDOM
    guessed = GUESS if alpha is None else LONE_GUESS
    shown = write_number(gamma)
    more = "" if alpha is None else f" and α = {write_number(alpha)}"
    factor = "" if alpha is None else f"{write_number(alpha)}·"
    return Focal(
        Part(
            f"focal-{shown}" + (f"-{write_number(alpha)}" if alpha is not None else ""),
            f"as a focal loss with γ = {shown}{more}",
            f"({factor}(1 − p)^{shown}·{{}})",
            f"each −log p is multiplied by {factor}(1 − p)^{shown}: what is classified "
            "well counts for less",
            guessed if is_guess else known,
            fix=_PLAIN,
            apart="give rows with other losses",
            is_guess=is_guess,
        ),
        gamma,
        alpha,
    )


NONE = Focal(Part("no-focal"))
FOCALS = tuple(_make_focal(gamma, alpha) for gamma in GAMMAS for alpha in (None, *ALPHAS))


def choices(case: Case) -> tuple[Focal, ...]:
    """Return no focal factor, and those in use."""
    return (NONE, *FOCALS)
