"""Formulas that are one number in every run, and those that another run tells apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.diagnosis.made import case, made
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.search.choices import Formula, Kit, kits
from xentcli.diagnosis.search.ties import Ties, another_run

GIVEN = made()
Z, Y = GIVEN.logits, GIVEN.labels
OF_TWO = case(Z[:6, :2], np.array([0, 1, 0, 1, 0, 0]))


def formula(kit: Kit, *keys: str) -> Formula:
    """The formula of these departures."""
    found = [0] * len(kit)
    kinds: Sequence[tuple[Any, ...]] = kit
    for place, choices in enumerate(kinds):
        for at, one in enumerate(choices):
            if at and one.part.key in keys:
                found[place] = at
    assert sum(map(bool, found)) == len(keys)
    return tuple(found)


@pytest.mark.parametrize(
    ("of", "one", "other", "tied"),
    [
        (OF_TWO, "mean-of-elements", "over-2-steps", True),
        (OF_TWO, "every-class", "sum", False),
        (case(Z[:2], Y[:2]), "sum", "times-2-steps", False),
        (case(Z[:1], Y[:1]), "every-element", "sum", False),
    ],
)
def test_whether_another_run_tells_them_apart(of: Case, one: str, other: str, tied: bool) -> None:
    (kit,) = kits([of])
    found = Ties(of, kit).never_apart(formula(kit, one), formula(kit, other))
    assert found == tied


@pytest.mark.parametrize("kind", ["logits", "probs", "log_probs"])
def test_the_other_run_has_the_same_options_and_other_rows(kind: str) -> None:
    given = case(
        -np.abs(Z), Y, kind=kind, weight=GIVEN.weight, sample_weight=np.ones(len(Z)), ignore_index=2
    )
    made_up = another_run(given)
    assert made_up is not None
    assert made_up.samples == len(Z) + 3
    assert made_up.classes == given.classes
    assert made_up.settings is given.settings
    assert made_up.has_ignored
    if kind != "logits":
        probs = made_up.values if kind == "probs" else np.exp(made_up.values)
        np.testing.assert_allclose(probs.sum(axis=1), 1.0)


def test_no_large_run_is_made_up() -> None:
    wide = case(np.zeros((1, 300_000)), np.array([0]))
    assert another_run(wide) is None
    (kit,) = kits([wide])
    # Without another run nothing is known of it: not even that a formula is itself.
    assert not Ties(wide, kit).never_apart(formula(kit, "sum"), formula(kit, "sum"))
