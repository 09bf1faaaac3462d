"""How rows with an ignored label count."""

from __future__ import annotations

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import HARDLY, OFTEN, SOMETIMES, Fix, Part
from xentcli.model import NamedTuple


class Ignoring(NamedTuple):
    """A part, and how ignored rows count in it.

    They may have a loss, and a share of the denominator. ``is_smoothing``: their loss is only that
    of the label smoothing.
    """

    part: Part
    has_loss: bool
    has_share: bool
    is_smoothing: bool = False


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

SMOOTHED = Ignoring(
    Part(
        "ignored-smoothed",
        "with the ignored rows' share of the smoothing counted",
        "{}",
        "the ε/C of every class is added up over the ignored rows too; the mean divides by those "
        "that count",
        OFTEN,
        fix=Fix(
            "label_smoothing= and ignore_index= of one F.cross_entropy",
            "leave out the rows before the smoothing: kept = y != ignore",
            "ignore the rows before the smoothing",
            "log_loss has no label smoothing",
        ),
        apart="give another share of ignored rows",
        excludes=frozenset({"smoothings"}),
    ),
    True,
    False,
    is_smoothing=True,
)
SMOOTHED_AND_COUNTED = SMOOTHED._replace(
    part=SMOOTHED.part._replace(
        key="ignored-smoothed-counted",
        phrase="with the ignored rows' share of the smoothing counted, and they in the denominator",
        explanation="the ε/C of every class is added up over the ignored rows too, and the mean "
        "divides by all rows",
        rank=HARDLY,
    ),
    has_share=True,
)


def choices(case: Case) -> tuple[Ignoring, ...]:
    """Return the ways to count ignored rows; only a label that is a class can have a loss."""
    if not case.has_ignored:
        return (IGNORED,)
    found = [IGNORED, IN_DENOMINATOR]
    if 0 <= case.settings.ignore_index < case.classes:
        found.append(NOT_IGNORED)
    if case.settings.label_smoothing:
        found += [SMOOTHED, SMOOTHED_AND_COUNTED]
    return tuple(found)
