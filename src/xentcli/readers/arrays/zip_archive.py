"""Finds the members of a zip archive, as .npz and .pt files are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from xentcli.readers.arrays.stored import Unreadable, first_line

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

LOCAL_HEADER_BYTES = 30
CHECKED_BYTES = 1 << 20


def zip_members(stream: BinaryIO, what: str) -> ZipFile:
    """Read the directory of a zip archive; ``what`` names it in messages."""
    from zipfile import ZipFile

    try:
        return ZipFile(stream)
    except OSError:
        raise
    except Exception as error:
        raise Unreadable(f"not {what} ({first_line(error)})") from None


@contextmanager
def explain_unpacking() -> Iterator[None]:
    """Turn the errors of unpacking a member into :class:`Unreadable`."""
    try:
        yield
    except (OSError, Unreadable):
        raise
    except Exception as error:
        raise Unreadable(f"it cannot be unpacked ({first_line(error)})") from None


def is_stored(info: ZipInfo) -> bool:
    """Whether a member of a zip archive is neither compressed nor encrypted."""
    return info.compress_type == 0 and not info.flag_bits & 1


def member_start(stream: BinaryIO, info: ZipInfo) -> int:
    """Return the position at which the bytes of a member of a zip archive begin."""
    # The lengths are those of the local header: its extra field differs from the directory's.
    stream.seek(info.header_offset)
    header = stream.read(LOCAL_HEADER_BYTES)
    if len(header) < LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise Unreadable("it cannot be unpacked (its header in the archive is damaged)")
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:], "little")
    return info.header_offset + LOCAL_HEADER_BYTES + lengths


def check_sum(stream: BinaryIO, start: int, info: ZipInfo) -> None:
    """Refuse a stored member, beginning at ``start``, whose checksum is wrong."""
    from zlib import crc32

    stream.seek(start)
    found, size = 0, info.file_size
    while piece := stream.read(min(size, CHECKED_BYTES)):
        found = crc32(piece, found)
        size -= len(piece)
    if found != info.CRC:
        raise Unreadable("it cannot be unpacked (its checksum is not that in the archive)")
