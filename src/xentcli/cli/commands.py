"""Builds the Typer app from the functions of the commands, and runs the one that is typed."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer
from typer.main import get_command

from xentcli import __version__
from xentcli.calculation.commands import COMMANDS
from xentcli.errors import UsageError, check_memory, quoted
from xentcli.options.completion import command_to_complete, is_completing
from xentcli.options.declare import OUTPUT
from xentcli.options.flatten import ENVIRONMENT_PREFIX, flatten_groups, names_of_options
from xentcli.options.values import did_you_mean

if TYPE_CHECKING:
    from xentcli.options.asked import Asked

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


# The module of each command that is not in cli/siblings. A start imports only the module of the
# command that is typed, and the groups of options that are listed there.
MODULES = {
    **dict.fromkeys(("softmax", "log-softmax", "nll", "ce"), "softmax"),
    "diagnose": "diagnose",
}
# The functions of the modules that have been imported, by the names in the table of commands.
FUNCTIONS: dict[str, Callable[..., None]] = {}


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a function of groups of options as the command of its name.

    Its help comes from the table of commands.
    """
    name = function.__name__.replace("_", "-")
    function.__doc__ = COMMANDS[name].help
    FUNCTIONS[name] = function
    return function


def function_of(name: str) -> Callable[..., None]:
    """Return the function of a command; import its module if that has not been done."""
    if name not in FUNCTIONS:
        import_module(f"xentcli.cli.{MODULES.get(name, 'siblings')}")
    return FUNCTIONS[name]


def functions() -> dict[str, Callable[..., None]]:
    """Return the function of every command, in the order of the table of commands."""
    return {name: function_of(name) for name in COMMANDS}


def build_app(asked: str = "") -> typer.Typer:
    """Build the Typer app: with the command that is asked for alone, or with all of them.

    Typer takes longer to build a command than xent takes to run it.
    """
    if asked and asked not in COMMANDS:
        from xentcli.cli.habits import command_hint

        hint = _hint_by_title(asked) or command_hint(asked) or did_you_mean(asked, list(COMMANDS))
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
        command = flatten_groups(function_of(name), HelpAsked)
        built.command(name, context_settings=SETTINGS, add_help_option=False)(command)
    return built


@cache
def build_program(asked: str = "") -> Callable[..., object]:
    """Build the function that takes a command line, for the command that is asked for.

    A process that runs many commands builds each of them once.
    """
    return get_command(build_app(asked))


def _hint_by_title(asked: str) -> str:
    """Return a hint for a command's title in any spelling: ``cross_entropy`` is ``ce``."""
    letters = "".join(filter(str.isalpha, asked)).lower()
    for name, command in COMMANDS.items():
        if letters == "".join(filter(str.isalpha, command.title)).lower():
            return f"did you mean {name}?"
    return ""


def spell_out_help(arguments: Sequence[str]) -> list[str]:
    """Turn ``help COMMAND`` into ``COMMAND --help``, and ``help`` alone into ``--help``."""
    if arguments[:1] != ["help"]:
        return list(arguments)
    about = [word for word in arguments[1:] if word not in ("help", "-h", "--help")]
    return [*about[:1], "--help"]


def command_to_run(arguments: Sequence[str]) -> str:
    """Return the command to run, or the one that a shell completes; empty if there is none."""
    if is_completing():
        found = command_to_complete()
        return found if found in COMMANDS else ""
    return arguments[0] if arguments and not arguments[0].startswith("-") else ""


def commands_with(option: str) -> list[str]:
    """Return the commands that list an option."""
    return [name for name, found in functions().items() if option in names_of_options(found)]


def run_command(asked: "Asked", module: str = "xentcli.run.pipeline") -> None:
    """Call the function ``run`` of a module with the command, and exit with the code it returns."""
    check_memory(TO_LOAD)
    # NumPy is imported only here: --help and --version do without.
    code = import_module(module).run(asked)
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
        helping.print_help(helping.help_of_command(COMMANDS[name], function_of(name)))
    else:
        helping.print_help(
            helping.help_of_app(ABOUT, COMMANDS.values(), context.command.params, EXAMPLES)
        )
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
