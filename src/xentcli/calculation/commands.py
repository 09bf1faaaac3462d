"""What can be computed: the one table of commands, and a command with all that its numbers need.

A new loss, ``NAME``, is

1. a module of :mod:`xentcli.core` with its mathematics;
2. an entry of ``COMMANDS`` here;
3. the module of this room that the entry names in ``formulas``: the functions of
   :class:`xentcli.calculation.interface.Formulas`, which hand the arrays to the core and name the
   steps (``cross_entropy`` and ``cross_entropy_steps`` are the model);
4. a function in ``cli/commands.py`` that lists its groups of options.

The app, help, pages, completion, manual page and README's table are made from this table, or tested
against it. Answers, steps, surveys, checks, files, formats and workers come by themselves.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple

from xentcli.model import AnswerField, Kind

if TYPE_CHECKING:
    from xentcli.calculation.interface import Formulas
    from xentcli.core.settings import Settings

Method = Literal["stable", "textbook"]
Base = Literal["e", "2", "10"]

UNITS: dict[Base, str] = {"e": "nats", "2": "bits", "10": "bans"}
EVERY_KIND: tuple[Kind, ...] = ("logits", "probs", "log_probs")


class Command(NamedTuple):
    """What a command is.

    ``help`` is all that its help says of it, the first line by itself; ``title`` stands above a
    saved page. It answers with ``field``, takes values of those ``kinds``, needs labels if
    ``has_target``, and soft targets do as well if ``takes_soft``. ``formulas`` is the module beside
    this one that computes it. It does not show the steps ``unused``, with ``--method textbook``
    those in ``textbook_unused``.
    """

    name: str
    title: str
    help: str
    examples: tuple[str, ...]
    field: AnswerField
    kinds: tuple[Kind, ...]
    formulas: str
    has_target: bool = True
    takes_soft: bool = False
    unused: tuple[str, ...] = ()
    textbook_unused: tuple[str, ...] = ()

    @property
    def has_loss(self) -> bool:
        """Whether it answers with a loss, or with the gradient of one."""
        return self.field in ("loss", "grad")

    @property
    def summary(self) -> str:
        """The command in a sentence."""
        return self.help.partition("\n")[0]


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "softmax",
            "Softmax",
            "The probabilities of each sample.",
            (
                "xent softmax --logits 1,2,3",
                "xent softmax --logits 1,2,3 --temperature 0.5 --quiet",
                "xent softmax logits.csv --format csv -o probs.csv",
                "xent softmax logits.npy --format json",
            ),
            "probs",
            ("logits",),
            "softmax",
            has_target=False,
            unused=("log_sum", "log_softmax"),
            textbook_unused=("log_sum", "log_softmax"),
        ),
        Command(
            "log-softmax",
            "Log-softmax",
            "The log-probabilities of each sample.",
            (
                "xent log-softmax --logits 1,2,3",
                "xent log-softmax logits.csv --format csv | xent nll - --input log-probs",
            ),
            "log_probs",
            ("logits",),
            "softmax",
            has_target=False,
            unused=("softmax",),
        ),
        Command(
            "nll",
            "Negative log-likelihood",
            "The negative log-likelihood of the labels: log-softmax first, then the pick.",
            (
                "xent nll --logits 1,2,3 --label 2",
                'xent nll --log-probs "-2.4,-1.4,-0.4" --label 1 --quiet',
                "xent nll logits.npy --labels-from labels.npy --reduction sum",
                "xent nll probs.csv --input probs --format json",
            ),
            "loss",
            EVERY_KIND,
            "cross_entropy",
            unused=("softmax",),
        ),
        Command(
            "ce",
            "Cross-entropy",
            "The cross-entropy of the labels or soft targets.",
            (
                'xent ce --logits "12.3,-5.2,31.4" --label 0',
                'xent ce --logits "2,1,0.1" --target "0.7,0.2,0.1" --base 2',
                "xent ce logits.csv --label-col label --weight fox=3 --by source",
                "xent ce logits.csv --rows 2 --save losses.html",
                "xent ce logits.csv --reduction none --format csv -o losses.csv",
            ),
            "loss",
            EVERY_KIND,
            "cross_entropy",
            takes_soft=True,
        ),
        Command(
            "grad",
            "Gradient of the cross-entropy",
            "The gradient of the cross-entropy with respect to the logits.",
            (
                "xent grad --logits 1,2,3 --label 2",
                'xent grad --logits "1,2,3; 3,1,2" --labels 2,0 --check',
                "xent grad logits.csv --label-smoothing 0.1 --format csv -o gradients.csv",
            ),
            "grad",
            ("logits",),
            "cross_entropy",
            takes_soft=True,
        ),
        Command(
            "diagnose",
            "Diagnosis",
            "Which formula or mistake gives the number that somebody got.\n\n"
            "Fewer departures from what ce computes come first, then likelier ones.\n\n"
            "Without --got it tells what is remarkable about the input.\n\n"
            "Exit code: 0 if a formula gives the number, 1 if none does.",
            (
                'xent diagnose --logits "2,-1,0.5; 0.3,1,-2" --labels 0,1 --got 0.7592',
                "xent diagnose logits.csv --got 0.717 --format json",
                "xent diagnose run1.csv run2.csv --got 3.947 --got 2.2798",
                "xent diagnose logits.csv",
            ),
            "loss",
            EVERY_KIND,
            "cross_entropy",
            takes_soft=True,
        ),
    )
}


class Calculation(NamedTuple):
    """A command, the settings of its loss, and how it computes.

    ``dtype`` is None for float64 and every digit, else the width of a framework to reproduce.
    ``loss`` is the loss that a gradient is of, where that is not the command's own.
    """

    command: Command
    settings: Settings
    method: Method = "stable"
    dtype: str | None = None
    base: Base = "e"
    want_accuracy: bool = False
    loss: Command | None = None

    @property
    def log_base(self) -> float:
        """What losses in nats are divided by."""
        # The table of commands does without NumPy.
        from xentcli.core.elementary import LOG_OF_BASE

        return LOG_OF_BASE[self.base]

    @property
    def formulas(self) -> Formulas:
        """The module that computes it."""
        name = (self.loss or self.command).formulas
        found: Formulas = import_module(f"xentcli.calculation.{name}")
        return found

    @property
    def unused_steps(self) -> tuple[str, ...]:
        """The names of the steps that it does not show."""
        by_textbook = self.method == "textbook"
        return self.command.textbook_unused if by_textbook else self.command.unused
