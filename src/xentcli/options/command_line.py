"""The command as it was typed, without the options that only say how and where to write."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from xentcli.model import NamedTuple
from xentcli.options.asked import Asked
from xentcli.options.flatten import declarations, typed_names
from xentcli.options.output import Output

# The fields of ``Output`` that make no difference to what a saved page shows.
OUTPUT_FIELDS = ("format", "output", "save", "quiet", "progress", "color")


class Names(NamedTuple):
    """Names of options as they are typed: those that take a value, and those to leave out."""

    with_value: frozenset[str]
    left_out: frozenset[str]


def drop_outputs(words: Sequence[str]) -> list[str]:
    """Leave out of the words of a command the options that say how and where to write the answer.

    >>> drop_outputs(["ce", "-qo", "out", "a.csv", "--save=a.svg", "--label", "-q"])
    ['ce', 'a.csv', '--label', '-q']
    """
    return list(_keep_words(words, _option_names()))


def _keep_words(words: Sequence[str], names: Names) -> Iterator[str]:
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            yield word
            yield from waiting
        elif word.startswith("--"):
            name, equals, _ = word.partition("=")
            value = [] if equals or name not in names.with_value else [*_take_value(waiting)]
            if name not in names.left_out:
                yield from (word, *value)
        elif word.startswith("-") and word != "-":
            yield from _keep_letters(word, waiting, names)
        else:
            yield word


def _keep_letters(word: str, waiting: Iterator[str], names: Names) -> Iterator[str]:
    """Yield what is kept of a word of one-letter options, such as ``-qo``. A value is the rest of
    the word, or the next word."""
    kept, value = "-", []
    for at, letter in enumerate(word[1:], start=2):
        name = f"-{letter}"
        takes_value = name in names.with_value
        rest = word[at:] if takes_value else ""
        if takes_value and not rest:
            value = [*_take_value(waiting)]
        if name in names.left_out:
            value = []
        else:
            kept += letter + rest
        if takes_value:
            break
    if kept != "-":
        yield from (kept, *value)


def _take_value(waiting: Iterator[str]) -> Iterator[str]:
    word = next(waiting, None)
    if word is not None:
        yield word


def _option_names() -> Names:
    with_value: set[str] = set()
    for hint, _ in declarations(Asked):
        if not _is_switch(hint):
            with_value |= typed_names(hint)
    left_out = [typed_names(Output.__annotations__[field]) for field in OUTPUT_FIELDS]
    return Names(frozenset(with_value), frozenset().union(*left_out))


def _is_switch(hint: Any) -> bool:
    kind = hint.__origin__
    return kind is bool or bool in get_args(kind)
