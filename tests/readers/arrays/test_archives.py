"""Archives and headers are checked: what could be read in two ways is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contents import npy
from tests.faults.fault import GOOD
from tests.faults.running import run_inside
from tests.readers.opening import WANTED, batches, listed, only, opened, told
from xentcli.errors import XentError
from xentcli.readers.arrays import safetensors_file, zip_archive
from xentcli.readers.arrays.archive import read_ids_under
from xentcli.readers.arrays.stored import MOST_DIMENSIONS
from xentcli.readers.interface import Request
from xentcli.readers.sources import unpack
from xentcli.readers.sources.source import Source

VALUES = np.arange(12.0).reshape(4, 3)
LABELS = np.array([0, 1, 2, 0])


def npz(*members: tuple[str, Any], packed: bool = False) -> bytes:
    stream = io.BytesIO()
    way = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    # Python warns of a name that is there already.
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w", way) as archive:
        for name, array in members:
            archive.writestr(name, npy(array))
    return stream.getvalue()


def safetensors(header: Any, numbers: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def npy_header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue()


def written_header(shape: str, dtype: str = "<f8") -> bytes:
    content = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(content)) + content


def tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize("packed", [False, True])
def test_a_member_with_a_changed_number(tmp_path: Path, packed: bool) -> None:
    content = bytearray(npz(("logits.npy", VALUES), packed=packed))
    # Among the last numbers, which the directory follows.
    content[content.index(b"PK\x01\x02") - (20 if packed else 1)] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    assert told(tmp_path / "a.npz").startswith("a.npz: logits: it cannot be unpacked (")


@pytest.mark.parametrize("second", ["logits.npy", "logits"])
def test_a_member_that_stands_twice(tmp_path: Path, second: str) -> None:
    members = ("logits.npy", VALUES), (second, -VALUES), ("labels.npy", LABELS)
    (tmp_path / "a.npz").write_bytes(npz(*members))
    assert told(tmp_path / "a.npz") == 'a.npz: it has the key "logits" twice'


LOGITS = tensor("F64", [4, 3], 0, 96)


@pytest.mark.parametrize(
    ("header", "numbers", "message"),
    [
        (
            b'{"logits":%b,"logits":%b}'
            % (json.dumps(LOGITS).encode(), json.dumps(tensor("F64", [4, 3], 96, 192)).encode()),
            bytes(192),
            'it has the key "logits" twice',
        ),
        (
            {"logits": LOGITS, "labels": tensor("I64", [4], 64, 96)},
            bytes(96),
            "the bytes from 64 to 96 are in two tensors",
        ),
        (
            {"logits": LOGITS, "labels": tensor("I64", [4], 104, 136)},
            bytes(136),
            "the bytes from 96 to 104 belong to no tensor",
        ),
        ({"logits": LOGITS}, bytes(97), "the bytes from 96 to 97 belong to no tensor"),
        (
            {"logits": LOGITS, "none": tensor("F64", [0], 96, 96)},
            bytes(97),
            "the bytes from 96 to 97 belong to no tensor",
        ),
        (
            {"logits": tensor("F64", [4, 3], 0, 95)},
            bytes(95),
            "logits: it is cut short: 96 bytes of numbers are announced, 95 are there",
        ),
        (
            {"logits": tensor("F64", [4, 3], 0, 97)},
            bytes(97),
            "logits: 1 bytes follow the array; a file holds but one",
        ),
        (
            {"logits": tensor("F64", [4, 3], 0, 104)},
            bytes(96),
            "logits: 8 bytes follow the array; a file holds but one",
        ),
        (
            {"logits": tensor("F64", [4, True], 0, 32)},
            bytes(32),
            "logits: its entry in the .safetensors header is damaged",
        ),
        (
            {"logits": tensor("F64", [2**63, 0], 0, 0)},
            b"",
            "logits: its entry in the .safetensors header is damaged",
        ),
        (
            {"logits": LOGITS | {"dtype": []}},
            bytes(96),
            "logits: its dtype is [], not integers or real floats",
        ),
        (
            {"__metadata__": {"format": "pt"}, "logits": LOGITS},
            bytes(97),
            "the bytes from 96 to 97 belong to no tensor",
        ),
        ({}, b"", 'expected one of "logits", "probs", "log_probs", found none of them'),
        (
            {"logits": tensor("\x1b[31m", [4, 3], 0, 96)},
            bytes(96),
            "logits: its dtype is \\x1b[31m, not integers or real floats",
        ),
    ],
)
def test_a_header_that_is_not_of_its_bytes(
    tmp_path: Path, header: Any, numbers: bytes, message: str
) -> None:
    (tmp_path / "a.safetensors").write_bytes(safetensors(header, numbers))
    assert told(tmp_path / "a.safetensors") == f"a.safetensors: {message}"


@pytest.mark.parametrize("entry", [5, [], None])
def test_an_entry_that_is_none_is_told_only_where_it_is_needed(entry: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors({"logits": LOGITS, "other": entry}, VALUES.tobytes()))
    assert only(path).values.tolist() == VALUES.tolist()
    message = "a.safetensors: other: its entry in the .safetensors header is damaged"
    assert told(path, WANTED._replace(logits_key="other")) == message


def test_tensors_stand_in_any_order(tmp_path: Path) -> None:
    header = {
        "labels": tensor("I64", [4], 96, 128),
        "none": tensor("F64", [0], 96, 96),
        "logits": LOGITS,
    }
    content = safetensors(header, VALUES.tobytes() + LABELS.tobytes())
    (tmp_path / "a.safetensors").write_bytes(content)
    batch = only(tmp_path / "a.safetensors")
    assert (batch.values.tolist(), listed(batch.labels)) == (VALUES.tolist(), LABELS.tolist())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("F64", "<f8"),
        ("F32", "<f4"),
        ("F16", "<f2"),
        ("I64", "<i8"),
        ("I32", "<i4"),
        ("I16", "<i2"),
        ("I8", "i1"),
        ("U64", "<u8"),
        ("U32", "<u4"),
        ("U16", "<u2"),
        ("U8", "u1"),
    ],
)
def test_tensors_of_each_type(name: str, code: str, tmp_path: Path) -> None:
    numbers = np.array([[1, 2], [3, 100]], code)
    content = safetensors({"z": tensor(name, [2, 2], 0, numbers.nbytes)}, numbers.tobytes())
    (tmp_path / "a.safetensors").write_bytes(content)
    request = Request(logits_key="z")
    assert only(tmp_path / "a.safetensors", request).values.tolist() == [[1, 2], [3, 100]]


@pytest.mark.parametrize(
    ("name", "content", "numbers"),
    [
        ("F8_E4M3", b"\x38\x7e\xb8\x00", [1, 448, -1, 0]),
        ("F8_E5M2", b"\x3c\x7b\xfc\x7c", [1, 57344, -np.inf, np.inf]),
        ("BF16", b"\x80\x3f\x80\xff\x49\x40\x00\x00", [1, -np.inf, 3.140625, 0]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_narrow_tensors(
    name: str, content: bytes, numbers: list[float], packed: bool, tmp_path: Path
) -> None:
    written = safetensors({"logits": tensor(name, [1, 4], 0, len(content))}, content)
    (tmp_path / "a.safetensors").write_bytes(gzip.compress(written) if packed else written)
    assert only(tmp_path / "a.safetensors", Request()).values.tolist() == [numbers]


def test_narrow_labels_and_ids_are_those_of_wider_types(tmp_path: Path) -> None:
    numbers = np.array([2, 0, 1, 300], np.float32)
    short = (numbers.view(np.uint32) >> 16).astype("<u2").tobytes()
    path, ids = tmp_path / "a.safetensors", []
    for name, content in (("F32", numbers.tobytes()), ("BF16", short)):
        size = len(content)
        path.write_bytes(safetensors({"z": tensor(name, [4], 0, size)}, content))
        ids.append(read_ids_under(Source("a", str(path)), "safetensors", "z"))
        labels = content[: 3 * size // 4]
        header = {"labels": tensor(name, [3], 0, len(labels))}
        header["logits"] = tensor("F32", [3, 3], len(labels), len(labels) + 36)
        path.write_bytes(safetensors(header, labels + bytes(36)))
        assert listed(only(path).labels) == [2, 0, 1]
    assert ids == [[b"2.0", b"0.0", b"1.0", b"300.0"]] * 2


def test_narrow_floats_may_be_the_values(tmp_path: Path) -> None:
    header = {"__metadata__": {"format": "pt"}, "z": tensor("BF16", [1, 2], 0, 4)}
    (tmp_path / "a.safetensors").write_bytes(safetensors(header, b"\x80\x3f\x00\x40"))
    found = opened(tmp_path / "a.safetensors")
    (remark,) = found.remarks
    assert remark.message == '"z" is taken for the logits (--logits-key names another)'
    assert [batch.values.tolist() for batch in batches(found)] == [[[1, 2]]]


def test_how_long_a_header_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, path = safetensors({"logits": LOGITS}, VALUES.tobytes()), tmp_path / "a.safetensors"
    path.write_bytes(content)
    (length,) = struct.unpack("<Q", content[:8])
    monkeypatch.setattr(safetensors_file, "LONGEST_HEADER", length)
    assert only(path, Request()).values.tolist() == VALUES.tolist()
    refused = (
        "a.safetensors: not a .safetensors file, or cut short: its header does not fit into it"
    )
    monkeypatch.setattr(safetensors_file, "LONGEST_HEADER", length - 1)
    assert told(path) == refused
    monkeypatch.undo()
    for wrong in (
        bytes(7),
        struct.pack("<Q", 1),
        struct.pack("<Q", length + 1) + content[8:][:length],
    ):
        path.write_bytes(wrong)
        assert told(path) == refused
    path.write_bytes(bytes(8))
    assert told(path).startswith("a.safetensors: its .safetensors header is not JSON (")


@pytest.mark.parametrize(
    "offsets",
    [
        [10**4000, 10**4000 + 8],
        [96, 90],
        [-8, 96],
        [97],
        [96, 97, 98],
        ["96", "97"],
        {"96": 97},
        None,
    ],
)
def test_offsets_that_are_none_are_told_only_where_they_are_needed(
    tmp_path: Path, offsets: Any
) -> None:
    other = {"dtype": "F64", "shape": [1], "data_offsets": offsets}
    content = safetensors({"logits": LOGITS, "other": other}, VALUES.tobytes())
    (tmp_path / "a.safetensors").write_bytes(content)
    assert only(tmp_path / "a.safetensors").values.tolist() == VALUES.tolist()
    message = told(tmp_path / "a.safetensors", WANTED._replace(logits_key="other"))
    assert message.startswith("a.safetensors: other: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            npy_header((0, 10**12)),
            "1000000000000 classes are announced, and there are no samples",
        ),
        (npy_header((0, 3, 10**18)), f"its shape (0, 3, {10**18}) is larger than any machine"),
        *(
            (
                npy_header((length, 3)),
                "its .npy header cannot be read (the shape has a length beyond 63 bits)",
            )
            for length in (2**63, 10**4000, -(2**63))
        ),
        (
            # Python reads it, but cannot print it.
            written_header(f"(0x{'f' * 5000}, 3)"),
            "its .npy header cannot be read (the shape has a length beyond 63 bits)",
        ),
        (
            npy_header((0, 2, (1 << 43) + 1)),
            f"its shape (0, 2, {(1 << 43) + 1}) is larger than any machine",
        ),
        (npy_header((0, (1 << 20) + 1)), "1048577 classes are announced, and there are no samples"),
        (
            npy_header((1,) * (MOST_DIMENSIONS + 1)) + bytes(8),
            f"it has {MOST_DIMENSIONS + 1} dimensions; {MOST_DIMENSIONS} are the most",
        ),
        (
            npy_header((2, 3)).replace(b"False", b"falsy") + bytes(48),
            "its .npy header cannot be read (malformed node or string on line 1)",
        ),
    ],
)
def test_a_header_that_no_array_has(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    assert told(tmp_path / "a.npy") == f"a.npy: {message}"


@pytest.mark.parametrize("shape", [(0, 2, 1 << 43), (0, 1 << 20), (1 << 43, 2, 0)])
def test_what_holds_nothing_may_be_large(shape: tuple[int, ...], tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(npy_header(shape))
    assert opened(tmp_path / "a.npy", Request()).class_count == shape[1]


def test_an_array_may_have_as_many_dimensions_as_in_numpy(tmp_path: Path) -> None:
    shape = (1, 2) + (1,) * (MOST_DIMENSIONS - 2)
    (tmp_path / "a.npy").write_bytes(npy_header(shape) + np.arange(2.0).tobytes())
    assert np.ravel(only(tmp_path / "a.npy", Request()).values).tolist() == [0, 1]


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_headers_of_each_version(version: tuple[int, int], tmp_path: Path) -> None:
    with open(tmp_path / "a.npy", "wb") as file, warnings.catch_warnings(action="ignore"):
        np.lib.format.write_array(file, VALUES, version)
    assert only(tmp_path / "a.npy", Request()).values.tolist() == VALUES.tolist()


def test_a_header_of_python_2(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(written_header("(2L, 3L)") + np.arange(6.0).tobytes())
    assert only(tmp_path / "a.npy", Request()).values.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (np.array([b" a ", b"\xff"]), [b"a", b"\xff"]),
        (np.array([" a ", "\u00e9"]), [b"a", b"\xc3\xa9"]),
        (np.array([7, -8], np.int8), [b"7", b"-8"]),
        (np.array([7.5, 8], np.float32), [b"7.5", b"8.0"]),
        (np.array([], np.int64), []),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_ids_are_texts_or_numbers(
    given: Any, ids: list[bytes], packed: bool, tmp_path: Path
) -> None:
    (tmp_path / "a.npz").write_bytes(npz(("id.npy", given), packed=packed))
    assert read_ids_under(Source("a.npz", str(tmp_path / "a.npz")), "npz", "id") == ids


@pytest.mark.parametrize("dtype", ["<U0", "|b1", "<M8[s]"])
def test_ids_that_are_none(dtype: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("id.npy", written_header("(0,)", dtype))
    with pytest.raises(XentError, match=r"^a\.npz: id: its dtype is .*, not integers or real"):
        read_ids_under(Source("a.npz", str(tmp_path / "a.npz")), "npz", "id")


def patched(content: bytes, signature: bytes, at: int, wanted: bytes) -> bytes:
    """A zip archive with other bytes in the first of its headers that begin so."""
    start = content.index(signature) + at
    return content[:start] + wanted + content[start + len(wanted) :]


LOCAL, DIRECTORY = b"PK\x03\x04", b"PK\x01\x02"


def test_a_member_whose_own_header_is_damaged(tmp_path: Path) -> None:
    content, path = npz(("logits.npy", VALUES)), tmp_path / "a.npz"
    wrong = "a.npz: logits: it cannot be unpacked (its header in the archive is damaged)"
    path.write_bytes(patched(content, LOCAL, 3, b"\x05"))
    assert told(path) == wrong
    # What is said to be the header is the archive's comment, and shorter.
    path.write_bytes(content[:-2] + b"\x04\x00" + LOCAL)
    assert only(path, Request()).values.tolist() == VALUES.tolist()
    comment = struct.pack("<I", len(content))
    path.write_bytes(patched(path.read_bytes(), DIRECTORY, 42, comment))
    assert told(path) == wrong


def test_a_member_whose_own_header_is_longer_than_in_the_directory(tmp_path: Path) -> None:
    """Its name has hundreds of letters, and what follows the name hundreds of bytes."""
    info = zipfile.ZipInfo("z" * 300 + ".npy")
    info.extra = struct.pack("<HH", 0xCAFE, 1000) + bytes(1000)
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, npy(VALUES))
    content = path.read_bytes()
    # In the directory there is nothing but the name.
    end, entry = content.rindex(b"PK\x05\x06"), content.index(DIRECTORY)
    bare = content[entry : entry + 30] + bytes(2) + content[entry + 32 : entry + 46 + 304]
    tail = content[end : end + 12] + struct.pack("<I", len(bare)) + content[end + 16 :]
    path.write_bytes(content[:entry] + bare + tail)
    assert only(path, Request()).values.tolist() == VALUES.tolist()


def test_an_encrypted_member(tmp_path: Path) -> None:
    content = npz(("logits.npy", VALUES))
    for signature, at in ((LOCAL, 6), (DIRECTORY, 8)):
        content = patched(content, signature, at, b"\x01")
    (tmp_path / "a.npz").write_bytes(content)
    assert "a.npz: logits: it cannot be unpacked (" in told(tmp_path / "a.npz")
    assert "encrypted" in told(tmp_path / "a.npz")


def test_a_checksum_is_that_of_all_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "CHECKED_BYTES", 50)
    content, path = npz(("logits.npy", VALUES)), tmp_path / "a.npz"
    path.write_bytes(content)
    assert only(path, Request()).values.tolist() == VALUES.tolist()
    path.write_bytes(content.replace(VALUES.tobytes(), VALUES.tobytes()[:-1] + b"\x00"))
    assert "its checksum is not that in the archive" in told(path)


WIDER = bool(np.finfo(np.longdouble).max > np.finfo(np.float64).max)


@pytest.mark.skipif(not WIDER, reason="this machine has no wider type")
def test_a_number_beyond_a_double(tmp_path: Path) -> None:
    values = np.array([[1, 2], [np.longdouble("1e4000"), -np.inf]], np.longdouble)
    np.save(tmp_path / "a.npy", values)
    message = "a.npy: [1, 0]: 1e+4000 is too large for a 64-bit float"
    assert told(tmp_path / "a.npy") == message
    np.savez(tmp_path / "a.npz", logits=np.zeros((2, 2)), targets=np.abs(values))
    message = "a.npz: targets[1, 0]: 1e+4000 is too large for a 64-bit float"
    assert told(tmp_path / "a.npz") == message
    np.save(tmp_path / "b.npy", np.array([[1, np.inf]], np.longdouble))
    assert only(tmp_path / "b.npy").values.tolist() == [[1, np.inf]]


SECOND = b"7,8,9,2\n"


def labels_of(path: Path) -> list[list[int]]:
    return [np.asarray(batch.labels).tolist() for batch in batches(opened(path))]


@pytest.mark.parametrize("kind", [bz2, lzma, gzip])
def test_streams_that_follow_one_another(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "a.csv"
    whole = kind.compress(GOOD) + kind.compress(SECOND)
    path.write_bytes(whole)
    assert labels_of(path) == [[0, 1, 2]]
    path.write_bytes(whole[:-3])
    assert told(path) == "a.csv: the compressed data ends too early; is the file cut off?"
    path.write_bytes(whole + b"junk")
    assert told(path).startswith("a.csv: the compressed data is damaged (")


def test_zeros_behind_xz_in_groups_of_four(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.xz"
    path.write_bytes(lzma.compress(GOOD) + bytes(8) + lzma.compress(SECOND) + bytes(4))
    assert labels_of(path) == [[0, 1, 2]]
    path.write_bytes(lzma.compress(GOOD) + bytes(3))
    assert "the compressed data is damaged" in told(path)
    path = tmp_path / "a.csv.bz2"
    path.write_bytes(bz2.compress(GOOD) + bytes(4))
    assert "the compressed data is damaged" in told(path)


BLANK = GOOD + b"\n" * (65 << 20)


LIMIT = "it unpacks to more than {} times its size; --max-ratio sets the limit"


def ended(folder: Path, command: str, stdin: bytes = b"", **environment: str) -> tuple[int, str]:
    """The exit code of a command, and what it says or answers."""
    found = run_inside(command.split(), folder, stdin, environment)
    return found.code, (found.stderr or found.stdout.decode()).rstrip("\n")


@pytest.mark.parametrize("kind", [bz2, lzma, gzip])
def test_what_unpacks_to_far_more_than_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    monkeypatch.setattr(unpack, "LITTLE_BYTES", 1 << 20)
    packed = kind.compress(GOOD + b"\n" * (2 << 20))
    (tmp_path / "a.csv").write_bytes(packed)
    (tmp_path / "y.csv").write_bytes(packed)
    (tmp_path / "z.csv").write_text("c0,c1\n1,2\n3,4\n")
    # Python's fastest gzip packs a little less than a thousand times.
    for command, place, stdin in (
        ("ce a.csv --quiet", "a.csv", b""),
        ("ce - --quiet", "standard input", packed),
        ("ce z.csv --labels-from y.csv --label-col label --quiet", "y.csv", b""),
    ):
        assert ended(tmp_path, f"{command} --max-ratio 200", stdin) == (
            1,
            f"xent: {place}: {LIMIT.format(200)}",
        )
        assert ended(tmp_path, f"{command} --max-ratio 10000000", stdin)[0] == 0
        assert ended(tmp_path, command, stdin, XENT_MAX_RATIO="200")[0] == 1


def test_what_unpacks_to_little_may_do_so_from_any_size(tmp_path: Path) -> None:
    packed = gzip.compress(BLANK)
    (tmp_path / "a.csv").write_bytes(packed)
    assert ended(tmp_path, "ce a.csv --quiet --max-ratio 900") == (
        1,
        f"xent: a.csv: {LIMIT.format(900)}",
    )
    (tmp_path / "a.csv").write_bytes(gzip.compress(BLANK[: 63 << 20]))
    assert ended(tmp_path, "ce a.csv --quiet --max-ratio 900")[0] == 0


def test_a_member_that_unpacks_to_far_more_than_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "LITTLE_BYTES", 1 << 16)
    content = npz(("logits.npy", np.zeros((100, 100))), packed=True)
    (tmp_path / "a.npz").write_bytes(content)
    message = f"xent: a.npz: logits: {LIMIT.format(100)}"
    assert ended(tmp_path, "softmax a.npz --max-ratio 100") == (1, message)
    assert ended(tmp_path, "entropy a.npz --quiet --max-ratio 1000")[0] == 0


def test_a_limit_is_none_of_typed_values_alone(tmp_path: Path) -> None:
    # It may be that of a second file.
    assert ended(tmp_path, "ce --logits 1,1 --label 0 -q --max-ratio 2")[0] == 0
    assert ended(tmp_path, "ce --logits 1,1 --label 0 --max-ratio 0") == (
        2,
        "xent: --max-ratio: 0 is below 1",
    )


def test_blank_lines_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD + b"\n" * (20 << 20) + b"1,2,3,x\n")
    # A loop over them takes a quarter of a minute.
    assert told(path).startswith(f"a.csv:{4 + (20 << 20)}:4: ")


def arrow_file() -> bytes:
    pa: Any = pytest.importorskip("pyarrow")
    words = pa.array(["u", "v", "u"]).dictionary_encode()
    columns = {"a": [1.0, 2.0, 3.0], "b": [3.0, -4.0, 5.0], "word": words, "label": [0, 1, 0]}
    table, stream = pa.table(columns), io.BytesIO()
    with pa.ipc.new_file(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def test_a_damaged_arrow_file_is_an_answer_or_a_sentence(tmp_path: Path) -> None:
    content, path = arrow_file(), tmp_path / "a.arrow"
    for bit in range(0, 8 * len(content), 37):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        with suppress(XentError):
            list(batches(opened(path)))


@pytest.mark.parametrize("length", [0x8B1F, 0x5A42])
def test_a_length_that_looks_like_a_compression(length: int, tmp_path: Path) -> None:
    """The first bytes of .safetensors are the length of its header: 1f 8b, as of gzip, or BZ."""
    tensor = {"logits": {"dtype": "F64", "shape": [1, 2], "data_offsets": [0, 16]}}
    header = json.dumps(tensor).encode().ljust(length)
    content = struct.pack("<Q", length) + header + np.array([1.0, 2.0]).tobytes()
    (tmp_path / "a.safetensors").write_bytes(content)
    assert only(tmp_path / "a.safetensors", Request()).values.tolist() == [[1.0, 2.0]]


def test_a_compression_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(unpack, "import_module", missing)
    (tmp_path / "a.csv").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(9))
    with pytest.raises(XentError, match="compressed with zstd, which this Python") as raised:
        opened(tmp_path / "a.csv")
    assert raised.value.hint == "pip install backports.zstd"
