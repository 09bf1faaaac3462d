"""The report of a command: the reduced loss of many samples, and the figures beside it."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.commands import UNITS, Calculation
from xentcli.calculation.figures import Results, figures_of
from xentcli.core import framework
from xentcli.core.half_sum import HalfSum, half_mean
from xentcli.core.loss import divide
from xentcli.core.total import Total
from xentcli.model import Check, Kind, Report, Survey, WorkedSample


def report(
    calculation: Calculation,
    kind: Kind,
    classes: tuple[str, ...],
    total: Total,
    worked: tuple[WorkedSample, ...],
    denominator: float,
    *,
    has_labels: bool = True,
    check: Check | None = None,
    half: tuple[float, float] | None = None,
    independent: str = "",
    survey: Survey | None = None,
) -> Report:
    """Make the report of a command; ``independent`` is the name of samples that have positions."""
    command, settings, loss = calculation.command, calculation.settings, calculation.loss
    plain = Report(
        command.name, kind, command.field, classes, total.samples, worked, title=command.title
    )
    if not command.has_loss:
        return plain
    if command.field == "grad":
        return plain._replace(
            reduction=settings.reduction,
            ignored=total.ignored,
            denominator=denominator,
            unit=UNITS[calculation.base],
            check=check,
            loss="" if loss.name == "ce" else loss.name,
            questions=loss.questions,
        )
    results = Results(
        calculation,
        total,
        len(classes),
        has_labels or loss.questions,
        None if survey is None else survey.mean_of_means,
        independent,
    )
    return plain._replace(
        result=None if settings.reduction == "none" else reduced_loss(calculation, total, half),
        reduction=settings.reduction,
        ignored=total.ignored,
        denominator=_denominator(calculation, total),
        loss_sum=total.loss.value,
        figures=figures_of(results),
        unit=UNITS[calculation.base],
        questions=loss.questions,
        survey=survey,
    )


def reduced_loss(
    calculation: Calculation, total: Total, half: tuple[float, float] | None = None
) -> float | np.floating:
    """The sum of the losses; for a mean divided by the sum of the shares. ``half`` has both sums as
    PyTorch adds them in 16 bits."""
    if half is not None and calculation.dtype is not None:
        loss, share = half
        if calculation.settings.weight is None or calculation.weighs_samples:
            # Samples that weigh alike are counted.
            share = total.weight.value
        width = framework.WIDTHS[calculation.dtype]
        reduced = half_mean(loss, share, width) if calculation.settings.averages else loss
        return narrow(reduced, calculation)
    return narrow(divide(total.loss.value, _denominator(calculation, total)), calculation)


def half_sums(calculation: Calculation) -> tuple[HalfSum, HalfSum]:
    """Two sums as PyTorch adds them in 16 bits: of the losses, and of their shares."""
    width = framework.WIDTHS[calculation.dtype or "float32"]
    return HalfSum(width), HalfSum(width)


def _denominator(calculation: Calculation, total: Total) -> float:
    return total.weight.value if calculation.settings.averages else 1.0


def narrow(value: float, calculation: Calculation) -> float | np.floating:
    """The value rounded to the framework's width that was asked for."""
    if calculation.dtype is None:
        return value
    found: np.floating = framework.narrow(np.array([value]), calculation.dtype)[0]
    return found
