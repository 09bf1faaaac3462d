"""The named tuples behave as those of typing, except in how quickly their classes are made."""

from __future__ import annotations

import copy
import pickle
import sys
import typing
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import pytest

from xentcli.model import NamedTuple

T = TypeVar("T")


class Own(NamedTuple):
    """A spot."""

    line: int
    column: int = 1
    text: str = ""

    @property
    def at(self) -> str:
        return f"{self.line}:{self.column}"


class Typings(typing.NamedTuple):
    """A spot."""

    line: int
    column: int = 1
    text: str = ""


class Pair(NamedTuple, Generic[T]):
    first: T
    second: T


class Later(Own):
    """A class that inherits from a named tuple."""

    @property
    def last(self) -> str:
        return self[-1]


class Empty(NamedTuple):
    pass


def result(call: Callable[[], Any]) -> object:
    """What a call returns, or the sentence of its TypeError."""
    try:
        return call()
    except TypeError as error:
        return str(error).replace("Typings", "Own")


VALUES: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((3,), {}),
    ((3, 4), {}),
    ((3, 4, "x"), {}),
    ((3, 4, "x", 5), {}),
    ((3, 4, "x", 5), {"other": 1}),
    ((), {"line": 3}),
    ((), {"text": "x", "line": 3}),
    ((), {"text": "x"}),
    ((3,), {"text": "x"}),
    ((3,), {"line": 4}),
    ((3,), {"other": 1}),
    ((3, 4, "x"), {"text": "y"}),
]


@pytest.mark.parametrize(("values", "named"), VALUES)
def test_values_are_taken_and_refused_as_by_typing(
    values: tuple[Any, ...], named: dict[str, Any]
) -> None:
    expected = result(lambda: Typings(*values, **named))
    assert result(lambda: Own(*values, **named)) == expected


@pytest.mark.parametrize("values", [(), (3,), (3, 4, "x"), (3, 4, "x", 5)])
def test_a_tuple_is_made_of_an_iterable_that_has_all_values(values: tuple[Any, ...]) -> None:
    assert result(lambda: Own._make(iter(values))) == result(lambda: Typings._make(iter(values)))


def test_fields_and_defaults_are_those_of_the_annotations() -> None:
    assert Own._fields == Typings._fields == Own.__match_args__
    assert Own._field_defaults == Typings._field_defaults
    assert typing.get_type_hints(Own) == {"line": int, "column": int, "text": str}
    assert Empty() == Empty._fields == ()


def test_annotations_need_not_be_strings() -> None:
    names: dict[str, Any] = {"NamedTuple": NamedTuple, "__name__": __name__}
    body = "class Spot(NamedTuple):\n    line: int\n    column: Undefined = 1\n"
    if sys.version_info < (3, 14):
        # Before, only what is defined can be named so.
        body = body.replace("Undefined", "int")
    exec(compile(body, "spot", "exec", dont_inherit=True), names)
    assert names["Spot"](3)._asdict() == {"line": 3, "column": 1}


def test_it_is_a_tuple_that_shows_its_fields() -> None:
    own = Own(3, text="x")
    line, column, text = own
    assert (line, column, text) == own == (3, 1, "x")
    assert hash(own) == hash((3, 1, "x"))
    assert (own.line, own.column, own.text, own.at) == (3, 1, "x", "3:1")
    assert repr(own) == repr(Typings(3, text="x")).replace("Typings", "Own")
    assert own._asdict() == {"line": 3, "column": 1, "text": "x"}
    match own:
        case Own(3, column):
            assert column == 1
        case _:
            pytest.fail("it did not match")


def test_some_fields_are_replaced() -> None:
    replaced = Own(3)._replace(text="x")
    assert replaced == (3, 1, "x")
    assert type(replaced) is Own
    with pytest.raises(TypeError, match="other"):
        Own(3)._replace(other=1)  # type: ignore[call-arg]
    if sys.version_info >= (3, 13):
        assert copy.replace(Own(3), text="x") == replaced


def test_nothing_can_be_set() -> None:
    own = Own(3)
    with pytest.raises(AttributeError):
        own.line = 4  # type: ignore[misc]
    with pytest.raises(AttributeError):
        own.other = 4  # type: ignore[attr-defined]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_goes_through_a_pickle(protocol: int) -> None:
    for whole in (Own(3, 4), Pair("a", "b"), Later(3)):
        restored = pickle.loads(pickle.dumps(whole, protocol))
        assert type(restored) is type(whole)
        assert restored == whole


def test_it_is_copied() -> None:
    assert copy.deepcopy(Pair([1], [2])) == ([1], [2])


def test_a_class_may_be_generic() -> None:
    pair = Pair[int](1, 2)
    assert type(pair) is Pair
    assert pair.second == 2


def test_a_class_may_inherit() -> None:
    later = Later(3, text="x")
    assert later._fields == Own._fields
    assert (later.at, later.last) == ("3:1", "x")
