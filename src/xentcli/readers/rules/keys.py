"""Which key of a document, record, archive or table has the values, the label, the soft targets;
and whether the options agree with what is there."""

from __future__ import annotations

from collections.abc import Container, Sequence

from xentcli.errors import Place, UsageError, quoted
from xentcli.model import Kind

KIND_KEYS: tuple[Kind, ...] = ("logits", "probs", "log_probs")
LABEL_KEYS = ("labels", "label")
# Of labels and of soft targets alike: the shape tells which.
TARGET_KEYS = ("targets", "target")


def kind_keys_in(keys: Container[str]) -> list[Kind]:
    """The keys that say what their values are: logits, probs, log_probs."""
    return [kind for kind in KIND_KEYS if kind in keys]


def expected_one(found: Sequence[str]) -> str:
    """The message where not exactly one key says what its values are."""
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
    """Refuse ``--classes`` with more or fewer names than classes; ``found`` says where the classes
    are."""
    if names and len(names) != count:
        raise UsageError(f"--classes names {len(names)} classes{found}")
