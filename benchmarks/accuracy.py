"""How many digits of a loss are right: xent beside PyTorch, SciPy and scikit-learn.

The rows are those of tests/reference/exact_cases.json: adversarial logits with their losses worked
out in 460 digits. Peers that are not installed are left out. All compute in float64 on the same
doubles.
"""

from __future__ import annotations

import json
import statistics
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xentcli
from benchmarks.tables import Line, Table

CASES = Path(__file__).parents[1] / "tests" / "reference" / "exact_cases.json"
UNIT = 2.0**-53
Loss = Callable[[NDArray[np.float64], int], float]


def by_xent(logits: NDArray[np.float64], label: int) -> float:
    """xent's loss."""
    return float(xentcli.cross_entropy(logits, label))


def by_torch(logits: NDArray[np.float64], label: int) -> float:
    """PyTorch's loss."""
    import torch

    found = torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.tensor(label))
    return float(found)


def by_scipy(logits: NDArray[np.float64], label: int) -> float:
    """SciPy's log_softmax, then the pick."""
    from scipy.special import log_softmax

    return float(-log_softmax(logits)[label])


def by_sklearn(logits: NDArray[np.float64], label: int) -> float:
    """scikit-learn's log_loss of SciPy's softmax."""
    from scipy.special import softmax
    from sklearn.metrics import log_loss

    with warnings.catch_warnings():
        # It takes a row that does not sum to 1 to the last bit for a mistake, and renormalises.
        warnings.simplefilter("ignore")
        return float(log_loss([label], softmax(logits)[np.newaxis], labels=range(len(logits))))


PEERS: dict[str, tuple[str, Loss]] = {
    "xent": ("numpy", by_xent),
    "torch F.cross_entropy": ("torch", by_torch),
    "scipy log_softmax": ("scipy", by_scipy),
    "sklearn log_loss": ("sklearn", by_sklearn),
}


def relative_error(found: float, exact: float) -> float:
    """|found / exact − 1|, at most 1: then no digit is right."""
    return min(1.0, abs(found - exact) / exact) if np.isfinite(found) else 1.0


def rows() -> list[dict[str, Any]]:
    """The rows whose loss is within the promise (1e-300 and more), unweighted, temperature 1."""
    cases = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    return [
        case
        for case in cases
        if "weight" not in case
        and "temperature" not in case
        and 1e-300 < float(case["loss"]) < np.inf
    ]


def measure(runs: int, quick: bool) -> list[Table]:
    """The errors side by side; they are the same in every run."""
    cases = rows()
    lines = []
    for name, (package, loss) in PEERS.items():
        if find_spec(package) is None:
            lines.append(Line(name, note=f"not installed: {package}"))
            continue
        errors = [
            relative_error(
                loss(np.array([float(z) for z in case["logits"]]), case["label"]),
                float(case["loss"]),
            )
            for case in cases
        ]
        lines.append(
            Line(
                name,
                {
                    "median, units of 2^-53": statistics.median(errors) / UNIT,
                    "largest": max(errors),
                    "rows with all digits lost": sum(error > 0.1 for error in errors),
                },
            )
        )
    return [Table(f"Relative error of the loss, {len(cases)} adversarial rows, float64", lines)]
