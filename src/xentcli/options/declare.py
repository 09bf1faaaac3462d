"""Declares options: their names, their panel in the help, and how their values are read."""

from typing import Any, get_args

import typer

from xentcli.options.completion import is_completing, word_completion
from xentcli.options.values import number_reader, whole_number_reader, word_reader

INPUT = "Input"
LOSS = "Loss"
OUTPUT = "Output"


def option(
    *names: str,
    panel: str,
    help: str,
    metavar: str | None = None,
    autocompletion: Any = None,
    **more: Any,
) -> Any:
    """Declare an option for Typer, in the annotation of a group's field."""
    if autocompletion is not None and is_completing():
        # Typer inspects the signature of each such function, and every command would wait for it.
        more["autocompletion"] = autocompletion
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel=panel, **more)


def choice(*names: str, kind: Any, panel: str, help: str, **more: Any) -> Any:
    """Declare an option whose value is one of the words of a Literal."""
    words, hints = get_args(kind), more.pop("hints", None)
    # A parser instead of Typer's choices, whose message would be Typer's.
    read, complete = word_reader(names[0], words, hints), word_completion(words)
    return option(*names, panel=panel, help=help, parser=read, autocompletion=complete, **more)


def whole(
    *names: str, panel: str, help: str, least: int | None = None, most: int | None = None
) -> Any:
    """Declare an option whose value is an integer, from ``least`` to ``most``."""
    read = whole_number_reader(names[0], least, most)
    return option(*names, panel=panel, metavar="N", help=help, parser=read)


def decimal(*names: str, panel: str, metavar: str, help: str) -> Any:
    """Declare an option whose value is a number."""
    return option(*names, panel=panel, metavar=metavar, help=help, parser=number_reader(names[0]))
