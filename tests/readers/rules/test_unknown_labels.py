"""Labels that are numbers already: which are classes, which are ignored, which are neither."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xentcli.readers.rules.numbers_labels import find_unknown_labels


@pytest.mark.parametrize(
    ("given", "labels", "unknown"),
    [
        ([0, 1, 2], [0, 1, 2], [False, False, False]),
        ([2, 3], [2, 0], [False, True]),
        ([0, 2, -100], [0, 2, -100], [False, False, False]),
        ([0, -1, -100], [0, 0, -100], [False, True, False]),
        ([1.0, 2.0], [1, 2], [False, False]),
        ([0.0, 1.5, 2.0, -100.0], [0, 0, 2, -100], [False, True, False, False]),
        ([1.0, np.nan, np.inf, -np.inf], [1, 0, 0, 0], [False, True, True, True]),
        ([], [], []),
        ([[0, 3], [2, 1]], [[0, 0], [2, 1]], [[False, True], [False, False]]),
        (np.array([1, 2**64 - 100], dtype=np.uint64), [1, 0], [False, True]),
    ],
)
def test_what_is_no_class_is_0_and_said_to_be_none(
    given: Any, labels: list[Any], unknown: list[Any]
) -> None:
    found, mask = find_unknown_labels(np.asarray(given), 3, -100)
    assert found.dtype == np.int64
    assert (found.tolist(), mask.tolist()) == (labels, unknown)


def test_another_number_may_be_the_ignored_one() -> None:
    found, mask = find_unknown_labels(np.array([0, 1, 5]), 3, 5)
    assert (found.tolist(), mask.tolist()) == ([0, 1, 5], [False] * 3)
