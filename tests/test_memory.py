"""Memory does not grow with the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BIN, environment

pytestmark = pytest.mark.slow

# Few are enough to fill every buffer, and to be read in spans.
FEW, MANY = 600_000, 1_800_000
MOST_MEBIBYTES = 220
MOST_GROWTH = 1.10

# A process of its own asks, so that it has had no other children.
PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("memory")
    for rows in (FEW, MANY):
        with open(folder / f"{rows}.csv", "w", encoding="ascii") as file:
            file.write("cat,dog,fox,label\n")
            file.writelines(
                f"{n % 97 / 7:.6f},{-(n % 89) / 9:.6f},{n % 83 / 11:.6f},{n % 3}\n"
                for n in range(rows)
            )
    return folder / f"{FEW}.csv", folder / f"{MANY}.csv"


def peak(command: str, file: Path) -> float:
    """The most memory that a command had at a time, in MiB."""
    ran = subprocess.run(
        [sys.executable, "-c", PEAK, str(BIN / "xent"), *command.split(), str(file)],
        capture_output=True,
        text=True,
        # One process: what many hold together is another test's affair.
        env=environment(XENT_JOBS="1"),
        timeout=300,
        check=True,
    )
    code, size = ran.stdout.split()
    assert code == "0", ran.stderr
    return float(size) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


@pytest.mark.skipif(sys.platform == "win32", reason="asks the resource module")
@pytest.mark.parametrize(
    "command",
    ["ce --quiet", "ce --reduction none --format csv", "softmax --format json", "ce"],
)
def test_more_rows_take_no_more_memory(command: str, files: tuple[Path, Path]) -> None:
    few, many = (peak(command, file) for file in files)
    assert many <= MOST_MEBIBYTES
    assert many <= MOST_GROWTH * few
