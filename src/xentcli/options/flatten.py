"""Turns commands that take groups of options into functions of single options for Typer."""

import inspect
import os
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

ENVIRONMENT_PREFIX = "XENT"


def _groups_of(command: Callable[..., Any]) -> dict[str, Any]:
    hints = command.__annotations__
    return {name: hint for name, hint in hints.items() if hasattr(hint, "_fields")}


def declarations(command: Callable[..., Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the annotation and default of each option of a function, or of a tuple of groups."""
    for group in _groups_of(command).values():
        for name, hint in group.__annotations__.items():
            yield hint, group._field_defaults[name]


def declared_names(hint: Any) -> list[str]:
    """The names of an option as they are declared: those of a switch are one, ``--yes/--no``."""
    info = hint.__metadata__[0]
    # In an annotation Typer keeps the first name as ``default``.
    declared = (info.default, *(info.param_decls or ()))
    return [name for name in declared if isinstance(name, str)]


def typed_names(hint: Any) -> set[str]:
    """The names of an option as they are typed: those of a switch are ``--yes`` and ``--no``."""
    return {name for names in declared_names(hint) for name in names.split("/")}


def names_of_options(command: Callable[..., None]) -> set[str]:
    """The names of all options of a function of groups, as they are typed."""
    return {name for hint, _ in declarations(command) for name in typed_names(hint)}


def _unsplit(name: str, value: Any) -> Any:
    """Undo what Typer does to a repeatable option from the environment: it splits the value at
    blanks, though they belong to it."""
    whole = os.environ.get(f"{ENVIRONMENT_PREFIX}_{name.upper()}")
    return [whole] if whole and isinstance(value, list) and value == whole.split() else value


def flatten_groups(command: Callable[..., None], help: Any) -> Callable[..., None]:
    """Turn a function of groups of options into one of the single options and ``--help``.

    Typer reads the signature of the function that this returns, which calls ``command`` with the
    groups.
    """
    groups = _groups_of(command)
    flat: dict[str, inspect.Parameter] = {}
    kind = inspect.Parameter.KEYWORD_ONLY
    for group in groups.values():
        for name, hint in group.__annotations__.items():
            default = group._field_defaults[name]
            flat[name] = inspect.Parameter(name, kind, default=default, annotation=hint)

    flat["help"] = inspect.Parameter("help", kind, default=False, annotation=help)

    @wraps(command)
    def flattened(help: bool = False, **values: Any) -> None:
        for name, value in values.items():
            values[name] = _unsplit(name, value)
        command(
            **{
                name: group(**{field: values[field] for field in group._fields})
                for name, group in groups.items()
            }
        )

    flattened.__signature__ = inspect.Signature(list(flat.values()))  # type: ignore[attr-defined]
    flattened.__annotations__ = {name: param.annotation for name, param in flat.items()}
    return flattened
