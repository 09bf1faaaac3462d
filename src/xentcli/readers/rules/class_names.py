"""Takes the names of the classes that a JSON document or an archive lists under its key
``classes``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from xentcli.errors import DataError, Place, counted, quoted
from xentcli.model import Remark
from xentcli.readers.interface import Request
from xentcli.readers.rules.class_indices import texts_of_labels
from xentcli.readers.rules.numbers_labels import looks_like_number

CLASSES_KEY = "classes"
HINT = "--classes names the classes, in their order"


def take_class_names(
    names: Sequence[Any],
    count: int,
    request: Request,
    place: Place,
    labels_here: Callable[[], Iterable[str]],
) -> tuple[Request, tuple[Remark, ...]]:
    """Return the request with the names of ``count`` classes, unless the command line names them.

    A list of texts that cannot be their names is refused where a label is one of them, of which
    ``labels_here`` finds those in the same file; else a note says that it is not taken.
    """
    if request.classes or not any(isinstance(name, str) for name in names):
        return request, ()
    # As everywhere, blanks around a name are no part of it.
    texts = [str(name).strip() for name in names]
    wrong = _reason_against(names, texts, count)
    if not wrong:
        return request._replace(classes=tuple(texts)), ()
    if texts == list(map(str, range(count))):
        return request, ()
    if set(texts) & {label.strip() for label in _labels_given(request, labels_here)}:
        raise DataError(wrong, place=place, hint=HINT)
    message = f"{wrong}, so they are not taken ({HINT})"
    return request, (Remark(message, place, word="note"),)


def _reason_against(names: Sequence[Any], texts: Sequence[str], count: int) -> str:
    """Say why these texts cannot be the names of so many classes; an empty text if they can."""
    if len(texts) != count:
        return f"{counted(len(texts), 'name')} for {counted(count, 'class', 'classes')}"
    for at, (name, text) in enumerate(zip(names, texts, strict=True)):
        # A label that is a number would be its index as well.
        if not isinstance(name, str) or looks_like_number(text):
            return f"{quoted(text)} could be meant as an index"
        if text in texts[:at]:
            return f"{quoted(text)} is the name of two classes"
    return ""


def _labels_given(request: Request, labels_here: Callable[[], Iterable[str]]) -> Iterable[str]:
    """Return the texts of the labels that are wanted, and what the columns of soft targets are
    called."""
    if request.wanted == "none":
        return ()
    attached = request.attached
    if attached is None:
        return labels_here()
    return attached.origin.names if attached.labels is None else texts_of_labels(attached)
