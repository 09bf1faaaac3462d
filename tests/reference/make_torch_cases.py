"""Write torch_cases.json: what PyTorch gives for a designed cross of calls and its corners.

And sibling_cases.json: the same of the sibling losses, where PyTorch has none what SciPy gives.

Run by hand where PyTorch, SciPy and mpmath are installed:
python tests/reference/make_torch_cases.py
The inputs depend on the cases' names alone, so that a change to one case changes one line.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import scipy  # type: ignore[import-untyped, unused-ignore]
import torch  # type: ignore[import-not-found, unused-ignore]
from deviations import Deviation, deviations
from edges import edge_cases
from encoding import write_cases
from sibling_deviations import sibling_deviations
from siblings import sibling_cases
from torch_answers import answer

from crossed import Case, crossed_cases

DESTINATION = Path(__file__).with_name("torch_cases.json")
SIBLINGS = Path(__file__).with_name("sibling_cases.json")


def main() -> None:
    """Compute every case, write the file and print how many cases each function has."""
    torch.set_num_threads(1)
    versions = {"torch": torch.__version__.split("+")[0]}
    write(DESTINATION, versions, chain(crossed_cases(), edge_cases()), deviations())
    siblings = {**versions, "scipy": scipy.__version__}
    write(SIBLINGS, siblings, sibling_cases(), sibling_deviations())


def write(
    destination: Path,
    versions: dict[str, str],
    cases: Iterable[Case],
    departures: Iterable[Deviation],
) -> None:
    """Compute the cases of a file, write them and print how many each function has."""
    records = [record(case) for case in cases]
    records += [deviation_record(deviation) for deviation in departures]
    require_unique(records)
    write_cases(destination, versions, records)
    print(Counter(each["function"] for each in records), destination.stat().st_size, "bytes")


def record(case: Case) -> dict[str, Any]:
    """Return a case with PyTorch's answer, or with the kind of its refusal."""
    asked = {"name": case.name, "function": case.function, "arguments": case.arguments}
    try:
        value, grad = answer(case.function, case.arguments)
    except (IndexError, RuntimeError, ValueError) as refusal:
        return {**asked, "value": {"raises": type(refusal).__name__}, "grad": None}
    return {**asked, "value": value, "grad": grad}


def deviation_record(deviation: Deviation) -> dict[str, Any]:
    """Return a case with PyTorch's answer beside ours."""
    return {**record(deviation.case), "deviation": deviation.key, "ours": deviation.ours}


def require_unique(records: list[dict[str, Any]]) -> None:
    """Raise if two cases have one name."""
    names: Iterator[str] = (each["name"] for each in records)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ValueError(f"cases of the same name: {repeated}")


if __name__ == "__main__":
    main()
