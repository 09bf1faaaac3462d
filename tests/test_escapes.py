"""Whatever stands in an input, nothing of what is shown drives the terminal or reorders a line."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside

# ESC and its C1 twin, BEL, DEL, a line separator, and what turns the direction of writing.
EVIL = "n\x1b[31m\x9b2J\x07\x7f\x85\u2028\u202e\u2066\u061cx"
ACTING = set(EVIL) - set("n[312Jmx")


def npz(key: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        content = io.BytesIO()
        np.save(content, np.eye(3))
        archive.writestr(f"{key}.npy", content.getvalue())
    return stream.getvalue()


def safetensors(key: str, dtype: str) -> bytes:
    text = json.dumps({key: {"dtype": dtype, "shape": [2], "data_offsets": [0, 16]}}).encode()
    return struct.pack("<Q", len(text)) + text + bytes(16)


CELL = f'"{EVIL}"'
FILES: dict[str, bytes] = {
    "header.csv": f"{CELL},b,label\n1,2,0\n3,4,1\n".encode(),
    "label.csv": f"a,b,label\n1,2,0\n3,4,{CELL}\n".encode(),
    "cell.csv": f"a,b,label\n1,2,0\n3,{CELL},1\n".encode(),
    "group.csv": f'a,b,"g{EVIL}",id,label\n1,2,{CELL},{CELL},0\n3,4,y,{CELL},1\n'.encode(),
    "key.json": json.dumps({EVIL: [1, 2], "label": 0}).encode(),
    "raw.jsonl": json.dumps({"logits": [1, 2], "label": 0, EVIL: EVIL}, ensure_ascii=False).encode()
    + b"\n",
    "key.npz": npz(EVIL),
    "key.safetensors": safetensors(EVIL, "F64"),
    "dtype.safetensors": safetensors("logits", EVIL),
    f"{EVIL.replace(chr(10), '')}.csv": b"a,b,label\n1,2,0\n3,x,1\n",
}
try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    pass
else:

    def parquet(**columns: Any) -> bytes:
        stream = io.BytesIO()
        pq.write_table(pa.table(columns), stream)
        return stream.getvalue()

    FILES["group.parquet"] = parquet(
        **{EVIL: [1.0, 2.0], "b": [2.0, 3.0], "label": [0, 1], "id": [EVIL, "y"]}
    )
    FILES["label.parquet"] = parquet(a=[1.0], b=[2.0], label=[EVIL])

FORMATS = ["table", "json", "jsonl", "markdown", "quiet"]


def commands(name: str, format: str) -> Iterator[list[str]]:
    form = ["-q"] if format == "quiet" else ["--format", format]
    yield ["softmax", name, *form]
    yield ["ce", name, *form]
    yield ["ce", name, "--reduction", "none", *form]
    yield ["grad", name, "--on-error", "nan", *form]
    if "group" in name and format != "quiet":
        by = f"g{EVIL}" if name.endswith(".csv") else "id"
        yield ["ce", name, *form, "--by", by]
        yield ["ce", name, *form, "--top", "2"]
    if format in ("table", "json"):
        yield ["diagnose", name, *form]
        yield ["diagnose", name, "--got", "0.3", *form]


def acting(text: str) -> set[str]:
    return ACTING & set(text)


@pytest.mark.parametrize("name", FILES, ids=ascii)
def test_nothing_acts_in_what_is_shown(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    for format in FORMATS:
        for command in commands(name, format):
            found = run_inside(command, tmp_path)
            assert not acting(found.stdout.decode("utf-8")), command
            assert not acting(found.stderr), command
            assert found.stdout or found.stderr, command


@pytest.mark.parametrize("suffix", ["html", "svg"])
@pytest.mark.parametrize("name", FILES, ids=ascii)
def test_nothing_acts_in_a_page(tmp_path: Path, name: str, suffix: str) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    page = tmp_path / f"page.{suffix}"
    for command in (["ce", name], ["diagnose", name]):
        run_inside([*command, "--save", page.name], tmp_path)
        if page.exists():
            assert not acting(page.read_text(encoding="utf-8"))


NAMING = (
    "labels-from targets-from rejects scheduler label-col logit-cols weight-col logits-key by "
    "classes encoding delimiter base format input reduction jobs"
)


@pytest.mark.parametrize(
    "option",
    [*NAMING.split(), "labels", "weight", "target", "save", "output", "what"],
)
def test_nothing_acts_in_what_is_said_of_an_option(tmp_path: Path, option: str) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b,label\n1,2,0\n3,4,1\n")
    found = run_inside(["ce", "a.csv", f"--{option}={EVIL}/{EVIL}"], tmp_path)
    assert not acting(found.stdout.decode("utf-8"))
    assert not acting(found.stderr)
    assert found.code


SECRETS = ("alice", "hunter2", "c0ffee")
URLS = [
    "http:/alice:hunter2@example.test/a.csv?sig=c0ffee",
    "http:///alice:hunter2@example.test/a.csv?sig=c0ffee",
    "//alice:hunter2@example.test/a.csv?sig=c0ffee",
    "file://alice:hunter2@example.test/a.csv",
    "tcp://alice:hunter2@127.0.0.1:1",
    "htps://alice:hunter2@example.test/a.csv?sig=c0ffee",
    "HTTP://alice:hunter2@127.0.0.1:1/a.csv?sig=c0ffee",
    "ftp://alice:hunter2/x@example.test/a.csv?sig=c0ffee",
    "s3x://alice:" + "hunter2" * 20 + "@example.test/a.csv?sig=c0ffee",
]


@pytest.mark.parametrize("url", URLS)
def test_no_secret_of_a_url_is_shown(tmp_path: Path, url: str) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b,label\n1,2,0\n3,4,1\n")
    commands = [["ce", url], ["ce", "a.csv", f"--save={url}"], ["ce", "a.csv", "-o", url]]
    commands += [["ce", "a.csv", f"--{option}={url}"] for option in NAMING.split()]
    for command in commands:
        found = run_inside(command, tmp_path, environment={"XENT_JOBS": "1"})
        assert found.code, command
        for secret in SECRETS:
            assert secret not in found.stderr + found.stdout.decode(), command
