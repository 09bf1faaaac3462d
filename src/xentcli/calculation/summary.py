"""Makes the report of a command: the reduced loss of many samples, and the figures beside it."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.commands import UNITS, Calculation
from xentcli.calculation.figures import Results, figures_of
from xentcli.core import framework
from xentcli.core.half_sum import HalfSum, half_mean
from xentcli.core.loss import divide
from xentcli.core.total import Total
from xentcli.model import Check, Kind, Report, Survey, WorkedSample


def make_report(
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
    """Make the report of a command.

    ``half`` has both sums of :func:`half_sums`; ``independent`` is the name of samples that have
    positions.
    """
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
    """The sum of the losses; for a mean it is divided by the sum of the shares. ``half`` has both
    sums as PyTorch adds them in 16 bits."""
    if half is not None and calculation.dtype is not None:
        loss, share = half
        if calculation.settings.weight is None or calculation.weighs_samples:
            # PyTorch adds up class weights in 16 bits. Without them it counts the samples, and it
            # has no sample weights.
            share = total.weight.value
        width = framework.WIDTHS[calculation.dtype]
        reduced = half_mean(loss, share, width) if calculation.settings.averages else loss
        return round_to_width(reduced, calculation)
    return round_to_width(divide(total.loss.value, _denominator(calculation, total)), calculation)


def half_sums(calculation: Calculation) -> tuple[HalfSum, HalfSum]:
    """Two empty sums that add as PyTorch does in 16 bits: for the losses and for their shares."""
    width = framework.WIDTHS[calculation.dtype or "float32"]
    return HalfSum(width), HalfSum(width)


def _denominator(calculation: Calculation, total: Total) -> float:
    return total.weight.value if calculation.settings.averages else 1.0


def round_to_width(value: float, calculation: Calculation) -> float | np.floating:
    """Round the value to the framework's width that --dtype asks for."""
    if calculation.dtype is None:
        return value
    found: np.floating = framework.narrow(np.array([value]), calculation.dtype)[0]
    return found
