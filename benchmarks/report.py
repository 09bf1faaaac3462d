"""The README's tables, written from the results file between their markers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.tables import as_markdown

HERE = Path(__file__).parent
# Either may hold markers: <!-- results:NAME --> … <!-- end -->
PAGES = (HERE / "README.md", HERE.parent / "README.md")
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
        found = machines(sections) if name == "machine" else shown(sections.get(name))
        return f"{begin}{found}\n{end}"

    return PLACE.sub(fill, text)


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
