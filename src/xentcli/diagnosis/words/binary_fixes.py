"""What cures a mistake about yes-or-no questions, which have no pick and no softmax."""

from __future__ import annotations

from xentcli.diagnosis.mistakes.part import Fix, Part

_EPS = Fix(
    "F.binary_cross_entropy_with_logits of the logits needs no eps",
    "np.logaddexp(0, z) - t * z needs no eps",
    "Keras clips probabilities at 1e-7; give it logits and from_logits=True",
    "log_loss clips at the eps of its type: give float64 probabilities",
)
_SCORE = Fix(
    "F.binary_cross_entropy_with_logits(z, t) is the log loss",
    "(np.logaddexp(0, z) - t * z).mean() is the log loss",
    "BinaryCrossentropy is the log loss",
    "log_loss(y, p), not brier_score_loss or accuracy_score",
)
# By a part's key, or by what the keys of its family begin with.
_FIXES = {
    "no-log": Fix(
        "F.binary_cross_entropy_with_logits takes the logarithm itself",
        "np.log of the probability is missing",
        "BinaryCrossentropy takes the logarithm itself",
        "log_loss takes the logarithm itself",
    ),
    "no-minus": Fix(
        "F.binary_cross_entropy_with_logits has the minus sign in it; F.logsigmoid has not",
        "a minus sign before the mean",
        "a minus sign before the mean",
        "scoring='neg_log_loss' is the negative of log_loss",
    ),
    "focal": Fix(
        "F.binary_cross_entropy_with_logits(z, t), not torchvision's sigmoid_focal_loss",
        "leave out the factor (1 - p) ** gamma",
        "BinaryCrossentropy, not BinaryFocalCrossentropy",
        "log_loss has no focal factor",
    ),
    "temperature": Fix(
        "F.binary_cross_entropy_with_logits(z, t), without a temperature",
        "the logits themselves, not z / T",
        "the logits themselves, not z / T",
        "scipy.special.expit(z), not of z / T",
    ),
    "textbook": Fix(
        "F.binary_cross_entropy_with_logits(z, t), not torch.log(1 / (1 + torch.exp(-z)))",
        "np.logaddexp(0, z) - t * z, not np.log(1 / (1 + np.exp(-z)))",
        "from_logits=True, not a sigmoid of your own",
        "scipy.special.expit(z), not 1 / (1 + np.exp(-z))",
    ),
    "arg-max": Fix(
        "the second argument is t, not (z > 0).float()",
        "np.logaddexp(0, z) - t * z with the labels t, not with z > 0",
        "y_true is the labels, not the rounded answers",
        "log_loss(y, p) with the labels y, not with p > 0.5",
    ),
    "clip": _EPS,
    "add": _EPS,
    "mean-squared": _SCORE,
    "error-rate": _SCORE,
    "accuracy": _SCORE,
}


def fix_of(part: Part) -> Fix:
    """What cures it."""
    family = part.key.partition("-")[0]
    fix = _FIXES.get(part.key) or _FIXES.get(family, part.fix)
    return Fix(*(change.replace("before the softmax", "before the sigmoid") for change in fix))
