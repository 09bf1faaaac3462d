"""Advice: the right call in each library, with the user's options, and what to change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from xentcli.core.distribution import distribution
from xentcli.diagnosis.case import Case, Question, classes_of
from xentcli.diagnosis.findings import looks_like_probabilities
from xentcli.diagnosis.mistakes.part import Fix, Part
from xentcli.diagnosis.words import binary_calls, binary_fixes, divergence_calls
from xentcli.diagnosis.words.naming import (
    name_of,
    number_of,
    values_of,
    write_in_base,
    write_weights,
)
from xentcli.model.diagnosis import Advice

ONE_BASED = Fix(
    "targets count from 0: y - 1",
    "labels count from 0: y - 1",
    "labels count from 0: y - 1",
    "labels=np.arange(1, C + 1), or y - 1",
)


# The cures of mistakes where the values are probabilities or log-probabilities.
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
TWICE_IN_A_DIVERGENCE = Fix(
    "give F.log_softmax the logits, without nn.Softmax before it",
    "apply the softmax once: scipy.special.softmax(z, axis=1)",
    "apply the softmax once, in the last layer or before the loss",
)
IF_PROBABILITIES = Fix(
    "if the rows are probabilities: F.nll_loss(torch.log(z), y)",
    "if the rows are probabilities: log_p = np.log(z)",
    "if the rows are probabilities: from_logits=False",
    "if the rows are probabilities: log_loss takes z as it is",
)
# −log of the eps of float64.
LARGEST_OF_SKLEARN = 36.04365338911715
CLIPS = Fix(
    keras="from probabilities Keras clips them at 1e-7: no loss is above 16.12",
    sklearn="log_loss clips float64 probabilities at 2.2e-16: no loss is above 36.04",
)
NO_CALL = "log_loss takes labels alone: no soft targets, no smoothing"


def advice(parts: Sequence[Part], case: Case) -> tuple[Advice, ...]:
    """Give the right call in each library, and the cure of each mistake."""
    fixes = [ONE_BASED] if case.one_based else []
    if case.question == "ce" and looks_like_probabilities(case):
        fixes.append(IF_PROBABILITIES)
    fixes += [_fix_of(part, case) for part in parts]
    if _is_beyond_the_clip(case):
        fixes.append(CLIPS)
    found = []
    for at, (library, call) in enumerate(CALLS[case.question]):
        written = call(case)
        changes = () if written == NO_CALL else tuple(fix[at] for fix in fixes if fix[at])
        found.append(Advice(library, written, changes))
    return tuple(found)


def _is_beyond_the_clip(case: Case) -> bool:
    """Whether a label's probability is below the value at which scikit-learn clips it."""
    if case.labels is None or (case.kind == "logits" and case.classes == 1):
        return False
    index = classes_of(case)
    values = case.values / case.settings.temperature
    log_probs = distribution(values, case.kind, 1).log_probs[np.arange(len(index)), index]
    return bool((-log_probs[case.kept] > LARGEST_OF_SKLEARN).any())


def _fix_of(part: Part, case: Case) -> Fix:
    """Return the cure of a mistake, for values of the case's kind."""
    if case.question == "bce":
        return binary_fixes.fix_of(part)
    of_kind: dict[str, Fix] = {"probs": OF_PROBS, "log_probs": OF_LOG_PROBS}.get(case.kind, {})
    kind = part.key.partition("-")[0] if part.key != "no-log" else part.key
    fix = of_kind.get("clip" if kind == "add" else kind, part.fix)
    if case.question != "kl":
        return fix
    if part.key == "softmax-twice":
        fix = TWICE_IN_A_DIVERGENCE
    # For a divergence SciPy takes the place of scikit-learn: its arguments are those of NumPy.
    return fix._replace(sklearn=fix.numpy)


def _flatten(case: Case) -> list[str]:
    """Write the lines that turn values of more dimensions, or other axes, into rows."""
    if len(case.grid) == 1 and case.class_axis == 1:
        return []
    name = name_of(case)
    last = "{}" if case.class_axis == -1 else f"np.moveaxis({{}}, {case.class_axis}, -1)"
    moved = f"{last}.reshape(-1, {case.classes})"
    target = "y = y.ravel()" if case.labels is not None else f"t = {moved.format('t')}"
    return [f"{name} = {moved.format(name)}", target]


def _weights(case: Case) -> str:
    return write_weights(case.settings.weight)


def _target(case: Case) -> str:
    return "t" if case.labels is None else "y"


def pytorch(case: Case) -> str:
    """Write ``F.cross_entropy(z, y, …)``, or ``F.nll_loss`` for log-probabilities."""
    settings = case.settings
    values = "torch.log(p)" if case.kind == "probs" else values_of(case)
    # nll_loss has neither soft targets nor smoothing. cross_entropy of log-probabilities is the
    # same, as log-softmax does not change them.
    plain = case.kind == "logits" or case.labels is None or settings.label_smoothing != 0.0
    function = "F.cross_entropy" if plain else "F.nll_loss"
    target = _target(case)
    if case.class_axis != 1:
        # PyTorch has the classes second.
        values = values.replace(name_of(case), f"{name_of(case)}.movedim({case.class_axis}, 1)")
        target = "y" if case.labels is not None else f"t.movedim({case.class_axis}, 1)"
    given = [values, target]
    if settings.weight is not None:
        given.append(f"weight=torch.tensor({_weights(case)}, dtype={name_of(case)}.dtype)")
    if case.has_ignored and settings.ignore_index != -100:
        given.append(f"ignore_index={settings.ignore_index}")
    if settings.label_smoothing:
        given.append(f"label_smoothing={number_of(settings.label_smoothing)}")
    if case.sample_weight is not None:
        return _write_sample_weighted(f'{function}({", ".join(given)}, reduction="none")', case)
    if settings.reduction == "sum":
        given.append('reduction="sum"')
    return write_in_base(f"{function}({', '.join(given)})", case, "math.log")


def _write_sample_weighted(each: str, case: Case) -> str:
    """Write the mean of PyTorch's losses with weights of samples."""
    kept = "[k]" if case.has_ignored else ""
    start = f"k = y != {case.settings.ignore_index}; " if kept else ""
    if case.settings.weight is not None and _weights(case) != "w":
        start = f"w = torch.tensor({_weights(case)}, dtype={name_of(case)}.dtype); " + start
    call = f"(s * {each}).sum()"
    if case.settings.reduction == "sum":
        return write_in_base(call, case, "math.log")
    whole = f"s{kept}.sum()"
    if case.settings.weight is not None and case.labels is not None:
        whole = f"(s{kept} * w[y{kept}]).sum()"
    return start + write_in_base(f"{call} / {whole}", case, "math.log")


def _array_of_weights(case: Case) -> str:
    """Write w as an array; nothing where it is too long to be written out."""
    return "" if _weights(case) == "w" else f"w = np.array({_weights(case)})"


def numpy(case: Case) -> str:
    """Write the loss with SciPy's log_softmax, an index and a mean."""
    settings = case.settings
    log_p = {
        "logits": f"scipy.special.log_softmax({values_of(case)}, axis=1)",
        "probs": "np.log(p)",
        "log_probs": "",
    }[case.kind]
    start = _flatten(case) + ([f"log_p = {log_p}"] if log_p else [])
    kept = case.has_ignored and case.labels is not None
    if kept:
        start.append(f"k = y != {settings.ignore_index}; log_p, y = log_p[k], y[k]")
    if settings.weight is not None:
        start.append(_array_of_weights(case))
    losses = "-log_p[np.arange(len(y)), y]"
    weight = "w[y]" if settings.weight is not None else ""
    if case.labels is None or settings.label_smoothing:
        target = "t" if case.labels is None else f"np.eye({case.classes})[y]"
        if settings.label_smoothing:
            eps = number_of(settings.label_smoothing)
            start.append(f"q = (1 - {eps}) * {target} + {eps} / {case.classes}")
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
    return "; ".join([*filter(None, start), write_in_base(call, case, "np.log")])


def keras(case: Case) -> str:
    """Write Keras's loss object, applied to y_true and y_pred."""
    settings = case.settings
    if settings.weight is not None and (case.labels is None or settings.label_smoothing):
        return "Keras has no loss with a weight for each term: the lines for NumPy, with keras.ops"
    sparse = case.labels is not None and not settings.label_smoothing
    name = "SparseCategoricalCrossentropy" if sparse else "CategoricalCrossentropy"
    given = [] if case.kind == "probs" else ["from_logits=True"]
    if settings.label_smoothing:
        given.append(f"label_smoothing={number_of(settings.label_smoothing)}")
    if sparse and case.has_ignored:
        given.append(f"ignore_class={settings.ignore_index}")
    if settings.reduction == "sum":
        given.append('reduction="sum"')
    elif case.has_weights:
        given.append('reduction="mean_with_sample_weight"')
    target = (
        _target(case) if sparse or case.labels is None else f"keras.ops.one_hot(y, {case.classes})"
    )
    weights, start = [], _flatten(case)
    if settings.weight is not None:
        # The ignored label may be no index of w.
        ignored = f"np.where(y == {settings.ignore_index}, 0, y)"
        weights.append(f"w[{ignored}]" if case.has_ignored else "w[y]")
        start.append(_array_of_weights(case))
    if case.sample_weight is not None:
        weights.append("s")
    more = f", sample_weight={' * '.join(weights)}" if weights else ""
    call = f"keras.losses.{name}({', '.join(given)})({target}, {values_of(case)}{more})"
    return "; ".join([*filter(None, start), write_in_base(call, case, "math.log")])


def sklearn(case: Case) -> str:
    """Write ``log_loss`` of probabilities."""
    settings = case.settings
    if case.labels is None or settings.label_smoothing:
        return NO_CALL
    probs = {
        "logits": f"scipy.special.softmax({values_of(case)}, axis=1)",
        "probs": "p",
        "log_probs": "np.exp(log_p)",
    }[case.kind]
    at = f"[y != {settings.ignore_index}]" if case.has_ignored else ""
    given = [f"y{at}", f"{probs}{at}", f"labels=np.arange({case.classes})"]
    weights, start = [], _flatten(case)
    if settings.weight is not None:
        weights.append("w[y]" if not at else f"w[y{at}]")
        start.append(_array_of_weights(case))
    if case.sample_weight is not None:
        weights.append(f"s{at}")
    if weights:
        given.append(f"sample_weight={' * '.join(weights)}")
    if settings.reduction == "sum":
        given.append("normalize=False")
    call = write_in_base(f"log_loss({', '.join(given)})", case, "np.log")
    return "; ".join([*filter(None, start), call])


Calls = tuple[tuple[str, Callable[[Case], str]], ...]
CALLS: dict[Question, Calls] = {
    "ce": (
        ("PyTorch", pytorch),
        ("NumPy", numpy),
        ("Keras", keras),
        ("scikit-learn", sklearn),
    ),
    "bce": (
        ("PyTorch", binary_calls.pytorch),
        ("NumPy", binary_calls.numpy),
        ("Keras", binary_calls.keras),
        ("scikit-learn", binary_calls.sklearn),
    ),
    "kl": (
        ("PyTorch", divergence_calls.pytorch),
        ("NumPy", divergence_calls.numpy),
        ("Keras", divergence_calls.keras),
        ("SciPy", divergence_calls.scipy),
    ),
}
