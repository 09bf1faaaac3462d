"""Turns commands that take groups of options into functions of single options for Typer."""

import inspect
import os
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

ENVIRONMENT_PREFIX = "XENT"


def _groups(command: Callable[..., Any]) -> dict[str, Any]:
    hints = command.__annotations__
    return {name: hint for name, hint in hints.items() if hasattr(hint, "_fields")}


def declarations(command: Callable[..., Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the annotation and default of each option of a function, or of a tuple of groups."""
    for group in _groups(command).values():
        for name, hint in group.__annotations__.items():
            yield hint, group._field_defaults[name]


def names_in(hint: Any) -> list[str]:
    """The names of an option, as declared."""
    info = hint.__metadata__[0]
    # In an annotation Typer keeps the first name where it keeps a default elsewhere.
    declared = (info.default, *(info.param_decls or ()))
    return [name for name in declared if isinstance(name, str)]


def names_of_options(command: Callable[..., None]) -> set[str]:
    """The options of a function of groups, as they are typed."""
    declared = [name for hint, _ in declarations(command) for name in names_in(hint)]
    return {name for names in declared for name in names.split("/")}


def _unsplit(name: str, value: Any) -> Any:
    """Return the value of a repeatable option.

    Typer splits one from the environment at blanks, which belong to the value.
    """
    whole = os.environ.get(f"{ENVIRONMENT_PREFIX}_{name.upper()}")
    return [whole] if whole and isinstance(value, list) and value == whole.split() else value


def flatten_groups(command: Callable[..., None], help: Any) -> Callable[..., None]:
    """Turn a function of groups of options into one of the options themselves and ``--help``.

    Typer reads the signature of what this returns; the function is called with the groups.
    """
    groups = _groups(command)
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
