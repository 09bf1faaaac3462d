"""The commands: each gathers its groups of options and hands them on."""

from collections.abc import Callable
from typing import Annotated, NamedTuple

import typer

from xentcli import __version__
from xentcli.options import (
    ENVIRONMENT_PREFIX,
    Arithmetic,
    Asked,
    Check,
    DiagnosisOutput,
    Kinds,
    Labels,
    Loss,
    Output,
    Reading,
    Samples,
    Seen,
    Smoothing,
    SoftTargets,
    Survey,
    grouped,
    names_of_options,
)

SETTINGS = {
    "help_option_names": ["-h", "--help"],
    "auto_envvar_prefix": ENVIRONMENT_PREFIX,
}


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
    """The Typer app; only with the command that is asked for, where that is one of them, because
    Typer takes longer to build a command than xent to run it."""
    built = typer.Typer(
        name="xent",
        # No prefix here: XENT_VERSION=1 must not turn every command into --version.
        context_settings={"help_option_names": SETTINGS["help_option_names"]},
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    built.callback()(xent)
    for name in [asked] if asked in COMMANDS else COMMANDS:
        function, examples = COMMANDS[name]
        epilog = "Examples:\n\n" + "\n\n".join(examples)
        built.command(name, context_settings=SETTINGS, epilog=epilog)(grouped(function))
    return built


def commands_with(option: str) -> list[str]:
    """The commands that list an option."""
    return [name for name, found in COMMANDS.items() if option in names_of_options(found.function)]


def _run(asked: Asked) -> None:
    # NumPy comes in only here: --help and --version do without.
    from xentcli.pipeline import run

    code = run(asked)
    if code:
        raise typer.Exit(code)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"xent {__version__}")
        raise typer.Exit


def xent(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Softmax cross-entropy, worked out in the open."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@command(
    "softmax",
    "xent softmax --logits 1,2,3",
    "xent softmax --logits 1,2,3 --temperature 0.5 --quiet",
    "xent softmax logits.csv --format csv -o probs.csv",
)
def softmax(samples: Samples, reading: Reading, arithmetic: Arithmetic, output: Output) -> None:
    """The probabilities of each sample."""
    _run(Asked("softmax", samples, output, reading, arithmetic))


@command(
    "log-softmax",
    "xent log-softmax --logits 1,2,3",
    "xent log-softmax logits.csv --format csv | xent nll - --input log-probs",
)
def log_softmax(samples: Samples, reading: Reading, arithmetic: Arithmetic, output: Output) -> None:
    """The log-probabilities of each sample."""
    _run(Asked("log-softmax", samples, output, reading, arithmetic))


@command(
    "nll",
    "xent nll --logits 1,2,3 --label 2",
    'xent nll --log-probs "-2.4,-1.4,-0.4" --label 1 --quiet',
    "xent nll logits.npy --labels-from labels.npy --reduction sum",
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
) -> None:
    """The negative log-likelihood of the labels: log-softmax first, then the pick."""
    asked = Asked("nll", samples, output, reading, arithmetic, kinds, labels, loss=loss)
    _run(asked._replace(survey=survey))


@command(
    "ce",
    'xent ce --logits "12.3,-5.2,31.4" --label 0',
    "xent ce logits.csv --weight 2,1,3 --ignore-index 0",
    "xent ce logits.csv --reduction none --format csv | sort -t, -k13 -g | tail",
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
) -> None:
    """The cross-entropy of the labels or soft targets."""
    asked = Asked(
        "ce", samples, output, reading, arithmetic, kinds, labels, targets, loss, smoothing
    )
    _run(asked._replace(survey=survey))


@command(
    "grad",
    "xent grad --logits 1,2,3 --label 2",
    'xent grad --logits "1,2,3; 3,1,2" --labels 2,0 --check',
    "xent grad logits.csv --format csv -o gradients.csv",
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
) -> None:
    """The gradient of the cross-entropy with respect to the logits."""
    _run(
        Asked(
            "grad",
            samples,
            output,
            reading,
            arithmetic,
            Kinds(),
            labels,
            targets,
            loss,
            smoothing,
            check,
        )
    )


@command(
    "diagnose",
    'xent diagnose --logits "2,-1,0.5; 0.3,1,-2" --labels 0,1 --got 0.5968',
    "xent diagnose logits.csv --weight 2,1,3 --got 1.204 --format json",
    "xent diagnose run1.csv run2.csv --got 3.947 --got 2.218",
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
) -> None:
    """Which formula or mistake gives the number that somebody got.

    Fewer departures from what ce computes come first, then likelier ones.

    Without --got it tells what is remarkable about the input.

    Exit code: 0 if a formula gives the number, 1 if none does.
    """
    from xentcli.diagnosing import run

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
        seen=seen,
    )
    code = run(asked)
    if code:
        raise typer.Exit(code)
