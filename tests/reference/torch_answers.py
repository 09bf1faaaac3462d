"""PyTorch's answer to a case: the value and, for a loss, the gradient of the value's sum."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from numpy.typing import NDArray

INPUT_NAMES = {
    "softmax": "logits",
    "log_softmax": "logits",
    "nll_loss": "log_probs",
    "cross_entropy": "logits",
}


def answer(
    function: str, arguments: Mapping[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return torch.nn.functional's value in float64, and for the losses the input's gradient.

    The arguments have the names that both libraries use. PyTorch knows no temperature: the
    input is divided by it.
    """
    options = {name: as_tensor(value) for name, value in arguments.items()}
    leaf = options.pop(INPUT_NAMES[function]).to(torch.float64).requires_grad_()
    scaled = leaf / options.pop("temperature", 1.0)
    compute = getattr(torch.nn.functional, function)
    if "target" not in options:
        return compute(scaled, options["axis"]).detach().numpy(), None
    value = compute(scaled, options.pop("target"), **options)
    value.sum().backward()
    return value.detach().numpy(), leaf.grad.numpy()


def as_tensor(value: Any) -> Any:
    """Return arrays as tensors of their own and every other argument as it is."""
    return torch.tensor(value) if isinstance(value, np.ndarray) else value
