"""What a writer is.

``start`` and ``rows`` give what can be written while the samples go by; ``end`` what can be said
only when all are known. The rows of a format with ``rows_wait`` are kept until then and handed to
``end``, because they stand in the middle of the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from xentcli.model import Answer, AnswerField, Batch, NamedTuple, Report, Rows

if TYPE_CHECKING:
    from xentcli.model.diagnosis import Diagnosis


class View(NamedTuple):
    """How results are to look; ``width`` is None where there is no terminal to fit."""

    width: int | None = None
    color: bool = False
    unicode: bool = True
    digits: int = 4
    steps: bool = True


class Stream(NamedTuple):
    """What is known before the first row is written.

    - ``each``: the answer of every sample is written, not a reduced one.
    - ``delimiter``: between cells, where it is not the input's own.
    - ``single``: there is one sample, of shape ``(C)``.
    - ``dimensions``: how many dimensions follow that of the classes.
    - ``class_axis``: where the input has its classes; a batch has them at 1.
    - ``losses``: the names of a sample's losses; several yes/no questions have one each.
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
    """The functions of a writer's module."""

    def start(self, stream: Stream) -> bytes:
        """What is written before the first row."""

    def rows(self, batch: Batch, answer: Answer, stream: Stream) -> bytes:
        """A batch's rows."""

    def end(
        self, report: Report, stream: Stream, view: View, waiting: Iterable[bytes]
    ) -> Iterator[bytes]:
        """What is written after the last row."""


class DiagnosisWriter(Protocol):
    """The module of a format that writes diagnoses."""

    def diagnosis_text(self, diagnosis: Diagnosis, got: Sequence[str], view: View) -> bytes:
        """The whole text; ``got`` are the numbers as they were typed."""
