"""The commands of one softmax: its probabilities, and the losses of labels and soft targets."""

# Typer needs the types themselves, so annotations are not kept as strings.
from xentcli.cli.commands import command, run_command
from xentcli.options.asked import Asked
from xentcli.options.input import Kinds, Labels, Reading, Samples, SoftTargets
from xentcli.options.loss import Arithmetic, Focus, Loss, Sequences, Smoothing
from xentcli.options.output import Output, Running, Survey


@command
def softmax(
    samples: Samples, reading: Reading, arithmetic: Arithmetic, output: Output, running: Running
) -> None:
    run_command(Asked("softmax", samples, output, reading, arithmetic, running=running))


@command
def log_softmax(
    samples: Samples, reading: Reading, arithmetic: Arithmetic, output: Output, running: Running
) -> None:
    run_command(Asked("log-softmax", samples, output, reading, arithmetic, running=running))


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
    run_command(asked._replace(sequences=sequences, survey=survey, running=running))


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
    run_command(asked._replace(survey=survey, running=running))
