"""Numbers and labels that are typed: how a text is split."""

from __future__ import annotations

import pytest

from xentcli.readers.typed import split_samples


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
