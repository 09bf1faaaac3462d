"""Reads back what ``xent`` writes as JSON and JSON Lines: probabilities and log-probabilities
become values again; losses, totals and gradients are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xentcli.errors import DataError, Place
from xentcli.model import Kind
from xentcli.readers.interface import Request
from xentcli.readers.rules.keys import kind_keys_in, kind_of

SCHEMA = "xent/"
RESULT_KEY = "result"
GIVES: dict[str, Kind] = {"softmax": "probs", "log-softmax": "log_probs"}
TOTALS = frozenset({"reduction", "samples", "ignored", "denominator"})


def is_own(document: Any) -> bool:
    """Whether a document says that ``xent`` wrote it."""
    return isinstance(document, dict) and str(document.get("schema", "")).startswith(SCHEMA)


def take_result(
    document: Mapping[str, Any], request: Request, place: Place
) -> tuple[dict[str, Any], Request]:
    """Take the result out of the document; its kind and its classes join the request."""
    command = document.get("command")
    kind = GIVES.get(str(command))
    if kind is None or RESULT_KEY not in document:
        raise DataError(
            f"it is what xent {command} answered, and holds no logits",
            place=place,
            hint="what xent softmax and xent log-softmax answer can be read",
        )
    request = request._replace(
        kind=kind_of(kind, request.kind, place), logits_key=request.logits_key or RESULT_KEY
    )
    names = document.get("classes")
    if (
        not request.classes
        and isinstance(names, list)
        and names != list(map(str, range(len(names))))
    ):
        request = request._replace(classes=tuple(map(str, names)))
    return {RESULT_KEY: document[RESULT_KEY]}, request


def check_not_own(record: Mapping[str, Any], place: Place) -> None:
    """Refuse a line that ``xent`` wrote with totals or gradients: it holds no logits."""
    if set(record).issuperset(TOTALS):
        what = "it is a total that xent wrote, and holds no logits"
    elif isinstance(record.get("grad"), list) and not kind_keys_in(record):
        what = "it holds gradients that xent wrote, and no logits"
    else:
        return
    raise DataError(what, place=place, hint="--logits-key names a key to read all the same")
