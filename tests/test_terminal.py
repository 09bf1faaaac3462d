"""What a terminal is shown: tables that fit it, carets under faults, colours, and no input that
could drive it."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.conftest import BIN, PATIENCE, ROOT, Xent, environment
from tests.faults.running import run_inside
from tests.looks import LOOKS, write_inputs
from tests.terminals import on_terminal
from xentcli.run import outputs
from xentcli.writers.interface import View
from xentcli.writers.view import view_of

README = ("ce", "--logits", "12.3,-5.2,31.4", "--label", "0")
DIGITS = ("ce", str(ROOT / "examples" / "digits.csv"), "--rows", "2")
DIAGNOSIS = (
    *("diagnose", "--logits", "2.1,-0.3,0.8; -1.2,0.4,1.9; 0.5,1.5,-0.7; 1.1,0.2,-0.4"),
    *("--labels", "0,2,0,1", "--got", "3.861"),
)
WIDTHS = (40, 80, 120, 200)
# More blocks than this are not drawn, whatever the width.
CLASSES_LEFT_OUT = ("fifty classes",)

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Beside them no number stands for anything but itself: not 1 in log1p.
NUMBER = re.compile(r"(?<![\w.])-?[0-9][0-9,]*(?:\.[0-9]+)?(?:e[+-][0-9]+)?(?![\w.])")


def width(line: str) -> int:
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in line)
    return len(line) + wide - sum(map(bool, map(unicodedata.combining, line)))


def plain(text: str) -> str:
    return COLOUR.sub("", text)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("command", [README, DIGITS], ids=["README", "digits"])
class TestTheTable:
    def test_is_no_wider_than_the_terminal(
        self, command: Sequence[str], columns: int, tmp_path: Path
    ) -> None:
        code, shown = on_terminal(command, tmp_path, columns)
        assert code == 0
        assert max(map(width, plain(shown).splitlines())) <= columns

    def test_has_every_number_of_the_piped_one(
        self, command: Sequence[str], columns: int, xent: Xent, tmp_path: Path
    ) -> None:
        piped = Counter(NUMBER.findall(xent(*command).stdout))
        shown = Counter(NUMBER.findall(plain(on_terminal(command, tmp_path, columns)[1])))
        assert not piped - shown


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return folder


def shown_within(command: Sequence[str], folder: Path, columns: int, letters: str) -> str:
    """What a terminal of so many columns is shown, in all letters or in ASCII alone."""

    def view(**asked: Any) -> View:
        return view_of(**asked)._replace(width=columns, unicode=letters == "all letters")

    with mock.patch.object(outputs, "view_of", view):
        ran = run_inside(command, folder)
    assert ran.code == 0, ran.stderr
    return ran.stdout.decode()


@pytest.mark.parametrize("letters", ["all letters", "ASCII"])
@pytest.mark.parametrize("name", LOOKS)
def test_nothing_is_wider_than_a_narrow_terminal_and_no_number_is_cut(
    name: str, letters: str, inputs: Path
) -> None:
    shown = shown_within(LOOKS[name], inputs, 40, letters)
    assert max(map(width, shown.splitlines())) <= 40
    whole = shown_within(LOOKS[name], inputs, 10_000, letters)
    if name not in CLASSES_LEFT_OUT:
        # A class's number may be told twice: above each of its blocks.
        assert not set(NUMBER.findall(whole)) - set(NUMBER.findall(shown))


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_diagnosis_is_no_wider_than_the_terminal(
    columns: int, xent: Xent, tmp_path: Path
) -> None:
    code, shown = on_terminal(DIAGNOSIS, tmp_path, columns)
    assert code == 0
    assert max(map(width, plain(shown).splitlines())) <= columns
    # Only where lines end differs; the header is for where there is room beside the numbers.
    if columns > 40:
        assert below_header(plain(shown)) == below_header(xent(*DIAGNOSIS).stdout)


def below_header(text: str) -> str:
    return "".join(text.rpartition("─")[2].split())


@pytest.mark.parametrize(
    ("typed", "value", "column"), [("12.3,x,31.4", "value 2", 7), ("x,2", "value 1", 2)]
)
def test_a_caret_under_a_typed_value(typed: str, value: str, column: int, tmp_path: Path) -> None:
    code, shown = on_terminal(["softmax", "--logits", typed], tmp_path)
    assert code == 1
    assert shown.splitlines() == [
        f'xent: --logits, sample 1, {value}: cannot read "x" as a number',
        f"  {typed}",
        " " * column + "^",
    ]


@pytest.mark.parametrize(
    ("row", "under"),
    [
        ("1,oops,0", "    ^^^^"),
        ("nope,2,0", "  ^^^^"),
        ('"a,b",2,0', "  ^^^^^"),
        ("1,2,x", "      ^"),
        ("1,2,7", "      ^"),
    ],
)
def test_a_caret_under_a_cell(row: str, under: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a,b,label\n1,2,0\n{row}\n", encoding="utf-8")
    code, shown = on_terminal(["ce", "a.csv"], tmp_path)
    assert code == 1
    assert shown.splitlines()[1:3] == [f"  {row}", under]


@pytest.mark.parametrize(
    "before",
    ["\x1b[31m", "1" * 100, "日本語", "e\u0301"],
    ids=["escaped", "long", "wide", "two that are one letter"],
)
def test_a_caret_stands_where_the_value_is_shown(before: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"note,b,c\n{before},1,2\n{before},x,2\n", encoding="utf-8")
    code, shown = on_terminal(["softmax", "a.csv", "--logit-cols", "b,c"], tmp_path)
    assert code == 1
    row, caret = shown.splitlines()[1:3]
    assert width(row[: row.index(",x,") + 1]) == caret.index("^")


def test_no_caret_in_a_pipe(xent: Xent) -> None:
    assert "^" not in xent("softmax", "--logits", "1,x").stderr


COLOURED = {
    "a terminal": (True, (), {}, True),
    "a pipe": (False, (), {}, False),
    "NO_COLOR": (True, (), {"NO_COLOR": "1"}, False),
    "an empty NO_COLOR": (True, (), {"NO_COLOR": ""}, True),
    "TERM=dumb": (True, (), {"TERM": "dumb"}, False),
    "FORCE_COLOR": (False, (), {"FORCE_COLOR": "1"}, True),
    "CLICOLOR_FORCE": (False, (), {"CLICOLOR_FORCE": "1"}, True),
    "CLICOLOR_FORCE=0": (False, (), {"CLICOLOR_FORCE": "0"}, False),
    "CLICOLOR=0": (True, (), {"CLICOLOR": "0"}, False),
    "CLICOLOR=1": (False, (), {"CLICOLOR": "1"}, False),
    "CLICOLOR_FORCE beats CLICOLOR=0": (False, (), {"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, True),
    "NO_COLOR beats CLICOLOR_FORCE": (False, (), {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
    "NO_COLOR beats FORCE_COLOR": (False, (), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    "always": (False, ("--color", "always"), {}, True),
    "always beats NO_COLOR": (False, ("--color", "always"), {"NO_COLOR": "1"}, True),
    "always beats TERM=dumb": (True, ("--color", "always"), {"TERM": "dumb"}, True),
    "never": (True, ("--color", "never"), {}, False),
    "never beats FORCE_COLOR": (True, ("--color", "never"), {"FORCE_COLOR": "1"}, False),
}


@pytest.mark.parametrize(
    ("terminal", "options", "env", "expected"), COLOURED.values(), ids=COLOURED.keys()
)
def test_colour(
    terminal: bool,
    options: tuple[str, ...],
    env: dict[str, str],
    expected: bool,
    xent: Xent,
    tmp_path: Path,
) -> None:
    command = [*README, *options]
    shown = on_terminal(command, tmp_path, env=env)[1] if terminal else xent(*command, **env).stdout
    assert bool(COLOUR.search(shown)) == expected
    # Colour is all that differs, but for spaces at the ends of lines.
    assert stripped(plain(shown)) == stripped(xent(*README).stdout)


def stripped(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("command", ["ce", "softmax", "log-softmax", "nll", "grad"])
def test_a_terminal_that_has_only_ascii(command: str, xent: Xent) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    options = [] if command in ("softmax", "log-softmax") else ["--label", "0"]
    classes = ["--classes", "é,日本,c"]
    ran = xent(command, "--logits", "12.3,-5.2,31.4", *options, *classes, **ascii_only)
    assert ran.returncode == 0
    assert ran.stdout.isascii()
    assert "12.3" in ran.stdout


ODD = {
    "an escape sequence": "\x1b[31mred",
    "a title for the window": "\x1b]0;owned\x07",
    "a mark that turns the text round": "a\u202eb",
    "an isolating mark": "a\u2067b",
    "a bell": "a\x07b",
    "a carriage return": "a\rb",
    "a control of eight bits": "a\x9b31mb",
}
MARKUP = ("[red]", "[/red]", "[/INST]", "[bold]x[/bold]", ":smile:", "[link=x]y")


def harmless(text: str) -> bool:
    return all(letter == "\n" or letter.isprintable() for letter in text)


def named(name: str) -> str:
    quoted = name.replace('"', '""')
    return f'"{quoted}",other,label\n1,2,0\n1,2,1\n'


@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
class TestAClassWithAnOddName:
    def test_is_escaped_in_a_table(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(named(name), encoding="utf-8", newline="")
        code, shown = on_terminal(["ce", "a.csv"], tmp_path, columns=200, env={"NO_COLOR": "1"})
        assert code == 0
        assert harmless(shown)
        assert name.encode("unicode_escape").decode() in shown

    def test_is_escaped_in_a_message(self, name: str, tmp_path: Path) -> None:
        content = named(name) + "x,2,0\n"
        (tmp_path / "a.csv").write_text(content, encoding="utf-8", newline="")
        code, shown = on_terminal(["ce", "a.csv"], tmp_path, columns=200)
        assert code == 1
        assert harmless(shown)
        assert name.encode("unicode_escape").decode() in shown

    def test_is_untouched_in_data(self, name: str, xent: Xent, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(named(name), encoding="utf-8", newline="")
        as_csv = subprocess.run(
            [str(BIN / "xent"), "softmax", "a.csv", "--format", "csv"],
            capture_output=True,
            cwd=tmp_path,
            env=environment(),
            timeout=PATIENCE,
            check=True,
        )
        header = named(name).encode().partition(b",other")[0]
        assert as_csv.stdout.startswith(header + b",other,label\n")
        as_json = xent("softmax", "a.csv", "--format", "json")
        assert json.loads(as_json.stdout)["classes"] == [name, "other"]


@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
def test_an_odd_cell_is_escaped_in_a_message(name: str, tmp_path: Path) -> None:
    content = f'a,b,label\n1,2,0\n1,"{name}",0\n'
    (tmp_path / "a.csv").write_text(content, encoding="utf-8", newline="")
    code, shown = on_terminal(["ce", "a.csv"], tmp_path, columns=200)
    assert code == 1
    assert harmless(shown)


@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
def test_an_odd_word_is_escaped_wherever_it_is_typed(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(named("a"))
    for command in (
        ["softmax", "--logits", f"1,{name}"],
        ["ce", "--logits", "1,2", "--label", name],
        ["ce", "--logits", "1,2", "--label", "c", "--classes", f"{name},b"],
        ["ce", "a.csv", "--label-col", name],
        ["ce", "a.csv", "--weight", f"{name}=2"],
        ["ce", "a.csv", "--reduction", name],
        ["ce", "a.csv", "--encoding", name],
        ["ce", f"{name}.csv"],
        ["ce", "a.csv", "-o", f"no/{name}"],
        [name],
        ["ce", f"--{name}"],
    ):
        found = run_inside(command, tmp_path)
        assert (found.code in (1, 2), found.stdout) == (True, b""), command
        assert harmless(found.stderr), command


@pytest.mark.parametrize("name", MARKUP)
def test_markup_is_no_markup(name: str, xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(named(name), encoding="utf-8")
    code, shown = on_terminal(["ce", "a.csv"], tmp_path)
    assert code == 0
    assert name in plain(shown)
    (tmp_path / "a.csv").write_text(named(name) + "x,1,0\n", encoding="utf-8")
    assert f'column "{name}"' in xent("ce", "a.csv").stderr
