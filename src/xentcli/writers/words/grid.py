"""Lays out a worked sample: the text of each cell, and which classes stand side by side."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from xentcli.errors import escaped, rounded
from xentcli.model import NamedTuple, Step, WorkedSample
from xentcli.writers.interface import View
from xentcli.writers.rows.numbers import as_given
from xentcli.writers.view import replace_letters

# One blank of padding and one between columns.
GAP = 2
# If a sample does not fit into so many blocks, classes are left out.
MOST_BLOCKS = 6
MOST_CLASSES = 100
# Longer class names are cut, as their columns would leave no room for others; numbers never are.
LONGEST_NAME = 16

# The steps whose numbers are shown with their sign, and those that are drawn as bars.
SIGNED = ("difference", "grad")
BARS = ("softmax", "sigmoid")


class Row(NamedTuple):
    """A step as text: with a number for each class (``by_class``), or a ``single`` one for the
    sample. ``shares`` are drawn as bars, ``signs`` give the direction of a gradient."""

    name: str
    formula: str
    by_class: tuple[str, ...]
    single: str
    shares: tuple[float, ...] = ()
    signs: tuple[int, ...] = ()


class Grid(NamedTuple):
    """A worked sample as text.

    - ``names`` and ``widths``: of the columns of the classes; ``rows``: the steps.
    - ``label``: the class of the label; ``largest``: the class with the largest value.
    - ``side``: the width of the columns before the classes, with the gap after them.
    - ``stacked``: the formula stands below the name of its step, as there is no room beside it.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    widths: tuple[int, ...]
    label: int | None
    largest: int
    side: int
    stacked: bool = False


def make_grid(worked: WorkedSample, classes: Sequence[str], view: View) -> Grid:
    """Write the steps of a sample as text, and find the width of each column."""
    names = tuple(shown_name(name, view) for name in classes)
    rows = tuple(_row(step, view) for step in worked.steps)
    widths = tuple(_widths(names, rows, worked.label))
    laid_out = Grid(names, rows, widths, worked.label, _largest(worked), _side_width(rows))
    if view.width is None or laid_out.side + max(widths) <= view.width:
        return laid_out
    room = view.width - max(widths)
    return laid_out._replace(side=_stacked_side_width(rows, room, view.width), stacked=True)


def _largest(worked: WorkedSample) -> int:
    """The class with the largest value; the first class where they are equal or nan."""
    values = next(step.value for step in worked.steps if isinstance(step.value, tuple))
    return max(range(len(values)), key=values.__getitem__)


def shown_name(name: str, view: View, longest: int = LONGEST_NAME) -> str:
    """Escape a name, and cut it if it is too long."""
    letters = escaped(name)
    shown = replace_letters(letters, view)
    while cell_len(shown) > longest:
        letters = letters[:-1]
        shown = replace_letters(f"{letters}…", view)
    return shown


def _row(step: Step, view: View) -> Row:
    formula = replace_letters(step.formula, view)
    if isinstance(step.value, float):
        return Row(step.name, formula, (), rounded(step.value, view.digits))
    given = step.name in ("logits", "target", "weight", "pos_weight") or step.formula.endswith(
        "as given"
    )
    show = as_given if given else rounded
    texts = tuple(show(value, view.digits) for value in step.value)
    if step.name in SIGNED:
        signs = tuple((value > 0) - (value < 0) for value in step.value)
        texts = tuple(
            f"+{text}" if sign > 0 else text for text, sign in zip(texts, signs, strict=True)
        )
        return Row(step.name, formula, texts, "", signs=signs)
    return Row(step.name, formula, texts, "", step.value if step.name in BARS else ())


def _widths(names: Sequence[str], rows: Sequence[Row], label: int | None) -> list[int]:
    widths = [cell_len(name) for name in names]
    if label is not None and 0 <= label < len(names):
        widths[label] = max(widths[label], len("label"))
    for row in rows:
        if row.by_class:
            pairs = zip(widths, row.by_class, strict=True)
            widths = [max(width, len(text)) for width, text in pairs]
    return widths


def _side_width(rows: Sequence[Row]) -> int:
    """The width of the columns before the classes, with the gap after them."""
    value = max(len(row.single) for row in rows)
    name = max(len("step"), *(len(row.name) for row in rows))
    formula = max(len("formula"), *(len(row.formula) for row in rows))
    return name + GAP + formula + GAP + (value + GAP if value else 0)


def _stacked_side_width(rows: Sequence[Row], room: int, width: int) -> int:
    """The width of the columns before the classes if each formula stands below its step's name.

    Formulas are broken into lines that leave room for the classes. If the names of the steps alone
    leave none, the lines are as wide as the view.
    """
    names = max(len(first_line(row)) for row in rows) + GAP
    formulas = max(len(row.formula) for row in rows) + GAP
    return max(names, min(formulas, room if names <= room else width))


def first_line(row: Row) -> str:
    """The name of a step, with its single number if it has one, for a stacked grid."""
    return f"{row.name}  {row.single}" if row.single else row.name


def fold(laid_out: Grid, view: View) -> list[list[int]]:
    """Fold the classes into blocks that fit the width. If that makes too many blocks, classes are
    left out from the end, but never the label or the class with the largest value."""
    everything = list(range(len(laid_out.names)))
    if view.width is None:
        return [_keep_most_telling(everything, MOST_CLASSES, laid_out)]
    blocks = _blocks(laid_out, everything, view.width)
    if len(blocks) <= MOST_BLOCKS:
        return blocks
    room = sum(map(len, blocks[: MOST_BLOCKS // 2]))
    return _blocks(laid_out, _keep_most_telling(everything, room, laid_out), view.width)


def _keep_most_telling(classes: list[int], room: int, laid_out: Grid) -> list[int]:
    """Keep as many classes as there is room for: the first ones, the label, and the class with the
    largest value."""
    if len(classes) <= room:
        return classes
    kept = classes[:room]
    telling = [at for at in (laid_out.label, laid_out.largest) if at in classes][:room]
    wanted = {at for at in telling if at >= room}
    return [*kept[: room - len(wanted)], *sorted(wanted)]


def _blocks(laid_out: Grid, classes: Sequence[int], width: int) -> list[list[int]]:
    """Put the classes into blocks. Only the first block has the formulas and the numbers of the
    whole sample; it has no class where there is no room for one."""
    name = max(len("step"), *(len(row.name) for row in laid_out.rows)) + GAP
    blocks: list[list[int]] = [[]]
    room = width - laid_out.side
    for at in classes:
        is_narrow = len(blocks) == 1 and laid_out.stacked
        if (blocks[-1] or is_narrow) and laid_out.widths[at] > room:
            blocks.append([])
            room = width - name
        blocks[-1].append(at)
        room -= laid_out.widths[at] + GAP
    return blocks
