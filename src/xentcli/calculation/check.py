"""``grad --check`` compares the gradient with central differences of the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xentcli.calculation.interface import Problem
from xentcli.core import gradient
from xentcli.errors import DataError, counted
from xentcli.model import Batch, Check, Floats, sample_number

if TYPE_CHECKING:
    from xentcli.core.differences import Differences

LIMIT = 1e-6
# If a focal loss is below this its p_t rounds to 1: the largest double below 1 is 1 − 2**-53.
CERTAIN = 2.0**-53
# A difference is taken relative to the largest entry of its sample. All entries vanish where the
# softmax is the target. There it is taken relative to this share of the second derivative, which
# the error of the differences follows. (They also vanish where the sample is certain, but then the
# second derivative does so, too.)
VANISHING = 1e-5
# Each sample takes 4·C² exponentials. Beyond this many in a batch the rest go unchecked, and the
# answer says how many were checked.
MOST_EXPONENTIALS = 20_000_000


def check_gradients(batch: Batch, problem: Problem, gradients: Floats, denominator: float) -> Check:
    """Compare the gradients of a batch with central differences of the loss."""
    positions, calculation = problem.positions, problem.calculation
    formulas, ignored = calculation.formulas, calculation.formulas.ignored(problem)
    outer, classes, inner = positions.shape
    found = gradients.reshape(positions.shape)
    scale = gradient.scale_of(denominator) / calculation.log_base
    most = max(1, MOST_EXPONENTIALS // (4 * classes * classes))
    count, largest, worst = 0, 0.0, (0, 0)
    for number in range(min(outer * inner, most)):
        at = divmod(number, inner)
        if ignored[at] or not np.isfinite(positions[at[0], :, at[1]]).all():
            continue
        row_scale = scale
        if problem.weight is not None:
            row_scale *= float(problem.weight[at[0]])
        _check_smooth(problem, at, batch)
        expected = formulas.differences(problem.at([at]))
        difference = (
            _relative_difference(found[at[0], :, at[1]] / row_scale, expected) if row_scale else 0.0
        )
        count += 1
        if not difference <= largest:
            largest, worst = difference, at
    if not count:
        # The worst of no samples has no number.
        return Check()
    return Check(count, count * classes, largest, sample_number(batch, worst[0]))


def _check_smooth(problem: Problem, at: tuple[int, int], batch: Batch) -> None:
    """Refuse a sample where p_t rounds to 1 and the focal exponent is below 1: (1 − p_t)^γ has no
    derivative there."""
    gamma = problem.calculation.settings.gamma
    if not 0.0 < gamma < 1.0:
        return
    losses = problem.calculation.formulas.losses(problem.at([at])._replace(weight=None)).loss
    if (losses < CERTAIN).any():
        raise DataError(
            f"p_t is 1 at sample {sample_number(batch, at[0])}, where (1 − p_t)^{gamma:g} has no "
            "derivative to be compared with",
            hint="leave out --check, or give --gamma of 1 or more",
        )


def _relative_difference(found: Floats, expected: Differences) -> float:
    bend = VANISHING * float(np.abs(expected.second).max())
    largest = max(float(np.abs(expected.first).max()), bend)
    difference = float(np.abs(found - expected.first).max())
    return difference / largest if largest else difference


def merge_checks(known: Check | None, found: Check | None) -> Check | None:
    """Merge two checks; None if there is none."""
    if known is None or found is None:
        return known
    worse = found if not found.largest <= known.largest else known
    return Check(
        known.samples + found.samples, known.entries + found.entries, worse.largest, worse.sample
    )


def describe_check(check: Check) -> str:
    """Say in a sentence how close the gradient is to the differences."""
    if check.samples == 0:
        return "no sample could be checked: none counts and has finite logits"
    samples = counted(check.samples, "sample")
    entries = counted(check.entries, "entry", "entries")
    return (
        f"the gradient is within {check.largest:.1e} of central differences, relative to the "
        f"largest entry of each sample ({samples}, {entries})"
    )
