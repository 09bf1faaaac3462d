"""Workers that are copies of this process: their slots, their answers, and their end."""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import ExitStack
from typing import Any

import pytest

from xentcli.errors import DataError
from xentcli.readers.interface import Chunk
from xentcli.run.chunk import Outcome

if sys.platform != "linux":
    pytest.skip("no copies of processes", allow_module_level=True)

from xentcli.run import forked

# What runs the tests may have threads, of which the copies have no need.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def lettered(chunk: Chunk) -> Outcome:
    """Rows of the letter that has the chunk's number."""
    return Outcome(text=b"%c" % (97 + chunk.number) * 5, samples=chunk.number)


def test_rows_are_kept_though_their_slot_is_needed_by_others() -> None:
    with forked.fork_workers(lettered, 1, 0) as submit:
        waiting = [submit(Chunk(number, 0, 0, b"")) for number in range(4)]
        # The last one needs the only slot, in which the rows of those before it lie.
        assert waiting[3]().text == b"ddddd"
        assert [bytes(wait().text) for wait in waiting[:3]] == [b"aaaaa", b"bbbbb", b"ccccc"]


def given_back(chunk: Chunk) -> Any:
    """An outcome without rows, or an error."""
    if chunk.number == 1:
        raise DataError("a fault")
    if chunk.number == 2:
        raise ZeroDivisionError("by nothing")
    return ["no", "rows"] if chunk.number == 3 else lettered(chunk)


def answered(number: int) -> tuple[Any, bytes, int]:
    """What a worker leaves in a slot: the outcome, the rows, and whether it is an error."""
    packed = pickle.dumps(Chunk(number, 0, 0, b""))
    slot = forked.Slot()
    try:
        slot.write(0, packed)
        answer = forked._do_request(given_back, slot, len(packed))
        outcome = pickle.loads(slot.read(0, answer.outcome_bytes))
        return outcome, bytes(slot.read(answer.outcome_bytes, answer.row_bytes)), answer.is_error
    finally:
        slot.close()


def test_rows_lie_behind_the_outcome() -> None:
    assert answered(0) == (Outcome(), b"aaaaa", False)
    assert answered(3) == (["no", "rows"], b"", False)


def test_an_error_of_the_input_has_no_traceback_and_a_bug_has_one() -> None:
    (error, traceback), rows, is_error = answered(1)
    assert (str(error), traceback, rows, is_error) == ("a fault", "", b"", True)
    (error, traceback), rows, is_error = answered(2)
    assert isinstance(error, ZeroDivisionError)
    assert "in given_back" in traceback
    assert (rows, is_error) == (b"", True)


def test_a_worker_ends_when_nobody_can_send_it_work() -> None:
    with ExitStack() as stack:
        slot = forked.Slot()
        stack.callback(slot.close)
        requests, answers = forked.Pipe(*os.pipe()), forked.Pipe(*os.pipe())
        pool: forked.Pool[Outcome] = forked.Pool([slot], requests, answers)
        pool.start(lettered, 1)
        # The parent's ends, as its death would close them.
        for end in (*requests, *answers):
            os.close(end)
        (worker,) = pool._workers
        assert os.waitpid(worker, 0) == (worker, 0)
