"""Makes the page of a report: the answer, the figures, the survey, then the worked samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xentcli.errors import rounded
from xentcli.model import Group, HardSample, Report, Survey, WorkedSample
from xentcli.writers.interface import View
from xentcli.writers.page.blocks import (
    Answer,
    Block,
    Cell,
    Column,
    Facts,
    FullNumbers,
    Histogram,
    Page,
    Paragraph,
    SideBySide,
    SingleBlock,
    Table,
    Tone,
)
from xentcli.writers.words import report as words
from xentcli.writers.words.grid import Grid, Row, fold, make_grid, shown_name
from xentcli.writers.words.survey import (
    LabelTable,
    bar_shares,
    group_columns,
    hard_columns,
    hardest_groups,
    has_words,
    is_vocabulary,
    label_tables,
)

# A step along a gradient above 0 lowers the logit, below 0 it raises it.
TONES: dict[int, Tone] = {1: "positive", 0: "plain", -1: "negative"}
# If there are more classes, only --quiet and --format csv give the answers with all digits.
MOST_IN_FULL = 100


def make_page(report: Report, command: str, view: View) -> Page:
    """Make the page of a report."""
    title = report.title
    first = tuple(_first(report, view))
    said = title
    if first and isinstance(first[0], Answer) and report.result is not None:
        said = f"{title}: {first[0].name} {first[0].value} {first[0].unit}"
    return Page(title, said, command, first, tuple(_blocks(report, view)))


def _first(report: Report, view: View) -> Iterator[SingleBlock]:
    for name, value in words.named_losses(report):
        yield Answer(name, value, report.unit)
    entries = tuple(words.facts(report, view))
    if entries:
        yield Facts(entries)
    if report.left_out:
        yield Paragraph(words.columns_left_out(report), "quiet")


def _blocks(report: Report, view: View) -> Iterator[Block]:
    if report.survey is not None:
        yield from _side_by_side(tuple(_survey(report.survey, report, view)))
    if view.steps and report.worked:
        yield SideBySide(tuple(tuple(_sample(worked, report, view)) for worked in report.worked))
    if view.steps and report.shifted:
        yield Paragraph(words.SHIFTED, "quiet")
    left_out = words.samples_left_out(report) if view.steps else ""
    if left_out:
        yield Paragraph(left_out, "quiet")
    if report.field == "loss":
        if report.reduction != "none":
            yield Paragraph(words.reduction_written_out(report, view), "formula")
        return
    if len(report.classes) <= MOST_IN_FULL:
        for name, value in words.answers_in_full(report):
            yield FullNumbers(name, value)


def _side_by_side(parts: Sequence[SingleBlock]) -> Iterator[SideBySide]:
    """Put the chart beside the first table, and the other tables beside one another."""
    with_chart = 2 if parts and isinstance(parts[0], Histogram) else 0
    for beside in (parts[:with_chart], parts[with_chart:]):
        if beside:
            yield SideBySide(tuple((part,) for part in beside))


def _sample(worked: WorkedSample, report: Report, view: View) -> Iterator[SingleBlock]:
    laid_out = make_grid(worked, report.classes, view)
    blocks = fold(laid_out, view)
    caption = words.sample_title(worked, report) or "Step by step"
    for number, classes in enumerate(_with_label(blocks, laid_out.label)):
        more = " (continued)" if number else ""
        yield _steps(laid_out, classes, caption + more, first=number == 0)
    left_out = len(report.classes) - sum(map(len, blocks))
    if left_out:
        yield Paragraph(words.classes_left_out(left_out, report), "quiet")
    for step in worked.steps:
        if step.note:
            yield Paragraph(f"{step.name}: {step.note}")
    if worked.entropy is not None and worked.divergence is not None:
        yield Paragraph(words.describe_parts(worked, view), "formula")


def _with_label(blocks: Sequence[list[int]], label: int | None) -> Iterator[list[int]]:
    """Add the label to the classes of each block, so that it is in sight beside all of them. Where
    it is left out of all blocks it stays so."""
    is_shown = any(label in block for block in blocks)
    for block in blocks:
        yield sorted({*block, label}) if is_shown and label is not None else block


def _steps(laid_out: Grid, classes: Sequence[int], caption: str, *, first: bool) -> Table:
    has_values = first and any(row.single for row in laid_out.rows)
    columns = [Column("step", words=True)]
    if first:
        columns.append(Column("formula", words=True, below=True))
    if has_values:
        columns.append(Column("value"))
    columns += [
        Column(laid_out.names[at], "label" if at == laid_out.label else "", is_label=True)
        if at == laid_out.label
        else Column(laid_out.names[at])
        for at in classes
    ]
    rows = []
    for row in laid_out.rows:
        if row.single and not first:
            continue
        cells = [Cell(row.name)]
        if first:
            cells.append(Cell(row.formula, "formula"))
        if has_values:
            cells.append(Cell(row.single, "strong" if row.name == "loss" else "plain"))
        cells += [_cell(row, at) for at in classes]
        rows.append(tuple(cells))
    return Table(caption, tuple(columns), tuple(rows))


def _cell(row: Row, at: int) -> Cell:
    if not row.by_class:
        return Cell("")
    share = row.shares[at] if row.shares else None
    return Cell(row.by_class[at], TONES[row.signs[at]] if row.signs else "plain", share)


def _survey(survey: Survey, report: Report, view: View) -> Iterator[SingleBlock]:
    if survey.histogram:
        yield Histogram("How large the losses are", survey.histogram, report.unit)
    if survey.classes and is_vocabulary(report):
        for table in label_tables(survey.classes):
            yield _labels(table, report, view)
    elif survey.classes:
        what = "question" if report.questions else "class"
        yield _groups(f"The mean loss of each {what}", what, survey.classes, report, view)
    if survey.groups:
        by = shown_name(survey.by, view)
        yield _groups(f"The loss ({report.reduction}) by {by}", by, survey.groups, report, view)
    if survey.hardest:
        yield _hardest(survey.hardest, report, view)


def _labels(table: LabelTable, report: Report, view: View) -> Table:
    columns = group_columns(table.groups, "label", view)
    if table.of_sums:
        columns["sum"] = [rounded(number, view.digits) for number in table.numbers]
    caption = table.title[:1].upper() + table.title[1:]
    return _with_bars(caption, list(columns.items()), table.numbers, report)


def _groups(caption: str, what: str, groups: Sequence[Group], report: Report, view: View) -> Table:
    shown = hardest_groups(groups)
    if len(shown) < len(groups):
        caption += f": the {len(shown)} largest of {len(groups):,}"
    columns = list(group_columns(shown, what, view).items())
    return _with_bars(caption, columns, [group.result for group in shown], report)


def _hardest(hardest: Sequence[HardSample], report: Report, view: View) -> Table:
    columns = list(hard_columns(hardest, report, view).items())
    noun = "questions" if any(sample.question is not None for sample in hardest) else "samples"
    noun = "tokens" if any(sample.token is not None for sample in hardest) else noun
    return _with_bars(f"The hardest {noun}", columns, [sample.loss for sample in hardest], report)


def _with_bars(
    caption: str,
    columns: Sequence[tuple[str, Sequence[str]]],
    losses: Sequence[float],
    report: Report,
) -> Table:
    """Make a table: the first column has the names, the last the losses with bars beside them."""
    (name, _), *others, (loss, _) = columns
    heads = [Column(name, words=True)]
    heads += [Column(other, words=has_words(other, cells)) for other, cells in others]
    heads.append(Column(f"{loss} ({report.unit})", bars_beside=True))
    rows = []
    cells = zip(*(cells for _, cells in columns), strict=True)
    for (*before, number), share in zip(cells, bar_shares(losses), strict=True):
        rows.append((*map(Cell, before), Cell(number, share=share)))
    return Table(caption, tuple(heads), tuple(rows))
