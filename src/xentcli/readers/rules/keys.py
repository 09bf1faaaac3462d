"""Which key of a document, a record, an archive or a table has the values, the label, the soft
targets; and whether what is said about classes and kinds fits what is there."""

from __future__ import annotations

from collections.abc import Container, Sequence

from xentcli.errors import Place, UsageError, quoted
from xentcli.model import Kind

KIND_KEYS: tuple[Kind, ...] = ("logits", "probs", "log_probs")
LABEL_KEYS = ("labels", "label")
# Of labels and of soft targets alike: the shape tells which.
TARGET_KEYS = ("targets", "target")


def kind_keys_in(keys: Container[str]) -> list[Kind]:
    """Those of the keys that say what their values are."""
    return [kind for kind in KIND_KEYS if kind in keys]


def expected_one(found: Sequence[str]) -> str:
    """What is wrong where not just one key says what its values are."""
    shown = " and ".join(map(quoted, found)) or "none of them"
    return f'expected one of "logits", "probs", "log_probs", found {shown}'


def kind_of(key: str | None, asked: Kind | None, place: Place, what: str = "key") -> Kind:
    """What the values under a key are: as the key says, which ``--input`` must not contradict, else
    as ``--input`` says."""
    known = next((kind for kind in KIND_KEYS if kind == key), None)
    if known is None:
        return asked or "logits"
    if asked is not None and asked != known:
        shown = asked.replace("_", "-")
        raise UsageError(f"--input {shown}: the {what} in {place} is {quoted(known)}")
    return known


def check_class_names(names: Sequence[str], count: int, found: str) -> None:
    """Refuse ``--classes`` of another number than there are classes; ``found`` says where these
    are."""
    if names and len(names) != count:
        raise UsageError(f"--classes names {len(names)} classes{found}")
