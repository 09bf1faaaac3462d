"""Where in each line of JSON Lines the numbers are, and what a line says."""

from __future__ import annotations

from typing import Any, NamedTuple

from xentcli.model import Kind
from xentcli.readers.interface import Request
from xentcli.readers.rules.columns import Choice


class Layout(NamedTuple):
    """Where in each line the numbers are: everything that a worker needs to know.

    ``key`` has the list of values, of the shape ``shape`` with its classes at ``class_at``; if it
    is None the line is that list, or ``flat`` are the keys of a value each. ``targets`` is one key
    of a list, or a key a class; ``by`` has the group, ``id`` what the sample is called, ``join``
    the id by which it is matched with a row of a second file. ``columns`` are the first record's
    keys; ``choice`` says how flat ones were chosen.
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
        """How many classes there are."""
        return self.shape[self.class_at]

    @property
    def label_count(self) -> int:
        """How many labels there are."""
        return self.request.label_count(self.class_count)

    @property
    def label_shape(self) -> tuple[int, ...]:
        """The shape of a sample's labels: one a position, or a question."""
        return self.request.label_shape(self.shape, self.class_at)

    @property
    def is_table(self) -> bool:
        """Whether a sample is one row."""
        return len(self.shape) == 1


class Line(NamedTuple):
    """A line that is not blank, with its number from 1."""

    number: int
    content: bytes


class Sample(NamedTuple):
    """What a line says; numbers may stand in nested lists."""

    line: Line
    value: Any
    values: Any
    label: Any = None
    targets: Any = None
    weight: float = 1.0
    by: Any = None
    partner: int = -1
