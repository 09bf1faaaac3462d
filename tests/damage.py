"""Files of every format, and what becomes of them when bits flip, pieces are lost or doubled."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.contents import npy, npz

VALUES = np.arange(12.0).reshape(4, 3) / 4
LABELS = np.array([0, 1, 2, 0])


def safetensors() -> bytes:
    header = {
        "logits": {"dtype": "F64", "shape": [4, 3], "data_offsets": [0, 96]},
        "labels": {"dtype": "I64", "shape": [4], "data_offsets": [96, 128]},
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + VALUES.tobytes() + LABELS.tobytes()


def pt() -> bytes:
    """What ``torch.save`` writes of a dict of two tensors."""
    named = {"logits": ("DoubleStorage", VALUES), "labels": ("LongStorage", LABELS)}
    items = [
        pickled(name) + tensor(str(at), kind, array)
        for at, (name, (kind, array)) in enumerate(named.items())
    ]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}(" + b"".join(items) + b"u.")
        archive.writestr("a/byteorder", b"little")
        for at, (_, array) in enumerate(named.values()):
            archive.writestr(f"a/data/{at}", array.tobytes())
    return stream.getvalue()


def tensor(record: str, kind: str, array: Any) -> bytes:
    """A tensor as torch pickles it: a function, its arguments, and where the numbers are."""
    storage = b"(" + pickled("storage") + f"ctorch\n{kind}\n".encode() + pickled(record)
    storage += pickled("cpu") + pickled(array.size) + b"tQ"
    strides = tuple(stride // array.itemsize for stride in array.strides)
    arguments = storage + pickled(0) + pickled(array.shape) + pickled(strides) + b"\x89"
    function = b"ctorch._utils\n_rebuild_tensor_v2\n"
    return function + b"(" + arguments + b"ccollections\nOrderedDict\n)RtR"


def pickled(value: object) -> bytes:
    """A value alone, without the pickle's beginning and end."""
    return pickle.dumps(value, protocol=2)[2:-1]


def table() -> Any:
    pa: Any = pytest.importorskip("pyarrow")
    words = pa.array(["u", "v", "u", "w"]).dictionary_encode()
    columns = {f"c{at}": VALUES[:, at] for at in range(3)}
    return pa.table(columns | {"word": words, "label": LABELS})


def parquet() -> bytes:
    pq: Any = pytest.importorskip("pyarrow.parquet")
    stream = io.BytesIO()
    pq.write_table(table(), stream)
    return stream.getvalue()


def arrow(kind: str) -> bytes:
    pa: Any = pytest.importorskip("pyarrow")
    stream = io.BytesIO()
    with getattr(pa.ipc, kind)(stream, table().schema) as writer:
        writer.write_table(table())
    return stream.getvalue()


def csv(between: str = ",") -> bytes:
    rows = [
        ["c0", "c1", "c2", "label"],
        *([*row, y] for row, y in zip(VALUES, LABELS, strict=True)),
    ]
    return "".join(between.join(map(str, row)) + "\n" for row in rows).encode()


def document() -> bytes:
    return json.dumps({"logits": VALUES.tolist(), "labels": LABELS.tolist()}).encode()


def json_lines() -> bytes:
    return b"".join(
        json.dumps({"logits": row, "label": label}).encode() + b"\n"
        for row, label in zip(VALUES.tolist(), LABELS.tolist(), strict=True)
    )


class Kind(NamedTuple):
    """A format: its file, and whether whatever is changed in it must show."""

    name: str
    make: Callable[[], bytes]
    checked: bool = False


KINDS = (
    Kind("a.csv", csv),
    Kind("a.tsv", lambda: csv("\t")),
    Kind("a.json", document),
    Kind("a.jsonl", json_lines),
    Kind("a.npy", lambda: npy(VALUES)),
    Kind("a.npz", lambda: npz(logits=VALUES, labels=LABELS)),
    Kind("b.npz", lambda: npz(packed=True, logits=VALUES, labels=LABELS)),
    Kind("a.safetensors", safetensors),
    Kind("a.pt", pt),
    Kind("a.parquet", parquet),
    Kind("a.arrow", lambda: arrow("new_file")),
    Kind("a.arrows", lambda: arrow("new_stream")),
    Kind("a.csv.gz", lambda: gzip.compress(csv(), mtime=0), checked=True),
    Kind("a.csv.bz2", lambda: bz2.compress(csv()), checked=True),
    Kind("a.csv.xz", lambda: lzma.compress(csv()), checked=True),
    Kind("a.jsonl.gz", lambda: gzip.compress(json_lines(), mtime=0), checked=True),
    Kind("a.npy.gz", lambda: gzip.compress(npy(VALUES), mtime=0), checked=True),
    Kind("a.arrows.bz2", lambda: bz2.compress(arrow("new_stream")), checked=True),
)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The content after bits have flipped, or a piece was lost, doubled, moved or put in."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(content) + 1)
        to = min(len(content), at + chance.choice((1, 1, 2, 8, 60)))
        piece = content[at:to]
        match chance.randrange(7):
            case 0 | 1 | 2 if piece:
                flipped = piece[0] ^ 1 << chance.randrange(8)
                content = content[:at] + bytes([flipped]) + content[at + 1 :]
            case 3:
                content = content[: max(1, at)]
            case 4:
                content = content[:at] + content[to:]
            case 5:
                content = content[:to] + piece + content[to:]
            case _:
                content = content[:at] + chance.randbytes(chance.randrange(1, 9)) + content[to:]
    return content
