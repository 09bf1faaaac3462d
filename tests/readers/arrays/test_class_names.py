"""The names of the classes that an archive holds beside its arrays of numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, opened
from xentcli.model import AnyArray

LOGITS = np.array([[1.0, 2.0], [3.0, 1.0]])


def put(folder: Path, classes: Any, **more: Any) -> Path:
    np.savez(folder / "a.npz", **{"logits": LOGITS, "classes": classes, **more})
    return folder / "a.npz"


@pytest.mark.parametrize("classes", [["cat", " dog"], [b"cat", b"dog"]])
def test_texts_name_the_classes(classes: list[Any], tmp_path: Path) -> None:
    path = put(tmp_path, np.array(classes))
    assert opened(path, WANTED._replace(wanted="none")).classes == ("cat", "dog")
    (tmp_path / "y.csv").write_text("label\ndog\ncat\n")
    by_name = run_inside(["ce", "a.npz", "--labels-from", "y.csv", "-q"], tmp_path)
    assert by_name == run_inside(["ce", "a.npz", "--labels", "1,0", "-q"], tmp_path)
    assert by_name.stdout == b"0.2200948492805977\n"
    named = WANTED._replace(wanted="none", classes=("x", "y"))
    assert opened(path, named).classes == ("x", "y")


def test_the_names_of_packed_arrays_are_read(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", logits=LOGITS, classes=np.array(["cat", "dög"]))
    assert opened(tmp_path / "a.npz").classes == ("cat", "dög")


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        (np.array(["cat", "dog", "fox"]), "3 names for 2 classes, so they are not taken"),
        (
            np.array(["cat", "dog"], dtype=object),
            "it holds Python objects, and pickled data is never read, so the classes are not named",
        ),
    ],
)
def test_what_does_not_name_them_is_told(classes: AnyArray, told: str, tmp_path: Path) -> None:
    found = opened(put(tmp_path, classes, labels=np.array([1, 0])))
    (remark,) = found.remarks
    assert found.classes == ()
    assert remark.message.startswith(told)
    assert str(remark.place) == "a.npz: classes"


def test_a_label_that_such_texts_name_is_refused(tmp_path: Path) -> None:
    put(tmp_path, np.array(["cat", "dog", "fox"]))
    (tmp_path / "y.csv").write_text("label\ndog\ncat\n")
    ran = run_inside(["ce", "a.npz", "--labels-from", "y.csv", "-q"], tmp_path)
    assert (ran.code, ran.stdout) == (1, b"")
    assert ran.stderr.startswith("xent: a.npz: classes: 3 names for 2 classes\n")


def test_numbers_are_no_names(tmp_path: Path) -> None:
    found = opened(put(tmp_path, np.array([0, 1, 2]), labels=np.array([1, 0])))
    assert (found.classes, found.remarks) == ((), ())
