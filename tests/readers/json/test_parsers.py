"""Lists of numbers as one array, whichever package reads them: what is no such list is declined."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
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


def test_a_thread_has_a_parser_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("simdjson")

    def asked(fast: str) -> list[Any]:
        monkeypatch.setenv("XENT_FAST", fast)
        return [parsers.simdjson_parser(10) for _ in range(2)]

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        assert one.submit(asked, "0").result() == [None, None]
        first, again = one.submit(asked, "1").result()
        elsewhere, _ = other.submit(asked, "1").result()
        assert first is again is not None
        assert elsewhere is not None
        assert elsewhere is not first
        assert one.submit(asked, "0").result() == [None, None]


@pytest.mark.parametrize(
    ("read", "exactly"),
    [
        (float, True),
        (lambda text: float(np.float32(text)), False),
        (lambda text: np.nextafter(float(text), np.inf), False),
        (lambda text: 0.0 if abs(float(text)) < 1e-300 else float(text), False),
        (lambda text: float(text[:300]), False),
    ],
)
def test_a_package_is_used_if_it_rounds_as_python_does(read: Any, exactly: bool) -> None:
    package = SimpleNamespace(loads=lambda text: json.loads(text, parse_float=read))
    assert parsers._reads_as_python.__wrapped__(package) == exactly


def test_orjson_rounds_as_python_does() -> None:
    assert parsers._reads_as_python.__wrapped__(pytest.importorskip("orjson"))
