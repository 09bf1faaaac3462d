"""What becomes of the rows whose label is ignored."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import OFTEN, SOMETIMES, Fix, Part


class Ignoring(NamedTuple):
    """A part, and whether ignored rows have a loss and a share of the denominator."""

    part: Part
    has_loss: bool
    has_share: bool


IGNORED = Ignoring(Part("ignored"), False, False)
IN_DENOMINATOR = Ignoring(
    Part(
        "ignored-counted",
        "with the ignored rows in the denominator",
        "{}",
        "the ignored rows' losses are 0, but the mean divides by all rows, not by those that count",
        OFTEN,
        fix=Fix(
            'reduction="mean" divides by the rows that count; losses.mean() of reduction="none" '
            "does not",
            "losses[y != ignore].mean(), not np.where(y != ignore, losses, 0).mean()",
            "ignore_class= in the loss, or divide by the sum of the mask",
            "leave the ignored rows out before log_loss",
        ),
        apart="give another share of ignored rows",
    ),
    False,
    True,
)
NOT_IGNORED = Ignoring(
    Part(
        "not-ignored",
        "with the ignored rows taken like all others",
        "{}",
        "ignore_index has no effect: the ignored rows' losses are in the sum",
        SOMETIMES,
        fix=Fix(
            "ignore_index= in the call that gave this number",
            "leave out the rows first: kept = y != ignore",
            "ignore_class= in the loss",
            "leave the ignored rows out before log_loss",
        ),
        apart="give ignored rows with other losses",
    ),
    True,
    True,
)


def choices(case: Case) -> tuple[Ignoring, ...]:
    """Rows whose label is a class, or counts back from the last one, could be taken in."""
    if not case.has_ignored:
        return (IGNORED,)
    if 0 <= case.settings.ignore_index < case.classes:
        return (IGNORED, IN_DENOMINATOR, NOT_IGNORED)
    return (IGNORED, IN_DENOMINATOR)


def counted(case: Case, wanted: bool) -> NDArray[np.bool_]:
    """The rows that are in, with or without the ignored ones."""
    return np.ones(case.samples, dtype=bool) if wanted else case.kept
