"""What the rules that choose columns see of records: values of JSON, or None for a missing key."""

from __future__ import annotations

from typing import Any

import pytest

from xentcli.readers.json.look import RecordLook


@pytest.mark.parametrize(
    ("values", "numeric", "empty", "whole", "counts"),
    [
        ([0, 1, 2], True, False, True, True),
        ([1, 2, 3], True, False, True, True),
        ([2, 3, 4], True, False, True, False),
        ([0, 1, 3], True, False, True, False),
        ([0, 1], True, False, True, False),
        ([0, 1.0, 2], True, False, False, False),
        ([1, 2.5, "NaN"], True, False, False, False),
        ([1, "Infinity", None], True, False, True, False),
        (["-Infinity", "x", None], True, False, None, False),
        ([None, "", None], False, True, None, False),
        ([None, None, "x"], False, False, None, False),
        ([True, False, True], False, False, None, False),
        (["1", "2", "3"], False, False, None, False),
        ([[1], {}, ""], False, False, None, False),
        ([], False, False, None, False),
    ],
)
def test_the_values_of_a_key(
    values: list[Any], numeric: bool, empty: bool, whole: bool | None, counts: bool
) -> None:
    look = RecordLook(["other", " key "], [["x", value] for value in values])
    assert look.names == ("other", "key")
    assert look.is_numeric(1) == numeric
    assert look.is_empty(1) == empty
    assert look.is_whole(1) is whole
    assert look.counts(1) == counts
    assert set(look.texts(1)) == set(map(str, values))
