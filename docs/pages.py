"""The pages, and what of them is made: the output under a command, the parts between markers.

A part stands between ``<!-- generated:NAME -->`` and ``<!-- end -->``; NAME is one of
:data:`docs.parts.PARTS`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
READMES = (README, ROOT / "README.ja.md", ROOT / "README.zh.md")
DOCS = tuple(sorted((ROOT / "docs").glob("*.md")))
EXAMPLES = tuple(sorted((ROOT / "examples").glob("*.md")))
# Pages that show commands and what they print, or Python.
PAGES = (*READMES, *DOCS, *EXAMPLES)

FENCED = r"^```{}\n(.*?)^```$"
CONSOLE = re.compile(FENCED.format("console"), re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
PLACE = re.compile(r"(<!-- generated:([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

HEADLINE = 'xent ce --logits "12.3,-5.2,31.4" --label 0'
PICTURE = "examples/headline.svg"
# The picture tells the command that made it, so it is saved under this name from the root.
PICTURE_COMMAND = f"{HEADLINE} --save {PICTURE}"

# Programs beside xent that a command may need, and that are not everywhere.
TOOLS = ("jq", "mlr")


class Shown(NamedTuple):
    """A command on a page, and what stands under it."""

    page: Path
    command: str
    output: str


def text_of(page: Path) -> str:
    """The page's text."""
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    """The page's path from the root."""
    return page.relative_to(ROOT).as_posix()


def folder_of(page: Path) -> Path:
    """Where the commands of a page are run: the root, but those of the examples beside them."""
    return page.parent if page in EXAMPLES else ROOT


def shown_on(page: Path) -> Iterator[Shown]:
    """Every command that a page shows with its output."""
    for block in CONSOLE.findall(text_of(page)):
        for found in COMMAND.finditer(block):
            yield Shown(page, found[1], found[2])


def missing_tool(command: str) -> str | None:
    """The program that a command needs and that is not installed."""
    needed = (tool for tool in TOOLS if f"| {tool} " in command)
    return next((tool for tool in needed if shutil.which(tool) is None), None)


def printed(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What a command line prints in a folder: standard output, then standard error."""
    ran = subprocess.run(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment,
        check=False,
    )
    return ran.stdout + ran.stderr


def with_outputs(page: Path, text: str, environment: Mapping[str, str]) -> str:
    """The text with what each command prints under it, where it can be run."""

    def entry(found: re.Match[str]) -> str:
        if missing_tool(found[1]):
            return found[0]
        return f"$ {found[1]}\n{printed(found[1], folder_of(page), environment)}"

    return CONSOLE.sub(lambda block: COMMAND.sub(entry, block[0]), text)


def parts_in(text: str) -> list[str]:
    """The names of the parts that a text has places for."""
    return [name for _, name, _ in PLACE.findall(text)]


def with_parts(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The text with every place filled in anew."""
    return PLACE.sub(lambda found: f"{found[1]}{parts[found[2]]()}\n{found[3]}", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    cells = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    lines = [head, ["---"] * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
