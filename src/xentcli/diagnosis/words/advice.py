"""What to write for the right number, with the user's own options, and what to change for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import Fix, Part
from xentcli.model import Advice

# Longer weights are called w.
MOST_WEIGHTS = 6

ONE_BASED = Fix(
    "targets count from 0: y - 1",
    "labels count from 0: y - 1",
    "labels count from 0: y - 1",
    "labels=np.arange(1, C + 1), or y - 1",
)


# What cures a mistake where the values are no logits.
OF_PROBS = {
    "no-log": Fix(
        "F.nll_loss takes torch.log(p), not p",
        "np.log(p) before the pick",
        "the losses of Keras take the logarithm of p themselves",
        "log_loss takes the logarithm itself",
    ),
    "clip": Fix(
        "F.nll_loss(torch.log(p), y) takes p as it is, without an eps",
        "np.log(p), without an eps",
        "Keras clips probabilities at 1e-7; give it logits and from_logits=True",
        "log_loss clips at the eps of its type: give float64 probabilities",
    ),
}
OF_LOG_PROBS = {
    "no-log": Fix(
        "F.nll_loss takes log_p as it is, not its exp",
        "pick log_p itself, without np.exp",
        "from_logits=True takes log_p as it is",
        "log_loss takes np.exp(log_p) and the logarithm itself",
    ),
    "clip": OF_PROBS["clip"]._replace(
        pytorch="F.nll_loss(log_p, y) needs no eps", numpy="pick log_p itself, without an eps"
    ),
}
NO_CALL = "log_loss takes labels alone: no soft targets, no smoothing"


def advice(parts: Sequence[Part], case: Case) -> tuple[Advice, ...]:
    """For each library the right call, and what cures each mistake."""
    fixes = [ONE_BASED] if case.one_based else []
    fixes += [_fix(part, case) for part in parts]
    found = []
    for at, (library, call) in enumerate(CALLS):
        written = call(case)
        changes = () if written == NO_CALL else tuple(fix[at] for fix in fixes if fix[at])
        found.append(Advice(library, written, changes))
    return tuple(found)


def _fix(part: Part, case: Case) -> Fix:
    """What cures a mistake with values of that kind."""
    of_kind: dict[str, Fix] = {"probs": OF_PROBS, "log_probs": OF_LOG_PROBS}.get(case.kind, {})
    kind = part.key.partition("-")[0] if part.key != "no-log" else part.key
    return of_kind.get("clip" if kind == "add" else kind, part.fix)


def _flat(case: Case) -> list[str]:
    """What makes rows of values with more dimensions, or with their classes elsewhere."""
    if len(case.grid) == 1 and case.class_axis == 1:
        return []
    name = _name(case)
    last = "{}" if case.class_axis == -1 else f"np.moveaxis({{}}, {case.class_axis}, -1)"
    moved = f"{last}.reshape(-1, C)"
    target = "y = y.ravel()" if case.labels is not None else f"t = {moved.format('t')}"
    return [f"{name} = {moved.format(name)}", target]


def _name(case: Case) -> str:
    return {"logits": "z", "probs": "p", "log_probs": "log_p"}[case.kind]


def _weights(case: Case) -> str:
    weight = case.settings.weight
    if weight is None or len(weight) > MOST_WEIGHTS:
        return "w"
    return "[" + ", ".join(repr(value) for value in weight.tolist()) + "]"


def _number(value: float) -> str:
    return f"{value:.12g}"


def _values(case: Case) -> str:
    name, temperature = _name(case), case.settings.temperature
    return name if temperature == 1.0 else f"{name} / {_number(temperature)}"


def _target(case: Case) -> str:
    return "t" if case.labels is None else "y"


def _in_base(call: str, case: Case, log: str) -> str:
    return call if case.base == "e" else f"{call} / {log}({case.base})"


def pytorch(case: Case) -> str:
    """``F.cross_entropy(z, y, …)``, or ``F.nll_loss`` of log-probabilities."""
    settings = case.settings
    values = "torch.log(p)" if case.kind == "probs" else _values(case)
    # nll_loss knows neither soft targets nor smoothing; cross_entropy of log-probabilities is the
    # same, because their log-softmax is themselves.
    plain = case.kind == "logits" or case.labels is None or settings.label_smoothing != 0.0
    function = "F.cross_entropy" if plain else "F.nll_loss"
    target = _target(case)
    if case.class_axis != 1:
        # PyTorch has the classes second.
        values = values.replace(_name(case), f"{_name(case)}.movedim({case.class_axis}, 1)")
        target = "y" if case.labels is not None else f"t.movedim({case.class_axis}, 1)"
    given = [values, target]
    if settings.weight is not None:
        given.append(f"weight=torch.tensor({_weights(case)})")
    if case.has_ignored and settings.ignore_index != -100:
        given.append(f"ignore_index={settings.ignore_index}")
    if settings.label_smoothing:
        given.append(f"label_smoothing={_number(settings.label_smoothing)}")
    if case.sample_weight is not None:
        return _sample_weighted(f'{function}({", ".join(given)}, reduction="none")', case)
    if settings.reduction == "sum":
        given.append('reduction="sum"')
    return _in_base(f"{function}({', '.join(given)})", case, "math.log")


def _sample_weighted(each: str, case: Case) -> str:
    """PyTorch's losses times the samples' weights, divided by what the rows that count weigh."""
    kept = "[k]" if case.has_ignored else ""
    start = f"k = y != {case.settings.ignore_index}; " if kept else ""
    call = f"(s * {each}).sum()"
    if case.settings.reduction == "sum":
        return _in_base(call, case, "math.log")
    whole = f"s{kept}.sum()"
    if case.settings.weight is not None and case.labels is not None:
        whole = f"(s{kept} * w[y{kept}]).sum()"
    return start + _in_base(f"{call} / {whole}", case, "math.log")


def numpy(case: Case) -> str:
    """With SciPy's log_softmax, an index and a mean."""
    settings = case.settings
    log_p = {
        "logits": f"scipy.special.log_softmax({_values(case)}, axis=1)",
        "probs": "np.log(p)",
        "log_probs": "",
    }[case.kind]
    start = _flat(case) + ([f"log_p = {log_p}"] if log_p else [])
    kept = case.has_ignored and case.labels is not None
    if kept:
        start.append(f"k = y != {settings.ignore_index}; log_p, y = log_p[k], y[k]")
    if settings.weight is not None:
        start.append(f"w = np.array({_weights(case)})" if _weights(case) != "w" else "")
    losses = "-log_p[np.arange(len(y)), y]"
    weight = "w[y]" if settings.weight is not None else ""
    if case.labels is None or settings.label_smoothing:
        target = "t" if case.labels is None else "np.eye(C)[y]"
        if settings.label_smoothing:
            eps = _number(settings.label_smoothing)
            start.append(f"q = (1 - {eps}) * {target} + {eps} / C")
            target = "q"
        factor = "w * " if settings.weight is not None else ""
        losses = f"-({factor}{target} * log_p).sum(axis=1)"
    elif settings.weight is not None:
        losses = f"w[y] * {losses}"
    whole = weight if case.labels is not None else ""
    if case.sample_weight is not None:
        samples = "s[k]" if kept else "s"
        losses = f"{samples} * {losses}"
        whole = f"{samples} * {whole}" if whole else samples
    call = f"({losses}).sum()"
    if settings.reduction != "sum":
        call = f"({losses}).sum() / ({whole}).sum()" if whole else f"({losses}).mean()"
    return "; ".join([*filter(None, start), _in_base(call, case, "np.log")])


def keras(case: Case) -> str:
    """The loss as an object, applied to y_true and y_pred."""
    settings = case.settings
    if settings.weight is not None and (case.labels is None or settings.label_smoothing):
        return "Keras has no loss with a weight for each term: the lines for NumPy, with keras.ops"
    sparse = case.labels is not None and not settings.label_smoothing
    name = "SparseCategoricalCrossentropy" if sparse else "CategoricalCrossentropy"
    given = [] if case.kind == "probs" else ["from_logits=True"]
    if settings.label_smoothing:
        given.append(f"label_smoothing={_number(settings.label_smoothing)}")
    if sparse and case.has_ignored:
        given.append(f"ignore_class={settings.ignore_index}")
    if settings.reduction == "sum":
        given.append('reduction="sum"')
    elif case.has_weights:
        given.append('reduction="mean_with_sample_weight"')
    target = _target(case) if sparse or case.labels is None else "keras.ops.one_hot(y, C)"
    weights = []
    if settings.weight is not None:
        weights.append("w[y]")
    if case.sample_weight is not None:
        weights.append("s")
    more = f", sample_weight={' * '.join(weights)}" if weights else ""
    call = f"keras.losses.{name}({', '.join(given)})({target}, {_values(case)}{more})"
    return "; ".join([*_flat(case), _in_base(call, case, "math.log")])


def sklearn(case: Case) -> str:
    """``log_loss`` of probabilities."""
    settings = case.settings
    if case.labels is None or settings.label_smoothing:
        return NO_CALL
    probs = {
        "logits": f"scipy.special.softmax({_values(case)}, axis=1)",
        "probs": "p",
        "log_probs": "np.exp(log_p)",
    }[case.kind]
    at = f"[y != {settings.ignore_index}]" if case.has_ignored else ""
    given = [f"y{at}", f"{probs}{at}", "labels=np.arange(C)"]
    weights = []
    if settings.weight is not None:
        weights.append("w[y]" if not at else f"w[y{at}]")
    if case.sample_weight is not None:
        weights.append(f"s{at}")
    if weights:
        given.append(f"sample_weight={' * '.join(weights)}")
    if settings.reduction == "sum":
        given.append("normalize=False")
    call = _in_base(f"log_loss({', '.join(given)})", case, "np.log")
    return "; ".join([*_flat(case), call])


CALLS: tuple[tuple[str, Callable[[Case], str]], ...] = (
    ("PyTorch", pytorch),
    ("NumPy", numpy),
    ("Keras", keras),
    ("scikit-learn", sklearn),
)
