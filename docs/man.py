"""Writes the manual page, docs/xent.1, from the app: its commands, their options and examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from typer.main import get_command

from xentcli import __version__, errors
from xentcli.calculation.commands import COMMANDS
from xentcli.cli import help as helping
from xentcli.cli.commands import ABOUT, build_app, functions
from xentcli.cli.help import Option, group_by_panel, options_of, switches_of_app
from xentcli.readers import FORMATS

PAGE = Path(__file__).parent / "xent.1"

# A plain hyphen is a typographic one in a manual page, which no shell takes for a minus.
ROFF = str.maketrans(
    {
        "\\": "\\e",
        "-": "\\-",
        "`": "\\(ga",
        "^": "\\(ha",
        "~": "\\(ti",
        "Σ": "\\[*S]",
        "ε": "\\[*e]",
        "−": "\\[mi]",
        "·": "\\[pc]",
        "±": "\\[+-]",
        "…": "...",
        "‖": "||",
        "–": "\\[en]",
    }
)

INPUT = (
    "Samples are typed with --logits, read from each FILE, or from standard input, which is also "
    "meant by -. A file's format is told by its name, else by its first bytes; a compressed one "
    "(gzip, bzip2, xz, and zstd where Python has it) is unpacked. In a table the columns of "
    "numbers are the classes, and the column called label, labels, target, y or class is the "
    "label.",
    "Labels are class indices from 0, or class names: the headers of the columns, without a "
    "prefix that all share, or what --classes names.",
)
EXIT_CODES = (
    (errors.EXIT_OK, "Every row was read and every byte of the answer written."),
    (
        errors.EXIT_FAILURE,
        "The data is bad, the answer is undefined, or reading or writing failed; diagnose: no "
        "formula gives the number; grad --check: the gradient and the differences differ.",
    ),
    (errors.EXIT_USAGE, "The command line is wrong: an option, its value, or a contradiction."),
    (
        errors.EXIT_ROWS_LEFT_OUT,
        "Finished, with rows left out or set to nan as --on-error says; how many is told on "
        "standard error.",
    ),
    (errors.EXIT_HUNG_UP, "The terminal was closed (SIGHUP)."),
    (errors.EXIT_INTERRUPTED, "Interrupted (Ctrl-C)."),
    (errors.EXIT_PIPE_CLOSED, "The reader of a pipe went away."),
    (errors.EXIT_TERMINATED, "Terminated (SIGTERM)."),
)
VARIABLES = (
    (
        "NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR=0, TERM=dumb",
        "Whether to use colour, where --color does not say it.",
    ),
    ("COLUMNS", "How wide the terminal is, where it does not tell."),
    ("XENT_FAST", "0 does without the packages of the extra fast, 1 always takes them."),
    ("XENT_MAX_LINE", "How many bytes a row of a text may have."),
    ("XENT_BLOCK_BYTES", "About how many bytes of a text are read at a time."),
)


def page() -> str:
    """The manual page in roff."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield '.\\" Written by docs/man.py: change the app, not this.'
    yield f'.TH XENT 1 "" "xent {__version__}" "User Commands"'
    # What a terminal without Greek letters shows in their place.
    yield from (".fchar \\[*S] sum ", ".fchar \\[*e] eps", ".fchar \\[pc] *")
    yield from _section("NAME", "xent - softmax cross-entropy, worked out in the open")
    yield ".SH SYNOPSIS"
    yield "\\fBxent\\fR \\fICOMMAND\\fR [\\fIFILE\\fR]... [\\fIOPTIONS\\fR]"
    yield from _section("DESCRIPTION", ABOUT, *INPUT)
    yield ".SH COMMANDS"
    for command in COMMANDS.values():
        yield from _entry(_bold(command.name), *command.help.split("\n\n"))
    yield ".SH OPTIONS"
    yield from _options()
    yield ".SH FORMATS"
    yield _text("The formats of files, as --input-format calls them, with the suffixes of names.")
    for format in FORMATS:
        yield from _entry(_bold(format.name), ", ".join(format.suffixes))
    yield from _section("ENVIRONMENT", helping.ENVIRONMENT)
    for names, text in VARIABLES:
        yield from _entry(_bold(names), text)
    yield ".SH EXIT STATUS"
    for code, text in EXIT_CODES:
        yield from _entry(_bold(str(code)), text)
    yield ".SH EXAMPLES"
    for command in COMMANDS.values():
        yield from (f".SS {_text(command.name)}", ".EX")
        yield from (_text(example).replace("'", "\\(aq") for example in command.examples)
        yield ".EE"
    yield from (".SH SEE ALSO", f"{_bold('jq')}(1), {_bold('mlr')}(1)")


def _section(name: str, *paragraphs: str) -> Iterator[str]:
    yield f".SH {name}"
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ".PP"
        yield _text(paragraph)


def _options() -> Iterator[str]:
    """Each panel's options, and which commands take one that is not common to all."""
    for panel, options in group_by_panel(all_options()).items():
        yield f".SS {panel}"
        for option in options:
            said = helping.help_with_default(option)
            yield from _entry(_synopsis(option), f"{said} {limits(option)}".rstrip())


def all_options() -> list[Option]:
    """The options of the app itself and of every command, each once."""
    alone = switches_of_app(get_command(build_app()).params)
    return [*alone, *_takers()]


def _takers() -> dict[Option, list[str]]:
    takers: dict[Option, list[str]] = {}
    for name, function in functions().items():
        for option in options_of(function):
            takers.setdefault(option, []).append(name)
    return takers


def limits(option: Option) -> str:
    """Which commands take an option, or do not, whichever is shorter; empty for all."""
    takers = _takers().get(option, [*COMMANDS])
    others = [name for name in COMMANDS if name not in takers]
    if not others:
        return ""
    if len(others) < len(takers):
        return f"Not for {', '.join(others)}."
    return f"Only for {', '.join(takers)}."


def _synopsis(option: Option) -> str:
    names = ", ".join(_bold(name) for name in option.names)
    if not option.form:
        return names
    # What is written in capitals stands for something, what is not is typed as it stands.
    parts = re.split(r"([A-Z]+)", option.form)
    return f"{names} " + "".join(
        f"\\fI{_text(part)}\\fR" if part.isupper() else _text(part) for part in parts
    )


def _entry(name: str, *paragraphs: str) -> Iterator[str]:
    yield from (".TP", name)
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ".IP"
        yield _text(paragraph)


def _bold(text: str) -> str:
    return f"\\fB{_text(text)}\\fR"


def _text(text: str) -> str:
    """Text that troff takes for nothing else."""
    line = text.translate(ROFF)
    if not line.isascii():
        raise ValueError(f"no roff is known for a letter of {text!r}")
    # At the beginning of a line these would make it a request.
    return f"\\&{line}" if line.startswith((".", "'")) else line


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="ascii")
