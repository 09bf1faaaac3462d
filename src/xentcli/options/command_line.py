"""The command as it was typed, without what says only how and where its answer is written."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from xentcli.model import NamedTuple
from xentcli.options.asked import Asked
from xentcli.options.flatten import declarations, names_in
from xentcli.options.output import Output

# The page shows the same whichever of these are given.
WHERE = ("format", "output", "save", "quiet", "progress", "color")


class Names(NamedTuple):
    """The names of options as they are typed: all that take a value, and those left out."""

    with_value: frozenset[str]
    left_out: frozenset[str]


def without_outputs(words: Sequence[str]) -> list[str]:
    """The words of a command without the options that say how and where its answer is written.

    >>> without_outputs(["ce", "-qo", "out", "a.csv", "--save=a.svg", "--label", "-q"])
    ['ce', 'a.csv', '--label', '-q']
    """
    return list(_kept(words, _names()))


def _kept(words: Sequence[str], names: Names) -> Iterator[str]:
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            yield word
            yield from waiting
        elif word.startswith("--"):
            name, equals, _ = word.partition("=")
            value = [] if equals or name not in names.with_value else [*_next(waiting)]
            if name not in names.left_out:
                yield from (word, *value)
        elif word.startswith("-") and word != "-":
            yield from _short(word, waiting, names)
        else:
            yield word


def _short(word: str, waiting: Iterator[str], names: Names) -> Iterator[str]:
    """A word of one-letter options, such as ``-qo``: a value is what is left of it, or the next."""
    kept, value = "-", []
    for at, letter in enumerate(word[1:], start=2):
        name = f"-{letter}"
        takes_value = name in names.with_value
        rest = word[at:] if takes_value else ""
        if takes_value and not rest:
            value = [*_next(waiting)]
        if name in names.left_out:
            value = []
        else:
            kept += letter + rest
        if takes_value:
            break
    if kept != "-":
        yield from (kept, *value)


def _next(waiting: Iterator[str]) -> Iterator[str]:
    word = next(waiting, None)
    if word is not None:
        yield word


def _names() -> Names:
    with_value: set[str] = set()
    for hint, _ in declarations(Asked):
        if not _is_switch(hint):
            with_value |= _typed(hint)
    left_out = [_typed(Output.__annotations__[field]) for field in WHERE]
    return Names(frozenset(with_value), frozenset().union(*left_out))


def _typed(hint: Any) -> set[str]:
    return {name for names in names_in(hint) for name in names.split("/")}


def _is_switch(hint: Any) -> bool:
    kind = hint.__origin__
    return kind is bool or bool in get_args(kind)
