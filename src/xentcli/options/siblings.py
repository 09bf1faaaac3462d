"""The groups of the sibling losses and of gradients. Their options are those of other groups, some
with another help or other choices.

Only the commands that list them import this module.
"""

# The annotations are read when the commands are built, so they are not kept as strings.
from typing import Annotated, Literal

from xentcli.model import NamedTuple
from xentcli.options.declare import INPUT, LOSS, choice, option
from xentcli.options.input import WeightColumn
from xentcli.options.loss import (
    REDUCTION_HELP,
    Base,
    ClassAxis,
    ClassWeight,
    IgnoreIndex,
    LossName,
    Reduction,
    Temperature,
)

YesNoKindName = Literal["logits", "probs"]
DivergenceReductionName = Literal["batchmean", "mean", "sum", "none"]


class YesNoKinds(NamedTuple):
    """Values of yes/no questions that are not logits."""

    probs: Annotated[
        list[str] | None,
        option(
            "--probs",
            panel=INPUT,
            metavar='"0.9;0.2"',
            help="Typed probabilities of yes instead of logits.",
        ),
    ] = None
    input: Annotated[
        YesNoKindName | None,
        choice(
            "--input", kind=YesNoKindName, panel=INPUT, help="What FILE holds. Default: logits."
        ),
    ] = None


class SampleWeights(NamedTuple):
    """The weights of samples that have no labels."""

    weight_col: WeightColumn = None


class Scale(NamedTuple):
    """How the logits are read by a loss that is always computed in float64."""

    temperature: Temperature = 1.0
    class_axis: ClassAxis = 1


QuestionWeight = Annotated[
    list[str] | None,
    option(
        "--weight",
        panel=LOSS,
        metavar='"2,1,3"',
        help="A weight a column, or name=w for some of them; never part of the denominator.",
    ),
]


class QuestionLoss(NamedTuple):
    """How the losses of yes/no questions are weighted and reduced."""

    weight: QuestionWeight = None
    reduction: Reduction = "mean"
    base: Base = "e"


class DivergenceLoss(NamedTuple):
    """How Kullback–Leibler divergences are reduced."""

    ignore_index: IgnoreIndex = -100
    reduction: Annotated[
        DivergenceReductionName,
        choice(
            "--reduction",
            kind=DivergenceReductionName,
            panel=LOSS,
            help=f"{REDUCTION_HELP} batchmean divides by the samples, mean by the elements.",
        ),
    ] = "batchmean"
    base: Base = "e"


class RowLoss(NamedTuple):
    """How a loss of labels without class weights is reduced."""

    ignore_index: IgnoreIndex = -100
    reduction: Reduction = "mean"
    base: Base = "e"


class UnlabelledLoss(NamedTuple):
    """How a loss without labels is reduced."""

    reduction: Reduction = "mean"
    base: Base = "e"


class GradientLoss(NamedTuple):
    """Which loss a gradient is of, and how its losses are weighted and reduced."""

    loss: Annotated[
        LossName, choice("--loss", kind=LossName, panel=LOSS, help="What the gradient is of.")
    ] = "ce"
    weight: ClassWeight = None
    ignore_index: IgnoreIndex = -100
    reduction: Annotated[
        DivergenceReductionName | None,
        choice(
            "--reduction",
            kind=DivergenceReductionName,
            panel=LOSS,
            help=f"{REDUCTION_HELP} Default: mean, of kl batchmean.",
        ),
    ] = None
    base: Base = "e"
