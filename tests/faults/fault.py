"""What a fault is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

# A CSV with nothing wrong in it.
GOOD = b"a,b,c,label\n1,2,3,0\n4,5,6,1\n"


class Fault(NamedTuple):
    """A command line that goes wrong, in a folder with some files: what it must say and return."""

    name: str
    command: str
    code: int
    stderr: str
    files: Mapping[str, bytes] = MappingProxyType({})
    stdin: bytes = b""
    stdout: str = ""
