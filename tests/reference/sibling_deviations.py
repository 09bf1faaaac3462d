"""Where the sibling losses depart from PyTorch: the calls, and the answers given instead."""

from collections.abc import Iterator, Mapping
from typing import Any

import formula
import numpy as np
from deviations import RAISES, Deviation
from mpmath import mpf  # type: ignore[import-untyped, unused-ignore]

from crossed import Case

INF = np.inf
LOG_PROBS = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.6, 0.3]]))
TARGET = np.array([[0.25, 0.25, 0.5], [0.0, 0.5, 0.5]])


def sibling_deviations() -> Iterator[Deviation]:
    """Yield all deviations, each kind with its own few cases."""
    yield from default_reduction()
    yield from one_sample()
    yield from zero_at_minus_infinity()
    yield from targets_outside()
    yield from cut_logarithms()
    yield from tiny_losses()


def default_reduction() -> Iterator[Deviation]:
    """Yield kl_div without a reduction: PyTorch divides by the number of elements."""
    yield of_kl("kl-default-reduction", {"log_probs": LOG_PROBS, "target": TARGET}, 2)


def one_sample() -> Iterator[Deviation]:
    """Yield batchmean of a single sample, which PyTorch takes for as many as it has classes."""
    for row in (0, 1):
        arguments = {"log_probs": LOG_PROBS[row], "target": TARGET[row], "reduction": "batchmean"}
        yield of_kl("kl-one-sample", arguments, 1)


def zero_at_minus_infinity() -> Iterator[Deviation]:
    """Yield terms without a target where a logarithm is minus infinity."""
    key = "zero-at-minus-infinity"
    log_probs = np.array([[-INF, *np.log([0.25, 0.75])]] * 2)
    target = np.array([[0.0, 0.5, 0.5], [0.0, 0.25, 0.75]])
    for reduction, denominator in (("sum", 1), ("batchmean", 2), ("mean", 6)):
        arguments = {"log_probs": log_probs, "target": target, "reduction": reduction}
        yield of_kl(key, arguments, denominator)
        with np.errstate(divide="ignore"):
            logged = {**arguments, "target": np.log(target), "log_target": True}
        yield of_kl(key, logged, denominator)
    for logit, answer in ((INF, 1.0), (-INF, 0.0)):
        arguments = {"logits": np.array([logit]), "target": np.array([answer])}
        yield of_bce(key, "with_logits", arguments, 0.0, 0.0)


def targets_outside() -> Iterator[Deviation]:
    """Yield targets below 0 or above 1."""
    for value in (-0.5, 1.5, -100.0):
        target = np.array([value, 1.0])
        for name, given in (("with_logits", "logits"), ("", "probs")):
            arguments = {given: np.array([0.25, 0.75]), "target": target}
            function = binary(name)
            case = Case(f"target-outside: {function}, {value}", function, arguments)
            yield Deviation("target-outside", case, RAISES)


def cut_logarithms() -> Iterator[Deviation]:
    """Yield probabilities whose logarithm is below -100, and gradients of p(1-p) below 1e-12."""
    key = "cut-at-minus-100"
    for prob, answer, loss, grad in (
        (0.0, 1.0, INF, -INF),
        (1.0, 0.0, INF, INF),
        (1e-50, 1.0, formula.nearest(-formula.mpmath.log(mpf(1e-50))), -1e50),
        (0.0, 0.0, 0.0, 1.0),
        (1.0, 1.0, 0.0, -1.0),
    ):
        arguments = {"probs": np.array([prob]), "target": np.array([answer])}
        yield of_bce(key, "", arguments, loss, grad)


def tiny_losses() -> Iterator[Deviation]:
    """Yield confident answers of no, whose loss PyTorch gets as a difference of large numbers."""
    for logit in (-20.0, -40.0, -300.0):
        arguments = {"logits": np.array([logit]), "target": np.array([0.0])}
        loss, grad = formula.bce(logit, 0.0), formula.bce_grad(logit, 0.0)
        yield of_bce(
            "tiny-loss", "with_logits", arguments, formula.nearest(loss), formula.nearest(grad)
        )


def of_kl(key: str, arguments: Mapping[str, Any], denominator: int) -> Deviation:
    """Return a case of kl_div with the value and the gradient of the formula."""
    log_probs, target = np.asarray(arguments["log_probs"]), np.asarray(arguments["target"])
    logged = arguments.get("log_target", False)
    shares = [formula.mpmath.exp(mpf(t)) if logged else mpf(t) for t in target.ravel().tolist()]
    exact = formula.kl(shares, [mpf(x) for x in log_probs.ravel().tolist()])
    grad = [formula.nearest(-share / denominator) + 0.0 for share in shares]
    ours = {
        "value": np.array(formula.nearest(exact / denominator)),
        "grad": np.reshape(grad, target.shape),
    }
    options = " ".join(f"{k}={v}" for k, v in arguments.items() if k in ("reduction", "log_target"))
    name = f"{key}: kl_div {target.ravel().tolist()} {options}"
    return Deviation(key, Case(name, "kl_div", dict(arguments)), ours)


def of_bce(
    key: str, kind: str, arguments: Mapping[str, Any], loss: float, grad: float
) -> Deviation:
    """Return a case of one question with its loss and gradient."""
    function = binary(kind)
    given = {name: values.tolist() for name, values in arguments.items()}
    case = Case(f"{key}: {function} {given}", function, dict(arguments))
    return Deviation(key, case, {"value": np.array(loss), "grad": np.array([grad])})


def binary(kind: str) -> str:
    """Return the name of PyTorch's binary cross-entropy of that kind."""
    return "binary_cross_entropy" + (f"_{kind}" if kind else "")
