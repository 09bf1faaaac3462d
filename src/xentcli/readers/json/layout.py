"""What is handed on between the modules that read JSON Lines: the layout of all lines, a line, and
its sample."""

from __future__ import annotations

from typing import Any

from xentcli.model import Kind, NamedTuple
from xentcli.readers.interface import Request
from xentcli.readers.rules.columns import Choice


class Layout(NamedTuple):
    """Where the numbers are in each line: all that a worker needs to know.

    ``key`` is the key of the list of values, which has the shape ``shape``, with the classes at
    axis ``class_at``. Without it, ``flat`` are the keys of the single values, or else the line
    itself is the list. ``targets`` is the key of a list, or a key for each class; ``by`` is the key
    of the group, ``id`` that of the sample's id, ``join`` that of the id that matches it with a row
    of a second file. ``columns`` are the first record's keys, ``choice`` says how flat keys were
    chosen.
    """

    source: str
    request: Request
    kind: Kind
    shape: tuple[int, ...]
    classes: tuple[str, ...] = ()
    key: str | None = None
    flat: tuple[str, ...] = ()
    class_at: int = 0
    label: str | None = None
    targets: tuple[str, ...] = ()
    weight: str | None = None
    by: str | None = None
    id: str | None = None
    columns: tuple[str, ...] = ()
    choice: Choice | None = None
    join: str | None = None

    @property
    def class_count(self) -> int:
        """The number of classes."""
        return self.shape[self.class_at]

    @property
    def label_count(self) -> int:
        """The number of different labels."""
        return self.request.label_count(self.class_count)

    @property
    def label_shape(self) -> tuple[int, ...]:
        """The shape of a sample's labels: one a position, or a question."""
        return self.request.label_shape(self.shape, self.class_at)

    @property
    def is_table(self) -> bool:
        """Whether each sample is one row."""
        return len(self.shape) == 1


class Line(NamedTuple):
    """A line that is not blank, with its number from 1."""

    number: int
    content: bytes


class Sample(NamedTuple):
    """The sample of a line: the line's JSON value, and the numbers taken from it, which may be
    nested lists. ``partner`` is the row of the second file."""

    line: Line
    value: Any
    values: Any
    label: Any = None
    targets: Any = None
    weight: float = 1.0
    by: Any = None
    partner: int = -1
