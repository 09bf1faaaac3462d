"""Named tuples whose classes are made in a tenth of the time that ``typing`` takes."""

from __future__ import annotations

import collections
import sys
from collections.abc import Mapping
from functools import cache
from operator import itemgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    def _annotated(body: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of the annotated fields in the body of a class."""
        if "__annotations__" not in body and sys.version_info >= (3, 14):
            # Python 3.14 evaluates annotations only when somebody asks for them.
            import annotationlib

            evaluate = annotationlib.get_annotate_from_class_namespace(body)
            if evaluate is not None:
                as_text = annotationlib.Format.STRING
                return tuple(annotationlib.call_annotate_function(evaluate, as_text))
        return tuple(body.get("__annotations__", ()))

    @cache
    def _getter(at: int) -> Any:
        """The descriptor that reads the field at that index."""
        # CPython has one in C. Other Pythons may not; collections falls back in the same way.
        kind = getattr(
            collections, "_tuplegetter", lambda at, doc: property(itemgetter(at), doc=doc)
        )
        return kind(at, f"Alias for field number {at}")

    class _Fields(type):
        """Makes the class whose fields are the annotations in its body."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if any(getattr(base, "_fields", ()) for base in bases):
                # A subclass of a named tuple has the fields of that.
                return super().__new__(cls, name, bases, body)
            fields = _annotated(body)
            body["__slots__"] = ()
            body["__match_args__"] = body["_fields"] = fields
            body["_field_defaults"] = {field: body[field] for field in fields if field in body}
            body.update({field: _getter(at) for at, field in enumerate(fields)})
            return super().__new__(cls, name, bases, body)

    def _constructor(cls: Any) -> FunctionType:
        """Compile ``__new__`` of a class: it takes the fields by position or by name."""
        names = "".join(f"{field}, " for field in cls._fields)
        code = f"lambda _cls, {names}: _new(_cls, ({names}))"
        constructor: FunctionType = eval(code, {"_new": tuple.__new__})
        constructor.__name__ = "__new__"
        constructor.__qualname__ = f"{cls.__name__}.__new__"
        constructor.__defaults__ = tuple(cls._field_defaults.values())
        return constructor

    class NamedTuple(tuple, metaclass=_Fields):
        """``typing.NamedTuple``, except that a class gets its constructor at the first call.

        ``typing`` compiles a constructor for each class at once, and every start would wait for a
        hundred of them. Type checkers take this for ``typing.NamedTuple``. They alone find mistakes
        in a class, such as a default before a field without one: nothing does so at run time.
        """

        def __new__(cls, *values: Any, **named: Any) -> NamedTuple:
            cls.__new__ = staticmethod(_constructor(cls))
            return cls.__new__(cls, *values, **named)

        @classmethod
        def _make(cls, iterable: Any) -> NamedTuple:
            values = tuple(iterable)
            if len(values) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(values)}")
            return tuple.__new__(cls, values)

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, /, **named: Any) -> NamedTuple:
            replaced = tuple.__new__(type(self), map(named.pop, self._fields, self))
            if named:
                raise TypeError(f"Got unexpected field names: {list(named)}")
            return replaced

        # copy.replace of Python 3.13 and later calls it.
        __replace__ = _replace

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            shown = (f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({', '.join(shown)})"
