"""The options that say what is shown, how and where, and how many processes do the work."""

# The annotations are read when the commands are built, so they are not kept as strings.
from typing import Annotated, Any, Literal, get_args

from xentcli.model import NamedTuple
from xentcli.options.completion import complete_column
from xentcli.options.declare import OUTPUT, choice, option, whole
from xentcli.options.output_name import check_quiet, format_chooser

FormatName = Literal["table", "csv", "tsv", "json", "jsonl", "markdown"]
DocumentName = Literal["table", "json"]
ColorName = Literal["auto", "always", "never"]


def _format(kind: Any) -> Any:
    return choice(
        "--format",
        "-f",
        kind=kind,
        panel=OUTPUT,
        help="The form of the answer; also told by the end of -o FILE.",
        hints=dict.fromkeys(("html", "svg", "page"), "--save FILE.html or FILE.svg saves a page"),
        callback=format_chooser(get_args(kind)),
    )


def _quiet(help: str) -> Any:
    return option("--quiet", "-q", panel=OUTPUT, help=help, callback=check_quiet)


class Survey(NamedTuple):
    """A closer look at the losses of many samples."""

    by: Annotated[
        str | None,
        option(
            "--by",
            panel=OUTPUT,
            autocompletion=complete_column,
            metavar="NAME|N",
            help="The loss for each value of a column.",
        ),
    ] = None
    top: Annotated[
        int | None,
        whole(
            "--top",
            panel=OUTPUT,
            least=0,
            help="List the N samples with the largest loss. Default: 5, in tables of files.",
        ),
    ] = None


OutputFile = Annotated[
    str | None,
    option(
        "--output",
        "-o",
        panel=OUTPUT,
        metavar="FILE",
        help="Write to FILE, which appears only when complete.",
        # It is parsed before --format, whose callback looks at this name.
        is_eager=True,
    ),
]
SavedPage = Annotated[
    str | None,
    option(
        "--save",
        panel=OUTPUT,
        metavar="FILE.html|FILE.svg",
        help="Save what is shown as a page, too.",
    ),
]
Digits = Annotated[
    int,
    whole("--digits", panel=OUTPUT, least=1, most=17, help="Decimals in tables, from 1 to 17."),
]
Color = Annotated[
    ColorName, choice("--color", kind=ColorName, panel=OUTPUT, help="When to use colour.")
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
        option(
            "--steps/--no-steps",
            panel=OUTPUT,
            help="Show every step. Default: yes; markdown has rows alone until --steps is typed.",
        ),
    ] = None
    rows: Annotated[
        int,
        whole("--rows", panel=OUTPUT, least=0, help="How many samples are worked."),
    ] = 5
    digits: Digits = 4
    progress: Annotated[
        bool,
        option(
            "--progress/--no-progress",
            panel=OUTPUT,
            help="Show the progress on standard error, if that is a terminal.",
        ),
    ] = True
    color: Color = "auto"


class Running(NamedTuple):
    """Where the work is done, and by how many processes."""

    jobs: Annotated[
        int | None,
        whole(
            "--jobs",
            "--threads",
            panel=OUTPUT,
            help="How many processes or threads share a large input; as many as there are cores.",
            least=1,
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        option(
            "--scheduler",
            panel=OUTPUT,
            metavar="tcp://HOST:PORT|local",
            help="Let a Dask cluster do the work, or one that is started on this machine. With "
            "-o DIR/ the workers write the rows, a file each.",
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
        whole("--rows", panel=OUTPUT, least=1, help="How many formulas are listed."),
    ] = 10
    digits: Digits = 4
    color: Color = "auto"
