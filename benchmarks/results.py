"""The results file: what was measured, when and on what, a section a benchmark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.tables import Table

FILE = Path(__file__).parent / "results.json"


def load(path: Path) -> dict[str, Any]:
    """The sections by their names; none where there is no file yet."""
    if not path.exists():
        return {}
    sections: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["benchmarks"]
    return sections


def section(
    tables: Sequence[Table], moment: dict[str, str], runs: int, quick: bool
) -> dict[str, Any]:
    """What one benchmark adds. The machine is told with each: they may be measured apart."""
    return {
        "machine": machine.described(),
        **moment,
        "runs": runs,
        "quick": quick,
        "tables": [table.as_json() for table in tables],
    }


def store(path: Path, name: str, added: dict[str, Any]) -> None:
    """Put a section in the place of its elder; all others stay."""
    sections = load(path) | {name: added}
    text = json.dumps({"benchmarks": sections}, indent=1, ensure_ascii=False)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(path)
