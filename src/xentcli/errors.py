"""The errors, told in sentences (where, what is wrong, what to do), and the exit codes."""

from __future__ import annotations

import math
from typing import Any

# The only module of ``model`` that may be imported here: it imports nothing of this package.
from xentcli.model.named_tuple import NamedTuple

EXIT_OK = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_ROWS_LEFT_OUT = 3
EXIT_HUNG_UP = 129
EXIT_INTERRUPTED = 130
EXIT_PIPE_CLOSED = 141
EXIT_TERMINATED = 143

# Messages show no more characters of a value than these.
LONGEST_VALUE = 60


class Excerpt(NamedTuple):
    """The text around an error; ``start`` and ``end`` are what the caret points at."""

    text: str
    start: int
    end: int


class Place(NamedTuple):
    """Where an error is: a file with line and column, a typed value, a path into a document."""

    source: str
    line: int | None = None
    column: int | None = None
    detail: str = ""
    excerpt: Excerpt | None = None

    def __str__(self) -> str:
        numbers = [str(n) for n in (self.line, self.column) if n is not None]
        spot = ":".join([escaped(self.source), *numbers])
        if not self.detail:
            return spot
        mark = "," if self.source.startswith("--") else ":"
        return f"{spot}{mark} {escaped(self.detail)}"


class XentError(Exception):
    """An error that is told in one sentence; its class has the exit code."""

    exit_code = EXIT_FAILURE

    def __init__(self, message: str, *, place: Place | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are pickled without the arguments that were given by name.
        return _restore, (type(self), self.__dict__)


def _restore(kind: type[XentError], fields: dict[str, Any]) -> XentError:
    error = kind.__new__(kind, fields["message"])
    error.__dict__.update(fields)
    return error


class DataError(XentError):
    """The data, in a file or typed, cannot be used.

    ``if_one_based`` is set where a label is refused that would be valid if labels counted from 1:
    it is then the number of classes.
    """

    def __init__(
        self,
        message: str,
        *,
        place: Place | None = None,
        hint: str = "",
        if_one_based: int | None = None,
    ) -> None:
        super().__init__(message, place=place, hint=hint)
        self.if_one_based = if_one_based


class NoClasses(DataError):
    """A file that could be read has no column of numbers to take as classes."""


class LostWorker(XentError):
    """A worker process ended before its work was done. That is no fault of the data, so they are
    not read once more to find one."""


class OutputError(XentError):
    """The answer could not be written."""


class UsageError(XentError):
    """The command line contradicts itself or asks for what does not exist."""

    exit_code = EXIT_USAGE


class ArgumentError(XentError, ValueError):
    """An array or a setting handed to the mathematics is not usable.

    ``argument`` is the parameter's name; ``index`` the position in it, where there is one.
    """

    def __init__(
        self, argument: str, message: str, *, index: tuple[int, ...] = (), hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.argument = argument
        self.index = index

    def __str__(self) -> str:
        position = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{self.argument}{position}: {self.message}"


class LabelError(ArgumentError, IndexError):
    """A label that names no class."""


class PipeClosed(Exception):
    """The program that reads this one's output went away."""


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived. Not an ``Exception``, so that no handler on the way takes it for a
    fault."""


CHANGED = "it has changed while it was read"


def changed_error(source: str) -> DataError:
    """The error for a file that was changed while it was being read."""
    return DataError(CHANGED, place=Place(source))


def escaped(text: str, limit: int | None = None) -> str:
    r"""The text with everything unprintable escaped, so that it cannot control a terminal. With a
    ``limit`` it is cut to so many characters.

    >>> escaped("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    # str.isprintable is False for controls, separators other than the space, and for the
    # bidirectional marks (category Cf) that could reorder a message.
    shown = "".join(
        ch if ch.isprintable() else ch.encode("unicode_escape").decode("ascii") for ch in text
    )
    if limit is not None and len(shown) > limit:
        return shown[: limit - 1] + "…"
    return shown


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "class", "classes"), counted(2, "sample")
    ('1 class', '2 samples')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def quoted(value: str) -> str:
    """A value as messages show it: in quotes, escaped, cut at 60 characters."""
    return f'"{escaped(value, LONGEST_VALUE)}"'


def path_of(key: str) -> str:
    """The path to a key of a record, as messages show it.

    >>> path_of("label"), path_of("class name")
    ('$.label', '$["class name"]')
    """
    return f"$.{key}" if key.isidentifier() else f"$[{quoted(key)}]"


def not_a_probability(value: float) -> str:
    """What a message says of a value that cannot be a probability."""
    return f"{value!r} is not a probability (0 to 1)"


def not_a_soft_target(value: float, *, of_question: bool) -> str:
    """What a message says of a value that cannot be the soft target of a class, or of a yes/no
    question."""
    if of_question:
        return f"{value!r} is not a target from 0 to 1"
    return f"soft target {value!r} is not a probability (0 or more)"


def not_a_weight(value: float, name: str = "weight") -> str:
    """What a message says of a number that cannot be a weight; ``name`` is what it is called."""
    return f"the {name} {value!r} is not a finite number from 0 up"


def rounded(value: float, digits: int) -> str:
    """A number rounded for the eye: with ``digits`` decimals, or as a power of ten."""
    if math.isnan(value) or math.isinf(value):
        return str(value)
    if value == 0:
        return "0"
    if float(f"1e-{digits}") <= abs(value) < 1e6:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}e}"


def has_memory(mebibytes: int) -> bool:
    """Whether so much memory can be had. It is given back at once, and none of it is touched."""
    # Imported here because --help and --version do without it.
    import mmap

    try:
        mmap.mmap(-1, mebibytes << 20).close()
    except (OSError, ValueError):
        return False
    return True


def check_memory(mebibytes: int) -> None:
    """Raise a MemoryError if so much memory cannot be had. Call it before loading a large library:
    without memory such a library ends the process itself, with its own message or with none."""
    if not has_memory(mebibytes):
        raise MemoryError
