"""What a shell completes: commands, options, words, and the columns of the file that is named."""

from __future__ import annotations

import bz2
import gzip
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import BIN, PATIENCE, Xent, environment, run_python
from xentcli.calculation.commands import COMMANDS

HEADER = "id,logit_cat,logit_dog,my answer,label\n"
BASH = shutil.which("bash")
ZSH = shutil.which("zsh")
NO_NUMPY = """\
import sys; from xentcli.cli.main import main
main([]); print(*(name for name in sys.modules if name == "numpy"))
"""


@pytest.fixture
def completed(xent: Xent) -> Callable[[str], list[str]]:
    """What bash is offered for the end of a line."""

    def complete(line: str) -> list[str]:
        ran = xent(_XENT_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(line.count(" ")))
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.split("\n")[:-1] if ran.stdout.strip() else []

    return complete


Completed = Callable[[str], list[str]]


def test_commands(completed: Completed) -> None:
    assert completed("xent ") == list(COMMANDS)
    assert completed("xent s") == ["softmax"]
    assert completed("xent ce") == ["ce"]


def test_options(completed: Completed) -> None:
    assert completed("xent --v") == ["--version"]
    assert {"--label-col", "--label", "--labels-from"} <= set(completed("xent ce --la"))
    assert "--label" not in completed("xent softmax --la")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("xent ce --reduction ", ["mean", "sum", "none"]),
        ("xent ce --format j", ["json", "jsonl"]),
        ("xent diagnose --format ", ["table", "json"]),
        ("xent ce a.csv -q --color a", ["auto", "always"]),
    ],
)
def test_words_of_an_option(line: str, words: list[str], completed: Completed) -> None:
    assert completed(line) == words


@pytest.mark.parametrize("line", ["xent ce ", "xent ce a", "xent ce a.csv -o ", "xent ce --rows "])
def test_files_are_left_to_the_shell(line: str, completed: Completed) -> None:
    assert completed(line) == []


def test_help_and_version_are_not_shown_while_a_line_is_completed(completed: Completed) -> None:
    assert completed("xent ce --help --reduction s") == ["sum"]
    assert completed("xent --version s") == ["softmax"]


PLAIN = HEADER.encode() + b"1,2,3,4,0\n"
RECORD = b'{"id": 1, "logit_cat": 2, "logit_dog": 3, "label": 0}\n'
NAMES = ["id", "logit_cat", "logit_dog", "label"]


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("a.csv", PLAIN, ""),
        ("a.csv", b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n"), ""),
        ("a.csv", HEADER.replace("id", '"id"').encode(), ""),
        ("a.csv", HEADER.rstrip().encode(), ""),
        ("a.csv", PLAIN.decode().encode("utf-16"), ""),
        ("a.csv", PLAIN.replace(b",", b";"), "--delimiter ; "),
        ("a.csv", PLAIN.replace(b",", b"\t"), "--delimiter tab "),
        ("a.csv", b"# 2026\n" + PLAIN, "--comment # "),
        ("a.tsv", PLAIN.replace(b",", b"\t"), ""),
        ("a.dat", PLAIN.replace(b",", b"\t"), "--input-format tsv "),
        ("a.csv.gz", gzip.compress(PLAIN, mtime=0), ""),
        ("a.csv.bz2", bz2.compress(PLAIN), ""),
        ("a.jsonl", RECORD + b"{", ""),
        ("a.jsonl.gz", gzip.compress(RECORD, mtime=0), ""),
    ],
)
def test_columns_of_a_file(
    name: str, content: bytes, more: str, completed: Completed, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    # A name with a space would need quotes, which differ from shell to shell.
    assert completed(f"xent ce {name} {more}--label-col ") == NAMES


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_columns_of_a_table(suffix: str, completed: Completed, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    write = parquet.write_table if suffix == "parquet" else feather.write_feather
    write(pa.table({name: [1.0] for name in NAMES}), tmp_path / f"a.{suffix}")
    assert completed(f"xent ce a.{suffix} --label-col ") == NAMES


@pytest.mark.parametrize("option", ["--label-col", "--weight-col", "--by"])
def test_one_column(option: str, completed: Completed, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER)
    assert completed(f"xent ce a.csv --rows 2 {option} l") == ["logit_cat", "logit_dog", "label"]


@pytest.mark.parametrize("option", ["--logit-cols", "--target-cols"])
def test_several_columns(option: str, completed: Completed, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER)
    assert completed(f"xent ce a.csv {option} logit_cat,l") == [
        "logit_cat,logit_dog",
        "logit_cat,label",
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none.csv", None),
        ("a.csv", b""),
        ("a.csv.gz", gzip.compress(PLAIN, mtime=0)[:-30]),
        ("a.jsonl", b"not JSON\n"),
        ("a.jsonl", b"[1, 2]\n"),
        ("a.parquet", b"PAR1"),
        ("a.npy", b"\x93NUMPY"),
        ("-", None),
        (".", None),
    ],
)
def test_a_file_that_cannot_be_read_completes_nothing(
    name: str, content: bytes | None, completed: Completed, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert completed(f"xent ce {name} --label-col ") == []


def test_no_name_of_a_column_is_run_by_a_shell(completed: Completed, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("$(touch x),`touch x`,a;b,*,a'b,\x1b[31m,é\n")
    assert completed("xent ce a.csv --label-col ") == ["é"]


def test_a_completion_does_without_numpy(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER)
    line = "xent ce a.csv --label-col "
    asked = {"_XENT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": "4"}
    ran = run_python(NO_NUMPY, folder=tmp_path, **asked)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == NAMES


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_show_the_help_beside(shell: str, xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER)
    asked = {"_XENT_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    columns = xent(_TYPER_COMPLETE_ARGS="xent ce a.csv --by ", **asked)
    options = xent(_TYPER_COMPLETE_ARGS="xent ce --tar", **asked)
    assert (columns.stderr, options.stderr) == ("", "")
    assert all(name in columns.stdout for name in NAMES)
    assert "A second file of soft targets." in options.stdout


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o default -F _xent_completion xent"),
        ("zsh", "compdef _xent_completion xent"),
        ("fish", "complete --command xent --no-files"),
    ],
)
def test_the_script_of_a_shell(shell: str, line: str, xent: Xent) -> None:
    script = xent(_XENT_COMPLETE=f"source_{shell}")
    assert (script.returncode, script.stderr) == (0, "")
    assert line in script.stdout
    assert f"_XENT_COMPLETE=complete_{shell}" in script.stdout


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
def test_bash_completes_with_the_script(xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "xent.bash").write_text(xent(_XENT_COMPLETE="source_bash").stdout)
    (tmp_path / "a.csv").write_text(HEADER)
    pressed = """\
source xent.bash
COMP_WORDS=(xent ce a.csv --label-col lo) COMP_CWORD=4
_xent_completion xent
printf '%s\\n' "${COMPREPLY[@]}"
complete -p xent
"""
    ran = subprocess.run(
        [BASH or "", "--norc", "-c", pressed],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        check=True,
    )
    assert ran.stdout.splitlines() == [
        "logit_cat",
        "logit_dog",
        "complete -o default -F _xent_completion xent",
    ]
    assert ran.stderr == ""


def in_bash(option: str, home: Path) -> subprocess.CompletedProcess[str]:
    """What xent prints when bash runs it, and then its exit code."""
    return subprocess.run(
        # The second command keeps bash from making way for the first.
        [BASH or "", "--norc", "-c", f"{BIN / 'xent'} {option}; echo $?"],
        capture_output=True,
        text=True,
        env=environment(HOME=str(home)),
        check=True,
    )


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
def test_the_shell_that_asks_gets_its_script(tmp_path: Path) -> None:
    ran = in_bash("--show-completion", tmp_path)
    assert "complete -o default -F _xent_completion xent" in ran.stdout
    assert ran.stdout.endswith("\n0\n")


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
def test_installing_writes_the_script_and_has_it_read(tmp_path: Path) -> None:
    ran = in_bash("--install-completion", tmp_path)
    assert ran.stdout.endswith("\n0\n")
    script = tmp_path / ".bash_completions" / "xent.sh"
    assert f"source '{script}'" in (tmp_path / ".bashrc").read_text()
    assert "_XENT_COMPLETE=complete_bash" in script.read_text()


def in_zsh(line: str, home: Path) -> str:
    """What stands on zsh's line after a first Tab."""
    import os
    import pty
    import select
    import time

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(home)
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        os.execvpe(ZSH or "", ["zsh", "-i"], environment(HOME=str(home), PATH=path, TERM="dumb"))
    shown = b""

    def read_until(text: str) -> None:
        nonlocal shown
        end = time.monotonic() + PATIENCE
        while text.encode() not in shown and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 4096)

    try:
        read_until("ready> ")
        shown = b""
        os.write(terminal, f"{line}\t".encode())
        read_until("softmax ")
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)
    return shown.decode()


def install_in_zsh(home: Path) -> None:
    # The second command keeps zsh from making way for the first.
    subprocess.run(
        [ZSH or "", "-f", "-c", f"{BIN / 'xent'} --install-completion; true"],
        capture_output=True,
        env=environment(HOME=str(home)),
        check=True,
    )


@pytest.mark.skipif(ZSH is None, reason="zsh is not installed")
def test_zsh_completes_at_the_first_tab(tmp_path: Path) -> None:
    (tmp_path / ".zshrc").write_text("PS1='ready> '\n")
    install_in_zsh(tmp_path)
    assert "xent softmax " in in_zsh("xent so", tmp_path)


@pytest.mark.skipif(ZSH is None, reason="zsh is not installed")
def test_zshrc_gets_one_line_and_keeps_the_others(tmp_path: Path) -> None:
    mine = "# mine\n\n\nPS1='> '"
    (tmp_path / ".zshrc").write_text(mine)
    line = "fpath+=~/.zfunc; autoload -Uz compinit; compinit\n"
    for _ in range(2):
        install_in_zsh(tmp_path)
        assert (tmp_path / ".zshrc").read_text() == f"{mine}\n{line}"
