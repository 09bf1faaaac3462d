"""What is wrong with the options alone is said before any input is read."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.faults.running import run_inside
from xentcli.run import diagnose, pipeline

WRONG = {
    "ce --temperature 0": "--temperature: 0.0 is not a number above 0",
    "softmax --temperature -1": "--temperature: -1.0 is not a number above 0",
    "diagnose --temperature inf": "--temperature: inf is not a number above 0",
    "ce --label-smoothing 2": "--label-smoothing: 2.0 is not between 0 and 1",
    "ce --gamma -1": "--gamma: -1.0 is not a number of 0 or more",
    "ce --gamma 2 --label-smoothing 0.1": "--gamma and --label-smoothing contradict each other: "
    "p_t is the probability of one label",
    "bce --alpha 2": "--alpha: 2.0 is not between 0 and 1",
    "ce --dtype float32 --method textbook": "--dtype and --method textbook contradict each other; "
    "give one of them",
    "grad --loss bce --label-smoothing 0.1": "--label-smoothing is not for bce",
    "grad --loss entropy --label 0": "--label is not for entropy",
    "softmax -o rows/": "-o rows/: a folder is written by the workers of a cluster, a file each",
    "ce -o rows/ --scheduler local": "-o rows/: a folder holds rows, and there are none to write",
    "softmax -o s3://bucket/rows/ -f csv --scheduler local": "-o s3://bucket/rows/: answers are "
    "not written to a URL",
}


@pytest.mark.parametrize("command", WRONG)
def test_before_any_input_is_read(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def read(*given: object, **options: object) -> None:
        raise AssertionError

    for module in (pipeline, diagnose):
        monkeypatch.setattr(module, "open_input", read)
        monkeypatch.setattr(module, "start_workers", read)
    found = run_inside([*shlex.split(command), "-"], tmp_path)
    assert (found.code, found.stdout) == (2, b"")
    assert found.stderr.splitlines()[0] == f"xent: {WRONG[command]}"
    assert not any(tmp_path.iterdir())
