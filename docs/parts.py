"""The parts of the pages that are made of the code, by the names that their markers have."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping

import xentcli
from docs import man, mistakes
from docs.pages import table
from xentcli.calculation.commands import COMMANDS, Command
from xentcli.cli.help import Option, group_by_panel

OPTION = re.compile(r"(?<![\w`-])(--?[a-z][a-z-]*)")
ROLE = re.compile(r":func:`xentcli\.(\w+)`")
# What is not an option of a command stands in a panel of its own.
TITLES = {"Options": "xent itself"}


def commands_table() -> str:
    """The commands of the one table: what each answers with, its formula, and PyTorch's name."""
    rows = [
        (
            f"`xent {command.name}`",
            _code(command.summary[0].lower() + command.summary[1:].removesuffix(".")),
            command.equation,
            ", then ".join(f"`{name}`" for name in command.pytorch),
        )
        for command in COMMANDS.values()
    ]
    return table(("command", "answers with", "formula", "in PyTorch"), rows)


def examples() -> str:
    """Each command with its help and its examples."""
    return "\n\n".join(map(_example, COMMANDS.values()))


def _example(command: Command) -> str:
    shown = "\n".join(command.examples)
    return f"### xent {command.name}\n\n{_code(command.help)}\n\n```sh\n{shown}\n```"


def options() -> str:
    """Every option, in the panels of the help, and which commands take it."""
    sections = []
    for panel, found in group_by_panel(man.all_options()).items():
        # Options of the same name that are not the same for all commands stand together.
        names = list(dict.fromkeys(option.names for option in found))
        found.sort(key=lambda option: names.index(option.names))
        rows = [(f"`{option.synopsis}`", _meaning(option)) for option in found]
        sections.append(
            f"### {TITLES.get(panel, panel)}\n\n{table(('option', 'what it does'), rows)}"
        )
    return "\n\n".join(sections)


def _meaning(option: Option) -> str:
    default = f"Default: {option.default}." if option.default else ""
    return " ".join(filter(None, [_code(option.help), _code(default), man.limits(option)]))


def variables() -> str:
    """The variables of the environment that belong to no option."""
    rows = [
        (", ".join(f"`{name}`" for name in names.split(", ")), _code(text))
        for names, text in man.VARIABLES
    ]
    return table(("variable", "what it does"), rows)


def functions() -> str:
    """Every public function: its parameters, and the first sentence of its help."""
    rows = []
    for name in xentcli.__all__:
        function = getattr(xentcli, name)
        if callable(function):
            signature = inspect.signature(function)
            plain = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
            shown = inspect.Signature(plain)
            first = (inspect.getdoc(function) or "").partition("\n\n")[0]
            first = ROLE.sub(r"`\1`", first.replace("\n", " "))
            rows.append((f"`{name}{shown}`", first))
    return table(("function", "what it gives"), rows)


def _code(text: str) -> str:
    """The text with the options in it set as code."""
    return OPTION.sub(r"`\1`", text)


PARTS: Mapping[str, Callable[[], str]] = {
    "commands": commands_table,
    "examples": examples,
    "options": options,
    "variables": variables,
    "functions": functions,
    "mistakes": mistakes.tables,
}
