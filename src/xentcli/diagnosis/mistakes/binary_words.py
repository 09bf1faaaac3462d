"""The words of those parts that are called otherwise for yes-or-no questions.

A question has no arg-max, no one-hot row and no classes: t is its answer, p the probability of yes.
The formula of a pick has braces for the logarithm of p, {0}, and for that of 1 − p, {1}.
"""

from __future__ import annotations

from xentcli.diagnosis.mistakes.part import Part
from xentcli.model import NamedTuple


class Words(NamedTuple):
    """The words of a part for a question; None keeps the part's own."""

    formula: str | None = None
    phrase: str | None = None
    explanation: str | None = None


AS_ASKED = "−[t·{0} + (1 − t)·{1}]"
_SHIFTED = Words("−[t'·{0} + (1 − t')·{1}], t' the answer of another row")

# By the part's key, or by the beginning that the keys of a family have in common.
_WORDS = {
    "index": Words(AS_ASKED, "with both terms", "t·log p + (1 − t)·log(1 − p)"),
    "soft": Words(AS_ASKED, "with both terms", "t·log p + (1 − t)·log(1 − p)"),
    "arg-max": Words(
        "−[r·{0} + (1 − r)·{1}], r = round(p)",
        "at the rounded answer instead of the label",
        "the prediction is measured against itself: the rounded probability stands where the "
        "label should",
    ),
    "one-hot-product": Words(
        AS_ASKED,
        "with a product t·log p in which 0·∞ is nan",
        "both terms are multiplied out, and one of the logarithms is −∞",
    ),
    "columns-swapped": Words("−[(1 − t)·{0} + t·{1}]"),
    "positive-only": Words(
        "−t·{0}",
        explanation="the term (1 − t)·log(1 − p) is missing: what is labelled 0 has a loss of 0",
    ),
    "negative-only": Words(
        "−(1 − t)·{1}",
        explanation="the term t·log p is missing: what is labelled 1 has a loss of 0",
    ),
    "mean-squared": Words(
        "(p − t)²",
        "as the mean squared error, the Brier score",
        "the squared difference of p and t, not a logarithm",
    ),
    "error-rate": Words(
        "1[round(p) ≠ t]", "as the error rate, the share of questions that are answered wrongly"
    ),
    "accuracy": Words(
        "1[round(p) = t]", "as the accuracy, the share of questions that are answered rightly"
    ),
    "label-of": _SHIFTED,
    "transposed": _SHIFTED,
    "class-means": Words(
        "½·(mean of {0} where t = 1 + mean of {0} where t = 0)",
        explanation="yes and no count the same, however many rows are labelled so: the mean of "
        "both means, or weights N / (2·n) of an answer that n rows have",
    ),
    "textbook": Words(phrase="with exp(z)/(1 + exp(z)) written out"),
    "float64-framework": Words(
        explanation="1 + exp(−|z|) rounds away what is below 1e-16: such a loss is 0"
    ),
}


def in_words_of_question(part: Part) -> Part:
    """Return the part in the words of a yes-or-no question."""
    families = [key for key in _WORDS if part.key.startswith(f"{key}-")]
    words = _WORDS.get(part.key) or (_WORDS[families[0]] if families else Words())
    return part._replace(**{name: text for name, text in words._asdict().items() if text})
