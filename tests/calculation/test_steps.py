"""The steps of a sample are what their formulas say: each is worked out anew from those before it,
for every pair of options."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.calculation.formulas import Given, worked_out
from tests.faults.running import run_inside

VALUES = {
    "logits": [[1.5, -0.5, 0.25], [0.5, 2.0, -1.0], [0.25, 1.0, 3.0]],
    "probs": [[0.5, 0.25, 0.25], [0.125, 0.5, 0.375], [0.25, 0.25, 0.5]],
}
LABELS, SOFT = [2, 0, -100], [[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.125, 0.375, 0.5]]
SAMPLE_WEIGHTS = [2.0, 0.5, 3.0]
WEIGHT = np.array([1.0, 2.0, 0.5])
# What is typed, and what it means.
OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "soft": ("--target-cols t_*", {}),
    "sample weights": ("--weight-col w", {}),
    "weight": ("--weight 1,2,0.5", {"weight": WEIGHT}),
    "pos weight": ("--pos-weight 1,2,0.5", {"pos_weight": WEIGHT}),
    "base": ("--base 2", {}),
    "warm": ("--temperature 0.8", {"temperature": 0.8}),
    "smoothed": ("--label-smoothing 0.25", {"label_smoothing": 0.25}),
    "focal": ("--gamma 1.5", {"gamma": 1.5}),
    "balanced": ("--alpha 0.25", {"alpha": 0.25}),
    "textbook": ("--method textbook", {}),
    "narrow": ("--dtype float32", {}),
    "sum": ("--reduction sum", {}),
    "probs": ("--input probs", {}),
}
OF_ALL = ("sample weights", "base", "warm", "sum", "probs")
OF_CLASSES = (*OF_ALL, "soft", "weight", "smoothed", "focal", "textbook", "narrow")
COMMANDS = {
    "softmax": ("warm", "textbook", "narrow"),
    "log-softmax": ("warm", "textbook", "narrow"),
    "nll": tuple(name for name in OF_CLASSES if name not in ("soft", "smoothed", "focal")),
    "ce": OF_CLASSES,
    "grad": OF_CLASSES[:4] + OF_CLASSES[5:],
    "kl": (*OF_ALL, "soft"),
    "js": (*OF_ALL, "soft"),
    "entropy": OF_ALL,
    "grad --loss kl": (*OF_ALL[:4], "soft"),
    "grad --loss js": (*OF_ALL[:4], "soft"),
    "grad --loss entropy": OF_ALL[:4],
    "bce": (*OF_ALL, "weight", "pos weight", "focal", "balanced"),
    "grad --loss bce": (*OF_ALL[:4], "weight", "pos weight", "focal", "balanced"),
}
# They are refused, and so is a temperature of probabilities.
APART = [
    *({"focal", other} for other in ("soft", "smoothed")),
    *({"probs", other} for other in ("warm", "narrow")),
    {"textbook", "narrow"},
]


def put(folder: Path) -> None:
    """The samples as CSV, as logits and as probabilities."""
    for kind, rows in VALUES.items():
        lines = ["a,b,c,label,w,t_a,t_b,t_c"]
        for row, label, weight, soft in zip(rows, LABELS, SAMPLE_WEIGHTS, SOFT, strict=True):
            lines.append(",".join(map(repr, [*row, label, weight, *soft])))
        (folder / f"{kind}.csv").write_text("\n".join(lines) + "\n")


def settings_of(chosen: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in chosen:
        found |= OPTIONS[name][1]
    return found


def wrong_steps(command: str, chosen: tuple[str, ...], folder: Path) -> list[str]:
    """Run a command, and tell each step that is not what its formula says."""
    kind = "probs" if "probs" in chosen else "logits"
    soft = "soft" in chosen or "bce" in command
    typed = [word for name in chosen for word in OPTIONS[name][0].split()]
    typed += [] if not soft or "soft" in chosen else OPTIONS["soft"][0].split()
    asked = [*command.split(), f"{kind}.csv", "--logit-cols", "a,b,c", *typed]
    ran = run_inside([*asked, "--steps", "--rows", "3", "--format", "json"], folder)
    assert ran.code == 0, (asked, ran.stderr)
    document, wrong = json.loads(ran.stdout), []
    tolerance = 1e-5 if "narrow" in chosen else 1e-12
    for at, steps in enumerate(document["steps"]):
        label = None if soft or "entropy" in command or LABELS[at] < 0 else LABELS[at]
        given = Given(
            np.array(VALUES[kind][at]),
            label,
            np.array(SOFT[at]) if soft else None,
            settings_of(chosen),
            document.get("denominator", 1.0),
            SAMPLE_WEIGHTS[at] if "sample weights" in chosen else 1.0,
        )
        for number, step in enumerate(steps):
            expected = worked_out(step["formula"], steps[:number], given)
            ignored = not soft and "entropy" not in command and LABELS[at] < 0
            if step["name"] == "difference" and ignored:
                # Of an ignored sample nothing depends on the logits.
                expected = np.zeros(3)
            found = np.array(step["value"], dtype=np.float64)
            if "note" in step:
                # Neither way of computing these loses digits worth a word.
                wrong.append(f"{asked}, {at}: {step['note']}")
            if not np.allclose(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True):
                wrong.append(f"{asked}, {at}: {step['formula']}: {found} is not {expected}")
    return wrong


@pytest.mark.parametrize("command", COMMANDS)
def test_every_step_is_what_its_formula_says(command: str, tmp_path: Path) -> None:
    put(tmp_path)
    names = COMMANDS[command]
    pairs = [(), *((name,) for name in names), *itertools.combinations(names, 2)]
    wrong = [
        told
        for chosen in pairs
        if set(chosen) not in APART
        for told in wrong_steps(command, chosen, tmp_path)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("command", "steps"),
    [
        ("ce", ["target", "term", "loss"]),
        ("ce --weight 2,3", ["target", "term", "loss"]),
        ("ce --weight-col w", ["target", "weight", "term", "loss"]),
        ("ce --target-cols t_*", ["target", "term", "loss"]),
        ("grad", ["target", "term", "loss", "difference", "grad"]),
        ("kl", ["target", "log_target", "log_ratio", "term", "loss"]),
        ("js --target-cols t_*", ["target", "loss"]),
        ("bce --target-cols t_*", ["target", "term_yes", "term_no", "loss"]),
    ],
)
def test_of_a_row_that_could_not_be_used_the_target_is_not_known(
    command: str, steps: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a,b,label,w,t_a,t_b\n1,2,1,2,0,1\n3,x,1,3,0,1\n")
    asked = [*command.split(), "a.csv", "--logit-cols", "a,b", "--on-error", "nan"]
    good, bad = json.loads(run_inside([*asked, "--format", "json"], tmp_path).stdout)["steps"]
    assert [step["name"] for step in good] == [step["name"] for step in bad]
    values = {step["name"]: np.ravel(step["value"]).tolist() for step in bad}
    assert {name: set(values[name]) for name in steps} == {name: {"NaN"} for name in steps}
    # What is the same for every row stays.
    if "--weight 2,3" in command:
        assert values["weight"] == [2, 3]
    if command == "grad":
        assert values["scale"] == [0.5]
    # No column is marked as the label's.
    table = run_inside(asked, tmp_path).stdout.decode()
    assert "\nsample 1\n" in table
