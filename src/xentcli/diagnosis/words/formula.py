"""A formula in words, and as a formula from the values to the number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.focal import write_number
from xentcli.diagnosis.mistakes.part import Part
from xentcli.diagnosis.mistakes.pick import INDEX
from xentcli.diagnosis.mistakes.reading import LOG_PROBS
from xentcli.diagnosis.search.choices import Formula, Kit, parts_of
from xentcli.errors import rounded
from xentcli.model import Kind

# The arithmetics that lose digits.
ROUNDED = ("float64-framework", "float32", "float16", "bfloat16")
ONE_BASED = "with 1 taken from each label"
# The sign of what follows, not a difference.
MINUS_SIGN = re.compile(r"(?<!\S)−(?=\S)")
# Where a formula is put beside another in a product, a quotient or a power.
IN_PRODUCT = re.compile(r"[·^−]\{[01]?\}|\{[01]?\} /")
KINDS: dict[Kind, str] = {
    "logits": "Read as logits, as PyTorch does",
    "probs": "Read as probabilities",
    "log_probs": "Read as log-probabilities",
}


def formula_asked_for(kit: Kit) -> Formula:
    """Return the formula without departures, which is what was asked for."""
    return (0,) * len(kit)


def name(formula: Formula, kit: Kit, case: Case) -> str:
    """Name a formula by its departures."""
    phrases = [ONE_BASED] if case.one_based else []
    phrases += [part.phrase for part in parts_of(formula, kit)]
    return ", ".join(phrases) or f"the {case.loss_name}, as {case.question} computes it"


def noun(formula: Formula, kit: Kit, case: Case) -> str:
    """Name the formula as the subject of a sentence."""
    parts = parts_of(formula, kit)
    first = kit.readings[formula[0]].noun if formula[0] else "the {} of these rows"
    first = first.format(case.loss_name)
    phrases = [ONE_BASED] if case.one_based else []
    phrases += [part.phrase for part in (parts[1:] if formula[0] else parts)]
    if not phrases:
        return first
    # “… of these rows with the weights left out”, but “… of these rows, summed over the samples”.
    mark = " " if phrases[0].startswith(("with ", "at ", "as ")) and not formula[0] else ", "
    return first + mark + ", ".join(phrases)


def explanation(parts: Sequence[Part], case: Case) -> str:
    """Explain each departure."""
    said = ["the labels count from 1, PyTorch's from 0"] if case.one_based else []
    said += [part.explanation for part in parts if part.explanation]
    return "; ".join(said)


def reference(
    formula: Formula,
    kit: Kit,
    case: Case,
    losses: Sequence[float],
    texts: Sequence[str],
    digits: int,
) -> str:
    """Say what the loss asked for is, with enough digits to differ from the number got."""
    each = [distinct(*pair, digits) for pair in zip(losses, texts, strict=True)]
    # Where several numbers were got from one input, its loss is named once.
    shown = each[0] if len(set(losses)) == 1 else join_texts(each)
    what = f"the {case.loss_name}" + (" sums to" if case.settings.reduction == "sum" else " is")
    if case.one_based:
        return f"{KINDS[case.kind]}, with 1 taken from each label, {what} {shown}."
    if formula[0]:
        return f"{KINDS[case.kind]}, {what} {shown}."
    if kit.arithmetics[formula[-1]].part.key.startswith(ROUNDED):
        return f"With every digit, {what} {shown}."
    if case.kind == "logits" and case.question == "ce":
        return f"As PyTorch computes it, {what} {shown}."
    return f"The{what.removeprefix('the')} {shown}."


def distinct(value: float, text: str, digits: int) -> str:
    """Write the value with so many decimals, or more where these are the number in the text."""
    while digits < 17 and float(rounded(value, digits)) == float(text):
        digits += 1
    return rounded(value, digits)


def join_texts(texts: Sequence[str]) -> str:
    """Join texts as ``1``, ``1 and 2``, or ``1, 2 and 3``.

    >>> join_texts(["1", "2", "3"])
    '1, 2 and 3'
    """
    return ", ".join(texts[:-1]) + " and " + texts[-1] if len(texts) > 1 else texts[0]


def write_formula(formula: Formula, kit: Kit, case: Case) -> str:
    """Write the formula out, from the values z to the number."""
    at = dict(zip(Kit._fields, formula, strict=True))
    row = _write_row(at, kit, case)
    weighting, reduction = kit.weightings[at["weightings"]], kit.reductions[at["reductions"]]
    over = weighting.over
    if over == "N" and case.has_ignored and not kit.ignorings[at["ignorings"]].has_share:
        over = "N kept"
    if _is_sum(row):
        row = _fill(weighting.inner, row)
    else:
        sign = "−" if row.startswith("−") else ""
        row = sign + weighting.inner.format(row.removeprefix("−"))
    mean = f"mean({row})" if over == "N" else f"sum({row}) / {over}"
    ignoring = kit.ignorings[at["ignorings"]]
    if over == "N" and case.has_ignored and ignoring.has_share and not ignoring.has_loss:
        mean = f"sum of those kept({row}) / N"
    if case.samples == 1 and not case.has_weights:
        mean = row
    around = reduction.part.formula
    if row.startswith("−"):
        around = around.replace("−{0}", "−({0})")
    whole = _fill(around, row, mean)
    for kind in ("scales", "temperatures"):
        whole = _fill(getattr(kit, kind)[at[kind]].part.formula, whole)
    return kit.arithmetics[at["arithmetics"]].part.formula.format(whole)


def _is_sum(text: str) -> bool:
    """Whether a formula is a sum or a difference, of which no product or quotient takes the whole.

    >>> _is_sum("a·b − c"), _is_sum("−a·(b − c)")
    (True, False)
    """
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if not depth and text.startswith((" − ", " + "), at):
            return True
    return False


def _fill(template: str, *texts: str) -> str:
    """Put formulas into one around them; a sum has brackets in a product, a quotient or a power."""
    if IN_PRODUCT.search(template):
        texts = tuple(f"({text})" if _is_sum(text) else text for text in texts)
    return template.format(*texts)


def _negate(row: str) -> str:
    """Write a row's loss without its minus sign, or with one if it has none.

    >>> _negate("−a"), _negate("Σ_c −a[c]"), _negate("(a − b)²"), _negate("a − b")
    ('a', 'Σ_c a[c]', '−(a − b)²', '−(a − b)')
    """
    if _is_sum(row):
        return f"−({row})"
    without, count = MINUS_SIGN.subn("", row, 1)
    return without if count else f"−{row}"


def _write_row(at: dict[str, int], kit: Kit, case: Case) -> str:
    """Write the formula of a row's loss."""
    reading, clip = kit.readings[at["readings"]], kit.clips[at["clips"]]
    logarithm = kit.logarithms[at["logarithms"]]
    if case.question == "bce":
        return _write_row_of_question(at, kit, case, reading.part.formula)
    probs = clip.part.formula.format(reading.part.formula)
    is_given = reading.part.key == LOG_PROBS.part.key and clip.of is None
    log = logarithm.part.formula.format(probs)
    if is_given and logarithm.of_base is not None:
        log = "z" if logarithm.of_base == 1.0 else f"z / ln {logarithm.part.key[5:]}"
    log = log.replace("z", _write_scaled(at, kit, case))
    log = kit.focals[at["focals"]].part.formula.format(log)
    pick = kit.picks[at["picks"]]
    template = pick.part.formula
    if pick.part.key == INDEX.part.key:
        is_smoothed = kit.smoothings[at["smoothings"]].of is not None
        template = "−Σ_c q[c]·{}[c]" if is_smoothed else template
    row = template.format(log)
    return _negate(row) if at["signs"] else row


def _write_scaled(at: dict[str, int], kit: Kit, case: Case) -> str:
    """Write the logits, divided by the formula's temperature."""
    if case.settings.temperature != 1.0:
        factor = kit.temperatures[at["temperatures"]].part.key
        return {"temperature": "z/T", "times-temperature": "z·T"}.get(factor, "z")
    if at["temperatures"]:
        return f"z/{1 / kit.temperatures[at['temperatures']].factor:g}"
    return "z"


def _write_row_of_question(at: dict[str, int], kit: Kit, case: Case, probs: str) -> str:
    """Write the formula of a question's loss, with a logarithm for yes and one for no."""
    probs = probs.replace("z", "p" if case.kind == "probs" else _write_scaled(at, kit, case))
    clip, logarithm = kit.clips[at["clips"]].part, kit.logarithms[at["logarithms"]].part
    yes, no = (
        logarithm.formula.format(clip.formula.format(text)) for text in (probs, f"(1 − {probs})")
    )
    focal = kit.focals[at["focals"]]
    alpha = None if focal.alpha is None else write_number(1 - focal.alpha)
    yes, no = focal.part.formula.format(yes), focal.part.formula.format(no)
    if focal.gamma is not None:
        no = no.replace("(1 − p)^", "p^", 1)
    if alpha is not None and focal.alpha is not None:
        no = no.replace(f"{write_number(focal.alpha)}·", f"{alpha}·", 1)
    positive = kit.weightings[at["weightings"]].part.formula
    row = kit.picks[at["picks"]].part.formula.format(positive.format(yes), no)
    return _negate(row) if at["signs"] else row
