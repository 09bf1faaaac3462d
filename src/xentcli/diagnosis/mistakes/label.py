"""A wrong class in place of the label: the next class, another column's, another row's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, permutations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from xentcli.diagnosis.case import Case, classes_of
from xentcli.diagnosis.mistakes.part import (
    GUESS,
    HARDLY,
    LONE_GUESS,
    OFTEN,
    SELDOM,
    SEVERAL_CLASSES,
    SOMETIMES,
    Fix,
    Part,
)
from xentcli.diagnosis.mistakes.pick import Pick, PickedTarget, pick_class
from xentcli.diagnosis.mistakes.terms import expected

# Labels, or the mask of those that count.
Value = TypeVar("Value", np.int64, np.bool_)

# Up to this many columns are tried in every order; up to MOST_EXCHANGED, two are exchanged.
MOST_PERMUTED = 3
MOST_EXCHANGED = 6


def _pick_class_before(case: Case) -> PickedTarget:
    """Pick the class before the label; before class 0 that is the last one, as index −1 is."""
    return pick_class((classes_of(case) - 1) % case.classes, case)


def _pick_class_after(case: Case) -> PickedTarget | None:
    index = classes_of(case) + 1
    if (index[case.kept] >= case.classes).any():
        return None
    return pick_class(np.minimum(index, case.classes - 1), case)


BEFORE = Pick(
    Part(
        "label-minus-1",
        "at the class before the label",
        "−{}[y − 1]",
        "1 is taken from labels that count from 0 already; label 0 wraps to the last class",
        SOMETIMES,
        fix=Fix(
            "targets are 0 … C−1: no - 1",
            "log_p[np.arange(len(y)), y], not y - 1",
            "SparseCategoricalCrossentropy takes 0 … C−1: no - 1",
            "give log_loss y and labels=np.arange(C), not y - 1",
        ),
        apart=SEVERAL_CLASSES,
    ),
    _pick_class_before,
    expected,
)
AFTER = Pick(
    Part(
        "label-plus-1",
        "at the class after the label",
        "−{}[y + 1]",
        "labels that count from 0 are taken as if they counted from 1",
        SELDOM,
        fix=Fix(
            "targets are 0 … C−1: no + 1",
            "log_p[np.arange(len(y)), y], not y + 1",
            "SparseCategoricalCrossentropy takes 0 … C−1: no + 1",
            "give log_loss y and labels=np.arange(C), not y + 1",
        ),
        apart=SEVERAL_CLASSES,
    ),
    _pick_class_after,
    expected,
)


def _columns(case: Case) -> Iterator[Pick]:
    """Yield the columns in other orders than the classes: exchanged, sorted by name, reversed …"""
    count = case.classes
    if count == 2:
        yield _make_swap(case)
        return
    orders: dict[tuple[int, ...], tuple[str, str, str, int]] = {}
    if len(case.names) == count and not all(name.isdecimal() for name in case.names):
        alphabetical = sorted(range(count), key=case.names.__getitem__)
        orders[tuple(alphabetical.index(at) for at in range(count))] = (
            "sorted",
            "with the columns in the sorted order of the class names",
            "the columns are taken in the alphabetical order of the classes, as scikit-learn does",
            OFTEN,
        )
    orders.setdefault(
        tuple(range(count))[::-1],
        (
            "reversed",
            "with the columns in reversed order",
            "the last column is taken for class 0",
            HARDLY,
        ),
    )
    for order in _other_orders(count):
        shown = ", ".join(map(str, order))
        text = f"with the columns in the order {shown}"
        found = f"order-{shown}", text, "class c is read at the c-th of these columns", LONE_GUESS
        orders.setdefault(order, found)
    orders.pop(tuple(range(count)), None)
    for order, (key, phrase, explanation, rank) in orders.items():
        yield _make_order(order, key, phrase, explanation, rank)


def _other_orders(count: int) -> Iterator[tuple[int, ...]]:
    if count <= MOST_PERMUTED:
        yield from permutations(range(count))
    elif count <= MOST_EXCHANGED:
        for one, other in combinations(range(count), 2):
            order = list(range(count))
            order[one], order[other] = other, one
            yield tuple(order)


_ORDER = Fix(
    "the columns of z in the order of the labels: z[:, order]",
    "the columns of z in the order of the labels: z[:, order]",
    "the same class order in y_true and y_pred",
    "log_loss takes the columns in the sorted order of labels=: give p[:, np.argsort(labels)]",
)
_UNLIKE = "give samples whose classes' values differ more"


def _make_order(order: tuple[int, ...], key: str, phrase: str, explanation: str, rank: int) -> Pick:
    columns = np.array(order)
    part = Part(
        f"columns-{key}",
        phrase,
        "−{}[column of y]",
        explanation,
        rank,
        fix=_ORDER,
        apart=_UNLIKE,
        is_guess=rank == LONE_GUESS,
    )
    return Pick(part, lambda case: pick_class(columns[classes_of(case)], case), expected)


def _make_swap(case: Case) -> Pick:
    what = "yes and no" if case.question == "bce" else "the two columns"
    part = Part(
        "columns-swapped",
        f"with {what} swapped, the classes in reversed order",
        "−{}[1 − y]",
        f"{what} are exchanged: the loss of 1 − p in place of p (scikit-learn sorts the class "
        "names)",
        OFTEN,
        fix=_ORDER,
        apart=_UNLIKE,
    )
    return Pick(part, lambda case: pick_class(1 - classes_of(case), case), expected)


def _shifts(case: Case) -> Iterator[Pick]:
    """Yield the labels of other rows; where there are sequences, of the same sequence."""
    length = case.grid[_axis_of_rows(case)]
    for by, key, phrase, explanation, rank in (
        (
            1,
            "next",
            "with the labels shifted, each row at the next row's label",
            "row t is scored with label t + 1, and the last row drops out: a shift of the labels, "
            "made once too often or inside the model",
            SOMETIMES,
        ),
        (
            -1,
            "previous",
            "with the labels shifted, each row at the label of the row before",
            "row t is scored with label t − 1, and the first row drops out",
            HARDLY,
        ),
        (
            2,
            "next-but-one",
            "with the labels shifted twice, each row at the next row's label but one",
            "row t is scored with label t + 2, and the last two rows drop out: shifted by two",
            GUESS,
        ),
    ):
        if length > abs(by) + 1:
            yield Pick(_shift_part(key, phrase, explanation, rank), _pick_shifted(by), expected)
            if by != 2:
                rolled = f"{phrase}, the ends wrapped round"
                round_it = "np.roll moves the labels in a circle: none drops out"
                part = _shift_part(f"{key}-rolled", rolled, round_it, HARDLY)
                yield Pick(part, _pick_rolled(by), expected)
    if len(case.grid) == 2 and min(case.grid) > 1 and case.question != "bce":
        part = Part(
            "transposed",
            "with the labels in transposed order, positions before samples",
            "−{}[y of the transpose]",
            "the labels are flattened from (T, B), the rows from (B, T)",
            SELDOM,
            fix=Fix(*["y.T before it is flattened"] * 4),
            apart=_UNLIKE,
        )
        yield Pick(part, _pick_transposed, expected)


_LINED_UP = Fix(
    "a model that is given labels= shifts them itself: z[:, :-1] goes with y[:, 1:] once",
    "z[:-1] goes with y[1:] for next-token logits, else z with y: shift once or not at all",
    "y_true has to be shifted once, in the data or in the loss",
    "y and p have to be the same rows",
)


def _shift_part(key: str, phrase: str, explanation: str, rank: int) -> Part:
    return Part(
        f"label-of-{key}",
        phrase,
        "−{}[y of another row]",
        explanation,
        rank,
        fix=_LINED_UP,
        apart="give rows whose labels differ from their neighbours'",
        is_guess=rank == GUESS,
    )


def _move(values: NDArray[Value], case: Case, by: int) -> NDArray[Value]:
    """Give each row the value of the row ``by`` further on, round the ends of each sequence."""
    return np.roll(values.reshape(case.grid), -by, axis=_axis_of_rows(case)).reshape(-1)


def _axis_of_rows(case: Case) -> int:
    """Return the axis along which rows follow one another, which the questions of a row do not."""
    return 0 if case.question == "bce" else -1


def _pick_shifted(by: int) -> Callable[[Case], PickedTarget]:
    def pick(case: Case) -> PickedTarget:
        inside = np.zeros(case.grid, dtype=bool)
        moved = np.moveaxis(inside, _axis_of_rows(case), -1)
        moved[..., slice(None, -by) if by > 0 else slice(-by, None)] = True
        kept = inside.reshape(-1) & _move(case.kept, case, by)
        return pick_class(_move(classes_of(case), case, by), case, kept)

    return pick


def _pick_rolled(by: int) -> Callable[[Case], PickedTarget]:
    return lambda case: pick_class(
        _move(classes_of(case), case, by), case, _move(case.kept, case, by)
    )


def _pick_transposed(case: Case) -> PickedTarget:
    def turn(values: NDArray[Value]) -> NDArray[Value]:
        return values.reshape(case.grid).T.reshape(-1)

    return pick_class(turn(classes_of(case)), case, turn(case.kept))


def choices(case: Case) -> tuple[Pick, ...]:
    """Return every way to take a wrong class; with two columns the class before is the other."""
    if case.labels is None:
        return ()
    neighbours = () if case.classes == 2 else (BEFORE, AFTER)
    if case.classes == 1:
        return ()
    return (*neighbours, *_columns(case), *_shifts(case))
