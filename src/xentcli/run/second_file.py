"""Checks labels and soft targets that are typed or come from a second file: by themselves, and
beside the samples that were read."""

from __future__ import annotations

import numpy as np

from xentcli.errors import ArgumentError, DataError, Place, counted, not_a_soft_target
from xentcli.model import AnyArray, Batch, Remark
from xentcli.readers.interface import Attached, Opened, Request
from xentcli.readers.rules.targets import are_soft_targets
from xentcli.run.places import locate


def check_targets(attached: Attached, request: Request) -> None:
    """Refuse soft targets out of their range before any row is read: otherwise the blocks would
    decide whether that comes before an error of a later row."""
    targets = attached.targets
    if targets is None:
        return
    wrong = np.argwhere(~are_soft_targets(targets, request))
    if wrong.size:
        at = tuple(wrong[0].tolist())
        message = not_a_soft_target(float(targets[at]), of_question=request.questions)
        error = ArgumentError("target", message, index=at)
        raise locate(error, Batch(targets, "probs", attached.origin))


def check_attached(samples: int, opened: Opened) -> None:
    """Refuse more labels than samples, typed or in a second file. There may be more only if ids
    match them with the samples."""
    attached = opened.attached
    if attached is not None and attached.join is None and attached.size > samples:
        what = "label" if attached.labels is not None else "soft target"
        raise DataError(
            f"{counted(attached.size, what)} for {counted(samples, 'sample')}",
            place=Place(attached.origin.source),
        )


class MatchedRows:
    """Remembers which rows of a second file ids have matched with a sample."""

    def __init__(self, opened: Opened) -> None:
        self._attached = opened.attached
        joined = self._attached is not None and self._attached.join is not None
        self._matched = np.zeros(
            self._attached.size if self._attached and joined else 0, dtype=bool
        )

    def add(self, partners: AnyArray | None) -> None:
        """Add the rows that the samples of a batch have matched."""
        if partners is not None:
            self._matched[partners[partners >= 0]] = True

    def remarks(self) -> tuple[Remark, ...]:
        """A note on the rows that no sample has matched."""
        if self._attached is None or self._attached.join is None:
            return ()
        from xentcli.readers.rules.ids import remarks_on_unused_rows

        return remarks_on_unused_rows(self._attached, self._matched)
