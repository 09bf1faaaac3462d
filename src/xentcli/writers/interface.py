"""The functions of a writer, and the data that they take.

``start`` and ``rows`` give what is written while the samples are computed, ``end`` what can be
written only when all of them are known. The rows of a format with ``rows_wait`` are kept until then
and handed to ``end``, because they stand in the middle of the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from xentcli.model import Answer, AnswerField, Batch, NamedTuple, Report, Rows

if TYPE_CHECKING:
    from xentcli.model.diagnosis import Diagnosis


class View(NamedTuple):
    """How results are to look; ``width`` is None if they need not fit a terminal."""

    width: int | None = None
    color: bool = False
    unicode: bool = True
    digits: int = 4
    steps: bool = True


class Stream(NamedTuple):
    """What is known before the first row is written.

    - ``each``: the answer of every sample is written, not a reduced loss.
    - ``rows``: the first rows of the input, if they are passed on.
    - ``delimiter``: what separates the cells; None for the delimiter of the input.
    - ``dimensions``: how many dimensions follow that of the classes.
    - ``class_axis``: the input's axis of the classes; in a batch it is always 1.
    - ``single``: there is one sample, of shape ``(C)``.
    - ``losses``: the names of a sample's losses: one, or one for each yes/no question.
    """

    field: AnswerField
    classes: tuple[str, ...]
    each: bool
    has_labels: bool
    rows: Rows | None = None
    delimiter: bytes | None = None
    dimensions: int = 0
    class_axis: int = 1
    single: bool = False
    losses: tuple[str, ...] = ("loss",)


class Writer(Protocol):
    """The functions of a writer's module; each gives bytes to write."""

    def start(self, stream: Stream) -> bytes:
        """What comes before the first row."""

    def rows(self, batch: Batch, answer: Answer, stream: Stream) -> bytes:
        """The rows of a batch."""

    def end(
        self, report: Report, stream: Stream, view: View, waiting: Iterable[bytes]
    ) -> Iterator[bytes]:
        """What comes after the last row; ``waiting`` are the rows that had to wait."""


class DiagnosisWriter(Protocol):
    """The function of a module that writes diagnoses."""

    def diagnosis_text(self, diagnosis: Diagnosis, got: Sequence[str], view: View) -> bytes:
        """The whole text. ``got`` are the numbers to explain, as they were typed."""
