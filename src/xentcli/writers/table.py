"""The worked table: a row a step, a column a class, then the reduction written out.

No number is ever cut. Where a sample is wider than the terminal its classes are folded into
several blocks, and where they would be too many, whole classes are left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from xentcli.decimals import rounded
from xentcli.errors import counted, escaped
from xentcli.model import Answer, Batch, Report, Step, Worked
from xentcli.writers.drawing import BOLD, DIM, console, head, render
from xentcli.writers.grid import Grid, Row, first_line, folded, grid
from xentcli.writers.interface import Stream, View
from xentcli.writers.letters import encoded
from xentcli.writers.numbers import shortest_one

ROWS_WAIT = False
# Longer answers are for --quiet and --format csv.
ANSWERS_IN_FULL = 1000
LABEL = Style(bold=True, color="cyan")


def start(stream: Stream) -> bytes:
    """Nothing: a table is shown when all is known."""
    return b""


def rows(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """Nothing: the worked samples stand for the rest."""
    return b""


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The worked samples, what was left out, and the answer."""
    drawn_on = console(view)
    parts = [render(part, drawn_on) for part in _parts(report, view)]
    text = "\n\n".join(part for part in parts if part) + "\n"
    yield encoded(text, view)


def _parts(report: Report, view: View) -> Iterator[RenderableType]:
    if view.steps:
        for worked in report.worked:
            yield from _sample(worked, report, view)
    left_out = report.samples - len(report.worked)
    if left_out > 0 and (report.worked or report.field != "loss"):
        samples = "sample" if left_out == 1 else "samples"
        more = "more " if report.worked else ""
        yield Text(f"… {left_out:,} {more}{samples} not shown (--rows)", style=DIM)
    yield from _answer(report, view)


def _sample(worked: Worked, report: Report, view: View) -> Iterator[RenderableType]:
    title = _title(worked, report)
    if title:
        yield title
    laid_out = grid(worked, report.classes, view)
    blocks = folded(laid_out, view)
    for number, block in enumerate(blocks):
        yield _table(laid_out, block, first=number == 0, view=view)
    left_out = len(report.classes) - sum(map(len, blocks))
    if left_out:
        everything = counted(len(report.classes), "class", "classes")
        yield Text(f"… {left_out:,} of {everything} not shown in the table", style=DIM)
    for step in worked.steps:
        if step.note:
            yield Text(f"{step.name}: {step.note}")
    if worked.entropy is not None and worked.divergence is not None:
        yield _decomposed(worked, view)


def _decomposed(worked: Worked, view: View) -> Text:
    """``CE = H(q) + KL(q‖p) = 1.0397 + 0.2213 = 1.2610``."""
    assert worked.entropy is not None
    assert worked.divergence is not None
    parts = [rounded(value, view.digits) for value in (worked.entropy, worked.divergence)]
    total = rounded(worked.entropy + worked.divergence, view.digits)
    return Text(f"CE = H(q) + KL(q‖p) = {' + '.join(parts)} = {total}")


def _title(worked: Worked, report: Report) -> Text | None:
    words = []
    if report.samples > 1:
        at = "" if len(worked.position) == 1 else f" at {worked.position[1:]}".replace(",)", ")")
        words.append(f"sample {worked.position[0]}{at}")
    if worked.label is not None:
        name = _label_name(worked, report)
        words.append(f"label {worked.label}{name}")
    return Text(" · ".join(words), style=BOLD) if words else None


def _label_name(worked: Worked, report: Report) -> str:
    assert worked.label is not None
    if worked.ignored:
        return ", ignored"
    name = report.classes[worked.label]
    return "" if name == str(worked.label) else f" ({escaped(name)})"


def _table(laid_out: Grid, classes: Sequence[int], *, first: bool, view: View) -> Table:
    beside = first and not laid_out.stacked
    has_values = beside and any(row.one for row in laid_out.rows)
    table = Table(
        box=head(view),
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("step", no_wrap=True)
    if beside:
        table.add_column("formula", no_wrap=True, style=DIM)
    if has_values:
        table.add_column("", no_wrap=True, justify="right")
    for at in classes:
        marked = at == laid_out.label
        style = LABEL if marked else Style()
        header = Text(laid_out.names[at] + ("\nlabel" if marked else ""), style=style)
        table.add_column(header, no_wrap=True, justify="right", style=style)
    for row in laid_out.rows:
        if row.one and not first:
            continue
        line: list[RenderableType] = [_step_name(row, laid_out, first=first)]
        if beside:
            line.append(Text(row.formula))
        if has_values:
            line.append(Text(row.one))
        line += [Text(row.each[at] if row.each else "") for at in classes]
        table.add_row(*line)
    return table


def _step_name(row: Row, laid_out: Grid, *, first: bool) -> Text:
    if first and laid_out.stacked:
        return Text.assemble(first_line(row), "\n", (row.formula, DIM))
    return Text(row.name)


def _answer(report: Report, view: View) -> Iterator[RenderableType]:
    if report.field in ("probs", "log_probs", "grad"):
        yield _answers_in_full(report)
        yield _summary(report, view)
        return
    if report.reduction == "none":
        yield _summary(report, view)
        return
    yield _written_out(report, view)
    yield _summary(report, view)


def _answers_in_full(report: Report) -> Text:
    """The answer of the worked samples with all its digits."""
    text = Text()
    if len(report.classes) > ANSWERS_IN_FULL:
        return text
    for number, worked in enumerate(report.worked):
        last = worked.steps[-1] if report.field != "probs" else _named(worked, "softmax")
        assert isinstance(last.value, tuple)
        where = f"sample {', '.join(map(str, worked.position))}: " if report.samples > 1 else ""
        text.append("\n" if number else "")
        text.append(where + last.name + " = ", style=DIM)
        text.append(", ".join(shortest_one(value) for value in last.value), style=BOLD)
    return text


def _named(worked: Worked, name: str) -> Step:
    return next(step for step in worked.steps if step.name == name)


def _written_out(report: Report, view: View) -> Text:
    """``(2.4076 + 1.4076 + 0.4076) / 3 = 1.4076``, or the two sums where they are many."""
    losses = [rounded(worked.loss or 0.0, view.digits) for worked in report.worked]
    result = rounded(float(report.result), view.digits)
    if len(report.worked) == report.samples:
        upper = " + ".join(losses)
        shares = [rounded(worked.share or 0.0, view.digits) for worked in report.worked]
    else:
        upper, shares = rounded(report.loss_sum or 0.0, view.digits), []
    if report.reduction == "sum":
        return Text(f"sum = {upper} = {result}" if len(losses) > 1 else f"sum = {result}")
    whole = float(report.denominator or 0.0)
    lower = str(int(whole)) if whole.is_integer() else rounded(whole, view.digits)
    weighted = any(worked.share not in (0.0, 1.0) for worked in report.worked)
    if weighted and len(shares) > 1:
        lower = "(" + " + ".join(_plain(worked.share) for worked in report.worked) + ")"
    upper = f"({upper})" if len(losses) > 1 and len(losses) == report.samples else upper
    return Text(f"mean = {upper} / {lower} = {result}")


def _plain(value: float | None) -> str:
    return repr(float(value or 0.0)).removesuffix(".0")


def _summary(report: Report, view: View) -> RenderableType:
    lines: list[tuple[str, str]] = []
    if report.samples != 1 or report.ignored:
        lines.append(("samples", f"{report.samples:,}"))
    if report.ignored:
        lines.append(("ignored", f"{report.ignored:,}"))
    if report.denominator is not None and report.reduction == "mean" and report.samples > 1:
        lines.append(("denominator", _plain(report.denominator)))
    if report.perplexity is not None and report.samples > 1:
        lines.append(("perplexity", rounded(report.perplexity, view.digits)))
    if report.accuracy is not None and report.samples > 1:
        lines.append(("accuracy", f"{100 * report.accuracy:.2f} %"))
    if report.floor is not None and report.reduction == "mean":
        lines.append(("lowest possible", rounded(report.floor, view.digits)))
    if report.check is not None:
        checked = counted(report.check.samples, "sample")
        difference = f"{report.check.largest:.1e} of its largest entry ({checked})"
        lines.append(("off central differences by", difference))
    if report.field == "loss" and report.reduction != "none":
        lines.append((f"loss ({report.reduction})", f"{shortest_one(report.result)} {report.unit}"))
    if report.field == "loss" and report.reduction == "none":
        for worked in report.worked:
            where = ", ".join(map(str, worked.position))
            lines.append((f"loss of sample {where}", f"{shortest_one(worked.loss)} {report.unit}"))
    width = max((len(name) for name, _ in lines), default=0)
    text = Text()
    for number, (name, value) in enumerate(lines):
        text.append("\n" if number else "")
        text.append(f"{name:<{width}}  ", style=DIM)
        text.append(value, style=BOLD if name.startswith("loss") else "")
    return text
