"""Memory does not grow with the file."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import BIN, PATIENCE, environment

pytestmark = pytest.mark.slow

# Few are enough to fill every buffer, and to be read in spans.
FEW, MANY = 600_000, 1_800_000
MOST_MEBIBYTES = 220
MOST_GROWTH = 1.10
# Logits of a small language model, and what they may take.
SEQUENCES, POSITIONS, VOCABULARY = 6, 2048, 50257
MOST_OF_ARRAYS = 400

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
        timeout=PATIENCE,
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


@pytest.mark.skipif(sys.platform == "win32", reason="asks the resource module")
@pytest.mark.parametrize(("suffix", "shift"), [("npy", "--shift"), ("safetensors", "")])
def test_logits_larger_than_memory_go_by_blocks(tmp_path: Path, suffix: str, shift: str) -> None:
    """A sample alone is 393 MiB, the file 2.3 GiB, of which hardly anything is on the disk."""
    shape = (SEQUENCES, POSITIONS, VOCABULARY)
    labels = np.zeros(shape[:2], dtype=np.int32)
    count = 4 * math.prod(shape)
    logits = tmp_path / f"logits.{suffix}"
    if suffix == "npy":
        np.lib.format.open_memmap(logits, mode="w+", dtype="<f4", shape=shape)
    else:
        entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, count]}
        header = json.dumps({"logits": entry}).encode()
        logits.write_bytes(len(header).to_bytes(8, "little") + header)
        os.truncate(logits, 8 + len(header) + count)
    np.save(tmp_path / "labels.npy", labels)
    beside = f"--labels-from {tmp_path / 'labels.npy'}"
    assert peak(f"ce --class-axis -1 {shift} --quiet {beside}", logits) <= MOST_OF_ARRAYS


@pytest.mark.skipif(sys.platform == "win32", reason="asks the resource module")
@pytest.mark.parametrize("order", ["C", "F"])
def test_so_do_logits_that_lie_class_by_class(tmp_path: Path, order: str) -> None:
    """(B, V, T), and Fortran's order, in which each position is spread over the whole file."""
    shape = (2, VOCABULARY, POSITIONS)
    logits = tmp_path / "logits.npy"
    np.lib.format.open_memmap(logits, "w+", "<f4", shape, fortran_order=order == "F")
    np.save(tmp_path / "labels.npy", np.zeros((2, POSITIONS), dtype=np.int32))
    beside = f"--labels-from {tmp_path / 'labels.npy'}"
    assert peak(f"ce --quiet {beside}", logits) <= MOST_OF_ARRAYS
