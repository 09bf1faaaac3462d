"""What the help and the manual page say of an option, taken from its one declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple, get_args, get_origin

from xentcli.options.flatten import declarations, names_in


class Described(NamedTuple):
    """An option, or the argument FILE, as it is shown: ``names`` as typed, the form of its value
    (empty for a switch), and what it is when it is not given (empty where that says nothing)."""

    panel: str
    names: tuple[str, ...]
    form: str
    help: str
    default: str

    @property
    def synopsis(self) -> str:
        """The names with the form of the value."""
        return f"{', '.join(self.names)} {self.form}".strip()


def described(command: Callable[..., None]) -> list[Described]:
    """What a function of groups of options takes."""
    return [_described(*declared) for declared in declarations(command)]


def of_parameters(parameters: Iterable[Any]) -> list[Described]:
    """The switches of the app itself, some of which are Typer's own."""
    return [
        Described("Options", tuple(_short_first(found.opts)), "", found.help or "", "")
        for found in parameters
        if not found.hidden
    ]


def by_panel(options: Iterable[Described]) -> dict[str, list[Described]]:
    """The options in their panels, the panels in the order in which they come up."""
    panels: dict[str, list[Described]] = {}
    for option in options:
        panels.setdefault(option.panel, []).append(option)
    return panels


def _described(hint: Any, default: Any) -> Described:
    kind, info = hint.__origin__, hint.__metadata__[0]
    names = names_in(hint)
    choices = _choices(kind)
    if not names:
        return Described(info.rich_help_panel, (info.metavar,), "", info.help, "")
    return Described(
        info.rich_help_panel,
        tuple(_short_first(names)),
        info.metavar or "|".join(choices),
        info.help,
        _default(names, default),
    )


def _short_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: name.startswith("--"))


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return next((get_args(part) for part in get_args(kind) if get_origin(part) is Literal), ())


def _default(names: list[str], default: Any) -> str:
    if default is None or default is False:
        return ""
    if default is True:
        return names[0].partition("/")[0]
    return f"{default:g}" if isinstance(default, float) else str(default)
