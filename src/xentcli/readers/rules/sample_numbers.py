"""The column with a number for each sample: its weight, or how many bytes of text it stands for. No
command takes both, so readers know only one such column."""

from __future__ import annotations

from typing import Any

from xentcli.errors import not_a_weight
from xentcli.model import AnyArray
from xentcli.readers.interface import Request


def number_column(request: Request) -> str | None:
    """The column that was asked for."""
    return request.bytes_col if request.weight_col is None else request.weight_col


def number_option(request: Request) -> str:
    """The option that asks for it."""
    return "--bytes-col" if request.weight_col is None else "--weight-col"


def batch_fields(request: Request, numbers: AnyArray | None) -> dict[str, Any]:
    """The numbers, under the name of the batch's field for them."""
    return {"sample_bytes" if request.weight_col is None else "sample_weight": numbers}


def not_a_number(request: Request, value: float) -> str:
    """The message for a number that cannot be a weight, or a count of bytes."""
    return not_a_weight(value, "number of bytes" if request.weight_col is None else "weight")
