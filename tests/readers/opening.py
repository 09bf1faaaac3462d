"""Files opened as the command opens them, and their chunks read as another process would."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xentcli import readers
from xentcli.errors import XentError
from xentcli.model import Batch
from xentcli.readers.interface import Opened, Request
from xentcli.readers.sources.source import Source

WANTED = Request(wanted="labels or targets")


def opened(path: Path, request: Request = WANTED) -> Opened:
    return readers.open_input(Source(path.name, str(path)), request)


def batches(found: Opened) -> Iterator[Batch]:
    """Each batch as another process would read it."""
    reader = pickle.loads(pickle.dumps(found.reader))
    for chunk in found.chunks.in_order():
        yield reader.read(pickle.loads(pickle.dumps(chunk)))


def only(path: Path, request: Request = WANTED) -> Batch:
    """The batch of a file that has one."""
    (batch,) = batches(opened(path, request))
    return batch


def told(path: Path, request: Request = WANTED) -> str:
    """What is said of a file that cannot be read."""
    with pytest.raises(XentError) as raised:
        list(batches(opened(path, request)))
    return str(raised.value)


def listed(array: object) -> list[Any]:
    """An array that must be there, as lists."""
    assert array is not None
    found: list[Any] = np.asarray(array).tolist()
    return found
