"""How much diagnose holds in memory."""

from __future__ import annotations

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
