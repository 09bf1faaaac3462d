"""What the pages show is what the commands print, what is made of the code is current, and what
they name exists.

``python -m docs`` makes all of it anew.
"""

from __future__ import annotations

import ast
import doctest
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks import report, results
from docs import man, mistakes, pages
from docs.pages import HEADLINE, PAGES, README, READMES, ROOT, name_of, text_of
from docs.parts import PARTS
from packaging.requirements import Requirement

from tests.conftest import environment, needs_posix
from xentcli import readers, writers
from xentcli.calculation.commands import COMMANDS
from xentcli.cli.commands import functions
from xentcli.options.flatten import names_of_options

needs_posix()

PACKAGE = ROOT / "src" / "xentcli"
OTHER_PAGES = (ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md")
LINKED = (*PAGES, *OTHER_PAGES, ROOT / "benchmarks" / "README.md")
MOST_LINES = 300
# What every command takes, and what stands before one.
OF_ALL = {"--help", "-h"}
OF_NONE = {"--version", "--install-completion", "--show-completion"}
# What may stand in the place of a command: help of one, and any of them.
NO_COMMAND = {"help", "COMMAND"}

SHELL = re.compile(pages.FENCED.format("sh"), re.DOTALL | re.MULTILINE)
ANY_FENCED = re.compile(pages.FENCED.format(r"\w*"), re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`((?:[^`\n]|\n(?!\n))+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
EXTRAS = re.compile(r"pip install [^\n`]*\[([a-z,]+)\]")
SHOWN = [shown for page in PAGES for shown in pages.shown_on(page)]
WITH_PYTHON = [page for page in PAGES if "\n>>> " in text_of(page)]


def project_file() -> dict[str, Any]:
    return tomllib.loads(text_of(ROOT / "pyproject.toml"))


@pytest.mark.parametrize(
    "shown", SHOWN, ids=[f"{name_of(s.page)}: {s.command[:60]}" for s in SHOWN]
)
def test_a_command_prints_what_is_shown(shown: pages.Shown, quick_path: str) -> None:
    tool = pages.missing_tool(shown.command)
    if tool:
        pytest.skip(f"{tool} is not installed")
    folder = pages.folder_of(shown.page)
    assert pages.printed(shown.command, folder, environment(PATH=quick_path)) == shown.output


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_made_of_the_code_is_current(page: Path) -> None:
    assert pages.with_parts(text_of(page), PARTS) == text_of(page)


def test_every_part_has_a_place() -> None:
    assert {name for page in PAGES for name in pages.parts_in(text_of(page))} == set(PARTS)


@pytest.mark.parametrize("page", report.PAGES, ids=name_of)
def test_the_figures_are_those_that_were_measured(page: Path) -> None:
    assert report.filled(text_of(page), results.load(results.FILE)) == text_of(page)


def test_the_readme_can_be_read_in_one_sitting() -> None:
    assert all(len(text_of(page).splitlines()) <= MOST_LINES for page in READMES)


def test_every_page_begins_with_what_it_is_for() -> None:
    for page in pages.DOCS:
        title, blank, first = text_of(page).splitlines()[:3]
        assert title.startswith("# "), page
        assert blank == "", page
        assert re.match(r"[A-Z`]", first), page


def test_the_picture_is_what_the_command_saves(tmp_path: Path) -> None:
    assert all(f"]({pages.PICTURE})" in text_of(page) for page in READMES)
    (tmp_path / "examples").mkdir()
    pages.printed(pages.PICTURE_COMMAND, tmp_path, environment())
    assert (ROOT / pages.PICTURE).read_bytes() == (tmp_path / pages.PICTURE).read_bytes()


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_examples(page: Path) -> None:
    assert doctest.testfile(str(page), module_relative=False).failed == 0


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


def test_the_page_of_a_package_index_leads_nowhere_that_it_has_not() -> None:
    page = text_of(README)
    hook = project_file()["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    for change in hook["substitutions"]:
        page, count = re.subn(change["pattern"], change["replacement"], page)
        assert count, change["pattern"]
    assert "![" not in page
    assert [link for link in LINK.findall(page) if "://" not in link] == []
    assert SHELL.findall(page) == [f"pip install 'xentcli[fast]' && {HEADLINE}\n"]
    assert pages.CONSOLE.findall(page) == pages.CONSOLE.findall(text_of(README))


def python_versions() -> list[str]:
    """The versions of Python that the project names."""
    classifiers = " ".join(project_file()["project"]["classifiers"])
    return re.findall(r"Python :: (3\.\d+)", classifiers)


def test_the_versions_of_python_are_those_of_the_project() -> None:
    first, *_, last = python_versions()
    assert project_file()["project"]["requires-python"] == f">={first}"
    assert f"Python {first} or later" in text_of(README)
    assert f"up to Python {last}, so no compiler" in " ".join(text_of(README).split())
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
    for function in functions().values():
        of_any |= names_of_options(function)
    for _, name, *words in invocations(text_of(page)):
        known = OF_ALL | OF_NONE if name.startswith("-") else of_any
        if name in COMMANDS:
            known = OF_ALL | names_of_options(functions()[name])
        else:
            assert name in known | NO_COMMAND
        assert {word for word in words if re.match("--?[a-z]", word)} <= known, name
    spans = SPAN.findall(ANY_FENCED.sub("", text_of(page)))
    named = [re.split("[/,]", span.split()[0]) for span in spans if span.startswith("--")]
    assert {name for names in named for name in names} - {""} <= of_any


def first_cells(text: str) -> list[str]:
    """The first cell of each row of the tables, where code stands in it."""
    return re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)


def test_the_tables_of_formats_are_complete() -> None:
    text = text_of(ROOT / "docs" / "files.md")
    listed = {span for row in first_cells(text) for span in SPAN.findall(row)}
    assert set(writers.NAMES) <= listed
    assert {format.suffixes[0] for format in readers.FORMATS} <= set(SPAN.findall(text))


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_a_readme_has_every_command_with_its_formula(page: Path) -> None:
    rows = re.findall(r"^\| (`xent .*) \|$", text_of(page), re.MULTILINE)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    assert [cell[0] for cell in cells] == [f"`xent {name}`" for name in COMMANDS]
    for (_, answer, equation, pytorch), command in zip(cells, COMMANDS.values(), strict=True):
        assert answer
        assert tuple(SPAN.findall(pytorch)) == command.pytorch
        # One is in words, which are translated.
        assert equation == command.equation or "of the label" in command.equation


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_a_readme_has_every_exit_code(page: Path) -> None:
    codes = re.findall(r"^\| ((?:\d+(?:, )?)+) \|", text_of(page), re.MULTILINE)
    assert ", ".join(codes) == ", ".join(str(code) for code, _ in man.EXIT_CODES)


def test_the_translations_show_what_the_readme_shows() -> None:
    def outline(page: Path) -> list[str]:
        return re.findall(r"^(#+) ", ANY_FENCED.sub("", text_of(page)), re.MULTILINE)

    def targets(page: Path) -> set[str]:
        return set(LINK.findall(ANY_FENCED.sub("", text_of(page)))) - {
            path.name for path in READMES
        }

    for page in READMES:
        assert outline(page) == outline(README)
        assert targets(page) == targets(README)


def keys_in(source: str) -> Iterator[str]:
    """The keys that parts are given in a module of mistakes, where they are written out."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg == "key"]
        # A part with a key alone is what was asked for, and no departure.
        if isinstance(node.func, ast.Name) and node.func.id == "Part" and len(node.args) > 1:
            given.append(node.args[0])
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def test_every_mistake_is_listed() -> None:
    folder = PACKAGE / "diagnosis" / "mistakes"
    written = {key for file in folder.glob("*.py") for key in keys_in(text_of(file))}
    assert len(written) > 60
    assert written <= mistakes.keys()


def test_every_finding_is_listed() -> None:
    sources = "".join(text_of(file) for file in (PACKAGE / "diagnosis").glob("*.py"))
    made = re.findall(r'(?:Finding|_report_rows)\(\s*"([a-z-]+)"', sources)
    named = {*made, "probabilities"}
    rows = first_cells(text_of(ROOT / "docs" / "diagnose.md"))
    assert len(named) > 10
    assert {f"`{name}`" for name in named} == set(rows)


def test_what_is_to_be_touched_for_an_extension_is_there() -> None:
    spans = set(SPAN.findall(text_of(ROOT / "docs" / "extending.md")))
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
