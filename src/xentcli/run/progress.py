"""A progress bar on standard error, for work that takes longer than a person likes to wait."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from xentcli.errors import counted

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

AFTER_SECONDS = 1.0


class Progress:
    """Counts the rows and bytes that are done, and shows them in a bar after the first second.

    With ``partitions``, on a cluster, these are counted as well.
    """

    def __init__(self, size: int | None, *, wanted: bool, partitions: bool = False) -> None:
        self._size = size
        self._wanted = wanted and sys.stderr is not None and sys.stderr.isatty()
        self._start = time.monotonic()
        self._bytes = self._rows = self._done_partitions = 0
        self._partitions = partitions
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def add(self, rows: int, size: int) -> None:
        """Count rows and bytes as done."""
        self._done_partitions += 1
        self._rows += rows
        self._bytes += size
        if not self._wanted or time.monotonic() - self._start < AFTER_SECONDS:
            return
        if self._bar is None:
            self._show()
        assert self._bar is not None
        assert self._task is not None
        seconds = time.monotonic() - self._start
        rate = f"{self._rows:,} rows, {self._rows / seconds:,.0f} a second"
        if self._partitions:
            rate = f"{counted(self._done_partitions, 'partition')}, {rate}"
        self._bar.update(self._task, completed=self._bytes, rows=rate)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        rows = TextColumn("{task.fields[rows]}")
        console = Console(stderr=True, legacy_windows=False)
        self._bar = Progress(
            BarColumn(), DownloadColumn(), rows, Remaining(), console=console, transient=True
        )
        self._bar.start()
        self._task = self._bar.add_task("", total=self._size, rows="")

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
