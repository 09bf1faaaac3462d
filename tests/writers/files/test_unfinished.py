"""What a command has begun can be undone, once, as long as it is not finished."""

from __future__ import annotations

from pathlib import Path

from xentcli.writers.files import unfinished
from xentcli.writers.files.file import open_outputs
from xentcli.writers.files.folder import open_folder


def test_the_last_is_undone_first_and_each_once() -> None:
    undone: list[str] = []
    first, second, third = (lambda name=name: undone.append(name) for name in ("1", "2", "3"))
    for undo in (first, second, third):
        unfinished.remember(undo)
    unfinished.forget(second)
    unfinished.undo_all()
    unfinished.undo_all()
    assert undone == ["3", "1"]


def test_outputs_that_nobody_leaves(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    context = open_outputs([])
    outputs = context.__enter__()
    for name in ("old", "new"):
        outputs.open(str(tmp_path / name)).write(b"new")
    assert len(list(tmp_path.iterdir())) == 3
    unfinished.undo_all()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_outputs_that_are_complete(tmp_path: Path) -> None:
    with open_outputs([]) as outputs:
        outputs.open(str(tmp_path / "new")).write(b"new")
    unfinished.undo_all()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_a_folder_that_nobody_leaves(tmp_path: Path) -> None:
    context = open_folder(str(tmp_path / "new"), ".csv")
    context.__enter__().write(b"new")
    assert list(tmp_path.rglob("*"))
    unfinished.undo_all()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_complete(tmp_path: Path) -> None:
    with open_folder(str(tmp_path / "new"), ".csv") as folder:
        folder.write(b"new")
    unfinished.undo_all()
    assert (tmp_path / "new" / "part-000000.csv").read_bytes() == b"new"
