"""The places of the source that can be changed, and the changes."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "src" / "xentcli"
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

    def changed(self) -> tuple[ast.Module, range]:
        """The changed module, and the lines of the source that the change is in."""
        mutation = Mutation(self.place)
        tree: ast.Module = mutation.visit(ast.parse(self.path.read_text(encoding="utf-8")))
        return ast.fix_missing_locations(tree), mutation.lines

    def told(self) -> str:
        """Where it is, with the line as it stands there."""
        at = self.changed()[1][0]
        line = self.path.read_text(encoding="utf-8").splitlines()[at - 1].strip()
        return f"{self.path.relative_to(ROOT)}:{self.place} (line {at}): {line}"


def mutants(folders: Sequence[str], count: int, seed: int) -> Iterator[Mutant]:
    """Places in the files of some folders, each as likely as any other."""
    places = []
    for folder in folders:
        for path in sorted((SOURCE / folder).rglob("*.py")):
            counting = Mutation()
            counting.visit(ast.parse(path.read_text(encoding="utf-8")))
            places += [Mutant(path, at) for at in range(counting.count)]
    yield from random.Random(seed).sample(places, min(count, len(places)))
