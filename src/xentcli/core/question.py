"""The arguments of a public loss function or its gradient, checked once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.layout import as_float, as_positions, class_axis
from xentcli.core.settings import Settings, check_settings
from xentcli.core.target import Target, as_target, warn_if_unnormalised
from xentcli.errors import ArgumentError
from xentcli.model import NamedTuple


class Question(NamedTuple):
    """The checked arguments of a loss or its gradient.

    ``shape`` is that of the logits or log-probabilities as they were given; ``positions`` are the
    same numbers as ``(outer, C, inner)``.
    """

    shape: tuple[int, ...]
    positions: NDArray[np.floating]
    target: Target
    settings: Settings


def nll_question(
    log_probs: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None,
    ignore_index: int,
    reduction: str,
) -> Question:
    """Check the arguments of :func:`nll_loss` or its gradient."""
    given = as_float(log_probs, "log_probs")
    positions = as_positions(given, class_axis(given.ndim), "log_probs")
    options = check_settings(
        weight, positions.shape[1], ignore_index=ignore_index, reduction=reduction
    )
    checked = as_target(target, given.shape, ignore_index)
    if checked.labels is None:
        raise ArgumentError("target", "nll_loss takes class indices; use cross_entropy")
    return Question(given.shape, positions, checked, options)


def cross_entropy_question(
    logits: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
    temperature: float,
) -> Question:
    """Check the arguments of :func:`cross_entropy` or its gradient."""
    given = as_float(logits, "logits")
    positions = as_positions(given, class_axis(given.ndim), "logits")
    options = check_settings(
        weight,
        positions.shape[1],
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
        temperature=temperature,
    )
    checked = as_target(target, given.shape, ignore_index, as_stored=True)
    # The warning names the user's line, which is two calls up.
    warn_if_unnormalised(checked, stacklevel=4)
    return Question(given.shape, positions, checked, options)
