"""The words and numbers of a report that tables and pages show alike."""

from __future__ import annotations

from collections.abc import Iterator

from xentcli.errors import counted, escaped, quoted, rounded
from xentcli.model import Figure, Report, WorkedSample
from xentcli.writers.interface import View
from xentcli.writers.rows.numbers import shortest_text


def sample_title(worked: WorkedSample, report: Report) -> str:
    """A sample's title, ``sample 3 · label 1 (cat)``; empty for a single one without a label."""
    words = []
    if worked.token is not None:
        sequence, position = worked.position
        token = f" · token {quoted(worked.token)}" if worked.token else ""
        return f"sequence {sequence}, position {position}{token}"
    if report.samples > 1:
        at = "" if len(worked.position) == 1 else f" at {worked.position[1:]}".replace(",)", ")")
        words.append(f"sample {worked.position[0]}{at}")
    if worked.label is not None:
        words.append(f"label {worked.label}{_label_name(worked, report)}")
    return " · ".join(words)


def _label_name(worked: WorkedSample, report: Report) -> str:
    assert worked.label is not None
    if worked.ignored:
        return ", ignored"
    name = report.classes[worked.label]
    return "" if name == str(worked.label) else f" ({escaped(name)})"


SHIFTED = "position t is scored with label t+1"


def classes_left_out(number: int, report: Report) -> str:
    """Say how many classes a table does not show."""
    everything = counted(len(report.classes), "class", "classes")
    return f"… {number:,} of {everything} not shown in the table"


def samples_left_out(report: Report) -> str:
    """Say how many samples are not shown. Empty if all are shown, or if the samples have losses and
    none of them is to be shown."""
    number = report.samples - len(report.worked)
    if number <= 0 or not (report.worked or report.field != "loss"):
        return ""
    more = "more " if report.worked else ""
    return f"… {number:,} {more}{'sample' if number == 1 else 'samples'} not shown (--rows)"


def describe_parts(worked: WorkedSample, view: View) -> str:
    """Write a loss as the sum of its parts: ``CE = H(q) + KL(q‖p) = 1.0397 + 0.2213 = 1.2610``."""
    assert worked.entropy is not None
    assert worked.divergence is not None
    parts = [rounded(value, view.digits) for value in (worked.entropy, worked.divergence)]
    total = rounded(worked.entropy + worked.divergence, view.digits)
    return f"CE = H(q) + KL(q‖p) = {' + '.join(parts)} = {total}"


def answers_in_full(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the name of each worked sample and its answer with all digits."""
    for worked in report.worked:
        answer = worked.steps[-1]
        if report.field == "probs":
            answer = next(step for step in worked.steps if step.name == "softmax")
        assert isinstance(answer.value, tuple)
        where = f"sample {', '.join(map(str, worked.position))}: " if report.samples > 1 else ""
        yield where + answer.name, ", ".join(shortest_text(value) for value in answer.value)


def reduction_written_out(report: Report, view: View) -> str:
    """Write out the reduction, such as ``mean = (2.4076 + 1.4076 + 0.4076) / 3 = 1.4076``; if not
    every sample is shown, with the two sums alone."""
    losses = [rounded(loss, view.digits) for worked in report.worked for loss in worked.losses]
    shares = [share for worked in report.worked for share in worked.shares]
    result = rounded(float(report.result or 0.0), view.digits)
    everything = len(report.worked) == report.samples
    upper = " + ".join(losses) if everything else rounded(report.loss_sum or 0.0, view.digits)
    if report.reduction == "sum":
        return f"sum = {upper} = {result}" if len(losses) > 1 else f"sum = {result}"
    whole = float(report.denominator or 0.0)
    lower = f"{whole:,.0f}" if whole.is_integer() else rounded(whole, view.digits)
    if everything and len(shares) > 1 and any(share not in (0.0, 1.0) for share in shares):
        lower = "(" + " + ".join(map(_plain_number, shares)) + ")"
    upper = f"({upper})" if everything and len(losses) > 1 else upper
    return f"{report.reduction} = {upper} / {lower} = {result}"


def _plain_number(value: float | None) -> str:
    return repr(float(value or 0.0)).removesuffix(".0")


def facts(report: Report, view: View) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each figure beside the answer."""
    if report.samples != 1 or report.ignored:
        yield "samples", f"{report.samples:,}"
    if report.ignored:
        yield "ignored", f"{report.ignored:,}"
    if report.denominator is not None and report.averages and report.samples > 1:
        whole = report.denominator.is_integer()
        yield (
            "denominator",
            f"{report.denominator:,.0f}" if whole else _plain_number(report.denominator),
        )
    # The error of the mean comes last.
    for figure in sorted(report.figures, key=lambda figure: figure.form == "error"):
        if figure.name:
            note = f" ({figure.note})" if figure.note else ""
            yield figure.name, figure_text(figure, view) + note
    if report.check is not None:
        checked = counted(report.check.samples, "sample")
        difference = f"{report.check.largest:.1e} of its largest entry ({checked})"
        yield "off central differences by", difference


def figure_text(figure: Figure, view: View) -> str:
    """The value of a figure as tables and pages show it."""
    if figure.form == "share":
        return percent(figure.value)
    if figure.form == "full":
        return shortest_text(figure.value)
    return f"{'± ' if figure.form == 'error' else ''}{rounded(figure.value, view.digits)}"


def columns_left_out(report: Report) -> str:
    """Say which numeric columns were not used."""
    names = ", ".join(map(quoted, report.left_out))
    return f"Columns of numbers that are no classes: {names}"


def named_losses(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of the loss; with the reduction ``none``, of the loss of each
    worked sample."""
    if report.field != "loss":
        return
    if report.reduction != "none":
        several = (
            report.averages
            and report.survey is not None
            and report.survey.mean_of_means is not None
        )
        what = f"{report.reduction} over tokens" if several else report.reduction
        yield f"loss ({what})", shortest_text(report.result)
        return
    for worked in report.worked:
        where = ", ".join(map(str, worked.position))
        numbers = ", ".join(map(shortest_text, worked.losses))
        yield f"loss of sample {where}", numbers


def percent(share: float) -> str:
    """Format a share of samples.

    >>> percent(0.9555)
    '95.55 %'
    """
    return f"{100 * share:.2f} %"
