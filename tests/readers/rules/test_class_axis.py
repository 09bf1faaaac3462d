"""The class axis of arrays is brought to 1."""

from __future__ import annotations

import numpy as np
import pytest

from xentcli.errors import UsageError
from xentcli.readers.rules.class_axis import LAST, last_axis_hint, remarks_on_axis
from xentcli.readers.rules.targets import move_classes_second


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_a_single_sample_is_left_as_it_is(axis: int) -> None:
    values = np.array([1.0, 2.0])
    assert move_classes_second(values, axis) is values


@pytest.mark.parametrize("axis", [2, -2])
def test_a_single_sample_has_no_other_axis(axis: int) -> None:
    with pytest.raises(UsageError, match=rf"--class-axis {axis}: the values have the shape \(2,\)"):
        move_classes_second(np.array([1.0, 2.0]), axis)


@pytest.mark.parametrize(
    ("axis", "shape"),
    [
        (1, (2, 3, 4)),
        (2, (2, 4, 3)),
        (-1, (2, 4, 3)),
        (-2, (2, 3, 4)),
        (0, (3, 2, 4)),
        (-3, (3, 2, 4)),
    ],
)
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


@pytest.mark.parametrize(
    ("values", "axis", "labels", "hinted"),
    [
        ((2, 7, 50), 1, (2, 7), True),
        ((2, 7, 50), 1, 14, True),
        ((2, 7, 50), -1, (2, 7), False),
        ((2, 7, 50), 2, 14, False),
        ((2, 7, 50), 1, (2, 50), False),
        ((2, 7, 50), 1, 100, False),
        ((2, 7, 7), 1, (2, 7), False),
        ((2, 7, 7), 1, 14, False),
        ((2, 3, 4, 5), 1, (2, 3, 4), True),
        ((2, 3, 4, 5), 1, 24, True),
        ((2, 3, 4, 5), 1, 40, False),
        ((7,), 1, 1, False),
    ],
)
def test_the_last_axis_is_hinted_at_where_labels_fit_it_alone(
    values: tuple[int, ...], axis: int, labels: tuple[int, ...] | int, hinted: bool
) -> None:
    assert last_axis_hint(values, axis, labels) == (LAST if hinted else "")


@pytest.mark.parametrize(
    ("values", "axis", "noted"),
    [
        ((2, 5, 5), 1, True),
        ((2, 5, 5), -1, False),
        ((2, 5, 6), 1, False),
        ((5, 5), 1, False),
        ((2, 5, 5, 5), 1, True),
        ((2, 5, 5, 6), 1, False),
        ((2, 5, 6, 5), 1, False),
    ],
)
def test_labels_that_fit_both_axes_are_noted(
    values: tuple[int, ...], axis: int, noted: bool
) -> None:
    found = remarks_on_axis(values, axis, "z.npy")
    assert [str(remark.place) for remark in found if remark.word == "note"] == ["z.npy"] * noted
