"""What a worker needs to know to read the rows of a text, and the numbers that it reads."""

from __future__ import annotations

from xentcli.model import AnyArray, Kind, NamedTuple, Rows
from xentcli.readers.interface import Request
from xentcli.readers.rules.columns import Columns
from xentcli.readers.text.records import Dialect


class Layout(NamedTuple):
    """What the columns of a text are and how their cells are written: all that a worker needs to
    know.

    ``numeric`` says for each column whether its first cells are numbers; ``key`` is the column of
    ids by which rows are matched with those of a second file.
    """

    source: str
    dialect: Dialect
    newline: bytes
    header: tuple[bytes, ...]
    names: tuple[str, ...]
    columns: Columns
    kind: Kind
    request: Request
    classes: tuple[str, ...]
    numeric: tuple[bool, ...] = ()
    key: int | None = None

    @property
    def label_count(self) -> int:
        """The number of different labels."""
        return self.request.label_count(len(self.columns.values))


class ParsedRows(NamedTuple):
    """The numbers of some records: values, labels, soft targets, sample weights, and the matching
    rows of a second file (``partners``)."""

    values: AnyArray
    labels: AnyArray | None = None
    targets: AnyArray | None = None
    weight: AnyArray | None = None
    partners: AnyArray | None = None


def rows_as_written(layout: Layout, cells: list[list[bytes]]) -> Rows:
    """The rows with what a writer needs to pass them on as they were written."""
    return Rows(
        layout.header,
        cells,
        layout.columns.values,
        layout.dialect.delimiter,
        layout.newline,
        (layout.request.decimal or ".").encode(),
    )
