"""JSON: a list of logits, a list of such lists, or an object with logits and labels or targets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from xentcli.errors import DataError, Place, UsageError, counted, path_of, quoted
from xentcli.model import AnyArray, Batch, Grouping, Kind, Origin, Remark
from xentcli.readers.interface import EACH_SEQUENCE, Opened, Request, open_in_memory
from xentcli.readers.json.nested import Spelled, as_array, fault, no_key, shape_of, shown
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.class_axis import last_axis_hint
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
from xentcli.readers.rules.targets import (
    fit_labels,
    fit_targets,
    move_classes_second,
    reorder_targets,
)
from xentcli.readers.sources.source import Source, explain_errors, open_source, size_of
from xentcli.readers.text import encoding

# From here on a word is in order about what memory it takes.
LARGE = 64 << 20
# Its objects take some ten times as much.
LARGEST = 1 << 30


def open_document(source: Source, document: Any, request: Request) -> Opened:
    """The samples of a document, as one chunk."""
    place = Place(source.name)
    kind, value, path = _values(document, request, place)
    values = as_array(value, place, path)
    if values.ndim == 1:
        values = values[np.newaxis]
    values = move_classes_second(values, request.class_axis)
    if values.shape[1] == 0:
        raise fault("a sample without values", place, path)
    classes = request.classes
    check_class_names(classes, values.shape[1], f", {source.name} has {values.shape[1]}")
    origin = Origin(source.name, "json", path=path)
    keys = tuple(document) if isinstance(document, dict) else ()
    request = pair_files(request, keys, place)
    if is_by_position(request) or request.attached is None:
        labels, targets, target_origin = _target(document, values, request, source.name, classes)
        batch = Batch(values, kind, origin, classes, labels, targets, target_origin)
    else:
        batch = _join_second(Batch(values, kind, origin, classes), document, request, place)
    by = request.by
    if by == EACH_SEQUENCE and not (isinstance(document, dict) and by in document):
        by = None
    if by is not None:
        batch = batch._replace(grouping=_grouping(document, by, len(values), place))
    opened = open_in_memory(source.name, batch, request.class_axis)
    opened = opened._replace(remarks=(*opened.remarks, *remarks_on_pairing(request)), by=by or "")
    return opened if batch.partners is None else opened._replace(attached=request.attached)


def _join_second(batch: Batch, document: Any, request: Request, place: Place) -> Batch:
    """Join the labels or soft targets of a second file to the batch, matched by its list of ids."""
    assert request.attached is not None
    assert request.attached.join is not None
    key = request.attached.join.name
    ids = _values_a_sample(document[key], key, len(batch.values), place)
    places = [place._replace(detail=f"{path_of(key)}[{at}]") for at in range(len(ids))]
    return attach_by_ids(batch, ids, places, request)


def _grouping(document: Any, key: str, samples: int, place: Place) -> Grouping:
    """The groups of a list with a value for each sample."""
    if not isinstance(document, dict) or key not in document:
        keys = list(document) if isinstance(document, dict) else []
        hint = suggest_names(key, keys, "keys")
        raise UsageError(f"--by: {place} has no key {quoted(key)}", hint=hint)
    return grouping_of_values(_values_a_sample(document[key], key, samples, place))


def _values_a_sample(values: Any, key: str, samples: int, place: Place) -> list[Any]:
    if not isinstance(values, list) or len(values) != samples:
        found = counted(len(values), "value") if isinstance(values, list) else shown(values)
        raise fault(
            f"expected a list of {counted(samples, 'value')}, found {found}", place, path_of(key)
        )
    return values


def remarks_on_size(source: Source) -> tuple[Remark, ...]:
    """A note on the memory that a large document takes."""
    size = size_of(source) or 0
    if size < LARGE:
        return ()
    message = f"one document of {size >> 20} MiB is read whole; JSON Lines are streamed"
    return (Remark(message, Place(source.name)),)


def load(source: Source, request: Request) -> Any:
    """Read a whole document."""
    with open_source(source) as stream, explain_errors(source.name):
        recoded = encoding.as_utf8(stream, request.encoding, source.name)
        raw = b"".join(_blocks(recoded, source))
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("it is not UTF-8 text", place=Place(source.name)) from None
    try:
        return json.loads(content, parse_constant=Spelled, object_pairs_hook=refuse_repeated_keys)
    except json.JSONDecodeError as error:
        raise DataError(
            not_json(error),
            place=Place(source.name, error.lineno, error.colno),
            hint=_hint(error),
        ) from None
    except RepeatedKey as error:
        raise DataError(f'the key "{error}" stands twice', place=Place(source.name)) from None
    except (RecursionError, ValueError) as error:
        raise DataError(f"cannot read it as JSON ({error})", place=Place(source.name)) from None


def _blocks(stream: BinaryIO, source: Source) -> Iterator[bytes]:
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


def not_json(error: json.JSONDecodeError) -> str:
    """Return the error of a text that is not JSON."""
    return f"not JSON: {error.msg[0].lower()}{error.msg[1:]}"


def _hint(error: json.JSONDecodeError) -> str:
    # More data on a line of its own comes only after lines that are a whole value.
    if error.msg == "Extra data" and error.doc[: error.pos].endswith("\n"):
        return "is it JSON Lines, a value a line? --input-format jsonl"
    return ""


class RepeatedKey(Exception):
    """An object has this key twice."""


def refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object without repeated keys; JSON's reader would silently keep the last of two."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise RepeatedKey(key)
        result[key] = value
    return result


def _values(document: Any, request: Request, place: Place) -> tuple[Kind, Any, str]:
    if isinstance(document, list):
        return request.kind or "logits", document, "$"
    if not isinstance(document, dict):
        raise fault(f"expected a list or an object, found {shown(document)}", place, "$")
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


def _target(
    document: Any, values: AnyArray, request: Request, source: str, classes: tuple[str, ...]
) -> tuple[AnyArray | None, AnyArray | None, Origin | None]:
    shape = request.label_shape(values.shape)
    if request.wanted == "none":
        return None, None, None
    if request.attached is not None:
        origin = request.attached.origin
        if request.attached.labels is not None:
            found = fit_labels(request.attached, shape, classes, values.shape[1], request)
            return found, None, origin
        ordered = reorder_targets(request.attached, classes)
        return None, fit_targets(ordered, values, request.class_axis), ordered.origin
    if not isinstance(document, dict):
        return None, None, None
    place = Place(source)
    key = target_key(document, request, place)
    if key is None:
        return None, None, None
    origin = Origin(source, "json", path=f"$.{key}")
    if key not in LABEL_KEYS and _is_soft(document[key], values):
        soft = _soft(document[key], values, request.class_axis, place, origin.path)
        return None, soft, origin
    labels = _labels(document[key], shape, values.shape[1], request, place, origin.path)
    return labels, None, origin


def _is_soft(value: Any, values: AnyArray) -> bool:
    """Whether targets have a number for each class or are indices, which their shape tells."""
    depth, inner = 0, value
    while isinstance(inner, list) and inner:
        depth, inner = depth + 1, inner[0]
    if len(values) == 1 and depth == values.ndim - 1 == 1:
        # A single sample may be written without a list around it.
        return len(value) == int(values.shape[1]) > 1
    return depth >= int(values.ndim)


def target_key(document: dict[str, Any], request: Request, place: Place) -> str | None:
    """The key of the labels or soft targets, or None; two are an error."""
    if request.label_key is not None:
        if request.label_key not in document:
            raise no_key(request.label_key, document, place)
        return request.label_key
    given = [key for key in (*LABEL_KEYS, *TARGET_KEYS) if key in document]
    if len(given) > 1:
        named = " and ".join(map(quoted, given))
        raise UsageError(f"{place}: {named} contradict each other; --label-key says which to take")
    return given[0] if given else None


def _soft(value: Any, values: AnyArray, class_axis: int, place: Place, path: str) -> AnyArray:
    targets = as_array(value, place, path)
    if targets.ndim == 1 and len(values) == 1:
        targets = targets[np.newaxis]
    if targets.ndim == values.ndim:
        targets = move_classes_second(targets, class_axis)
    if targets.shape != values.shape:
        raise fault(
            f"soft targets of shape {targets.shape} for values of shape {values.shape}", place, path
        )
    return targets


def _labels(
    value: Any, shape: tuple[int, ...], count: int, request: Request, place: Place, path: str
) -> AnyArray:
    listed = value if isinstance(value, list) else [value]
    if request.questions and shape[:1] == (1,) and not any(map(_is_list, listed)):
        # The questions of the only sample.
        listed = [listed] if len(shape) > 1 else listed
    found = labels_in(listed, shape, count, request, place, path)
    return np.array(found, dtype=np.int64).reshape(shape)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def labels_in(
    value: Any,
    shape: tuple[int, ...],
    count: int,
    request: Request,
    place: Place,
    path: str,
    *,
    of_sample: bool = False,
) -> list[int]:
    """The labels of nested lists, which must have the shape of all samples or, with ``of_sample``,
    of one. The error says so if they fit with the classes last."""
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
            f"expected a list of {counted(shape[0], 'label')}, found {shown(value)}", place, path
        )
    if len(value) != shape[0]:
        found = counted(len(value), "label")
        raise fault(f"{found} for {counted(shape[0], 'sample')}", place, path)
    for at, item in enumerate(value):
        here = f"{path}[{at}]"
        if len(shape) > 1:
            _collect_labels(item, shape[1:], count, request, place, here, into)
        else:
            into.append(label_of(item, count, request, place, here))


def label_of(item: Any, count: int, request: Request, place: Place, path: str) -> int:
    """A label of a document: an index, however written, or the name of a class."""
    if type(item) not in (int, float, str):
        raise fault(f"cannot read {shown(item)} as a label", place, path)
    written = repr(item) if isinstance(item, float) else str(item)
    try:
        return numbers_labels.read_label(
            written, request.classes, request.label_count(count), request.ignore_index
        )
    except numbers_labels.NotANumber as error:
        message = error.reason.format(shown(item))
        raise DataError(
            message,
            place=place._replace(detail=path),
            hint=error.hint,
            if_one_based=error.if_one_based,
        ) from None
