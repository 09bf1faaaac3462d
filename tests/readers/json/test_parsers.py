"""Lists of numbers as one array, whichever package reads them: what is no such list is declined."""

from __future__ import annotations

import pytest

from xentcli.readers.json import parsers


def parser(*, by_simdjson: bool) -> parsers.Parser:
    if by_simdjson:
        return parsers.by_simdjson(pytest.importorskip("simdjson").Parser())
    return parsers.by_orjson(pytest.importorskip("orjson"))


def stacked(lists: str, *, by_simdjson: bool) -> list[list[float]] | None:
    """Lists of two numbers, taken out of records."""
    found = parser(by_simdjson=by_simdjson)
    records = found.records(
        "[{}]".format(", ".join(f'{{"z": {one}}}' for one in lists.split("; "))).encode()
    )
    try:
        values = found.stacked([record["z"] for record in records], 2)
    except parsers.DECLINED:
        return None
    return None if values is None else values.tolist()


@pytest.mark.parametrize("by_simdjson", [True, False])
@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ("[1, 2]; [3, 4]", [[1, 2], [3, 4]]),
        ("[1.5, -2e3]", [[1.5, -2000]]),
        ("[1, 2, 3]; [4]", None),
        ("[1, 2, 3]; [4, 5, 6]", None),
        ("[1]; [2]", None),
        ("[1, 2]; 3", None),
        ("[1, 2]; null", None),
        ("[1, 2]; [3, true]", None),
        ("[1, 2]; [3, null]", None),
        ('[1, 2]; [3, "4"]', None),
        ("[1, 2]; []", None),
    ],
)
def test_only_lists_of_two_numbers_are_stacked(
    lists: str, expected: list[list[float]] | None, by_simdjson: bool
) -> None:
    assert stacked(lists, by_simdjson=by_simdjson) == expected


@pytest.mark.parametrize("by_simdjson", [True, False])
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([b"1, 2", b", 3"], [1, 2, 3]),
        ([b"1.5e3,\t-2"], [1500, -2]),
        ([b"1, true"], None),
        ([b"1, [2]"], None),
        ([b'1, "2"'], None),
        ([b"1, 2,"], None),
        ([b"1 2"], None),
    ],
)
def test_only_numbers_with_commas_between_are_read(
    parts: list[bytes], expected: list[float] | None, by_simdjson: bool
) -> None:
    found = parser(by_simdjson=by_simdjson).numbers(*parts)
    assert (None if found is None else found.tolist()) == expected
