"""Typer's own faults in the form of all others."""

from __future__ import annotations

import re
from typing import Any

import typer

from xentcli.app import commands_with
from xentcli.errors import UsageError, escaped, quoted


def usage_error(error: Any) -> UsageError | None:
    """What Typer found wrong with the command line; None for a fault that is not Typer's."""
    if isinstance(error, typer.Abort):
        return UsageError("aborted")
    if not hasattr(error, "format_message") or not hasattr(error, "exit_code"):
        return None
    option = getattr(error, "option_name", None)
    possibilities = getattr(error, "possibilities", None) or []
    command = _command(error)
    hint = f"xent {command} --help lists the options" if command else "xent --help"
    if option is not None and type(error).__name__ == "NoSuchOption":
        others = [name for name in commands_with(option) if name != _command(error)]
        if others and _command(error):
            hint = f"it is an option of {', '.join(others)}"
        elif possibilities:
            hint = f"did you mean {possibilities[0]}?"
        return UsageError(f"there is no option {escaped(option)}", hint=hint)
    unknown = re.fullmatch(r"No such command '(.*?)'\.(?: Did you mean '(.*?)'.*)?", error.message)
    if unknown:
        if unknown[2]:
            hint = f"did you mean {unknown[2]}?"
        return UsageError(f"there is no command {quoted(unknown[1])}", hint=hint)
    param = getattr(error, "param", None)
    if param is not None and error.message:
        # A choice that is none, a number that is none or out of its range.
        message = escaped(error.message).rstrip(".")
        return UsageError(f"{param.opts[0]}: {message}", hint=hint)
    message = escaped(error.format_message())
    return UsageError(message[:1].lower() + message[1:].rstrip("."), hint=hint)


def _command(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    name = getattr(context, "info_name", None)
    return name if name and name != "xent" else ""
