"""How the reference files hold arrays and numbers: readable, exact, one case a line."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np


def encoded(value: Any) -> Any:
    """Return a value as JSON can hold it: arrays keep their shape, integers their kind."""
    if isinstance(value, Mapping):
        return {name: encoded(item) for name, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        kind = {"dtype": "int64"} if value.dtype.kind == "i" else {}
        return {"shape": list(value.shape), **kind, "data": encoded(value.ravel().tolist())}
    if isinstance(value, list):
        return [encoded(item) for item in value]
    return number(value) if isinstance(value, float) else value


def number(value: float) -> float | str:
    """Return a finite number as it is, and the others by name, since JSON has no sign for them."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def write_cases(path: Path, heading: Mapping[str, Any], cases: Iterable[Mapping[str, Any]]) -> int:
    """Write a JSON object with the cases as its last key, a case a line; return their number."""
    lines = [json.dumps(encoded(case), allow_nan=False) for case in cases]
    start = json.dumps(dict(heading))[:-1]
    text = f'{start}, "cases": [\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return len(lines)
