"""The column with a number for each sample: its weight (``--weight-col``), or how many bytes of
text it stands for (``--bytes-col``). No command takes both, so readers know only one such column.
"""

from __future__ import annotations

from typing import Any

from xentcli.errors import not_a_weight
from xentcli.model import AnyArray
from xentcli.readers.interface import Request


def sample_number_column(request: Request) -> str | None:
    """Return what the option says of the column; None where it is not given."""
    return request.bytes_col if request.weight_col is None else request.weight_col


def sample_number_option(request: Request) -> str:
    """Return the name of the option."""
    return "--bytes-col" if request.weight_col is None else "--weight-col"


def batch_fields(request: Request, numbers: AnyArray | None) -> dict[str, Any]:
    """Return the numbers under the name of the batch's field for them."""
    return {"sample_bytes" if request.weight_col is None else "sample_weight": numbers}


def not_a_sample_number(request: Request, value: float) -> str:
    """Return the message for a number that cannot be a weight, or a number of bytes."""
    return not_a_weight(value, "number of bytes" if request.weight_col is None else "weight")
