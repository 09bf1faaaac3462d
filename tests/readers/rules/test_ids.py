"""Ids in the order of their hashes."""

from __future__ import annotations

import numpy as np
import pytest

from xentcli.model import AnyArray, Origin
from xentcli.readers.interface import Attached
from xentcli.readers.rules import ids
from xentcli.readers.rules.join import is_id


def test_different_ids_of_one_hash_are_hashed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []
    hashes = ids._hashes

    def alike_at_first(texts: AnyArray, seed: int) -> AnyArray:
        seeds.append(seed)
        return np.zeros(len(texts), dtype=np.uint64) if seed < 3 else hashes(texts, seed)

    monkeypatch.setattr(ids, "_hashes", alike_at_first)
    found = ids.index_ids("id", [b"x", b"y", b"z"])
    assert seeds == [1, 2, 3]
    assert found.find_rows([b"z", b"x", b"y"]).tolist() == [2, 0, 1]


def test_ids_that_are_the_same_need_no_other_hash() -> None:
    assert ids.index_ids("id", [b"x", b"y", b"x"]).repeated == (0, 2)


@pytest.mark.parametrize(
    ("id", "named"),
    [
        (b"seven", ', that of id "seven"'),
        (b"7" * 64, f', that of id "{"7" * 59}…"'),
        (b"7" * 65, ""),
        (b"7\0", ""),
    ],
)
def test_a_row_that_was_not_needed_is_named_if_its_id_is_short(id: bytes, named: str) -> None:
    join = ids.index_ids("id", [b"x" * 99, id])
    attached = Attached(None, None, Origin("y.csv", "text", np.array([2, 3])), 2, join=join)
    (remark,) = ids.remarks_on_unused_rows(attached, np.array([True, False]))
    assert remark.message == f"1 of its 2 rows was not needed{named}"


@pytest.mark.parametrize(
    "known",
    [
        [b"a", b"a\0", b"\0a", b"\0\0a"],
        [b"x" * 64, b"x" * 65, b"x" * 66],
        [b"x" * 7, b"x" * 8, b"x" * 9],
        [b"a" * 8 + b"b" * 8, b"b" * 8 + b"a" * 8],
    ],
)
def test_ids_that_are_almost_the_same_are_told_apart(known: list[bytes]) -> None:
    join = ids.index_ids("id", known)
    assert join.repeated is None
    assert [join.find_rows([id]).tolist() for id in known] == [[at] for at in range(len(known))]
    assert join.find_rows([b"", b"x", b"a" * 8]).tolist() == [-1] * 3


@pytest.mark.parametrize(
    ("length", "width"), [(0, 8), (1, 8), (8, 8), (9, 16), (64, 64), (999, 64)]
)
def test_an_id_takes_no_more_memory_than_its_length_by_eight(length: int, width: int) -> None:
    assert ids.index_ids("id", [b"x" * length]).texts.nbytes == width


@pytest.mark.parametrize("name", ["id", " ID ", "idx", "Row", "key", "KEY", "image_id", "imageID"])
def test_a_name_of_ids(name: str) -> None:
    assert is_id(name)


@pytest.mark.parametrize("name", ["", "keys", "a_idle", "COVID", "acid", "ids", "id 2"])
def test_a_name_of_something_else(name: str) -> None:
    assert not is_id(name)
