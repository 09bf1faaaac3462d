"""What to say where a column or a key is asked for that is not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xentcli.errors import quoted

MOST = 10


def near_or_all(wanted: str, known: Iterable[str], what: str) -> str:
    """The name that is nearest, else the first names that there are.

    >>> near_or_all("lable", ["a", "label"], "columns"), near_or_all("x", ["a", "b"], "keys")
    ('did you mean "label"?', 'the keys are "a", "b"')
    """
    from difflib import get_close_matches  # slow to import, and seldom needed

    names = list(known)
    near = get_close_matches(wanted, names, 1)
    return f"did you mean {quoted(near[0])}?" if near else listed(names, what)


def listed(names: Sequence[str], what: str) -> str:
    """The first names that there are."""
    if not names:
        return f"there are no {what}"
    shown = [quoted(name) for name in names[:MOST]] + ["…"] * (len(names) > MOST)
    return f"the {what} are {', '.join(shown)}"
