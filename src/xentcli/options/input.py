"""The options that say what is read: the samples, their labels, and the form of the files.

Options that belong together form a group. A command lists the groups that it needs (see
:mod:`xentcli.options.flatten`), and gets each as one frozen object.
"""

# The annotations are read when the commands are built, so they are not kept as strings.
from typing import Annotated, Literal

import typer

from xentcli.model import NamedTuple
from xentcli.options.completion import complete_column, complete_columns
from xentcli.options.declare import INPUT, LOSS, choice, decimal, option, whole

KindName = Literal["logits", "probs", "log-probs"]
DiagnosedLoss = Literal["ce", "bce", "kl"]
InputFormatName = Literal[
    "csv", "tsv", "json", "jsonl", "npy", "npz", "safetensors", "pt", "parquet", "arrow"
]
OnErrorName = Literal["stop", "skip", "nan"]


class Samples(NamedTuple):
    """Where the samples are, and which columns hold them."""

    file: Annotated[
        list[str] | None,
        typer.Argument(
            help="CSV, TSV, JSON, JSON Lines, .npy, .npz, .pt, .safetensors, Parquet, Arrow; "
            "compressed too. A path, or a URL such as s3://bucket/part-*.csv; several follow one "
            "another; - is standard input.",
            metavar="[FILE]...",
            rich_help_panel=INPUT,
        ),
    ] = None
    logits: Annotated[
        list[str] | None,
        option(
            "--logits",
            panel=INPUT,
            metavar='"12.3,-5.2,31.4"',
            help="Typed logits; split samples by ; or repeat the option.",
        ),
    ] = None
    logit_cols: Annotated[
        str | None,
        option(
            "--logit-cols",
            panel=INPUT,
            autocompletion=complete_columns,
            metavar="COLUMNS",
            help="Names, numbers from 1, ranges (2-11) or globs (logit_*), in class order. "
            "Default: those that are numbered, else every column of numbers that is nothing else.",
        ),
    ] = None
    label_col: Annotated[
        str | None,
        option(
            "--label-col",
            panel=INPUT,
            autocompletion=complete_column,
            metavar="NAME|N",
            help="The label's column. Default: the one called label, labels, target, y or class.",
        ),
    ] = None
    classes: Annotated[
        str | None,
        option(
            "--classes",
            panel=INPUT,
            metavar="cat,dog,fox",
            help="The names of the classes, in order.",
        ),
    ] = None


class Reading(NamedTuple):
    """How files are read where they do not say it themselves."""

    input_format: Annotated[
        InputFormatName | None,
        choice(
            "--input-format",
            kind=InputFormatName,
            panel=INPUT,
            help="What FILE is, where its name does not tell.",
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        option(
            "--delimiter",
            panel=INPUT,
            metavar="CHAR",
            help="What stands between cells; tab for \\t.",
        ),
    ] = None
    header: Annotated[
        bool | None,
        option(
            "--header/--no-header",
            panel=INPUT,
            help="Whether the first line names the columns; if it is a sample, they are 1, 2 …",
        ),
    ] = None
    encoding: Annotated[
        str | None,
        option(
            "--encoding",
            panel=INPUT,
            metavar="NAME",
            help="Of a text that is neither UTF-8 nor marked UTF-16.",
        ),
    ] = None
    comment: Annotated[
        str | None,
        option(
            "--comment", panel=INPUT, metavar="PREFIX", help="Lines that begin so are left out."
        ),
    ] = None
    decimal: Annotated[
        str | None,
        option("--decimal", panel=INPUT, metavar="CHAR", help="The decimal mark: . or ,"),
    ] = None
    logits_key: Annotated[
        str | None,
        option(
            "--logits-key",
            panel=INPUT,
            metavar="KEY",
            help="Of the values in JSON, .npz, .pt and .safetensors.",
        ),
    ] = None
    label_key: Annotated[
        str | None,
        option(
            "--label-key",
            panel=INPUT,
            metavar="KEY",
            help="Of the labels in JSON, .npz, .pt and .safetensors.",
        ),
    ] = None
    max_ratio: Annotated[
        int,
        whole(
            "--max-ratio",
            panel=INPUT,
            least=1,
            help="To how many times its size a compressed file may unpack, beyond 64 MiB.",
        ),
    ] = 1000
    on_error: Annotated[
        OnErrorName,
        choice(
            "--on-error",
            kind=OnErrorName,
            panel=INPUT,
            help="What becomes of a row that cannot be read: stop there, skip it, or let its "
            "numbers be nan. Both finish with exit code 3.",
        ),
    ] = "stop"
    rejects: Annotated[
        str | None,
        option(
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
        option(
            "--probs",
            panel=INPUT,
            metavar='"0.1,0.2,0.7"',
            help="Typed probabilities instead of logits.",
        ),
    ] = None
    log_probs: Annotated[
        list[str] | None,
        option(
            "--log-probs",
            panel=INPUT,
            metavar='"-2.3,-1.6,-0.36"',
            help="Typed log-probabilities instead of logits.",
        ),
    ] = None
    input: Annotated[
        KindName | None,
        choice("--input", kind=KindName, panel=INPUT, help="What FILE holds. Default: logits."),
    ] = None


WeightColumn = Annotated[
    str | None,
    option(
        "--weight-col",
        panel=INPUT,
        autocompletion=complete_column,
        metavar="NAME|N",
        help="A column of sample weights; each multiplies its row's loss and share of the mean.",
    ),
]


class Labels(NamedTuple):
    """The labels of the samples: class indices or names."""

    label: Annotated[
        list[str] | None,
        option(
            "--label",
            "--labels",
            panel=INPUT,
            metavar="0,2,1",
            help="Typed labels: class indices from 0, or class names.",
        ),
    ] = None
    labels_from: Annotated[
        str | None,
        option(
            "--labels-from",
            panel=INPUT,
            metavar="FILE",
            help="A second file with the labels. It is held in memory; its rows are matched by the "
            "ids that both files have, and --label-col names its label's column.",
        ),
    ] = None
    on: Annotated[
        str | None,
        option(
            "--on",
            panel=INPUT,
            autocompletion=complete_column,
            metavar="NAME",
            help="The column of ids by which a second file is matched. Default: the one column of "
            "the same name called id, index, key or the like, or ..._id; else by position.",
        ),
    ] = None
    by_position: Annotated[
        bool,
        option(
            "--by-position",
            panel=INPUT,
            help="A second file has the same rows in the same order, whatever ids there are.",
        ),
    ] = False
    weight_col: WeightColumn = None


class SoftTargets(NamedTuple):
    """The soft targets of the samples: a number a class."""

    target: Annotated[
        list[str] | None,
        option(
            "--target",
            "--targets",
            panel=INPUT,
            metavar='"0.1,0.2,0.7"',
            help="Typed soft targets, in the notation of --logits.",
        ),
    ] = None
    targets_from: Annotated[
        str | None,
        option(
            "--targets-from",
            panel=INPUT,
            metavar="FILE",
            help="A second file of soft targets. It is held in memory, and matched by ids as that "
            "of --labels-from.",
        ),
    ] = None
    target_cols: Annotated[
        str | None,
        option(
            "--target-cols",
            panel=INPUT,
            autocompletion=complete_columns,
            metavar="COLUMNS",
            help="The columns of soft targets, in class order.",
        ),
    ] = None


class Seen(NamedTuple):
    """The numbers that somebody got, which a diagnosis explains."""

    loss: Annotated[
        DiagnosedLoss | None,
        choice(
            "--loss",
            kind=DiagnosedLoss,
            panel=LOSS,
            help="The loss that was meant: of classes, of yes-or-no questions, or the divergence "
            "from soft targets. Default: ce; of one column bce.",
        ),
    ] = None

    got: Annotated[
        list[str] | None,
        option(
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
        decimal(
            "--tolerance",
            panel=INPUT,
            metavar="X",
            help="How far a formula may be from --got. Default: half a unit of its last digit.",
        ),
    ] = None
