"""Whole commands, run by copies of the process that forks off here."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Main = Callable[[list[str] | None], int]


class Commands:
    """A plugin of pytest: tests find the program ``xent`` in that folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pytest_sessionstart(self) -> None:
        """Before the tests are imported."""
        from tests import forks, terminals

        terminals.PROGRAM = self._folder / "xent"

        @contextmanager
        def these_commands(environment: Mapping[str, str]) -> Iterator[Path]:
            yield self._folder

        # Otherwise the fixtures would start a process of their own, which knows of no mutant.
        forks.quick_commands = these_commands


@contextmanager
def copies(folder: Path, watched: Callable[[Main], Main] | None = None) -> Iterator[None]:
    """A process whose copies run the commands of that folder; ``watched`` is put around each."""
    (folder / "listening").unlink(missing_ok=True)
    reading, writing = os.pipe()
    # The server ends when the other end of its standard input is closed.
    ending, kept_open = os.pipe()
    server = os.fork()
    if not server:
        os.close(kept_open)
        os.dup2(ending, 0)
        os.dup2(writing, 1)
        try:
            _serve(folder, watched)
        finally:
            os._exit(1)
    os.close(ending)
    os.close(writing)
    try:
        with open(reading, encoding="utf-8") as told:
            if not told.readline():
                raise ChildProcessError("no command can be run")
            yield
    finally:
        os.close(kept_open)
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)


def _serve(folder: Path, watched: Callable[[Main], Main] | None) -> None:
    from tests import conftest, forks
    from xentcli.cli import main

    # Commands with another environment would be run by the installed program.
    os.environ.clear()
    os.environ.update(conftest.environment())

    if watched is not None:
        main.main = watched(main.main)  # type: ignore[assignment]
    forks.main(folder)
