"""``grad --check``: the gradient beside central differences of the loss."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.interface import Problem
from xentcli.core import gradient
from xentcli.core.differences import Differences
from xentcli.errors import counted
from xentcli.model import Batch, Check, Floats

LIMIT = 1e-6
# An entry is compared with the largest of its sample; where all of them vanish because the softmax
# is the target, with this share of the second derivative, from which the differences' own error
# follows. (Where they vanish because the sample is certain, so does the second derivative.)
VANISHING = 1e-5
# Each sample takes 4·C² exponentials. Beyond this many in a batch the rest go unchecked, and the
# answer says how many were checked.
MOST_EXPONENTIALS = 20_000_000


def check_gradients(batch: Batch, problem: Problem, gradients: Floats, denominator: float) -> Check:
    """The largest difference, relative to the largest entry of its sample."""
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
        expected = formulas.differences(problem.at([at]))
        difference = _relative(found[at[0], :, at[1]] / row_scale, expected) if row_scale else 0.0
        count += 1
        if not difference <= largest:
            largest, worst = difference, at
    return Check(count, count * classes, largest, batch.first + worst[0])


def _relative(found: Floats, expected: Differences) -> float:
    bend = VANISHING * float(np.abs(expected.second).max())
    largest = max(float(np.abs(expected.first).max()), bend)
    difference = float(np.abs(found - expected.first).max())
    return difference / largest if largest else difference


def furthest(known: Check | None, found: Check | None) -> Check | None:
    """Two checks as one."""
    if known is None or found is None:
        return known
    worse = found if not found.largest <= known.largest else known
    return Check(
        known.samples + found.samples, known.entries + found.entries, worse.largest, worse.sample
    )


def check_in_words(check: Check) -> str:
    """``largest difference 3.1e-14 of a sample's largest entry (3 samples, 9 entries)``."""
    if check.samples == 0:
        return "no sample could be checked: none counts and has finite logits"
    samples = counted(check.samples, "sample")
    entries = counted(check.entries, "entry", "entries")
    return (
        f"the gradient is within {check.largest:.1e} of central differences, relative to the "
        f"largest entry of each sample ({samples}, {entries})"
    )
