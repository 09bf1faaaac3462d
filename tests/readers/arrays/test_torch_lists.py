"""Lists in .pt files: of numbers, which are an array, or of tensors, which have keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.readers.arrays.test_torch_files import (
    LONE,
    ROWS,
    SIX,
    dict_of,
    integer,
    list_of,
    pt,
    tensor,
)
from tests.readers.opening import only, told
from xentcli.model import AnyArray


def read(path: Path, key: str) -> AnyArray:
    return only(path, LONE._replace(logits_key=key)).values


def test_tensors_in_a_list_are_known_by_their_numbers(tmp_path: Path) -> None:
    both = list_of(tensor((2, 3), (3, 1)), tensor((3, 2), (2, 1)))
    path = pt(tmp_path / "a.pt", dict_of(x=both), SIX)
    assert read(path, "x.0").tolist() == ROWS
    assert read(path, "x.1").tolist() == SIX.reshape(3, 2).tolist()


def test_a_list_of_lists_is_an_array_if_they_are_equally_long(tmp_path: Path) -> None:
    equal = list_of(list_of(integer(1), integer(2)), list_of(integer(3), integer(4)))
    unequal = list_of(list_of(integer(1), integer(2)), list_of(integer(3)))
    path = pt(tmp_path / "a.pt", dict_of(equal=equal, unequal=unequal), SIX)
    assert read(path, "equal").tolist() == [[1, 2], [3, 4]]
    assert np.ravel(read(path, "unequal.0")).tolist() == [1, 2]
    assert "no key" in told(path, LONE._replace(logits_key="unequal"))


@pytest.mark.parametrize(("behind", "is_cut"), [(0, False), (1, True), (1000, True)])
def test_a_record_that_ends_beyond_the_file(behind: int, is_cut: bool, tmp_path: Path) -> None:
    path = pt(tmp_path / "a.pt", tensor((2, 3), (3, 1)), SIX)
    content = bytearray(path.read_bytes())
    start = content.index(SIX.tobytes())
    # The checksum and the sizes of the second member of the directory, packed and not.
    entry = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
    size = (len(content) - start + behind).to_bytes(4, "little")
    content[entry + 16 : entry + 28] = bytes(4) + size * 2
    path.write_bytes(content)
    assert ("cut short" in told(path, LONE)) == is_cut
