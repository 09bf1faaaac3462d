"""The same bytes whatever instructions the processor has.

NumPy has several versions of many of its loops and chooses by processor. Here it is kept from the
newer ones, step by step down to those that every processor has, and each time all whole-command
cases must print what is expected, and the stories and the Python functions give what they give
without.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xentcli
from tests import test_stories as stories
from tests.conftest import ROOT, environment, run_python
from tests.forks import quick_commands
from tests.test_cases import CASES, OUTCOMES, copy_input, folders, outcome
from xentcli.core import elementary

SWITCH = "NPY_DISABLE_CPU_FEATURES"

DTYPES = ("float32", "float16")

Array = NDArray[Any]
Streams = tuple[int, str, str]


def settings() -> list[str]:
    """What is switched off, from the newest instructions only to all that can be."""
    # The package's name before NumPy 2 had no underscore.
    package = "numpy._core" if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else "numpy.core"
    core = import_module(f"{package}._multiarray_umath")
    here = [name for name in core.__cpu_dispatch__ if core.__cpu_features__[name]]
    return [" ".join(here[first:]) for first in reversed(range(len(here)))]


SETTINGS = settings()
pytestmark = [
    pytest.mark.skipif(
        not SETTINGS, reason="NumPy has but one version of its loops for this processor"
    ),
    pytest.mark.slow,
    pytest.mark.xdist_group("same everywhere"),
]

STORIES = [
    [command, "--logits", logits, *more, "--format", "json"]
    for logits, labels in (
        (stories.STORY_1, "0"),
        ("1,2,3;1,2,3;1,2,3", "2,1,0"),
        (stories.STORY_3, "0,1,2"),
        (stories.STORY_4, "1,0,1,1,1"),
        (stories.STORY_5_ROWS, "0,1,2,1"),
        (stories.STORY_5_IMAGES, "[[[0,1],[2,1]],[[2,2],[0,1]]]"),
        ("40,0", "0"),
    )
    for command, *more in (
        ["softmax"],
        ["log-softmax"],
        ["ce", "--labels", labels],
        ["ce", "--labels", labels, "--method", "textbook"],
        ["ce", "--labels", labels, "--dtype", "float32"],
        ["nll", "--labels", labels, "--base", "2"],
        ["grad", "--labels", labels, "--label-smoothing", "0.1"],
        ["diagnose", "--labels", labels, "--got", "3.947"],
    )
]


@cache
def calls() -> dict[str, str]:
    """A digest of what each of the Python functions gives for rows of every kind."""
    rng = np.random.default_rng(2)
    found: dict[str, object] = {}
    for classes in (2, 10, 63, 64, 1000, 9000):
        z = rng.normal(size=(4000 // classes + 30, classes)) * rng.choice([1, 5, 60], (1, classes))
        y = rng.integers(0, classes, len(z))
        z[np.arange(0, len(z), 3), y[::3]] += 40
        z[5, 1:], z[7, 0], z[9, -1] = -np.inf, np.inf, np.nan
        z[11] += 1e15
        weight, soft = np.linspace(0, 2, classes), rng.dirichlet(np.ones(classes), len(z))
        settings: dict[str, tuple[Array, dict[str, Any]]] = {
            "labels": (y, {}),
            "weighted": (y, {"weight": weight, "label_smoothing": 0.1}),
            "warm": (y, {"temperature": 0.7}),
            "soft": (soft, {"weight": weight, "temperature": 3.0}),
        }
        for name, (target, more) in settings.items():
            for loss in (xentcli.cross_entropy, xentcli.cross_entropy_grad):
                given = {"reduction": "none", **more}
                found[f"{loss.__name__} {name} {classes}"] = loss(z, target, **given)
        wanted: list[dict[str, Any]] = [{}, {"temperature": 0.3}, *({"dtype": d} for d in DTYPES)]
        for softmax in (xentcli.softmax, xentcli.log_softmax):
            for more in wanted:
                found[f"{softmax.__name__} {classes} {more}"] = softmax(z, **more)
        log_probs = xentcli.log_softmax(z)
        found[f"nll {classes}"] = xentcli.nll_loss(log_probs, y, weight, reduction="none")
        found[f"nll gradient {classes}"] = xentcli.nll_loss_grad(log_probs, y, weight)
    # Not 10.0 ** …: a power has other last digits on other processors.
    x = np.ldexp(rng.normal(size=20_000), rng.integers(-33, 10, 20_000))
    found |= {"exp": elementary.exp(x), "expm1": elementary.expm1(x)}
    found |= {"log": elementary.log(x), "log1p": elementary.log1p(x)}
    return {name: digest(np.asarray(value)) for name, value in found.items()}


def digest(values: Array) -> str:
    # A nan has a sign and digits that mean nothing.
    plain = np.where(np.isnan(values), np.nan, values)
    return hashlib.sha256(plain.tobytes()).hexdigest()


def calls_with(off: str) -> dict[str, str]:
    """The same by a process of its own, with so much switched off."""
    program = (
        "import json; from tests.test_same_everywhere import calls; print(json.dumps(calls()))"
    )
    ran = run_python(program, folder=ROOT, **{SWITCH: off})
    assert ran.returncode == 0, ran.stderr
    found: dict[str, str] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("off", SETTINGS)
def test_python_functions(off: str) -> None:
    assert calls_with(off) == calls()


@contextmanager
def path_with(off: str) -> Iterator[str]:
    """A PATH on which ``xent`` runs with so much switched off, and starts quickly."""
    env = environment(**{SWITCH: off})
    with quick_commands(env) as folder:
        yield f"{folder}:{env['PATH']}"


@pytest.mark.parametrize("off", SETTINGS)
def test_whole_commands(off: str, tmp_path: Path) -> None:
    with path_with(off) as path, ThreadPoolExecutor(2) as pool:

        def differs(folder: Path) -> str:
            where = tmp_path / str(folder.relative_to(CASES)).replace("/", " ")
            where.mkdir()
            copy_input(folder, where)
            found = outcome(folder, where, PATH=path, **{SWITCH: off})
            shutil.rmtree(where)
            expected = {
                name: (folder / name).read_bytes() if (folder / name).exists() else b""
                for name in OUTCOMES
            }
            return "" if found == expected else f"{folder}: {found}"

        assert [words for words in pool.map(differs, folders()) if words] == []


def printed(off: str, where: Path) -> list[Streams]:
    """What the stories print with so much switched off."""
    with path_with(off) as path, ThreadPoolExecutor(2) as pool:

        def ran(command: list[str]) -> Streams:
            found = subprocess.run(
                ["xent", *command],
                capture_output=True,
                text=True,
                cwd=where,
                env=environment(PATH=path, **{SWITCH: off}),
                executable=shutil.which("xent", path=path),
                check=False,
            )
            return found.returncode, found.stdout, found.stderr

        return list(pool.map(ran, STORIES))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Streams]:
    """What they print with nothing switched off."""
    return printed("", tmp_path_factory.mktemp("stories"))


@pytest.mark.parametrize("off", SETTINGS)
def test_stories(off: str, expected: list[Streams], tmp_path: Path) -> None:
    assert printed(off, tmp_path) == expected
    assert {code for code, *_ in expected} <= {0, 1}


def test_the_page_says_of_how_many_it_is_tried() -> None:
    page = " ".join((ROOT / "docs" / "numbers.md").read_text(encoding="utf-8").split())
    told = re.search(r"over (\d+) commands and over (\d+) results of Python functions", page)
    assert told is not None
    assert int(told[1]) < len(folders()) + len(STORIES)
    assert int(told[2]) < len(calls())
