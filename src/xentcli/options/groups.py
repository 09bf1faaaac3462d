"""Every option once: its name, its help, its default.

The options that belong together form a group; a command asks for the groups that it needs (see
:mod:`xentcli.options.flatten`), and gets each as one frozen object.
"""

# The annotations are read when the commands are built, so they are not kept as strings.
from typing import Annotated, Any, Literal, get_args

import typer

from xentcli.model import NamedTuple
from xentcli.options.completion import a_column, a_word, columns, is_asked
from xentcli.options.output_name import check_quiet, format_of
from xentcli.options.values import number, one_of, whole_number

INPUT = "Input"
LOSS = "Loss"
OUTPUT = "Output"

KindName = Literal["logits", "probs", "log-probs"]
YesNoKindName = Literal["logits", "probs"]
DiagnosedLoss = Literal["ce", "bce", "kl"]
ReductionName = Literal["mean", "sum", "none"]
DivergenceReductionName = Literal["batchmean", "mean", "sum", "none"]
LossName = Literal["ce", "bce", "kl", "js", "entropy"]
MethodName = Literal["stable", "textbook"]
BaseName = Literal["e", "2", "10"]
WidthName = Literal["float64", "float32", "float16", "bfloat16"]
FormatName = Literal["table", "csv", "tsv", "json", "jsonl", "markdown"]
DocumentName = Literal["table", "json"]
InputFormatName = Literal[
    "csv", "tsv", "json", "jsonl", "npy", "npz", "safetensors", "pt", "parquet", "arrow"
]
OnErrorName = Literal["stop", "skip", "nan"]
ColorName = Literal["auto", "always", "never"]


def _option(
    *names: str,
    panel: str,
    help: str,
    metavar: str | None = None,
    autocompletion: Any = None,
    **more: Any,
) -> Any:
    if autocompletion is not None and is_asked():
        # Typer looks into the signature of each, which every command would wait for.
        more["autocompletion"] = autocompletion
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel=panel, **more)


def _choice(*names: str, kind: Any, panel: str, help: str, **more: Any) -> Any:
    words, hints = get_args(kind), more.pop("hints", None)
    # Typer's own choices are refused in words of its own.
    read, complete = one_of(names[0], words, hints), a_word(words)
    return _option(*names, panel=panel, help=help, parser=read, autocompletion=complete, **more)


def _format(kind: Any) -> Any:
    return _choice(
        "--format",
        "-f",
        kind=kind,
        panel=OUTPUT,
        help="The form of the answer; also told by the end of -o FILE.",
        hints=dict.fromkeys(("html", "svg", "page"), "--save FILE.html or FILE.svg saves a page"),
        callback=format_of(get_args(kind)),
    )


def _quiet(help: str) -> Any:
    return _option("--quiet", "-q", panel=OUTPUT, help=help, callback=check_quiet)


def _whole(
    *names: str, panel: str, help: str, least: int | None = None, most: int | None = None
) -> Any:
    read = whole_number(names[0], least, most)
    return _option(*names, panel=panel, metavar="N", help=help, parser=read)


def _number(*names: str, panel: str, metavar: str, help: str) -> Any:
    return _option(*names, panel=panel, metavar=metavar, help=help, parser=number(names[0]))


class Samples(NamedTuple):
    """Where the samples are and which columns they stand in."""

    file: Annotated[
        list[str] | None,
        typer.Argument(
            help="CSV, TSV, JSON, JSON Lines, .npy, .npz, .pt, Parquet, Arrow; compressed too. A "
            "path, or a URL such as s3://bucket/part-*.csv; several follow one another; - is "
            "standard input.",
            metavar="[FILE]...",
            rich_help_panel=INPUT,
        ),
    ] = None
    logits: Annotated[
        list[str] | None,
        _option(
            "--logits",
            panel=INPUT,
            metavar='"12.3,-5.2,31.4"',
            help="Typed logits; split samples by ; or repeat the option.",
        ),
    ] = None
    logit_cols: Annotated[
        str | None,
        _option(
            "--logit-cols",
            panel=INPUT,
            autocompletion=columns,
            metavar="COLUMNS",
            help="Names, numbers from 1, ranges (2-11) or globs (logit_*), in class order. "
            "Default: those that are numbered, else every column of numbers that is nothing else.",
        ),
    ] = None
    label_col: Annotated[
        str | None,
        _option(
            "--label-col",
            panel=INPUT,
            autocompletion=a_column,
            metavar="NAME|N",
            help="The label's column. Default: the one called label, labels, target, y or class.",
        ),
    ] = None
    classes: Annotated[
        str | None,
        _option(
            "--classes",
            panel=INPUT,
            metavar="cat,dog,fox",
            help="The names of the classes, in order.",
        ),
    ] = None


class Reading(NamedTuple):
    """How files are to be read, where they do not say it themselves."""

    input_format: Annotated[
        InputFormatName | None,
        _choice(
            "--input-format",
            kind=InputFormatName,
            panel=INPUT,
            help="What FILE is, where its name does not tell.",
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        _option(
            "--delimiter",
            panel=INPUT,
            metavar="CHAR",
            help="What stands between cells; tab for \\t.",
        ),
    ] = None
    header: Annotated[
        bool | None,
        _option(
            "--header/--no-header",
            panel=INPUT,
            help="Whether the first line names the columns; if it is a sample, they are 1, 2 …",
        ),
    ] = None
    encoding: Annotated[
        str | None,
        _option(
            "--encoding",
            panel=INPUT,
            metavar="NAME",
            help="Of a text that is neither UTF-8 nor marked UTF-16.",
        ),
    ] = None
    comment: Annotated[
        str | None,
        _option(
            "--comment", panel=INPUT, metavar="PREFIX", help="Lines that begin so are left out."
        ),
    ] = None
    decimal: Annotated[
        str | None,
        _option("--decimal", panel=INPUT, metavar="CHAR", help="The decimal mark: . or ,"),
    ] = None
    logits_key: Annotated[
        str | None,
        _option(
            "--logits-key", panel=INPUT, metavar="KEY", help="Of the values in JSON, .npz and .pt."
        ),
    ] = None
    label_key: Annotated[
        str | None,
        _option(
            "--label-key", panel=INPUT, metavar="KEY", help="Of the labels in JSON, .npz and .pt."
        ),
    ] = None
    max_ratio: Annotated[
        int,
        _whole(
            "--max-ratio",
            panel=INPUT,
            least=1,
            help="To how many times its size a compressed file may unpack, beyond 64 MiB.",
        ),
    ] = 1000
    on_error: Annotated[
        OnErrorName,
        _choice(
            "--on-error",
            kind=OnErrorName,
            panel=INPUT,
            help="What becomes of a row that cannot be read: stop there, skip it, or let its "
            "numbers be nan. Both finish with exit code 3.",
        ),
    ] = "stop"
    rejects: Annotated[
        str | None,
        _option(
            "--rejects",
            panel=INPUT,
            metavar="FILE",
            help="A CSV of the rows that --on-error met: file, line, column, value, message, row.",
        ),
    ] = None


class Kinds(NamedTuple):
    """Values that are not logits."""

    probs: Annotated[
        list[str] | None,
        _option(
            "--probs",
            panel=INPUT,
            metavar='"0.1,0.2,0.7"',
            help="Typed probabilities instead of logits.",
        ),
    ] = None
    log_probs: Annotated[
        list[str] | None,
        _option(
            "--log-probs",
            panel=INPUT,
            metavar='"-2.3,-1.6,-0.36"',
            help="Typed log-probabilities instead of logits.",
        ),
    ] = None
    input: Annotated[
        KindName | None,
        _choice("--input", kind=KindName, panel=INPUT, help="What FILE holds. Default: logits."),
    ] = None


class YesNoKinds(NamedTuple):
    """The same of yes/no questions."""

    probs: Annotated[
        list[str] | None,
        _option(
            "--probs",
            panel=INPUT,
            metavar='"0.9;0.2"',
            help="Typed probabilities of yes instead of logits.",
        ),
    ] = None
    input: Annotated[
        YesNoKindName | None,
        _choice(
            "--input", kind=YesNoKindName, panel=INPUT, help="What FILE holds. Default: logits."
        ),
    ] = None


WeightColumn = Annotated[
    str | None,
    _option(
        "--weight-col",
        panel=INPUT,
        autocompletion=a_column,
        metavar="NAME|N",
        help="A column of sample weights; each multiplies its row's loss and share of the mean.",
    ),
]


class SampleWeights(NamedTuple):
    """What samples weigh, where nothing else belongs to them."""

    weight_col: WeightColumn = None


class Labels(NamedTuple):
    """What the samples are measured against, as class indices."""

    label: Annotated[
        list[str] | None,
        _option(
            "--label",
            "--labels",
            panel=INPUT,
            metavar="0,2,1",
            help="Typed labels: class indices from 0, or class names.",
        ),
    ] = None
    labels_from: Annotated[
        str | None,
        _option(
            "--labels-from",
            panel=INPUT,
            metavar="FILE",
            help="A second file with the labels. It is held in memory; its rows are matched by the "
            "ids that both files have, and --label-col names its label's column.",
        ),
    ] = None
    on: Annotated[
        str | None,
        _option(
            "--on",
            panel=INPUT,
            autocompletion=a_column,
            metavar="NAME",
            help="The column of ids by which a second file is matched. Default: the one column of "
            "the same name called id, index, key or the like, or ..._id; else by position.",
        ),
    ] = None
    by_position: Annotated[
        bool,
        _option(
            "--by-position",
            panel=INPUT,
            help="A second file has the same rows in the same order, whatever ids there are.",
        ),
    ] = False
    weight_col: WeightColumn = None


class SoftTargets(NamedTuple):
    """What the samples are measured against, as a number a class."""

    target: Annotated[
        list[str] | None,
        _option(
            "--target",
            "--targets",
            panel=INPUT,
            metavar='"0.1,0.2,0.7"',
            help="Typed soft targets, in the notation of --logits.",
        ),
    ] = None
    targets_from: Annotated[
        str | None,
        _option(
            "--targets-from",
            panel=INPUT,
            metavar="FILE",
            help="A second file of soft targets. It is held in memory, and matched by ids as that "
            "of --labels-from.",
        ),
    ] = None
    target_cols: Annotated[
        str | None,
        _option(
            "--target-cols",
            panel=INPUT,
            autocompletion=columns,
            metavar="COLUMNS",
            help="The columns of soft targets, in class order.",
        ),
    ] = None


Temperature = Annotated[
    float, _number("--temperature", panel=LOSS, metavar="T", help="Divides the logits.")
]
ClassAxis = Annotated[
    int,
    _whole(
        "--class-axis",
        panel=LOSS,
        help="The axis of the classes in nested lists and arrays; -1 is the last.",
    ),
]


class Scale(NamedTuple):
    """How the logits of a loss are read that is always computed with every digit."""

    temperature: Temperature = 1.0
    class_axis: ClassAxis = 1


class Arithmetic(NamedTuple):
    """How the softmax is computed."""

    temperature: Temperature = 1.0
    dtype: Annotated[
        WidthName,
        _choice(
            "--dtype",
            kind=WidthName,
            panel=LOSS,
            help="The narrower ones give what a framework of that width prints.",
        ),
    ] = "float64"
    class_axis: ClassAxis = 1
    method: Annotated[
        MethodName,
        _choice(
            "--method",
            kind=MethodName,
            panel=LOSS,
            help="textbook computes exp(z)/Σexp(z) as introductions write it, and shows where "
            "that overflows or loses digits.",
        ),
    ] = "stable"


ClassWeight = Annotated[
    list[str] | None,
    _option(
        "--weight",
        panel=LOSS,
        metavar='"2,1,3"',
        help="A weight a class, or name=w for some of them.",
    ),
]
QuestionWeight = Annotated[
    list[str] | None,
    _option(
        "--weight",
        panel=LOSS,
        metavar='"2,1,3"',
        help="A weight a column, or name=w for some of them; never part of the denominator.",
    ),
]
IgnoreIndex = Annotated[
    int,
    _whole(
        "--ignore-index",
        panel=LOSS,
        help="The label that does not count.",
        least=-(2**53),
        most=2**53,
    ),
]
_BECOMES = "What becomes of the samples' losses."
Reduction = Annotated[
    ReductionName,
    _choice("--reduction", kind=ReductionName, panel=LOSS, help=_BECOMES),
]
Base = Annotated[
    BaseName,
    _choice("--base", kind=BaseName, panel=LOSS, help="The logarithm's base: nats, bits or bans."),
]


class Loss(NamedTuple):
    """How the losses are weighted and put together."""

    weight: ClassWeight = None
    ignore_index: IgnoreIndex = -100
    reduction: Reduction = "mean"
    base: Base = "e"

    @property
    def averages(self) -> bool:
        """Whether there is a denominator."""
        return self.reduction not in ("sum", "none")


class QuestionLoss(NamedTuple):
    """The same of yes/no questions."""

    weight: QuestionWeight = None
    reduction: Reduction = "mean"
    base: Base = "e"


class DivergenceLoss(NamedTuple):
    """The same of a Kullback–Leibler divergence."""

    ignore_index: IgnoreIndex = -100
    reduction: Annotated[
        DivergenceReductionName,
        _choice(
            "--reduction",
            kind=DivergenceReductionName,
            panel=LOSS,
            help=f"{_BECOMES} batchmean divides by the samples, mean by the elements.",
        ),
    ] = "batchmean"
    base: Base = "e"


class RowLoss(NamedTuple):
    """The same of a number a sample without class weights."""

    ignore_index: IgnoreIndex = -100
    reduction: Reduction = "mean"
    base: Base = "e"


class UnlabelledLoss(NamedTuple):
    """The same of a number a sample that is measured against nothing."""

    reduction: Reduction = "mean"
    base: Base = "e"


class GradientLoss(NamedTuple):
    """Which loss a gradient is of, and how its losses are weighted and put together."""

    loss: Annotated[
        LossName, _choice("--loss", kind=LossName, panel=LOSS, help="What the gradient is of.")
    ] = "ce"
    weight: ClassWeight = None
    ignore_index: IgnoreIndex = -100
    reduction: Annotated[
        DivergenceReductionName | None,
        _choice(
            "--reduction",
            kind=DivergenceReductionName,
            panel=LOSS,
            help=f"{_BECOMES} Default: mean, of kl batchmean.",
        ),
    ] = None
    base: Base = "e"


class Focus(NamedTuple):
    """The focal factor."""

    gamma: Annotated[
        float,
        _number(
            "--gamma",
            panel=LOSS,
            metavar="G",
            help="Multiplies each loss by (1 − p_t)^G, p_t being the probability of what is true: "
            "the focal loss.",
        ),
    ] = 0.0


class Balance(NamedTuple):
    """What yes weighs beside no."""

    pos_weight: Annotated[
        list[str] | None,
        _option(
            "--pos-weight",
            panel=LOSS,
            metavar="W",
            help="Multiplies the term of yes: one number, or one a column.",
        ),
    ] = None
    alpha: Annotated[
        float | None,
        _number(
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
        _number(
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
        _option(
            "--shift",
            panel=LOSS,
            help="Score position t with the label of t+1, as a causal language model: along "
            "the axis of positions, or from row to row of each value of --by.",
        ),
    ] = False
    bytes: Annotated[
        int | None,
        _whole(
            "--bytes",
            panel=LOSS,
            least=1,
            help="How many bytes of text the whole input stands for: adds the bits per byte.",
        ),
    ] = None
    bytes_col: Annotated[
        str | None,
        _option(
            "--bytes-col",
            panel=INPUT,
            autocompletion=a_column,
            metavar="NAME|N",
            help="A column of how many bytes of text each sample stands for.",
        ),
    ] = None


class Survey(NamedTuple):
    """A closer look at the losses of many samples."""

    by: Annotated[
        str | None,
        _option(
            "--by",
            panel=OUTPUT,
            autocompletion=a_column,
            metavar="NAME|N",
            help="The loss for each value of a column.",
        ),
    ] = None
    top: Annotated[
        int | None,
        _whole(
            "--top",
            panel=OUTPUT,
            least=0,
            help="List the N samples with the largest loss. Default: 5, in tables of files.",
        ),
    ] = None


class Check(NamedTuple):
    """A gradient's proof."""

    check: Annotated[
        bool,
        _option(
            "--check",
            panel=LOSS,
            help="Compare with central differences of the loss; exit 1 above 1e-6.",
        ),
    ] = False


OutputFile = Annotated[
    str | None,
    _option(
        "--output",
        "-o",
        panel=OUTPUT,
        metavar="FILE",
        help="Write to FILE, which appears only when complete.",
        # What its name says comes before --format is looked at.
        is_eager=True,
    ),
]
SavedPage = Annotated[
    str | None,
    _option(
        "--save",
        panel=OUTPUT,
        metavar="FILE.html|FILE.svg",
        help="Save what is shown as a page, too.",
    ),
]
Digits = Annotated[
    int,
    _whole("--digits", panel=OUTPUT, least=1, most=17, help="Decimals in tables, from 1 to 17."),
]
Color = Annotated[
    ColorName, _choice("--color", kind=ColorName, panel=OUTPUT, help="When to use colour.")
]


class Output(NamedTuple):
    """How and where the answer is shown."""

    format: Annotated[
        FormatName,
        _format(FormatName),
    ] = "table"
    output: OutputFile = None
    save: SavedPage = None
    quiet: Annotated[
        bool,
        _quiet("Only the answer, whatever --format says."),
    ] = False
    steps: Annotated[
        bool | None,
        _option(
            "--steps/--no-steps",
            panel=OUTPUT,
            help="Show every step. Default: yes; markdown has rows alone until --steps is typed.",
        ),
    ] = None
    rows: Annotated[
        int,
        _whole("--rows", panel=OUTPUT, least=0, help="How many samples are worked."),
    ] = 5
    digits: Digits = 4
    progress: Annotated[
        bool,
        _option(
            "--progress/--no-progress",
            panel=OUTPUT,
            help="Show the progress on standard error, if that is a terminal.",
        ),
    ] = True
    color: Color = "auto"


class Running(NamedTuple):
    """Where the work is done, and by how many."""

    jobs: Annotated[
        int | None,
        _whole(
            "--jobs",
            "--threads",
            panel=OUTPUT,
            help="How many processes or threads share a large input; as many as there are cores.",
            least=1,
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        _option(
            "--scheduler",
            panel=OUTPUT,
            metavar="tcp://HOST:PORT|local",
            help="Let a Dask cluster do the work, or one that is started on this machine. With "
            "-o DIR/ the workers write the rows, a file each.",
        ),
    ] = None


class Seen(NamedTuple):
    """A number that somebody got."""

    loss: Annotated[
        DiagnosedLoss | None,
        _choice(
            "--loss",
            kind=DiagnosedLoss,
            panel=LOSS,
            help="The loss that was meant: of classes, of yes-or-no questions, or the divergence "
            "from soft targets. Default: ce; of one column bce.",
        ),
    ] = None

    got: Annotated[
        list[str] | None,
        _option(
            "--got",
            panel=INPUT,
            metavar="3.947",
            help="The number to explain, as it was printed: 3.947 stands for ±0.0005. Repeat it "
            "for several runs, a FILE each, or for several numbers of one input; a formula must "
            "give all of them.",
        ),
    ] = None
    tolerance: Annotated[
        float | None,
        _number(
            "--tolerance",
            panel=INPUT,
            metavar="X",
            help="How far a formula may be from --got. Default: half a unit of its last digit.",
        ),
    ] = None


class DiagnosisOutput(NamedTuple):
    """How and where a diagnosis is shown."""

    format: Annotated[
        DocumentName,
        _format(DocumentName),
    ] = "table"
    output: OutputFile = None
    save: SavedPage = None
    quiet: Annotated[
        bool,
        _quiet("Only the sentence, whatever --format says."),
    ] = False
    rows: Annotated[
        int,
        _whole("--rows", panel=OUTPUT, least=1, help="How many formulas are listed."),
    ] = 10
    digits: Digits = 4
    color: Color = "auto"


class Asked(NamedTuple):
    """A command with its groups of options; those that it does not list keep their defaults."""

    command: str
    samples: Samples
    output: Output
    reading: Reading = Reading()
    arithmetic: Arithmetic = Arithmetic()
    kinds: Kinds = Kinds()
    labels: Labels = Labels()
    targets: SoftTargets = SoftTargets()
    loss: Loss = Loss()
    smoothing: Smoothing = Smoothing()
    check: Check = Check()
    survey: Survey = Survey()
    running: Running = Running()
    seen: Seen = Seen()
    focus: Focus = Focus()
    balance: Balance = Balance()
    sequences: Sequences = Sequences()
    gradient_of: LossName = "ce"
