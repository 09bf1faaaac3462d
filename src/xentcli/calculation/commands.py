"""What is to be computed: the command and everything that its numbers depend on."""

from __future__ import annotations

from typing import Literal, NamedTuple

from xentcli.core.elementary import LOG_OF_BASE
from xentcli.core.settings import Settings
from xentcli.model import AnswerField, Kind

Method = Literal["stable", "textbook"]
Base = Literal["e", "2", "10"]

UNITS: dict[Base, str] = {"e": "nats", "2": "bits", "10": "bans"}


class Command(NamedTuple):
    """What a command answers, and what it needs for that."""

    name: str
    field: AnswerField
    kinds: tuple[Kind, ...]
    has_target: bool
    takes_soft: bool = False


COMMANDS = {
    command.name: command
    for command in (
        Command("softmax", "probs", ("logits",), has_target=False),
        Command("log-softmax", "log_probs", ("logits",), has_target=False),
        Command("nll", "loss", ("logits", "probs", "log_probs"), has_target=True),
        Command("ce", "loss", ("logits", "probs", "log_probs"), has_target=True, takes_soft=True),
        Command(
            "diagnose",
            "loss",
            ("logits", "probs", "log_probs"),
            has_target=True,
            takes_soft=True,
        ),
        Command("grad", "grad", ("logits",), has_target=True, takes_soft=True),
    )
}


class Calculation(NamedTuple):
    """A command, the settings of its loss, and how it computes.

    ``dtype`` is None for float64 and every digit, else the width of a framework to reproduce.
    """

    command: Command
    settings: Settings
    method: Method = "stable"
    dtype: str | None = None
    base: Base = "e"
    want_accuracy: bool = False

    @property
    def log_base(self) -> float:
        """What losses in nats are divided by."""
        return LOG_OF_BASE[self.base]
