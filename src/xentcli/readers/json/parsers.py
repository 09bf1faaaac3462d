"""Parsers from packages that read JSON faster than Python: simdjson, or orjson where there is no
simdjson.

Both round numbers as Python's ``float`` does. Whatever is unusual they decline (None), and the
exact readers decide what it is.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import chain
from typing import Any

import numpy as np

from xentcli.model import AnyArray, NamedTuple, fast_package

# The types of JSON's numbers, without bool and without strings that stand for a number.
PLAIN = frozenset((float, int))
# All characters of JSON's numbers, of the commas between them and the white space around them.
PLAIN_TEXT = b"0123456789+-.eE, \t\r"
MAX_FLOAT = sys.float_info.max
# About as many bytes as are read without the packages in the time that importing one takes.
LITTLE_TO_READ = 1 << 17


class Parser(NamedTuple):
    """A package's functions that the readers use."""

    # Reads numbers with commas between them, from a text that comes in parts, as an array. A -0,
    # which is an integer of JSON, may lose its sign.
    numbers: Callable[..., AnyArray | None]
    # Reads the records of a JSON list, each with its keys and values.
    records: Callable[[bytes], Any]
    # Reads the records of a JSON list as dicts of Python's own values.
    dicts: Callable[[bytes], list[Any]]
    # Stacks lists of so many numbers each, taken out of records, as an array of two dimensions.
    stacked: Callable[[Sequence[Any], int], AnyArray | None]
    # Whether the keys of a record show a key that stands twice in it.
    shows_repeated_keys: bool


# The errors that the packages and their results raise for anything that is no number.
DECLINED = (ValueError, TypeError, RuntimeError, KeyError, AttributeError, OverflowError)


def parser_for(size: int) -> Parser | None:
    """Choose the parser for so many bytes of text; None where none is to be used."""
    simdjson = simdjson_parser(size)
    if simdjson is not None:
        return by_simdjson(simdjson)
    orjson = fast_package("orjson", size, LITTLE_TO_READ)
    if orjson is not None and not _reads_as_python(orjson):
        return None
    return None if orjson is None else by_orjson(orjson)


_of_thread = threading.local()


def simdjson_parser(size: int) -> Any:
    """Return this thread's parser of pysimdjson; None where it is not to be used."""
    module = fast_package("simdjson", size, LITTLE_TO_READ)
    # A parser holds what it read last, so two threads cannot share one.
    if module is not None and not hasattr(_of_thread, "parser"):
        _of_thread.parser = module.Parser()
    return None if module is None else _of_thread.parser


@cache
def _reads_as_python(orjson: Any) -> bool:
    # Numbers next to halfway between two floats, the smallest floats, and one with many digits.
    probes = ["9007199254740993.0", "2.2250738585072011e-308", "5e-324", "1." + "0" * 400 + "1e23"]
    same = list(map(float, probes))
    found: bool = orjson.loads(f"[{','.join(probes)}]") == same
    return found


def plain_numbers(values: Sequence[Any]) -> AnyArray | None:
    """Convert values to an array; None if one is not a number, or may be too large for a float."""
    if not PLAIN.issuperset(map(type, values)):
        return None
    found = np.array(values, dtype=np.float64)
    # An integer beyond the largest float may have been rounded to it.
    return None if (np.abs(found) == MAX_FLOAT).any() else found


def by_simdjson(parser: Any) -> Parser:
    """Wrap a parser of pysimdjson."""
    return Parser(
        numbers=partial(_numbers_by_simdjson, parser),
        records=parser.parse,
        dicts=lambda text: parser.parse(text).as_list(),
        stacked=_stacked_by_simdjson,
        shows_repeated_keys=True,
    )


def _numbers_by_simdjson(parser: Any, *parts: bytes) -> AnyArray | None:
    # A list within the list would be flattened; an object would be refused.
    if any(b"[" in part for part in parts):
        return None
    try:
        found = parser.parse(b"".join((b"[", *parts, b"]"))).as_buffer(of_type="d")
    except DECLINED:
        return None
    values: AnyArray = np.frombuffer(found)
    return values


def _stacked_by_simdjson(lists: Sequence[Any], width: int) -> AnyArray | None:
    buffers = [found.as_buffer(of_type="d") for found in lists]
    if any(memoryview(buffer).nbytes != 8 * width for buffer in buffers):
        return None
    return np.frombuffer(b"".join(buffers)).reshape(len(buffers), width)


def by_orjson(module: Any) -> Parser:
    """Wrap the module orjson."""
    return Parser(
        numbers=partial(_numbers_by_orjson, module),
        records=module.loads,
        dicts=module.loads,
        stacked=_stacked_by_orjson,
        shows_repeated_keys=False,
    )


def _numbers_by_orjson(module: Any, *parts: bytes) -> AnyArray | None:
    # A text of only these characters has neither words nor lists, so no type has to be checked.
    if any(part.translate(None, PLAIN_TEXT) for part in parts):
        return None
    try:
        found = np.array(module.loads(b"".join((b"[", *parts, b"]"))), dtype=np.float64)
    except DECLINED:
        return None
    return None if (np.abs(found) == MAX_FLOAT).any() else found


def _stacked_by_orjson(lists: Sequence[Any], width: int) -> AnyArray | None:
    if any(type(found) is not list or len(found) != width for found in lists):
        return None
    flat = plain_numbers(list(chain.from_iterable(lists)))
    return None if flat is None else flat.reshape(len(lists), width)
