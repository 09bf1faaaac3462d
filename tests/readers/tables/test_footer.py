"""Damage in the footer of a Parquet file is an error, and does not end the process."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Xent, run_python

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")

# What is asked of each file; the process must not end at any of them.
PROGRAM = """
import sys
from pathlib import Path
from xentcli.errors import DataError
from xentcli.readers.tables.batches import Table, find_maybe_empty, read_schema

path = Path("damaged.parquet")
whole, refused = Path("a.parquet").read_bytes(), 0
length = int.from_bytes(whole[-8:-4], "little")
for at in range(len(whole) - 8 - length, len(whole) - 8):
    for change in map(int, sys.argv[1:]):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
        table = Table(path.name, str(path), "parquet")
        try:
            read_schema(table)
            find_maybe_empty(table, 100)
        except DataError:
            refused += 1
print(length, refused)
"""


def parquet(names: Sequence[str]) -> bytes:
    columns = {name: [1.5, -2.0] for name in names} | {"label": [0, 1]}
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, store_schema=False)
    return stream.getvalue()


def test_no_byte_of_the_footer_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet("ab"))
    ran = run_python(PROGRAM, "1", "3", "4", "16", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    length, refused = map(int, ran.stdout.split())
    assert refused > length


def test_row_groups_of_more_columns_than_the_schema(xent: Xent, tmp_path: Path) -> None:
    """A footer with the schema of one file and the row groups of another, which has one more."""
    footers = []
    for names in ("ab", "abc"):
        whole = parquet(names)
        length = int.from_bytes(whole[-8:-4], "little")
        footers.append(whole[-8 - length : -8])
    few, many = footers
    # The number of rows, the row groups; and, at the very end, how each column is ordered.
    rows, orders = b"\x16\x04\x19\x1c", b"\x19\x4c" + b"\x1c\x00\x00" * 4 + b"\x00"
    assert few.count(rows) == many.count(rows) == 1
    assert many.endswith(orders)
    mixed = few[: few.index(rows)] + many[many.index(rows) : -len(orders)] + b"\x00"
    content = parquet("abc")[: -8 - len(many)] + mixed + len(mixed).to_bytes(4, "little") + b"PAR1"
    (tmp_path / "a.parquet").write_bytes(content)
    ran = xent("ce", str(tmp_path / "a.parquet"), "-q")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.endswith(
        "cannot read it as Parquet (a row group of 4 columns, the schema of 3)\n"
    )
