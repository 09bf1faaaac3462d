"""A page as HTML: one file with all that it needs, for light and dark, for screen and paper.

Nothing in it can load or run anything: text from data is escaped, and the page's own content
security policy forbids everything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from xentcli.errors import escaped
from xentcli.writers.page import charts
from xentcli.writers.page.blocks import (
    Answer,
    Beside,
    Block,
    Bullets,
    Cell,
    Code,
    Column,
    Facts,
    Full,
    Heading,
    Histogram,
    Page,
    Single,
    Table,
    Words,
)
from xentcli.writers.page.style import HTML_STYLE, LANDSCAPE
from xentcli.writers.words.survey import range_of

# In letters: so much goes into one table before its classes are folded into several.
WIDTH = 184
# A wider table is printed on paper that lies on its side.
PORTRAIT = 110
# Longer words in a cell are broken into lines.
PROSE = 60
# A longer command may have more lines than are shown at once.
LONG_COMMAND = 300
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def drawn(page: Page) -> bytes:
    """The whole document."""
    return ("\n".join(_lines(page)) + "\n").encode("utf-8")


def _lines(page: Page) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f'<meta name="description" content="{_text(page.description)}">'
    yield f"<title>{_text(page.description)}</title>"
    yield f"<style>{HTML_STYLE}{LANDSCAPE if _is_wide(page) else ''}</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    yield f"<h1>{_text(page.title)}</h1>"
    # What was computed comes before what may be long: it is in sight on a small screen too.
    for said in page.first:
        yield from _block(said)
    # What scrolls must be reached by the keyboard.
    reached = ' tabindex="0"' if len(page.command) > LONG_COMMAND else ""
    command = _whole_words(page.command)
    yield f'<pre class="command" aria-label="command"{reached}><code>{command}</code></pre>'
    for block in page.blocks:
        yield from _block(block)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Table():
            yield from _table(block)
        case Beside(parts):
            yield from _beside(parts)
        case Heading(text, level):
            yield f"<h{level}>{_text(text)}</h{level}>"
        case Words(text, tone):
            yield f'<p class="{tone}">{_text(text)}</p>'
        case Answer(name, value, unit):
            yield (
                f'<p class="answer"><span class="name">{_text(name)}</span> '
                f"<strong>{_text(value)}</strong> {_text(unit)}</p>"
            )
        case Facts(entries):
            yield '<dl class="facts">'
            for name, value in entries:
                yield f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>"
            yield "</dl>"
        case Full(name, value):
            yield (
                f'<p class="full"><span class="name">{_text(name)}</span> = '
                f"<strong>{_text(value)}</strong></p>"
            )
        case Histogram():
            yield from _histogram(block)
        case Code(lines):
            yield f"<pre><code>{_text_lines(lines)}</code></pre>"
        case Bullets(items):
            yield "<ul>"
            for item in items:
                yield f"<li>{_text(item)}</li>"
            yield "</ul>"


def _beside(parts: Sequence[Sequence[Single]]) -> Iterator[str]:
    has_chart = any(isinstance(block, Histogram) for part in parts for block in part)
    yield f'<div class="row{" chart-first" if has_chart else ""}">'
    for part in parts:
        yield '<div class="part">'
        for block in part:
            yield from _block(block)
        yield "</div>"
    yield "</div>"


def _table(table: Table) -> Iterator[str]:
    # A box that scrolls must be reached by the keyboard, and have a name.
    yield f'<div class="box" role="region" aria-label="{_text(table.caption)}" tabindex="0">'
    kind = ' class="steps"' if any(one.below or one.marked for one in table.columns) else ""
    yield f'<table{kind} style="--letters:{_letters(table)};--names:{_letters_of_names(table)}">'
    yield f"<caption>{_text(table.caption)}</caption>"
    yield "<thead>"
    yield f"<tr>{''.join(map(_header, table.columns))}</tr>"
    yield "</thead>"
    yield "<tbody>"
    for row in table.rows:
        yield f"<tr>{_row(row, table.columns)}</tr>"
    yield "</tbody>"
    yield "</table>"
    yield "</div>"


def _row(row: Sequence[Cell], columns: Sequence[Column]) -> str:
    first, *others = zip(row, columns, strict=True)
    below = "".join(f' data-below="{_text(cell.text)}"' for cell, at in others if at.below)
    name = f'<th scope="row"{_class(_tones(first[0]))}{below}>{_inside(*first)}</th>'
    return name + "".join(_cell(*pair) for pair in others)


def _is_wide(page: Page) -> bool:
    tables = (block for block in page.in_order() if isinstance(block, Table))
    return any(_letters(table) > PORTRAIT for table in tables)


def _letters(table: Table) -> int:
    """About how many letters wide a table is; a printed page scales by it."""
    columns = zip(*table.rows, strict=True)
    return sum(
        max(len(column.name), *(min(PROSE, len(cell.text)) for cell in cells)) + 2
        for column, cells in zip(table.columns, columns, strict=True)
    )


def _letters_of_names(table: Table) -> int:
    """How wide the names of the rows are at the most: the label's column keeps to their right."""
    return max(len(table.columns[0].name), *(len(row[0].text) for row in table.rows))


def _header(column: Column) -> str:
    note = f' <small class="note">{_text(column.note)}</small>' if column.note else ""
    return f'<th scope="col"{_class(_kinds(column))}>{_text(column.name)}{note}</th>'


def _cell(cell: Cell, column: Column) -> str:
    return f"<td{_class([*_kinds(column), *_tones(cell)])}>{_inside(cell, column)}</td>"


def _inside(cell: Cell, column: Column) -> str:
    text = _text(cell.text)
    if cell.share is not None:
        text = _with_bar(text, cell.share, column)
    return text + "".join(f'<span class="more">{_text(line)}</span>' for line in cell.more)


def _with_bar(text: str, share: float, column: Column) -> str:
    """A number with its bar, which is hidden from screen readers: the number says the same."""
    if column.beside:
        bar = f'<svg class="beside" aria-hidden="true">{charts.bar(share)}</svg>'
        return f'<span class="pair">{bar}{text}</span>'
    return f'{text}<svg class="below" aria-hidden="true">{charts.bar_of_all(share)}</svg>'


def _kinds(column: Column) -> list[str]:
    kinds = {"words": column.words, "below": column.below, "label": column.marked}
    return [name for name, is_so in kinds.items() if is_so]


def _tones(cell: Cell) -> list[str]:
    prose = ["prose"] if cell.more else []
    return prose if cell.tone == "plain" else [cell.tone, *prose]


def _class(kinds: Sequence[str]) -> str:
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _histogram(block: Histogram) -> Iterator[str]:
    said = charts.describe(block.bins)
    yield "<figure>"
    yield f"<figcaption>{_text(block.title)}</figcaption>"
    yield (
        f'<svg class="chart" role="img" width="100%" height="{charts.HEIGHT}" '
        'aria-labelledby="chart-title chart-said">'
    )
    yield f'<title id="chart-title">{_text(block.title)}</title>'
    yield f'<desc id="chart-said">{_text(said)}</desc>'
    yield charts.histogram(block.bins, block.unit)
    yield "</svg>"
    yield "<details>"
    yield "<summary>The same as a table</summary>"
    rows = tuple((Cell(range_of(one)), Cell(f"{one.samples:,}")) for one in block.bins)
    columns = (Column(f"loss ({block.unit})", words=True), Column("samples"))
    yield from _table(Table(block.title, columns, rows))
    yield "</details>"
    yield "</figure>"


def _whole_words(text: str) -> str:
    """Text that is not broken at its hyphens."""
    return " ".join(f'<span class="word">{_text(word)}</span>' for word in text.split(" "))


def _text_lines(lines: Sequence[str]) -> str:
    return "\n".join(map(_text, lines))


def _text(text: str) -> str:
    """Any text, escaped."""
    return escape(escaped(text))
