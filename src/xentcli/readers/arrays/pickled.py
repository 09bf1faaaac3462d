"""Reads a pickle that torch.save wrote, without importing or calling anything that it names.

A pickle is a program for a small machine with a stack. This module is that machine, with only the
instructions that tensors, NumPy arrays and plain data need. Every name in a pickle is looked up in
one table, and refused if it is not there. The result describes where a tensor's numbers lie; it
does not hold the numbers. Format: https://docs.python.org/3/library/pickletools.html
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Sequence
from typing import Any

from xentcli.errors import quoted
from xentcli.model import NamedTuple
from xentcli.readers.arrays.stored import (
    NO_SIZE,
    Unreadable,
    check_dimensions,
    first_line,
    is_size,
)

KNOWN = "tensors, NumPy arrays, dicts, lists, numbers and texts"
# The dtypes of the typed storages that PyTorch's older format has.
STORAGE_DTYPES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}
DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "bool", "complex32", "complex64", "complex128"),
    *("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"),
    *("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"),
)


class Name(NamedTuple):
    """A name in a pickle, such as ``torch._utils._rebuild_tensor_v2``."""

    dotted: str


class Storage(NamedTuple):
    """The record of bytes with a tensor's numbers. ``size`` counts numbers; an untyped storage has
    an empty ``dtype``, and its ``size`` counts bytes."""

    dtype: str
    record: str
    size: int


class Tensor(NamedTuple):
    """A view of a storage: ``offset`` and ``strides`` count numbers."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class NumpyDtype:
    """A NumPy dtype; a pickle creates it first and sets its byte order later."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "|"


class NumpyArray:
    """A NumPy array; a pickle creates it empty and fills it later."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = (0,)
        self.dtype = NumpyDtype("f8")
        self.fortran = False
        self.content = b""


def unpickle(content: bytes) -> Any:
    """Return what a pickle describes: dicts, lists, tuples, numbers and texts, with :class:`Tensor`
    and :class:`NumpyArray` in them."""
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(content):
            # STOP is the last one, and changes nothing.
            if opcode.name != "STOP":
                machine.step(opcode.name, argument)
        return machine.pop()
    except Unreadable:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        # A damaged pickle may raise any of these, depending on where it is damaged.
        raise Unreadable(f"its pickle is damaged ({quoted(first_line(error))})") from None
    except RecursionError:
        raise Unreadable(
            "its pickle is damaged (a list in lists where a number should be)"
        ) from None


_MARK = object()


class _Machine:
    """The stack and the memo while a pickle is read."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise Unreadable("its pickle is damaged (a mark stands where a value should)")
        return value

    def top(self, kind: type) -> Any:
        value = self.stack[-1]
        if not isinstance(value, kind):
            raise Unreadable(f"its pickle is damaged (no {kind.__name__} to add to)")
        return value

    def since_mark(self) -> list[Any]:
        values = []
        while (value := self.stack.pop()) is not _MARK:
            values.append(value)
        return values[::-1]

    def step(self, name: str, argument: Any) -> None:
        if name in _LITERALS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _PUTS:
            self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]
        elif name in _GETS:
            self.stack.append(self.memo[argument])
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in ("PROTO", "FRAME"):
            raise Unreadable(f"its pickle has the instruction {name}; only {KNOWN} are read")


_LITERALS = frozenset(
    {
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("SHORT_BINSTRING", "BINSTRING", "STRING"),
        *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    }
)
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: _MARK,
}
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})


def _append(machine: _Machine, _: Any) -> None:
    value = machine.pop()
    machine.top(list).append(value)


def _appends(machine: _Machine, _: Any) -> None:
    values = machine.since_mark()
    machine.top(list).extend(values)


def _set_item(machine: _Machine, _: Any) -> None:
    value, key = machine.pop(), machine.pop()
    _put_items(machine.top(dict), [key, value])


def _set_items(machine: _Machine, _: Any) -> None:
    values = machine.since_mark()
    _put_items(machine.top(dict), values)


def _put_items(into: dict[Any, Any], values: Sequence[Any]) -> None:
    for key, value in zip(values[::2], values[1::2], strict=True):
        if type(key) not in (str, int, float):
            raise Unreadable(f"a key of a dict is a {type(key).__name__}, not a text or a number")
        if type(key) is int and abs(key) >= NO_SIZE:
            raise Unreadable("a key of a dict is a whole number of more than 63 bits")
        into[key] = value


def _make_dict(machine: _Machine, _: Any) -> None:
    made: dict[Any, Any] = {}
    _put_items(made, machine.since_mark())
    machine.stack.append(made)


def _make_tuple(count: int) -> Callable[[_Machine, Any], None]:
    def step(machine: _Machine, _: Any) -> None:
        values = [machine.pop() for _ in range(count)]
        machine.stack.append(tuple(values[::-1]))

    return step


def _push_name(machine: _Machine, argument: str) -> None:
    machine.stack.append(_check_name(argument.replace(" ", ".", 1)))


def _push_name_from_stack(machine: _Machine, _: Any) -> None:
    name, module = machine.pop(), machine.pop()
    machine.stack.append(_check_name(f"{module}.{name}"))


def _check_name(dotted: str) -> Name:
    if dotted not in _NAMES:
        raise Unreadable(
            f"it holds {quoted(dotted)}; only {KNOWN} are read, and nothing in a pickle is run"
        )
    return Name(dotted)


def _call(machine: _Machine, _: Any) -> None:
    arguments, called = machine.pop(), machine.pop()
    if not isinstance(called, Name) or called.dotted not in _CALLS:
        raise Unreadable("its pickle is damaged (it calls what is no function)")
    machine.stack.append(_CALLS[called.dotted](*arguments))


def _build(machine: _Machine, _: Any) -> None:
    state = machine.pop()
    built = machine.stack[-1]
    if isinstance(built, NumpyDtype):
        built.order = str(state[1])
    elif isinstance(built, NumpyArray):
        _, shape, dtype, fortran, content = state
        built.shape, built.dtype = _check_sizes(shape), _check_dtype(dtype)
        built.fortran, built.content = bool(fortran), _check_bytes(content)
    elif not isinstance(built, dict) or not isinstance(state, dict):
        # Only a dict may get a state: the _metadata of a state_dict, which says nothing of numbers.
        raise Unreadable("its pickle is damaged (it gives a state to what has none)")


def _push_storage(machine: _Machine, _: Any) -> None:
    kind, storage, record, _, size = machine.pop()
    name = storage.dotted.rpartition(".")[2]
    if kind != "storage" or not isinstance(record, str) or not is_size(size):
        raise Unreadable("its pickle is damaged (a storage is not described as one)")
    dtype = "" if name == "UntypedStorage" else STORAGE_DTYPES[name]
    machine.stack.append(Storage(dtype, record, size))


_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "LIST": lambda machine, _: machine.stack.append(machine.since_mark()),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    "TUPLE1": _make_tuple(1),
    "TUPLE2": _make_tuple(2),
    "TUPLE3": _make_tuple(3),
    "DICT": _make_dict,
    "APPEND": _append,
    "APPENDS": _appends,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "GLOBAL": _push_name,
    "STACK_GLOBAL": _push_name_from_stack,
    "REDUCE": _call,
    "BUILD": _build,
    "BINPERSID": _push_storage,
}


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    return _check_tensor(
        Tensor(storage, storage.dtype, offset, _check_sizes(shape), _check_sizes(strides))
    )


def _rebuild_tensor_v3(
    storage: Any,
    offset: Any,
    shape: Any,
    strides: Any,
    _grad: Any,
    _hooks: Any,
    dtype: Any,
    *_: Any,
) -> Tensor:
    name = dtype.dotted.rpartition(".")[2]
    return _check_tensor(Tensor(storage, name, offset, _check_sizes(shape), _check_sizes(strides)))


def _check_tensor(tensor: Tensor) -> Tensor:
    if not isinstance(tensor.storage, Storage) or not tensor.dtype:
        raise Unreadable("its pickle is damaged (a tensor without a storage)")
    if not is_size(tensor.offset):
        raise Unreadable(f"a tensor begins at {tensor.offset!r}, outside its storage")
    if len(tensor.shape) != len(tensor.strides):
        raise Unreadable(f"a tensor of shape {tensor.shape} has the strides {tensor.strides}")
    return tensor


def _check_sizes(given: Any) -> tuple[int, ...]:
    sizes = tuple(given)
    check_dimensions(len(sizes))
    if not all(map(is_size, sizes)):
        raise Unreadable(f"sizes or strides that are none: {sizes!r:.60}")
    return sizes


def _make_ordered_dict(pairs: Any = ()) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for pair in pairs:
        _put_items(made, tuple(pair))
    return made


def _rebuild_parameter(data: Any, *_: Any) -> Tensor:
    if not isinstance(data, Tensor):
        raise Unreadable("its pickle is damaged (a parameter that is no tensor)")
    return data


def _numpy_dtype(code: Any, *_: Any) -> NumpyDtype:
    return NumpyDtype(str(code))


def _check_dtype(given: Any) -> NumpyDtype:
    if not isinstance(given, NumpyDtype):
        raise Unreadable("its pickle is damaged (an array without a dtype)")
    return given


def _check_bytes(given: Any) -> bytes:
    if isinstance(given, (bytes, bytearray)):
        return bytes(given)
    raise Unreadable("it holds an array of Python objects, and these are not read")


def _encode(text: str, encoding: str = "utf-8") -> bytes:
    # Pickles that Python 2 can read as well have bytes in this form.
    if encoding not in ("latin1", "latin-1"):
        raise Unreadable(f"its pickle is damaged (bytes in {quoted(encoding)})")
    return text.encode("latin-1")


def _rebuild_scalar(dtype: Any, content: Any) -> NumpyArray:
    made = NumpyArray()
    made.shape, made.dtype, made.content = (), _check_dtype(dtype), _check_bytes(content)
    return made


def _rebuild_from_buffer(content: Any, dtype: Any, shape: Any, order: Any) -> NumpyArray:
    made = NumpyArray()
    made.shape, made.dtype, made.content = (
        _check_sizes(shape),
        _check_dtype(dtype),
        _check_bytes(content),
    )
    made.fortran = order == "F"
    return made


_CALLS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": _rebuild_tensor_v3,
    "torch._utils._rebuild_parameter": _rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": _rebuild_parameter,
    "torch.Size": lambda sizes: tuple(sizes),
    "torch.device": lambda *names: ":".join(map(str, names)),
    "collections.OrderedDict": _make_ordered_dict,
    "numpy.dtype": _numpy_dtype,
    "_codecs.encode": _encode,
    "__builtin__.bytes": lambda: b"",
    "builtins.bytes": lambda: b"",
    # NumPy 2 moved these from core to _core.
    **{
        f"numpy.{core}.{name}": function
        for core in ("core", "_core")
        for name, function in (
            ("multiarray._reconstruct", lambda *_: NumpyArray()),
            ("multiarray.scalar", _rebuild_scalar),
            ("numeric._frombuffer", _rebuild_from_buffer),
        )
    },
}
_NAMES = frozenset(
    {
        *_CALLS,
        "numpy.ndarray",
        "torch.storage.UntypedStorage",
        *(f"torch.{name}" for name in STORAGE_DTYPES),
        *(f"torch.{name}" for name in DTYPES),
    }
)
