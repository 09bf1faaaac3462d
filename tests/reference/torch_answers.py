"""PyTorch's answer to a case: the value and, for a loss, the gradient of the value's sum.

The entropy and the Jensen-Shannon divergence, which PyTorch has no function for, are SciPy's.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from numpy.typing import NDArray

Answer = tuple[NDArray[np.float64], NDArray[np.float64] | None]

INPUT_NAMES = {
    "softmax": "logits",
    "log_softmax": "logits",
    "nll_loss": "log_probs",
    "cross_entropy": "logits",
    "binary_cross_entropy_with_logits": "logits",
    "binary_cross_entropy": "probs",
    "sigmoid_focal_loss": "logits",
    "kl_div": "log_probs",
}


def answer(function: str, arguments: Mapping[str, Any]) -> Answer:
    """Return torch.nn.functional's value in float64, and for the losses the input's gradient.

    The arguments have the names that both libraries use. PyTorch knows no temperature: the
    input is divided by it.
    """
    if function in BY_SCIPY:
        return BY_SCIPY[function](**arguments), None
    options = {name: as_tensor(value) for name, value in arguments.items()}
    leaf = options.pop(INPUT_NAMES[function]).to(torch.float64).requires_grad_()
    scaled = leaf / options.pop("temperature", 1.0)
    compute = BY_FORMULA.get(function) or getattr(torch.nn.functional, function)
    if "target" not in options:
        return compute(scaled, options["axis"]).detach().numpy(), None
    value = compute(scaled, options.pop("target"), **options)
    value.sum().backward()
    return value.detach().numpy(), leaf.grad.numpy()


def as_tensor(value: Any) -> Any:
    """Return arrays as tensors of their own and every other argument as it is."""
    return torch.tensor(value) if isinstance(value, np.ndarray) else value


def sigmoid_focal_loss(
    logits: Any, target: Any, gamma: float, alpha: float = -1.0, reduction: str = "none"
) -> Any:
    """Return torchvision.ops.sigmoid_focal_loss by the formula in its documentation."""
    plain = torch.nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    prob = torch.sigmoid(logits)
    right = prob * target + (1 - prob) * (1 - target)
    loss = plain * (1 - right) ** gamma
    if alpha >= 0:
        loss = (alpha * target + (1 - alpha) * (1 - target)) * loss
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def js_div(p: NDArray[np.float64], q: NDArray[np.float64], reduction: str) -> NDArray[np.float64]:
    """Return the square of SciPy's Jensen-Shannon distance."""
    from scipy.spatial.distance import jensenshannon

    rows = np.asarray(jensenshannon(p, q, axis=min(1, p.ndim - 1)) ** 2)
    reduced = {"none": rows, "sum": rows.sum(), "mean": rows.mean()}
    return np.asarray(reduced[reduction])


def entropy(probs: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return SciPy's entropy."""
    import scipy.stats

    return np.asarray(scipy.stats.entropy(probs, axis=axis))


BY_FORMULA: dict[str, Callable[..., Any]] = {"sigmoid_focal_loss": sigmoid_focal_loss}
BY_SCIPY: dict[str, Callable[..., NDArray[np.float64]]] = {"js_div": js_div, "entropy": entropy}
