"""Recognises by the first bytes which kind of zip archive a file is, and formats that are not
read."""

from __future__ import annotations

import re

from xentcli.errors import DataError, Place
from xentcli.model import NamedTuple


class Unread(NamedTuple):
    """A format that is known but not read: its first bytes, and how to convert it into one
    that is."""

    name: str
    start: bytes
    convert: str


NPZ = 'np.savez("x.npz", logits=logits, labels=labels)'
PT = 'save it again with a newer one: torch.save(torch.load("x.pt"), "y.pt")'
CSV = "save the sheet as CSV"
UNREAD = (
    # Older versions of PyTorch pickled this magic number first.
    Unread("a .pt of PyTorch before 1.6", rb"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19\.", PT),
    Unread("an HDF5 file", rb"\x89HDF\r\n\x1a\n", f"with h5py: {NPZ}"),
    Unread("a MATLAB file", rb"MATLAB (?:5\.0|7\.3) MAT-file", f"with scipy.io: {NPZ}"),
    Unread("a Python pickle", rb"\x80[\x02-\x05]", f"in Python: {NPZ}"),
    Unread("an old Excel file", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", CSV),
    Unread("a GGUF model", rb"GGUF[\x01-\x09]\x00\x00\x00", f"run the model, then {NPZ}"),
    Unread("an ONNX model", rb"\x08[\x01-\x1f]\x12", f"run the model, then {NPZ}"),
)
ZIPPED = {".xlsx": "an Excel file", ".ods": "a spreadsheet"}


def check_read(start: bytes, name: str) -> None:
    """Refuse a format that is known but not read; the error says how to convert it."""
    for unread in UNREAD:
        if re.match(unread.start, start):
            raise _refusal(unread.name, unread.convert, name)
    kind = zip_kind(start)
    if kind in ZIPPED:
        raise _refusal(ZIPPED[kind], CSV, name)


def _refusal(what: str, convert: str, name: str) -> DataError:
    return DataError(f"it is {what}, and these are not read", place=Place(name), hint=convert)


def zip_kind(start: bytes) -> str:
    """Tell the kind of a zip archive by the name of its first member: ``npz``, ``pt``, the suffix
    of a format that is not read, or an empty text."""
    if not start.startswith(b"PK\x03\x04"):
        return ""
    member = start[30 : 30 + int.from_bytes(start[26:28], "little")]
    if member.endswith(b".npy"):
        return "npz"
    if re.search(rb"/(?:data\.pkl|version|byteorder|\.format_version|\.data/)", member):
        return "pt"
    if member.startswith((b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/")):
        return ".xlsx"
    return ".ods" if member == b"mimetype" else ""
