"""Typer's own errors, in sentences like all others."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import typer

from xentcli.calculation.commands import COMMANDS
from xentcli.cli.commands import commands_with, function_of
from xentcli.cli.habits import HABITS_OF_COMMANDS, option_hint
from xentcli.cli.help import Option, options_of
from xentcli.errors import UsageError, XentError, escaped, quoted
from xentcli.options.flatten import ENVIRONMENT_PREFIX
from xentcli.options.values import did_you_mean

OPTION = re.compile(r"(?<!\S)--[a-z-]+(?=[:, ]|\Z)")


def usage_error(error: Any, command: str) -> UsageError | None:
    """Turn an error of Typer into a UsageError; return None for any other error."""
    if isinstance(error, typer.Abort):
        return UsageError("aborted")
    if not hasattr(error, "format_message") or not hasattr(error, "exit_code"):
        return None
    hint = f"xent {command} --help lists the options" if command else "xent --help"
    option, known = getattr(error, "option_name", None), _options_by_name(command)
    if option is not None and type(error).__name__ == "NoSuchOption":
        near = (
            HABITS_OF_COMMANDS.get((command, option))
            or _hint_at_commands(option, command)
            or option_hint(option, known, commands_with)
            or did_you_mean(option, list(known))
        )
        return UsageError(f"there is no option {escaped(option)}", hint=near or hint)
    if option is not None:
        wrong = "needs a value" if option in known and known[option].form else "takes no value"
        if option in ("--probs", "--log-probs"):
            hint = f"it takes typed numbers; --input {option[2:]} says what a file holds"
        return UsageError(f"{option} {wrong}", hint=hint)
    param = getattr(error, "param", None)
    if param is not None and param.is_flag:
        # A switch has no value on the command line, so a variable of the environment is wrong.
        name = f"{ENVIRONMENT_PREFIX}_{param.name.upper()}"
        wrong = f"cannot read {quoted(os.environ.get(name, ''))} as yes or no"
        return UsageError(f"{name}: {wrong}", hint="1 is yes, 0 is no")
    message = escaped(error.format_message())
    return UsageError(message[:1].lower() + message[1:].rstrip("."), hint=hint)


def blame_variable(error: XentError, arguments: Sequence[str], command: str) -> XentError:
    """Name the environment variable in the error where the option came from there."""
    variables = _variables_in_use(arguments, command)
    error.message = OPTION.sub(lambda found: variables.get(found[0], found[0]), error.message)
    if error.place is None:
        return error
    source = error.place.source
    if source in variables:
        error.place = error.place._replace(source=variables[source])
    naming = [name for name in variables.values() if os.environ[name] == source]
    if naming and not error.hint:
        error.hint = f"{naming[0]} names it"
    return error


def _variables_in_use(arguments: Sequence[str], command: str) -> dict[str, str]:
    """The environment variable of each option whose value comes from one, by each of its names."""
    found = {}
    for option in options_of(function_of(command)) if command in COMMANDS else []:
        names = [name for names in option.names for name in names.split("/")]
        if any(typed.partition("=")[0] in names or typed[:2] in names for typed in arguments):
            continue
        variables = (f"{ENVIRONMENT_PREFIX}_{name[2:].upper().replace('-', '_')}" for name in names)
        variable = next((name for name in variables if os.environ.get(name)), None)
        if variable is not None:
            found.update(dict.fromkeys(names, variable))
    return found


def _hint_at_commands(option: str, command: str) -> str:
    """Return a hint at the commands that take an option; empty if there are none."""
    others = commands_with(option)
    if not others:
        return ""
    if not command:
        return f"the command comes first: xent {'ce' if 'ce' in others else others[0]} {option}"
    return f"it is an option of {', '.join(others)}"


def _options_by_name(command: str) -> dict[str, Option]:
    """The options of a command by each of their names."""
    found = options_of(function_of(command)) if command else []
    return {name: option for option in found for names in option.names for name in names.split("/")}
