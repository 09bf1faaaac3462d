"""Numbers and labels that are typed: how a text is split."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xentcli.model import Batch, Origin
from xentcli.readers.interface import open_in_memory
from xentcli.readers.typed import read_typed_labels, split_samples
from xentcli.run.chunk import count_samples


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("", [[("", 0)]]),
        ("1", [[("1", 0)]]),
        ("1,2", [[("1", 0), ("2", 2)]]),
        (" 1  1,\t11 ", [[("1", 1), ("1", 4), ("11", 7)]]),
        ("1,,2", [[("1", 0), ("", 2), ("2", 3)]]),
        ("1;2", [[("1", 0)], [("2", 2)]]),
        # A ; may end the last sample as well.
        ("1;", [[("1", 0)]]),
        ("1 ;2 3 ;", [[("1", 0)], [("2", 3), ("3", 5)]]),
        ("1;;2", [[("1", 0)], [("", 2)], [("2", 3)]]),
        ("1;;", [[("1", 0)], [("", 2)]]),
        (";", [[("", 0)]]),
    ],
)
def test_samples_and_their_values(text: str, samples: list[list[tuple[str, int]]]) -> None:
    found = split_samples(text)
    assert [[(word.text, word.start) for word in words] for words in found] == samples
    assert all(word.whole == text for words in found for word in words)


@pytest.mark.parametrize("values", [[1.0, 2.0], [[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]]])
def test_one_sample_without_a_list_around_it_is_one(values: list[Any]) -> None:
    batch = Batch(np.array(values), "logits", Origin("--logits", "typed"))
    (chunk,) = open_in_memory("--logits", batch, 1).chunks.in_order()
    samples = len(values) if isinstance(values[0], list) else 1
    assert (chunk.number, chunk.first, chunk.samples) == (0, 0, samples)
    assert count_samples(batch, skips=False) == samples


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["cat,  small dog ,fox"], ["cat", "small dog", "fox"]),
        (["cat", " fox"], ["cat", "fox"]),
    ],
)
def test_names_of_classes_are_trimmed(typed: list[str], words: list[str]) -> None:
    found = read_typed_labels(typed).labels
    assert [word.text for word in found] == words
    assert all(word.whole[word.start :].startswith(word.text) for word in found)
