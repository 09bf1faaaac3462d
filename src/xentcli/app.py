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
    Kinds,
    Labels,
    Loss,
    Output,
    Samples,
    Smoothing,
    SoftTargets,
    grouped,
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
        context_settings=SETTINGS,
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    built.callback()(xent)
    for name in [asked] if asked in COMMANDS else COMMANDS:
        function, examples = COMMANDS[name]
        epilog = "\n\n".join(examples)
        built.command(name, context_settings=SETTINGS, epilog=epilog)(grouped(function))
    return built


def _run(asked: Asked) -> None:
    # NumPy comes in only here: --help and --version do without.
    from xentcli.pipeline import run

    run(asked)


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


@command("softmax", "xent softmax --logits 1,2,3")
def softmax(samples: Samples, arithmetic: Arithmetic, output: Output) -> None:
    """The probabilities of each sample."""
    _run(Asked("softmax", samples, output, arithmetic))


@command("log-softmax", "xent log-softmax --logits 1,2,3")
def log_softmax(samples: Samples, arithmetic: Arithmetic, output: Output) -> None:
    """The log-probabilities of each sample."""
    _run(Asked("log-softmax", samples, output, arithmetic))


@command("nll", "xent nll --logits 1,2,3 --label 2")
def nll(
    samples: Samples,
    kinds: Kinds,
    labels: Labels,
    loss: Loss,
    arithmetic: Arithmetic,
    output: Output,
) -> None:
    """The negative log-likelihood of the labels: log-softmax first, then the pick."""
    _run(Asked("nll", samples, output, arithmetic, kinds, labels, loss=loss))


@command("ce", "xent ce --logits 1,2,3 --label 2")
def ce(
    samples: Samples,
    kinds: Kinds,
    labels: Labels,
    targets: SoftTargets,
    loss: Loss,
    smoothing: Smoothing,
    arithmetic: Arithmetic,
    output: Output,
) -> None:
    """The cross-entropy of the labels or soft targets."""
    _run(Asked("ce", samples, output, arithmetic, kinds, labels, targets, loss, smoothing))


@command("grad", "xent grad --logits 1,2,3 --label 2")
def grad(
    samples: Samples,
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
        Asked("grad", samples, output, arithmetic, Kinds(), labels, targets, loss, smoothing, check)
    )
