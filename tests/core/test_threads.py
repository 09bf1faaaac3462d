"""Threads: how many, in which order, and what comes back from them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterable

import numpy as np
import pytest

from tests.conftest import PATIENCE
from xentcli import cross_entropy
from xentcli.core import threads


def test_every_item_comes_to_one_thread() -> None:
    found = threads.share_out(list, range(1000), 3)
    assert len(found) == 3
    assert sorted(item for share in found for item in share) == list(range(1000))
    assert len(threads.share_out(list, range(2), 5)) == 2
    assert threads.share_out(list, [], 3) == [[]]


def test_one_that_is_held_up_leaves_more_to_the_others() -> None:
    others_done, last = threading.Event(), 99

    def work(items: Iterable[int]) -> int:
        count = 0
        for item in items:
            if item == 0:
                assert others_done.wait(PATIENCE)
            if item == last:
                others_done.set()
            count += 1
        return count

    assert sorted(threads.share_out(work, range(last + 1), 2)) == [1, last]


def test_one_thread_is_this_one() -> None:
    def name(_: Iterable[int]) -> int:
        return threading.get_ident()

    assert threads.share_out(name, range(100), 1) == [threading.get_ident()]
    assert threading.get_ident() not in threads.share_out(name, range(100), 2)


def test_errors_come_out() -> None:
    def fail(items: Iterable[int]) -> None:
        for item in items:
            if item == 7:
                raise ArithmeticError(item)

    with pytest.raises(ArithmeticError, match="7"):
        threads.share_out(fail, range(100_000), 2)


def test_threads_count_errors_of_floating_point_as_their_caller_does() -> None:
    def divide(_: Iterable[int]) -> None:
        np.ones(1) / np.zeros(1)

    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        threads.share_out(divide, range(100), 2)
    with np.errstate(divide="ignore"):
        threads.share_out(divide, range(100), 2)


@pytest.mark.parametrize(
    ("asked", "count"), [("3", 3), ("1", 1), ("0", None), ("-2", None), ("x", None)]
)
def test_the_environment_says_how_many(
    monkeypatch: pytest.MonkeyPatch, asked: str, count: int | None
) -> None:
    monkeypatch.delenv("XENT_JOBS", raising=False)
    cores = threads.available()
    assert cores >= 1
    monkeypatch.setenv("XENT_JOBS", asked)
    assert threads.available() == (count or cores)


@pytest.mark.parametrize(("cores", "count"), [(7, 7), (None, 1)])
def test_where_no_one_says_which_cores_may_be_used_all_are(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, count: int
) -> None:
    monkeypatch.delenv("XENT_JOBS", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert threads.available() == count


def test_a_small_array_starts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XENT_JOBS", "4")
    assert threads.threads_for(threads.WORTH_THREADS - 1) == 1
    assert threads.threads_for(threads.WORTH_THREADS) == 4


def test_one_row_imports_no_thread_pool() -> None:
    code = (
        "import sys, xentcli; xentcli.cross_entropy([1.0, 2.0], 0); "
        "xentcli.cross_entropy_grad([1.0, 2.0], 0); "
        "sys.exit('concurrent.futures' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))


def test_warnings_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XENT_JOBS", "2")
    monkeypatch.setattr(threads, "WORTH_THREADS", 1)
    with pytest.warns(UserWarning, match="sums to 2"):
        cross_entropy(np.zeros((4, 2)), np.ones((4, 2)))
