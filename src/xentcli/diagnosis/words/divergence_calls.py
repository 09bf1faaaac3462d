"""The right call for the KL divergence from the target, in each library."""

from __future__ import annotations

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.words.naming import values_of, write_in_base, write_reduction


def _is_sum(case: Case) -> bool:
    return case.settings.reduction == "sum"


def _probs(case: Case, softmax: str, exp: str) -> str:
    values = values_of(case)
    return {"logits": softmax.format(values), "probs": values, "log_probs": exp.format(values)}[
        case.kind
    ]


def _target(case: Case, one_hot: str) -> str:
    return "t" if case.labels is None else one_hot.format(case.classes)


def pytorch(case: Case) -> str:
    """Write ``F.kl_div(log p, t)``, whose default would divide by samples times classes."""
    values = values_of(case)
    log_p = {
        "logits": f"F.log_softmax({values}, dim=1)",
        "probs": f"torch.log({values})",
        "log_probs": values,
    }[case.kind]
    target = _target(case, "F.one_hot(y, {}).to(" + values.partition(" ")[0] + ".dtype)")
    reduction = "sum" if _is_sum(case) else "batchmean"
    return write_in_base(f'F.kl_div({log_p}, {target}, reduction="{reduction}")', case, "math.log")


def _rows(case: Case, function: str) -> str:
    probs = _probs(case, "scipy.special.softmax({}, axis=1)", "np.exp({})")
    return function.format(_target(case, "np.eye({})[y]"), probs)


def numpy(case: Case) -> str:
    """Write ``scipy.special.rel_entr``, in which 0·log 0 is 0."""
    losses = _rows(case, "scipy.special.rel_entr({}, {}).sum(axis=1)")
    return write_in_base(write_reduction(losses, case), case, "np.log")


def keras(case: Case) -> str:
    """Write ``keras.losses.KLDivergence``, which clips both at 1e-7."""
    given = 'reduction="sum"' if _is_sum(case) else ""
    probs = _probs(case, "keras.ops.softmax({})", "keras.ops.exp({})")
    target = _target(case, "keras.ops.one_hot(y, {})")
    return write_in_base(f"keras.losses.KLDivergence({given})({target}, {probs})", case, "math.log")


def scipy(case: Case) -> str:
    """Write ``scipy.stats.entropy``, which divides both by their sums."""
    losses = _rows(case, "scipy.stats.entropy({}, {}, axis=1)")
    return write_in_base(write_reduction(losses, case), case, "np.log")
