"""PyTorch's .pt files, put together by hand: what is read of them, and what is refused.

Files that PyTorch itself wrote are in ``tests/files``.
"""

from __future__ import annotations

import io
import pickle
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.readers.opening import WANTED, batches, listed, only, opened, told
from xentcli.errors import XentError
from xentcli.readers.arrays import torch_file
from xentcli.readers.arrays.stored import Unreadable
from xentcli.readers.interface import Request

SIX = np.arange(6.0, dtype=np.float32)


def text(word: str) -> bytes:
    content = word.encode("utf-8")
    return b"X" + struct.pack("<I", len(content)) + content


def integer(number: int, width: int = 9) -> bytes:
    return b"\x8a" + bytes([width]) + number.to_bytes(width, "little", signed=True)


def long_integer(number: int) -> bytes:
    content = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8b" + struct.pack("<i", len(content)) + content


def binary(content: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(content)) + content


def list_of(*items: bytes) -> bytes:
    return b"](" + b"".join(items) + b"e"


def tuple_of(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + tuple_of(*arguments) + b"R"


def dict_of(**items: bytes) -> bytes:
    return b"}(" + b"".join(text(key) + item for key, item in items.items()) + b"u"


def sizes(numbers: tuple[int, ...]) -> bytes:
    return tuple_of(*map(integer, numbers))


def tensor(
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int = 0,
    *,
    kind: str = "FloatStorage",
    record: str = "0",
    size: int = 6,
) -> bytes:
    storage = tuple_of(
        text("storage"), name("torch", kind), text(record), text("cpu"), integer(size)
    )
    return call(
        name("torch._utils", "_rebuild_tensor_v2"),
        storage + b"Q",
        integer(offset),
        sizes(shape),
        sizes(strides),
        b"\x89",
        call(name("collections", "OrderedDict")),
    )


def pt(path: Path, pickle: bytes, *arrays: Any, **records: bytes) -> Path:
    """A .pt file; with ``byteorder`` and the like, records of those contents."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", b"\x80\x02" + pickle + b".")
        for at, array in enumerate(arrays):
            archive.writestr(f"a/data/{at}", array.tobytes())
        for record, content in records.items():
            archive.writestr(f"a/{record}", content)
    return path


def plain(pickle: bytes) -> bytes:
    return b"\x80\x02" + pickle + b"."


ROWS = [[0, 1, 2], [3, 4, 5]]
LONE: Request = WANTED._replace(wanted="none")


@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3)),
    data=st.data(),
    packed=st.booleans(),
)
def test_views_are_those_of_numpy(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, ...],
    data: st.DataObject,
    packed: bool,
) -> None:
    strides = data.draw(st.tuples(*[st.integers(0, 9)] * 3))
    offset = data.draw(st.integers(0, 5))
    storage = np.arange(100.0)
    wanted = np.lib.stride_tricks.as_strided(storage[offset:], shape, [8 * s for s in strides])
    path = tmp_path_factory.mktemp("pt") / "a.pt"
    pt(path, tensor(shape, strides, offset, kind="DoubleStorage", size=100), storage)
    if packed:
        import gzip

        path.write_bytes(gzip.compress(path.read_bytes()))
    assert only(path, LONE).values.tolist() == wanted.tolist()


@pytest.mark.parametrize("order", ["little", "big"])
def test_the_order_of_bytes_is_the_one_that_the_file_names(tmp_path: Path, order: str) -> None:
    stored = SIX.astype("<f4" if order == "little" else ">f4")
    pt(tmp_path / "a.pt", tensor((2, 3), (3, 1)), stored, byteorder=order.encode())
    assert only(tmp_path / "a.pt", LONE).values.tolist() == SIX.reshape(2, 3).tolist()


def test_keys_within_keys_and_lists(tmp_path: Path) -> None:
    inner = dict_of(z=b"](" + tensor((2, 3), (3, 1)) + tensor((6,), (1,)) + b"e")
    labels = b"](" + integer(2) + integer(0) + b"e"
    pt(tmp_path / "a.pt", dict_of(run=inner, y=labels), SIX)
    request = WANTED._replace(logits_key="run.z.0", label_key="y")
    batch = only(tmp_path / "a.pt", request)
    assert batch.values.tolist() == SIX.reshape(2, 3).tolist()
    assert listed(batch.labels) == [2, 0]
    assert 'the keys are "run.z.0", "run.z.1", "y"' in hint(tmp_path / "a.pt", "nothing at all")


def hint(path: Path, key: str) -> str:
    with pytest.raises(XentError) as raised:
        opened(path, WANTED._replace(logits_key=key))
    return raised.value.hint


def lists_in_lists(deep: int) -> bytes:
    """Ten times the list before, again and again: the memo is all that it takes."""
    pickle = b"]q\x00(" + integer(1) * 10 + b"e"
    for at in range(deep):
        pickle = b"]q" + bytes([at + 1]) + b"(" + pickle + b"h" + bytes([at]) + b"e"
        pickle = pickle[:-1] + (b"h" + bytes([at])) * 8 + b"e"
    return pickle


UNFILLED = call(name("numpy._core.multiarray", "_reconstruct"))


def dtype(code: str) -> bytes:
    return call(name("numpy", "dtype"), text(code))


def array_of(code: str, content: bytes, shape: tuple[int, ...] = (1,)) -> bytes:
    return UNFILLED + tuple_of(integer(1), sizes(shape), dtype(code), b"\x89", content) + b"b"


def scalar(of: bytes, content: bytes) -> bytes:
    return call(name("numpy._core.multiarray", "scalar"), of, content)


def typed_tensor(storage: bytes, kind: str, offset: int = 0) -> bytes:
    """A tensor with a dtype of its own, as those that older PyTorch had no storages for."""
    function, own = name("torch._utils", "_rebuild_tensor_v3"), name("torch", kind)
    shape, strides = sizes((2, 3)), sizes((3, 1))
    return call(function, storage, integer(offset), shape, strides, b"\x89", b"}", own)


def storage(
    kind: str = "FloatStorage", word: str = "storage", record: bytes = text("0"), size: int = 6
) -> bytes:
    described = tuple_of(text(word), name("torch", kind), record, text("cpu"), integer(size))
    return described + b"Q"


UNTYPED = storage("storage.UntypedStorage", size=24)


def nested(deep: int) -> bytes:
    """A tensor so many dicts deep."""
    return dict_of(a=nested(deep - 1)) if deep else tensor((2, 3), (3, 1))


def rows_that_are_one(count: int) -> bytes:
    """A table of so many rows of so many numbers, of which one row is stored."""
    row = b"]q\x00(" + b"K\x01" * count + b"e"
    return list_of(row, b"h\x00" * (count - 1))


OWN = b"]q\x00(h\x00e"
# Python prints no more than 4300 digits.
UNPRINTABLE = long_integer(10**5000)
HOSTILE = {
    "a function of the system": (
        name("posix", "system") + tuple_of(text("touch run")) + b"R",
        'it holds "posix.system"; only tensors, NumPy arrays, dicts, lists, numbers and texts are '
        "read, and nothing in a pickle is run",
    ),
    "eval": (name("builtins", "eval") + tuple_of(text("1")) + b"R", 'it holds "builtins.eval"'),
    "a name with points": (
        text("torch") + text("Size.__init__.__globals__") + b"\x93",
        'it holds "torch.Size.__init__.__globals__"',
    ),
    "a name with a blank": (
        name("numpy core.multiarray", "_reconstruct"),
        'it holds "numpy.core.multiarray _reconstruct"',
    ),
    "an object of a class": (b"(ios\nsystem\n", "the instruction INST"),
    "a new object": (name("numpy", "dtype") + b")\x81", "the instruction NEWOBJ"),
    "an extension": (b"\x82\x01", "the instruction EXT1"),
    "a size of 10**18": (
        tensor((10**9, 10**9), (10**9, 1)),
        "the tensor of shape (1000000000, 1000000000) reaches to number 1000000000000000000 of a "
        "storage of 6",
    ),
    "one number 10**12 times": (tensor((10**9, 1000), (0, 0)), "repeats 6 numbers too often"),
    "a size of 2**63": (
        tensor((2**63, 3), (3, 1)),
        "sizes or strides that are none: (9223372036854775808, 3)",
    ),
    "a size just below": (
        tensor((2**63 - 1, 3), (3, 1)),
        "the tensor of shape (9223372036854775807, 3) reaches to number 27670116110564327421 of",
    ),
    "a size that is a truth value": (
        call(
            name("torch._utils", "_rebuild_tensor_v2"),
            storage(),
            integer(0),
            tuple_of(b"\x88", integer(3)),
            sizes((3, 1)),
        ),
        "sizes or strides that are none: (True, 3)",
    ),
    "a size of 5000 digits": (
        call(
            name("torch._utils", "_rebuild_tensor_v2"),
            storage(),
            integer(0),
            tuple_of(UNPRINTABLE, integer(3)),
            sizes((3, 1)),
        ),
        "its pickle is damaged",
    ),
    "an offset of 5000 digits": (
        call(
            name("torch._utils", "_rebuild_tensor_v2"),
            storage(),
            UNPRINTABLE,
            sizes((2, 3)),
            sizes((3, 1)),
        ),
        "its pickle is damaged",
    ),
    "a storage of 10**5000 numbers": (
        tuple_of(
            text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu"), UNPRINTABLE
        )
        + b"Q",
        "a storage is not described as one",
    ),
    "a key of 5000 digits": (
        b"}(" + UNPRINTABLE + tensor((2, 3), (3, 1)) + b"u",
        "a key of a dict is a whole number of more than 63 bits",
    ),
    "a key of 64 bits": (
        b"}(" + integer(2**63) + tensor((2, 3), (3, 1)) + b"u",
        "a key of a dict is a whole number of more than 63 bits",
    ),
    "such a key in a list of pairs": (
        call(name("collections", "OrderedDict"), list_of(tuple_of(UNPRINTABLE, integer(1)))),
        "a key of a dict is a whole number of more than 63 bits",
    ),
    "three things for a pair": (
        call(name("collections", "OrderedDict"), list_of(tuple_of(text("a"), b"N", b"N"))),
        "its pickle is damaged",
    ),
    "a size that is lists in lists": (
        call(
            name("torch._utils", "_rebuild_tensor_v2"),
            storage(),
            integer(0),
            tuple_of(b"]" * 20000 + b"a" * 19999),
            sizes((1,)),
        ),
        "a.pt: ",
    ),
    "an array of more axes than any": (
        array_of("f8", binary(bytes(8)), (2**62,) * 400),
        "it has 400 dimensions; ",
    ),
    "a negative stride": (tensor((2, 3), (-3, 1), 5), "sizes or strides that are none: (-3, 1)"),
    "a negative size": (tensor((-2, 3), (3, 1)), "sizes or strides that are none: (-2, 3)"),
    "a negative offset": (tensor((2, 3), (3, 1), -1), "a tensor begins at -1"),
    "an offset beyond the end": (
        tensor((2, 3), (3, 1), 1),
        "the tensor of shape (2, 3) reaches to number 7 of a storage of 6",
    ),
    "fewer strides than sizes": (tensor((2, 3), (3,)), "a tensor of shape (2, 3) has the strides"),
    "a storage larger than its record": (
        tensor((2, 3), (3, 1), size=7),
        "its storage is of 28 bytes, and the record has 24",
    ),
    "a record that is missing": (
        tensor((2, 3), (3, 1), record="7"),
        'its record "data/7" is missing',
    ),
    "a record elsewhere": (
        tensor((2, 3), (3, 1), record="../data.pkl"),
        'its record "data/../data.pkl" is missing',
    ),
    "a complex tensor": (
        tensor((1, 3), (3, 1), kind="ComplexFloatStorage", size=3),
        "its dtype is complex64, not integers or real floats",
    ),
    "a quantized tensor": (
        call(name("torch._utils", "_rebuild_qtensor")),
        'it holds "torch._utils._rebuild_qtensor"',
    ),
    "a list that holds itself": (OWN, "nested more than 30 deep"),
    "lists that hold each other": (lists_in_lists(12), "hold each other many times over"),
    "a tensor deep within dicts": (nested(31), "nested more than 30 deep"),
    "a key without a value": (b"}(" + text("logits") + b"u", "its pickle is damaged"),
    "a dict with a list for a key": (b"}(]]u", "a key of a dict is a list"),
    "a text of 4 GB": (b"X\xff\xff\xff\xff", "its pickle is damaged"),
    "a memo of 4 GB": (b"Nr\xff\xff\xff\xff", "none of them"),
    "two keys that are written alike": (
        dict_of(**{"a.b": integer(1), "a": dict_of(b=integer(2))}),
        'it has the key "a.b" twice',
    ),
    "a row a thousand times": (rows_that_are_one(1000), "hold each other many times over"),
    "an item for what is no list": (b"N" + integer(1) + b"a", "no list to add to"),
    "items for what is no dict": (b"]" + text("a") + integer(1) + b"s", "no dict to add to"),
    "a call of what is no function": (
        call(name("torch", "FloatStorage")),
        "it calls what is no function",
    ),
    "a call of a number": (call(integer(1)), "it calls what is no function"),
    "an array of bytes in no order": (
        scalar(dtype("f8") + tuple_of(integer(3), text("=")) + b"b", binary(bytes(8))),
        'its dtype is "f8", not integers or real floats',
    ),
    "nothing that is larger than any machine": (
        tensor((0, 3, 2**60), (1, 1, 1)),
        "is larger than any machine",
    ),
    "a state for a number": (integer(1) + b"}b", "it gives a state to what has none"),
    "a state that is no dict": (b"}" + integer(1) + b"b", "it gives a state to what has none"),
    "a storage called otherwise": (storage(word="module"), "a storage is not described as one"),
    "a storage in record 0": (storage(record=integer(0)), "a storage is not described as one"),
    "a storage of -1 numbers": (storage(size=-1), "a storage is not described as one"),
    "a tensor for a storage": (
        typed_tensor(tensor((6,), (1,)), "float32"),
        "a tensor without a storage",
    ),
    "a tensor of other numbers than its storage": (
        typed_tensor(storage(), "float64"),
        "a tensor of float64 lies in a storage of float32",
    ),
    "an offset beyond the end of a storage of bytes": (
        typed_tensor(UNTYPED, "float32", 1),
        "the tensor of shape (2, 3) reaches to number 7 of a storage of 6",
    ),
    "a storage of more bytes than its record": (
        typed_tensor(storage("storage.UntypedStorage", size=25), "float32"),
        "its storage is of 25 bytes, and the record has 24",
    ),
    "bytes that are numbers of no type": (
        call(
            name("torch._utils", "_rebuild_tensor_v2"),
            UNTYPED,
            integer(0),
            sizes((2, 3)),
            sizes((3, 1)),
        ),
        "a tensor without a storage",
    ),
    "a parameter of a number": (
        call(name("torch._utils", "_rebuild_parameter"), integer(1)),
        "a parameter that is no tensor",
    ),
    "an array without a dtype": (scalar(text("f8"), binary(bytes(8))), "an array without a dtype"),
    "an array of complex numbers": (
        array_of("c16", binary(bytes(16))),
        'its dtype is "c16", not integers or real floats',
    ),
    "an array of fewer bytes": (
        array_of("f8", binary(bytes(16)), (3,)),
        "an array of shape (3,) has 16 bytes, not 24",
    ),
    "a scalar of more bytes": (
        scalar(dtype("f8"), binary(bytes(9))),
        "an array of shape () has 9 bytes, not 8",
    ),
    "an array that nothing fills": (UNFILLED, "a sample without values"),
    "bytes in UTF-16": (
        call(name("_codecs", "encode"), text("a"), text("utf-16")),
        'bytes in "utf-16"',
    ),
    "a whole number beyond 64 bits": (
        list_of(integer(2**70), integer(1)),
        "a whole number of more than 64 bits",
    ),
    "a whole number beyond a double": (
        list_of(integer(10**400, 200), b"G" + struct.pack(">d", 1.5)),
        "a whole number of more than 64 bits",
    ),
    "an array of objects": (array_of("O8", b"]"), "it holds an array of Python objects"),
    "nothing": (b"", 'its pickle is damaged ("pop from empty list")'),
    "no end": (b"]" * 10 + b"(", "its pickle is damaged"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_pickle_is_refused(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pickle, message = HOSTILE[what]
    monkeypatch.chdir(tmp_path)
    pt(tmp_path / "a.pt", pickle, SIX)
    before = set(sys.modules)
    tracemalloc.start()
    said = told(tmp_path / "a.pt", LONE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message in said
    assert not (tmp_path / "run").exists()
    assert not {"torch", "posixpath.system"} & (set(sys.modules) - before)
    assert peak < 20 << 20


UNUSUAL: dict[str, tuple[bytes, list[Any]]] = {
    "an array of NumPy by protocol 5": (pickle.dumps(SIX.reshape(2, 3), 5), ROWS),
    "its columns one after the other": (
        pickle.dumps(np.asfortranarray(SIX.reshape(2, 3)), 5),
        ROWS,
    ),
    "an old pickle": (b"\x80\x01" + pickle.dumps({"logits": [[1, 2, 3]]}, 1), [[1, 2, 3]]),
    "lists without a mark": (pickle.dumps([[1], [2]], 2), [[1], [2]]),
    "a dict made at once": (plain(b"(" + text("logits") + tensor((2, 3), (3, 1)) + b"d"), ROWS),
    "a list in one row": (plain(list_of(list_of(integer(1), integer(2)))), [[1, 2]]),
    "an empty list beside": (plain(dict_of(logits=tensor((2, 3), (3, 1)), names=b"]")), ROWS),
    "a dtype of its own": (plain(typed_tensor(storage(), "float32")), ROWS),
    "a storage of bytes": (plain(typed_tensor(UNTYPED, "float32")), ROWS),
    "one memo for all, by number": (
        plain(b"]q\x07(" + list_of(integer(1), integer(2))[:-1] + b"eq\x03h\x03h\x03e"),
        [[1, 2]] * 3,
    ),
    "a memo that numbers itself": (
        plain(b"]\x94(](" + integer(1) + integer(2) + b"e\x94h\x01h\x01e"),
        [[1, 2]] * 3,
    ),
    "a tuple": (pickle.dumps(((1.5,),), 2), [[1.5]]),
    "tuples of two": (pickle.dumps(((1, 2), (3, 4)), 2), [[1, 2], [3, 4]]),
    "tuples of three": (
        pickle.dumps(((1, 2, 3), (4, 5, 6), (7, 8, 9)), 2),
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
    ),
    "an array whose bytes are in the other order": (
        pickle.dumps(SIX.astype(">f4").reshape(2, 3), 2),
        ROWS,
    ),
    "a whole number of 63 bits for a key": (
        plain(b"}(" + integer(2**63 - 1) + tensor((2, 3), (3, 1)) + b"u"),
        ROWS,
    ),
    "an ordered dict of Python 2": (
        plain(
            call(
                name("collections", "OrderedDict"),
                list_of(list_of(text("logits"), tensor((2, 3), (3, 1))), list_of(text("x"), b"N")),
            )
        ),
        ROWS,
    ),
    "any stride of a single row": (plain(tensor((1, 3), (2**63 - 1, 2))), [[0, 2, 4]]),
    "many dicts": (plain(nested(30)), ROWS),
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_what_is_written_seldom_is_read(tmp_path: Path, what: str) -> None:
    pickled, wanted = UNUSUAL[what]
    pt(tmp_path / "a.pt", pickled[2:-1], SIX)
    assert only(tmp_path / "a.pt", LONE).values.tolist() == wanted


def test_an_empty_list_is_no_array(tmp_path: Path) -> None:
    pt(tmp_path / "a.pt", dict_of(x=tensor((2, 3), (3, 1)), names=b"]"), SIX)
    assert hint(tmp_path / "a.pt", "nothing at all") == 'the keys are "x"'


@pytest.mark.parametrize(("shape", "offset"), [((0, 3), 0), ((0, 2), 7)])
def test_a_view_of_nothing(shape: tuple[int, ...], offset: int, tmp_path: Path) -> None:
    """As x[2:, 1:] of two rows is, which begins behind the end."""
    pt(tmp_path / "a.pt", tensor(shape, (3, 1), offset), SIX)
    assert opened(tmp_path / "a.pt", LONE).class_count == shape[1]
    pt(tmp_path / "a.pt", tensor((0, 3), (3, 1), size=0), SIX[:0])
    assert opened(tmp_path / "a.pt", LONE).class_count == 3
    pt(tmp_path / "a.pt", tensor((2, 3, 0), (30_000, 10_000, 1), size=0), SIX[:0])
    assert only(tmp_path / "a.pt", LONE).values.shape == (2, 3, 0)


@pytest.mark.parametrize(
    ("kind", "code"), [("HalfStorage", "f2"), ("LongStorage", "i8"), ("CharStorage", "i1")]
)
def test_the_order_of_bytes_is_that_of_numbers_of_any_width(
    kind: str, code: str, tmp_path: Path
) -> None:
    stored = SIX.astype(np.dtype(code).newbyteorder(">"))
    pt(tmp_path / "a.pt", tensor((2, 3), (3, 1), kind=kind), stored, byteorder=b"big")
    assert only(tmp_path / "a.pt", LONE).values.tolist() == ROWS


@pytest.mark.parametrize("order", ["little", "big"])
def test_narrow_floats_of_either_order_of_bytes(order: str, tmp_path: Path) -> None:
    halves = (SIX.view(np.uint32) >> 16).astype("<u2" if order == "little" else ">u2")
    described = tensor((2, 3), (3, 1), kind="BFloat16Storage")
    pt(tmp_path / "a.pt", described, halves, byteorder=order.encode())
    assert only(tmp_path / "a.pt", LONE).values.tolist() == ROWS
    eighths = np.array([0x00, 0x3C, 0x40, 0x42, 0x44, 0x45], np.uint8)
    described = typed_tensor(storage("storage.UntypedStorage", size=6), "float8_e5m2")
    pt(tmp_path / "b.pt", described, eighths, byteorder=order.encode())
    assert only(tmp_path / "b.pt", LONE).values.tolist() == ROWS


@pytest.mark.parametrize(
    ("tree", "cost"),
    [
        (1, 1),
        ("text", 1),
        ([], 1),
        ([1, 2], 1 + 2),
        ([[1, 2], [3, 4]], 1 + 2 + 4),
        # These are looked at as a table, and then one by one.
        ([[1], [2, 3]], 1 + 2 + (1 + 1) + (1 + 2)),
        ([[1, None]], 1 + 1 + 2 + (1 + 2 + 1 + 1)),
        ({"a": [1, 2, 3], "b": "text"}, 1 + (1 + 3) + 1),
    ],
)
def test_how_much_is_looked_at(tree: Any, cost: int) -> None:
    torch_file._find_arrays(tree, cost)
    with pytest.raises(Unreadable, match="hold each other many times over"):
        torch_file._find_arrays(tree, cost - 1)


@pytest.mark.parametrize(("more", "is_read"), [(1, True), (2, False)])
def test_no_more_is_looked_at_than_a_pickle_of_that_length_may_hold(
    more: int, is_read: bool, tmp_path: Path
) -> None:
    """Four times its bytes, and a thousand."""
    count = 51
    # The dict, the table, and the texts.
    cost = 1 + (1 + count + count * count) + 1 + more
    texts = {f"t{at}": text("") for at in range(more)}
    lacking = dict_of(logits=rows_that_are_one(count), pad=text(""), **texts)
    pad = text(" " * ((cost - 1000) // 4 - len(plain(lacking))))
    pt(tmp_path / "a.pt", dict_of(logits=rows_that_are_one(count), pad=pad, **texts))
    if is_read:
        assert only(tmp_path / "a.pt", LONE).values.shape == (count, count)
    else:
        assert "hold each other many times over" in told(tmp_path / "a.pt", LONE)


@pytest.mark.parametrize(("times", "is_read"), [(2, True), (3, False)])
def test_a_storage_is_not_repeated_too_often(
    times: int, is_read: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_file, "MOST_REPEATED", 12)
    pt(tmp_path / "a.pt", tensor((times, 6), (0, 1)), SIX)
    if is_read:
        assert only(tmp_path / "a.pt", LONE).values.tolist() == [SIX.tolist()] * times
    else:
        assert "repeats 6 numbers too often" in told(tmp_path / "a.pt", LONE)
    # Each number once is never too often.
    monkeypatch.setattr(torch_file, "MOST_REPEATED", 1)
    pt(tmp_path / "a.pt", tensor((2, 3), (3, 1)), SIX)
    assert only(tmp_path / "a.pt", LONE).values.tolist() == ROWS


def test_a_record_without_a_checksum(tmp_path: Path) -> None:
    path = pt(tmp_path / "a.pt", tensor((2, 3), (3, 1)), SIX)
    patch_directory(path, 16, 0)
    content = path.read_bytes().replace(SIX.tobytes(), SIX[::-1].tobytes())
    path.write_bytes(content)
    assert only(path, LONE).values.tolist() == [[5, 4, 3], [2, 1, 0]]


def test_a_long_pickle_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pt(tmp_path / "a.pt", tensor((2, 3), (3, 1)), SIX)
    length = len(plain(tensor((2, 3), (3, 1))))
    monkeypatch.setattr(torch_file, "LONGEST_RECORD", length)
    assert only(path, LONE).values.tolist() == ROWS
    monkeypatch.setattr(torch_file, "LONGEST_RECORD", length - 1)
    assert told(path, LONE) == (
        f'a.pt: its record "data.pkl" has {length} bytes, and at most {length - 1} are read; '
        "save tensors, not lists of numbers"
    )


def patch_directory(path: Path, at: int, number: int) -> None:
    """Write a number of four bytes into the archive's own entry for the record of the storage."""
    content = bytearray(path.read_bytes())
    entry = content.rfind(b"PK\x01\x02", 0, content.rfind(b"a/data/0"))
    content[entry + at : entry + at + 4] = struct.pack("<I", number)
    path.write_bytes(content)


def with_another_size(path: Path) -> None:
    patch_directory(path, 24, 28)


def with_wrong_crc(path: Path) -> None:
    content = path.read_bytes().replace(SIX.tobytes(), SIX[::-1].tobytes())
    path.write_bytes(content)


def with_a_wrong_crc_of_the_pickle(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"cpu", b"gpu"))


def with_wrong_order(path: Path) -> None:
    pt(path, tensor((2, 3), (3, 1)), SIX, byteorder=b"middle")


def with_packed_records(path: Path) -> None:
    content = path.read_bytes()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))


def with_a_twin(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b/data/0", b"")


def without_a_pickle(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data/0", b"")


def of_torchscript(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a/code/__torch__.py", b"")


DAMAGED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a record of two sizes": (with_another_size, 'its record "data/0" is cut short'),
    "a wrong CRC of the pickle": (
        with_a_wrong_crc_of_the_pickle,
        "its checksum is not that in the archive",
    ),
    "a wrong CRC": (with_wrong_crc, "its checksum is not that in the archive"),
    "a wrong order of bytes": (with_wrong_order, "its byte order is b'middle'"),
    "packed records": (with_packed_records, 'its record "data.pkl" is packed'),
    "a record twice": (with_a_twin, 'it has the key "data/0" twice'),
    "no pickle": (without_a_pickle, "its archive holds no data.pkl"),
    "TorchScript": (of_torchscript, "it is a TorchScript model"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_archive_is_refused(tmp_path: Path, what: str) -> None:
    damage, message = DAMAGED[what]
    path = pt(tmp_path / "a.pt", tensor((2, 3), (3, 1)), SIX)
    damage(path)
    assert message in told(path, LONE)


def test_a_file_that_is_cut_short(tmp_path: Path) -> None:
    path = pt(tmp_path / "a.pt", tensor((2, 3), (3, 1)), SIX, byteorder=b"little")
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert told(path, LONE).startswith("a.pt")


@given(data=st.data())
def test_damage_is_told_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    pickle = dict_of(logits=tensor((2, 3), (3, 1)), labels=b"](" + integer(1) + integer(0) + b"e")
    damaged = bytearray(pickle)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = pt(tmp_path_factory.mktemp("damage") / "a.pt", bytes(damaged), SIX)
    with suppress(XentError):
        list(batches(opened(path)))
