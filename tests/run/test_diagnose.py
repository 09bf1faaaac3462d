"""How much diagnose holds in memory, and which loss it says that there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.running import run_inside
from xentcli.run import diagnose


@pytest.mark.parametrize(("most", "fits"), [(12, True), (11, False)])
@pytest.mark.parametrize("block", ["1000", "12"])
def test_more_numbers_than_it_holds_are_refused(
    most: int, fits: bool, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnose, "MOST_NUMBERS", most)
    (tmp_path / "a.csv").write_text("a,b,label\n" + "1,2,0\n" * 6)
    asked = ["diagnose", "a.csv", "--quiet", "--jobs", "1"]
    found = run_inside(asked, tmp_path, environment={"XENT_BLOCK_BYTES": block})
    assert (found.code, found.stderr == "") == (0, True) if fits else (1, False)
    if not fits:
        assert found.stderr == (
            "xent: a.csv: more than 11 numbers: diagnose holds all of them in memory\n"
            "hint: a part of the rows shows the same mistake\n"
        )


@pytest.mark.parametrize("labels", ["0", "0,2"])
def test_without_a_reduction_the_loss_is_the_sum_of_those_of_the_samples(
    labels: str, tmp_path: Path
) -> None:
    rows = ";".join(["1,2,3"] * len(labels.split(",")))
    options = ["--logits", rows, "--label", labels, "--weight", "2,1,4", "--reduction", "none"]
    losses = run_inside(["ce", *options, "--quiet"], tmp_path).stdout.split()
    assert len(losses) == len(labels.split(","))
    found = run_inside(["diagnose", *options, "--format", "json"], tmp_path)
    assert json.loads(found.stdout)["loss"] == sum(map(float, losses))


def test_without_a_reduction_the_loss_of_a_single_sample_is_what_was_got(tmp_path: Path) -> None:
    options = ["--logits", "1,2,3", "--label", "0", "--weight", "2,1,4", "--reduction", "none"]
    loss = run_inside(["ce", *options, "--quiet"], tmp_path).stdout.decode().strip()
    found = run_inside(["diagnose", *options, "--got", loss, "--quiet"], tmp_path)
    assert (found.code, found.stderr) == (0, "")
    asked = run_inside(["diagnose", *options, "--got", loss, "--format", "json"], tmp_path)
    first = json.loads(asked.stdout)["candidates"][0]
    assert (first["value"], first["departures"]) == (float(loss), 0)
