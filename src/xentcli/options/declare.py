"""What an option is declared with: its names, its panel in the help, and how its value is read."""

from typing import Any, get_args

import typer

from xentcli.options.completion import a_word, is_asked
from xentcli.options.values import number, one_of, whole_number

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
    """Declare an option for Typer, to stand in the annotation of a group's field."""
    if autocompletion is not None and is_asked():
        # Typer looks into the signature of each, which every command would wait for.
        more["autocompletion"] = autocompletion
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel=panel, **more)


def choice(*names: str, kind: Any, panel: str, help: str, **more: Any) -> Any:
    """Declare an option whose value is one of the words of a Literal."""
    words, hints = get_args(kind), more.pop("hints", None)
    # A parser instead of Typer's choices, whose message would be Typer's.
    read, complete = one_of(names[0], words, hints), a_word(words)
    return option(*names, panel=panel, help=help, parser=read, autocompletion=complete, **more)


def whole(
    *names: str, panel: str, help: str, least: int | None = None, most: int | None = None
) -> Any:
    """Declare an option whose value is an integer, from ``least`` to ``most``."""
    read = whole_number(names[0], least, most)
    return option(*names, panel=panel, metavar="N", help=help, parser=read)


def decimal(*names: str, panel: str, metavar: str, help: str) -> Any:
    """Declare an option whose value is a number."""
    return option(*names, panel=panel, metavar=metavar, help=help, parser=number(names[0]))
