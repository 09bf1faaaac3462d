"""The figures of many samples: the reduced loss and what stands beside it."""

from __future__ import annotations

import math

import numpy as np

from xentcli.calculation.commands import UNITS, Calculation
from xentcli.core import elementary, framework
from xentcli.core.half_sum import HalfSum, half_mean
from xentcli.core.loss import divide
from xentcli.core.spread import close_pieces, standard_error
from xentcli.core.target import smoothed
from xentcli.core.total import Total
from xentcli.model import Check, Kind, Report, StandardError, Worked


def report(
    calculation: Calculation,
    kind: Kind,
    classes: tuple[str, ...],
    total: Total,
    worked: tuple[Worked, ...],
    denominator: float,
    *,
    has_labels: bool = True,
    check: Check | None = None,
    half: tuple[float, float] | None = None,
    independent: str = "",
) -> Report:
    """The report of a command, without a survey. ``independent`` is what samples with positions are
    called."""
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
    kept = total.samples - total.ignored
    answers = kept * (len(classes) if loss.questions else 1)
    judged = (has_labels or loss.questions) and kept > 0
    scored = judged and calculation.want_scores
    mean = divide(total.loss.value, total.weight.value)
    return plain._replace(
        result=None if settings.reduction == "none" else reduced_loss(calculation, total, half),
        reduction=settings.reduction,
        ignored=total.ignored,
        denominator=_denominator(calculation, total),
        loss_sum=total.loss.value,
        perplexity=mean_perplexity(mean, calculation),
        accuracy=total.correct / answers if judged and calculation.want_accuracy else None,
        unit=UNITS[calculation.base],
        floor=floor(len(classes), calculation) if has_labels else None,
        roots=_roots(mean, total) if loss.name == "js" else None,
        questions=loss.questions,
        bits_per_byte=bits_per_byte(total, calculation),
        top_5_accuracy=total.in_top / kept
        if scored and calculation.has_top(len(classes))
        else None,
        brier_score=total.brier.value / answers if scored and loss.has_brier else None,
        standard_error=_standard_error(total, calculation, independent),
    )


def _standard_error(total: Total, calculation: Calculation, name: str) -> StandardError | None:
    error = standard_error_of(total, calculation)
    if error is None:
        return None
    return StandardError(error, close_pieces(total.spread).samples, name)


def standard_error_of(total: Total, calculation: Calculation) -> float | None:
    """The standard error of the mean; None where it is not wanted, or there is none."""
    if not calculation.want_error:
        return None
    return standard_error(total.loss, total.weight, total.spread)


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


def _roots(mean: float, total: Total) -> tuple[float, float]:
    """√ of the mean divergence, and the mean of the samples' √."""
    return math.sqrt(mean), divide(total.root.value, total.weight.value)


def mean_perplexity(mean: float, calculation: Calculation) -> float | None:
    """exp of a mean loss; None where that is no perplexity, because the losses are not plain −log p
    or do not count equally."""
    settings = calculation.settings
    if (
        not calculation.loss.has_perplexity
        or calculation.weighs_samples
        or settings.weight is not None
        or settings.label_smoothing != 0.0
        or settings.gamma != 0.0
    ):
        return None
    return perplexity(mean * calculation.log_base)


def bits_per_byte(total: Total, calculation: Calculation) -> float | None:
    """Σℓ in bits, divided by the bytes of the text; None where it was not asked for."""
    if not calculation.bits_per_byte:
        return None
    size = total.bytes.value if calculation.bytes is None else calculation.bytes
    # Of a loss that is in bits already the divisor is 1.
    return divide(total.loss.value / (elementary.LOG_OF_BASE["2"] / calculation.log_base), size)


def floor(classes: int, calculation: Calculation) -> float | None:
    """The entropy of a smoothed label; None without smoothing, and with weights that differ."""
    smoothing = calculation.settings.label_smoothing
    if smoothing == 0.0 or calculation.settings.weight is not None:
        return None
    from xentcli.core.entropy import lowest_loss

    target = smoothed(np.eye(1, classes), smoothing, 1)
    return float(lowest_loss(target, 1)[0]) / calculation.log_base


def narrow(value: float, calculation: Calculation) -> float | np.floating:
    """The value rounded to the framework's width that was asked for."""
    if calculation.dtype is None:
        return value
    found: np.floating = framework.narrow(np.array([value]), calculation.dtype)[0]
    return found


def perplexity(nats: float) -> float:
    """exp of the mean loss in nats; inf where that overflows.

    >>> perplexity(0.0)
    1.0
    """
    return float(elementary.exp(nats))
