"""The commands: each collects its groups of options and passes them on."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated

import typer
from typer.main import get_command

from xentcli import __version__
from xentcli.calculation.commands import COMMANDS
from xentcli.errors import UsageError, check_room, quoted
from xentcli.options.completion import command_completed, is_asked
from xentcli.options.flatten import ENVIRONMENT_PREFIX, grouped, names_of_options
from xentcli.options.groups import (
    OUTPUT,
    Arithmetic,
    Asked,
    Balance,
    Check,
    DiagnosisOutput,
    DivergenceLoss,
    Focus,
    GradientLoss,
    Kinds,
    Labels,
    Loss,
    Output,
    QuestionLoss,
    Reading,
    RowLoss,
    Running,
    Samples,
    SampleWeights,
    Scale,
    Seen,
    Sequences,
    Smoothing,
    SoftTargets,
    Survey,
    UnlabelledLoss,
    YesNoKinds,
)
from xentcli.options.values import did_you_mean

# Mebibytes that NumPy's libraries and the modules of a command take up.
TO_LOAD = 96
SETTINGS = {"auto_envvar_prefix": ENVIRONMENT_PREFIX}
ABOUT = """\
xent works softmax cross-entropy out in the open: softmax, log-softmax, negative log-likelihood, \
cross-entropy, its gradient and its siblings, of numbers that are typed or of files of any size, \
with every step shown. It gives PyTorch's answers, and the digits that PyTorch loses."""
EXAMPLES = (
    'xent ce --logits "12.3,-5.2,31.4" --label 0',
    "xent softmax logits.csv --format csv",
)


# The function of each command, by the name that calculation.commands has for it.
FUNCTIONS: dict[str, Callable[..., None]] = {}


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a function of groups of options as the command of its name; its help comes from the
    table of commands."""
    name = function.__name__.replace("_", "-")
    function.__doc__ = COMMANDS[name].help
    FUNCTIONS[name] = function
    return function


def app(asked: str = "") -> typer.Typer:
    """The Typer app, with only the command that is asked for, if there is one: Typer takes longer
    to build a command than xent takes to run it."""
    if asked and asked not in COMMANDS:
        from xentcli.cli.habits import command_hint

        hint = _long_name(asked) or command_hint(asked) or did_you_mean(asked, list(COMMANDS))
        hint = hint or "xent --help lists the commands"
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
        command = grouped(FUNCTIONS[name], HelpAsked)
        built.command(name, context_settings=SETTINGS, add_help_option=False)(command)
    return built


@cache
def program(asked: str = "") -> Callable[..., object]:
    """What a command line is given to, ready for the command that is asked for. A process that runs
    many commands builds each of them once."""
    return get_command(app(asked))


def _long_name(asked: str) -> str:
    """A hint for what is a command's title, however it is written: ``cross_entropy`` is ``ce``."""
    letters = "".join(filter(str.isalpha, asked)).lower()
    for name, command in COMMANDS.items():
        if letters == "".join(filter(str.isalpha, command.title)).lower():
            return f"did you mean {name}?"
    return ""


def spelled_out(arguments: Sequence[str]) -> list[str]:
    """``help COMMAND`` as ``COMMAND --help``, ``help`` alone as ``--help``."""
    if arguments[:1] != ["help"]:
        return list(arguments)
    about = [word for word in arguments[1:] if word not in ("help", "-h", "--help")]
    return [*about[:1], "--help"]


def asked_command(arguments: Sequence[str]) -> str:
    """The command that is to be run, or whose arguments a shell wants completed; empty if there is
    none."""
    if is_asked():
        found = command_completed()
        return found if found in COMMANDS else ""
    return arguments[0] if arguments and not arguments[0].startswith("-") else ""


def commands_with(option: str) -> list[str]:
    """The commands that list an option."""
    return [name for name, found in FUNCTIONS.items() if option in names_of_options(found)]


def _run(asked: Asked) -> None:
    # NumPy comes in only here: --help and --version do without.
    check_room(TO_LOAD)
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
        helping.show(helping.of_command(COMMANDS[name], FUNCTIONS[name]))
    else:
        helping.show(helping.of_app(ABOUT, COMMANDS.values(), context.command.params, EXAMPLES))
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
        typer.Option(
            "--version", "-V", help="Show the version.", callback=_show_version, is_eager=True
        ),
    ] = False,
    help: HelpAsked = False,
) -> None:
    """Softmax cross-entropy, worked out in the open."""
    if context.invoked_subcommand is None:
        _show_help(context, True)


@command
def softmax(
    samples: Samples, reading: Reading, arithmetic: Arithmetic, output: Output, running: Running
) -> None:
    _run(Asked("softmax", samples, output, reading, arithmetic, running=running))


@command
def log_softmax(
    samples: Samples, reading: Reading, arithmetic: Arithmetic, output: Output, running: Running
) -> None:
    _run(Asked("log-softmax", samples, output, reading, arithmetic, running=running))


@command
def nll(
    samples: Samples,
    reading: Reading,
    kinds: Kinds,
    labels: Labels,
    loss: Loss,
    arithmetic: Arithmetic,
    sequences: Sequences,
    survey: Survey,
    output: Output,
    running: Running,
) -> None:
    asked = Asked("nll", samples, output, reading, arithmetic, kinds, labels, loss=loss)
    _run(asked._replace(sequences=sequences, survey=survey, running=running))


@command
def ce(
    samples: Samples,
    reading: Reading,
    kinds: Kinds,
    labels: Labels,
    targets: SoftTargets,
    loss: Loss,
    smoothing: Smoothing,
    focus: Focus,
    arithmetic: Arithmetic,
    sequences: Sequences,
    survey: Survey,
    output: Output,
    running: Running,
) -> None:
    asked = Asked(
        "ce", samples, output, reading, arithmetic, kinds, labels, targets, loss, smoothing
    )
    asked = asked._replace(focus=focus, sequences=sequences)
    _run(asked._replace(survey=survey, running=running))


@command
def bce(
    samples: Samples,
    reading: Reading,
    kinds: YesNoKinds,
    labels: Labels,
    targets: SoftTargets,
    loss: QuestionLoss,
    balance: Balance,
    focus: Focus,
    scale: Scale,
    survey: Survey,
    output: Output,
    running: Running,
) -> None:
    asked = _of_loss("bce", samples, output, reading, scale, loss, labels)
    asked = asked._replace(kinds=Kinds(**kinds._asdict()), balance=balance, focus=focus)
    _run(asked._replace(targets=targets, survey=survey, running=running))


@command
def kl(
    samples: Samples,
    reading: Reading,
    kinds: Kinds,
    labels: Labels,
    targets: SoftTargets,
    loss: DivergenceLoss,
    scale: Scale,
    survey: Survey,
    output: Output,
    running: Running,
) -> None:
    asked = _of_loss("kl", samples, output, reading, scale, loss, labels)
    _run(asked._replace(kinds=kinds, targets=targets, survey=survey, running=running))


@command
def js(
    samples: Samples,
    reading: Reading,
    kinds: Kinds,
    labels: Labels,
    targets: SoftTargets,
    loss: RowLoss,
    scale: Scale,
    survey: Survey,
    output: Output,
    running: Running,
) -> None:
    asked = _of_loss("js", samples, output, reading, scale, loss, labels)
    _run(asked._replace(kinds=kinds, targets=targets, survey=survey, running=running))


@command
def entropy(
    samples: Samples,
    reading: Reading,
    kinds: Kinds,
    weights: SampleWeights,
    loss: UnlabelledLoss,
    scale: Scale,
    survey: Survey,
    output: Output,
    running: Running,
) -> None:
    labels = Labels(**weights._asdict())
    asked = _of_loss("entropy", samples, output, reading, scale, loss, labels)
    _run(asked._replace(kinds=kinds, survey=survey, running=running))


def _of_loss(
    name: str,
    samples: Samples,
    output: Output,
    reading: Reading,
    scale: Scale,
    loss: QuestionLoss | DivergenceLoss | RowLoss | UnlabelledLoss,
    labels: Labels,
) -> Asked:
    """A command whose groups of options are parts of others."""
    arithmetic, whole = Arithmetic(**scale._asdict()), Loss(**loss._asdict())
    return Asked(name, samples, output, reading, arithmetic, Kinds(), labels, loss=whole)


@command
def grad(
    samples: Samples,
    reading: Reading,
    labels: Labels,
    targets: SoftTargets,
    loss: GradientLoss,
    smoothing: Smoothing,
    focus: Focus,
    balance: Balance,
    check: Check,
    arithmetic: Arithmetic,
    output: Output,
    running: Running,
) -> None:
    fields = loss._asdict()
    name = fields.pop("loss")
    fields["reduction"] = loss.reduction or ("batchmean" if name == "kl" else "mean")
    whole = Loss(**fields)
    asked = Asked("grad", samples, output, reading, arithmetic, Kinds(), labels, targets, whole)
    asked = asked._replace(gradient_of=name, smoothing=smoothing, focus=focus, balance=balance)
    _run(asked._replace(check=check, running=running))


@command
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
    check_room(TO_LOAD)
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
