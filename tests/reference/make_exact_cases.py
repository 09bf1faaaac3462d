"""Write exact_cases.json: adversarial rows with their exact results, each rounded once.

And exact_siblings.json: the same of the sibling losses.

Run by hand where mpmath is installed: python tests/reference/make_exact_cases.py
Every result is computed from the definition in 460 digits and is the float64 nearest to it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import formula
import numpy as np
from adversarial import Row, generator, rows
from adversarial_siblings import Pair, Question, pairs, questions
from encoding import write_cases
from mpmath import mpf  # type: ignore[import-untyped, unused-ignore]

DESTINATION = Path(__file__).with_name("exact_cases.json")
SIBLINGS = Path(__file__).with_name("exact_siblings.json")
ALL_POSITIONS = 50
SOME_POSITIONS = 8


def main() -> None:
    """Compute every row, write the file and print how many rows there are."""
    write(DESTINATION, [record(row) for row in rows()])
    siblings = [question_record(question) for question in questions()]
    write(SIBLINGS, siblings + [pair_record(pair) for pair in pairs()])


def write(destination: Path, records: list[dict[str, Any]]) -> None:
    """Write the records of a file and print how many there are."""
    repeated = [n for n, count in Counter(each["name"] for each in records).items() if count > 1]
    if repeated:
        raise ValueError(f"rows of the same name: {repeated}")
    write_cases(destination, {"digits": formula.DIGITS}, records)
    print(len(records), "rows", destination.stat().st_size, "bytes")


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


def question_record(question: Question) -> dict[str, Any]:
    """Return a question with its loss and, of a logit, the derivative of that."""
    asked = {key: value for key, value in asdict(question).items() if value is not None}
    z, t = question.value, question.target
    if question.kind == "probs":
        return {**asked, "loss": formula.nearest(formula.bce_of_prob(z, t))}
    if question.gamma is not None:
        loss = formula.focal(z, t, question.gamma, question.alpha)
        grad = formula.focal_grad(z, t, question.gamma, question.alpha)
    else:
        positive = question.pos_weight or 1.0
        loss, grad = formula.bce(z, t, positive), formula.bce_grad(z, t, positive)
    return {**asked, "loss": formula.nearest(loss), "grad": formula.nearest(grad)}


def pair_record(pair: Pair) -> dict[str, Any]:
    """Return a pair with both divergences, the entropy, and what they are the sums of."""
    target = [mpf(t) for t in pair.target]
    if pair.kind == "logits":
        probs, logs = formula.probs(pair.values), formula.log_probs(pair.values)
    elif pair.kind == "probs":
        probs = [mpf(p) for p in pair.values]
        logs = [formula.mpmath.log(p) if p else -formula.mpmath.inf for p in probs]
    else:
        logs = [mpf(x) for x in pair.values]
        probs = [formula.mpmath.exp(x) for x in logs]
    terms = formula.kl_terms(target, logs)
    record = {
        **asdict(pair),
        "kl": formula.nearest(sum(terms)),
        "size": formula.nearest(sum(abs(term) for term in terms)),
        "js": formula.nearest(formula.js(target, probs)),
        "entropy": formula.nearest(formula.entropy(probs)),
    }
    record = {**record, "values": list(pair.values), "target": list(pair.target)}
    if pair.kind == "logits" and len(pair.values) <= ALL_POSITIONS:
        record["js_grad"] = [formula.nearest(x) for x in formula.js_grad(probs, target)]
        record["entropy_grad"] = [formula.nearest(x) for x in formula.entropy_grad(probs)]
    return record


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
