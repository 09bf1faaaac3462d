"""Runs one piece of work over many chunks, gives the outcomes back in order, and counts samples and
lines on from one chunk to the next. The work and where it runs are handed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from xentcli.calculation import survey
from xentcli.errors import DataError, Place
from xentcli.readers.interface import Chunk, Span
from xentcli.run.chunk import Outcome


class Done(NamedTuple):
    """What came of a chunk, as it was worked on; and the chunk as it stands, now that it is known
    what came before it."""

    worked_on: Chunk
    chunk: Chunk
    outcome: object


# A chunk as it stands behind another; itself if nothing about it is new.
Follows = Callable[[Chunk, Done | None], Chunk]
Work = Callable[[Chunk], object]
Awaited = Callable[[], object]
Submit = Callable[[Chunk], Awaited]


class Task(NamedTuple):
    """What is to be done with each chunk, how one follows another, and how what comes of some that
    follow one another becomes one; that is None where each is wanted by itself."""

    work: Work
    follows: Follows
    together: Callable[[Sequence[Any]], Any] | None = None


def here(
    work: Work, chunks: Iterable[Chunk], follows: Follows, before: Done | None = None
) -> Iterator[Done]:
    """What comes of each chunk, one after the other, in this process."""
    for handed_out in chunks:
        chunk = follows(handed_out, before)
        before = Done(chunk, chunk, work(chunk))
        yield before


def shared(
    work: Work,
    chunks: Iterable[Chunk],
    follows: Follows,
    submit: Submit,
    ahead: int,
    before: Done | None = None,
) -> Iterator[Done]:
    """What comes of the chunks where workers share them, in the order of the chunks; ``submit``
    hands the same work on a chunk to one of them, and gives what waits for the outcome.

    At most ``ahead`` chunks are under way, so that memory does not grow with the input.
    """
    under_way: deque[tuple[Chunk, Awaited]] = deque()
    left = iter(chunks)
    while True:
        while len(under_way) < ahead and (handed_out := next(left, None)) is not None:
            under_way.append((handed_out, submit(handed_out)))
        if not under_way:
            return
        handed_out, awaited = under_way.popleft()
        chunk = follows(handed_out, before)
        before = _done(work, handed_out, chunk, awaited)
        yield before


def _done(work: Work, handed_out: Chunk, chunk: Chunk, awaited: Awaited) -> Done:
    if chunk is not handed_out and chunk.data != handed_out.data:
        # It began in the middle of a record: what came of it is of no use.
        return Done(chunk, chunk, work(chunk))
    try:
        return Done(handed_out, chunk, awaited())
    except DataError:
        if chunk is handed_out:
            raise
    # Once more, to tell the fault with its line: the worker did not know how many come before.
    return Done(chunk, chunk, work(chunk))


def following(chunk: Chunk, before: Done | None) -> Chunk:
    """A chunk with its first sample, line and byte as they follow from what came before it."""
    if before is None:
        return chunk
    outcome: Any = before.outcome
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


def placed(done: Done) -> Outcome:
    """The outcome of a chunk with its samples and lines counted from the start of the input."""
    outcome: Any = done.outcome
    samples = done.chunk.first - done.worked_on.first
    lines = done.chunk.line - done.worked_on.line
    return shifted(outcome, samples, lines)


def shifted(found: Outcome, samples: int, lines: int) -> Outcome:
    """The same of what stands so many samples and lines further on."""
    if not (samples or lines):
        return found
    check, surveyed = found.check, found.survey
    return found._replace(
        worked=tuple(
            one._replace(position=(one.position[0] + samples, *one.position[1:]))
            for one in found.worked
        ),
        survey=surveyed and survey.moved(surveyed, samples, lines),
        check=check and check._replace(sample=check.sample + samples),
        remarks=tuple(one._replace(place=_moved(one.place, lines)) for one in found.remarks),
        faults=tuple(one._replace(place=_moved(one.place, lines)) for one in found.faults),
    )


def _moved(place: Place, lines: int) -> Place:
    return place if place.line is None else place._replace(line=place.line + lines)
