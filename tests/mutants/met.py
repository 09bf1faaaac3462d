"""Lets mutants meet tests: a session of pytest that collects all tests once, and forks a process
for each mutant, in which the functions have the changed code.

So nothing is imported or collected twice. What is computed where a module is imported stays as it
is, but for what is kept in a cache.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FunctionType
from typing import NamedTuple

import pytest

from tests.mutants.commands import Commands, copies
from tests.mutants.measured import COMMANDS, OPTIONS, Reached, forget
from tests.mutants.places import Mutant

# By the clock, so many times as long as the tests took, and so many seconds to begin with.
PATIENCE, BEGIN = 4.0, 30.0


class Outcome(NamedTuple):
    """What becomes of a mutant: "killed", "survived", "timed out", which is as good, or "reached by
    no test"; and by which test."""

    name: str
    test: str = ""


class Trying:
    """A plugin of pytest: instead of the tests, mutants are tried, until ``end``."""

    def __init__(self, folder: Path, program: Path, chosen: Iterable[Mutant], end: float) -> None:
        self._folder, self._program, self._chosen, self._end = folder, program, chosen, end
        self._reached = Reached(folder)
        self._items: dict[str, pytest.Item] = {}
        self._functions: dict[str, list[FunctionType]] = {}
        self._good: dict[str, bool] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of the tests."""
        self._items = {item.nodeid: item for item in session.items}
        import_all()
        counts, outcomes = Counter[str](), self._folder / "outcomes"
        # Before they are kept from the collector, which no longer knows them then.
        self._functions = functions_by_file()
        gc.freeze()
        for mutant in self._chosen:
            if time.monotonic() > self._end:
                break
            outcome = self._tried(mutant)
            counts[outcome.name] += 1
            told = f"{outcome.name}: {mutant.told()}"
            with open(outcomes, "a", encoding="utf-8") as tried:
                print(told, outcome.test, sep="  ", file=tried)
            if outcome.name != "killed":
                print(told, flush=True)
        print(dict(counts))
        return True

    def _tried(self, mutant: Mutant) -> Outcome:
        tree, lines = mutant.changed()
        code = compile(tree, str(mutant.path), "exec")
        pairs(code, self._functions[code.co_filename])
        outcome = Outcome("reached by no test")
        reached = self._reached.tests(mutant.path, lines)
        reached = [test for test in reached if test in self._items and self._good.get(test, True)]
        for of_commands in (False, True):
            tests = [test for test in reached if self._of_commands(test) == of_commands]
            while tests:
                outcome = self._met(code, tests, of_commands=of_commands)
                if outcome.name != "killed" or self._is_good(outcome.test, of_commands):
                    break
                tests.remove(outcome.test)
            if outcome.name in ("killed", "timed out"):
                break
        return outcome

    def _of_commands(self, test: str) -> bool:
        """Whether it runs the program ``xent``."""
        item = self._items[test]
        return test.startswith(COMMANDS) or "xent" in getattr(item, "fixturenames", ())

    def _is_good(self, test: str, of_commands: bool) -> bool:
        """Whether a test passes where nothing is changed."""
        if test not in self._good:
            outcome = self._met(None, [test], of_commands=of_commands)
            self._good[test] = outcome.name == "survived"
            if not self._good[test]:
                print(f"fails without a change: {test}", flush=True)
        return self._good[test]

    def _met(self, code: CodeType | None, tests: Sequence[str], *, of_commands: bool) -> Outcome:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            failed = 1
            try:
                os.setsid()
                silent = os.open(os.devnull, os.O_RDWR)
                for stream in (0, 1, 2):
                    os.dup2(silent, stream)
                if code is not None:
                    forget()
                    put(code, self._functions[code.co_filename])
                failed = self._run(tests, of_commands, writing)
            finally:
                os._exit(failed)
        os.close(writing)
        seconds = sum(self._reached.seconds[test] for test in tests)
        ended = awaited(child, BEGIN + PATIENCE * seconds)
        with open(reading, encoding="utf-8") as told:
            # The last test that was begun.
            test = told.read().splitlines()[-1:] or [tests[0]]
        return Outcome(ended, test[0])

    def _run(self, tests: Sequence[str], of_commands: bool, begun: int) -> int:
        items = [self._items[test] for test in tests]
        session = items[0].session
        with ExitStack() as stack:
            if of_commands:
                stack.enter_context(copies(self._program))
            for item, following in zip(items, [*items[1:], None], strict=True):
                os.write(begun, f"{item.nodeid}\n".encode())
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    return 1
        return 0


def import_all() -> None:
    """Import every module of the source: also what is imported late gets its changed code."""
    import xentcli

    for module in pkgutil.walk_packages(xentcli.__path__, "xentcli."):
        if module.name != "xentcli.__main__":
            importlib.import_module(module.name)


def functions_by_file() -> dict[str, list[FunctionType]]:
    """Every function that there is."""
    found: dict[str, list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            found[one.__code__.co_filename].append(one)
    return found


def put(changed: CodeType, functions: Iterable[FunctionType]) -> None:
    """Give the functions of a module the code that they have in the changed module."""
    for function, code in pairs(changed, functions):
        function.__code__ = code


def pairs(
    changed: CodeType, functions: Iterable[FunctionType]
) -> list[tuple[FunctionType, CodeType]]:
    """Each function of a module with its code in the changed module."""
    codes = {(code.co_qualname, code.co_firstlineno): code for code in _codes(changed)}
    places = [(one, (one.__code__.co_qualname, one.__code__.co_firstlineno)) for one in functions]
    if not all(place in codes for _, place in places):
        raise SystemExit(f"{changed.co_filename} was changed since the session began")
    return [(function, codes[place]) for function, place in places]


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def awaited(child: int, patience: float) -> str:
    """How a process ends, which is stopped after so many seconds."""
    end, pause = time.monotonic() + patience, 0.001
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "killed" if status else "survived"
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timed out"


class Quick:
    """A plugin of pytest: an example that fails is not made smaller."""

    def pytest_collection(self) -> None:
        """After conftest.py has been read."""
        # Before pytest it may not be imported.
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings.get_profile("repeatable"), phases=phases)
        settings.load_profile("mutants")


def try_mutants(folder: Path, chosen: Iterable[Mutant], end: float) -> None:
    """Let mutants meet the tests, as long as there is time, and tell what became of them."""
    with TemporaryDirectory() as name:
        program = Path(name)
        trying = Trying(folder, program, chosen, end)
        files = sorted({test.partition("::")[0] for test in trying._reached.seconds})
        pytest.main([*OPTIONS, "-s", *files], plugins=[Quick(), Commands(program), trying])
