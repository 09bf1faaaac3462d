"""The commands: each gathers its groups of options and hands them on."""

import os
from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

import typer

from xentcli import __version__
from xentcli.errors import UsageError, quoted
from xentcli.options.completion import command_completed
from xentcli.options.flatten import ENVIRONMENT_PREFIX, grouped, names_of_options
from xentcli.options.groups import (
    OUTPUT,
    Arithmetic,
    Asked,
    Check,
    DiagnosisOutput,
    Kinds,
    Labels,
    Loss,
    Output,
    Reading,
    Running,
    Samples,
    Seen,
    Smoothing,
    SoftTargets,
    Survey,
)
from xentcli.options.values import did_you_mean

SETTINGS = {"auto_envvar_prefix": ENVIRONMENT_PREFIX}
ABOUT = """\
xent works softmax cross-entropy out in the open: softmax, log-softmax, negative log-likelihood, \
cross-entropy and its gradient, of numbers that are typed or of files of any size, with every step \
shown. It gives PyTorch's answers, and the digits that PyTorch loses."""
EXAMPLES = (
    'xent ce --logits "12.3,-5.2,31.4" --label 0',
    "xent softmax logits.csv --format csv",
)


class Command(NamedTuple):
    """A command: its function, and examples of its use for the end of its help."""

    function: Callable[..., None]
    examples: tuple[str, ...]


COMMANDS: dict[str, Command] = {}


def command(name: str, *examples: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Lists a function of groups of options as a command."""

    def listed(function: Callable[..., None]) -> Callable[..., None]:
        COMMANDS[name] = Command(function, examples)
        return function

    return listed


def app(asked: str = "") -> typer.Typer:
    """The Typer app; only with the command that is asked for, where there is one, because Typer
    takes longer to build a command than xent to run it."""
    if asked and asked not in COMMANDS:
        hint = did_you_mean(asked, list(COMMANDS)) or "xent --help lists the commands"
        raise UsageError(f"there is no command {quoted(asked)}", hint=hint)
    # No prefix for the app itself: XENT_VERSION=1 must not turn every command into --version.
    built = typer.Typer(
        name="xent",
        invoke_without_command=True,
        add_help_option=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    built.callback()(xent)
    for name in [asked] if asked else COMMANDS:
        command = grouped(COMMANDS[name].function, HelpAsked)
        built.command(name, context_settings=SETTINGS, add_help_option=False)(command)
    return built


def asked_command(arguments: Sequence[str]) -> str:
    """The command that is to be run, or whose arguments a shell wants to have completed; empty
    where there is none."""
    if "_XENT_COMPLETE" in os.environ:
        found = command_completed()
        return found if found in COMMANDS else ""
    return arguments[0] if arguments and not arguments[0].startswith("-") else ""


def commands_with(option: str) -> list[str]:
    """The commands that list an option."""
    return [name for name, found in COMMANDS.items() if option in names_of_options(found.function)]


def _run(asked: Asked) -> None:
    # NumPy comes in only here: --help and --version do without.
    from xentcli.run.pipeline import run

    code = run(asked)
    if code:
        raise typer.Exit(code)


def _show_version(context: typer.Context, wanted: bool) -> None:
    # A shell that completes "xent --version" asks for no version.
    if wanted and not context.resilient_parsing:
        typer.echo(f"xent {__version__}")
        raise typer.Exit


def _show_help(context: typer.Context, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from xentcli.cli import help as helping

    name = context.info_name
    if name in COMMANDS:
        function, examples = COMMANDS[name]
        helping.show(helping.of_command(name, function, examples))
    else:
        summaries = {name: summary(name) for name in COMMANDS}
        helping.show(helping.of_app(ABOUT, summaries, context.command.params, EXAMPLES))
    raise typer.Exit


HelpAsked = Annotated[
    bool,
    typer.Option(
        "--help",
        "-h",
        help="Show this.",
        callback=_show_help,
        is_eager=True,
        # XENT_HELP=1 must not turn every command into --help.
        allow_from_autoenv=False,
        rich_help_panel=OUTPUT,
    ),
]


def xent(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
    help: HelpAsked = False,
) -> None:
    """Softmax cross-entropy, worked out in the open."""
    if context.invoked_subcommand is None:
        _show_help(context, True)


def summary(name: str) -> str:
    """What a command is, in a sentence."""
    return (COMMANDS[name].function.__doc__ or "").partition("\n")[0]


@command(
    "softmax",
    "xent softmax --logits 1,2,3",
    "xent softmax --logits 1,2,3 --temperature 0.5 --quiet",
    "xent softmax logits.csv --format csv -o probs.csv",
    "xent softmax logits.npy --format json",
)
def softmax(
    samples: Samples, reading: Reading, arithmetic: Arithmetic, output: Output, running: Running
) -> None:
    """The probabilities of each sample."""
    _run(Asked("softmax", samples, output, reading, arithmetic, running=running))


@command(
    "log-softmax",
    "xent log-softmax --logits 1,2,3",
    "xent log-softmax logits.csv --format csv | xent nll - --input log-probs",
)
def log_softmax(
    samples: Samples, reading: Reading, arithmetic: Arithmetic, output: Output, running: Running
) -> None:
    """The log-probabilities of each sample."""
    _run(Asked("log-softmax", samples, output, reading, arithmetic, running=running))


@command(
    "nll",
    "xent nll --logits 1,2,3 --label 2",
    'xent nll --log-probs "-2.4,-1.4,-0.4" --label 1 --quiet',
    "xent nll logits.npy --labels-from labels.npy --reduction sum",
    "xent nll probs.csv --input probs --format json",
)
def nll(
    samples: Samples,
    reading: Reading,
    kinds: Kinds,
    labels: Labels,
    loss: Loss,
    arithmetic: Arithmetic,
    survey: Survey,
    output: Output,
    running: Running,
) -> None:
    """The negative log-likelihood of the labels: log-softmax first, then the pick."""
    asked = Asked("nll", samples, output, reading, arithmetic, kinds, labels, loss=loss)
    _run(asked._replace(survey=survey, running=running))


@command(
    "ce",
    'xent ce --logits "12.3,-5.2,31.4" --label 0',
    'xent ce --logits "2,1,0.1" --target "0.7,0.2,0.1" --base 2',
    "xent ce logits.csv --label-col label --weight fox=3 --by source",
    "xent ce logits.csv --rows 2 --save losses.html",
    "xent ce logits.csv --reduction none --format csv -o losses.csv",
)
def ce(
    samples: Samples,
    reading: Reading,
    kinds: Kinds,
    labels: Labels,
    targets: SoftTargets,
    loss: Loss,
    smoothing: Smoothing,
    arithmetic: Arithmetic,
    survey: Survey,
    output: Output,
    running: Running,
) -> None:
    """The cross-entropy of the labels or soft targets."""
    asked = Asked(
        "ce", samples, output, reading, arithmetic, kinds, labels, targets, loss, smoothing
    )
    _run(asked._replace(survey=survey, running=running))


@command(
    "grad",
    "xent grad --logits 1,2,3 --label 2",
    'xent grad --logits "1,2,3; 3,1,2" --labels 2,0 --check',
    "xent grad logits.csv --label-smoothing 0.1 --format csv -o gradients.csv",
)
def grad(
    samples: Samples,
    reading: Reading,
    labels: Labels,
    targets: SoftTargets,
    loss: Loss,
    smoothing: Smoothing,
    check: Check,
    arithmetic: Arithmetic,
    output: Output,
    running: Running,
) -> None:
    """The gradient of the cross-entropy with respect to the logits."""
    asked = Asked("grad", samples, output, reading, arithmetic, Kinds(), labels, targets, loss)
    _run(asked._replace(smoothing=smoothing, check=check, running=running))


@command(
    "diagnose",
    'xent diagnose --logits "2,-1,0.5; 0.3,1,-2" --labels 0,1 --got 0.7592',
    "xent diagnose logits.csv --got 0.717 --format json",
    "xent diagnose run1.csv run2.csv --got 3.947 --got 2.2798",
    "xent diagnose logits.csv",
)
def diagnose(
    samples: Samples,
    reading: Reading,
    kinds: Kinds,
    labels: Labels,
    targets: SoftTargets,
    seen: Seen,
    loss: Loss,
    smoothing: Smoothing,
    arithmetic: Arithmetic,
    output: DiagnosisOutput,
    running: Running,
) -> None:
    """Which formula or mistake gives the number that somebody got.

    Fewer departures from what ce computes come first, then likelier ones.

    Without --got it tells what is remarkable about the input.

    Exit code: 0 if a formula gives the number, 1 if none does.
    """
    from xentcli.run.diagnose import run

    asked = Asked(
        "diagnose",
        samples,
        Output(**output._asdict()),
        reading,
        arithmetic,
        kinds,
        labels,
        targets,
        loss,
        smoothing,
        running=running,
        seen=seen,
    )
    code = run(asked)
    if code:
        raise typer.Exit(code)
