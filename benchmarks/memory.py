"""The most memory that a command and all the processes that it starts hold at one time (Linux)."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PAUSE = 0.005


@dataclass
class Peak:
    """MiB: rss counts a page in each process that has it, pss a shared page once."""

    rss: float = 0.0
    pss: float = 0.0


def watched(process: subprocess.Popen[bytes]) -> tuple[Peak, threading.Thread]:
    """A record that a thread raises until the process has ended; stays zero where /proc is not."""
    peak = Peak()

    def watch() -> None:
        while process.returncode is None:
            found = [held(each) for each in tree(process.pid)]
            peak.rss = max(peak.rss, sum(rss for rss, _ in found))
            peak.pss = max(peak.pss, sum(pss for _, pss in found))
            time.sleep(PAUSE)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return peak, thread


def tree(pid: int) -> Iterator[int]:
    """The process and its descendants."""
    yield pid
    try:
        threads = os.listdir(PROC / str(pid) / "task")
    except OSError:
        return
    for thread in threads:
        try:
            children = (PROC / str(pid) / "task" / thread / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from tree(int(child))


def held(pid: int) -> tuple[float, float]:
    """Rss and Pss of one process in MiB; nothing where it has gone."""
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0.0, 0.0
    sizes = dict(line.split()[:2] for line in text.splitlines()[1:] if line)
    return int(sizes.get("Rss:", 0)) / 1024, int(sizes.get("Pss:", 0)) / 1024
