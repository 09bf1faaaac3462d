"""The cures of mistakes with yes-or-no questions, which have no pick and no softmax."""

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
# By the part's key, or by the beginning that the keys of a family have in common.
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
    "one-hot-product": Fix(
        "F.binary_cross_entropy_with_logits(z, t), not t * torch.log(p)",
        "np.logaddexp(0, z) - t * z, or scipy.special.xlogy(t, p)",
        "from_logits=True, or keras.ops.where around the product",
        "log_loss clips: it cannot give nan here",
    ),
    "columns": Fix(
        "z and t of the same answer: -z, or 1 - t, exchanges yes and no",
        "z and t of the same answer: -z, or 1 - t, exchanges yes and no",
        "y_true is 1 where the model's output stands for yes",
        "log_loss takes the probability of the label that sorts last: p, not 1 - p",
    ),
    "label": Fix(
        "z and t of the same rows: z[:-1] with t[1:] only where row i foretells row i + 1",
        "z and t of the same rows: z[:-1] with t[1:] only where row i foretells row i + 1",
        "y_true and y_pred of the same rows",
        "y and p of the same rows",
    ),
    "class-means": Fix(
        "F.binary_cross_entropy_with_logits(z, t), without balanced weights",
        "losses.mean(), not the mean of losses[t == 1].mean() and losses[t == 0].mean()",
        "class_weight=None, the default",
        "sample_weight=None, not compute_sample_weight('balanced', y)",
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
    """Return the cure of a part, in the words of yes-or-no questions."""
    family = part.key.partition("-")[0]
    fix = _FIXES.get(part.key) or _FIXES.get(family, part.fix)
    changes = (change.replace("before the softmax", "before the sigmoid") for change in fix)
    autocast = "autocast does so for "
    return Fix(
        *(
            change.replace(
                f"{autocast}cross_entropy", f"{autocast}binary_cross_entropy_with_logits"
            )
            for change in changes
        )
    )
