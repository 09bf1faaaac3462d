"""``xent diagnose``: reads its runs into memory, searches for the formula that gives a number, and
writes what was found."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import partial

from xentcli.calculation.commands import Calculation
from xentcli.diagnosis.case import Case, Question
from xentcli.diagnosis.diagnose import diagnose
from xentcli.diagnosis.printed_number import PrintedNumber, parse_number
from xentcli.errors import (
    EXIT_FAILURE,
    DataError,
    Place,
    UsageError,
    XentError,
    counted,
)
from xentcli.model import Batch, Fault, NamedTuple, Remark
from xentcli.options.asked import Asked
from xentcli.readers.interface import Chunk, Opened, Reader
from xentcli.readers.pasted import find_lone_number
from xentcli.readers.sources.source import Source, check_unchanged
from xentcli.run import signals
from xentcli.run.cases import check_batch, concatenate, make_binary_case, make_class_case
from xentcli.run.checks import check_options, make_calculation
from xentcli.run.chunk import Outcome, count_samples, read_parts
from xentcli.run.inputs import names_of_inputs, open_input, open_rereadable_sources
from xentcli.run.messages import print_remarks
from xentcli.run.order import Task, offsets, shift_outcome
from xentcli.run.outputs import (
    command_line,
    format_of,
    open_answer,
    open_page,
    open_rejects,
    report_left_out,
    view_for,
)
from xentcli.run.second_file import MatchedRows, check_attached
from xentcli.run.workers import RunTask, start_workers
from xentcli.writers.files.file import open_outputs
from xentcli.writers.rows.delimited import rejected_rows

# All numbers are held in memory, and there are several copies of them.
MOST_NUMBERS = 20_000_000
ONE_COLUMN = (
    "one column is taken as yes-or-no questions, a number the logit or probability of yes "
    "(--loss bce)"
)


def run(asked: Asked) -> int:
    """Run the command and return its exit code."""
    check_options(asked)
    wanted = [
        parse_number(find_lone_number(text), asked.seen.tolerance) for text in asked.seen.got or []
    ]
    if asked.seen.tolerance is not None and not wanted:
        raise UsageError("--tolerance says how far a formula may be from --got; give that too")
    with ExitStack() as stack:
        inputs = names_of_inputs(asked)
        outputs = stack.enter_context(open_outputs(inputs))
        page, rejects = open_page(asked, outputs), open_rejects(asked, outputs)
        sink = open_answer(asked, outputs)
        runs = _count_runs(asked, wanted)
        run = stack.enter_context(start_workers(asked))
        found = gather_cases(asked, stack, run, apart=runs > 1)
        if asked.labels.by_position:
            found = _compare_with_ids(asked, stack, run, found, apart=runs > 1)
        if rejects is not None:
            rejects.write(rejected_rows(found.faults))
        _check_reduction(asked, wanted, [case.samples for case in found.cases])
        cases = found.cases * len(wanted) if runs == 1 and wanted else found.cases
        diagnosis = diagnose(cases, wanted, asked.output.rows, asked.output.digits)
        check_unchanged()
        signals.check()
        writer, given = format_of(asked).diagnosis_writer, [number.text for number in wanted]
        sink.write(writer.diagnosis_text(diagnosis, given, view_for(asked)))
        sink.flush()
        if page is not None:
            from xentcli.writers.page import save as pages

            text = pages.render_diagnosis(diagnosis, page.name, command_line(), view_for(asked))
            page.write(text)
        code = report_left_out(len(found.faults), found.faults[0] if found.faults else None, asked)
    matches = any(candidate.matches for candidate in diagnosis.candidates)
    return EXIT_FAILURE if wanted and not matches else code


def _count_runs(asked: Asked, wanted: Sequence[PrintedNumber]) -> int:
    """Count the runs: one for each file if there is a --got for each, else a single one."""
    from xentcli.readers.several import expand_names

    files = len(expand_names(asked.samples.file)) if asked.samples.file else 1
    if len(wanted) > 1 and files > 1:
        if files != len(wanted):
            raise UsageError(
                f"{counted(len(wanted), 'number')} and {counted(files, 'file')}: give one --got "
                "for all files together, or one for each",
            )
        return files
    return 1


def _check_reduction(asked: Asked, wanted: Sequence[PrintedNumber], counts: Sequence[int]) -> None:
    if wanted and asked.loss.reduction == "none" and max(counts) > 1:
        raise UsageError(
            "--reduction none gives a number a sample, --got is one number",
            hint="leave out --reduction, or give one sample",
        )


class Gathered(NamedTuple):
    """The cases that were read, the rows that could not be used, and whether ids matched the rows
    with those of a second file."""

    cases: list[Case]
    faults: tuple[Fault, ...] = ()
    joined: bool = False


def gather_cases(
    asked: Asked, stack: ExitStack, run: RunTask, *, apart: bool, quiet: bool = False
) -> Gathered:
    """Read the whole input as one case, or with ``apart`` each of its files as one.

    If the labels cannot be read counting from 0, but can counting from 1, 1 is subtracted from
    each.
    """
    sources = open_rereadable_sources(asked, stack)
    told: set[Remark] = set()
    read = partial(_read_cases, asked, stack, run, sources, told, apart=apart, quiet=quiet)
    try:
        return read()
    except DataError as error:
        if error.if_one_based is None:
            raise
        try:
            return read(one_based=error.if_one_based)
        except UsageError:
            # The options are wrong, not the labels.
            raise
        except XentError:
            # Something is wrong that counting from 1 does not explain: the first error stands.
            raise error from None


def _compare_with_ids(
    asked: Asked, stack: ExitStack, run: RunTask, found: Gathered, *, apart: bool
) -> Gathered:
    """Match the rows by their ids as well, where --by-position was given, and add to each case what
    that would change."""
    by_ids = asked._replace(labels=asked.labels._replace(by_position=False))
    try:
        others = gather_cases(by_ids, stack, run, apart=apart, quiet=True)
    except UsageError:
        return found
    except DataError as error:
        return found._replace(cases=[case._replace(ids_say=str(error)) for case in found.cases])
    if not others.joined:
        return found
    pairs = zip(found.cases, others.cases, strict=True)
    cases = [case._replace(ids_say=_describe_moved_rows(case, other)) for case, other in pairs]
    return found._replace(cases=cases)


def _describe_moved_rows(case: Case, other: Case) -> str:
    """Say how many rows would have another target if they were matched by their ids."""
    if case.target.shape != other.target.shape:
        return ""
    moved = int((case.target != other.target).any(axis=1).sum())
    return (
        f"{moved:,} of {counted(case.samples, 'row')} have another target by them" if moved else ""
    )


def _read_cases(
    asked: Asked,
    stack: ExitStack,
    run: RunTask,
    sources: Sequence[Source],
    told: set[Remark],
    *,
    apart: bool,
    quiet: bool,
    one_based: int | None = None,
) -> Gathered:
    """Read the input once; ``told`` are the remarks that an earlier reading has printed."""
    reading = asked
    if one_based is not None:
        # Readers refuse the label C, which is no class, unless it is the one to ignore.
        reading = asked._replace(loss=asked.loss._replace(ignore_index=one_based))
    opened = open_input(reading, stack, sources, whole_samples=True)
    question = _choose_question(asked, opened)
    if question == "bce":
        # The labels of one column are 0 and 1, no and yes: they never count from 1.
        one_based = None
    calculation = make_calculation(asked, opened)
    if one_based is None and not quiet:
        remarks = [*opened.remarks]
        if question == "bce" and asked.seen.loss is None:
            remarks.append(Remark(ONE_COLUMN, Place(opened.source)))
        print_remarks(remark for remark in remarks if remark not in told)
        told.update(remarks)
    batches: dict[int, list[Batch]] = {}
    faults: list[Fault] = []
    samples = numbers = 0
    matched = MatchedRows(opened)
    skips = asked.reading.on_error == "skip"
    checked = calculation if one_based is None and question != "bce" else None
    work = partial(_read_chunk, opened.reader, checked, skips)
    with closing(run(Task(work), opened, lambda samples, size: None)) as found:
        for done in found:
            piece = done.outcome
            batches.setdefault(done.chunk.file if apart else 0, []).extend(piece.batches)
            faults += shift_outcome(Outcome(faults=piece.faults), *offsets(done)).faults
            samples += piece.samples - (len(piece.faults) if skips else 0)
            numbers += sum(batch.values.size for batch in piece.batches)
            for batch in piece.batches:
                matched.add(batch.partners)
            _check_size(numbers, opened.source)
    check_attached(samples + (len(faults) if skips else 0), opened)
    if not samples:
        raise DataError("there are no samples", place=Place(opened.source))
    cases = []
    for parts in batches.values():
        whole = concatenate(parts)
        if question == "bce":
            case = make_binary_case(whole, calculation)
        else:
            case = make_class_case(whole, calculation, question, one_based is not None)
        second = asked.labels.labels_from or asked.targets.targets_from or ""
        names, axis = opened.classes, opened.class_axis
        case = case._replace(class_axis=axis, names=names, second=second)
        cases.append(case._replace(left_out=opened.left_out))
    if not apart:
        cases = [case._replace(source="") for case in cases]
    if not quiet:
        print_remarks(matched.remarks())
    joined = opened.attached is not None and opened.attached.join is not None
    return Gathered(cases, tuple(faults), joined)


def _choose_question(asked: Asked, opened: Opened) -> Question:
    """The loss that --loss names; without it bce for one column, which cannot be classes, else
    ce."""
    question = asked.seen.loss or ("bce" if opened.class_count == 1 else "ce")
    if question != "bce":
        return question
    unused = {
        "--label-smoothing": asked.smoothing.label_smoothing,
        "--ignore-index": asked.loss.ignore_index != -100,
    }
    for option, given in unused.items():
        if given:
            raise UsageError(f"--loss bce, of yes-or-no questions, has no {option}")
    if opened.kind == "log_probs":
        raise UsageError("--loss bce takes logits or probabilities of yes, not their logarithms")
    return question


def _check_size(numbers: int, source: str) -> None:
    if numbers > MOST_NUMBERS:
        raise DataError(
            f"more than {MOST_NUMBERS:,} numbers: diagnose holds all of them in memory",
            place=Place(source),
            hint="a part of the rows shows the same mistake",
        )


class Piece(NamedTuple):
    """What is read of a chunk: its batches, and the rows that could not be used. ``samples``,
    ``lines`` and ``size`` say how much of the input the chunk is, these rows included."""

    batches: list[Batch]
    faults: tuple[Fault, ...]
    samples: int
    lines: int
    size: int


def _read_chunk(
    reader: Reader,
    calculation: Calculation | None,
    skips: bool,
    chunk: Chunk,
) -> Piece:
    """Read a chunk. Its batches are checked unless ``calculation`` is None."""
    batches: list[Batch] = []
    faults: list[Fault] = []
    samples = lines = size = numbers = 0
    for part, batch in read_parts(reader, chunk, skips=skips):
        lines, size = lines + part.lines, size + part.size
        samples += count_samples(batch, skips=skips)
        faults += batch.faults
        if batch.values.size or batch.faults:
            if calculation is not None:
                check_batch(batch, calculation)
            batches.append(batch)
            numbers += batch.values.size
            _check_size(numbers, batch.values_from.source)
    return Piece(batches, tuple(faults), samples, lines, size)
