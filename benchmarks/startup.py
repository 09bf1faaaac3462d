"""How long a whole process takes to start, beside ``import numpy`` and one row through PyTorch."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.tables import Table, ratio
from benchmarks.timing import Command, processes, xent

ONE_ROW = ("ce", "--logits", "12.3,-5.2,31.4", "--label", "0")
# It draws a table, and nothing of it is xent's.
LEAST = "least program with Typer and Rich"
LEAST_TABLE = Path(__file__).with_name("least_table.py")
# What a table cannot do without, and nothing of xent's own.
PACKAGES = "import numpy, typer, rich.console, rich.table"
TORCH = (
    "import torch, torch.nn.functional as F;"
    "print(F.cross_entropy(torch.tensor([[12.3, -5.2, 31.4]]), torch.tensor([0])))"
)


def measure(runs: int, quick: bool) -> list[Table]:
    """Median walls and ratios."""
    commands = [
        Command("import numpy", [sys.executable, "-c", "import numpy"]),
        Command("import numpy, typer, rich", [sys.executable, "-c", PACKAGES]),
        Command(
            LEAST, [sys.executable, str(Path(__file__).with_name("least_table.py")), *ONE_ROW[1:]]
        ),
        xent("xent ce, one row", *ONE_ROW),
        xent("xent ce, one row, no table", *ONE_ROW, "-q"),
        xent("xent --version", "--version"),
        Command("torch, one row", [sys.executable, "-c", TORCH], needs=["torch"]),
    ]
    found = processes(commands, runs)
    targets = [
        *ratio(found.rounds, "xent ce, one row", "import numpy", 1.6),
        *ratio(found.rounds, "xent --version", "import numpy", 0.3),
        *ratio(found.rounds, "xent ce, one row, no table", "import numpy"),
        *ratio(found.rounds, "import numpy, typer, rich", "import numpy"),
        *ratio(found.rounds, LEAST, "import numpy"),
        *ratio(found.rounds, "xent ce, one row", LEAST),
        *ratio(found.rounds, "xent ce, one row", "torch, one row", 0.13),
    ]
    return [Table("Start-up, whole processes", found.lines, targets)]
