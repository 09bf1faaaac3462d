"""What a signal does to a command, and what it leaves alone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.conftest import run_python, wait_for
from xentcli.errors import Terminated
from xentcli.run import signals

# A signal between the opening of a file and the first line of what would close it.
WHILE_OPENED = """
import os, signal, sys
from xentcli.errors import Terminated
from xentcli.run import signals

def opened():
    file = open(sys.executable, "rb")
    os.kill(os.getpid(), signal.SIGTERM)
    return file

signals.install()
try:
    opened()
except Terminated:
    print("ended")
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The handlers of the tests themselves, and no signal that is remembered."""
    numbers = [
        number for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM") if (number := of(name))
    ]
    handlers = [signal.getsignal(number) for number in numbers]
    hook = sys.unraisablehook
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)
    sys.unraisablehook = hook
    signals._arrived, signals._is_due, signals._is_swallowed = None, False, False


def of(name: str) -> signal.Signals | None:
    """The signal of that name, where the system has it."""
    found: signal.Signals | None = getattr(signal, name, None)
    return found


def test_a_second_signal_does_not_break_into_what_the_first_began() -> None:
    signals.install()
    with pytest.raises(KeyboardInterrupt):
        signals._handle_signal(signal.SIGINT, None)
    signals._handle_signal(signal.SIGTERM, None)
    assert signals.exit_code() == 130


def test_a_signal_that_comes_much_later_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    signals.install()
    with pytest.raises(KeyboardInterrupt):
        signals._handle_signal(signal.SIGINT, None)
    earlier = signals._arrived_at - signals.CLEAN_UP_WITHIN
    monkeypatch.setattr(signals, "_arrived_at", earlier)
    with pytest.raises(Terminated):
        signals._handle_signal(signal.SIGTERM, None)
    assert signals.exit_code() == 143


def test_ctrl_c_stays_ignored_where_it_was() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signals.install()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) == signals._handle_signal


@pytest.mark.skipif(sys.platform == "win32", reason="has no hangup")
def test_a_hangup_ends_a_command_unless_it_is_ignored() -> None:
    assert sys.platform != "win32"
    signals.install()
    assert signal.getsignal(signal.SIGHUP) == signals._handle_signal
    with pytest.raises(Terminated):
        signal.raise_signal(signal.SIGHUP)
    assert signals.exit_code() == 129
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals.install()
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_a_dropped_error_is_told_and_a_dropped_signal_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[object] = []
    timers: list[float] = []
    monkeypatch.setattr(sys, "__unraisablehook__", told.append)
    monkeypatch.setattr(
        signal, "setitimer", lambda which, seconds: timers.append(seconds), raising=False
    )
    monkeypatch.setattr(signal, "ITIMER_REAL", 0, raising=False)
    dropped = SimpleNamespace(exc_type=ValueError)
    signals._handle_unraisable(dropped)
    assert (told, timers) == ([dropped], [])
    signals._handle_unraisable(SimpleNamespace(exc_type=KeyboardInterrupt))
    assert (told, timers) == ([dropped], [signals.AGAIN_AFTER])


def test_a_swallowed_signal_comes_again_once() -> None:
    signals.install()
    with pytest.raises(KeyboardInterrupt):
        signals._handle_signal(signal.SIGINT, None)
    signals._is_swallowed = True
    with pytest.raises(KeyboardInterrupt):
        signals._handle_timer(0, None)
    signals._handle_timer(0, None)


def test_a_swallowed_signal_that_was_found_by_itself_does_not_come_again() -> None:
    signals.install()
    with pytest.raises(KeyboardInterrupt):
        signals._handle_signal(signal.SIGINT, None)
    signals._is_swallowed = True
    with pytest.raises(KeyboardInterrupt):
        signals.check()
    # What is left of the clock's time would be over in the middle of the cleaning up.
    signals._handle_timer(0, None)


def test_without_timers_and_masks_signals_are_only_handled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("setitimer", "pthread_sigmask"):
        monkeypatch.delattr(signal, name, raising=False)
    alarm = of("SIGALRM")
    before = None if alarm is None else signal.getsignal(alarm)
    signals.install()
    assert alarm is None or signal.getsignal(alarm) == before
    assert signal.getsignal(signal.SIGTERM) == signals._handle_signal
    signals._handle_unraisable(SimpleNamespace(exc_type=KeyboardInterrupt))
    with signals.hold():
        reached = True
    assert reached


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
@pytest.mark.parametrize("warnings", ["error", "default", ""])
def test_what_was_being_opened_is_not_warned_of(warnings: str) -> None:
    ran = run_python(WHILE_OPENED, PYTHONWARNINGS=warnings)
    assert (ran.stdout, ran.stderr) == ("ended\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_a_signal_that_another_thread_takes_is_held_back_too() -> None:
    over, reached = threading.Event(), []

    def hold() -> None:
        with signals.hold():
            os.kill(os.getpid(), signal.SIGTERM)
            wait_for(lambda: signals._arrived is not None)
            reached.append("end")

    # As a library's own threads, it does not block signals.
    other = threading.Thread(target=over.wait)
    other.start()
    signals.install()
    try:
        with pytest.raises(Terminated):
            hold()
    finally:
        over.set()
        other.join()
    assert reached == ["end"]


def test_a_signal_that_was_held_back_comes_after_the_last_that_holds_it() -> None:
    signals.install()
    passed = []

    def hold() -> None:
        with signals.hold():
            with signals.hold():
                signals._handle_signal(signal.SIGINT, None)
                passed.append("inner")
            passed.append("outer")

    with pytest.raises(KeyboardInterrupt):
        hold()
    with signals.hold():
        passed.append("another")
    assert passed == ["inner", "outer", "another"]
