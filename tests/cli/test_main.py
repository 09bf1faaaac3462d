"""Errors of the machine and signals become sentences and exit codes."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable

import pytest

from xentcli.cli import main
from xentcli.errors import OutputError, Terminated, XentError
from xentcli.run import signals


def caused(error: Exception, cause: Exception) -> Exception:
    """The error as it is raised from another."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "memory is short"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory is short"),
        (SyntaxError("can't load unicodedata"), "memory is short"),
        (ImportError("a.so: failed to map segment from shared object"), "memory is short"),
        (
            caused(ImportError("advice\nand more"), ImportError("b.so: failed to map segment")),
            "memory is short",
        ),
        (ImportError("no module x\nadvice"), "Python cannot load it: no module x"),
        (
            caused(ImportError("a page of advice"), ImportError("c.so: wrong ELF class")),
            "Python cannot load it: c.so: wrong ELF class",
        ),
        (RuntimeError("can't start new thread"), "no more threads are to be had"),
        (OSError(errno.EMFILE, "Too many open files"), "too many open files"),
        (OSError(errno.ENFILE, "Too many open files"), "too many open files"),
        (OSError(errno.ENOENT, "No such file"), "the folder that it was started in is gone"),
        (OSError(errno.EACCES, "Permission denied", "x.py"), "x.py: permission denied"),
        (OSError(errno.ENOSPC, "No space left"), "standard output: cannot write it: no space left"),
    ],
)
def test_what_the_machine_refuses_is_a_sentence(error: Exception, told: str) -> None:
    found = main._system_error(error)
    assert found is not None
    place = "" if found.place is None else f"{found.place}: "
    assert f"{place}{found.message}" == told
    assert isinstance(found, OutputError) == told.startswith("standard output")


@pytest.mark.parametrize(
    "error", [RuntimeError("dictionary changed"), SyntaxError("invalid syntax"), KeyError("a")]
)
def test_a_bug_is_none_of_the_machines_refusals(error: Exception) -> None:
    assert main._system_error(error) is None


def raising(error: BaseException) -> Callable[..., int]:
    """What raises the error instead of running a command."""

    def run(arguments: object) -> int:
        raise error

    return run


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command whose signals, words and threads are not the tests' own."""
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(signals, "install", lambda: None)
    monkeypatch.setattr(signals, "_arrived", None)


@pytest.mark.usefixtures("started")
def test_a_bug_comes_out_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "_run_command_line", raising(KeyError("a")))
    with pytest.raises(KeyError):
        main.main([])


@pytest.mark.usefixtures("started")
def test_any_error_without_memory_is_its_lack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "_run_command_line", raising(KeyError("a")))
    monkeypatch.setattr(main, "has_memory", lambda amount: False)
    assert main.main([]) == 1
    assert capsys.readouterr().err.startswith("xent: memory is short\n")


@pytest.mark.usefixtures("started")
def test_an_error_that_a_signal_caused_is_the_signals(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "_run_command_line", raising(KeyError("a")))
    monkeypatch.setattr(signals, "_arrived", 15)
    assert main.main([]) == 143
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, b""),
        (Terminated(), 130, b""),
        (MemoryError(), 1, b"xent: memory is short\n"),
    ],
)
def test_an_error_while_an_error_is_printed_ends_the_process(
    error: BaseException,
    code: int,
    said: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    ended: list[int] = []
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setattr(signals, "_arrived", None)
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(main, "main", lambda: raising(error)(None))
    main.script()
    assert ended == [code]
    assert capfdbinary.readouterr().err == said


@pytest.mark.parametrize(
    ("short", "said"),
    [
        (MemoryError(), b"xent: memory is short\n"),
        (OSError(errno.EMFILE, "Too many open files"), b"xent: too many open files\n"),
    ],
)
def test_a_sentence_that_cannot_be_printed_is_written_shorter(
    short: Exception,
    said: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr("xentcli.run.messages.print_error", raising(short))
    assert main._report_error(XentError("so")) == 1
    assert capfdbinary.readouterr().err == said


def test_a_bug_in_what_prints_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xentcli.run.messages.print_error", raising(SyntaxError("invalid syntax")))
    with pytest.raises(SyntaxError):
        main._report_error(XentError("so"))
