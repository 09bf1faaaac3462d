"""JSON: a list of logits, a list of such lists, or an object with logits and labels or targets."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, UsageError
from xentcli.model import AnyArray, Batch, Kind, Origin
from xentcli.readers import cells
from xentcli.readers.interface import Opened, Request
from xentcli.readers.nested import Spelled, as_array, classes_second, fault, shown
from xentcli.readers.source import Source, cannot, opened
from xentcli.readers.typed import fitted_labels, fitted_targets, opened_whole

KIND_KEYS: tuple[Kind, ...] = ("logits", "probs", "log_probs")
LABEL_KEYS = ("labels", "label")
TARGET_KEYS = ("targets", "target")


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Reads a document whole; its samples are one chunk."""
    document = _loaded(source)
    place = Place(source.name)
    kind, value, path = _values(document, request, place)
    values = as_array(value, place, path)
    if values.ndim == 1:
        values = values[np.newaxis]
    values = classes_second(values, request.class_axis)
    if values.shape[1] == 0:
        raise fault("a sample without values", place, path)
    classes = request.classes
    if classes and len(classes) != values.shape[1]:
        raise UsageError(
            f"--classes names {len(classes)} classes, {source.name} has {values.shape[1]}"
        )
    origin = Origin(source.name, "json", path=path)
    labels, targets, target_origin = _target(document, values, request, source.name, classes)
    batch = Batch(values, kind, origin, classes, labels, targets, target_origin)
    return opened_whole(source.name, batch, request.class_axis)


def _loaded(source: Source) -> Any:
    with opened(source) as stream:
        try:
            content = stream.read().decode("utf-8-sig")
        except OSError as error:
            raise cannot("read", source.name, error) from None
        except UnicodeDecodeError:
            raise DataError("it is not UTF-8 text", place=Place(source.name)) from None
    try:
        return json.loads(content, parse_constant=Spelled, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise DataError(
            f"not JSON: {error.msg[0].lower()}{error.msg[1:]}",
            place=Place(source.name, error.lineno, error.colno),
        ) from None
    except _RepeatedKey as error:
        raise DataError(f'the key "{error}" stands twice', place=Place(source.name)) from None
    except (RecursionError, ValueError) as error:
        raise DataError(f"cannot read it as JSON ({error})", place=Place(source.name)) from None


class _RepeatedKey(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys differ; JSON's reader would silently keep the last of two."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _RepeatedKey(key)
        result[key] = value
    return result


def _values(document: Any, request: Request, place: Place) -> tuple[Kind, Any, str]:
    if isinstance(document, list):
        return request.kind or "logits", document, "$"
    if not isinstance(document, dict):
        raise fault(f"expected a list or an object, found {shown(document)}", place, "$")
    present = [key for key in KIND_KEYS if key in document]
    if len(present) != 1:
        found = " and ".join(f'"{key}"' for key in present) or "none of them"
        raise fault(f'expected one of "logits", "probs", "log_probs", found {found}', place, "$")
    kind = present[0]
    if request.kind is not None and request.kind != kind:
        asked = request.kind.replace("_", "-")
        raise UsageError(f'--input {asked}: the key in {place} is "{kind}"')
    return kind, document[kind], f"$.{kind}"


def _target(
    document: Any, values: AnyArray, request: Request, source: str, classes: tuple[str, ...]
) -> tuple[AnyArray, AnyArray, Origin | None]:
    shape = values.shape[:1] + values.shape[2:]
    if request.wanted == "none":
        return None, None, None
    if request.attached is not None:
        origin = request.attached.origin
        if request.attached.labels is not None:
            found = fitted_labels(request.attached, shape, classes, values.shape[1], request)
            return found, None, origin
        return None, fitted_targets(request.attached, values, request.class_axis), origin
    if not isinstance(document, dict):
        return None, None, None
    place = Place(source)
    for key in LABEL_KEYS:
        if key in document:
            origin = Origin(source, "json", path=f"$.{key}")
            labels = _labels(document[key], shape, values.shape[1], request, place, f"$.{key}")
            return labels, None, origin
    for key in TARGET_KEYS:
        if key in document:
            return (
                None,
                _soft(document[key], values, request.class_axis, place, f"$.{key}"),
                Origin(source, "json", path=f"$.{key}"),
            )
    return None, None, None


def _soft(value: Any, values: AnyArray, class_axis: int, place: Place, path: str) -> AnyArray:
    targets = as_array(value, place, path)
    if targets.ndim == 1 and len(values) == 1:
        targets = targets[np.newaxis]
    if targets.ndim == values.ndim:
        targets = classes_second(targets, class_axis)
    if targets.shape != values.shape:
        raise fault(
            f"soft targets of shape {targets.shape} for values of shape {values.shape}", place, path
        )
    return targets


def _labels(
    value: Any, shape: tuple[int, ...], count: int, request: Request, place: Place, path: str
) -> AnyArray:
    found: list[int] = []
    listed = value if isinstance(value, list) else [value]
    _collect(listed, shape, count, request, place, path, found)
    return np.array(found, dtype=np.int64).reshape(shape)


def _collect(
    value: Any,
    shape: tuple[int, ...],
    count: int,
    request: Request,
    place: Place,
    path: str,
    into: list[int],
) -> None:
    if not isinstance(value, list) or len(value) != shape[0]:
        size = f"{len(value)} labels" if isinstance(value, list) else shown(value)
        raise fault(f"{size} for {shape[0]} samples", place, path)
    for at, item in enumerate(value):
        here = f"{path}[{at}]"
        if len(shape) > 1:
            _collect(item, shape[1:], count, request, place, here, into)
        else:
            into.append(_label(item, count, request, place, here))


def _label(item: Any, count: int, request: Request, place: Place, path: str) -> int:
    if type(item) not in (int, float, str):
        raise fault(f"cannot read {shown(item)} as a label", place, path)
    written = repr(item) if isinstance(item, float) else str(item)
    try:
        return cells.label(written, request.classes, count, request.ignore_index)
    except cells.NotANumber as error:
        message = error.reason.format(shown(item))
        raise DataError(message, place=Place(place.source, detail=path), hint=error.hint) from None
