"""The options that say what is computed: arithmetic, weights, reduction, sequences."""

# The annotations are read when the commands are built, so they are not kept as strings.
from typing import Annotated, Literal

from xentcli.model import NamedTuple
from xentcli.options.completion import complete_column
from xentcli.options.declare import INPUT, LOSS, choice, decimal, option, whole

ReductionName = Literal["mean", "sum", "none"]
LossName = Literal["ce", "bce", "kl", "js", "entropy"]
MethodName = Literal["stable", "textbook"]
BaseName = Literal["e", "2", "10"]
WidthName = Literal["float64", "float32", "float16", "bfloat16"]
Temperature = Annotated[
    float, decimal("--temperature", panel=LOSS, metavar="T", help="Divides the logits.")
]
ClassAxis = Annotated[
    int,
    whole(
        "--class-axis",
        panel=LOSS,
        help="The axis of the classes in nested lists and arrays; -1 is the last.",
    ),
]


class Arithmetic(NamedTuple):
    """How the softmax is computed."""

    temperature: Temperature = 1.0
    dtype: Annotated[
        WidthName,
        choice(
            "--dtype",
            kind=WidthName,
            panel=LOSS,
            help="The narrower ones give what a framework of that width prints.",
        ),
    ] = "float64"
    class_axis: ClassAxis = 1
    method: Annotated[
        MethodName,
        choice(
            "--method",
            kind=MethodName,
            panel=LOSS,
            help="textbook computes exp(z)/Σexp(z) as introductions write it, and shows where "
            "that overflows or loses digits.",
        ),
    ] = "stable"


ClassWeight = Annotated[
    list[str] | None,
    option(
        "--weight",
        panel=LOSS,
        metavar='"2,1,3"',
        help="A weight a class, or name=w for some of them.",
    ),
]
IgnoreIndex = Annotated[
    int,
    whole(
        "--ignore-index",
        panel=LOSS,
        help="The label that does not count.",
        least=-(2**53),
        most=2**53,
    ),
]
REDUCTION_HELP = "What becomes of the samples' losses."
Reduction = Annotated[
    ReductionName,
    choice("--reduction", kind=ReductionName, panel=LOSS, help=REDUCTION_HELP),
]
Base = Annotated[
    BaseName,
    choice("--base", kind=BaseName, panel=LOSS, help="The logarithm's base: nats, bits or bans."),
]


class Loss(NamedTuple):
    """How the losses are weighted and reduced."""

    weight: ClassWeight = None
    ignore_index: IgnoreIndex = -100
    reduction: Reduction = "mean"
    base: Base = "e"

    @property
    def averages(self) -> bool:
        """Whether there is a denominator."""
        return self.reduction not in ("sum", "none")


class Focus(NamedTuple):
    """The focal factor."""

    gamma: Annotated[
        float,
        decimal(
            "--gamma",
            panel=LOSS,
            metavar="G",
            help="Multiplies each loss by (1 − p_t)^G, p_t being the probability of what is true: "
            "the focal loss.",
        ),
    ] = 0.0


class Balance(NamedTuple):
    """The weights of yes and no in yes/no questions."""

    pos_weight: Annotated[
        list[str] | None,
        option(
            "--pos-weight",
            panel=LOSS,
            metavar="W",
            help="Multiplies the term of yes: one number, or one a column.",
        ),
    ] = None
    alpha: Annotated[
        float | None,
        decimal(
            "--alpha",
            panel=LOSS,
            metavar="A",
            help="Multiplies each loss by A·t + (1 − A)·(1 − t), from 0 to 1.",
        ),
    ] = None


class Smoothing(NamedTuple):
    """Label smoothing."""

    label_smoothing: Annotated[
        float,
        decimal(
            "--label-smoothing",
            panel=LOSS,
            metavar="EPS",
            help="ε in q = (1−ε)·target + ε/C, from 0 to 1.",
        ),
    ] = 0.0


class Sequences(NamedTuple):
    """Samples that are the tokens of a text."""

    shift: Annotated[
        bool,
        option(
            "--shift",
            panel=LOSS,
            help="Score position t with the label of t+1, as a causal language model: along "
            "the axis of positions, or from row to row of each value of --by.",
        ),
    ] = False
    bytes: Annotated[
        int | None,
        whole(
            "--bytes",
            panel=LOSS,
            least=1,
            help="How many bytes of text the whole input stands for: adds the bits per byte.",
        ),
    ] = None
    bytes_col: Annotated[
        str | None,
        option(
            "--bytes-col",
            panel=INPUT,
            autocompletion=complete_column,
            metavar="NAME|N",
            help="A column of how many bytes of text each sample stands for.",
        ),
    ] = None


class Check(NamedTuple):
    """The comparison of a gradient with central differences."""

    check: Annotated[
        bool,
        option(
            "--check",
            panel=LOSS,
            help="Compare with central differences of the loss; exit 1 above 1e-6.",
        ),
    ] = False
