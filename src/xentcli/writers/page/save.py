"""Renders the pages that --save writes. The suffix of the file chooses the kind of page."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from xentcli.errors import UsageError, escaped, quoted
from xentcli.model import NamedTuple, Report
from xentcli.writers.interface import View

if TYPE_CHECKING:
    from xentcli.model.diagnosis import Diagnosis
    from xentcli.writers.page.blocks import Page


class Kind(NamedTuple):
    """A kind of page: the suffix of its files, and its module here."""

    suffix: str
    module: str


class Drawer(Protocol):
    """The module of a kind: how many letters fit side by side, and the function that draws."""

    WIDTH: int

    def draw(self, page: Page) -> bytes:
        """Draw the whole file."""


KINDS = (Kind(".html", "html"), Kind(".svg", "svg"))

# Suffixes of other files that people hope to get, each with a hint at how to get one.
EITHER = "--save {name}.html is a page to read, --save {name}.svg a picture for slides"
PICTURE = "--save {name}.svg, and a browser, Inkscape or rsvg-convert makes that picture of it"
SLIDES = "--save {name}.svg is a picture that slides and documents take in"
WORDS = "--format markdown --steps -o {name}.md writes the worked tables as Markdown"
ELSEWHERE = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"), PICTURE),
    **dict.fromkeys((".eps", ".ps", ".emf"), PICTURE),
    ".pdf": "--save {name}.html, and a browser prints it to a PDF",
    **dict.fromkeys((".ppt", ".pptx", ".doc", ".docx", ".odt", ".odp"), SLIDES),
    **dict.fromkeys((".md", ".markdown"), WORDS),
}


def check_name(path: str) -> None:
    """Refuse a file name whose suffix is not that of a page."""
    if _module_for(path) is None:
        ends = " or ".join(kind.suffix for kind in KINDS)
        raise UsageError(
            f"--save: {quoted(path)} is not the name of a page; name a file that ends in {ends}",
            hint=_hint(path),
        )


def _hint(path: str) -> str:
    """A hint at how to get the file that the name asks for."""
    stem, suffix = os.path.splitext(path)
    name = "page" if os.path.basename(stem) in ("", "-") else escaped(stem)
    return ELSEWHERE.get(suffix.lower(), EITHER).format(name=name)


def render_report(report: Report, path: str, command: str, view: View) -> bytes:
    """Render a report as a page, of the kind that the suffix asks for."""
    from xentcli.writers.page.report import make_page

    drawer = _drawer_for(path)
    # A page has its own width, and every color and character.
    view = view._replace(width=drawer.WIDTH, color=True, unicode=True)
    return drawer.draw(make_page(report, command, view))


def render_diagnosis(diagnosis: Diagnosis, path: str, command: str, view: View) -> bytes:
    """Render a diagnosis as a page, of the kind that the suffix asks for."""
    from xentcli.writers.page.diagnosis import make_page

    return _drawer_for(path).draw(make_page(diagnosis, command, view.digits))


def _drawer_for(path: str) -> Drawer:
    found: Drawer = import_module(f"xentcli.writers.page.{_module_for(path)}")
    return found


def _module_for(path: str) -> str | None:
    ends = (kind.module for kind in KINDS if path.lower().endswith(kind.suffix))
    return next(ends, None)
