"""A second file of labels or soft targets, beside the samples that were read."""

from __future__ import annotations

import numpy as np

from xentcli.errors import DataError, Place, counted
from xentcli.model import AnyArray, Remark
from xentcli.readers.interface import Opened


def check_attached(samples: int, opened: Opened) -> None:
    """Refuse more typed labels, or labels of a second file, than samples. Where ids match the two
    there may be more."""
    attached = opened.attached
    if attached is not None and attached.join is None and attached.size > samples:
        what = "label" if attached.labels is not None else "soft target"
        raise DataError(
            f"{counted(attached.size, what)} for {counted(samples, 'sample')}",
            place=Place(attached.origin.source),
        )


class RowsNeeded:
    """Which rows of a second file had a sample with the same id."""

    def __init__(self, opened: Opened) -> None:
        self._attached = opened.attached
        joined = self._attached is not None and self._attached.join is not None
        self._needed = np.zeros(self._attached.size if self._attached and joined else 0, dtype=bool)

    def add(self, partners: AnyArray | None) -> None:
        """Add the rows that matched some samples."""
        if partners is not None:
            self._needed[partners[partners >= 0]] = True

    def remarks(self) -> tuple[Remark, ...]:
        """A note on the rows that matched none."""
        if self._attached is None or self._attached.join is None:
            return ()
        from xentcli.readers.rules.ids import remarks_on_unused_rows

        return remarks_on_unused_rows(self._attached, self._needed)
