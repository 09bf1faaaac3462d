"""--by sample: each sample of an input with positions is a sequence, and a group of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xentcli.errors import UsageError
from xentcli.model import Batch, Grouping, NamedTuple, sample_number
from xentcli.readers.interface import EACH_SEQUENCE, Chunk, Opened, Reader


def group_sequences(opened: Opened) -> Opened:
    """The input whose samples are each a group of their own."""
    if opened.dimensions == 0:
        raise UsageError(
            f"--by {EACH_SEQUENCE}: {opened.source} has no column of that name, and no axis of "
            "positions: each sample would be a group of one number"
        )
    return opened._replace(
        reader=SequenceReader(opened.reader), numbered=True, by=EACH_SEQUENCE, by_sequence=True
    )


class SequenceReader(NamedTuple):
    """Reads samples of positions, each as a group that is named by the sample's number."""

    reader: Reader

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """The chunk in pieces that fit into memory."""
        return self.reader.parts(chunk)

    def read(self, chunk: Chunk) -> Batch:
        """The samples of a piece."""
        batch = self.reader.read(chunk)
        count = len(batch.values)
        names = tuple(str(sample_number(batch, at)) for at in range(count))
        return batch._replace(grouping=Grouping(names, np.arange(count)))

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """The ids of some samples of a piece."""
        return self.reader.ids(chunk, batch, samples)
