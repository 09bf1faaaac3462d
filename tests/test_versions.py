"""What is looked at is what is read: a file that is replaced or written to meanwhile is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from tests.contents import npy
from tests.faults.running import Answered, run_inside
from xentcli import readers
from xentcli.run import pipeline

ROWS = b"a,b,c,label\n1,2,3,0\n4,5,6,1\n"
# As long, with other numbers.
OTHER_ROWS = b"a,b,c,label\n3,2,1,0\n4,5,6,2\n"


FILES: dict[str, tuple[bytes, bytes]] = {
    "a.csv": (ROWS, OTHER_ROWS),
    "a.json": (b'{"logits": [1, 2], "label": 0}', b'{"logits": [2, 1], "label": 0}'),
    "a.jsonl": (b'{"logits": [1, 2], "label": 0}\n', b'{"logits": [2, 1], "label": 0}\n'),
    "a.npy": (npy(np.eye(3)), npy(-np.eye(3))),
}


def replace(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(content)
    _later(new)
    os.replace(new, path)


def rewrite(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _later(path)


def _later(path: Path) -> None:
    # Two writes within the same tick of the clock have the same time.
    known = path.stat()
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns + 10**7))


@pytest.mark.parametrize("change", [replace, rewrite])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("when", ["before it is read", "before the end"])
def test_a_changed_file_is_refused(
    tmp_path: Path, name: str, change: Callable[[Path, bytes], None], when: str
) -> None:
    path, (content, other) = tmp_path / name, FILES[name]
    path.write_bytes(content)
    command = ["ce", name, "-q", *(["--labels", "0,1,2"] if name == "a.npy" else [])]
    assert run_inside(command, tmp_path).code == 0
    if when == "before the end":
        found = with_a_change(pipeline, "finish", lambda: change(path, other), command, tmp_path)
    else:
        found = with_a_change(readers, "open_input", lambda: change(path, other), command, tmp_path)
    assert found == Answered(1, b"", f"xent: {name}: it has changed while it was read\n")


def test_a_changed_second_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n3,4\n")
    labels = tmp_path / "y.csv"
    labels.write_bytes(b"0\n1\n")
    command = ["ce", "a.csv", "--labels-from", "y.csv", "-q"]
    assert run_inside(command, tmp_path).code == 0
    found = with_a_change(pipeline, "finish", lambda: rewrite(labels, b"1\n1\n"), command, tmp_path)
    assert found == Answered(1, b"", "xent: y.csv: it has changed while it was read\n")


def with_a_change(
    module: Any, name: str, change: Callable[[], None], command: list[str], folder: Path
) -> Answered:
    """The command, during which something is changed right before that function does its work."""
    work = getattr(module, name)

    def changed(*given: Any, **named: Any) -> Any:
        change()
        return work(*given, **named)

    with mock.patch.object(module, name, changed):
        return run_inside(command, folder)
