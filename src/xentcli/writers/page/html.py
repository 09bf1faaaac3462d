"""Draws a page as HTML: one file with all that it needs, for light and dark, for screen and paper.

Nothing in it can load or run anything: text from data is escaped, and the content security policy
of the page forbids everything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from xentcli.errors import escaped
from xentcli.writers.page import charts
from xentcli.writers.page.blocks import (
    Answer,
    Block,
    Bullets,
    Cell,
    Code,
    Column,
    Facts,
    FullNumbers,
    Heading,
    Histogram,
    Page,
    Paragraph,
    SideBySide,
    SingleBlock,
    Table,
)
from xentcli.writers.page.style import HTML_STYLE, LANDSCAPE

# Widths are in letters. A sample that is wider than this is folded into several tables.
WIDTH = 184
# A page with a wider table is printed in landscape.
PORTRAIT = 110
# Longer words in a cell are broken into lines.
PROSE = 60
# A longer command may have more lines than are shown at once: its box scrolls.
LONG_COMMAND = 300
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def draw(page: Page) -> bytes:
    """Draw the whole document."""
    return ("\n".join(_draw_lines(page)) + "\n").encode("utf-8")


def _draw_lines(page: Page) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f'<meta name="description" content="{_escape(page.description)}">'
    yield f"<title>{_escape(page.description)}</title>"
    yield f"<style>{HTML_STYLE}{LANDSCAPE if _is_wide(page) else ''}</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    yield f"<h1>{_escape(page.title)}</h1>"
    # The answer comes before the command, which may be long: so it is in sight on a small screen.
    for single in page.first:
        yield from _draw_block(single)
    # A box that scrolls must be reached by the keyboard.
    reached = ' tabindex="0"' if len(page.command) > LONG_COMMAND else ""
    command = _keep_words_whole(page.command)
    yield f'<pre class="command" aria-label="command"{reached}><code>{command}</code></pre>'
    for block in page.blocks:
        yield from _draw_block(block)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _draw_block(block: Block) -> Iterator[str]:
    match block:
        case Table():
            yield from _draw_table(block)
        case SideBySide(parts):
            yield from _draw_side_by_side(parts)
        case Heading(text, level):
            yield f"<h{level}>{_escape(text)}</h{level}>"
        case Paragraph(text, tone):
            yield f'<p class="{tone}">{_escape(text)}</p>'
        case Answer(name, value, unit):
            yield (
                f'<p class="answer"><span class="name">{_escape(name)}</span> '
                f"<strong>{_escape(value)}</strong> {_escape(unit)}</p>"
            )
        case Facts(entries):
            yield '<dl class="facts">'
            for name, value in entries:
                yield f"<div><dt>{_escape(name)}</dt><dd>{_escape(value)}</dd></div>"
            yield "</dl>"
        case FullNumbers(name, value):
            yield (
                f'<p class="full"><span class="name">{_escape(name)}</span> = '
                f"<strong>{_escape(value)}</strong></p>"
            )
        case Histogram():
            yield from _draw_histogram(block)
        case Code(lines):
            text = "\n".join(map(_escape, lines))
            yield f"<pre><code>{text}</code></pre>"
        case Bullets(items):
            yield "<ul>"
            for item in items:
                yield f"<li>{_escape(item)}</li>"
            yield "</ul>"


def _draw_side_by_side(parts: Sequence[Sequence[SingleBlock]]) -> Iterator[str]:
    has_chart = any(isinstance(block, Histogram) for part in parts for block in part)
    yield f'<div class="row{" chart-first" if has_chart else ""}">'
    for part in parts:
        yield '<div class="part">'
        for block in part:
            yield from _draw_block(block)
        yield "</div>"
    yield "</div>"


def _draw_table(table: Table) -> Iterator[str]:
    # A box that scrolls must be reached by the keyboard, and have a name.
    yield f'<div class="box" role="region" aria-label="{_escape(table.caption)}" tabindex="0">'
    has_steps = any(column.below or column.is_label for column in table.columns)
    kind = ' class="steps"' if has_steps else ""
    widths = f"--letters:{_width_in_letters(table)};--names:{_width_of_names(table)}"
    yield f'<table{kind} style="{widths}">'
    yield f"<caption>{_escape(table.caption)}</caption>"
    yield "<thead>"
    yield f"<tr>{''.join(map(_draw_header, table.columns))}</tr>"
    yield "</thead>"
    yield "<tbody>"
    for row in table.rows:
        yield f"<tr>{_draw_row(row, table.columns)}</tr>"
    yield "</tbody>"
    yield "</table>"
    yield "</div>"


def _draw_row(row: Sequence[Cell], columns: Sequence[Column]) -> str:
    first, *others = zip(row, columns, strict=True)
    below = "".join(f' data-below="{_escape(cell.text)}"' for cell, at in others if at.below)
    kind = _class_attribute(_cell_classes(first[0]))
    name = f'<th scope="row"{kind}{below}>{_draw_content(*first)}</th>'
    return name + "".join(_draw_cell(*pair) for pair in others)


def _is_wide(page: Page) -> bool:
    tables = (block for block in page.in_order() if isinstance(block, Table))
    return any(_width_in_letters(table) > PORTRAIT for table in tables)


def _width_in_letters(table: Table) -> int:
    """About how many letters wide a table is; the size of printed letters depends on it."""
    columns = zip(*table.rows, strict=True)
    return sum(
        max(len(column.name), *(min(PROSE, len(cell.text)) for cell in cells)) + 2
        for column, cells in zip(table.columns, columns, strict=True)
    )


def _width_of_names(table: Table) -> int:
    """How wide the names of the rows are: the column of the label stays to the right of them."""
    return max(len(table.columns[0].name), *(len(row[0].text) for row in table.rows))


def _draw_header(column: Column) -> str:
    note = f' <small class="note">{_escape(column.note)}</small>' if column.note else ""
    kind = _class_attribute(_column_classes(column))
    return f'<th scope="col"{kind}>{_escape(column.name)}{note}</th>'


def _draw_cell(cell: Cell, column: Column) -> str:
    kind = _class_attribute([*_column_classes(column), *_cell_classes(cell)])
    return f"<td{kind}>{_draw_content(cell, column)}</td>"


def _draw_content(cell: Cell, column: Column) -> str:
    text = _escape(cell.text)
    if cell.share is not None:
        text = _draw_with_bar(text, cell.share, column)
    return text + "".join(f'<span class="more">{_escape(line)}</span>' for line in cell.more)


def _draw_with_bar(text: str, share: float, column: Column) -> str:
    """Draw a number with its bar, which is hidden from screen readers: the number says the same."""
    if column.bars_beside:
        bar = f'<svg class="beside" aria-hidden="true">{charts.draw_bar(share)}</svg>'
        return f'<span class="pair">{bar}{text}</span>'
    return f'{text}<svg class="below" aria-hidden="true">{charts.draw_bar_on_track(share)}</svg>'


def _column_classes(column: Column) -> list[str]:
    kinds = {"words": column.words, "below": column.below, "label": column.is_label}
    return [name for name, is_so in kinds.items() if is_so]


def _cell_classes(cell: Cell) -> list[str]:
    prose = ["prose"] if cell.more else []
    return prose if cell.tone == "plain" else [cell.tone, *prose]


def _class_attribute(kinds: Sequence[str]) -> str:
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _draw_histogram(block: Histogram) -> Iterator[str]:
    said = charts.describe_bins(block.bins)
    yield "<figure>"
    yield f"<figcaption>{_escape(block.title)}</figcaption>"
    yield (
        f'<svg class="chart" role="img" width="100%" height="{charts.HEIGHT}" '
        'aria-labelledby="chart-title chart-said">'
    )
    yield f'<title id="chart-title">{_escape(block.title)}</title>'
    yield f'<desc id="chart-said">{_escape(said)}</desc>'
    yield charts.draw_histogram(block.bins, block.unit)
    yield "</svg>"
    yield "<details>"
    yield "<summary>The same as a table</summary>"
    yield from _draw_table(charts.histogram_table(block))
    yield "</details>"
    yield "</figure>"


def _keep_words_whole(text: str) -> str:
    """Escape a text that is not to be broken at its hyphens."""
    return " ".join(f'<span class="word">{_escape(word)}</span>' for word in text.split(" "))


def _escape(text: str) -> str:
    """Escape a text of any kind: its controls as well as its markup."""
    return escape(escaped(text))
