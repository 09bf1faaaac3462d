"""Ids in the order of their hashes."""

from __future__ import annotations

import numpy as np
import pytest

from xentcli.model import AnyArray, Origin
from xentcli.readers.interface import Attached
from xentcli.readers.rules import ids


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


@pytest.mark.parametrize(("id", "named"), [(b"seven", ', that of id "seven"'), (b"7" * 999, "")])
def test_a_row_that_was_not_needed_is_named_if_its_id_is_short(id: bytes, named: str) -> None:
    join = ids.index_ids("id", [b"x", id])
    attached = Attached(None, None, Origin("y.csv", "text", np.array([2, 3])), 2, join=join)
    (remark,) = ids.remarks_on_unused_rows(attached, np.array([True, False]))
    assert remark.message == f"1 of its 2 rows was not needed{named}"
