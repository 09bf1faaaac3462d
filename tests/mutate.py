"""Mutants of the source, by hand: which changes of a line does no test see?

    python tests/mutate.py 40 --of core --of readers --of calculation --seed 1

Each mutant is one small change in a copy of ``src``; the tests that run in their own process are
run against it, quick ones first, until one fails. What survives is printed: it has no effect, or
shows what no test looks at.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Within one process each: the installed command would run the source as it is.
TESTS = (
    "tests/test_crossed.py",
    "tests/core tests/readers tests/writers",
    "tests/test_faults.py tests/test_cases.py tests/test_blocks.py",
    "tests/test_damage.py tests/test_round_trip.py tests/test_ways.py",
)
SECONDS = 600
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


class Mutation(ast.NodeTransformer):
    """Counts the places that can be changed, and changes the one with that number."""

    def __init__(self, wanted: int = -1) -> None:
        self.wanted, self.count, self.line = wanted, 0, 0
        self.depth = 0

    def here(self, node: ast.AST) -> bool:
        """Whether this place, which is within a function, is the one."""
        if not self.depth:
            return False
        self.count += 1
        if self.count - 1 != self.wanted:
            return False
        self.line = getattr(node, "lineno", 0)
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


def mutants(folders: list[str], count: int, seed: int) -> Iterator[tuple[Path, int]]:
    """Files and places in them, each place as likely as any other."""
    places = []
    for folder in folders:
        for path in sorted((ROOT / "src" / "xentcli" / folder).rglob("*.py")):
            counting = Mutation()
            counting.visit(ast.parse(path.read_text(encoding="utf-8")))
            places += [(path, at) for at in range(counting.count)]
    yield from random.Random(seed).sample(places, min(count, len(places)))


def main() -> None:
    """Try so many mutants and tell what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--of", action="append", required=True)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    killed = survived = 0
    for path, place in mutants(asked.of, asked.count, asked.seed):
        mutation = Mutation(place)
        text = path.read_text(encoding="utf-8")
        changed = ast.unparse(mutation.visit(ast.parse(text)))
        if killed_by(path, changed):
            killed += 1
            continue
        survived += 1
        line = text.splitlines()[mutation.line - 1].strip()
        print(f"survived: {path.relative_to(ROOT)}:{mutation.line} (place {place}): {line}")
        sys.stdout.flush()
    print(f"{killed} killed, {survived} survived")


def killed_by(path: Path, changed: str) -> str:
    """The tests that see the change; nothing if none do."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        (source / path.relative_to(ROOT / "src")).write_text(changed, encoding="utf-8")
        for tests in TESTS:
            command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-m", "not slow"]
            try:
                ran = subprocess.run(
                    [*command, "-p", "no:cacheprovider", *tests.split()],
                    cwd=ROOT,
                    env=os.environ | {"PYTHONPATH": str(source)},
                    capture_output=True,
                    timeout=SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return tests
            if ran.returncode:
                return tests
    return ""


if __name__ == "__main__":
    main()
