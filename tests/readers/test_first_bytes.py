"""The kind of a zip archive, told by the name of its first member."""

from __future__ import annotations

import io
import zipfile

import pytest

from xentcli.readers.first_bytes import zip_kind


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        ("logits.npy", "npz"),
        ("a/data.pkl", "pt"),
        ("a/version", "pt"),
        ("a/byteorder", "pt"),
        ("logits.npy.bak", ""),
        ("npy", ""),
        ("readme.txt", ""),
        ("xl/workbook.xml", ".xlsx"),
    ],
)
@pytest.mark.parametrize("content", [b"", b"x", b".npy"])
@pytest.mark.parametrize("force_zip64", [False, True])
def test_by_its_first_member(member: str, kind: str, content: bytes, force_zip64: bool) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        # The sizes of 64 bits, as np.savez writes them, stand between the name and the content.
        with archive.open(member, "w", force_zip64=force_zip64) as file:
            file.write(content)
        archive.writestr("other.npy", b"")
    assert zip_kind(stream.getvalue()) == kind


def test_another_file_is_none() -> None:
    assert zip_kind(b"PK\x05\x06" + bytes(18)) == ""
    assert zip_kind(b"a,b\n1,2\n") == ""
