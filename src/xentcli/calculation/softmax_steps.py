"""The steps from the given values to log p: stable, textbook, or at a framework's width."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.commands import Calculation
from xentcli.core import elementary, framework, softmax, textbook
from xentcli.core.layout import Array
from xentcli.core.sums import sum_along_rows
from xentcli.model import Floats, Kind, NamedTuple, Step


class StepsToLogProbs(NamedTuple):
    """The steps to log p, and the p and log p that later steps use."""

    steps: tuple[Step, ...]
    probs: Array
    log_probs: Array
    from_logits: bool = True


def steps_to_log_probs(
    block: Array, axis: int, kind: Kind, calculation: Calculation
) -> StepsToLogProbs:
    """The steps of a sample, given as a block of one, from its values to log p."""
    if kind != "logits":
        return _given_steps(block, kind)
    if calculation.dtype:
        return _steps_at_width(block, axis, calculation)
    if calculation.method == "textbook":
        return _textbook_steps(block, axis, calculation)
    return _stable_steps(block, axis, calculation)


def _given_steps(block: Array, kind: Kind) -> StepsToLogProbs:
    if kind == "log_probs":
        given = class_step("log_softmax", "log p, as given", block)
        return StepsToLogProbs((given,), elementary.exp(block), block, from_logits=False)
    log_probs = textbook.log(block)
    shown = (
        class_step("softmax", "p, as given", block),
        class_step("log_softmax", "log p", log_probs),
    )
    return StepsToLogProbs(shown, block, log_probs, from_logits=False)


def _stable_steps(block: Array, axis: int, calculation: Calculation) -> StepsToLogProbs:
    temperature = calculation.settings.temperature
    step = softmax.steps(block, axis, temperature)
    probs = softmax.probabilities(step, axis)
    log_probs = softmax.log_probabilities(step, axis)
    shown = (
        *_scaling_steps(block, temperature),
        sample_step("max", "m = max z" + _over(temperature), step.maximum / temperature),
        class_step("shifted", f"d = z{_over(temperature)} − m", step.shifted()),
        class_step("exp", "e = exp(d)", step.exponentials),
        sample_step("sum", "Σe = 1 + s", 1.0 + step.others),
        class_step("softmax", "p = e / Σe", probs),
        sample_step("log_sum", "log Σe = log1p(s)", step.log_sum),
        class_step("log_softmax", "log p = d − log Σe", log_probs),
    )
    return StepsToLogProbs(_leave_out_unused(shown, calculation), probs, log_probs)


def _steps_at_width(block: Array, axis: int, calculation: Calculation) -> StepsToLogProbs:
    temperature, name = calculation.settings.temperature, calculation.dtype or ""
    positions = block[np.newaxis] if axis == 0 else block[:, :, np.newaxis]
    width, in_rows = framework.WIDTHS[name], calculation.in_rows
    step = framework.steps(positions, width, temperature, in_rows=in_rows)
    shown = (
        class_step("logits", f"z in {name}", step.logits)
        if temperature == 1.0
        else class_step("scaled", f"z / T in {name}", step.logits),
        sample_step("max", "m = max z" + _over(temperature), step.maximum),
        class_step("shifted", f"d = z{_over(temperature)} − m", step.shifted),
        class_step("exp", "e = exp(d)", step.exponentials),
        sample_step("sum", "Σe", step.total),
        class_step("softmax", "p = e / Σe", step.probs),
        sample_step("log_sum", "log Σe", step.log_sum),
        class_step("log_softmax", "log p = d − log Σe", step.log_probs),
    )
    probs = step.probs.reshape(block.shape).astype(np.float64)
    log_probs = step.log_probs.reshape(block.shape).astype(np.float64)
    return StepsToLogProbs(_leave_out_unused(shown, calculation), probs, log_probs)


def _textbook_steps(block: Array, axis: int, calculation: Calculation) -> StepsToLogProbs:
    temperature = calculation.settings.temperature
    stable = softmax.steps(block, axis, temperature)
    exact_probs = softmax.probabilities(stable, axis)
    exact_log_probs = softmax.log_probabilities(stable, axis)
    exponentials = textbook.exponential(block, temperature)
    with np.errstate(over="ignore"):
        total = sum_along_rows(exponentials, axis)
    probs = textbook.softmax(exponentials, axis)
    log_probs = textbook.log(probs)
    shown = (
        *_scaling_steps(block, temperature),
        class_step(
            "exp", f"e = exp(z{_over(temperature)})", exponentials, note_on_overflow(exponentials)
        ),
        sample_step("sum", "Σe", total, note_on_overflow(total)),
        class_step("softmax", "p = e / Σe", probs, note_on_difference(probs, exact_probs)),
        class_step(
            "log_softmax", "log p", log_probs, note_on_difference(log_probs, exact_log_probs)
        ),
    )
    return StepsToLogProbs(_leave_out_unused(shown, calculation), probs, log_probs)


def _over(temperature: float) -> str:
    """The end of a formula that divides by the temperature."""
    return "" if temperature == 1.0 else " / T"


def _scaling_steps(block: Array, temperature: float) -> tuple[Step, ...]:
    logits = class_step("logits", "z", block)
    if temperature == 1.0:
        return (logits,)
    return logits, class_step("scaled", "z / T", block / temperature)


def _leave_out_unused(steps: tuple[Step, ...], calculation: Calculation) -> tuple[Step, ...]:
    """Keep the steps that the command shows."""
    return tuple(step for step in steps if step.name not in calculation.unused_steps)


def note_on_overflow(values: Array) -> str:
    """A note if exp has overflowed or underflowed, else empty."""
    if np.isinf(values).any():
        return "overflows: exp(z) is above 1.8e308 from z = 709.79 on"
    if (values == 0).any():
        return "underflows to 0: exp(z) is below 4.9e-324 from z = -745.14 down"
    return ""


def note_on_difference(values: Array, exact: Array) -> str:
    """A note if the textbook's values differ visibly from the stable ones, else empty."""
    if (np.isnan(values) & ~np.isnan(exact)).any():
        return "nan where the stable formula has a value"
    lost = (values == 0) & (exact != 0)
    if lost.any():
        return f"0 where the stable formula has {float(exact[lost].flat[0]):.6g}"
    infinite = np.isinf(values) & np.isfinite(exact)
    if infinite.any():
        return f"infinite where the stable formula has {float(exact[infinite].flat[0]):.6g}"
    differing = (values != exact) & (exact != 0) & np.isfinite(exact)
    if not differing.any():
        return ""
    relative = float(np.max(np.abs(values[differing] / exact[differing] - 1.0)))
    # Below this both formulas are right to the last place or two.
    return f"off by {relative:.1e} relative" if relative > 1e-14 else ""


def class_step(name: str, formula: str, values: Floats, note: str = "") -> Step:
    """Make a step with one number for each class."""
    return Step(name, formula, tuple(values.ravel().tolist()), note)


def sample_step(name: str, formula: str, values: Floats, note: str = "") -> Step:
    """Make a step with one number for the sample."""
    return Step(name, formula, float(values.ravel()[0]), note)
