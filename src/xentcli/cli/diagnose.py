"""The command that explains a number."""

# Typer needs the types themselves, so annotations are not kept as strings.
from xentcli.cli.commands import command, run_command
from xentcli.options.asked import Asked
from xentcli.options.input import Kinds, Labels, Reading, Samples, Seen, SoftTargets
from xentcli.options.loss import Arithmetic, Loss, Smoothing
from xentcli.options.output import DiagnosisOutput, Output, Running


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
    run_command(asked, "xentcli.run.diagnose")
