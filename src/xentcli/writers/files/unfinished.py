"""Remembers what has to be undone if a command does not come to its end.

A signal may arrive after the last line of a block and before Python calls what cleans up behind it,
which then is never called.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

_undos: list[Callable[[], None]] = []


def remember(undo: Callable[[], None]) -> None:
    """Remember how to undo something that is about to be begun. It may be called twice."""
    _undos.append(undo)


def forget(undo: Callable[[], None]) -> None:
    """Forget it, as it is finished or undone."""
    if undo in _undos:
        _undos.remove(undo)


def undo_all() -> None:
    """Undo everything that is neither finished nor undone, the last first."""
    while _undos:
        _undos.pop()()
