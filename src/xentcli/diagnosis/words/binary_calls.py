"""The right call for the loss of yes-or-no questions, in each library."""

from __future__ import annotations

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.words.naming import (
    name_of,
    values_of,
    write_in_base,
    write_reduction,
    write_weights,
)


def _columns(case: Case) -> int:
    """Return how many questions a row has."""
    return case.grid[-1] if len(case.grid) > 1 else 1


def _is_one_column(case: Case) -> bool:
    return _columns(case) == 1


def _values(case: Case) -> str:
    """Write the values; a single column as a vector."""
    values = values_of(case)
    return (
        values.replace(name_of(case), f"{name_of(case)}[:, 0]") if _is_one_column(case) else values
    )


def _target(case: Case) -> str:
    return "y" if _is_one_column(case) else "t"


def _column_weights(case: Case) -> str:
    """Write the weights of the columns; that of a single column as a number."""
    assert case.question_weight is not None
    weight = case.question_weight[: _columns(case)]
    return repr(float(weight[0])) if _is_one_column(case) else write_weights(weight)


def _sample_weight(case: Case) -> str:
    if case.sample_weight is None:
        return ""
    return "s" if _is_one_column(case) else "s[:, None]"


def _whole_weight(case: Case) -> str:
    return "s.sum()" if _is_one_column(case) else f"({_columns(case)} * s.sum())"


def pytorch(case: Case) -> str:
    """Write ``F.binary_cross_entropy_with_logits(z, t)``, or the one of probabilities."""
    function = "F.binary_cross_entropy"
    if case.kind == "logits":
        function += "_with_logits"
    given = f"{_values(case)}, {_target(case)}.to({name_of(case)}.dtype)"
    if case.question_weight is not None:
        given += f", weight=torch.tensor({_column_weights(case)}, dtype={name_of(case)}.dtype)"
    weight = _sample_weight(case)
    if weight:
        losses = f'{function}({given}, reduction="none")'
        return write_in_base(
            write_reduction(losses, case, weight, _whole_weight(case)), case, "math.log"
        )
    if case.settings.reduction == "sum":
        given += ', reduction="sum"'
    return write_in_base(f"{function}({given})", case, "math.log")


def numpy(case: Case) -> str:
    """Write the loss so that nothing overflows."""
    values, target = _values(case), _target(case)
    losses = f"np.logaddexp(0, {values}) - {target} * {values}"
    if case.kind == "probs":
        losses = (
            f"-scipy.special.xlogy({target}, {values}) - "
            f"scipy.special.xlog1py(1 - {target}, -{values})"
        )
    if case.question_weight is not None:
        weights = _column_weights(case)
        losses = f"{f'np.array({weights})' if weights.startswith('[') else weights} * ({losses})"
    weight = _sample_weight(case)
    call = write_reduction(f"({losses})" if weight else losses, case, weight, _whole_weight(case))
    return write_in_base(call, case, "np.log")


def keras(case: Case) -> str:
    """Write ``keras.losses.BinaryCrossentropy``, which averages over the columns first."""
    given = ["from_logits=True"] if case.kind == "logits" else []
    factor = ""
    if case.question_weight is not None:
        if not _is_one_column(case):
            return "Keras has no loss with a weight a column: the lines for NumPy, with keras.ops"
        factor = f"{_column_weights(case)} * "
    if case.settings.reduction == "sum":
        given.append('reduction="sum"')
        factor += "" if _is_one_column(case) else f"{_columns(case)} * "
    elif case.sample_weight is not None:
        given.append('reduction="mean_with_sample_weight"')
    target = "y[:, None]" if _is_one_column(case) else "t"
    more = ", sample_weight=s" if case.sample_weight is not None else ""
    call = f"keras.losses.BinaryCrossentropy({', '.join(given)})({target}, {values_of(case)}{more})"
    return write_in_base(f"{factor}{call}", case, "math.log")


def sklearn(case: Case) -> str:
    """Write ``log_loss`` of one column."""
    if not _is_one_column(case) or case.labels is None:
        return "log_loss takes one question at a time, and labels 0 and 1"
    values = _values(case)
    given = ["y", values if case.kind == "probs" else f"scipy.special.expit({values})"]
    given.append("labels=[0, 1]")
    if case.sample_weight is not None:
        given.append("sample_weight=s")
    if case.settings.reduction == "sum":
        given.append("normalize=False")
    factor = "" if case.question_weight is None else f"{_column_weights(case)} * "
    return write_in_base(f"{factor}log_loss({', '.join(given)})", case, "np.log")
