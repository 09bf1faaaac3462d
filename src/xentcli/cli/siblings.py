"""The commands of the sibling losses, and of the gradient of any loss."""

# Typer needs the types themselves, so annotations are not kept as strings.
from xentcli.cli.commands import command, run_command
from xentcli.options.asked import Asked
from xentcli.options.input import Kinds, Labels, Reading, Samples, SoftTargets
from xentcli.options.loss import Arithmetic, Balance, Check, Focus, Loss, Smoothing
from xentcli.options.output import Output, Running, Survey
from xentcli.options.siblings import (
    DivergenceLoss,
    GradientLoss,
    QuestionLoss,
    RowLoss,
    SampleWeights,
    Scale,
    UnlabelledLoss,
    YesNoKinds,
)


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
    asked = _asked_of_loss("bce", samples, output, reading, scale, loss, labels)
    asked = asked._replace(kinds=Kinds(**kinds._asdict()), balance=balance, focus=focus)
    run_command(asked._replace(targets=targets, survey=survey, running=running))


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
    asked = _asked_of_loss("kl", samples, output, reading, scale, loss, labels)
    run_command(asked._replace(kinds=kinds, targets=targets, survey=survey, running=running))


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
    asked = _asked_of_loss("js", samples, output, reading, scale, loss, labels)
    run_command(asked._replace(kinds=kinds, targets=targets, survey=survey, running=running))


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
    asked = _asked_of_loss("entropy", samples, output, reading, scale, loss, labels)
    run_command(asked._replace(kinds=kinds, survey=survey, running=running))


def _asked_of_loss(
    name: str,
    samples: Samples,
    output: Output,
    reading: Reading,
    scale: Scale,
    loss: QuestionLoss | DivergenceLoss | RowLoss | UnlabelledLoss,
    labels: Labels,
) -> Asked:
    """Make the ``Asked`` of a sibling loss: its few options go into the groups that have them."""
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
    run_command(asked._replace(check=check, running=running))
