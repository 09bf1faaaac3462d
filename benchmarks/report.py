"""The pages' figures, written from the results file between their markers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.tables import as_markdown, number

HERE = Path(__file__).parent
ROOT = HERE.parent
# Each may hold markers: <!-- results:NAME --> … <!-- end -->
PAGES = (
    HERE / "README.md",
    *(ROOT / name for name in ("README.md", "README.ja.md", "README.zh.md")),
    ROOT / "docs" / "numbers.md",
)
# What the READMEs show: these programs over the largest CSV.
LARGEST = "CSV, 10000000 rows x 10 classes"
PROGRAMS = {
    "xent": "xent",
    "polars expressions": "polars",
    "duckdb SQL": "DuckDB",
    "polars + numpy": "polars, NumPy",
    "pandas + torch": "pandas, PyTorch",
    "pandas + scipy": "pandas, SciPy",
}
FIGURES = {"wall s": "s", "peak RSS MiB": "MiB"}
UNKNOWN = "Not measured yet."
PLACE = re.compile(r"(<!-- results:(\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def write(file: Path) -> list[Path]:
    """Fill every place in; answer with the pages that changed."""
    sections = results.load(file)
    changed = []
    for page in PAGES:
        old = page.read_text(encoding="utf-8")
        new = filled(old, sections)
        if new != old:
            page.write_text(new, encoding="utf-8")
            changed.append(page)
    return changed


def filled(text: str, sections: Mapping[str, Any]) -> str:
    """The page with the sections that there are."""

    def fill(place: re.Match[str]) -> str:
        begin, name, end = place.groups()
        return f"{begin}{figures(name, sections)}\n{end}"

    return PLACE.sub(fill, text)


def figures(name: str, sections: Mapping[str, Any]) -> str:
    """What stands between the markers of that name."""
    if name == "machine":
        return machines(sections)
    if name == "summary":
        return in_short(sections.get("csv"))
    return shown(sections.get(name))


def in_short(section: Mapping[str, Any] | None) -> str:
    """Seconds and memory over the largest CSV, a column a program."""
    found = [one for one in (section or {"tables": []})["tables"] if LARGEST in one["title"]]
    if not found:
        return UNKNOWN
    lines = {line["name"]: line["values"] for line in found[0]["lines"] if line["values"]}
    programs = [name for name in PROGRAMS if name in lines]
    rows = [
        ["", *(PROGRAMS[name] for name in programs)],
        ["---", *["---:"] * len(programs)],
        *(
            [unit, *(number(lines[name].get(column)) for name in programs)]
            for column, unit in FIGURES.items()
        ),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def shown(section: Mapping[str, Any] | None) -> str:
    """A section's tables, and when they were measured."""
    if section is None:
        return UNKNOWN
    tables = [as_markdown(table) for table in section["tables"]]
    small = ", small files (`--quick`)" if section["quick"] else ""
    rounds = f"medians of {section['runs']} rounds" if section["runs"] > 1 else "one round"
    told = f"*{section['day']}, {rounds}{small}.*"
    return "\n\n".join([*tables, told])


def machines(sections: Mapping[str, Any]) -> str:
    """What was measured on; several machines one below the other."""
    if not sections:
        return UNKNOWN
    found: dict[str, list[str]] = {}
    for name, section in sections.items():
        told = "; ".join(f"{key} {value}" for key, value in section["machine"].items())
        found.setdefault(told, []).append(name)
    if len(found) == 1:
        return next(iter(found)) + "."
    return "\n".join(f"- {', '.join(names)}: {told}." for told, names in found.items())
