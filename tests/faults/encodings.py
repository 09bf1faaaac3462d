"""Texts of every encoding."""

from __future__ import annotations

import codecs

from tests.faults.fault import GOOD, Fault

FAULTS = (
    *(
        Fault(
            f"{spelled} without a byte order mark as {form}",
            f"ce {form} --encoding {spelled} -q",
            1,
            f"xent: {form}:1: {name} text begins with a byte order mark, and this does not\n"
            f"hint: --encoding {name}-le or {name}-be says the order of its bytes\n",
            {form: "a,b,label\n1,2,0\n".encode(f"{name}-le")},
        )
        for name, spelled in (("utf-16", "utf-16"), ("utf-16", "UTF16"), ("utf-32", "utf_32"))
        for form in ("a.csv", "a.jsonl", "a.json")
    ),
    Fault(
        "text that a codec refuses as a whole",
        "ce a.csv --encoding punycode",
        1,
        "xent: a.csv:1: it is not punycode text\nhint: --encoding names another one\n",
        {"a.csv": b"a,b,label\n1,2,0\n"},
    ),
    Fault(
        "a codec that cannot leave out a letter",
        "ce a.csv --encoding idna",
        1,
        "xent: a.csv:1: byte 0xff is not idna text\nhint: --encoding names another one\n",
        {"a.csv": b"a,b,label\n1,2,\xff\n"},
    ),
    Fault(
        "a byte that is no UTF-8",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": the cell is not UTF-8 text\n'
        "hint: --encoding names another one\n",
        {"a.csv": b"a,b,label\n1,2,0\n1,\xe9,0\n"},
    ),
    Fault(
        "a header that is no UTF-8",
        "ce a.csv",
        1,
        "xent: a.csv:1: the header is not UTF-8 text\nhint: --encoding names another one\n",
        {"a.csv": b"caf\xe9,b,label\n1,2,0\n"},
    ),
    Fault(
        "latin-1 in the header and a wrong cell",
        "ce a.csv --encoding latin-1",
        1,
        'xent: a.csv:3:1: column "café": cannot read "x" as a number\n',
        {"a.csv": b"caf\xe9,b,label\n1,2,0\nx,2,0\n"},
    ),
    Fault(
        "latin-1 in a cell",
        "ce a.csv --encoding latin-1",
        1,
        'xent: a.csv:3:2: column "b": cannot read "é" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n1,\xe9,0\n"},
    ),
    Fault(
        "UTF-16 with a mark",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": codecs.BOM_UTF16_LE + "a,b,label\n1,2,0\n3,x,1\n".encode("utf-16-le")},
    ),
    Fault(
        "UTF-16 with a mark, the other way round",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": codecs.BOM_UTF16_BE + "a,b,label\n1,2,0\n3,x,1\n".encode("utf-16-be")},
    ),
    Fault(
        "UTF-16 cut in a character",
        "ce a.csv",
        1,
        "xent: a.csv:3: byte 0x31 is not utf-16 text\nhint: --encoding names another one\n",
        {"a.csv": codecs.BOM_UTF16_LE + "a,b,label\n1,2,0\n".encode("utf-16-le") + b"1"},
    ),
    Fault(
        "UTF-16 with half a pair",
        "ce a.csv",
        1,
        "xent: a.csv:2: byte 0x00 is not utf-16 text\nhint: --encoding names another one\n",
        {
            "a.csv": codecs.BOM_UTF16_LE
            + "a,b,label\n1,\udc002\n".encode("utf-16-le", "surrogatepass")
        },
    ),
    Fault(
        "a byte order mark",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"\xef\xbb\xbfa,b,label\n1,2,0\n1,x,0\n"},
    ),
    Fault(
        "a byte order mark in the middle",
        "ce a.csv",
        1,
        'xent: a.csv:3:1: column "a": cannot read "\\ufeff1" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n\xef\xbb\xbf1,2,0\n"},
    ),
    Fault(
        "an encoding that does not exist",
        "ce a.csv --encoding klingon",
        2,
        'xent: --encoding: there is no encoding "klingon"\n',
        {"a.csv": GOOD},
    ),
    Fault(
        "ASCII asked for",
        "ce a.csv --encoding ascii",
        1,
        "xent: a.csv:1: byte 0xc3 is not ascii text\nhint: --encoding names another one\n",
        {"a.csv": b"\xc3\xa9,b,label\n1,2,0\n"},
    ),
    Fault(
        "ASCII asked for, later lines",
        "ce a.csv --encoding ascii",
        1,
        "xent: a.csv:4: byte 0xc3 is not ascii text\nhint: --encoding names another one\n",
        {"a.csv": b'a,b,label\n1,2,0\n"x\ny",\xc3\xa9,0\n'},
    ),
    Fault(
        "UTF-8 asked for by name",
        "ce a.csv --encoding UTF8",
        1,
        'xent: a.csv:3:2: column "b": the cell is not UTF-8 text\n'
        "hint: --encoding names another one\n",
        {"a.csv": b"a,b,label\n1,2,0\n1,\xff,0\n"},
    ),
    Fault(
        "Shift JIS cut off",
        "ce a.csv --encoding shift_jis",
        1,
        "xent: a.csv:3: byte 0x83 is not shift_jis text\nhint: --encoding names another one\n",
        {"a.csv": b"a,b,label\n1,2,0\n1,\x83"},
    ),
)
