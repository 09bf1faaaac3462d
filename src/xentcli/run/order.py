"""Runs one piece of work over many chunks, returns the outcomes in order, and carries the numbers
of samples and lines on from chunk to chunk. The work and where it runs are passed in."""

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

# Seconds after which it is asked whether the workers are still there.
PATIENCE = 1.0


class Counted(Protocol):
    """An outcome that says how much of the input it covers, bad rows included."""

    @property
    def samples(self) -> int: ...
    @property
    def lines(self) -> int: ...
    @property
    def size(self) -> int: ...


Found = TypeVar("Found", bound=Counted)


class Done(NamedTuple, Generic[Found]):
    """A chunk's outcome. ``chunk`` has its final sample and line numbers, ``worked_on`` those that
    were assumed when the work was done."""

    worked_on: Chunk
    chunk: Chunk
    outcome: Found


Work = Callable[[Chunk], Found]
Awaited = Callable[[], Found]
Submit = Callable[[Chunk], Awaited[Found]]


class Task(NamedTuple, Generic[Found]):
    """The work on a chunk; ``merge`` makes one outcome of several that follow one another, and is
    None where each is wanted by itself."""

    work: Work[Found]
    merge: Callable[[Sequence[Found]], Found] | None = None


def lost_worker() -> LostWorker:
    """The error for a worker process that came to an end before its time."""
    return LostWorker(
        "a worker process came to a sudden end; was it killed, or was memory short?",
        hint="--jobs 1 does all of the work in one process",
    )


def work_here(
    work: Work[Found], chunks: Iterable[Chunk], before: Done[Found] | None = None
) -> Iterator[Done[Found]]:
    """Work on the chunks one after the other in this process, and yield their outcomes."""
    for handed_out in chunks:
        chunk = follow(handed_out, before)
        before = Done(chunk, chunk, work(chunk))
        yield before


def share_work(
    work: Work[Found],
    chunks: Iterable[Chunk],
    submit: Submit[Found],
    ahead: int,
    before: Done[Found] | None = None,
) -> Iterator[Done[Found]]:
    """The outcomes of chunks that workers share, in the order of the chunks. ``submit`` hands a
    chunk to a worker and returns a function that waits for its outcome.

    At most ``ahead`` chunks are under way, so that memory does not grow with the input. Where the
    input cannot be cut any further, what is wrong with the chunks before that is told first.
    """
    under_way: deque[tuple[Chunk, Awaited[Found]]] = deque()
    left = iter(chunks)
    end: DataError | None = None
    while True:
        try:
            while len(under_way) < ahead and (handed_out := next(left, None)) is not None:
                under_way.append((handed_out, submit(handed_out)))
        except DataError as error:
            # What raised is at its end: there is nothing more to come.
            end = error
        if not under_way:
            if end is not None:
                raise end
            return
        handed_out, awaited = under_way.popleft()
        chunk = follow(handed_out, before)
        before = _await(work, handed_out, chunk, awaited)
        yield before


def _await(
    work: Work[Found], handed_out: Chunk, chunk: Chunk, awaited: Awaited[Found]
) -> Done[Found]:
    if chunk is not handed_out and chunk.data != handed_out.data:
        # It began in the middle of a record: the worker's outcome is of no use.
        return Done(chunk, chunk, work(chunk))
    try:
        return Done(handed_out, chunk, awaited())
    except DataError:
        if chunk is handed_out:
            raise
    # Once more, for the fault's line: the worker did not know how many come before.
    return Done(chunk, chunk, work(chunk))


def follow(chunk: Chunk, before: Done[Found] | None) -> Chunk:
    """The chunk with the numbers of its first sample, line and byte, which follow from the chunk
    before it; the same object if nothing changes."""
    if before is None:
        return chunk
    outcome = before.outcome
    moved = chunk._replace(first=before.chunk.first + outcome.samples)
    if isinstance(chunk.data, Span) and chunk.file == before.chunk.file:
        assert isinstance(before.chunk.data, Span)
        start = before.chunk.data.start + outcome.size
        moved = moved._replace(
            line=before.chunk.line + outcome.lines, data=chunk.data._replace(start=start)
        )
    # Of large data there need be no second look.
    known = (chunk.first, chunk.line) == (moved.first, moved.line)
    return chunk if known and moved.data == chunk.data else moved


def shifts(done: Done[Found]) -> tuple[int, int]:
    """How many samples and lines to add to the numbers of an outcome."""
    worked_on, chunk = done.worked_on, done.chunk
    return chunk.first - worked_on.first, chunk.line - worked_on.line


def shift_outcome(found: Outcome, samples: int, lines: int) -> Outcome:
    """Add to the outcome's numbers of samples and lines what came before it."""
    if not (samples or lines):
        return found
    check, surveyed, total = found.check, found.survey, found.total
    return found._replace(
        total=total._replace(spread=spread.shift_numbers(total.spread, samples)),
        worked=tuple(
            one._replace(position=survey.moved_position(one, samples)) for one in found.worked
        ),
        survey=surveyed and survey.shift_sums(surveyed, samples, lines),
        check=check and check._replace(sample=check.sample + samples),
        remarks=tuple(one._replace(place=_move_place(one.place, lines)) for one in found.remarks),
        looks=tuple(one._replace(place=_move_place(one.place, lines)) for one in found.looks),
        faults=tuple(one._replace(place=_move_place(one.place, lines)) for one in found.faults),
    )


def _move_place(place: Place, lines: int) -> Place:
    return place if place.line is None else place._replace(line=place.line + lines)
