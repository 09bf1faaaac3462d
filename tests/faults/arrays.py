"""Files of arrays."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from tests.contents import npy, npz
from tests.faults.fault import Fault

SECOND = b"id,label\n9,1\n7,0\n"


def npy_header(header: str) -> bytes:
    content = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(content)) + content


def tensors(header: Any, size: int = 0) -> bytes:
    content = json.dumps(header).encode()
    return struct.pack("<Q", len(content)) + content + bytes(size)


FAULTS = (
    Fault(
        "a group of arrays",
        "ce a.npy --labels 0,1 --by x",
        2,
        "xent: --by x: a.npy holds arrays, and no columns\n",
        {"a.npy": npy([[1.0, 2.0], [3.0, 1.0]])},
    ),
    Fault(
        "an axis beyond the arrays",
        "softmax a.npy --class-axis 2",
        2,
        "xent: --class-axis 2: the values have the shape (2, 2)\n",
        {"a.npy": npy([[1.0, 2.0], [3.0, 1.0]])},
    ),
    Fault(
        "ids of two axes",
        "ce a.npz --labels-from s.csv",
        1,
        "xent: a.npz: id: ids are one a sample, and its shape is (2, 2)\n"
        "hint: --by-position goes without ids\n",
        {"a.npz": npz(logits=[[1.0, 2.0], [3.0, 1.0]], id=[[1, 2], [3, 4]]), "s.csv": SECOND},
    ),
    Fault(
        "too many ids",
        "ce a.npz --labels-from s.csv",
        1,
        "xent: a.npz: id: 3 ids for 2 samples\nhint: --by-position goes without ids\n",
        {"a.npz": npz(logits=np.zeros((2, 4)), id=[7, 9, 8]), "s.csv": SECOND},
    ),
    Fault(
        "a label a row for several positions",
        "ce a.npz --labels-from s.csv",
        2,
        "xent: s.csv has a label a row, a.npz has positions\n"
        "hint: --by-position takes the labels of all positions in their order\n",
        {"a.npz": npz(logits=np.zeros((2, 2, 3)), id=[7, 9]), "s.csv": SECOND},
    ),
    Fault(
        "a negative length",
        "softmax a.npy",
        1,
        "xent: a.npy: its .npy header cannot be read (the shape (-1, 2))\n",
        {"a.npy": npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2)}")},
    ),
    Fault(
        "a header that is no object",
        "softmax a.safetensors",
        1,
        "xent: a.safetensors: its .safetensors header is not a JSON object\n",
        {"a.safetensors": tensors([])},
    ),
    Fault(
        "a tensor of a negative length",
        "softmax a.safetensors",
        1,
        "xent: a.safetensors: logits: its entry in the .safetensors header is damaged\n",
        {
            "a.safetensors": tensors(
                {"logits": {"dtype": "F64", "shape": [-1, 2], "data_offsets": [0, 16]}}, 16
            )
        },
    ),
    Fault(
        "a tensor beyond the end of its file",
        "softmax a.safetensors",
        1,
        "xent: a.safetensors: logits: it is cut short: 32 bytes of numbers are announced, 16 are "
        "there\n",
        {
            "a.safetensors": tensors(
                {"logits": {"dtype": "F64", "shape": [2, 2], "data_offsets": [0, 32]}}, 16
            )
        },
    ),
    Fault(
        "a tensor without a shape",
        "softmax a.safetensors",
        1,
        "xent: a.safetensors: logits: its entry in the .safetensors header is damaged\n",
        {"a.safetensors": tensors({"logits": {"dtype": "F64", "data_offsets": [0, 16]}}, 16)},
    ),
    Fault(
        "a second axis of one sample",
        "softmax a.npy --class-axis -2",
        2,
        "xent: --class-axis -2: the values have the shape (3,)\n",
        {"a.npy": npy([1.0, 2.0, 3.0])},
    ),
    Fault(
        "as many labels as one sample has classes",
        "ce a.npz",
        1,
        "xent: a.npz: labels: 3 labels for 1 sample\n",
        {"a.npz": npz(logits=[1.0, 2.0, 3.0], labels=[1, 2, 0])},
    ),
    Fault(
        "as many integers as one sample has classes, called targets",
        "ce a.npz -q",
        0,
        "",
        {"a.npz": npz(logits=[1.0, 2.0, 3.0], targets=[0, 0, 1])},
        stdout="0.4076059644443803\n",
    ),
)
