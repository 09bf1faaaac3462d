"""The packages of the extra ``fast``: what comes of them is the same as without them.

XENT_FAST=0 does without, XENT_FAST=1 takes them also where there is so little to do that their
import takes longer.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from importlib import import_module
from typing import Any

# About what is read, or written, without them in the time that an import takes.
LITTLE_TO_READ = 1 << 17
LITTLE_TO_WRITE = 1 << 14


def simdjson(size: int) -> Any:
    """A parser of pysimdjson for so many bytes of text; None where it is not to be used."""
    return _parser() if _is_wanted(size, LITTLE_TO_READ) else None


def orjson_to_read(size: int) -> Any:
    """The module orjson for reading that many bytes of text; None where it is not to be used."""
    return _orjson_that_reads() if _is_wanted(size, LITTLE_TO_READ) else None


def orjson_to_write(size: int) -> Any:
    """The module orjson for writing that many bytes of text; None where it is not to be used."""
    return _orjson_that_writes() if _is_wanted(size, LITTLE_TO_WRITE) else None


def _is_wanted(size: int, little: int) -> bool:
    asked = os.environ.get("XENT_FAST")
    return asked == "1" or (asked != "0" and size > little)


_of_thread = threading.local()


def _parser() -> Any:
    # A parser holds what it read last, and cannot be used by two at once.
    if not hasattr(_of_thread, "parser"):
        module = _module("simdjson")
        _of_thread.parser = module and module.Parser()
    return _of_thread.parser


@cache
def _orjson_that_reads() -> Any:
    module = _module("orjson")
    # Next to halfway between two floats, the smallest ones, and more digits than decide.
    probes = ["9007199254740993.0", "2.2250738585072011e-308", "5e-324", "1." + "0" * 400 + "1e23"]
    same = list(map(float, probes))
    return module if module and module.loads(f"[{','.join(probes)}]") == same else None


@cache
def _orjson_that_writes() -> Any:
    module = _module("orjson")
    # Most numbers it writes as Python does; another version may do so in a way of its own.
    probes = [0.1, -0.0, 1e-4, 12345678.9, 1e15, 9.007199254740993e15, 1e-10, 1.5e-300, 5e-324]
    same = ",".join(map(repr, probes)).encode("ascii")
    return module if module and module.dumps(probes)[1:-1] == same else None


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None
