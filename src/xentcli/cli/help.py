"""The help: what it says of each option, as the manual page does, and its layout at any width."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any, Literal, get_args, get_origin

import typer

from xentcli.calculation.commands import Command
from xentcli.model import NamedTuple
from xentcli.options.declare import OUTPUT
from xentcli.options.flatten import ENVIRONMENT_PREFIX, declarations, declared_names
from xentcli.writers.interface import View
from xentcli.writers.view import PLAIN_LETTERS, view_of

NARROWEST, WIDEST = 40, 100
# Below this an option's help stands under its name, not beside it.
TWO_COLUMNS = 72
NAMES = 28
INDENT = "    "
NO_BREAK = "\N{NO-BREAK SPACE}"
ENVIRONMENT = (
    f"Every option can be set in the environment, too: {ENVIRONMENT_PREFIX}_LABEL_COL=answer "
    "stands for --label-col answer."
)
WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+""")


class Frame(NamedTuple):
    """The characters of a panel's frame."""

    corners: tuple[str, str, str, str]
    side: str
    line: str


ROUND = Frame(("╭", "╮", "╰", "╯"), "│", "─")
ASCII = Frame(("+", "+", "+", "+"), "|", "-")


class Help(NamedTuple):
    """The parts of a help text, from top to bottom."""

    usage: str
    about: str
    panels: dict[str, list[tuple[str, str]]]
    examples: Sequence[str]
    end: str


class Option(NamedTuple):
    """An option, or the argument FILE, as help shows it.

    ``form`` is the form of its value, empty for a switch; ``default`` is empty where it would tell
    a reader nothing.
    """

    panel: str
    names: tuple[str, ...]
    form: str
    help: str
    default: str

    @property
    def synopsis(self) -> str:
        """The names with the form of the value."""
        return f"{', '.join(self.names)} {self.form}".strip()


def options_of(command: Callable[..., None]) -> list[Option]:
    """The options of a command's function."""
    return [_declared_option(*declared) for declared in declarations(command)]


def switches_of_app(parameters: Iterable[Any]) -> list[Option]:
    """The switches of the app itself, from its parameters in Typer; some are Typer's own."""
    return [
        Option("Options", tuple(_short_first(found.opts)), "", found.help or "", "")
        for found in parameters
        if not found.hidden
    ]


def group_by_panel(options: Iterable[Option]) -> dict[str, list[Option]]:
    """Group options by panel; the panels are in the order of their first options."""
    panels: dict[str, list[Option]] = {}
    for option in options:
        panels.setdefault(option.panel, []).append(option)
    return panels


def _declared_option(hint: Any, default: Any) -> Option:
    kind, info = hint.__origin__, hint.__metadata__[0]
    names = declared_names(hint)
    choices = _choices(kind)
    if not names:
        return Option(info.rich_help_panel, (info.metavar,), "", info.help, "")
    return Option(
        info.rich_help_panel,
        tuple(_short_first(names)),
        info.metavar or "|".join(choices),
        info.help,
        _default_text(names, default),
    )


def _short_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: name.startswith("--"))


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return next((get_args(part) for part in get_args(kind) if get_origin(part) is Literal), ())


def _default_text(names: list[str], default: Any) -> str:
    if default is None or default is False:
        return ""
    if default is True:
        return names[0].partition("/")[0]
    return f"{default:g}" if isinstance(default, float) else str(default)


def help_of_command(command: Command, function: Callable[..., None]) -> Help:
    """Make the help of a command from the options of its function."""
    panels = _panel_rows(options_of(function))
    panels[OUTPUT].append(("-h, --help", "Show this."))
    usage = f"xent {command.name} [FILE]... [OPTIONS]"
    return Help(usage, command.help, panels, command.examples, ENVIRONMENT)


def help_of_app(
    about: str, commands: Iterable[Command], parameters: Iterable[Any], examples: Sequence[str]
) -> Help:
    """Make the help of the app."""
    summaries = [(command.name, command.summary) for command in commands]
    panels = {"Commands": summaries, **_panel_rows(switches_of_app(parameters))}
    end = "xent COMMAND --help has the options of a command, with examples."
    return Help("xent COMMAND [FILE]... [OPTIONS]", about, panels, examples, end)


def _panel_rows(options: Iterable[Option]) -> dict[str, list[tuple[str, str]]]:
    return {
        panel: [(option.synopsis, help_with_default(option)) for option in found]
        for panel, found in group_by_panel(options).items()
    }


def print_help(help: Help) -> None:
    """Print the help."""
    view = view_of(to_file=False, color="auto", digits=0, steps=False)
    width = max(NARROWEST, min(shutil.get_terminal_size().columns, WIDEST))
    for line in _lay_out(help, width, view):
        typer.echo(line, color=view.color)


def _lay_out(help: Help, width: int, view: View) -> Iterator[str]:
    def letters(text: str) -> str:
        return text if view.unicode else text.translate(PLAIN_LETTERS)

    first, *more = _break_synopsis(f"Usage: {help.usage}", width)
    yield first.replace("Usage:", _make_bold("Usage:")).rstrip()
    yield from more
    yield ""
    for paragraph in letters(help.about).split("\n\n"):
        yield from _wrap(paragraph, width)
        yield ""
    for title, rows in help.panels.items():
        inside: list[str] = []
        for name, text in rows:
            inside += _lay_out_option(letters(name), letters(text), width - 4)
        yield from _frame_panel(title, inside, width, ROUND if view.unicode else ASCII)
    yield ""
    yield _make_bold("Examples:")
    for example in help.examples:
        yield from _fold_command(letters(example), width)
    yield ""
    yield from _wrap(letters(help.end), width)


def _make_bold(text: str) -> str:
    return typer.style(text, bold=True)


def help_with_default(option: Option) -> str:
    """Return the help of an option, with its default."""
    return f"{option.help} [default: {option.default}]" if option.default else option.help


def _lay_out_option(name: str, text: str, width: int) -> Iterator[str]:
    """Yield the lines of an option: its name and its text, each filled up to the width."""
    if width < TWO_COLUMNS:
        yield from (_color_name(part, width) for part in _break_synopsis(name, width))
        yield from (f"{INDENT}{line}".ljust(width) for line in _wrap(text, width - len(INDENT)))
        return
    said = _wrap(text, width - NAMES)
    if len(name) > NAMES - 2:
        yield from (_color_name(part, width) for part in _break_synopsis(name, width))
    else:
        yield _color_name(name, NAMES) + said.pop(0).ljust(width - NAMES)
    yield from (" " * NAMES + line.ljust(width - NAMES) for line in said)


def _wrap(text: str, width: int) -> list[str]:
    # No line ends within an option's name, nor within a default.
    whole = re.sub(r"\[default: .*\]", lambda found: found[0].replace(" ", NO_BREAK), text)
    lines = wrap(whole, width, break_on_hyphens=False)
    return [line.replace(NO_BREAK, " ") for line in lines]


def _color_name(part: str, width: int) -> str:
    name = part.strip()
    lead = len(part) - len(part.lstrip())
    return " " * lead + typer.style(name, fg="cyan") + " " * (width - lead - len(name))


def _break_synopsis(name: str, width: int) -> list[str]:
    """Break a name with the form of its value into lines; choices are broken at the |."""
    lines = [""]
    for piece in re.findall(r"[^ |]+[ |]*", name):
        if len((lines[-1] + piece).rstrip()) > width:
            lines.append(INDENT)
        lines[-1] += piece
    return lines


def _frame_panel(title: str, inside: Iterable[str], width: int, frame: Frame) -> Iterator[str]:
    left, right, lower_left, lower_right = frame.corners
    yield f"{left}{frame.line} {_make_bold(title)} {frame.line * (width - len(title) - 5)}{right}"
    yield from (f"{frame.side} {line} {frame.side}" for line in inside)
    yield f"{lower_left}{frame.line * (width - 2)}{lower_right}"


def _fold_command(example: str, width: int) -> list[str]:
    """Break a command into lines that end with a backslash, so that it can be copied."""
    lines = ["  "]
    for word in WORD.findall(example):
        if len(lines[-1]) + len(word) + 2 > width and lines[-1].strip():
            lines[-1] += "\\"
            lines.append(INDENT + "  ")
        lines[-1] += f"{word} "
    return [line.rstrip() for line in lines]
