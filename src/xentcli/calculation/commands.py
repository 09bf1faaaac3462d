"""The table of commands, and a calculation: a command with the settings that its numbers need.

A new loss, ``NAME``, is

1. a module of :mod:`xentcli.core` with its mathematics;
2. an entry of ``COMMANDS`` here;
3. the module of this room that the entry names in ``formulas``: the functions of
   :class:`xentcli.calculation.interface.Formulas`, which hand the arrays to the core and name the
   steps (``cross_entropy`` and ``cross_entropy_steps`` are the model);
4. a function in ``cli/siblings.py`` that lists its groups of options.

The app, help, pages, completion, manual page, README's table and docs/ are made from this table, or
tested against it. Answers, steps, surveys, checks, files, formats and workers need no change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal

from xentcli.model import AnswerField, Kind, NamedTuple

if TYPE_CHECKING:
    from xentcli.calculation.interface import Formulas
    from xentcli.core.settings import Reduction, Settings

Method = Literal["stable", "textbook"]
Base = Literal["e", "2", "10"]

UNITS: dict[Base, str] = {"e": "nats", "2": "bits", "10": "bans"}
# Accuracy is also counted among the TOP classes, if there are more than MANY_CLASSES.
TOP, MANY_CLASSES = 5, 10
EVERY_KIND: tuple[Kind, ...] = ("logits", "probs", "log_probs")


class Command(NamedTuple):
    """What a command is, and what the rest of the program needs to know of it.

    - ``title``: the heading of its pages; ``help``: its help text, whose first line is a summary.
    - ``field``: what it answers with; ``kinds``: the kinds of values that it takes.
    - ``has_target``: it needs labels; ``takes_soft``: it takes soft targets as well.
    - ``questions``: each column is a yes/no question.
    - ``formulas``: the module of this room that computes it.
    - ``unused``: the steps that it does not show; ``textbook_unused``: those that it does not show
      with ``--method textbook``.
    - ``has_perplexity``: exp of the mean loss is a perplexity.
    - ``has_brier``: the Brier score of the predictions is shown beside the loss.
    - ``reductions``: those that it takes.
    - ``without``: the options of ``grad`` that this loss does not take.
    - ``equation``: its formula; ``pytorch``: what gives the same there, applied in this order.
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
    questions: bool = False
    has_perplexity: bool = False
    has_brier: bool = False
    reductions: tuple[Reduction, ...] = ("mean", "sum", "none")
    without: tuple[str, ...] = ()
    equation: str = ""
    pytorch: tuple[str, ...] = ()

    @property
    def has_loss(self) -> bool:
        """Whether it answers with a loss or with the gradient of one."""
        return self.field in ("loss", "grad")

    @property
    def summary(self) -> str:
        """The first line of its help: what it does, in a sentence."""
        return self.help.partition("\n")[0]


# The options that only losses of classes have, only those of yes/no questions, only weighted ones.
OF_CLASSES = ("--label-smoothing", "--dtype", "--method")
OF_QUESTIONS = ("--alpha", "--pos-weight")
OF_WEIGHTED = ("--weight", "--gamma")

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
            equation="p = exp(z) / Σ exp(z)",
            pytorch=("Softmax",),
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
            equation="log p = z − log Σ exp(z)",
            pytorch=("LogSoftmax",),
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
            has_perplexity=True,
            has_brier=True,
            equation="−log p of the label",
            pytorch=("LogSoftmax", "NLLLoss"),
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
            has_perplexity=True,
            has_brier=True,
            without=OF_QUESTIONS,
            equation="−Σ q · log p",
            pytorch=("CrossEntropyLoss",),
        ),
        Command(
            "bce",
            "Binary cross-entropy",
            "The binary cross-entropy: each column is a question whose answer is yes or no.\n\n"
            "One column takes labels 0 and 1, or targets from 0 to 1; several take a target each.",
            (
                'xent bce --logits "1.5; -0.5; 3" --labels 1,0,0',
                'xent bce --logits "1.5,-0.5,3" --target "1,0,0.2" --pos-weight 3',
                "xent bce scores.csv --label-col clicked --gamma 2 --alpha 0.25",
                "xent bce tags.csv --logit-cols 'z_*' --target-cols 'is_*' --reduction none",
            ),
            "loss",
            ("logits", "probs"),
            "binary",
            takes_soft=True,
            questions=True,
            has_brier=True,
            without=(*OF_CLASSES, "--ignore-index"),
            equation="−t · log σ(z) − (1 − t) · log(1 − σ(z))",
            pytorch=("BCEWithLogitsLoss",),
        ),
        Command(
            "kl",
            "Kullback–Leibler divergence",
            "The Kullback–Leibler divergence of the prediction from the targets, KL(t‖p).",
            (
                'xent kl --probs "0.5,0.3,0.2" --target "0.4,0.4,0.2"',
                'xent kl --logits "2,1,0.1" --target "0.7,0.2,0.1" --base 2',
                "xent kl student.csv --targets-from teacher.csv --temperature 2",
            ),
            "loss",
            EVERY_KIND,
            "kl",
            takes_soft=True,
            reductions=("batchmean", "mean", "sum", "none"),
            without=(*OF_CLASSES, *OF_QUESTIONS, *OF_WEIGHTED),
            equation="Σ t · (log t − log p)",
            pytorch=("KLDivLoss",),
        ),
        Command(
            "js",
            "Jensen–Shannon divergence",
            "The Jensen–Shannon divergence of two distributions, JS(t, p), and its root.",
            (
                'xent js --probs "0.5,0.3,0.2" --target "0.4,0.4,0.2"',
                "xent js today.csv --input probs --targets-from before.csv --reduction none",
            ),
            "loss",
            EVERY_KIND,
            "js",
            takes_soft=True,
            without=(*OF_CLASSES, *OF_QUESTIONS, *OF_WEIGHTED),
            equation="½ KL(t‖m) + ½ KL(p‖m), m = ½ (t + p)",
        ),
        Command(
            "entropy",
            "Entropy",
            "The entropy of each prediction, H(p): how undecided it is.",
            (
                "xent entropy --logits 1,2,3",
                "xent entropy logits.csv --base 2 --top 10",
                "xent entropy probs.npy --input probs --reduction none --quiet",
            ),
            "loss",
            EVERY_KIND,
            "entropy",
            has_target=False,
            has_perplexity=True,
            without=(
                *OF_CLASSES,
                *OF_QUESTIONS,
                *OF_WEIGHTED,
                "--ignore-index",
                "--label",
                "--target",
                "--target-cols",
            ),
            equation="−Σ p · log p",
            pytorch=("Categorical.entropy",),
        ),
        Command(
            "grad",
            "Gradient of the loss",
            "The gradient of a loss with respect to the logits: of the cross-entropy, or of what "
            "--loss names.",
            (
                "xent grad --logits 1,2,3 --label 2",
                'xent grad --logits "1,2,3; 3,1,2" --labels 2,0 --check',
                'xent grad --loss bce --logits "1.5; -0.5" --labels 1,0 --gamma 2 --check',
                "xent grad logits.csv --label-smoothing 0.1 --format csv -o gradients.csv",
            ),
            "grad",
            ("logits",),
            "cross_entropy",
            takes_soft=True,
            equation="p − q",
            pytorch=("backward()",),
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
    """A command, the settings of its loss, and how to compute it.

    - ``dtype``: None for float64 with every digit, else the framework's width to reproduce;
      ``in_rows``: the classes are the input's last axis.
    - ``gradient_of``: the loss that ``grad`` differentiates.
    - ``weighs_samples``: the samples have weights.
    - ``bits_per_byte``: they are asked for. ``bytes`` is how many bytes the whole input stands for;
      None if each sample has a number of bytes.
    - ``want_accuracy``, ``want_scores`` (the Brier score, and the accuracy among the five largest
      classes) and ``want_error`` (the standard error of the mean): these figures are asked for.
    """

    command: Command
    settings: Settings
    method: Method = "stable"
    dtype: str | None = None
    in_rows: bool = False
    base: Base = "e"
    want_accuracy: bool = False
    gradient_of: Command | None = None
    weighs_samples: bool = False
    bits_per_byte: bool = False
    bytes: int | None = None
    want_scores: bool = False
    want_error: bool = False

    @property
    def loss(self) -> Command:
        """The command of the loss; for ``grad``, of the loss that it differentiates."""
        return self.gradient_of or self.command

    @property
    def log_base(self) -> float:
        """The natural logarithm of the base: divides a loss in nats to give one in that base."""
        # Imported here because --help reads the table of commands without NumPy.
        from xentcli.core.elementary import LOG_OF_BASE

        return LOG_OF_BASE[self.base]

    @property
    def formulas(self) -> Formulas:
        """The module that computes the loss."""
        found: Formulas = import_module(f"xentcli.calculation.{self.loss.formulas}")
        return found

    def has_top(self, classes: int) -> bool:
        """Whether there are so many classes that the accuracy among the five largest is shown."""
        return classes > MANY_CLASSES and not self.loss.questions

    @property
    def unused_steps(self) -> tuple[str, ...]:
        """The names of the steps that are not shown."""
        by_textbook = self.method == "textbook"
        return self.command.textbook_unused if by_textbook else self.command.unused
