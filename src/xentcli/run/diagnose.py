"""``xent diagnose``: gathers each run into memory, looks for the formula, and writes what came."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from xentcli.diagnosis.diagnose import diagnosed
from xentcli.diagnosis.printed_number import Got, got
from xentcli.errors import EXIT_FAILURE, UsageError, counted
from xentcli.model import Diagnosis
from xentcli.options.groups import Asked
from xentcli.readers.pasted import lone_number
from xentcli.run.checks import check_options, command_line, exit_code, opened_page, opened_rejects
from xentcli.run.gathering import gathered
from xentcli.run.inputs import names_of_inputs
from xentcli.run.messages import say
from xentcli.run.running import runner
from xentcli.writers.files.file import Sink, opened_output
from xentcli.writers.rows.rejects import rejected
from xentcli.writers.terminal import view_of


def run(asked: Asked) -> int:
    """Carry out the command and give its exit code."""
    check_options(asked)
    wanted = [got(lone_number(text), asked.seen.tolerance) for text in asked.seen.got or []]
    if asked.seen.tolerance is not None and not wanted:
        raise UsageError("--tolerance says how far a formula may be from --got; give that too")
    with ExitStack() as stack:
        inputs = names_of_inputs(asked)
        page = stack.enter_context(opened_page(asked, inputs))
        sink = stack.enter_context(opened_output(asked.output.output, inputs))
        rejects = stack.enter_context(opened_rejects(asked, inputs))
        runs = _runs(asked, wanted)
        run = stack.enter_context(runner(asked))
        found = gathered(asked, stack, run, apart=runs > 1)
        if rejects is not None:
            rejects.write(rejected(found.faults))
        _check_reduction(asked, wanted, [case.samples for case in found.cases])
        cases = found.cases * len(wanted) if runs == 1 and wanted else found.cases
        diagnosis = diagnosed(cases, wanted, asked.output.rows, asked.output.digits)
        _write(diagnosis, wanted, asked, sink)
        if page is not None:
            from xentcli.writers.page import save as pages

            page.write(
                pages.diagnosis_page(
                    diagnosis, page.name, command_line(), digits=asked.output.digits
                )
            )
        say(found.remarks)
        code = exit_code(len(found.faults), found.faults[0] if found.faults else None, asked)
    matches = any(candidate.matches for candidate in diagnosis.candidates)
    return EXIT_FAILURE if wanted and not matches else code


def _runs(asked: Asked, wanted: Sequence[Got]) -> int:
    """As many as there are files, where there are as many numbers; else one."""
    from xentcli.readers.several import expanded

    files = len(expanded(asked.samples.file)) if asked.samples.file else 1
    if len(wanted) > 1 and files > 1:
        if files != len(wanted):
            raise UsageError(
                f"{counted(len(wanted), 'number')} and {counted(files, 'file')}: give one --got "
                "for all files together, or one for each",
            )
        return files
    return 1


def _check_reduction(asked: Asked, wanted: Sequence[Got], counts: Sequence[int]) -> None:
    if wanted and asked.loss.reduction == "none" and max(counts) > 1:
        raise UsageError(
            "--reduction none gives a number a sample, --got is one number",
            hint="leave out --reduction, or give one sample",
        )


def _write(diagnosis: Diagnosis, wanted: Sequence[Got], asked: Asked, sink: Sink) -> None:
    view = view_of(
        to_file=asked.output.output is not None,
        color=asked.output.color,
        digits=asked.output.digits,
        steps=True,
    )
    # The table needs Rich, JSON does not.
    if asked.output.format == "json" and not asked.output.quiet:
        from xentcli.writers.json import diagnosis as diagnosis_document

        sink.write(diagnosis_document.document(diagnosis))
    elif asked.output.quiet:
        from xentcli.writers.letters import encoded

        sink.write(encoded(f"{diagnosis.sentence}\n", view))
    else:
        from xentcli.writers.screen import diagnosis as diagnosis_table

        sink.write(diagnosis_table.text(diagnosis, [one.text for one in wanted], view))
    sink.flush()
