"""``--save page.html`` and ``page.svg``: a page beside the answer, from every command."""

from __future__ import annotations

import json
import os
import re
import shlex
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import ROOT, Xent, run_python, run_shell

OLD = "what was there before\n"
DIGITS = str(ROOT / "examples" / "digits.csv")
TYPED = ("--logits", "1,2,3; 3,1,2", "--labels", "2,0")
COMMANDS = {
    "softmax": ("softmax", "--logits", "1,2,3"),
    "log-softmax": ("log-softmax", "--logits", "1,2,3"),
    "nll": ("nll", *TYPED),
    "ce": ("ce", *TYPED),
    "grad": ("grad", *TYPED),
    "diagnose": ("diagnose", *TYPED, "--got", "0.8152"),
}
KINDS = pytest.mark.parametrize("kind", ["html", "svg"])


def text_of(page: str) -> str:
    """What a page shows, tags and styles taken away."""
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", shown)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_writes_a_page_and_answers_as_without(
    command: str, xent: Xent, tmp_path: Path
) -> None:
    plain = xent(*COMMANDS[command])
    for kind in ("html", "svg"):
        saved = xent(*COMMANDS[command], "--save", f"page.{kind}")
        assert (saved.stdout, saved.stderr) == (plain.stdout, plain.stderr)
        assert saved.returncode == plain.returncode == 0
        shown = text_of((tmp_path / f"page.{kind}").read_text())
        typed = shlex.join(["xent", *COMMANDS[command]])
        assert text_of(f"{escape(typed)} ") in f"{shown} "


@pytest.mark.parametrize("options", [["-q"], ["--format", "csv"], ["--format", "jsonl"]])
def test_the_steps_are_on_the_page_whatever_is_printed(
    options: list[str], xent: Xent, tmp_path: Path
) -> None:
    plain = xent("ce", *TYPED, *options)
    saved = xent("ce", *TYPED, *options, "--save", "page.html")
    assert (saved.stdout, saved.returncode) == (plain.stdout, 0)
    shown = text_of((tmp_path / "page.html").read_text())
    for part in ("sample 0 · label 2", "0.6652", "(0.4076 + 0.4076) / 2 = 0.4076", "100.00 %"):
        assert part in shown, part


@KINDS
def test_digits_rows_and_no_steps_are_honoured(kind: str, xent: Xent, tmp_path: Path) -> None:
    path = tmp_path / f"page.{kind}"
    xent("ce", *TYPED, "-q", "--digits", "9", "--rows", "1", "--save", path.name)
    shown = text_of(path.read_text())
    assert "0.665240956" in shown
    assert "sample 1" not in shown
    assert "1 more sample not shown" in shown
    xent("ce", *TYPED, "-q", "--no-steps", "--save", path.name)
    assert "0.6652" not in text_of(path.read_text())


@KINDS
def test_a_file_has_its_losses_drawn(kind: str, xent: Xent, tmp_path: Path) -> None:
    ran = xent("ce", DIGITS, "-q", "--rows", "1", "--save", f"page.{kind}")
    assert ran.stdout == "0.1338845570685284\n"
    page = (tmp_path / f"page.{kind}").read_text()
    shown = text_of(page)
    for part in ("0.1338845570685284", "899", "96.22 %", "898 more samples", "5.6507", "1264"):
        assert part in shown, part
    assert page.count('class="column"') > 5
    assert page.count('class="bar"') >= 10 + 5


def test_the_page_and_the_answer_are_each_written(xent: Xent, tmp_path: Path) -> None:
    ran = xent("ce", *TYPED, "-q", "-o", "answer.txt", "--save", "page.svg")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {"answer.txt", "page.svg"}


@pytest.mark.skipif(os.name != "posix", reason="pastes it into a shell of POSIX")
def test_the_command_on_the_page_can_be_pasted(xent: Xent, tmp_path: Path) -> None:
    xent("softmax", "--logits", "1,2", "--classes", "it's,$HOME", "--save", "page.svg", "-q")
    root = ElementTree.parse(tmp_path / "page.svg").getroot()
    (said,) = (one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}desc"))
    command = f"{said.partition('Made by: ')[2]} --save again.svg"
    assert run_shell(command, tmp_path).returncode == 0
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "page.svg").read_bytes()


# What is typed, and what of it a page shows: only what its numbers depend on.
SHOWN = [
    ("-q --save a.html", ""),
    ("--quiet --save=a.html --digits 6", "--digits 6"),
    ("-qo out.txt --save a.html", ""),
    ("-oout.csv -f csv --save a.html --rows 1", "--rows 1"),
    ("--format json --output out.json --color always --no-progress --save a.html", ""),
    ("--no-steps --save a.html -- ", "--no-steps --"),
]


@pytest.mark.parametrize(("typed", "shown"), SHOWN)
def test_the_command_on_the_page_is_what_its_numbers_depend_on(
    typed: str, shown: str, xent: Xent, tmp_path: Path
) -> None:
    ran = xent("ce", "--logits=1,2", "--label", "0", *typed.split())
    assert ran.returncode == 0
    command = f"xent ce --logits=1,2 --label 0 {shown}".strip()
    assert command_on(tmp_path / "a.html") == command


def test_a_value_that_looks_like_such_an_option_stays(xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("--save,-q,label\n1,2,-q\n")
    ran = xent("ce", "a.csv", "--logit-cols", "--save,-q", "--save", "a.html", "--classes", "-o,-q")
    assert (ran.returncode, ran.stderr) == (0, "")
    command = "xent ce a.csv --logit-cols --save,-q --classes -o,-q"
    assert command_on(tmp_path / "a.html") == command


def command_on(page: Path) -> str:
    """The command that a page shows."""
    (code,) = re.findall(r'<pre class="command".*?><code>(.*)</code></pre>', page.read_text())
    return re.sub(r"<[^>]+>", "", code)


@pytest.mark.parametrize(
    ("command", "name"),
    [("ce", "page.pdf"), ("ce", "-"), ("ce", ""), ("diagnose", "page"), ("diagnose", "")],
)
def test_a_name_that_tells_no_kind_is_refused_before_any_work(
    command: str, name: str, xent: Xent, tmp_path: Path
) -> None:
    # The input is wrong as well, and is never looked at.
    ran = xent(command, "no-such-file.csv", "--save", name)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "--save" in ran.stderr
    assert "name" in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("a.png", "--save a.svg, and a browser, Inkscape or rsvg-convert makes that picture of it"),
        ("a.JPG", "--save a.svg, and a browser, Inkscape or rsvg-convert makes that picture of it"),
        ("b/a.pdf", "--save b/a.html, and a browser prints it to a PDF"),
        ("a.pptx", "--save a.svg is a picture that slides and documents take in"),
        ("a.md", "--format markdown --steps -o a.md writes the worked tables as Markdown"),
        ("a", "--save a.html is a page to read, --save a.svg a picture for slides"),
        ("a.htm", "--save a.html is a page to read, --save a.svg a picture for slides"),
        ("-", "--save page.html is a page to read, --save page.svg a picture for slides"),
        ("b/", "--save page.html is a page to read, --save page.svg a picture for slides"),
    ],
)
def test_the_refusal_says_what_to_write(name: str, hint: str, xent: Xent) -> None:
    ran = xent("ce", *TYPED, "--save", name)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        f'xent: --save: "{name}" is not the name of a page; '
        f"name a file that ends in .html or .svg\nhint: {hint}\n"
    )


@pytest.mark.parametrize(
    "options",
    [
        ["--save", "a.svg", "-o", "out"],
        ["--save", "a.svg", "-o", "./out"],
        ["--save", "a.svg", "--on-error", "skip", "--rejects", "a.svg"],
        ["--save", "in.html"],
        ["--save", "link.svg"],
    ],
)
def test_a_page_that_is_another_file_of_the_run_is_refused(
    options: list[str], xent: Xent, tmp_path: Path
) -> None:
    data = "a,b,label\n1,2,0\n"
    (tmp_path / "in.html").write_text(data)
    (tmp_path / "link.svg").symlink_to("in.html")
    (tmp_path / "out").symlink_to("a.svg")
    ran = xent("ce", "in.html", "--input-format", "csv", *options)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "the same file" in ran.stderr or "it is also the input" in ran.stderr
    assert (tmp_path / "in.html").read_text() == data
    assert not (tmp_path / "a.svg").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["ce", "wrong.csv"],
        ["ce", "wrong.csv", "-q"],
        ["softmax", "wrong.csv", "--format", "csv"],
        ["diagnose", "wrong.csv", "--got", "1.5"],
        ["ce", "--logits", "1,2", "--label", "-100"],
        ["ce", "--logits", "1,2", "--label", "0", "-o", "no/such/folder.txt"],
    ],
)
def test_a_run_that_fails_leaves_the_page_as_it_was(
    arguments: list[str], xent: Xent, tmp_path: Path
) -> None:
    (tmp_path / "wrong.csv").write_text("a,b,label\n1,2,0\n1,x,0\n")
    (tmp_path / "page.html").write_text(OLD)
    ran = xent(*arguments, "--save", "page.html")
    assert ran.returncode == 1
    assert (tmp_path / "page.html").read_text() == OLD
    assert {path.name for path in tmp_path.iterdir()} == {"wrong.csv", "page.html"}


def test_a_run_that_fails_writes_no_page(xent: Xent, tmp_path: Path) -> None:
    assert xent("ce", "--logits", "1,x", "--label", "0", "--save", "page.svg").returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_diagnosis_that_finds_nothing_is_a_page_too(xent: Xent, tmp_path: Path) -> None:
    ran = xent("diagnose", *TYPED, "--got", "123.456", "--save", "page.html", "-q")
    assert ran.returncode == 1
    assert ran.stdout.strip() in text_of((tmp_path / "page.html").read_text())


def test_rich_draws_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["ce", "--logits", "1,2,3", "--label", "0", "-q"]
    assert not imported(command) & {"xentcli.writers.page.report", "xentcli.writers.page.style"}
    for name in ("page.html", "page.svg"):
        modules = imported([*command, "--save", name])
        # How wide a letter is on a screen is all that is taken from it.
        assert {"xentcli.writers.page.report", "rich.cells"} <= modules
        assert not modules & {"rich.console", "rich.table", "rich.text"}


def imported(arguments: list[str]) -> set[str]:
    """The modules that a run has taken in."""
    script = "import sys, json; from xentcli.cli.main import main; main({}); print(json.dumps({}))"
    ran = run_python(script.format(arguments, "sorted(sys.modules)"))
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout.splitlines()[-1]))
