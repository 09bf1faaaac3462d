"""Workers that are forks of this process, and how they get chunks and return outcomes.

Every chunk that is under way has a slot: memory that this process and its workers share. This
process writes the pickled chunk there; the worker then writes the pickled outcome in its place,
with the output rows as plain bytes behind it. Requests and answers, which are only the number of a
slot and a few lengths, go through two pipes. Each is so short that one system call writes or reads
the whole of it, so all workers can read the same pipe: whoever is free takes the next request. No
lock is needed, which a worker could hold when it dies, and no thread.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import select
import signal
import struct
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Generic, NoReturn

from xentcli.errors import XentError
from xentcli.model import NamedTuple
from xentcli.readers.interface import Chunk
from xentcli.run import signals
from xentcli.run.chunk import Outcome
from xentcli.run.order import PATIENCE, Result, Submit, Wait, Work, lost_worker

# So much of a slot's file is mapped into memory. Anything beyond it is read and written instead.
SLOT_BYTES = 1 << 22
# The number of a slot, and how many bytes the pickled chunk in it has.
REQUEST_STRUCT = struct.Struct("<qq")
# The number of a slot, how many bytes the pickled outcome and the rows in it have, and whether the
# outcome is an error.
ANSWER_STRUCT = struct.Struct("<qqqq")
ANSWERS_AT_ONCE = 64
# From <malloc.h>: arrays from the first size on are given back at once; of the others so much
# memory is kept.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGE_BYTES, SPARE_BYTES = 4 << 20, 8 << 20
# How many files a worker may have to open: its part of the input, and modules that it imports.
FILES_OF_A_WORKER = 8


class WorkerTraceback(Exception):
    """The traceback of an error in a worker, which pickling loses; it is the error's cause here."""


class Slot:
    """A file in memory that processes share; its beginning is mapped."""

    def __init__(self) -> None:
        assert sys.platform == "linux"
        self._file = os.memfd_create("xent")
        try:
            os.ftruncate(self._file, SLOT_BYTES)
            self._map = memoryview(mmap.mmap(self._file, SLOT_BYTES))
        except BaseException:
            self.close()
            raise

    def write(self, at: int, data: bytes | memoryview) -> None:
        """Write bytes at a position."""
        if at + len(data) <= SLOT_BYTES:
            self._map[at : at + len(data)] = data
            return
        left = memoryview(data)
        while left:
            count = os.pwrite(self._file, left, at)
            at, left = at + count, left[count:]

    def read(self, at: int, length: int) -> memoryview:
        """Read bytes from a position. They are not copied if all of them are mapped."""
        if at + length <= SLOT_BYTES:
            return self._map[at : at + length]
        data = memoryview(bytearray(length))
        done = 0
        while done < length:
            done += os.preadv(self._file, [data[done:]], at + done)
        return data

    def shrink(self) -> None:
        """Free the memory beyond the part that is mapped."""
        os.ftruncate(self._file, SLOT_BYTES)

    def close(self) -> None:
        """Close the file. Its memory stays mapped as long as there are views of it."""
        os.close(self._file)


class Pipe(NamedTuple):
    """The file descriptors of a pipe's two ends."""

    read: int
    write: int


class Answer(NamedTuple):
    """What a worker has written into a slot: how many bytes the pickled outcome has, how many the
    rows behind it, and whether the outcome is an error."""

    outcome_bytes: int
    row_bytes: int
    is_error: int


class PendingChunk:
    """A chunk that has been submitted, and what is known of it so far.

    - ``pickled``: the chunk, until it has a slot; ``slot``: the number of that slot.
    - ``answer``: the worker's answer, once it has come; ``outcome``: the outcome, once it has been
      taken out of the slot.
    """

    def __init__(self, pickled: bytes) -> None:
        self.pickled = pickled
        self.slot = -1
        self.answer: Answer | None = None
        self.outcome: Any = None


class Pool(Generic[Result]):
    """The workers, the slots and the pipes, as this process uses them."""

    def __init__(self, slots: Sequence[Slot], requests: Pipe, answers: Pipe) -> None:
        self._slots, self._requests, self._answers = slots, requests, answers
        self._workers: list[int] = []
        self._free_slots = list(range(len(slots)))
        self._waiting: deque[PendingChunk] = deque()
        self._under_way: dict[int, PendingChunk] = {}
        # The slot in which the rows of the last outcome still lie, which the caller is using.
        self._slot_of_caller: int | None = None
        self._poll = select.poll()
        self._poll.register(answers.read, select.POLLIN)

    def start(self, work: Work[Result], count: int) -> None:
        """Fork this process ``count`` times."""
        # This process may have been started with SIGCHLD ignored. Then waitpid could not tell that
        # a worker has ended.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with signals.hold():
            for _ in range(count):
                pid = os.fork()
                if not pid:
                    _run_worker(work, self._slots, self._requests, self._answers)
                self._workers.append(pid)

    def submit(self, chunk: Chunk) -> Wait[Result]:
        """Submit a chunk; return a function that waits for its outcome. The rows of an outcome may
        lie in memory that is used again as soon as another outcome is waited for."""
        pending = PendingChunk(pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL))
        self._waiting.append(pending)
        self._send_waiting()

        def wait() -> Result:
            if self._slot_of_caller is not None:
                self._release(self._slot_of_caller)
                self._slot_of_caller = None
            while pending.answer is None:
                self._receive()
            if self._under_way.get(pending.slot) is pending:
                self._slot_of_caller = self._take_outcome(pending)
            if pending.answer.is_error:
                error: Exception
                traceback: str
                error, traceback = pending.outcome
                raise error from (WorkerTraceback(traceback) if traceback else None)
            outcome: Result = pending.outcome
            return outcome

        return wait

    def _send_waiting(self) -> None:
        """Write chunks that wait into free slots, as long as there are any, and request the
        work."""
        while self._free_slots and self._waiting:
            pending = self._waiting.popleft()
            pending.slot = self._free_slots.pop()
            self._under_way[pending.slot] = pending
            self._slots[pending.slot].write(0, pending.pickled)
            request = REQUEST_STRUCT.pack(pending.slot, len(pending.pickled))
            os.write(self._requests.write, request)
            pending.pickled = b""

    def _release(self, slot: int) -> None:
        self._free_slots.append(slot)
        self._send_waiting()

    def _receive(self) -> None:
        """Receive some answers. If every slot holds an outcome that nobody has waited for, and
        chunks wait for a slot, free one instead: no answer would come."""
        done = [pending for pending in self._under_way.values() if pending.answer is not None]
        if self._waiting and len(done) == len(self._under_way):
            oldest = done[0]
            slot = self._take_outcome(oldest)
            if slot is not None:
                # The rows are copied out of the slot, which another chunk is about to overwrite.
                oldest.outcome = oldest.outcome._replace(text=bytes(oldest.outcome.text))
                self._release(slot)
        elif self._poll.poll(PATIENCE * 1000):
            read = os.read(self._answers.read, ANSWERS_AT_ONCE * ANSWER_STRUCT.size)
            for slot, *answer in ANSWER_STRUCT.iter_unpack(read):
                self._under_way[slot].answer = Answer(*answer)
        else:
            self.check_workers()

    def check_workers(self) -> None:
        """Raise an error if a worker has ended, whether or not it had a chunk."""
        for worker in self._workers:
            if os.waitpid(worker, os.WNOHANG) != (0, 0):
                self._workers.remove(worker)
                raise lost_worker()

    def _take_outcome(self, pending: PendingChunk) -> int | None:
        """Take an outcome out of its slot. Return the number of the slot if rows of the outcome
        still lie in it; otherwise release the slot and return None."""
        assert pending.answer is not None
        slot, answer = self._slots[pending.slot], pending.answer
        del self._under_way[pending.slot]
        pending.outcome = pickle.loads(slot.read(0, answer.outcome_bytes))
        if answer.row_bytes:
            rows = slot.read(answer.outcome_bytes, answer.row_bytes)
            pending.outcome = pending.outcome._replace(text=rows)
        if answer.outcome_bytes + answer.row_bytes > SLOT_BYTES:
            # The rows have been copied, as they are not mapped.
            slot.shrink()
        elif answer.row_bytes:
            return pending.slot
        self._release(pending.slot)
        return None

    def end(self) -> None:
        """Kill the workers: they hold nothing that has to be closed or written."""
        for worker in self._workers:
            os.kill(worker, signal.SIGKILL)
        for worker in self._workers:
            os.waitpid(worker, 0)


@contextmanager
def fork_workers(work: Work[Result], count: int, spare: int) -> Iterator[Submit[Result]]:
    """Start ``count`` forks of this process to which chunks can be submitted. ``spare`` more chunks
    can be under way than there are workers."""
    with ExitStack() as stack:
        slots = []
        for _ in range(count + spare):
            slots.append(Slot())
            stack.callback(slots[-1].close)
        pool: Pool[Result] = Pool(slots, _open_pipe(stack), _open_pipe(stack))
        _check_free_files()
        stack.callback(pool.end)
        pool.start(work, count)
        yield pool.submit
        pool.check_workers()


def _open_pipe(stack: ExitStack) -> Pipe:
    pipe = Pipe(*os.pipe())
    for end in pipe:
        stack.callback(os.close, end)
    return pipe


def _check_free_files() -> None:
    """Raise an OSError if a worker could not open as many files as it needs: it inherits every file
    that is open in this process, and has the same limit."""
    with ExitStack() as stack:
        for _ in range(FILES_OF_A_WORKER):
            stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))


def _run_worker(work: Work[Any], slots: Sequence[Slot], requests: Pipe, answers: Pipe) -> NoReturn:
    """Do requests until the parent closes its end of their pipe; then end this process."""
    code = 1
    try:
        signals.leave_to_parent()
        # With these closed, reading and writing fail as soon as the parent's ends are closed.
        os.close(requests.write)
        os.close(answers.read)
        _bound_spare_memory()
        while request := os.read(requests.read, REQUEST_STRUCT.size):
            number, length = REQUEST_STRUCT.unpack(request)
            answer = _do_request(work, slots[number], length)
            os.write(answers.write, ANSWER_STRUCT.pack(number, *answer))
        code = 0
    finally:
        # Nothing of the parent may go on in this process: no handler, no flush of its buffers.
        os._exit(code)


def _bound_spare_memory() -> None:
    """Have glibc keep the same memory however many chunks there are.

    Left to itself it keeps more and more of what is freed, in pieces that no block fits into.
    Other C libraries do not have this setting.
    """
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(M_TRIM_THRESHOLD, SPARE_BYTES)


def _do_request(work: Work[Any], slot: Slot, length: int) -> Answer:
    """Work on the chunk in a slot, and write its outcome there, or the error."""
    rows: bytes | memoryview = b""
    is_error = False
    try:
        outcome: Any = work(pickle.loads(slot.read(0, length)))
        if isinstance(outcome, Outcome):
            rows, outcome = outcome.text, outcome._replace(text=b"")
        pickled = pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        traceback = ""
        if not isinstance(error, XentError):
            # This is a bug, and is looked for where it was raised.
            from traceback import format_exc

            traceback = format_exc()
        pickled, is_error = pickle.dumps((error, traceback)), True
    slot.write(0, pickled)
    slot.write(len(pickled), rows)
    return Answer(len(pickled), len(rows), is_error)
