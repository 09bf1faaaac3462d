"""Runs the work over many chunks and yields their outcomes in order, with the numbers of samples
and lines counted on from chunk to chunk. The work, and the function that hands it to workers, are
parameters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from xentcli.calculation import survey
from xentcli.core import spread
from xentcli.errors import DataError, LostWorker, Place
from xentcli.model import NamedTuple
from xentcli.readers.interface import Chunk, Span
from xentcli.run.chunk import Outcome

# While an outcome is waited for, the workers are checked to be alive every so many seconds.
PATIENCE = 1.0


class Counted(Protocol):
    """A result of work that says how much of the input it covers, bad rows included."""

    @property
    def samples(self) -> int: ...
    @property
    def lines(self) -> int: ...
    @property
    def size(self) -> int: ...


Result = TypeVar("Result", bound=Counted)


class FinishedChunk(NamedTuple, Generic[Result]):
    """A chunk's outcome. ``chunk`` has its final sample and line numbers, ``submitted`` those with
    which the work was done: where a large file is read in spans, these are not known yet."""

    submitted: Chunk
    chunk: Chunk
    outcome: Result


Work = Callable[[Chunk], Result]
# Waits for the outcome of a chunk and returns it, or raises what the work raised.
Wait = Callable[[], Result]
# Hands a chunk to a worker.
Submit = Callable[[Chunk], Wait[Result]]


class Task(NamedTuple, Generic[Result]):
    """The work on a chunk; ``merge`` makes one outcome of several consecutive ones, and is None
    where each is wanted by itself."""

    work: Work[Result]
    merge: Callable[[Sequence[Result]], Result] | None = None


def lost_worker() -> LostWorker:
    """The error for a worker process that ended before its work was done."""
    return LostWorker(
        "a worker process came to a sudden end; was it killed, or was memory short?",
        hint="--jobs 1 does all of the work in one process",
    )


def work_here(
    work: Work[Result], chunks: Iterable[Chunk], before: FinishedChunk[Result] | None = None
) -> Iterator[FinishedChunk[Result]]:
    """Work on the chunks one after the other in this process, and yield their outcomes. ``before``
    is the chunk that precedes them, if any."""
    for chunk in chunks:
        numbered = renumber(chunk, before)
        before = FinishedChunk(numbered, numbered, work(numbered))
        yield before


def share_work(
    work: Work[Result],
    chunks: Iterable[Chunk],
    submit: Submit[Result],
    ahead: int,
    before: FinishedChunk[Result] | None = None,
) -> Iterator[FinishedChunk[Result]]:
    """Hand the chunks to workers, and yield their outcomes in the order of the chunks. ``submit``
    hands over a chunk and returns a function that waits for its outcome.

    At most ``ahead`` chunks are under way, so that memory does not grow with the input. If cutting
    the input into chunks fails, the outcomes of the chunks before that come first, and so do their
    errors.
    """
    under_way: deque[tuple[Chunk, Wait[Result]]] = deque()
    left = iter(chunks)
    end: DataError | None = None
    while True:
        try:
            while len(under_way) < ahead and (submitted := next(left, None)) is not None:
                under_way.append((submitted, submit(submitted)))
        except DataError as error:
            # A generator that has raised yields nothing more.
            end = error
        if not under_way:
            if end is not None:
                raise end
            return
        submitted, wait = under_way.popleft()
        chunk = renumber(submitted, before)
        before = _take_outcome(work, submitted, chunk, wait)
        yield before


def _take_outcome(
    work: Work[Result], submitted: Chunk, chunk: Chunk, wait: Wait[Result]
) -> FinishedChunk[Result]:
    """Wait for a chunk's outcome; do the work again here if it was done on the wrong bytes."""
    if chunk is not submitted and chunk.data != submitted.data:
        # The chunk was cut in the middle of a record, so the worker's outcome is of no use.
        return FinishedChunk(chunk, chunk, work(chunk))
    try:
        return FinishedChunk(submitted, chunk, wait())
    except DataError:
        if chunk is submitted:
            raise
    # The work is done again to raise the same error with the right line: the worker did not know
    # how many lines come before the chunk.
    return FinishedChunk(chunk, chunk, work(chunk))


def renumber(chunk: Chunk, before: FinishedChunk[Result] | None) -> Chunk:
    """The chunk with the right numbers of its first sample, line and byte, counted on from the
    chunk before it; the same object if they were right already."""
    if before is None:
        return chunk
    outcome = before.outcome
    renumbered = chunk._replace(first=before.chunk.first + outcome.samples)
    if isinstance(chunk.data, Span) and chunk.file == before.chunk.file:
        assert isinstance(before.chunk.data, Span)
        start = before.chunk.data.start + outcome.size
        renumbered = renumbered._replace(
            line=before.chunk.line + outcome.lines, data=chunk.data._replace(start=start)
        )
    # The data, which may be large, is compared last, and only if everything else is equal.
    is_same = (chunk.first, chunk.line) == (renumbered.first, renumbered.line)
    return chunk if is_same and renumbered.data == chunk.data else renumbered


def offsets(done: FinishedChunk[Result]) -> tuple[int, int]:
    """How many samples and lines to add to the sample and line numbers in an outcome."""
    submitted, chunk = done.submitted, done.chunk
    return chunk.first - submitted.first, chunk.line - submitted.line


def shift_outcome(found: Outcome, samples: int, lines: int) -> Outcome:
    """Add the numbers of samples and lines that come before an outcome to all sample and line
    numbers in it."""
    if not (samples or lines):
        return found
    check, surveyed, total = found.check, found.survey, found.total
    return found._replace(
        total=total._replace(spread=spread.shift_numbers(total.spread, samples)),
        worked=tuple(
            sample._replace(position=survey.moved_position(sample, samples))
            for sample in found.worked
        ),
        survey=surveyed and survey.shift_sums(surveyed, samples, lines),
        check=check and check._replace(sample=check.sample + samples),
        remarks=tuple(
            remark._replace(place=_move_place(remark.place, lines)) for remark in found.remarks
        ),
        looks=tuple(look._replace(place=_move_place(look.place, lines)) for look in found.looks),
        faults=tuple(
            fault._replace(place=_move_place(fault.place, lines)) for fault in found.faults
        ),
    )


def _move_place(place: Place, lines: int) -> Place:
    return place if place.line is None else place._replace(line=place.line + lines)
