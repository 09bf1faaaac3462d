"""Write exact_cases.json: adversarial rows with their exact results, each rounded once.

Run by hand where mpmath is installed: python tests/reference/make_exact_cases.py
Every result is computed from the definition in 460 digits and is the float64 nearest to it.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import formula
import numpy as np
from adversarial import Row, generator, rows
from encoding import write_cases

DESTINATION = Path(__file__).with_name("exact_cases.json")
ALL_POSITIONS = 50
SOME_POSITIONS = 8


def main() -> None:
    """Compute every row, write the file and print how many rows there are."""
    records = [record(row) for row in rows()]
    repeated = [n for n, count in Counter(each["name"] for each in records).items() if count > 1]
    if repeated:
        raise ValueError(f"rows of the same name: {repeated}")
    write_cases(DESTINATION, {"digits": formula.DIGITS}, records)
    print(len(records), "rows", DESTINATION.stat().st_size, "bytes")


def record(row: Row) -> dict[str, Any]:
    """Return a row with its loss, and its log-probabilities, probabilities and gradient."""
    weight = row.weight or (1.0,) * len(row.logits)
    q = formula.smoothed(row.label, len(row.logits))
    at = positions(row)
    return {
        **asked(row),
        "loss": formula.nearest(formula.loss(row.logits, q, weight, row.temperature)),
        "at": at,
        "log_probs": rounded(formula.log_probs(row.logits, row.temperature), at),
        "probs": rounded(formula.probs(row.logits, row.temperature), at),
        "grad": rounded(formula.grad(row.logits, q, weight, row.temperature), at),
    }


def asked(row: Row) -> dict[str, Any]:
    """Return the question: what is 1 or absent is left out."""
    question: dict[str, Any] = {"name": row.name, "logits": list(row.logits), "label": row.label}
    if row.temperature != 1.0:
        question["temperature"] = row.temperature
    if row.weight is not None:
        question["weight"] = list(row.weight)
    return question


def positions(row: Row) -> list[int]:
    """Return the classes whose results are kept: all, or of many the telling and some others."""
    classes = len(row.logits)
    if classes <= ALL_POSITIONS:
        return list(range(classes))
    order = np.argsort(row.logits)
    others = generator(row.name).choice(classes, SOME_POSITIONS, replace=False)
    return sorted({row.label, *map(int, order[[0, -2, -1]]), *map(int, others)})


def rounded(exact: Sequence[Any], at: Sequence[int]) -> list[float]:
    """Return the float64 nearest to each exact value at some positions."""
    return [formula.nearest(exact[place]) for place in at]


if __name__ == "__main__":
    main()
