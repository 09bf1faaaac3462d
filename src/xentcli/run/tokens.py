"""One column of log-probabilities without labels: each is that of a token of one sequence, which
has been picked from the model's output already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xentcli.model import Batch, NamedTuple, Tokens
from xentcli.readers.interface import Chunk, Opened, Reader


def is_column_of_tokens(opened: Opened) -> bool:
    """Whether each sample is a single log-probability, without label or target."""
    only_values = opened.kind == "log_probs" and not opened.has_target and not opened.has_tokens
    return only_values and opened.class_count == 1 and opened.dimensions == 0


def take_as_tokens(opened: Opened) -> Opened:
    """The input whose samples are tokens: the only class of each is its label. Which token the
    model would have chosen is not known."""
    return opened._replace(
        reader=TokenReader(opened.reader),
        numbered=True,
        has_labels=True,
        has_tokens=True,
        ranked=False,
        has_ids=False,
    )


class TokenReader(NamedTuple):
    """Reads samples of one log-probability as the tokens of a sequence, in their order."""

    reader: Reader

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """The chunk in pieces that fit into memory."""
        return self.reader.parts(chunk)

    def read(self, chunk: Chunk) -> Batch:
        """The samples of a piece, with their only class as label."""
        batch = self.reader.read(chunk)
        values = np.atleast_2d(batch.values)
        count = len(values)
        tokens = Tokens(
            sequences=np.zeros(count, dtype=np.intp),
            positions=batch.first + (np.arange(count) if batch.kept is None else batch.kept),
            texts=("",) * count,
            first_choices=None,
            unscored=np.zeros(0, dtype=np.intp),
        )
        labels = np.zeros(count, dtype=np.int64)
        return batch._replace(values=values, labels=labels, tokens=tokens, is_piece=True)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """The ids of some samples of a piece."""
        return self.reader.ids(chunk, batch, samples)
