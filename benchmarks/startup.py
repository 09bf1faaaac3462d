"""How long a whole process takes to start, beside ``import numpy`` and one row through PyTorch.

    python benchmarks/startup.py [RUNS]

The commands run in turn (A B C A B C …), so that a machine that speeds up or slows down does so
for all of them; the ratios are medians over the rounds. The torch row is left out where torch is
not installed.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

# Compiled modules are kept, as in any installation: the warm-up run writes them.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
XENT = str(Path(sys.executable).parent / "xent")
NUMPY = [sys.executable, "-c", "import numpy"]
TORCH = [
    sys.executable,
    "-c",
    "import torch, torch.nn.functional as F;"
    "print(F.cross_entropy(torch.tensor([[12.3, -5.2, 31.4]]), torch.tensor([0])))",
]
HEADLINE = [XENT, "ce", "--logits", "12.3,-5.2,31.4", "--label", "0"]
VERSION = [XENT, "--version"]


def seconds(command: list[str]) -> float:
    """The wall time of one run."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=ENVIRONMENT)
    return time.perf_counter() - start


def main(runs: int) -> None:
    """Time the commands in turn and print medians and ratios."""
    commands = {"import numpy": NUMPY, "xent ce, one row": HEADLINE, "xent --version": VERSION}
    if importlib.util.find_spec("torch") is not None:
        commands["torch, one row"] = TORCH
    for command in commands.values():
        seconds(command)
    rounds = [{name: seconds(command) for name, command in commands.items()} for _ in range(runs)]
    for name in commands:
        print(f"{name:<18} {1000 * statistics.median(r[name] for r in rounds):7.1f} ms")
    ratio("xent ce, one row", "import numpy", rounds, 1.7)
    ratio("xent --version", "import numpy", rounds, 0.8)
    if "torch, one row" in commands:
        ratio("xent ce, one row", "torch, one row", rounds, 0.13)


def ratio(name: str, base: str, rounds: list[dict[str, float]], limit: float) -> None:
    """Print the median of the rounds' ratios beside what it should stay below."""
    found = statistics.median(r[name] / r[base] for r in rounds)
    print(f"{name} / {base}: {found:.3f} (at most {limit})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
