"""The class axis of arrays is brought to 1."""

from __future__ import annotations

import numpy as np
import pytest

from xentcli.errors import UsageError
from xentcli.readers.rules.targets import move_classes_second


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_a_single_sample_is_left_as_it_is(axis: int) -> None:
    values = np.array([1.0, 2.0])
    assert move_classes_second(values, axis) is values


@pytest.mark.parametrize("axis", [2, -2])
def test_a_single_sample_has_no_other_axis(axis: int) -> None:
    with pytest.raises(UsageError, match=rf"--class-axis {axis}: the values have the shape \(2,\)"):
        move_classes_second(np.array([1.0, 2.0]), axis)


@pytest.mark.parametrize(("axis", "shape"), [(1, (2, 3, 4)), (2, (2, 4, 3)), (-1, (2, 4, 3))])
def test_it_is_moved_before_the_positions(axis: int, shape: tuple[int, ...]) -> None:
    values = np.arange(24.0).reshape(2, 3, 4)
    found = move_classes_second(values, axis)
    assert found.shape == shape
    assert found.flags.c_contiguous
    assert found.tolist() == np.moveaxis(values, axis, 1).tolist()


@pytest.mark.parametrize("axis", [3, -4])
def test_an_axis_that_is_not_there(axis: int) -> None:
    with pytest.raises(UsageError, match=f"--class-axis {axis}: "):
        move_classes_second(np.zeros((2, 3, 4)), axis)
