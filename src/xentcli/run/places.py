"""Says where in the input a number of a batch is, for errors of the mathematics and for remarks."""

from __future__ import annotations

from xentcli.errors import ArgumentError, DataError, Place, UsageError, XentError, path_of, quoted
from xentcli.model import EACH_RECORD, Batch, Origin


def locate(error: ArgumentError, batch: Batch) -> XentError:
    """Turn an error about a number of a batch into one that says where in the input the number
    is."""
    if error.argument == "ignore_index":
        return UsageError(f"--ignore-index: {error.message}")
    message, origin = error.message, _origin(error.argument, batch)
    index = _with_sample(error.index, batch, origin)
    if origin.form in ("text", "table") and index:
        message = f"column {quoted(_column_name(origin, index))}: {message}"
    place = place_of(error.argument, error.index, batch)
    return DataError(message, place=place, hint=error.hint)


def _origin(argument: str, batch: Batch) -> Origin:
    if argument == "target" and batch.target_from is not None:
        return batch.target_from
    return batch.values_from


def _with_sample(index: tuple[int, ...], batch: Batch, origin: Origin) -> tuple[int, ...]:
    """The index of a number, with that of its sample: a single typed sample has no axis of samples,
    but its soft target in a second file is a row."""
    is_row = origin.form in ("text", "table", "json lines", "array")
    return (0, *index) if index and batch.values.ndim == 1 and is_row else index


def _column_name(origin: Origin, index: tuple[int, ...]) -> str:
    if origin.form == "table" and origin.path != "$" and len(index) > 1:
        # The column holds lists, each with a number for every class.
        return f"{origin.path}[{index[1]}]"
    return origin.names[_column_index(index)]


def place_of(argument: str, index: tuple[int, ...], batch: Batch) -> Place:
    """Where in the input the number is that has this index in the batch."""
    origin = _origin(argument, batch)
    source = origin.source
    if not index:
        return Place(source)
    index = _with_sample(index, batch, origin)
    sample, rest = index[0], index[1:]
    if origin.form == "text":
        one_column = len(origin.columns) == 1
        column = origin.columns[_column_index(index)] if rest or one_column else None
        return Place(source, origin.lines[sample], column)
    if origin.form == "table":
        return Place(source, detail=f"row {origin.lines[sample]}")
    if origin.columns and rest:
        # They are in another order than the classes.
        rest = (origin.columns[rest[0]] - 1, *rest[1:])
    number = batch.first + sample
    if len(origin.lines) and batch.values.ndim > 1:
        number = int(origin.lines[sample])
    if origin.form == "array":
        within = _index_in_input((number, *rest), origin)
        return Place(source, detail=f"{origin.path}[{', '.join(map(str, within))}]")
    if origin.form == "json lines":
        path = origin.path + _brackets(rest)
        if origin.path == "$" and rest:
            path = path_of(origin.names[rest[0]])
        return Place(source, origin.lines[sample], detail=path)
    if origin.form == "json":
        within = _index_in_input((number, *rest), origin)
        if origin.path.startswith(EACH_RECORD):
            path = f"$[{within[0]}]{origin.path.removeprefix(EACH_RECORD)}"
            return Place(source, detail=path + _brackets(within[1:]))
        return Place(source, detail=origin.path + _brackets(within))
    words = ["value"] if batch.values.ndim == 1 else ["sample", "value"]
    named = zip(words, (number, *rest), strict=False)
    return Place(source, detail=", ".join(f"{word} {at + 1}" for word, at in named))


def _index_in_input(index: tuple[int, ...], origin: Origin) -> tuple[int, ...]:
    """The index in the order of the input's own axes."""
    axes = origin.axes or range(len(index))
    return tuple(index[axis] for axis in axes if axis < len(index))


def _brackets(index: tuple[int, ...]) -> str:
    return "".join(f"[{at}]" for at in index)


def _column_index(index: tuple[int, ...]) -> int:
    return index[1] if len(index) > 1 else 0
