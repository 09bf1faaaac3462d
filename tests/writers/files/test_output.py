"""``-o FILE``: what becomes of links, modes and old files, and what is refused."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from tests.conftest import PATIENCE, needs_posix, run_shell
from tests.faults.running import Answered, run_inside

needs_posix()

SMALL = b"a,b,label\n1,2,0\n1,2,0\n"
ANSWER = "1.3132616875182228\n"
OLD = "what was there before\n"
WRONG = b"a,b,label\n1,2,0\n1,x,0\n"

ROOT_ONLY = os.geteuid() == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_bytes(SMALL)
    (tmp_path / "wrong.csv").write_bytes(WRONG)
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_answer_is_in_the_file_and_nowhere_else(folder: Path) -> None:
    ran = run_shell("xent ce a.csv --quiet -o out.txt", folder)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert (folder / "out.txt").read_text() == ANSWER
    assert names(folder) == {"a.csv", "wrong.csv", "out.txt"}


def test_a_file_has_all_letters_whatever_standard_output_can_show(folder: Path) -> None:
    shown = run_shell("PYTHONIOENCODING=ascii xent ce a.csv --no-steps", folder)
    assert shown.returncode == 0
    assert shown.stdout.isascii()
    assert (
        run_shell("PYTHONIOENCODING=ascii xent ce a.csv --no-steps -o out.txt", folder).stdout == ""
    )
    assert "±" in (folder / "out.txt").read_text(encoding="utf-8")


def test_a_dash_is_standard_output(folder: Path) -> None:
    ran = run_shell("xent ce a.csv --quiet -o -", folder)
    assert (ran.returncode, ran.stdout) == (0, ANSWER)
    assert names(folder) == {"a.csv", "wrong.csv"}


@pytest.mark.parametrize("old", [0o600, 0o640, 0o444, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(old: int, folder: Path) -> None:
    out = folder / "out.txt"
    out.write_text(OLD)
    out.chmod(old)
    assert run_shell("xent ce a.csv --quiet -o out.txt", folder).returncode == 0
    assert (mode(out), out.read_text()) == (old, ANSWER)


def test_a_file_is_written_where_modes_cannot_be_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows before Python 3.13."""
    monkeypatch.delattr(os, "fchmod")
    (folder / "out.txt").write_text(OLD)
    found = run_inside(["ce", "a.csv", "-q", "-o", "out.txt"], folder)
    assert found == Answered(0, b"", "")
    assert (folder / "out.txt").read_text() == ANSWER


@pytest.mark.parametrize(("mask", "expected"), [("022", 0o644), ("077", 0o600), ("002", 0o664)])
def test_a_new_file_honours_the_umask(mask: str, expected: int, folder: Path) -> None:
    assert run_shell(f"umask {mask}; xent ce a.csv --quiet -o out.txt", folder).returncode == 0
    assert mode(folder / "out.txt") == expected


def test_a_link_stays_one_and_its_file_is_replaced(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    behind, link = folder / "elsewhere" / "out.txt", folder / "link.txt"
    behind.write_text(OLD)
    link.symlink_to(Path("elsewhere") / "out.txt")
    assert run_shell("xent ce a.csv --quiet -o link.txt", folder).returncode == 0
    assert link.is_symlink()
    assert behind.read_text() == ANSWER
    assert names(folder / "elsewhere") == {"out.txt"}


def test_a_link_that_leads_nowhere_yet(folder: Path) -> None:
    (folder / "link.txt").symlink_to("later.txt")
    assert run_shell("xent ce a.csv --quiet -o link.txt", folder).returncode == 0
    assert (folder / "link.txt").is_symlink()
    assert (folder / "later.txt").read_text() == ANSWER


@pytest.mark.parametrize(
    "command",
    [
        "xent ce a.csv --quiet -o a.csv",
        "xent ce a.csv --quiet -o ./a.csv",
        "xent ce a.csv --quiet -o link.csv",
        "xent ce a.csv --quiet -o hard.csv",
        "xent ce link.csv --quiet -o a.csv",
        "xent ce --quiet -o a.csv < a.csv",
        "xent ce - --quiet -o link.csv < a.csv",
        "xent ce '?.csv' --quiet -o a.csv",
        "xent ce a.csv --labels-from labels.csv --quiet -o labels.csv",
        "xent ce a.csv --targets-from targets.csv --quiet -o targets.csv",
        "xent ce a.csv --quiet --on-error skip --rejects a.csv",
        "xent ce a.csv --labels-from labels.csv -q --on-error skip --rejects labels.csv",
    ],
)
def test_an_output_that_is_also_an_input_is_refused(command: str, folder: Path) -> None:
    (folder / "link.csv").symlink_to("a.csv")
    (folder / "hard.csv").hardlink_to(folder / "a.csv")
    (folder / "labels.csv").write_text("0\n0\n")
    (folder / "targets.csv").write_text("p,q\n1,0\n1,0\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ran = run_shell(command, folder)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "it is also the input" in ran.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_rejects_and_the_answer_cannot_be_one_file(folder: Path) -> None:
    ran = run_shell("xent ce wrong.csv -q --on-error skip --rejects out.csv -o out.csv", folder)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert not (folder / "out.csv").exists()


def test_a_pipe_with_a_name_is_written_straight(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append((folder / "pipe").read_text()))
    reader.start()
    ran = run_shell("xent ce a.csv --quiet -o pipe", folder)
    reader.join(PATIENCE)
    assert (ran.returncode, ran.stderr, found) == (0, "", [ANSWER])
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_by_its_path(path: str, folder: Path) -> None:
    ran = run_shell(f"xent ce a.csv --quiet -o {path}", folder)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, ANSWER, "")


def test_standard_output_by_its_path_goes_on_where_others_wrote(folder: Path) -> None:
    command = "(echo before; xent ce a.csv --quiet -o /dev/stdout; echo after) > out.txt"
    assert run_shell(command, folder).returncode == 0
    assert (folder / "out.txt").read_text() == f"before\n{ANSWER}after\n"


def test_standard_error_by_its_path(folder: Path) -> None:
    ran = run_shell("xent ce a.csv --quiet -o /dev/stderr", folder)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", ANSWER)


def test_nothing_by_its_path(folder: Path) -> None:
    assert run_shell("xent ce a.csv --quiet -o /dev/null", folder).returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_full_device_is_told(folder: Path) -> None:
    ran = run_shell("xent softmax a.csv --format csv -o /dev/full", folder)
    sentence = "xent: /dev/full: cannot write it: no space left on device\n"
    assert (ran.returncode, ran.stderr) == (1, sentence)


@pytest.mark.parametrize(
    "command",
    [
        "xent softmax wrong.csv --format csv -o out.csv",
        "xent softmax wrong.csv --format json -o out.csv",
        "xent ce wrong.csv --quiet -o out.csv",
        "xent grad wrong.csv --format csv -o out.csv",
        "xent ce a.csv --weight 1,2,3 -o out.csv",
        "xent softmax a.csv --format csv -o out.csv --no-such-option",
    ],
)
def test_the_old_file_outlives_a_fault(command: str, folder: Path) -> None:
    (folder / "out.csv").write_text(OLD)
    ran = run_shell(command, folder)
    assert ran.returncode in (1, 2)
    assert (folder / "out.csv").read_text() == OLD
    assert names(folder) == {"a.csv", "wrong.csv", "out.csv"}


def test_a_file_that_grows_beyond_its_limit_leaves_the_old_one(folder: Path) -> None:
    (folder / "out.csv").write_text(OLD)
    (folder / "big.csv").write_bytes(b"a,b,label\n" + b"1,2,0\n" * 20_000)
    # What a full disk does: the limit is in blocks of 512 bytes.
    ran = run_shell("ulimit -f 100; xent softmax big.csv --format csv -o out.csv", folder)
    assert (ran.returncode, ran.stderr) == (1, "xent: out.csv: cannot write it: file too large\n")
    assert (folder / "out.csv").read_text() == OLD
    assert names(folder) == {"a.csv", "wrong.csv", "big.csv", "out.csv"}


def test_a_folder_that_is_not_there_is_noticed_before_anything_is_read(folder: Path) -> None:
    big = folder / "big.csv"
    big.write_bytes(b"a,b,label\n" + b"1,2,0\n" * 300_000 + b"1,x,0\n")
    ran = run_shell("xent ce big.csv --quiet -o no/such/out.txt", folder)
    # Not the fault in the last row: so far it never came.
    sentence = "xent: no/such/out.txt: cannot write it: no such file or directory\n"
    assert (ran.returncode, ran.stderr) == (1, sentence)


@pytest.mark.skipif(ROOT_ONLY, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to(folder: Path) -> None:
    shut = folder / "shut"
    shut.mkdir()
    shut.chmod(0o555)
    ran = run_shell("xent ce wrong.csv --quiet -o shut/out.txt", folder)
    sentence = "xent: shut/out.txt: cannot write it: permission denied\n"
    assert (ran.returncode, ran.stderr) == (1, sentence)


NAMES = {
    "a.csv": "csv",
    "a.tsv": "tsv",
    "a.json": "json",
    "a.JSON": "json",
    "a.jsonl": "jsonl",
    "a.ndjson": "jsonl",
    "a.md": "markdown",
    "a.txt": "table",
    "a": "table",
    ".csv": "table",
    "a.csv.bak": "table",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_name_chooses_the_format(tmp_path: Path, name: str) -> None:
    command = ["softmax", "--logits", "1,2,3"]
    wanted = run_inside([*command, "--format", NAMES[name]], tmp_path).stdout
    assert run_inside([*command, "-o", name], tmp_path).code == 0
    assert (tmp_path / name).read_bytes() == wanted
    typed = run_inside([*command, "-o", name, "--format", NAMES[name]], tmp_path)
    assert (typed.code, (tmp_path / name).read_bytes()) == (0, wanted)


def test_the_name_goes_before_the_environment_and_not_the_other_way(tmp_path: Path) -> None:
    command = ["softmax", "--logits", "1,2,3"]
    wish = {"XENT_FORMAT": "csv"}
    as_json = run_inside([*command, "--format", "json"], tmp_path).stdout
    as_csv = run_inside([*command, "--format", "csv"], tmp_path).stdout
    run_inside([*command, "-o", "a.json"], tmp_path, environment=wish)
    run_inside([*command, "-o", "a.txt"], tmp_path, environment=wish)
    assert (tmp_path / "a.json").read_bytes() == as_json
    assert (tmp_path / "a.txt").read_bytes() == as_csv
    assert run_inside([*command, "-q", "-o", "b.csv"], tmp_path).code == 0
    answer = b"0.09003057317038046,0.24472847105479764,0.6652409557748218\n"
    assert (tmp_path / "b.csv").read_bytes() == answer
