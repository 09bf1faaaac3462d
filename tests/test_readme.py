"""What the pages show is what the commands print, and what they name exists.

``pytest tests/test_readme.py --update-cases`` writes what the commands print into them.
"""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT, environment, needs_posix
from xentcli import readers, writers
from xentcli.calculation.commands import COMMANDS
from xentcli.cli.commands import FUNCTIONS
from xentcli.options.flatten import names_of_options

needs_posix()

README = ROOT / "README.md"
PACKAGE = ROOT / "src" / "xentcli"
READMES = [README, ROOT / "README.ja.md", ROOT / "README.zh.md"]
# Pages with commands and what these print.
PAGES = [
    *READMES,
    ROOT / "examples" / "pipelines.md",
    ROOT / "examples" / "why-logsumexp.md",
]
OTHER_PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
LINKED = [*PAGES, *OTHER_PAGES, ROOT / "benchmarks" / "README.md"]
HEADLINE = 'xent ce --logits "12.3,-5.2,31.4" --label 0'
NEEDED = ("jq", "mlr")
# What every command takes, and what stands before one.
OF_ALL = {"--help", "-h"}
OF_NONE = {"--version", "--install-completion", "--show-completion"}

FENCED = r"^```{}\n(.*?)^```$"
CONSOLE = re.compile(FENCED.format("console"), re.DOTALL | re.MULTILINE)
SHELL = re.compile(FENCED.format("sh"), re.DOTALL | re.MULTILINE)
ANY_FENCED = re.compile(FENCED.format(r"\w*"), re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
SPAN = re.compile(r"`((?:[^`\n]|\n(?!\n))+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
EXTRAS = re.compile(r"pip install [^\n`]*\[([a-z,]+)\]")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def project_file() -> dict[str, Any]:
    return tomllib.loads(text_of(ROOT / "pyproject.toml"))


def printed(command: str, folder: Path) -> str:
    ran = subprocess.run(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(),
        check=False,
    )
    return ran.stdout + ran.stderr


def shown() -> list[tuple[Path, str, str]]:
    found = []
    for page in PAGES:
        for block in CONSOLE.findall(text_of(page)):
            found += [(page, match[1], match[2]) for match in COMMAND.finditer(block)]
    return found


@pytest.mark.parametrize(
    ("page", "command", "output"), shown(), ids=[f"{name_of(p)}: {c[:60]}" for p, c, _ in shown()]
)
def test_a_command_prints_what_is_shown(
    page: Path, command: str, output: str, request: pytest.FixtureRequest
) -> None:
    for tool in NEEDED:
        if f"| {tool} " in command and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    found = printed(command, page.parent)
    if request.config.getoption("--update-cases"):
        text = text_of(page).replace(f"$ {command}\n{output}", f"$ {command}\n{found}")
        page.write_text(text, encoding="utf-8")
        output = found
    assert found == output


def test_no_command_is_shown_twice_on_a_page() -> None:
    # --update-cases finds a command by its text.
    commands = [(page, command) for page, command, _ in shown()]
    assert len(commands) == len(set(commands))


def test_the_picture_is_what_the_command_saves(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    saved = "examples/headline.svg"
    assert all(f"]({saved})" in text_of(page) for page in READMES)
    (tmp_path / "examples").mkdir()
    # The picture tells the command that made it: here it has to be the same.
    printed(f"{HEADLINE} --save {saved}", tmp_path)
    made = (tmp_path / saved).read_bytes()
    if request.config.getoption("--update-cases"):
        (ROOT / saved).write_bytes(made)
    assert (ROOT / saved).read_bytes() == made


def test_python_examples() -> None:
    assert doctest.testfile(str(README), module_relative=False).failed == 0


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_the_set_up_is_two_commands(page: Path) -> None:
    """The first shows the headline; the second is run word for word before a change lands."""
    use, work, *_ = SHELL.findall(text_of(page))
    assert use == f"pip install '.[fast]' && {HEADLINE}\n"
    assert work == "pip install -e '.[dev]' && pytest\n"


def test_every_extra_that_is_named_exists() -> None:
    named = {extra for page in LINKED for extra in EXTRAS.findall(text_of(page))}
    assert {"fast", "dev", "arrow"} <= named
    assert named <= set(project_file()["project"]["optional-dependencies"])


def python_versions() -> list[str]:
    """The versions of Python that the project names."""
    classifiers = " ".join(project_file()["project"]["classifiers"])
    return re.findall(r"Python :: (3\.\d+)", classifiers)


def test_the_versions_of_python_are_those_of_the_project() -> None:
    first, *_, last = python_versions()
    assert project_file()["project"]["requires-python"] == f">={first}"
    assert f"Python {first} or later. Up to {last} all that" in text_of(README)
    assert all(f"Python {first} " in text_of(page) for page in READMES)


MACHINES = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")]


@pytest.mark.parametrize(("system", "machine"), [*MACHINES, ("win32", "ARM64")])
def test_what_would_need_a_compiler_is_not_asked_for(system: str, machine: str) -> None:
    """simdjson has wheels for some Pythons and machines, each release of NumPy for some Pythons."""
    project = project_file()["project"]
    needs = [*project["dependencies"], *project["optional-dependencies"]["fast"]]
    for version in python_versions():
        where = {"python_version": version, "sys_platform": system, "platform_machine": machine}
        asked = [
            need.name
            for need in map(Requirement, needs)
            if need.marker is None
            or need.marker.evaluate({**where, "platform_python_implementation": "CPython"})
        ]
        has_simdjson = version != "3.14" and machine != "ARM64"
        assert sorted(asked) == sorted(
            ["numpy", "rich", "typer", "orjson", *["pysimdjson"] * has_simdjson]
        )


def invocations(text: str) -> Iterator[list[str]]:
    """The words of each ``xent …`` that is named and not run."""
    written = [line for block in SHELL.findall(text) for line in block.splitlines()]
    written += SPAN.findall(ANY_FENCED.sub("", text))
    for line in written:
        for part in re.split(r"\||&&|;", line):
            words = part.split()
            if words[:1] == ["xent"] and len(words) > 1:
                yield words


@pytest.mark.parametrize("page", [*PAGES, *OTHER_PAGES], ids=name_of)
def test_every_option_that_is_named_exists(page: Path) -> None:
    of_any = OF_ALL | OF_NONE
    for function in FUNCTIONS.values():
        of_any |= names_of_options(function)
    for _, name, *words in invocations(text_of(page)):
        known = OF_ALL | OF_NONE if name.startswith("-") else of_any
        if name in COMMANDS:
            known = OF_ALL | names_of_options(FUNCTIONS[name])
        else:
            assert name in known | {"COMMAND"}
        assert {word for word in words if re.match("--?[a-z]", word)} <= known, name
    spans = SPAN.findall(ANY_FENCED.sub("", text_of(page)))
    assert {span.split()[0] for span in spans if span.startswith("--")} <= of_any


def test_the_tables_of_the_readme_are_complete() -> None:
    rows = re.findall(r"^\| (`.*?) \|", text_of(README), re.MULTILINE)
    listed = {span for row in rows for span in SPAN.findall(row)}
    assert {f"xent {name}" for name in COMMANDS} <= listed
    assert set(writers.NAMES) <= listed
    suffixes = SPAN.findall(text_of(README))
    assert {format.suffixes[0] for format in readers.FORMATS} <= set(suffixes)


def test_what_is_to_be_touched_for_an_extension_is_there() -> None:
    spans = set(SPAN.findall(text_of(README).partition("## Extending it")[2]))
    sources = {str(path.relative_to(PACKAGE)): text_of(path) for path in PACKAGE.rglob("*.py")}
    files = {span for span in spans if span.endswith(".py") and " " not in span}
    named = {span for span in spans if re.fullmatch(r"_\w+|[A-Z]\w+|[a-z]+_\w+", span)} - {"NAME"}
    assert len(files) > 5
    assert len(named) > 10
    assert all(file in sources or (ROOT / file).exists() for file in files), files
    everything = "\n".join(sources.values())
    assert {name for name in named if not re.search(rf"\b{name}\b", everything)} == set()


def test_the_map_has_every_layer_in_its_order() -> None:
    contracts = project_file()["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    rows = re.findall(r"^\| (`\w+`.*?) \|", text_of(ROOT / "CONTRIBUTING.md"), re.MULTILINE)
    assert [SPAN.findall(row) for row in rows] == [layer.split(" | ") for layer in layers]


def anchors(page: Path) -> set[str]:
    """What can follow the # of a link, as GitHub makes it of the headings."""
    headings = re.findall(r"^#+ (.*)$", ANY_FENCED.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(ANY_FENCED.sub("", text_of(page))):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
