"""The designed cross: every pair of options meets in some case, on inputs drawn from its name."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from adversarial import generator
from numpy.typing import NDArray

Axes = Mapping[str, Sequence[Any]]

SHAPES = ((4,), (3, 4), (2, 4, 3), (2, 3, 2, 2), (2, 3, 2, 1, 2))
WEIGHTS = ("none", "positive", "zeros", "negative")
REDUCTIONS = ("mean", "sum", "none")
SMOOTHINGS = (0.0, 0.1, 0.5, 1.0)
IGNORES = ("unused", "default", "inside", "255", "-1")
IGNORE_INDEX = {"inside": 1, "255": 255, "-1": -1}
SPREADS = {"ordinary": (2.0, 0.0), "wide": (30.0, 0.0), "high": (2.0, 1e8), "low": (2.0, -1e8)}
# A third of 1e8 is not a float64, and PyTorch divides before it subtracts the maximum: the
# temperature of 3 meets logits without an offset only, where that costs no digits.
SCALES = (
    ("ordinary", 1.0),
    ("ordinary", 0.5),
    ("ordinary", 3.0),
    ("wide", 1.0),
    ("high", 1.0),
    ("low", 0.5),
)


@dataclass(frozen=True)
class Case:
    """One call: a function of torch.nn.functional and its arguments as arrays and numbers."""

    name: str
    function: str
    arguments: dict[str, Any] = field(default_factory=dict)


def crossed_cases() -> Iterator[Case]:
    """Yield the whole design, function by function."""
    yield from probability_cases()
    yield from nll_cases()
    yield from index_cases()
    yield from soft_cases()


def probability_cases() -> Iterator[Case]:
    """Yield softmax and log_softmax over shapes, temperatures, offsets and axes."""
    for function in ("softmax", "log_softmax"):
        for shape, scale in itertools.product(SHAPES, SCALES):
            for axis in sorted({class_axis(shape), -1}):
                name = f"{function} {described(shape=shape, scale=scale, axis=axis)}"
                logits = draw_logits(shape, scale, generator(name))
                yield Case(
                    name, function, {"logits": logits, "axis": axis, "temperature": scale[1]}
                )


def nll_cases() -> Iterator[Case]:
    """Yield nll_loss over shapes, weights and reductions; the ignored labels are dealt out."""
    full = {"shape": SHAPES, "weight": WEIGHTS, "reduction": REDUCTIONS, "copy": (0, 1)}
    for options in design(full, {"ignore": IGNORES}):
        name = f"nll_loss {described(**options)}"
        rng = generator(name)
        log_probs = -np.abs(draw_logits(options["shape"], ("ordinary", 1.0), rng))
        yield Case(name, "nll_loss", {"log_probs": log_probs} | index_arguments(options, rng))


def index_cases() -> Iterator[Case]:
    """Yield cross_entropy of index targets; ignored labels and scales are dealt out."""
    full = {
        "shape": SHAPES,
        "weight": WEIGHTS,
        "reduction": REDUCTIONS,
        "smoothing": SMOOTHINGS,
    }
    for options in design(full, {"ignore": IGNORES, "scale": SCALES}):
        name = f"cross_entropy index {described(**options)}"
        rng = generator(name)
        arguments = logit_arguments(options, rng) | index_arguments(options, rng)
        yield Case(name, "cross_entropy", arguments)


def soft_cases() -> Iterator[Case]:
    """Yield cross_entropy of soft targets, normalised or not; smoothing and scale are dealt."""
    full = {
        "shape": SHAPES,
        "weight": WEIGHTS,
        "reduction": REDUCTIONS,
        "target": ("normalised", "sparse", "unnormalised"),
    }
    for options in design(full, {"smoothing": SMOOTHINGS, "scale": SCALES}):
        name = f"cross_entropy soft {described(**options)}"
        rng = generator(name)
        target = {"target": draw_soft_target(options["shape"], options["target"], rng)}
        arguments = logit_arguments(options, rng) | target | loss_options(options, rng)
        yield Case(name, "cross_entropy", arguments)


def design(full: Axes, dealt: Axes) -> list[dict[str, Any]]:
    """Return all combinations of the full axes, with the dealt axes spread over them evenly."""
    combinations = [dict(zip(full, row, strict=True)) for row in itertools.product(*full.values())]
    for axis, options in dealt.items():
        order = generator(axis).permutation(len(combinations))
        for place, combination in zip(order, combinations, strict=True):
            combination[axis] = options[place % len(options)]
    require_every_pair(combinations, {**full, **dealt})
    return combinations


def require_every_pair(combinations: Sequence[Mapping[str, Any]], axes: Axes) -> None:
    """Raise if two options of different axes never meet."""
    for (first, ones), (second, others) in itertools.combinations(axes.items(), 2):
        met = {(row[first], row[second]) for row in combinations}
        missing = set(itertools.product(ones, others)) - met
        if missing:
            raise ValueError(f"{first} and {second} never meet as {sorted(missing, key=str)}")


def logit_arguments(options: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Return the arguments that cross_entropy has and nll_loss has not."""
    return {
        "logits": draw_logits(options["shape"], options["scale"], rng),
        "label_smoothing": options["smoothing"],
        "temperature": options["scale"][1],
    }


def index_arguments(options: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Return index labels, of which some are ignored, and the options of every loss."""
    shape, ignore = options["shape"], options["ignore"]
    axis = class_axis(shape)
    target = rng.integers(0, shape[axis], shape[:axis] + shape[axis + 1 :], dtype=np.int64)
    ignore_index = IGNORE_INDEX.get(ignore, -100)
    if ignore not in ("unused", "inside"):
        target = np.where(rng.random(target.shape) < 0.3, ignore_index, target)
    chosen = {"ignore_index": ignore_index} if ignore in IGNORE_INDEX else {}
    return {"target": np.asarray(target)} | loss_options(options, rng) | chosen


def loss_options(options: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Return the reduction and, where there is one, the class weight."""
    weight = draw_weight(options["weight"], options["shape"][class_axis(options["shape"])], rng)
    return {"reduction": options["reduction"]} | ({} if weight is None else {"weight": weight})


def draw_logits(
    shape: tuple[int, ...], scale: tuple[str, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return normal logits with a scale's spread and common offset."""
    spread, offset = SPREADS[scale[0]]
    return rng.normal(0.0, spread, shape) + offset


def draw_soft_target(
    shape: tuple[int, ...], kind: str, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return soft targets whose rows sum to 1, do so with zeros in them, or do not."""
    axis = class_axis(shape)
    shares = rng.gamma(1.0, 1.0, shape)
    if kind == "unnormalised":
        return shares
    if kind == "sparse":
        np.put_along_axis(shares, shares.argmin(axis, keepdims=True), 0.0, axis)
    target: NDArray[np.float64] = shares / shares.sum(axis, keepdims=True)
    return target


def draw_weight(kind: str, classes: int, rng: np.random.Generator) -> NDArray[np.float64] | None:
    """Return a weight a class: none at all, all positive, one of them zero, or one negative."""
    weight = rng.uniform(0.25, 2.0, classes)
    if kind in ("zeros", "negative"):
        place = int(rng.integers(classes))
        weight[place] *= 0.0 if kind == "zeros" else -0.5
    return None if kind == "none" else weight


def class_axis(shape: tuple[int, ...]) -> int:
    """Return the axis of the classes: the second, or the only one."""
    return min(1, len(shape) - 1)


def described(**options: Any) -> str:
    """Return the options as they appear in a case's name."""
    return " ".join(f"{name}={spelled(value)}" for name, value in options.items())


def spelled(value: Any) -> str:
    """Return an option without spaces."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
