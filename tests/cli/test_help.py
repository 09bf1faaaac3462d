"""The help: every example in it runs, nothing in it is cut, and it is the same option once."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import PATIENCE, Xent, environment
from tests.terminals import run_on_terminal
from xentcli import readers
from xentcli.calculation.commands import COMMANDS
from xentcli.cli.commands import EXAMPLES, function_of
from xentcli.cli.help import options_of

LOGITS = """\
id,cat,dog,fox,label,source
a1,2.1,-0.3,0.4,cat,web
a2,0.2,1.9,-1.1,dog,web
a3,-0.5,0.3,2.2,fox,scan
a4,1.2,0.9,-0.4,dog,scan
a5,0.1,-1.4,0.8,cat,scan
a6,-0.2,2.5,0.6,dog,web
"""
RUNS = (
    """\
a,b,c,label
0.13807842,0.76510708,0.09681451,0
0.31698662,0.26993158,0.4130818,1
0.46864621,0.01320047,0.51815332,2
""",
    """\
a,b,c,label
0.62,0.21,0.17,0
0.05,0.55,0.4,1
0.3,0.3,0.4,0
""",
)
# What yes/no questions and distributions are read from.
OTHERS = {
    "scores.csv": "z,clicked\n1.5,1\n-0.5,0\n3,0\n",
    "tags.csv": "z_cat,z_dog,is_cat,is_dog\n1.5,-2,1,0\n0.5,2,0,1\n",
    "student.csv": "a,b,c\n2,1.5,0.1\n0.5,1,2\n",
    "teacher.csv": "a,b,c\n0.7,0.2,0.1\n0.1,0.3,0.6\n",
    "today.csv": "a,b\n0.5,0.5\n0.9,0.1\n",
    "before.csv": "a,b\n0.4,0.6\n0.9,0.1\n",
}
EVERY = [("", example) for example in EXAMPLES] + [
    (name, example) for name, command in COMMANDS.items() for example in command.examples
]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the files that the examples name."""
    (tmp_path / "logits.csv").write_text(LOGITS)
    for number, run in enumerate(RUNS, 1):
        (tmp_path / f"run{number}.csv").write_text(run)
    (tmp_path / "probs.csv").write_text(RUNS[1])
    for name, text in OTHERS.items():
        (tmp_path / name).write_text(text)
    np.save(tmp_path / "probs.npy", np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]]))
    np.save(tmp_path / "logits.npy", np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]]))
    np.save(tmp_path / "labels.npy", np.array([2, 0]))
    return tmp_path


@pytest.mark.parametrize(("command", "example"), EVERY)
def test_an_example_runs(command: str, example: str, files: Path, quick_path: str) -> None:
    before = set(files.iterdir())
    ran = subprocess.run(
        ["sh", "-c", example],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=files,
        env=environment(PATH=quick_path),
        timeout=PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stderr.decode()) == (0, "")
    named = {files / name for name in re.findall(r"(?:-o|--save) (\S+)", example)}
    assert set(files.iterdir()) == before | named
    assert all(path.stat().st_size for path in named)
    assert bool(ran.stdout) == (" -o " not in example)


def test_the_help_names_every_format_of_input(xent: Xent) -> None:
    shown = re.sub(r"[│\s]+", " ", xent("ce", "--help").stdout).lower()
    file = shown.partition(" [file]... csv")[2].partition(" --logits ")[0]
    words = set(re.findall(r"[a-z]+", f"csv{file.replace('json lines', 'jsonl')}"))
    assert set(readers.NAMES) <= words


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_examples_and_its_help_shows_them(name: str, xent: Xent) -> None:
    examples = COMMANDS[name].examples
    assert 2 <= len(examples) <= 5
    shown = xent(name, "--help", COLUMNS="100").stdout
    for example in examples:
        assert f"\n  {example}\n" in shown


def folded(program: Path, width: int, *arguments: str) -> list[str]:
    """The lines of the help on a terminal of that width."""
    env = environment(TERM="xterm")
    shown = run_on_terminal([str(program), *arguments], Path(), width, env)
    assert shown.code == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.text).splitlines()


@pytest.mark.parametrize("width", [40, 75, 76, 200])
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_cut_at_any_width(name: str, width: int, quick: Path) -> None:
    lines = folded(quick / "xent", width, name, "--help")
    assert max(map(len, lines)) <= width
    words = re.sub(r"\s+", " ", " ".join(line.strip("│ ") for line in lines))
    for option in options_of(function_of(name)):
        said = f"{option.synopsis} {option.help}"
        # A list of choices may be parted behind each.
        assert said.replace("|", "") in re.sub(r"\| ?", "", words)


def test_a_panel_is_closed_on_both_sides(xent: Xent) -> None:
    lines = xent("ce", "--help").stdout.splitlines()
    framed = [line for line in lines if line[:1] in "╭│╰" and line]
    assert {len(line) for line in framed} == {80}
    assert {line[0] + line[-1] for line in framed} == {"╭╮", "││", "╰╯"}
    titles = [line.strip("╭─╮ ") for line in framed if line.startswith("╭")]
    assert titles == ["Input", "Loss", "Output"]


def test_the_shell_joins_a_folded_example(xent: Xent) -> None:
    shown = xent("ce", "--help", COLUMNS="40").stdout.partition("Examples:\n")[2]
    script = shown.partition("\n\n")[0].replace("xent ", "printf '%s|' ")
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    said = [example.removeprefix("xent ") for example in COMMANDS["ce"].examples]
    whole = " ; ".join(f"printf '%s|' {example}" for example in said)
    joined = subprocess.run(["sh", "-c", whole], capture_output=True, text=True, check=True)
    assert ran.stdout == joined.stdout


def test_xent_alone_is_its_help(xent: Xent) -> None:
    alone = xent()
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout == xent("--help").stdout == xent("-h").stdout
    for name in COMMANDS:
        assert re.search(rf"^│ {name} +\S", alone.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_where_there_are_only_ascii_letters(name: str, xent: Xent) -> None:
    shown = xent(*[name][: bool(name)], "--help", PYTHONIOENCODING="ascii")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.isascii()
    assert "\\" not in shown.stdout.replace("tab for \\t", "").replace("\\\n", "")


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_a_word_too(name: str, xent: Xent) -> None:
    words = [name][: bool(name)]
    shown = xent("help", *words)
    assert (shown.returncode, shown.stdout) == (0, xent(*words, "--help").stdout)


def test_help_of_help(xent: Xent) -> None:
    assert xent("help", "help").stdout == xent("--help").stdout


def test_help_of_what_is_no_command(xent: Xent) -> None:
    shown = xent("help", "softmx")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "did you mean softmax?" in shown.stderr


def test_the_version_has_a_short_option(xent: Xent) -> None:
    assert xent("-V").stdout == xent("--version").stdout


def test_help_in_a_pipe_has_colour_only_if_it_is_forced(xent: Xent) -> None:
    assert "\x1b" not in xent("ce", "--help").stdout
    assert "\x1b[1m" in xent("ce", "--help", FORCE_COLOR="1").stdout


def test_help_says_once_how_to_set_options_for_good(xent: Xent) -> None:
    assert xent("ce", "--help").stdout.count("XENT_") == 1
    assert xent("ce", "--logits", "1,2", "--label", "0", XENT_QUIET="1").stdout.count("\n") == 1


@pytest.mark.parametrize("variable", ["XENT_HELP", "XENT_VERSION"])
def test_the_environment_does_not_turn_a_command_into_its_help(variable: str, xent: Xent) -> None:
    ran = xent("ce", "--logits", "1,2", "--label", "0", "-q", **{variable: "1"})
    assert ran.stdout == "1.3132616875182228\n"


def test_a_switch_of_the_environment_that_is_neither_yes_nor_no(xent: Xent) -> None:
    ran = xent("ce", "--logits", "1,2", "--label", "0", XENT_QUIET="maybe")
    said = 'xent: XENT_QUIET: cannot read "maybe" as yes or no\nhint: 1 is yes, 0 is no\n'
    assert (ran.returncode, ran.stderr) == (2, said)
