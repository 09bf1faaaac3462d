"""How the columns of a text are to be read, and what that gives."""

from __future__ import annotations

from xentcli.model import AnyArray, Kind, NamedTuple, Rows
from xentcli.readers.interface import Request
from xentcli.readers.rules.columns import Columns
from xentcli.readers.text.records import Dialect


class Layout(NamedTuple):
    """How the columns of a text are to be read: all that a worker needs to know.

    ``numeric`` says for each column whether its cells looked like numbers; ``key`` is the column of
    ids that matches rows with those of a second file.
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


class Parsed(NamedTuple):
    """The numbers of some records: values, labels, soft targets, sample weights, and their rows in
    a second file."""

    values: AnyArray
    labels: AnyArray | None = None
    targets: AnyArray | None = None
    weight: AnyArray | None = None
    partners: AnyArray | None = None


def rows_of(layout: Layout, cells: list[list[bytes]]) -> Rows:
    """The rows as they were written."""
    return Rows(
        layout.header,
        cells,
        layout.columns.values,
        layout.dialect.delimiter,
        layout.newline,
        (layout.request.decimal or ".").encode(),
    )
