"""Findings: remarkable properties of an input, each with its evidence and a function of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from xentcli.core import elementary, framework, softmax
from xentcli.core.layout import Array
from xentcli.core.target import unnormalised_samples
from xentcli.diagnosis.case import Case, classes_of
from xentcli.diagnosis.mistakes.arithmetic import FRAMEWORK64
from xentcli.diagnosis.pairing import ids_differ, impossible_targets, no_better_than_chance
from xentcli.diagnosis.printed_number import PrintedNumber
from xentcli.errors import counted, quoted, rounded
from xentcli.model.diagnosis import Finding

# A finding names the first of the samples that it concerns.
MOST_ROWS = 5
MOST_CLASSES = 10
# How near a loss must be, relatively, to the smallest that a softmax of a softmax can give.
NEAR_THE_FLOOR = 0.02
SUM_TOLERANCE = 1e-3
DIGITS = 4
PROBABILITIES = "probabilities"

Mask = NDArray[np.bool_]


def findings(case: Case, got: PrintedNumber | None = None) -> tuple[Finding, ...]:
    """Return all findings about a case; ``got`` is the loss that the user got for it."""
    with np.errstate(all="ignore"):
        found = [look(case) for look in LOOKS]
        found.append(_double_softmax_floor(case, got))
    return tuple(one._replace(source=case.source) for one in found if one is not None)


def _report_rows(name: str, mask: Mask, message: str, evidence: str) -> Finding | None:
    """Make a finding about the rows of a mask; None if there are none."""
    rows = np.flatnonzero(mask)
    if not rows.size:
        return None
    first = tuple(rows[:MOST_ROWS].tolist())
    return Finding(name, message, evidence, int(rows.size), first)


def _not_finite(case: Case) -> Finding | None:
    """Report rows with a value that is nan or infinite."""
    wrong: Mask = ~np.isfinite(case.values)
    if case.kind == "log_probs":
        # −inf is the logarithm of probability 0.
        wrong &= ~np.isneginf(case.values)
    if not wrong.any():
        return None
    row, column = (int(at) for at in np.argwhere(wrong)[0])
    return _report_rows(
        "not-finite",
        np.any(wrong, axis=1),
        "rows hold values that are not finite; unless they are ignored, one of them makes the mean "
        "nan",
        f"{case.values[row, column]} at sample {row}, class {column}",
    )


def _probabilities(case: Case) -> Finding | None:
    """Report logits that look like probabilities."""
    if case.kind != "logits" or not looks_like_probabilities(case):
        return None
    sums = case.values.sum(axis=1)
    return _report_rows(
        PROBABILITIES,
        np.ones(case.samples, dtype=bool),
        "every row is 0 or more and sums to 1: are these probabilities? Then give them with "
        "--probs or --input probs",
        _sums(sums),
    )


def _sums(sums: Array) -> str:
    least, most = rounded(float(sums.min()), DIGITS), rounded(float(sums.max()), DIGITS)
    return f"the sums are {least} to {most}" if least != most else f"each sum is {least}"


def looks_like_probabilities(case: Case) -> bool:
    """Whether all rows are non-negative and sum to 1 but for rounding, and not all are integers."""
    values = case.values
    if (
        case.kind != "logits"
        or case.classes == 1
        or not (values >= 0).all()
        or unnormalised_samples(values, 1).any()
    ):
        return False
    return bool((values != np.round(values)).any())


def _log_probabilities(case: Case) -> Finding | None:
    """Report logits whose exponentials sum to 1."""
    if case.kind != "logits" or case.classes == 1 or not (case.values <= 0).all():
        return None
    sums = elementary.exp(case.values).sum(axis=1)
    if (np.abs(sums - 1.0) > SUM_TOLERANCE).any():
        return None
    return _report_rows(
        "log-probabilities",
        np.ones(case.samples, dtype=bool),
        "every row is made of logarithms of probabilities already; another log-softmax changes "
        "nothing, a softmax or a logarithm does",
        _sums(sums),
    )


def _not_normalised(case: Case) -> Finding | None:
    """Report probabilities, given as such or by their logarithms, that do not sum to 1."""
    if case.kind == "logits":
        return None
    probs = case.values if case.kind == "probs" else elementary.exp(case.values)
    wrong = unnormalised_samples(probs, 1)
    what = "probabilities" if case.kind == "probs" else "exponentials"
    return _report_rows(
        "not-normalised",
        wrong,
        f"rows whose {what} do not sum to 1: are they logits?",
        "" if not wrong.any() else f"the first sums to {probs[wrong][0].sum():.6g}",
    )


def _targets_not_normalised(case: Case) -> Finding | None:
    if case.soft is None:
        return None
    wrong = unnormalised_samples(case.soft, 1)
    return _report_rows(
        "targets-not-normalised",
        wrong,
        "rows whose soft target does not sum to 1",
        "" if not wrong.any() else f"the first sums to {case.soft[wrong][0].sum():.6g}",
    )


def _one_based(case: Case) -> Finding | None:
    """Report labels that run from 1 to C."""
    if not case.one_based or case.labels is None:
        return None
    top = case.labels == case.classes - 1
    return _report_rows(
        "one-based-labels",
        top,
        f"the labels count from 1: label {case.classes} stands among {case.classes} classes, which "
        "are 0 to "
        f"{case.classes - 1}; PyTorch raises an IndexError. Here 1 was taken from each",
        "label 0 does not occur",
    )


def _never_seen(case: Case) -> Finding | None:
    """Report classes that do not occur among the labels."""
    if case.labels is None or not case.kept.any():
        return None
    seen = set(np.unique(case.labels[case.kept]).tolist())
    missing = [at for at in range(case.classes) if at not in seen]
    # With fewer samples than classes some are missing in any case.
    if not missing or case.samples < case.classes:
        return None
    shown = ", ".join(map(str, missing[:MOST_CLASSES]))
    more = f" and {len(missing) - MOST_CLASSES} more" if len(missing) > MOST_CLASSES else ""
    from_one = missing == [0] and case.classes > 2
    return Finding(
        "classes-never-seen",
        f"{counted(len(missing), 'class', 'classes')} of {case.classes} never "
        f"{'occurs' if len(missing) == 1 else 'occur'} among the labels"
        + ("; do the labels count from 1?" if from_one else ""),
        f"{'class' if len(missing) == 1 else 'classes'} {shown}{more}",
    )


def _ignored(case: Case) -> Finding | None:
    ignored = ~case.kept
    count = int(ignored.sum())
    message = (
        f"label {case.settings.ignore_index} is ignored: these rows are in neither sum nor mean"
    )
    if count == case.samples:
        message = f"every label is {case.settings.ignore_index}, which is ignored: the mean is nan"
    return _report_rows("ignored", ignored, message, f"{count:,} of {counted(case.samples, 'row')}")


def _saturated(case: Case) -> Finding | None:
    """Report rows whose loss a framework rounds to 0."""
    if case.kind != "logits" or case.labels is None:
        return None
    index = classes_of(case)[:, np.newaxis]

    def zero(log_probs: NDArray[np.floating]) -> Mask:
        rows = np.asarray(log_probs).reshape(case.values.shape)
        found: Mask = np.take_along_axis(rows, index, 1).squeeze(1) == 0
        return found

    exact = softmax.log_softmax(case.values, 1, temperature=case.settings.temperature)
    losses = -np.take_along_axis(exact, index, 1).squeeze(1)
    scaled = case.values / case.settings.temperature
    narrow = framework.softmax(scaled[..., np.newaxis], framework.WIDTHS["float32"], log=True)
    is_one = case.classes == 1
    lost = zero(narrow) & (losses > 0) & case.kept & (not is_one)
    wide = zero(FRAMEWORK64.log_softmax(scaled)) & lost
    if not lost.any():
        return None
    also = f", in float64 for {int(wide.sum()):,} of them" if wide.any() else ""
    return _report_rows(
        "saturated",
        lost,
        f"rows whose loss PyTorch rounds to 0 in float32{also}",
        f"the first one's is {losses[lost][0]:.4g}",
    )


def _overflowing(case: Case) -> Finding | None:
    """Report rows for which exp(z) overflows."""
    if case.kind != "logits":
        return None
    scaled = case.values / case.settings.temperature
    largest = np.where(np.isfinite(scaled), scaled, -np.inf).max(axis=1)
    narrow, wide = largest > 88.72, largest > 709.78
    also = f", in float64 for {int(wide.sum()):,} of them" if wide.any() else ""
    return _report_rows(
        "overflow",
        narrow,
        "rows for which exp(z) without a shift by the maximum overflows in float32" + also,
        "" if not narrow.any() else f"the first one's largest logit is {largest[narrow][0]:.6g}",
    )


def _constant(case: Case) -> Finding | None:
    """Report rows in which all classes have the same value."""
    if case.classes == 1:
        return None
    same = (case.values == case.values[:, :1]).all(axis=1)
    return _report_rows(
        "constant",
        same,
        "rows in which every class has the same value: the softmax is uniform",
        f"the loss of a label is ln {case.classes} = "
        f"{rounded(float(elementary.log(case.classes)) / case.log_base, DIGITS)}",
    )


def _all_alike(case: Case) -> Finding | None:
    """Report rows that are all the same."""
    alike = case.samples > 1 and bool((case.values == case.values[0]).all())
    return _report_rows(
        "all-rows-alike",
        np.full(case.samples, alike),
        "every row is the same: the output does not depend on the sample",
        f"{counted(case.samples, 'row')}",
    )


def _double_softmax_floor(case: Case, got: PrintedNumber | None) -> Finding | None:
    """Report a loss near ln(e + C − 1) − 1, the smallest that a softmax of a softmax can give."""
    if case.classes == 1 or case.settings.label_smoothing or case.has_weights:
        return None
    floor = (float(elementary.log(math.e + case.classes - 1)) - 1.0) / case.log_base
    seen = got.value if got is not None else case.loss
    if case.kind != "logits" or seen is None or case.settings.reduction == "sum":
        return None
    if got is None and not looks_like_probabilities(case):
        return None
    if not -0.001 * floor <= seen - floor <= NEAR_THE_FLOOR * floor:
        return None
    return Finding(
        "double-softmax-floor",
        "the loss is next to the least that a softmax of a softmax can give, ln(e + C − 1) − 1: is "
        "a softmax applied twice?",
        f"{rounded(seen, DIGITS)} against {rounded(floor, DIGITS)}",
    )


def _columns_left_out(case: Case) -> Finding | None:
    """Report columns of numbers, and empty columns, that were not read as anything."""
    if not case.left_out:
        return None
    count = len(case.left_out)
    shown = ", ".join(map(quoted, case.left_out[:MOST_CLASSES]))
    return Finding(
        "columns-left-out",
        f"{counted(count, 'column')} {'is' if count == 1 else 'are'} not taken for "
        f"{'a class' if count == 1 else 'classes'}; --logit-cols says otherwise",
        shown + (" …" if count > MOST_CLASSES else ""),
    )


LOOKS: Sequence[Callable[[Case], Finding | None]] = (
    _columns_left_out,
    _not_finite,
    _probabilities,
    _log_probabilities,
    _not_normalised,
    _targets_not_normalised,
    _one_based,
    _never_seen,
    _ignored,
    _saturated,
    _overflowing,
    _constant,
    _all_alike,
    ids_differ,
    no_better_than_chance,
    impossible_targets,
)
