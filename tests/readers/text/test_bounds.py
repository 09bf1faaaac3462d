"""The cells beside the numbers of a row, found without going through all of it."""

from __future__ import annotations

import random

import pytest

from xentcli.readers.text.bounds import LONG, cut_beside_numbers


def lines(chance: random.Random, count: int, width: int, longest: int) -> list[list[bytes]]:
    return [
        [b"%d" % chance.randrange(10 ** chance.randint(1, longest)) for _ in range(width)]
        for _ in range(count)
    ]


@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0), (1, 1), (2, 3), (0, 0)])
@pytest.mark.parametrize("longest", [1, 3, LONG - 2])
def test_they_are_those_of_each_line(
    delimiter: bytes, before: int, after: int, longest: int
) -> None:
    rows = lines(random.Random(1), 50, before + 2 + after, longest)
    text = b"".join(delimiter.join(row) + b"\n" for row in rows)
    heads, tails = cut_beside_numbers(text, delimiter, before, after) or (None, None)
    assert heads == ([delimiter.join(row[:before]) for row in rows] if before else None)
    assert tails == ([delimiter.join(row[-after:]) for row in rows] if after else None)


@pytest.mark.parametrize("line", [b"1,2,%d\n", b"%d,1,2\n"])
def test_a_long_one_is_left_to_others(line: bytes) -> None:
    assert cut_beside_numbers(b"7,1,8\n" + line % 10 ** (2 * LONG), b",", 1, 1) is None
