"""Chooses the format of an output by the end of its file's name."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import typer

from xentcli.errors import UsageError, escaped

# Suffixes of formats that are not written, each with a hint at what to do instead.
UNWRITTEN = {
    ".html": "--save saves a page: --save {name}",
    ".svg": "--save saves a picture: --save {name}",
    ".parquet": "write CSV, and let pandas or Polars convert it",
    ".npy": "write CSV, and let np.loadtxt read it",
    ".npz": "write CSV, and let np.loadtxt read it",
    ".xlsx": "write CSV, which Excel opens",
    ".gz": "write it as it is, and gzip it then",
}


def format_chooser(words: Sequence[str]) -> Callable[[typer.Context, str], str]:
    """Make a callback that chooses the format from ``--format`` and the name after ``-o``.

    A typed ``--format`` must not contradict the name; the name has precedence over XENT_FORMAT.
    ``-o`` must be parsed first. ``words`` are the formats that the command can write.
    """

    def choose(context: typer.Context, value: str) -> str:
        name: Any = context.params.get("output")
        named = _named_format(name) if name else None
        if named is None:
            return value
        if _is_typed(context, "format") and value != named:
            raise UsageError(
                f"-o {escaped(name)} and --format {value} contradict each other",
                hint="leave one of them out, or end the name otherwise, such as in .txt",
            )
        if named not in words:
            raise UsageError(
                f"-o {escaped(name)}: {context.info_name} writes {' or '.join(words)}, not {named}"
            )
        return named

    return choose


def check_quiet(context: typer.Context, quiet: bool) -> bool:
    """Refuse --quiet with a file name that promises more than numbers and commas."""
    name: Any = context.params.get("output")
    named = _named_format(name) if quiet and name else None
    if named not in (None, "csv"):
        raise UsageError(
            f"-o {escaped(name)} and --quiet contradict each other: that writes the answer alone",
            hint="leave out --quiet, or end the name in .txt or .csv",
        )
    return quiet


def _named_format(name: str) -> str | None:
    """The format that a name asks for; None if it asks for none, as a folder or a device does."""
    suffix = os.path.splitext(name)[1].lower()
    if suffix in UNWRITTEN:
        hint = UNWRITTEN[suffix].format(name=escaped(name))
        raise UsageError(f"-o {escaped(name)}: {suffix[1:]} is not written", hint=hint)
    # Only with an output: the table of formats costs what --help can do without.
    from xentcli import writers

    return next((form.name for form in writers.FORMATS if suffix in form.suffixes), None)


def _is_typed(context: typer.Context, name: str) -> bool:
    source: Any = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
