"""Opens the outputs: the answer, the page, the rejects; and reports how many rows were left out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from xentcli import writers
from xentcli.calculation.commands import COMMANDS
from xentcli.errors import EXIT_OK, EXIT_ROWS_LEFT_OUT, UsageError, counted, escaped
from xentcli.model import Fault
from xentcli.options.asked import Asked
from xentcli.readers.sources.urls import scheme_of, without_secrets, without_secrets_within
from xentcli.run.messages import print_message
from xentcli.writers.files import folder
from xentcli.writers.files.file import Outputs, Sink
from xentcli.writers.files.folder import Folder
from xentcli.writers.interface import View
from xentcli.writers.view import view_of


def format_of(asked: Asked) -> writers.Format:
    """The output format."""
    output = asked.output
    if output.quiet:
        return writers.QUIET
    form = writers.format_named(output.format)
    return form.with_steps if output.steps else form


def shows_steps(asked: Asked) -> bool:
    """Whether a document shows every step: it does, unless --no-steps is given."""
    return asked.output.steps is not False


def view_for(asked: Asked) -> View:
    """How the answer looks: width, colour, characters, digits, steps."""
    output = asked.output
    to_file = output.output is not None
    steps = shows_steps(asked)
    return view_of(to_file=to_file, color=output.color, digits=output.digits, steps=steps)


def open_answer(asked: Asked, outputs: Outputs) -> Sink:
    """Open standard output, or the file that ``-o`` names."""
    return _open_file(asked.output.output, outputs, "-o")


def open_rejects(asked: Asked, outputs: Outputs) -> Sink | None:
    """Open the file of --rejects and write its header; None without --rejects."""
    if asked.reading.rejects is None:
        return None
    from xentcli.writers.rows.delimited import REJECTED

    rejects = _open_file(asked.reading.rejects, outputs, "--rejects")
    rejects.write(REJECTED)
    return rejects


def open_page(asked: Asked, outputs: Outputs) -> Sink | None:
    """Open the file of --save; None without --save."""
    if asked.output.save is None:
        return None
    return _open_file(asked.output.save, outputs, "--save")


def _open_file(name: str | None, outputs: Outputs, option: str) -> Sink:
    if name is not None:
        _check_local(option, name, "name a file of this machine")
    return outputs.open(name, option)


def _check_local(option: str, name: str, hint: str) -> None:
    if scheme_of(name):
        message = f"{option} {escaped(without_secrets(name))}: answers are not written to a URL"
        raise UsageError(message, hint=hint)


def is_folder(asked: Asked) -> bool:
    """Whether ``-o`` names a folder, into which the workers write a file for each partition."""
    output = asked.output.output
    if output is None:
        return False
    return output.endswith(("/", os.sep)) or (
        asked.running.scheduler is not None and os.path.isdir(output)
    )


def check_folder(asked: Asked) -> None:
    """Refuse a folder where no cluster would write it, where it is a URL, and for an answer that
    cannot be split into files."""
    output, form = str(asked.output.output), format_of(asked)
    if asked.running.scheduler is None:
        raise UsageError(
            f"-o {escaped(output)}: a folder is written by the workers of a cluster, a file each",
            hint="--scheduler local starts one on this machine",
        )
    reduced = COMMANDS[asked.command].field == "loss" and asked.loss.reduction != "none"
    if reduced or not form.splits:
        raise UsageError(
            f"-o {escaped(output)}: a folder holds rows, and there are none to write",
            hint="--format csv, tsv or jsonl, of each sample (--reduction none)",
        )
    _check_local("-o", output, "name a folder that this machine and the workers share")


@contextmanager
def open_folder(asked: Asked) -> Iterator[Folder]:
    """Open the folder of ``-o DIR/``, which :func:`check_folder` has allowed."""
    with folder.open_folder(str(asked.output.output), format_of(asked).suffixes[0]) as found:
        yield found


def command_line() -> str:
    """The command line that a page shows: quoted for a shell, without outputs, and without the
    secrets in URLs."""
    import shlex

    from xentcli.options.command_line import drop_outputs

    return shlex.join(["xent", *map(without_secrets_within, drop_outputs(sys.argv[1:]))])


def report_left_out(faults: int, first: Fault | None, asked: Asked) -> int:
    """Print how many rows were left out, and which was the first; return the exit code."""
    if first is None:
        return EXIT_OK
    done = "left out" if asked.reading.on_error == "skip" else "set to nan"
    print_message(f"{counted(faults, 'row')} {done}; the first: {first.place}: {first.message}")
    return EXIT_ROWS_LEFT_OUT
