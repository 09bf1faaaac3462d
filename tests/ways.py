"""The ways in which the same input can be worked on; each must give the same bytes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.faults.running import Answered, run_inside
from xentcli.readers.json import block as json_block
from xentcli.readers.json import parsers
from xentcli.readers.text import rows
from xentcli.run import workers
from xentcli.run.order import Submit, Work

# Blocks so small that every line, and every cell with a line end in it, meets the end of one.
SMALL_BLOCKS = {"XENT_BLOCK_BYTES": "24"}

WAYS: dict[str, dict[str, str]] = {
    "cell by cell": {"XENT_FAST": "0", "XENT_JOBS": "1"},
    "without the extra": {"XENT_FAST": "0", "XENT_JOBS": "1"},
    "fast": {"XENT_FAST": "1", "XENT_JOBS": "1"},
    "without simdjson": {"XENT_FAST": "1", "XENT_JOBS": "1"},
    "small blocks": {"XENT_FAST": "1", "XENT_JOBS": "1", **SMALL_BLOCKS},
    "two jobs": {"XENT_FAST": "1", "XENT_JOBS": "2", **SMALL_BLOCKS},
    "three jobs": {"XENT_FAST": "0", "XENT_JOBS": "3", **SMALL_BLOCKS},
}


def answered(way: str, asked: Sequence[str], folder: Path, stdin: bytes = b"") -> Answered:
    """What a command answers in that way; cell by cell, no block is taken as a whole."""
    with ExitStack() as stack:
        if way == "cell by cell":
            for reader in (rows, json_block):
                stack.enter_context(mock.patch.object(reader, "read_at_once", return_value=None))
        if way == "without simdjson":
            # As on a Python that it has no wheels for: orjson reads instead.
            stack.enter_context(mock.patch.object(parsers, "simdjson_parser", return_value=None))
        return run_inside(asked, folder, stdin, WAYS[way])


class LastFirst(Executor):
    """Does the work when somebody asks for any of it, what came last first; the work, the chunks
    and what comes of them are pickled on the way, as for other processes."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Future[Any], bytes]] = []

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Something to do, some time."""
        future = _Asked(self)
        self._waiting.append((future, pickle.dumps((work, given, named))))
        return future

    def do(self) -> None:
        """All that is waiting."""
        while self._waiting:
            future, packed = self._waiting.pop()
            if not future.set_running_or_notify_cancel():
                continue
            work, given, named = pickle.loads(packed)
            try:
                found = pickle.dumps(work(*given, **named))
            except Exception as error:
                future.set_exception(pickle.loads(pickle.dumps(error)))
            else:
                future.set_result(pickle.loads(found))


class _Asked(Future[Any]):
    def __init__(self, executor: LastFirst) -> None:
        super().__init__()
        self._executor = executor

    def result(self, timeout: float | None = None) -> Any:
        """What came of it."""
        self._executor.do()
        return super().result(timeout)


@contextmanager
def _last_first(work: Work[Any], count: int) -> Iterator[Submit[Any]]:
    executor = LastFirst()
    yield lambda chunk: executor.submit(work, chunk).result


@pytest.fixture
def without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several jobs are done within this process, out of order."""
    monkeypatch.setattr(workers, "start_processes", _last_first)
    monkeypatch.setattr(workers, "start_threads", _last_first)
