"""Softmax cross-entropy and its sibling losses, worked out in the open.

The functions take NumPy arrays or nested sequences and compute in float64; see each one's help.
They are imported when first used, so that the command line starts without NumPy where it can.
"""

# Nothing is imported here, not even from __future__: the command takes a signal only after this.
# This name is as in typing, whose import takes 5 ms.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from xentcli.core.bce import (
        binary_cross_entropy,
        binary_cross_entropy_grad,
        binary_cross_entropy_with_logits,
        binary_cross_entropy_with_logits_grad,
    )
    from xentcli.core.entropy import entropy, entropy_grad
    from xentcli.core.gradient import cross_entropy_grad, nll_loss_grad
    from xentcli.core.js import js_div, js_div_grad
    from xentcli.core.kl import kl_div, kl_div_grad
    from xentcli.core.loss import cross_entropy, nll_loss
    from xentcli.core.softmax import log_softmax, softmax

__version__ = "0.2.0"

__all__ = [
    "__version__",
    "binary_cross_entropy",
    "binary_cross_entropy_grad",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_grad",
    "cross_entropy",
    "cross_entropy_grad",
    "entropy",
    "entropy_grad",
    "js_div",
    "js_div_grad",
    "kl_div",
    "kl_div_grad",
    "log_softmax",
    "nll_loss",
    "nll_loss_grad",
    "softmax",
]

_HOME = {
    "softmax": "xentcli.core.softmax",
    "log_softmax": "xentcli.core.softmax",
    "nll_loss": "xentcli.core.loss",
    "cross_entropy": "xentcli.core.loss",
    "nll_loss_grad": "xentcli.core.gradient",
    "cross_entropy_grad": "xentcli.core.gradient",
    "binary_cross_entropy_with_logits": "xentcli.core.bce",
    "binary_cross_entropy_with_logits_grad": "xentcli.core.bce",
    "binary_cross_entropy": "xentcli.core.bce",
    "binary_cross_entropy_grad": "xentcli.core.bce",
    "kl_div": "xentcli.core.kl",
    "kl_div_grad": "xentcli.core.kl",
    "js_div": "xentcli.core.js",
    "js_div_grad": "xentcli.core.js",
    "entropy": "xentcli.core.entropy",
    "entropy_grad": "xentcli.core.entropy",
}


def __getattr__(name: str) -> "Any":
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
