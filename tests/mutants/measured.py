"""Which tests reach each line of the source, and how long each takes."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.mutants.commands import Commands, Main, copies
from tests.mutants.places import ROOT, SOURCE

# Within one process each.
INSIDE = (
    *("tests/core", "tests/calculation", "tests/readers", "tests/writers", "src"),
    *("tests/diagnosis", "tests/run", "tests/model", "tests/options", "tests/cli"),
    *("tests/test_crossed.py", "tests/test_faults.py", "tests/test_round_trip.py"),
    *("tests/test_ways.py", "tests/test_blocks.py", "tests/test_damage.py"),
    *("tests/test_corners.py", "tests/test_warnings.py", "tests/test_escapes.py"),
    *("tests/test_files.py", "tests/test_own_output.py"),
)
# They run ``xent`` in a process of its own, which is a copy of one that holds the mutant.
COMMANDS = (
    *("tests/test_cases.py", "tests/test_stories.py"),
    *("tests/test_digits.py", "tests/test_terminal.py"),
)
OPTIONS = ("-q", "-n0", "-m", "not slow", "-p", "no:cacheprovider", "--no-header", "--tb=no")
# So long a mutant may meet its room's tests, and so long others, by the time that they took
# when they were measured.
OWN_SECONDS, SECONDS = 60.0, 40.0


class Contexts:
    """A plugin of pytest: tells the coverage which test runs, and keeps how long each took."""

    def __init__(self, coverage: Any, running: Path) -> None:
        self._coverage, self._running = coverage, running
        self._files: set[Path] = set()
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Around a test, with what it needs before and after."""
        self._coverage.switch_context(item.nodeid)
        self._running.write_text(item.nodeid, encoding="utf-8")
        if item.path not in self._files:
            self._files.add(item.path)
            forget()
        start = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - start


def forget() -> None:
    """Empty the caches of the source, so that not the first test alone reaches what fills them."""
    modules = [module for name, module in sys.modules.items() if name.startswith("xentcli")]
    for module in modules:
        for value in list(vars(module).values()):
            if callable(clear := getattr(value, "cache_clear", None)):
                clear()


def new_coverage(folder: Path, **more: Any) -> Any:
    """A coverage of the source, whose data are put into a folder."""
    import coverage

    watched = coverage.Coverage(data_file=str(folder / "lines"), source=[str(SOURCE)], **more)
    watched.set_option("run:disable_warnings", ["no-data-collected"])
    return watched


def measure(folder: Path, tests: Sequence[str]) -> None:
    """Run tests once, and keep which lines each of them reaches, beside what is known."""
    from coverage import CoverageData

    running, whole = folder / "running", CoverageData(str(folder / "lines"))
    running.write_text("", encoding="utf-8")
    whole.read()
    with TemporaryDirectory() as parts, TemporaryDirectory() as program:

        def watched(main: Main) -> Main:
            def run(arguments: list[str] | None = None) -> int:
                # Each copy has a file of its own.
                context = running.read_text(encoding="utf-8")
                coverage = new_coverage(Path(parts), data_suffix=True, context=context)
                coverage.start()
                try:
                    return main(arguments)
                finally:
                    coverage.stop()
                    coverage.save()

            return run

        with copies(Path(program), watched):
            inside = new_coverage(Path(parts), data_suffix=True)
            inside.start()
            contexts = Contexts(inside, running)
            pytest.main([*OPTIONS, *tests], plugins=[contexts, Commands(Path(program))])
            inside.stop()
            inside.save()
        for path in sorted(Path(parts).iterdir()):
            part = CoverageData(str(path))
            part.read()
            # What was measured in one checkout serves another.
            whole.update(part, map_path=lambda path: os.path.relpath(path, ROOT))
    known = folder / "seconds.json"
    seconds = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    known.write_text(json.dumps(seconds | contexts.seconds), encoding="utf-8")


class Reached:
    """Which tests reach a line, as measured."""

    def __init__(self, folder: Path) -> None:
        import coverage

        self._data = coverage.CoverageData(str(folder / "lines"))
        self._data.read()
        self.seconds: dict[str, float] = json.loads((folder / "seconds.json").read_text())
        self._lines: dict[Path, dict[int, list[str]]] = {}

    def tests(self, path: Path, lines: range) -> list[str]:
        """Those that run one of the lines: first the room's own."""
        if path not in self._lines:
            self._lines[path] = self._data.contexts_by_lineno(str(path.relative_to(ROOT)))
        found = {test for line in lines for test in self._lines[path].get(line, ()) if test}
        own = {
            test for test in found if test.startswith(f"tests/{path.relative_to(SOURCE).parts[0]}/")
        }
        others = self._affordable(found - own, SECONDS)
        return [*self._affordable(own, OWN_SECONDS), *others]

    def _affordable(self, tests: set[str], left: float) -> Iterator[str]:
        """Quick ones first, in turn of each file of tests, as many as there is time for."""
        by_file: dict[str, list[str]] = defaultdict(list)
        for test in sorted(tests & self.seconds.keys(), key=lambda one: (self.seconds[one], one)):
            by_file[test.partition("::")[0]].append(test)
        turns = [(at, test) for some in by_file.values() for at, test in enumerate(some)]
        for _, test in sorted(turns, key=lambda turn: turn[0]):
            if self.seconds[test] <= left:
                left -= self.seconds[test]
                yield test
