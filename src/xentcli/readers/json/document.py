"""Opens a JSON document: a list of logits, a list of such lists, or an object with logits and
labels or targets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from xentcli.errors import DataError, Place, UsageError, counted, path_of, quoted
from xentcli.model import AnyArray, Batch, Grouping, Kind, Origin, Remark
from xentcli.readers.interface import EACH_SEQUENCE, Opened, Request, open_in_memory
from xentcli.readers.json.nested import Spelled, as_array, describe, fault, no_key, shape_of
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.class_axis import axes_of_input, last_axis_hint
from xentcli.readers.rules.class_names import CLASSES_KEY, take_class_names
from xentcli.readers.rules.groups import grouping_of_values
from xentcli.readers.rules.ids import attach_by_ids
from xentcli.readers.rules.join import is_by_position, pair_files, remarks_on_pairing
from xentcli.readers.rules.keys import (
    KIND_KEYS,
    LABEL_KEYS,
    TARGET_KEYS,
    check_class_names,
    expected_one,
    kind_keys_in,
    kind_of,
)
from xentcli.readers.rules.named_columns import suggest_names
from xentcli.readers.rules.share import take_share
from xentcli.readers.rules.targets import fit_target, move_classes_second
from xentcli.readers.sources.source import Source, explain_errors, size_of
from xentcli.readers.text.encoding import open_text

# From this size on a note is given on the memory that a document takes.
LARGE = 64 << 20
# A larger document is refused: its objects take about ten times as much memory.
LARGEST = 1 << 30


def open_document(source: Source, document: Any, request: Request) -> Opened:
    """Open the samples of a document, as one chunk."""
    place = Place(source.name)
    kind, value, path = _find_values(document, request, place)
    values = as_array(value, place, path)
    axes = axes_of_input(values.ndim, request.class_axis)
    if values.ndim == 1:
        values = values[np.newaxis]
    values = move_classes_second(values, request.class_axis)
    if values.shape[1] == 0:
        raise fault("a sample without values", place, path)
    request, on_names = _take_class_names(document, request, values.shape[1], place)
    classes = request.classes
    check_class_names(classes, values.shape[1], f", {source.name} has {values.shape[1]}")
    origin = Origin(source.name, "json", path=path, axes=axes)
    keys = tuple(document) if isinstance(document, dict) else ()
    request = pair_files(request, keys, place)
    request, share = take_share(request, request.label_shape(values.shape), source.name)
    if is_by_position(request) or request.attached is None:
        batch = _add_target(Batch(values, kind, origin, classes), document, request, place)
    else:
        batch = _join_second(Batch(values, kind, origin, classes), document, request, place)
    by = request.by
    if by == EACH_SEQUENCE and not (isinstance(document, dict) and by in document):
        by = None
    if by is not None:
        batch = batch._replace(grouping=_group_samples(document, by, len(values), place))
    opened = open_in_memory(source.name, batch, request.class_axis)
    opened = opened._replace(
        remarks=(*opened.remarks, *on_names, *remarks_on_pairing(request)),
        by=by or "",
        has_columns=False,
        share=share,
    )
    return opened if batch.partners is None else opened._replace(attached=request.attached)


def _take_class_names(
    document: Any, request: Request, count: int, place: Place
) -> tuple[Request, tuple[Remark, ...]]:
    """Take the names of the classes from the document's list of them."""
    names = document.get(CLASSES_KEY) if isinstance(document, dict) else None
    if not isinstance(names, list):
        return request, ()

    def labels_here() -> list[str]:
        key = find_target_key(document, request, place)
        return [] if key is None else _texts_in(document[key])

    place_of_names = place._replace(detail=path_of(CLASSES_KEY))
    return take_class_names(names, count, request, place_of_names, labels_here)


def _texts_in(value: Any) -> list[str]:
    """Return the texts in nested lists."""
    if isinstance(value, list):
        return [text for item in value for text in _texts_in(item)]
    return [value] if isinstance(value, str) else []


def _join_second(batch: Batch, document: Any, request: Request, place: Place) -> Batch:
    """Attach the labels or soft targets of a second file, which the document's list of ids
    matches."""
    assert request.attached is not None
    assert request.attached.join is not None
    key = request.attached.join.name
    ids = _one_value_a_sample(document[key], key, len(batch.values), place)
    places = [place._replace(detail=f"{path_of(key)}[{at}]") for at in range(len(ids))]
    return attach_by_ids(batch, ids, places, request)


def _group_samples(document: Any, key: str, samples: int, place: Place) -> Grouping:
    """Group the samples by a list with a value for each of them."""
    if not isinstance(document, dict) or key not in document:
        keys = list(document) if isinstance(document, dict) else []
        hint = suggest_names(key, keys, "keys")
        raise UsageError(f"--by: {place} has no key {quoted(key)}", hint=hint)
    return grouping_of_values(_one_value_a_sample(document[key], key, samples, place))


def _one_value_a_sample(values: Any, key: str, samples: int, place: Place) -> list[Any]:
    if not isinstance(values, list) or len(values) != samples:
        found = counted(len(values), "value") if isinstance(values, list) else describe(values)
        raise fault(
            f"expected a list of {counted(samples, 'value')}, found {found}", place, path_of(key)
        )
    return values


def remarks_on_size(source: Source) -> tuple[Remark, ...]:
    """Return a note on the memory that a large document takes."""
    size = size_of(source) or 0
    if size < LARGE:
        return ()
    message = f"one document of {size >> 20} MiB is read whole; JSON Lines are streamed"
    return (Remark(message, Place(source.name)),)


def load(source: Source, request: Request) -> Any:
    """Read a whole document."""
    with open_text(source, request) as stream, explain_errors(source.name):
        raw = b"".join(_read_blocks(stream, source))
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("it is not UTF-8 text", place=Place(source.name)) from None
    try:
        return json.loads(content, parse_constant=Spelled, object_pairs_hook=refuse_repeated_keys)
    except json.JSONDecodeError as error:
        raise DataError(
            describe_json_error(error),
            place=Place(source.name, error.lineno, error.colno),
            hint=_hint_at_json_lines(error),
        ) from None
    except RepeatedKey as error:
        raise DataError(f'the key "{error}" stands twice', place=Place(source.name)) from None
    except (RecursionError, ValueError) as error:
        raise DataError(f"cannot read it as JSON ({error})", place=Place(source.name)) from None


def _read_blocks(stream: BinaryIO, source: Source) -> Iterator[bytes]:
    size = 0
    for block in iter(partial(stream.read, 1 << 20), b""):
        size += len(block)
        if size > LARGEST:
            raise DataError(
                f"one document of more than {LARGEST >> 20} MiB",
                place=Place(source.name),
                hint="JSON Lines, a record a line, are streamed: jq -c '.[]' x.json > x.jsonl",
            )
        yield block


def describe_json_error(error: json.JSONDecodeError) -> str:
    """Return the message for a text that is not JSON."""
    return f"not JSON: {error.msg[0].lower()}{error.msg[1:]}"


def _hint_at_json_lines(error: json.JSONDecodeError) -> str:
    # The first value ended where its line ended, and more data follows on the next line.
    if error.msg == "Extra data" and error.doc[: error.pos].endswith("\n"):
        return "is it JSON Lines, a value a line? --input-format jsonl"
    return ""


class RepeatedKey(Exception):
    """An object has this key twice."""


def refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, and refuse repeated keys: Python's reader would silently keep the last
    one."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise RepeatedKey(key)
        result[key] = value
    return result


def _find_values(document: Any, request: Request, place: Place) -> tuple[Kind, Any, str]:
    if isinstance(document, list):
        return request.kind or "logits", document, "$"
    if not isinstance(document, dict):
        raise fault(f"expected a list or an object, found {describe(document)}", place, "$")
    if request.logits_key is not None:
        if request.logits_key not in document:
            raise no_key(request.logits_key, document, place)
        named = next((kind for kind in KIND_KEYS if kind == request.logits_key), None)
        kind = request.kind or named or "logits"
        return kind, document[request.logits_key], f"$.{request.logits_key}"
    present = kind_keys_in(document)
    if len(present) != 1:
        raise fault(expected_one(present), place, "$")
    kind = kind_of(present[0], request.kind, place)
    return kind, document[kind], f"$.{kind}"


def _add_target(batch: Batch, document: Any, request: Request, place: Place) -> Batch:
    """Add labels or soft targets to the batch, from the document or from elsewhere."""
    if request.wanted == "none":
        return batch
    if request.attached is not None:
        return fit_target(batch, request)
    if not isinstance(document, dict):
        return batch
    key = find_target_key(document, request, place)
    if key is None:
        return batch
    values, origin = batch.values, Origin(place.source, "json", path=f"$.{key}")
    if key not in LABEL_KEYS and _is_soft(document[key], values):
        targets, axes = _read_soft_targets(
            document[key], values, request.class_axis, place, origin.path
        )
        return batch._replace(targets=targets, target_from=origin._replace(axes=axes))
    shape = request.label_shape(values.shape)
    labels = _read_labels(document[key], shape, values.shape[1], request, place, origin.path)
    return batch._replace(labels=labels, target_from=origin)


def _is_soft(value: Any, values: AnyArray) -> bool:
    """Whether targets have a number for each class, or are indices; their shape tells."""
    depth, inner = 0, value
    while isinstance(inner, list) and inner:
        depth, inner = depth + 1, inner[0]
    if len(values) == 1 and depth == values.ndim - 1:
        # The soft targets of a single sample may stand without a list around them; labels, one for
        # each of its positions, have one around them.
        return len(value) == int(values.shape[1]) > 1
    return depth >= int(values.ndim)


def find_target_key(document: dict[str, Any], request: Request, place: Place) -> str | None:
    """Find the key of the labels or soft targets, or None; two of them are an error."""
    if request.label_key is not None:
        if request.label_key not in document:
            raise no_key(request.label_key, document, place)
        return request.label_key
    given = [key for key in (*LABEL_KEYS, *TARGET_KEYS) if key in document]
    if len(given) > 1:
        named = " and ".join(map(quoted, given))
        raise UsageError(f"{place}: {named} contradict each other; --label-key says which to take")
    return given[0] if given else None


def _read_soft_targets(
    value: Any, values: AnyArray, class_axis: int, place: Place, path: str
) -> tuple[AnyArray, tuple[int, ...]]:
    """Read soft targets into the shape of the values; return with them the axes that they have in
    the document."""
    targets = as_array(value, place, path)
    axes = axes_of_input(targets.ndim, class_axis)
    if targets.ndim == 1 and len(values) == 1:
        targets = targets[np.newaxis]
    if targets.ndim == values.ndim:
        targets = move_classes_second(targets, class_axis)
    if targets.shape != values.shape:
        raise fault(
            f"soft targets of shape {targets.shape} for values of shape {values.shape}", place, path
        )
    return targets, axes


def _read_labels(
    value: Any, shape: tuple[int, ...], count: int, request: Request, place: Place, path: str
) -> AnyArray:
    listed = value if isinstance(value, list) else [value]
    if (
        request.questions
        and shape[:1] == (1,)
        and not any(isinstance(item, list) for item in listed)
    ):
        # The labels of a single sample may stand without a list around them.
        listed = [listed] if len(shape) > 1 else listed
    found = read_labels(listed, shape, count, request, place, path)
    return np.array(found, dtype=np.int64).reshape(shape)


def read_labels(
    value: Any,
    shape: tuple[int, ...],
    count: int,
    request: Request,
    place: Place,
    path: str,
    *,
    of_sample: bool = False,
) -> list[int]:
    """Read the labels of nested lists, which must have the shape of all samples or, with
    ``of_sample``, of one. The error has a hint if they would fit with the classes last."""
    found: list[int] = []
    try:
        _collect_labels(value, shape, count, request, place, path, found)
    except DataError as error:
        if not request.questions:
            before = (1,) if of_sample else ()
            first, *rest = before + shape
            given = before + shape_of(value)
            hint = last_axis_hint((first, count, *rest), request.class_axis, given)
            error.hint = error.hint or hint
        raise
    return found


def _collect_labels(
    value: Any,
    shape: tuple[int, ...],
    count: int,
    request: Request,
    place: Place,
    path: str,
    into: list[int],
) -> None:
    if not isinstance(value, list):
        raise fault(
            f"expected a list of {counted(shape[0], 'label')}, found {describe(value)}", place, path
        )
    if len(value) != shape[0]:
        found = counted(len(value), "label")
        raise fault(f"{found} for {counted(shape[0], 'sample')}", place, path)
    for at, item in enumerate(value):
        here = f"{path}[{at}]"
        if len(shape) > 1:
            _collect_labels(item, shape[1:], count, request, place, here, into)
        else:
            into.append(read_label(item, count, request, place, here))


def read_label(item: Any, count: int, request: Request, place: Place, path: str) -> int:
    """Read a label of a document: an index, however it is written, or the name of a class."""
    if type(item) not in (int, float, str):
        raise fault(f"cannot read {describe(item)} as a label", place, path)
    written = repr(item) if isinstance(item, float) else str(item)
    try:
        return numbers_labels.read_label(
            written, request.classes, request.label_count(count), request.ignore_index
        )
    except numbers_labels.NotANumber as error:
        message = error.reason.format(describe(item))
        raise DataError(
            message,
            place=place._replace(detail=path),
            hint=error.hint,
            if_one_based=error.if_one_based,
        ) from None
