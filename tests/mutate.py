"""Mutants of the source, by hand: which changes of a line does no test see?

    python tests/mutate.py measure
    python tests/mutate.py try 300 --of core --of readers --of calculation --seed 1

First the tests are run once, and which of them reaches each line is kept; ``measure`` with files of
tests adds what those reach. Then each mutant, one small change of the source, meets only the tests
that reach its line, quick ones first and of many files, until one fails: first those that run
within their own process, then those of whole commands, which copies of one process run (see
``tests/forks.py``). What survives is printed: it has no effect, or shows what no test looks at.
``try 1 --at FILE:PLACE`` tries one again. Needs a system that can fork.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import json
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "xentcli"
# Within one process each.
INSIDE = (
    *("tests/core", "tests/calculation", "tests/readers", "tests/writers", "src"),
    *("tests/diagnosis", "tests/test_surveys.py", "tests/test_uncertainty.py"),
    *("tests/test_crossed.py", "tests/test_faults.py", "tests/test_round_trip.py"),
    *("tests/test_ways.py", "tests/test_blocks.py", "tests/test_damage.py"),
    *("tests/test_second_files.py", "tests/test_outputs.py", "tests/test_corners.py"),
    *("tests/test_escapes.py", "tests/test_files.py", "tests/test_output.py"),
    *("tests/test_own_output.py", "tests/test_labels_in_archives.py", "tests/test_warnings.py"),
)
# They run ``xent`` in a process of its own, which is a copy of one that holds the mutant.
COMMANDS = (
    *("tests/test_cases.py", "tests/test_stories.py", "tests/test_digits.py"),
    *("tests/test_save.py", "tests/test_terminal.py"),
)
OPTIONS = (
    *("-q", "-n0", "-m", "not slow", "-p", "no:cacheprovider", "--no-header", "--tb=no"),
    # Else pytest would import a module of the source that it is given, for its examples, itself.
    "--assert=plain",
)
# Imported once for all mutants; nothing of what is to be changed.
IMPORTED = (
    *(
        "numpy",
        "numpy.testing",
        "hypothesis.extra.numpy",
        "mpmath",
        "xdist.plugin",
        "_pytest.doctest",
    ),
    *("pyarrow.parquet", "pyarrow.ipc", "pyarrow.compute", "typer"),
)
# So long a mutant may meet tests of each kind, by the time that they took before; by the clock so
# many times as long, and so many seconds to begin with.
SECONDS, PATIENCE, BEGIN = 60.0, 4.0, 30.0
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


Main = Callable[[list[str] | None], int]

# What pytest's exit codes say; a module that cannot be imported interrupts it.
NOT_MET = 99
OUTCOMES = {0: "survived", 1: "killed", 2: "killed", NOT_MET: "was never imported"}


class Mutation(ast.NodeTransformer):
    """Counts the places that can be changed, and changes the one with that number."""

    def __init__(self, wanted: int = -1) -> None:
        self.wanted, self.count = wanted, 0
        self.lines = range(0)
        self.depth = 0

    def here(self, node: ast.AST) -> bool:
        """Whether this place, which is within a function, is the one."""
        if not self.depth:
            return False
        self.count += 1
        if self.count - 1 != self.wanted:
            return False
        first: int = getattr(node, "lineno", 0)
        self.lines = range(first, (getattr(node, "end_lineno", None) or first) + 1)
        return True

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """What stands in a function; its types and its docstring are left alone."""
        self.depth += 1
        start = 1 if ast.get_docstring(node) else 0
        node.body[start:] = [self.visit(one) for one in node.body[start:]]
        self.depth -= 1
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Another operator."""
        self.generic_visit(node)
        swap = SWAPS.get(type(node.op))
        if swap is not None and self.here(node):
            node.op = swap()  # type: ignore[assignment]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Another comparison."""
        self.generic_visit(node)
        swap = SWAPS.get(type(node.ops[0]))
        if swap is not None and self.here(node):
            node.ops[0] = swap()  # type: ignore[call-overload]
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """And for or, or the other way."""
        self.generic_visit(node)
        if self.here(node):
            node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """Without the sign."""
        self.generic_visit(node)
        return node.operand if self.here(node) else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Another number, or the other truth value."""
        if isinstance(node.value, bool):
            return (
                ast.copy_location(ast.Constant(not node.value), node) if self.here(node) else node
            )
        if isinstance(node.value, int | float) and self.here(node):
            return ast.copy_location(ast.Constant(node.value + 1), node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """The value alone: a type has no effect."""
        if node.value is not None:
            node.value = self.visit(node.value)
        return node


class Mutant(NamedTuple):
    """A place that can be changed: which of those of its file."""

    path: Path
    place: int

    def changed(self) -> tuple[ast.AST, range]:
        """The changed module, and the lines of the source that the change is in."""
        mutation = Mutation(self.place)
        tree = mutation.visit(ast.parse(self.path.read_text(encoding="utf-8")))
        return ast.fix_missing_locations(tree), mutation.lines

    def told(self, lines: range) -> str:
        """Where it is, with the line as it stands there."""
        line = self.path.read_text(encoding="utf-8").splitlines()[lines[0] - 1].strip()
        return f"{self.path.relative_to(ROOT)}:{self.place} (line {lines[0]}): {line}"


def mutants(folders: Sequence[str], count: int, seed: int) -> Iterator[Mutant]:
    """Places in the files of some folders, each as likely as any other."""
    places = []
    for folder in folders:
        for path in sorted((SOURCE / folder).rglob("*.py")):
            counting = Mutation()
            counting.visit(ast.parse(path.read_text(encoding="utf-8")))
            places += [Mutant(path, at) for at in range(counting.count)]
    yield from random.Random(seed).sample(places, min(count, len(places)))


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


class Chosen:
    """A plugin of pytest: runs some tests alone, in their order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {test: at for at, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the others."""
        chosen = [item for item in items if item.nodeid in self._order]
        items[:] = sorted(chosen, key=lambda item: self._order[item.nodeid])


class Commands:
    """A plugin of pytest: what it runs as ``xent`` are copies of a process like this one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pytest_sessionstart(self) -> None:
        """Before the tests are imported."""
        from tests import conftest

        conftest.BIN = self._folder


@contextmanager
def copies(watched: Callable[[Main], Main] | None = None) -> Iterator[Commands]:
    """A process that runs commands, forked off now; ``watched`` is put around each."""
    with TemporaryDirectory() as name:
        reading, writing = os.pipe()
        server = os.fork()
        if not server:
            os.dup2(writing, 1)
            try:
                _serve(Path(name), watched)
            finally:
                os._exit(1)
        os.close(writing)
        with open(reading, encoding="utf-8") as told:
            if not told.readline():
                raise SystemExit("no command can be run")
            try:
                yield Commands(Path(name))
            finally:
                os.kill(server, signal.SIGKILL)
                os.waitpid(server, 0)


def _serve(folder: Path, watched: Callable[[Main], Main] | None) -> None:
    from tests import forks
    from xentcli.cli import main

    if watched is not None:
        main.main = watched(main.main)  # type: ignore[assignment]
    forks.main(folder)


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
    whole.read()
    running.write_text("", encoding="utf-8")
    with TemporaryDirectory() as parts:

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

        with copies(watched) as commands:
            inside = new_coverage(Path(parts), data_suffix=True)
            inside.start()
            plugin = Contexts(inside, running)
            pytest.main([*OPTIONS, *tests], plugins=[plugin, commands])
            inside.stop()
            inside.save()
        for path in sorted(Path(parts).iterdir()):
            part = CoverageData(str(path))
            part.read()
            # What was measured in one checkout serves another.
            whole.update(part, map_path=lambda path: os.path.relpath(path, ROOT))
    known = folder / "seconds.json"
    seconds = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    known.write_text(json.dumps(seconds | plugin.seconds), encoding="utf-8")


class Reached:
    """Which tests reach a line, as measured."""

    def __init__(self, folder: Path) -> None:
        import coverage

        self._data = coverage.CoverageData(str(folder / "lines"))
        self._data.read()
        self.seconds: dict[str, float] = json.loads((folder / "seconds.json").read_text())
        self._lines: dict[Path, dict[int, list[str]]] = {}

    def tests(self, path: Path, lines: range, *, of_commands: bool) -> list[str]:
        """Those that run one of the lines: first the room's own."""
        if path not in self._lines:
            self._lines[path] = self._data.contexts_by_lineno(str(path.relative_to(ROOT)))
        found = {test for line in lines for test in self._lines[path].get(line, ()) if test}
        found = {test for test in found if test.startswith(COMMANDS) == of_commands}
        own = {
            test for test in found if test.startswith(f"tests/{path.relative_to(SOURCE).parts[0]}/")
        }
        return [test for some in (own, found - own) for test in self._affordable(some)]

    def _affordable(self, tests: set[str]) -> Iterator[str]:
        """Quick ones first, in turn of each file of tests, as many as there is time for."""
        by_file: dict[str, list[str]] = defaultdict(list)
        for test in sorted(tests & self.seconds.keys(), key=lambda one: (self.seconds[one], one)):
            by_file[test.partition("::")[0]].append(test)
        turns = [(at, test) for some in by_file.values() for at, test in enumerate(some)]
        left = SECONDS
        for _, test in sorted(turns, key=lambda turn: turn[0]):
            if self.seconds[test] <= left:
                left -= self.seconds[test]
                yield test


class Changed(MetaPathFinder, Loader):
    """Finds one module as it was changed."""

    def __init__(self, name: str, path: Path, tree: Any) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """That module alone."""
        if name != self._name:
            return None
        package = self._path.name == "__init__.py"
        spec = spec_from_loader(name, self, origin=str(self._path), is_package=package)
        if spec is not None and package:
            spec.submodule_search_locations = [str(self._path.parent)]
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        module.__file__ = str(self._path)
        exec(compile(self._tree, str(self._path), "exec"), module.__dict__)


def meet(mutant: Mutant, tree: ast.AST, reached: Reached, lines: range) -> str:
    """What becomes of a mutant: "killed", "survived" or, which is as good, "timed out"."""
    outcome = "reached by no test"
    for of_commands in (False, True):
        tests = reached.tests(mutant.path, lines, of_commands=of_commands)
        if tests:
            seconds = sum(reached.seconds[test] for test in tests)
            outcome = _met(mutant, tree, tests, BEGIN + PATIENCE * seconds, of_commands)
            if outcome != "survived":
                break
    return outcome


def _met(
    mutant: Mutant, tree: ast.AST, tests: Sequence[str], patience: float, of_commands: bool
) -> str:
    child = os.fork()
    if not child:
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        parts = mutant.path.relative_to(ROOT / "src").with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        changed = Changed(name, mutant.path, tree)
        sys.meta_path.insert(0, changed)
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        try:
            with ExitStack() as stack:
                more = [stack.enter_context(copies())] if of_commands else []
                code = int(pytest.main([*OPTIONS, "-x", *files], plugins=[Chosen(tests), *more]))
            met = of_commands or getattr(sys.modules.get(name), "__loader__", None) == changed
            code = code if code or met else NOT_MET
        except SystemExit:
            code = int(pytest.ExitCode.TESTS_FAILED)
        except BaseException:
            code = int(pytest.ExitCode.INTERNAL_ERROR)
        os._exit(code)
    return _awaited(child, patience)


def _awaited(child: int, patience: float) -> str:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return OUTCOMES.get(os.waitstatus_to_exitcode(status), "pytest itself failed")
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timed out"


def try_mutants(folder: Path, chosen: Iterator[Mutant], end: float) -> None:
    """Let mutants meet the tests, as long as there is time, and tell what became of them."""
    for name in IMPORTED:
        __import__(name)
    reached, counts = Reached(folder), Counter[str]()
    unchecked = True
    for mutant in chosen:
        if time.monotonic() > end:
            break
        tree, lines = mutant.changed()
        if unchecked:
            plain = ast.parse(mutant.path.read_text(encoding="utf-8"))
            outcome = meet(mutant, plain, reached, lines)
            if outcome not in ("survived", "reached by no test"):
                raise SystemExit(f"without a change, where {mutant.told(lines)} is, {outcome}")
            unchecked = outcome != "survived"
        outcome = meet(mutant, tree, reached, lines)
        counts[outcome] += 1
        with open(folder / "outcomes", "a", encoding="utf-8") as tried:
            print(outcome, mutant.told(lines), sep=": ", file=tried)
        if outcome != "killed":
            print(f"{outcome}: {mutant.told(lines)}", flush=True)
    print(dict(counts))


def main() -> None:
    """Measure, or try some mutants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".mutants", help="of what is measured"
    )
    ways = parser.add_subparsers(dest="way", required=True)
    measuring = ways.add_parser("measure")
    measuring.add_argument("tests", nargs="*", default=[*INSIDE, *COMMANDS])
    trying = ways.add_parser("try")
    trying.add_argument("count", type=int)
    trying.add_argument("--of", action="append", default=[], help="a folder of the source")
    trying.add_argument("--at", action="append", default=[], help="FILE:PLACE, as it was printed")
    trying.add_argument("--seed", type=int, default=1)
    trying.add_argument("--minutes", type=float, default=60.0)
    asked = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    asked.folder.mkdir(exist_ok=True)
    if asked.way == "measure":
        measure(asked.folder, asked.tests)
    else:
        end = time.monotonic() + 60 * asked.minutes
        named = (at.rpartition(":") for at in asked.at)
        again = [Mutant(ROOT / path, int(place)) for path, _, place in named]
        chosen = mutants(asked.of, asked.count, asked.seed)
        try_mutants(asked.folder, itertools.chain(again, chosen), end)


if __name__ == "__main__":
    main()
