"""What is done to the reduced loss: an exponential, a division too many, a factor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xentcli.core import elementary, focal
from xentcli.core.layout import Array
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.focal import write_number
from xentcli.diagnosis.mistakes.part import (
    GUESS,
    HARDLY,
    SELDOM,
    SOMETIMES,
    USUAL_GUESS,
    Fix,
    Part,
)
from xentcli.model import NamedTuple

STEPS = (2, 4, 8, 16)


class Scale(NamedTuple):
    """A part, and its function of numbers; an exponential is taken of losses in nats."""

    part: Part
    of: Callable[[Array], Array]
    is_exponential: bool = False


NONE = Scale(Part(""), lambda values: values)
PERPLEXITY = Scale(
    Part(
        "perplexity",
        "exponentiated, as a perplexity",
        "exp({})",
        "a perplexity: the exponential of the mean loss",
        SOMETIMES,
        fix=Fix(
            "the loss is torch.log of a perplexity",
            "the loss is np.log of a perplexity",
            "keras_hub's Perplexity is the exponential of the loss",
            "np.log of a perplexity",
        ),
        apart="give the number of another run",
    ),
    elementary.exp,
    is_exponential=True,
)
POWER_OF_TWO = Scale(
    Part(
        "power-of-two",
        "exponentiated as 2 to the loss in nats",
        "2^{}",
        "2^loss is a perplexity only of a loss in bits; in nats it is exp(loss)",
        SELDOM,
        fix=Fix(
            "torch.exp(loss), not 2 ** loss",
            "np.exp(loss), not 2 ** loss",
            "keras.ops.exp(loss), not 2 ** loss",
            "np.exp(log_loss(y, p)), not 2 **",
        ),
        apart="give the number of another run",
        excludes=frozenset({"logarithms"}),
    ),
    lambda values: elementary.exp(values * elementary.LOG_OF_BASE["2"]),
    is_exponential=True,
)


def _make_divided_again(count: int) -> Scale:
    return Scale(
        Part(
            "divided-again",
            "divided by N again, so by N²",
            "{} / N",
            f"the mean is divided by the {count} rows once more",
            SOMETIMES,
            fix=Fix(
                'reduction="mean" has divided already: no / len(y)',
                "losses.mean(), not losses.mean() / len(y)",
                "the loss is a mean already",
                "log_loss is a mean already",
            ),
            apart="give another number of rows",
            excludes=frozenset({"reductions"}),
        ),
        lambda values: values / count,
    )


def _make_accumulated(steps: int, *, times: bool) -> Scale:
    what = f"multiplied by {steps}" if times else f"divided by {steps}"
    return Scale(
        Part(
            f"times-{steps}-steps" if times else f"over-{steps}-steps",
            f"{what}, as by the steps of an accumulated gradient",
            f"{steps}·{{}}" if times else f"{{}} / {steps}",
            f"the loss is {what}: gradient accumulation over {steps} steps, told as it is "
            "backpropagated, or summed up",
            USUAL_GUESS,
            fix=Fix(
                f"log loss.item() before loss / {steps} is backpropagated",
                f"the mean without the factor {steps}",
                f"the loss before it is divided by the {steps} steps",
                "log_loss knows no accumulation",
            ),
            apart="give the loss of each step",
            is_guess=True,
        ),
        (lambda values: values * steps) if times else (lambda values: values / steps),
    )


def _make_focal_mean(gamma: float) -> Scale:
    shown = write_number(gamma)
    is_guess = gamma != 2.0
    return Scale(
        Part(
            f"focal-mean-{shown}",
            f"with the focal factor of γ = {shown} on the mean",
            f"(1 − exp(−L))^{shown}·L, L = {{}}",
            "the focal factor is that of the mean loss, not of each row's: (1 − exp(−L))^γ·L",
            GUESS if is_guess else HARDLY,
            fix=Fix(
                'reduction="none" before the factor (1 - p) ** gamma, and the mean after it',
                "((1 - p) ** gamma * losses).mean()",
                "CategoricalFocalCrossentropy has the factor in each row",
                "log_loss has no focal factor",
            ),
            apart="give rows whose losses differ more",
            is_guess=is_guess,
            excludes=frozenset({"focals"}),
        ),
        lambda values: values * focal.factor_of_loss(np.abs(values), gamma),
    )


ACCUMULATED = tuple(
    _make_accumulated(steps, times=times) for times in (False, True) for steps in STEPS
)
FOCAL_MEANS = tuple(map(_make_focal_mean, (2.0, 1.0, 3.0)))


def choices(case: Case) -> tuple[Scale, ...]:
    """Return every scale, none at all first."""
    # Rows are counted, not the questions in them.
    is_table = case.question == "bce" and len(case.grid) > 1
    count = case.grid[0] if is_table else int(case.kept.sum())
    again = (_make_divided_again(count),) if count > 1 else ()
    return (NONE, PERPLEXITY, POWER_OF_TWO, *again, *ACCUMULATED, *FOCAL_MEANS)
