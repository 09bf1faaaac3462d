"""Calls of the sibling losses: binary cross-entropy, focal loss, KL, JS and entropy, crossed."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossed import Case, class_axis, described, design, draw_soft_target, generator

INF, NAN = np.inf, np.nan
QUESTIONS = ((), (5,), (3, 4), (2, 3, 2))
ROWS = ((4,), (3, 4), (2, 4, 3))
REDUCTIONS = ("mean", "sum", "none")
SPREADS = {"ordinary": 2.0, "wide": 30.0}
PAIR = np.array([[0.5, -1.5], [3.0, 0.25]])
ANSWERS = np.array([[1.0, 0.0], [0.25, 1.0]])


def sibling_cases() -> Iterator[Case]:
    """Yield every case."""
    yield from with_logits_cases()
    yield from of_probs_cases()
    yield from focal_cases()
    yield from kl_cases()
    yield from js_cases()
    yield from entropy_cases()
    yield from edge_cases()
    yield from refused_cases()


def with_logits_cases() -> Iterator[Case]:
    """Yield binary_cross_entropy_with_logits over shapes, weights, targets and reductions."""
    full = {
        "shape": QUESTIONS,
        "weight": ("none", "column", "full"),
        "pos_weight": ("none", "one", "column"),
        "target": ("hard", "soft"),
        "reduction": REDUCTIONS,
    }
    for options in design(full, {"scale": tuple(SPREADS)}):
        name = f"binary_cross_entropy_with_logits {described(**options)}"
        rng = generator(name)
        logits = rng.normal(0.0, SPREADS[options["scale"]], options["shape"])
        arguments = {"logits": np.asarray(logits), **question_arguments(options, rng)}
        yield Case(name, "binary_cross_entropy_with_logits", arguments)


def of_probs_cases() -> Iterator[Case]:
    """Yield binary_cross_entropy of probabilities that are not saturated."""
    full = {
        "shape": QUESTIONS,
        "weight": ("none", "column", "full"),
        "target": ("hard", "soft"),
        "reduction": REDUCTIONS,
    }
    for options in design(full, {}):
        name = f"binary_cross_entropy {described(**options)}"
        rng = generator(name)
        probs = rng.uniform(0.001, 0.999, options["shape"])
        arguments = {"probs": np.asarray(probs), **question_arguments(options, rng)}
        yield Case(name, "binary_cross_entropy", arguments)


def focal_cases() -> Iterator[Case]:
    """Yield torchvision's sigmoid focal loss."""
    full = {
        "shape": QUESTIONS[1:],
        "gamma": (0.0, 0.5, 2.0, 3.7),
        "alpha": (None, 0.25, 1.0),
        "target": ("hard", "soft"),
    }
    for options in design(full, {"reduction": REDUCTIONS}):
        name = f"sigmoid_focal_loss {described(**options)}"
        rng = generator(name)
        arguments = {
            "logits": rng.normal(0.0, 2.0, options["shape"]),
            "target": draw_answers(options, rng),
            "gamma": options["gamma"],
            "reduction": options["reduction"],
        }
        chosen = {} if options["alpha"] is None else {"alpha": options["alpha"]}
        yield Case(name, "sigmoid_focal_loss", arguments | chosen)


def kl_cases() -> Iterator[Case]:
    """Yield kl_div of targets and of their logarithms."""
    full = {
        "shape": ROWS,
        "target": ("normalised", "sparse", "unnormalised"),
        "reduction": ("batchmean", *REDUCTIONS),
        "log_target": (False, True),
    }
    for options in design(full, {}):
        shape, axis = options["shape"], class_axis(options["shape"])
        # PyTorch's answers to these are among the deviations.
        one_sample = len(shape) == 1 and options["reduction"] == "batchmean"
        if one_sample or (options["log_target"] and options["target"] == "sparse"):
            continue
        name = f"kl_div {described(**options)}"
        rng = generator(name)
        target = draw_soft_target(shape, options["target"], rng)
        logits = rng.normal(0.0, 2.0, shape)
        arguments = {
            "log_probs": logits - np.log(np.exp(logits).sum(axis, keepdims=True)),
            "target": np.log(target) if options["log_target"] else target,
            "reduction": options["reduction"],
            "log_target": options["log_target"],
        }
        yield Case(name, "kl_div", arguments)


def js_cases() -> Iterator[Case]:
    """Yield js_div, to be compared with the square of SciPy's distance."""
    kinds = ("normalised", "sparse")
    full = {"shape": ROWS, "p": kinds, "q": kinds, "reduction": REDUCTIONS}
    for options in design(full, {}):
        name = f"js_div {described(**options)}"
        rng = generator(name)
        first, second = (draw_soft_target(options["shape"], options[key], rng) for key in "pq")
        yield Case(name, "js_div", {"p": first, "q": second, "reduction": options["reduction"]})


def entropy_cases() -> Iterator[Case]:
    """Yield entropy along each axis."""
    for shape in ROWS:
        for kind in ("normalised", "sparse"):
            for axis in sorted({class_axis(shape), class_axis(shape) - len(shape)}):
                name = f"entropy {described(shape=shape, kind=kind, axis=axis)}"
                probs = draw_soft_target(shape, kind, generator(name))
                yield Case(name, "entropy", {"probs": probs, "axis": axis})


def edge_cases() -> Iterator[Case]:
    """Yield empty input, logits that are nan, and the ends that both answer alike."""
    for shape in ((0,), (0, 3), (2, 0)):
        for reduction in REDUCTIONS:
            empty = {"target": np.zeros(shape), "reduction": reduction}
            name = f"of no questions, shape {shape}, {reduction}"
            logits = {"logits": np.zeros(shape), **empty}
            yield with_logits(name, logits)
            yield Case(
                f"binary_cross_entropy {name}",
                "binary_cross_entropy",
                {"probs": np.zeros(shape), **empty},
            )
    for name, logit in {"nan": NAN, "large": 1e300, "large negative": -1e300}.items():
        for answer in (0.0, 1.0, 0.25):
            arguments = {"logits": np.array([logit, 1.0]), "target": np.array([answer, 0.0])}
            yield with_logits(f"of {name}, target {answer}", {**arguments, "reduction": "none"})


def refused_cases() -> Iterator[Case]:
    """Yield calls that PyTorch refuses, and so must everybody."""
    calls: dict[str, dict[str, Any]] = {
        "too few targets": {"target": ANSWERS[:1]},
        "targets of another shape": {"target": ANSWERS[0]},
        "weight too long": {"target": ANSWERS, "weight": np.ones(3)},
        "unknown reduction": {"target": ANSWERS, "reduction": "median"},
    }
    for name, options in calls.items():
        yield with_logits(f"refused: {name}", {"logits": PAIR, **options})
        probs = {"probs": np.full((2, 2), 0.5), **options}
        yield Case(f"binary_cross_entropy refused: {name}", "binary_cross_entropy", probs)
    long = {"logits": PAIR, "target": ANSWERS, "pos_weight": np.ones(3)}
    yield with_logits("refused: pos_weight too long", long)
    for name, probs in {"above 1": 1.5, "negative": -0.5, "nan": NAN}.items():
        yield Case(
            f"binary_cross_entropy refused: a probability {name}",
            "binary_cross_entropy",
            {"probs": np.array([probs, 0.5]), "target": np.array([1.0, 0.0])},
        )


def with_logits(name: str, arguments: dict[str, Any]) -> Case:
    """Return a case of binary_cross_entropy_with_logits."""
    function = "binary_cross_entropy_with_logits"
    return Case(f"{function} {name}", function, arguments)


def question_arguments(options: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Return the targets and the weights of questions, and the reduction."""
    shape = options["shape"]
    arguments = {"target": draw_answers(options, rng), "reduction": options["reduction"]}
    for key in ("weight", "pos_weight"):
        kind = options.get(key, "none")
        wide = {"one": (), "column": shape[-1:], "full": shape}
        if kind != "none":
            arguments[key] = np.asarray(rng.uniform(0.25, 2.5, wide[kind]))
    return arguments


def draw_answers(options: Mapping[str, Any], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return targets of 0 and 1, or from 0 to 1."""
    drawn = rng.random(options["shape"])
    return np.asarray(np.round(drawn) if options["target"] == "hard" else drawn)
