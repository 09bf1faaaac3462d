"""What is published: a wheel with all that belongs into it and nothing else, built without a
network; a source distribution with every file; the completions that the app prints."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from docs import completions

from tests.conftest import ROOT, environment
from xentcli import __version__

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DATA = f"xentcli-{__version__}.data/data/share/"
INFO = f"xentcli-{__version__}.dist-info/"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    # Without an environment of its own, which would be filled from a package index.
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_what_lies_beside_it(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert wheel.name == f"xentcli-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        source = ROOT / "src" / "xentcli"
        package = {
            f"xentcli/{path.relative_to(source).as_posix()}" for path in source.rglob("*.py")
        }
        assert names == {
            *package,
            "xentcli/py.typed",
            f"{DATA}man/man1/xent.1",
            f"{DATA}bash-completion/completions/xent",
            f"{DATA}zsh/site-functions/_xent",
            f"{DATA}fish/vendor_completions.d/xent.fish",
            f"{INFO}METADATA",
            f"{INFO}WHEEL",
            f"{INFO}RECORD",
            f"{INFO}entry_points.txt",
            f"{INFO}licenses/LICENSE",
        }
        metadata = archive.read(f"{INFO}METADATA").decode("utf-8")
        scripts = archive.read(f"{INFO}entry_points.txt").decode("utf-8")
    assert f"\nVersion: {__version__}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert "\nDescription-Content-Type: text/markdown\n" in metadata
    assert "xent = xentcli.__main__:script" in scripts


@pytest.mark.slow
def test_a_program_runs_from_the_wheel_alone(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    # A wheel is an archive that Python can import from.
    env = environment(PYTHONPATH=str(wheel), PYTHONSAFEPATH="1")
    program = (
        "import sys, xentcli; assert '.whl' in xentcli.__file__; "
        "from xentcli.__main__ import script; sys.argv[1:] = ['ce', '--logits', '1,2,3', "
        "'--label', '2', '-q']; script()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "0.4076059644443803\n", "")


@pytest.mark.slow
def test_the_source_distribution_holds_every_file(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
    names = {member.name.partition("/")[2] for member in members}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in ("src", "tests", "docs", "examples", "benchmarks", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not is_made(path)
    }
    at_the_top = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml"}
    assert wanted | at_the_top <= names
    assert not {name for name in names if is_made(Path(name))}


def is_made(path: Path) -> bool:
    """Whether a file comes of running something, and is in no commit."""
    caches = {".hypothesis", "build", "dist", "htmlcov"}
    return any(
        part.startswith("__pycache__") or part.endswith((".egg-info", "_cache")) or part in caches
        for part in path.parts
    )


def test_what_builds_the_package_is_there_for_the_tests() -> None:
    # The wheel is built without a network: what the build needs comes with the extra ``dev``.
    names = [name_of(line) for line in PROJECT["project"]["optional-dependencies"]["dev"]]
    assert {name_of(line) for line in PROJECT["build-system"]["requires"]} <= set(names)


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]


def test_the_version_is_said_once() -> None:
    assert (ROOT / "docs" / "xent.1").read_text(encoding="ascii").count(f"xent {__version__}") == 1
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)", changes, re.MULTILINE)
    assert versions[0] in (__version__, "Unreleased")
    assert __version__ in versions


@pytest.mark.parametrize("shell", completions.FILES)
def test_completions_are_what_the_app_prints(shell: str) -> None:
    """``python -m docs`` writes them."""
    written = completions.FILES[shell].read_text(encoding="utf-8")
    assert written == completions.script(shell)
