"""Softmax over another axis than that of the classes, or over several."""

from __future__ import annotations

import numpy as np

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.arithmetic import Arithmetic
from xentcli.diagnosis.mistakes.part import SELDOM, SOMETIMES, Fix, Part
from xentcli.diagnosis.mistakes.reading import Reading, ReadingFunction, exp
from xentcli.model import AnyArray


def _read_along(axis: int, *, log: bool) -> ReadingFunction:
    def read(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
        moved = np.ascontiguousarray(np.moveaxis(values, axis, -1))
        found = arithmetic.log_softmax(moved) if log else arithmetic.softmax(moved)
        return np.moveaxis(found, -1, axis)

    return read


def _read_over_everything(*, log: bool) -> ReadingFunction:
    def read(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
        flat = values.reshape(1, -1)
        found = arithmetic.log_softmax(flat) if log else arithmetic.softmax(flat)
        return found.reshape(values.shape)

    return read


EVERYTHING = Reading(
    Part(
        "softmax-everything",
        "with one softmax over all numbers",
        "softmax(all of z)",
        "the exponentials are divided by the sum over all rows, not over each row's classes",
        SELDOM,
        by_hand=True,
        fix=Fix(
            "dim=1, not a sum over the whole tensor",
            "np.exp(z).sum(axis=1, keepdims=True), not np.exp(z).sum()",
            "axis=-1 in tf.nn.softmax, not a sum over the whole tensor",
            "scipy.special.softmax(z, axis=1): without an axis it takes all numbers at once",
        ),
        apart="give two samples or more",
    ),
    "the {} of these rows with one softmax over all numbers",
    _read_over_everything(log=True),
    _read_over_everything(log=False),
)


def _read_symmetric(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    """½(log-softmax of the rows + log-softmax of the columns), for N × N values."""
    along = [_read_along(axis, log=True)(values, arithmetic) for axis in (-1, 0)]
    return arithmetic.stored((along[0] + along[1]) / 2)


SYMMETRIC = Reading(
    Part(
        "symmetric",
        "as the symmetric mean of both directions, rows and columns",
        "softmax(z) of rows and columns",
        "the mean of the cross-entropy of the rows and that of the columns, as contrastive losses "
        "(CLIP, InfoNCE) have it",
        SOMETIMES,
        fix=Fix(
            "F.cross_entropy(z, y) alone, without F.cross_entropy(z.T, y)",
            "the log-softmax of axis=1 alone",
            "the loss of z alone, without that of its transpose",
            "log_loss takes the rows alone",
        ),
        apart="give rows that are no square",
        excludes=frozenset({"clips", "picks"}),
    ),
    "the {} of these rows, averaged with that of the columns,",
    _read_symmetric,
    lambda values, arithmetic: exp(_read_symmetric(values, arithmetic), arithmetic),
)


def _make_reshaped(case: Case) -> Reading:
    """Make a reading that reshapes where the axes must be permuted: the numbers get mixed up."""
    rows, classes = case.grid, case.classes
    # The shape of the tensor: (N, C, d…), or (N, d…, C) with the classes last.
    torch_shape = (rows[0], classes, *rows[1:])

    def mix(values: AnyArray) -> AnyArray:
        if case.class_axis == -1:
            return np.moveaxis(values.reshape(torch_shape), 1, -1)
        return np.moveaxis(values, -1, 1).reshape(values.shape)

    call = "z.view(-1, C)" if case.class_axis != -1 else "z.view(N, C, …)"
    part = Part(
        "reshaped",
        "reshaped without a permute, so that the axes mix",
        f"softmax({call})",
        f"{call} leaves the numbers in their order: rows are made of several positions' numbers",
        SOMETIMES,
        fix=Fix(
            "z.movedim(1, -1).reshape(-1, C), not z.view(-1, C)"
            if case.class_axis != -1
            else "z.movedim(-1, 1), not z.view(N, C, -1)",
            "np.moveaxis before the reshape",
            "keras.ops.transpose before the reshape",
            "np.moveaxis before the reshape",
        ),
        apart="give positions that differ more",
    )
    return Reading(
        part,
        "the {} of these rows, reshaped without a permute,",
        lambda values, arithmetic: arithmetic.log_softmax(np.ascontiguousarray(mix(values))),
        lambda values, arithmetic: arithmetic.softmax(np.ascontiguousarray(mix(values))),
    )


def _make_over_axis(axis: int) -> Reading:
    over = "the samples" if axis == 0 else f"dimension {axis + 1}"
    dim = axis if axis == 0 else axis + 1
    part = Part(
        f"softmax-axis-{dim}",
        f"with the softmax taken over {over} instead of the classes",
        f"softmax(z, dim={dim})",
        f"the softmax runs over {over}: each class sums to 1, not each row",
        SOMETIMES,
        fix=Fix(
            f"dim=1 in F.softmax and F.log_softmax, not dim={dim}",
            f"axis=1, not axis={dim}",
            "axis=-1, the axis of the classes",
            f"scipy.special.softmax(z, axis=1), not axis={dim}",
        ),
        apart="give as many samples as there are not classes, all of them different",
    )
    noun = f"the {{}} of these rows {part.phrase}"
    return Reading(part, noun, _read_along(axis, log=True), _read_along(axis, log=False))


def _is_matched(case: Case) -> bool:
    """Whether there are as many rows as columns, and the label of row i is i."""
    if case.labels is None or len(case.grid) > 1 or case.samples != case.classes:
        return False
    return case.classes > 1 and bool((case.labels == np.arange(case.classes)).all())


def choices(case: Case) -> tuple[Reading, ...]:
    """Return the readings of logits over other axes."""
    found = [_make_over_axis(axis) for axis in range(len(case.grid))]
    if case.samples > 1:
        found.append(EVERYTHING)
    if len(case.grid) > 1:
        found.append(_make_reshaped(case))
    if _is_matched(case):
        found.append(SYMMETRIC)
    return tuple(found)
