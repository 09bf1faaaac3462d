"""The example scripts print what stands beside them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import PATIENCE, ROOT, environment, needs_posix

needs_posix()

SCRIPTS = sorted((ROOT / "examples").glob("*.sh"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_prints_what_stands_beside_it(
    script: Path, quick_path: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    ran = subprocess.run(
        [str(script)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
        env=environment(PATH=quick_path, TMPDIR=str(tmp_path)),
        timeout=PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    expected = script.with_suffix(".expected")
    if request.config.getoption("--update-cases"):
        expected.write_text(ran.stdout, encoding="utf-8")
    assert ran.stdout == expected.read_text(encoding="utf-8")


def test_every_story_has_a_script() -> None:
    stories = {script.stem.split("-")[1] for script in SCRIPTS if script.stem.startswith("story-")}
    assert stories == {"1", "2", "3", "4", "5", "6", "7"}
