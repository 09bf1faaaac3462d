"""Compressed files, and what is wrong within them."""

from __future__ import annotations

import bz2
import gzip
import lzma

from tests.faults.fault import GOOD, Fault

GZIP = gzip.compress(GOOD, mtime=0)
BZ2 = bz2.compress(GOOD)
LZMA = lzma.compress(GOOD)

FAULTS = (
    Fault(
        "gzip cut off",
        "ce a.csv.gz",
        1,
        "xent: a.csv.gz: the compressed data ends too early; is the file cut off?\n",
        {"a.csv.gz": GZIP[:-9]},
    ),
    Fault(
        "gzip without its length",
        "ce a.csv.gz",
        1,
        "xent: a.csv.gz: the compressed data ends too early; is the file cut off?\n",
        {"a.csv.gz": GZIP[:-4]},
    ),
    Fault(
        "only the first bytes of gzip",
        "ce a.csv.gz",
        1,
        "xent: a.csv.gz: the compressed data ends too early; is the file cut off?\n",
        {"a.csv.gz": GZIP[:3]},
    ),
    Fault(
        "bzip2 cut off",
        "ce a.csv.bz2",
        1,
        "xent: a.csv.bz2: the compressed data ends too early; is the file cut off?\n",
        {"a.csv.bz2": BZ2[:-5]},
    ),
    Fault(
        "xz cut off",
        "ce a.csv.xz",
        1,
        "xent: a.csv.xz: the compressed data ends too early; is the file cut off?\n",
        {"a.csv.xz": LZMA[:-9]},
    ),
    Fault(
        "a wrong cell within gzip",
        "ce a.csv.gz",
        1,
        'xent: a.csv.gz:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv.gz": gzip.compress(b"a,b,label\n1,2,0\n1,x,0\n", mtime=0)},
    ),
    Fault(
        "a wrong cell within gzip on standard input",
        "ce -",
        1,
        'xent: standard input:3:2: column "b": cannot read "x" as a number\n',
        stdin=gzip.compress(b"a,b,label\n1,2,0\n1,x,0\n", mtime=0),
    ),
    Fault(
        "gzip cut off on standard input",
        "ce -",
        1,
        "xent: standard input: the compressed data ends too early; is the file cut off?\n",
        stdin=GZIP[:-9],
    ),
    Fault(
        "a wrong cell within xz, whatever the name",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": lzma.compress(b"a,b,label\n1,2,0\n1,x,0\n")},
    ),
    Fault(
        "gzip of nothing",
        "ce a.csv.gz",
        1,
        "xent: a.csv.gz: it is empty: there is no header\n",
        {"a.csv.gz": gzip.compress(b"", mtime=0)},
    ),
    Fault(
        "JSON within gzip cut off",
        "ce a.json.gz",
        1,
        "xent: a.json.gz: the compressed data ends too early; is the file cut off?\n",
        {"a.json.gz": gzip.compress(b'{"logits": [1, 2], "label": 0}', mtime=0)[:-6]},
    ),
    Fault(
        "JSON within gzip",
        "ce a.json.gz",
        1,
        'xent: a.json.gz: $.logits[1]: cannot read "x" as a number\n',
        {"a.json.gz": gzip.compress(b'{"logits": [1, "x"], "label": 0}', mtime=0)},
    ),
)
