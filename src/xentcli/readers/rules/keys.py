"""The keys of values, labels and soft targets in documents, records, archives and tables, and
checks that the options agree with them."""

from __future__ import annotations

from collections.abc import Container, Sequence

from xentcli.errors import Place, UsageError, quoted
from xentcli.model import Kind

KIND_KEYS: tuple[Kind, ...] = ("logits", "probs", "log_probs")
LABEL_KEYS = ("labels", "label")
# Used for labels and for soft targets alike; the shape tells which they are.
TARGET_KEYS = ("targets", "target")


def kind_keys_in(keys: Container[str]) -> list[Kind]:
    """Return the keys that say what kind their values are: logits, probs, log_probs."""
    return [kind for kind in KIND_KEYS if kind in keys]


def expected_one(found: Sequence[str]) -> str:
    """Return the message for keys of which not exactly one says what kind its values are."""
    shown = " and ".join(map(quoted, found)) or "none of them"
    return f'expected one of "logits", "probs", "log_probs", found {shown}'


def kind_of(key: str | None, asked: Kind | None, place: Place, what: str = "key") -> Kind:
    """Return the kind of the values under a key: what the key says, or else ``--input``.

    The two must not contradict each other.
    """
    known = next((kind for kind in KIND_KEYS if kind == key), None)
    if known is None:
        return asked or "logits"
    if asked is not None and asked != known:
        shown = asked.replace("_", "-")
        raise UsageError(f"--input {shown}: the {what} in {place} is {quoted(known)}")
    return known


def check_class_names(names: Sequence[str], count: int, found: str) -> None:
    """Refuse ``--classes`` with more or fewer names than classes; ``found`` ends the message with
    where they were counted."""
    if names and len(names) != count:
        raise UsageError(f"--classes names {len(names)} classes{found}")
