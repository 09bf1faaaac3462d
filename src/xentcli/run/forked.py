"""Workers that are copies of this process, and how work and outcomes get there and back.

A chunk that is under way has a slot: memory that this process and its workers share. The pickled
chunk is left there, then its pickled outcome, with the rows as plain bytes behind it. What goes
through the pipes are a few numbers, written and read in one step each. Whoever is free takes the
next ones: there is no lock that a worker could hold when it dies, and no thread.
"""

from __future__ import annotations

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
from xentcli.run.order import PATIENCE, Awaited, Found, Submit, Work, lost_worker

# What goes beyond is read and written, not mapped.
SLOT_BYTES = 1 << 22
# The number of a slot, and how many of its bytes are the chunk.
REQUEST = struct.Struct("<qq")
# The number of a slot, how many of its bytes are the outcome and the rows, and whether it is a
# fault.
ANSWER = struct.Struct("<qqqq")
ANSWERS_AT_ONCE = 64
# A worker opens its part of the input, and modules that it is the first to need.
FILES_OF_A_WORKER = 8


class Elsewhere(Exception):
    """Where in a worker something went wrong."""


class Slot:
    """A file in memory whose beginning is mapped."""

    def __init__(self) -> None:
        assert sys.platform == "linux"
        self._file = os.memfd_create("xent")
        try:
            os.ftruncate(self._file, SLOT_BYTES)
            self._map = memoryview(mmap.mmap(self._file, SLOT_BYTES))
        except BaseException:
            self.close()
            raise

    def put(self, at: int, data: bytes | memoryview) -> None:
        """Write bytes at a place."""
        if at + len(data) <= SLOT_BYTES:
            self._map[at : at + len(data)] = data
            return
        left = memoryview(data)
        while left:
            count = os.pwrite(self._file, left, at)
            at, left = at + count, left[count:]

    def get(self, at: int, length: int) -> memoryview:
        """Bytes at a place; where that is mapped they are not copied."""
        if at + length <= SLOT_BYTES:
            return self._map[at : at + length]
        found = memoryview(bytearray(length))
        done = 0
        while done < length:
            done += os.preadv(self._file, [found[done:]], at + done)
        return found

    def shrink(self) -> None:
        """Give back the memory that is not mapped."""
        os.ftruncate(self._file, SLOT_BYTES)

    def close(self) -> None:
        """Close the file; the map lasts as long as there are views of it."""
        os.close(self._file)


class Ends(NamedTuple):
    """The two ends of a pipe."""

    read: int
    write: int


class Lengths(NamedTuple):
    """What a worker has left in a slot: the outcome, the rows behind it; or a fault."""

    outcome: int
    rows: int
    is_fault: int


class Task:
    """A chunk that was submitted: pickled until it has a slot, then with the slot's number, then
    with what the worker left there, then with its outcome."""

    def __init__(self, packed: bytes) -> None:
        self.packed = packed
        self.slot = -1
        self.left: Lengths | None = None
        self.outcome: Any = None


class Pool(Generic[Found]):
    """This process's side of the slots and the pipes."""

    def __init__(self, slots: Sequence[Slot], requests: Ends, answers: Ends) -> None:
        self._slots, self._requests, self._answers = slots, requests, answers
        self._workers: list[int] = []
        self._free = list(range(len(slots)))
        self._waiting: deque[Task] = deque()
        self._under_way: dict[int, Task] = {}
        # The slot of the rows that the caller has.
        self._lent: int | None = None
        self._poll = select.poll()
        self._poll.register(answers.read, select.POLLIN)

    def start(self, work: Work[Found], count: int) -> None:
        """Start the workers."""
        # Whoever started this may have had it ignored: then nobody could tell that one has ended.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with signals.hold():
            for _ in range(count):
                worker = os.fork()
                if not worker:
                    _serve(work, self._slots, self._requests, self._answers)
                self._workers.append(worker)

    def submit(self, chunk: Chunk) -> Awaited[Found]:
        """Have a worker do a chunk; the function that is returned waits for the outcome. Rows of it
        may lie in memory that is used again as soon as another outcome is waited for."""
        task = Task(pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL))
        self._waiting.append(task)
        self._hand_out()

        def awaited() -> Found:
            if self._lent is not None:
                self._release(self._lent)
                self._lent = None
            while task.left is None:
                self._receive()
            if self._under_way.get(task.slot) is task:
                self._lent = self._open(task)
            if task.left.is_fault:
                fault: tuple[Exception, str] = task.outcome
                raise fault[0] from (Elsewhere(fault[1]) if fault[1] else None)
            outcome: Found = task.outcome
            return outcome

        return awaited

    def _hand_out(self) -> None:
        """Give the chunks that wait a slot each, as long as there are any."""
        while self._free and self._waiting:
            task, task.slot = self._waiting.popleft(), self._free.pop()
            self._under_way[task.slot] = task
            self._slots[task.slot].put(0, task.packed)
            os.write(self._requests.write, REQUEST.pack(task.slot, len(task.packed)))
            task.packed = b""

    def _release(self, slot: int) -> None:
        self._free.append(slot)
        self._hand_out()

    def _receive(self) -> None:
        """Take some answers; or, where none is to come, make room for a chunk that waits."""
        done = [task for task in self._under_way.values() if task.left is not None]
        if self._waiting and len(done) == len(self._under_way):
            # Nobody has asked for these yet, if anybody ever will.
            slot = self._open(done[0])
            if slot is not None:
                done[0].outcome = done[0].outcome._replace(text=bytes(done[0].outcome.text))
                self._release(slot)
        elif self._poll.poll(PATIENCE * 1000):
            read = os.read(self._answers.read, ANSWERS_AT_ONCE * ANSWER.size)
            for slot, *left in ANSWER.iter_unpack(read):
                self._under_way[slot].left = Lengths(*left)
        else:
            self.check()

    def check(self) -> None:
        """Fail if a worker is gone, whether or not it had anything to do."""
        for worker in self._workers:
            if os.waitpid(worker, os.WNOHANG) != (0, 0):
                self._workers.remove(worker)
                raise lost_worker()

    def _open(self, task: Task) -> int | None:
        """Take the outcome of a task out of its slot; the slot is returned where its rows are still
        in there, and else is free."""
        assert task.left is not None
        slot, left = self._slots[task.slot], task.left
        del self._under_way[task.slot]
        task.outcome = pickle.loads(slot.get(0, left.outcome))
        if left.rows:
            task.outcome = task.outcome._replace(text=slot.get(left.outcome, left.rows))
        if left.outcome + left.rows > SLOT_BYTES:
            slot.shrink()
        elif left.rows:
            return task.slot
        self._release(task.slot)
        return None

    def end(self) -> None:
        """End the workers. They hold nothing that would have to be put in order."""
        for worker in self._workers:
            os.kill(worker, signal.SIGKILL)
        for worker in self._workers:
            os.waitpid(worker, 0)


@contextmanager
def forked(work: Work[Found], count: int, spare: int) -> Iterator[Submit[Found]]:
    """Submit chunks to so many copies of this process. So many more can be under way."""
    with ExitStack() as stack:
        slots = []
        for _ in range(count + spare):
            slots.append(Slot())
            stack.callback(slots[-1].close)
        pool: Pool[Found] = Pool(slots, _pipe(stack), _pipe(stack))
        _check_files()
        stack.callback(pool.end)
        pool.start(work, count)
        yield pool.submit
        pool.check()


def _pipe(stack: ExitStack) -> Ends:
    ends = Ends(*os.pipe())
    for end in ends:
        stack.callback(os.close, end)
    return ends


def _check_files() -> None:
    """Raise an OSError where a worker could not open what it has to: it has a copy of every file
    that is open here, so as many as it needs must be free."""
    with ExitStack() as stack:
        for _ in range(FILES_OF_A_WORKER):
            stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))


def _serve(work: Work[Any], slots: Sequence[Slot], requests: Ends, answers: Ends) -> NoReturn:
    """The life of a worker: chunk after chunk, until there is nobody left who could ask."""
    code = 1
    try:
        # Ctrl-C reaches all processes of a terminal; this one's end is its parent's affair.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.ENDING)
        # With no end of its own it sees when its parent's are gone.
        os.close(requests.write)
        os.close(answers.read)
        while request := os.read(requests.read, REQUEST.size):
            number, length = REQUEST.unpack(request)
            left = _answer(work, slots[number], length)
            os.write(answers.write, ANSWER.pack(number, *left))
        code = 0
    finally:
        # No line of what this is a copy of may run in here.
        os._exit(code)


def _answer(work: Work[Any], slot: Slot, length: int) -> Lengths:
    """Work on the chunk that lies in a slot, and leave there what comes of it."""
    rows: bytes | memoryview = b""
    is_fault = False
    try:
        outcome: Any = work(pickle.loads(slot.get(0, length)))
        if isinstance(outcome, Outcome):
            rows, outcome = outcome.text, outcome._replace(text=b"")
        packed = pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        where = ""
        if not isinstance(error, XentError):
            # A bug is looked for where it is.
            from traceback import format_exc

            where = format_exc()
        packed, is_fault = pickle.dumps((error, where)), True
    slot.put(0, packed)
    slot.put(len(packed), rows)
    return Lengths(len(packed), len(rows), is_fault)
