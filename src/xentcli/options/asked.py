"""A command with the options that were given, as ``cli`` hands it to ``run``."""

# The annotations are read when the commands are built, so they are not kept as strings.
from xentcli.model import NamedTuple
from xentcli.options.input import Kinds, Labels, Reading, Samples, Seen, SoftTargets
from xentcli.options.loss import (
    Arithmetic,
    Balance,
    Check,
    Focus,
    Loss,
    LossName,
    Sequences,
    Smoothing,
)
from xentcli.options.output import Output, Running, Survey


class Asked(NamedTuple):
    """A command and its groups of options; groups that the command does not list have defaults."""

    command: str
    samples: Samples
    output: Output
    reading: Reading = Reading()
    arithmetic: Arithmetic = Arithmetic()
    kinds: Kinds = Kinds()
    labels: Labels = Labels()
    targets: SoftTargets = SoftTargets()
    loss: Loss = Loss()
    smoothing: Smoothing = Smoothing()
    check: Check = Check()
    survey: Survey = Survey()
    running: Running = Running()
    seen: Seen = Seen()
    focus: Focus = Focus()
    balance: Balance = Balance()
    sequences: Sequences = Sequences()
    gradient_of: LossName = "ce"
