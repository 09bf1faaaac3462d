"""Runs that alternate (A B A B), so that a machine that speeds up or slows down does so for all."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks import memory
from benchmarks.tables import Line, Rounds

XENT = str(Path(sys.executable).parent / "xent")
PEERS = Path(__file__).parent / "peers"
# Compiled modules are kept, as in any installation (the first run writes them), and nobody's own
# settings of xent count.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name != "PYTHONDONTWRITEBYTECODE" and not name.startswith("XENT_")
}


class Disagreement(Exception):
    """Two programs gave different answers: their times are not worth comparing."""


@dataclass(frozen=True)
class Command:
    """A whole process; `needs` are the modules that it cannot do without."""

    name: str
    words: Sequence[str]
    needs: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """What would have to be installed."""
        return [name for name in self.needs if find_spec(name) is None]


@dataclass(frozen=True)
class Measured:
    """The lines to show, the seconds of every round, and what was printed, by command."""

    lines: Sequence[Line]
    rounds: Rounds
    answers: Mapping[str, str]


def xent(name: str, *words: str | Path, **environment: str) -> Command:
    """The command under test."""
    return Command(name, [XENT, *map(str, words)], environment=environment)


def peer(name: str, script: str, *words: str | Path, needs: Sequence[str]) -> Command:
    """A program of the folder peers."""
    return Command(name, [sys.executable, str(PEERS / f"{script}.py"), *map(str, words)], needs)


def alternate(things: Mapping[str, Callable[[], float]], runs: int) -> dict[str, list[float]]:
    """The seconds that each thing answers with, round by round."""
    rounds = [{name: run() for name, run in things.items()} for _ in range(runs)]
    return {name: [each[name] for each in rounds] for name in things}


def clocked(run: Callable[[], object]) -> float:
    """The wall time of a call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def processes(
    commands: Sequence[Command], runs: int, *, size: int = 0, peaks: bool = True
) -> Measured:
    """Time whole processes; size is that of the file that all of them read, for their MB/s.

    Each runs once before: that warms the caches up, gives the answer, and is the run whose memory
    is watched, so that the watching slows down no run that counts.
    """
    notes: dict[str, str] = {}
    answers: dict[str, str] = {}
    held: dict[str, memory.Peak] = {}
    for command in commands:
        if command.missing:
            notes[command.name] = f"not installed: {', '.join(command.missing)}"
            continue
        try:
            answers[command.name], held[command.name] = observed(command, peaks)
        except subprocess.CalledProcessError as failure:
            # What it said stays on the screen: it may hold paths, which no results file should.
            notes[command.name] = f"failed, exit code {failure.returncode}"
            print(f"{command.name}: {first_line(failure.stderr)}", file=sys.stderr)
    ready = {each.name: partial(seconds, each) for each in commands if each.name in answers}
    rounds = alternate(ready, runs)
    lines = [
        Line(each.name, figures(rounds[each.name], size, held[each.name]))
        if each.name in ready
        else Line(each.name, note=notes[each.name])
        for each in commands
    ]
    return Measured(lines, rounds, answers)


def figures(walls: Sequence[float], size: int, peak: memory.Peak) -> dict[str, float]:
    """A line's columns."""
    wall = statistics.median(walls)
    found = {"wall s": wall, "from": min(walls), "to": max(walls)}
    if size:
        found["MB/s"] = size / 1e6 / wall
    if peak.rss:
        found |= {"peak RSS MiB": peak.rss, "Pss MiB": peak.pss}
    return found


def seconds(command: Command) -> float:
    """The wall time of one run."""
    environment = {**ENVIRONMENT, **command.environment}
    # What the program before has written is not put on the disk at this one's expense.
    if hasattr(os, "sync"):
        os.sync()
    start = time.perf_counter()
    subprocess.run(
        command.words,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


def observed(command: Command, watch: bool = True) -> tuple[str, memory.Peak]:
    """What one run prints, and the most memory that it held."""
    peak, watcher = memory.Peak(), None
    with subprocess.Popen(
        command.words,
        env={**ENVIRONMENT, **command.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        if watch:
            peak, watcher = memory.watched(process)
        output, errors = process.communicate()
    if watcher:
        watcher.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command.words, output, errors)
    return output.decode().strip(), peak


def first_line(errors: bytes) -> str:
    """What went wrong, in a line: xent says it first, Python's traceback last."""
    lines = errors.decode(errors="replace").strip().splitlines() or ["it said nothing"]
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]


def agree(answers: Mapping[str, str], relative: float = 1e-9) -> None:
    """All runs of xent print the same bits, and every peer the same number."""
    ours = {name: text for name, text in answers.items() if name.startswith("xent")}
    if len(set(ours.values())) > 1:
        raise Disagreement(f"xent's runs differ: {ours}")
    for name, text in answers.items():
        for own in list(ours.values())[:1]:
            if abs(float(text) - float(own)) > relative * abs(float(own)):
                raise Disagreement(f"{name} answers {text}, xent {own}")
