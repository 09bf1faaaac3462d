"""No warning of Python, or of a library, reaches anybody: the commands run with -X dev -W error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import PATIENCE, environment
from tests.faults.running import run_inside

CSV = "id,a,b,c,label\n" + "".join(f"n{at},{at % 7},{at % 3}.5,1,{at % 3}\n" for at in range(5000))
COMMANDS = (
    "ce a.csv -f csv -o out --jobs 2",
    "diagnose small.csv --got 1.5 --save page.html",
    "grad a.npz -f json",
    "ce huge.npz --rows 1",
    "ce --log-probs 800,1 --label 0 -q",
    "nll --probs 0,1 --label 0",
)
MORE = (
    "softmax a.csv -f csv --jobs 2",
    "grad a.csv -f jsonl --jobs 2 -o out",
    "ce a.csv --on-error skip --rejects r.csv --by label",
    "ce a.parquet --top 3",
    "ce huge.npz --method textbook",
    "softmax huge.npz --dtype float16 -q",
    "ce small.csv --label-smoothing 0.1 --weight 1,2,3 --base 10 --temperature 1e-3",
    "grad small.csv --check",
    "--help",
    "ce --help",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("warnings")
    (path / "a.csv").write_text(CSV)
    (path / "small.csv").write_text("".join(CSV.splitlines(keepends=True)[:12]))
    np.savez(path / "a.npz", logits=np.eye(3), labels=np.arange(3))
    huge = np.array([[1e308, -1e308, 0.0], [np.inf, 1, 2], [np.nan, 0, 0], [-np.inf, 1, 2]])
    np.savez(path / "huge.npz", logits=huge, labels=np.zeros(4, np.int64))
    try:
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError:
        pass
    else:
        table = pyarrow.csv.read_csv(path / "small.csv")
        pyarrow.parquet.write_table(table, path / "a.parquet")
    return path


def told(folder: Path, command: str) -> str:
    if "parquet" in command:
        pytest.importorskip("pyarrow")
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-m", "xentcli", *command.split()],
        cwd=folder,
        env=environment(XENT_BLOCK_BYTES="20000"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode in (0, 1), ran
    return ran.stderr.decode()


@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_is_warned_by_python(folder: Path, command: str) -> None:
    assert all(line.startswith(("xent: ", "hint: ")) for line in told(folder, command).splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("command", MORE)
def test_nobody_is_warned_by_a_library(folder: Path, command: str) -> None:
    assert all(line.startswith(("xent: ", "hint: ")) for line in told(folder, command).splitlines())


def test_the_variable_is_blamed_that_was_set(folder: Path) -> None:
    for variable, value in (("XENT_BASE", "7"), ("XENT_LABEL", "9"), ("XENT_FORMAT", "foo")):
        ran = subprocess.run(
            [sys.executable, "-m", "xentcli", "ce", "small.csv"],
            cwd=folder,
            env=environment(**{variable: value}) | {"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode in (1, 2)
        # A note on the columns of the file may stand before it.
        assert any(line.startswith(f"xent: {variable}") for line in ran.stderr.splitlines())


EXTREME = "a,b,label\n1e308,-1e308,0\n-1e308,1e308,1\n5,6,1\n1e-320,0,0\n"


@pytest.mark.parametrize("temperature", ["5e-324", "1e308"])
@pytest.mark.parametrize(
    "command",
    [
        *("softmax", "log-softmax", "kl", "js", "entropy", "diagnose --got 1.5", "ce --gamma 2"),
        *("ce", "ce --label-smoothing 0.1", "ce --method textbook", "ce --dtype float32"),
        *("grad", "grad --label-smoothing 0.1", "grad --gamma 2", "grad --loss kl"),
        *("bce --logit-cols a", "bce --logit-cols a --gamma 2", "grad --loss bce --logit-cols a"),
    ],
)
@pytest.mark.parametrize("more", ["", "--weight-col w"])
def test_nobody_is_warned_of_an_overflow(
    tmp_path: Path, command: str, temperature: str, more: str
) -> None:
    if more and command.split()[0] in ("softmax", "log-softmax", "diagnose"):
        pytest.skip("it has no weights")
    # The tests themselves end with every warning.
    weighted = "".join(
        f"{line},{weight}\n"
        for line, weight in zip(EXTREME.splitlines(), ("w", "1e300", "1e-300", 1, 2), strict=True)
    )
    (tmp_path / "a.csv").write_text(weighted if more else EXTREME)
    name, *options = command.split()
    asked = [name, "a.csv", *options, "--temperature", temperature, *more.split()]
    if name != "diagnose" and "--logit-cols" not in options:
        asked += ["--logit-cols", "a,b"]
    for form in ([], ["-q"]):
        found = run_inside([*asked, *form], tmp_path)
        assert found.code in (0, 1, 2), found
        assert all(line.startswith(("xent: ", "hint: ")) for line in found.stderr.splitlines())


@pytest.mark.parametrize(
    ("variable", "value", "typed", "told"),
    [
        ("XENT_OUTPUT", "missing/x", [], "hint: XENT_OUTPUT names it\n"),
        ("XENT_LABELS_FROM", "missing.csv", [], "hint: XENT_LABELS_FROM names it\n"),
        (
            "XENT_LABEL",
            "0",
            ["--labels-from", "small.csv"],
            "xent: XENT_LABEL and --labels-from contradict each other; give one of them\n",
        ),
        ("XENT_LABEL", "7", ["--label", "1"], "xent: --label: 1 label, but small.csv has more"),
    ],
)
def test_the_variable_is_named_beside_what_was_typed(
    variable: str, value: str, typed: list[str], told: str, folder: Path
) -> None:
    ran = run_inside(["ce", "small.csv", *typed], folder, environment={variable: value})
    assert told in ran.stderr
