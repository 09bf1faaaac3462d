"""Mutants of the source, by hand: which changes of a line does no test see?

    python tests/mutate.py measure
    python tests/mutate.py try 300 --of core --of readers --of calculation --seed 1

First the tests that run within their own process are run once, and which of them reaches each line
is kept. Then each mutant, one small change of the source, meets only the tests that reach its line,
quick ones first and of many files, until one fails. What survives is printed: it has no effect, or
shows what no test looks at. Needs a system that can fork.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "xentcli"
# Within one process each: the installed command would run the source as it is.
TESTS = (
    *("tests/core", "tests/calculation", "tests/readers", "tests/writers", "src"),
    *("tests/test_crossed.py", "tests/test_faults.py", "tests/test_round_trip.py"),
    *("tests/test_ways.py", "tests/test_blocks.py", "tests/test_damage.py"),
)
OPTIONS = ("-q", "-n0", "-m", "not slow", "-p", "no:cacheprovider", "--no-header", "--tb=no")
# Imported once for all mutants; nothing of what is to be changed.
IMPORTED = ("numpy", "pyarrow.parquet", "pyarrow.ipc", "pyarrow.compute", "typer")
# So long a mutant may meet tests, by the time that they took before; and so long by the clock.
SECONDS, PATIENCE = 60.0, 240
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


# What pytest's exit codes say; a module that cannot be imported interrupts it.
OUTCOMES = {0: "survived", 1: "killed", 2: "killed"}


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
        return f"{self.path.relative_to(ROOT)}:{lines[0]} (place {self.place}): {line}"


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

    def __init__(self, coverage: Any) -> None:
        self._coverage = coverage
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Around a test, with what it needs before and after."""
        self._coverage.switch_context(item.nodeid)
        start = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - start


class Chosen:
    """A plugin of pytest: runs some tests alone, in their order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {test: at for at, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the others."""
        chosen = [item for item in items if item.nodeid in self._order]
        items[:] = sorted(chosen, key=lambda item: self._order[item.nodeid])


def measure(folder: Path) -> None:
    """Run the tests once, and keep which lines each of them reaches."""
    import coverage

    watched = coverage.Coverage(data_file=str(folder / "lines"), source=[str(SOURCE)])
    watched.start()
    plugin = Contexts(watched)
    pytest.main([*OPTIONS, *TESTS], plugins=[plugin])
    watched.stop()
    watched.save()
    (folder / "seconds.json").write_text(json.dumps(plugin.seconds), encoding="utf-8")


class Reached:
    """Which tests reach a line, as measured."""

    def __init__(self, folder: Path) -> None:
        import coverage

        self._data = coverage.CoverageData(str(folder / "lines"))
        self._data.read()
        self.seconds: dict[str, float] = json.loads((folder / "seconds.json").read_text())
        self._lines: dict[Path, dict[int, list[str]]] = {}

    def tests(self, path: Path, lines: range) -> list[str]:
        """Those that run one of the lines: quick ones first, in turn of each file of tests."""
        if path not in self._lines:
            self._lines[path] = self._data.contexts_by_lineno(str(path))
        found = {test for line in lines for test in self._lines[path].get(line, ()) if test}
        by_file: dict[str, list[str]] = defaultdict(list)
        for test in sorted(found & self.seconds.keys(), key=lambda one: (self.seconds[one], one)):
            by_file[test.partition("::")[0]].append(test)
        turns = [(at, test) for tests in by_file.values() for at, test in enumerate(tests)]
        ordered = [test for _, test in sorted(turns, key=lambda turn: turn[0])]
        total, chosen = 0.0, list[str]()
        for test in ordered:
            total += self.seconds[test]
            if chosen and total > SECONDS:
                break
            chosen.append(test)
        return chosen


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


def meet(mutant: Mutant, tree: ast.AST, tests: Sequence[str]) -> str:
    """What becomes of a mutant: "killed", "survived" or, which is as good, "timed out"."""
    child = os.fork()
    if not child:
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        parts = mutant.path.relative_to(ROOT / "src").with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        sys.meta_path.insert(0, Changed(name, mutant.path, tree))
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        try:
            code = int(pytest.main([*OPTIONS, "-x", *files], plugins=[Chosen(tests)]))
        except BaseException:
            code = pytest.ExitCode.INTERNAL_ERROR
        os._exit(code)
    return _awaited(child)


def _awaited(child: int) -> str:
    end = time.monotonic() + PATIENCE
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
        tests = reached.tests(mutant.path, lines)
        if tests and unchecked:
            plain = ast.parse(mutant.path.read_text(encoding="utf-8"))
            if meet(mutant, plain, tests) != "survived":
                raise SystemExit(f"the tests fail without a change: {tests}")
            unchecked = False
        outcome = meet(mutant, tree, tests) if tests else "reached by no test"
        counts[outcome] += 1
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
    ways.add_parser("measure")
    trying = ways.add_parser("try")
    trying.add_argument("count", type=int)
    trying.add_argument("--of", action="append", required=True)
    trying.add_argument("--seed", type=int, default=1)
    trying.add_argument("--minutes", type=float, default=60.0)
    asked = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    asked.folder.mkdir(exist_ok=True)
    if asked.way == "measure":
        measure(asked.folder)
    else:
        end = time.monotonic() + 60 * asked.minutes
        try_mutants(asked.folder, mutants(asked.of, asked.count, asked.seed), end)


if __name__ == "__main__":
    main()
