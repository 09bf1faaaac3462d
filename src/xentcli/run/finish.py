"""The end of a run: what is written once all chunks are done."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xentcli.calculation import summary, survey
from xentcli.calculation.check import LIMIT, describe_check
from xentcli.calculation.commands import Calculation
from xentcli.calculation.remarks import Looks, remarks_on_looks
from xentcli.core.total import Total
from xentcli.errors import DataError, Place, counted
from xentcli.model import Check, Fault, NamedTuple, Remark, Report, Survey, WorkedSample
from xentcli.options.asked import Asked
from xentcli.readers.interface import Opened
from xentcli.readers.sources.source import check_unchanged
from xentcli.run import signals
from xentcli.run.chunk import Job
from xentcli.run.messages import print_message, print_remarks
from xentcli.run.outputs import command_line, view_for
from xentcli.run.second_file import check_attached
from xentcli.writers.files.file import Sink
from xentcli.writers.files.folder import Folder

if TYPE_CHECKING:
    from xentcli.writers.files.spool import Spool


class Tally(NamedTuple):
    """The sums over the chunks that are done, and the remarks that are printed at the end.

    ``unmatched`` are remarks on rows of a second file that no sample matched; ``half`` are the
    sums of 16-bit losses and of their weights, summed as PyTorch does.
    """

    total: Total = Total()
    remarks: tuple[Remark, ...] = ()
    check: Check | None = None
    faults: int = 0
    first_fault: Fault | None = None
    worked: tuple[WorkedSample, ...] = ()
    survey: survey.Sums | None = None
    looks: tuple[Looks, ...] = ()
    unmatched: tuple[Remark, ...] = ()
    half: tuple[float, float] | None = None


def finish(
    job: Job,
    opened: Opened,
    asked: Asked,
    sink: Sink | Folder,
    spool: Spool | None,
    page: Sink | None,
    tally: Tally,
) -> None:
    """Write what can only be written after the last chunk: the answer, the page, the remarks."""
    check_unchanged()
    signals.check()
    left_out = tally.faults if job.skips else 0
    check_attached(tally.total.samples + left_out, opened)
    check_defined(tally.total, job.calculation, opened)
    _check_bytes(tally.total, job.calculation, opened)
    report, view = _make_report(job, opened, tally), view_for(asked)
    waiting = spool.read_pieces() if spool else ()
    for part in job.format.writer.end(report, job.stream, view, waiting):
        sink.write(part)
    sink.flush()
    if page is not None:
        from xentcli.writers.page import save as pages

        page.write(pages.render_report(report, page.name, command_line(), view))
    on_looks = remarks_on_looks(tally.looks, tally.total.samples)
    print_remarks((*tally.unmatched, *on_looks, *tally.remarks))
    if tally.check is not None:
        _check_differences(tally.check, opened, to_standard_error=not job.format.for_people)


def check_defined(total: Total, calculation: Calculation, opened: Opened) -> None:
    """Refuse a mean whose denominator is 0, or too large for a float, which would make the mean
    0."""
    command = calculation.command
    if not command.has_loss or not calculation.settings.averages:
        return
    is_too_large = math.isinf(total.weight.value) and not total.weight.non_finite
    if total.weight.value != 0.0 and not is_too_large:
        return
    kept = total.samples - total.ignored
    weights = f"the weights of the {counted(kept, 'sample')} that count sum to"
    message, hint = f"{weights} 0: the mean is undefined", ""
    if is_too_large:
        message = f"{weights} more than the largest float"
        hint = "the mean is the same with all of them divided by one number"
    elif not kept:
        message = f"0 of {counted(total.samples, 'sample')} count: the mean is undefined"
        hint = "--reduction sum gives 0 there"
    place = None if opened.source.startswith("--") else Place(opened.source)
    raise DataError(message, place=place, hint=hint)


def _check_bytes(total: Total, calculation: Calculation, opened: Opened) -> None:
    """Refuse bits per byte if there are no bytes."""
    if calculation.bits_per_byte and calculation.bytes is None and total.bytes.value == 0.0:
        raise DataError(
            "the bytes of the samples sum to 0: the bits per byte are undefined",
            place=Place(opened.source),
        )


def _check_differences(check: Check, opened: Opened, *, to_standard_error: bool) -> None:
    """Raise an error if a gradient is not close enough to its central differences."""
    if to_standard_error:
        print_message(f"check: {describe_check(check)}")
    if not check.largest <= LIMIT:
        raise DataError(
            f"the gradient differs from central differences by {check.largest:.1e} of its largest "
            f"entry, at sample {check.sample}",
            place=None if opened.source.startswith("--") else Place(opened.source),
        )


def _make_report(job: Job, opened: Opened, tally: Tally) -> Report:
    total, by_sequence = tally.total, job.survey is not None and job.survey.by_sequence
    if by_sequence and tally.survey is not None:
        # The spread is that of the sequences, whose rows need not be next to each other.
        total = total._replace(spread=survey.spread_of_sequences(tally.survey))
    is_sequence = by_sequence or opened.has_tokens or opened.dimensions == 1
    has_survey = job.survey is not None and tally.survey is not None
    report = summary.make_report(
        job.calculation,
        opened.kind,
        job.stream.classes,
        total,
        tally.worked,
        job.denominator,
        has_labels=opened.has_labels,
        check=tally.check,
        half=tally.half,
        independent="sequence" if is_sequence else "sample" if opened.dimensions else "",
        survey=_make_survey(job, opened, tally) if has_survey else None,
    )
    return report._replace(left_out=opened.left_out, shifted=job.shifted)


def _make_survey(job: Job, opened: Opened, tally: Tally) -> Survey:
    assert job.survey is not None
    assert tally.survey is not None
    found = survey.make_survey(
        tally.survey, job.survey, job.calculation, job.stream.classes, labelled=opened.has_labels
    )
    if len(tally.worked) == tally.total.samples:
        # Every sample is shown with all its steps, so that only what was asked for adds anything.
        hardest = found.hardest if found.top_asked else ()
        found = found._replace(histogram=(), classes=(), hardest=hardest)
    return found
