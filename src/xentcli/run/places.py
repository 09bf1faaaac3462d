"""The place in the input of a number in a batch, and errors of the mathematics at that place."""

from __future__ import annotations

from xentcli.errors import ArgumentError, DataError, Place, UsageError, XentError, path_of, quoted
from xentcli.model import Batch, Origin


def locate(error: ArgumentError, batch: Batch) -> XentError:
    """Turn an error about a number in an array into one about its place in the input."""
    if error.argument == "ignore_index":
        return UsageError(f"--ignore-index: {error.message}")
    message, origin = error.message, _origin(error.argument, batch)
    if origin.form in ("text", "table") and error.index:
        message = f"column {quoted(_column_name(origin, error.index))}: {message}"
    place = place_of(error.argument, error.index, batch)
    return DataError(message, place=place, hint=error.hint)


def _origin(argument: str, batch: Batch) -> Origin:
    if argument == "target" and batch.target_from is not None:
        return batch.target_from
    return batch.values_from


def _column_name(origin: Origin, index: tuple[int, ...]) -> str:
    if origin.form == "table" and origin.path != "$" and len(index) > 1:
        # One column holds the lists of all classes.
        return f"{origin.path}[{index[1]}]"
    return origin.names[_column(index)]


def place_of(argument: str, index: tuple[int, ...], batch: Batch) -> Place:
    """The place in the input of the number with that index in the batch."""
    origin = _origin(argument, batch)
    source = origin.source
    if not index:
        return Place(source)
    sample, rest = index[0], index[1:]
    if origin.form == "text":
        one_column = len(origin.columns) == 1
        column = origin.columns[_column(index)] if rest or one_column else None
        return Place(source, origin.lines[sample], column)
    if origin.form == "table":
        return Place(source, detail=f"row {origin.lines[sample]}")
    if origin.form == "array":
        number = int(origin.lines[sample]) if len(origin.lines) else batch.first + sample
        return Place(source, detail=f"{origin.path}[{', '.join(map(str, (number, *rest)))}]")
    if origin.form == "json lines":
        path = origin.path + _brackets(rest)
        if origin.path == "$" and rest:
            path = path_of(origin.names[rest[0]])
        return Place(source, origin.lines[sample], detail=path)
    if origin.form == "json":
        return Place(source, detail=origin.path + _brackets(index))
    words = ["value"] if batch.values.ndim == 1 else ["sample", "value"]
    named = zip(words, index, strict=False)
    return Place(source, detail=", ".join(f"{word} {at + 1}" for word, at in named))


def _brackets(index: tuple[int, ...]) -> str:
    return "".join(f"[{at}]" for at in index)


def _column(index: tuple[int, ...]) -> int:
    return index[1] if len(index) > 1 else 0
