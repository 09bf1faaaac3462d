"""Pages that are saved beside the answer: one line for each kind, chosen by the file's suffix."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

from xentcli.errors import UsageError, quoted
from xentcli.model import Diagnosis, Report
from xentcli.writers.interface import View

if TYPE_CHECKING:
    from xentcli.writers.page.blocks import Page


class Kind(NamedTuple):
    """A kind of page: the suffix of its files, and its module here."""

    suffix: str
    module: str


class Drawer(Protocol):
    """The module of a kind: how many letters fit side by side, and what draws a page."""

    WIDTH: int

    def drawn(self, page: Page) -> bytes:
        """The whole file."""


KINDS = (Kind(".html", "html"), Kind(".svg", "svg"))


def check_name(path: str) -> None:
    """Refuse a file name whose suffix is that of no page."""
    if _module(path) is None:
        ends = " or ".join(kind.suffix for kind in KINDS)
        is_picture = path.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".pdf"))
        raise UsageError(
            f"--save: {quoted(path)} is not the name of a page; name a file that ends in {ends}",
            hint="a browser makes any picture of an .svg, and a PDF of a page" * is_picture,
        )


def report_page(report: Report, path: str, command: str, *, digits: int, steps: bool) -> bytes:
    """A report as a page, of the kind that the suffix asks for."""
    from xentcli.writers.page.report import page

    drawer = _drawer(path)
    view = View(width=drawer.WIDTH, color=True, digits=digits, steps=steps)
    return drawer.drawn(page(report, command, view))


def diagnosis_page(diagnosis: Diagnosis, path: str, command: str, *, digits: int) -> bytes:
    """A diagnosis as a page, of the kind that the suffix asks for."""
    from xentcli.writers.page.diagnosis import page

    return _drawer(path).drawn(page(diagnosis, command, digits))


def _drawer(path: str) -> Drawer:
    found: Drawer = import_module(f"xentcli.writers.page.{_module(path)}")
    return found


def _module(path: str) -> str | None:
    ends = (kind.module for kind in KINDS if path.lower().endswith(kind.suffix))
    return next(ends, None)
