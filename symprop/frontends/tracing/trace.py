"""One run of the user's code on arrays without numbers.

Enters: calls of NumPy's functions, with traced arrays and numbers as arguments.  Leaves: traced arrays, and equations
for the values that are read more than once.  The operations are those of `symprop.frontends.operations`; what is not
among them stops the trace with the user's line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any, NoReturn

import numpy as np

from symprop.frontends.arrays import Array, refreshed, scalar, shape_text
from symprop.frontends.bench import Bench, Label
from symprop.frontends.faults import Mismatch, Misuse
from symprop.frontends.operations import OPERATIONS, Operation, function_named
from symprop.frontends.operations.arguments import shapes_of
from symprop.frontends.operations.joining import array as array_of
from symprop.frontends.operations.operators import binary
from symprop.frontends.operations.shaping import size_of
from symprop.frontends.tracing.constants import number, table
from symprop.frontends.tracing.faults import NeedsNumbers, not_traceable, user_frame
from symprop.frontends.tracing.limits import MOST_ARRAYS, MOST_ENTRIES
from symprop.frontends.tracing.memory import Cell, Memory
from symprop.frontends.tracing.selection import Selection
from symprop.frontends.tracing.sizes import Size, Steps
from symprop.language import Extent, Tensor
from symprop.language import expressions as ex
from symprop.language.syntax import NAME
from symprop.library import callable_names

OF_ARRAYS = ("x", "left", "right", "x0", "x1", "condition", "then", "otherwise", "labels", "indices", "value", "args")

MOST_HELD = 100


class Trace:
    """One run.

    Args:
        tensors: those that the code reads.
        label: the name under which a value is stored, from its own name.
        functions: further elementwise functions with their number of arguments.
    """

    def __init__(self, tensors: Iterable[Tensor], label: Label, functions: Mapping[str, int] | None = None) -> None:
        self.bench = Bench(tensors, label, {**dict.fromkeys(callable_names(), 1), **(functions or {})})
        self._made = 0

    # -- values in -----------------------------------------------------------------------------------------------

    def plain(self, value: Any) -> Any:
        """A value of the traced code as operations take it."""
        from symprop.frontends.tracing.array import TracedArray

        match value:
            case TracedArray():
                return self.value_of(value) if value.tracer is self else self.stop("this array is of another run")
            case Selection():
                value.stop()
            case Size():
                return size_of(value.extent)
            case Steps():
                return OPERATIONS["arange"](self.bench, [self.plain(value.stop)], {})
            case range():
                return table(self.bench, np.asarray(value))
            case None | bool():
                return value
            case list() | tuple():
                return tuple(map(self.plain, value))
            case slice():
                return slice(*(None if e is None else self.plain(e) for e in (value.start, value.stop, value.step)))
            case int() | float() | np.number() | np.bool_():
                return number(value)
            case np.ndarray():
                return table(self.bench, value)
        if value is Ellipsis:
            return value
        kind = _dtype(value)
        if kind is not None:
            return kind
        if isinstance(value, str):
            return value
        raise not_traceable(f"a value of type {type(value).__name__} cannot be traced; expected arrays and numbers")

    def array(self, value: Any) -> Array:
        """A value as an array; of nested lists, the array they are."""
        if isinstance(value, list | tuple) and _are_numbers(value):
            return table(self.bench, np.asarray(value))
        found = self.plain(value)
        if isinstance(found, bool):
            return number(found)
        made = found if isinstance(found, Array) else self.run(array_of, self.bench, found)
        assert isinstance(made, Array)
        return made

    def value_of(self, traced: Any) -> Array:
        """What a traced array holds now; a value that has a name, or is read again, is stored."""
        cell: Cell = traced.cell
        root = cell.root
        if root.value.kind == "real" and not isinstance(root.value.body, ex.Read | ex.Number | ex.Constant):
            name = variable(traced) if cell is root else ""
            if name or root.reads:
                stored = self.bench.plain(root.value, name)
                root.value = Array(stored.axes, stored.body)
            root.reads += 1
        found = self.run(lambda: refreshed(cell.read(), self.bench.new))
        assert isinstance(found, Array)
        return found

    # -- values out ----------------------------------------------------------------------------------------------

    def wrapped(self, value: Any, is_ordered: bool = False) -> Any:
        """A result as the traced code sees it."""
        from symprop.frontends.tracing.array import TracedArray

        if isinstance(value, tuple):
            return tuple(map(self.wrapped, value))
        if not isinstance(value, Array):
            return value
        if value.kind == "integer" and value.extent is not None and not value.axes:
            return self.size(value.extent)
        return TracedArray(self, Memory(value, is_ordered or len(value.axes) < 2, not value.axes))

    def size(self, extent: Extent) -> Any:
        """An extent as a number, a Python integer where it is one."""
        return Size(self, extent) if extent.constant is None else extent.constant

    def scalar(self, body: ex.Expr) -> Any:
        """A number as the traced code sees it."""
        return self.wrapped(scalar(body))

    # -- calls ---------------------------------------------------------------------------------------------------

    def binary(self, op: str, left: Any, right: Any) -> Any:
        """`left op right`."""
        a, b = self.array(left), self.array(right)
        if op in ("//", "%"):
            self.stop(f"'{op}' of arrays cannot be traced; expected + - * / ** @ & |")
        ordered = all(getattr(v, "is_ordered", True) for v in (left, right)) or op == "@"
        return self.wrapped(self.run(binary, op, a, b), ordered)

    def call(self, operation: Operation, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        """The value of an operation."""
        given = [self._argument(operation.parameter(k)[0], value) for k, value in enumerate(args)]
        named = {name: self._argument(name, value) for name, value in keywords.items()}
        ordered = operation.name in ("matmul", "zeros", "ones", "full", "array", "stack", "eye", "concatenate")
        ordered = ordered or all(getattr(v, "is_ordered", True) for v in args)
        return self.wrapped(self.run(operation, self.bench, given, named), ordered)

    def _argument(self, name: str, value: Any) -> Any:
        if name == "keepdims":
            return bool(value)
        wants_array = name in OF_ARRAYS and not isinstance(value, str | np.dtype | type)
        is_list = isinstance(value, list | tuple)
        found = self.array(value) if wants_array and is_list else self.plain(value)
        return number(found) if isinstance(found, bool) and name in OF_ARRAYS else found

    def named(self, name: str) -> Operation | None:
        """The operation of a name of NumPy's."""
        return function_named(self.bench, name)

    def run(self, make: Callable[..., Any], *args: Any) -> Any:
        """An operation; what it refuses stops the trace, and so does an array that is too large."""
        try:
            found = make(*args)
            if isinstance(found, Array):
                self._check_size(found)
            return found
        except Mismatch as error:
            if error.needs:
                raise NeedsNumbers(error.needs) from None
            self.stop(_plainly(error.sentence(shapes_of(error.operands), "")), error.hint)
        except Misuse as error:
            self.stop(_plainly(str(error)), error.hint)

    def count(self) -> None:
        """One array more; code that makes too many of them is a loop that is too long."""
        self._made += 1
        if self._made > MOST_ARRAYS:
            message = f"more than {MOST_ARRAYS} arrays are made; such a loop cannot be traced"
            self.stop(message, "Write it as operations on whole arrays.")

    def _check_size(self, array: Array) -> None:
        """Refuse an array whose extents are numbers that are too large."""
        known = [extent.constant for extent in array.shape if extent.constant is not None]
        if prod(known) > MOST_ENTRIES:
            shape = shape_text(array.shape)
            self.stop(f"an array of shape {shape} is too large; expected at most {MOST_ENTRIES} entries")

    def stop(self, message: str, hint: str = "") -> NoReturn:
        """Stop the trace at the line that is running."""
        raise not_traceable(message, hint)


def _plainly(message: str) -> str:
    """A message without the text of an argument, which a trace does not have."""
    return message.replace("`{text}`", "this").replace("{text}", "given").replace("{name}", "it")


def _dtype(value: Any) -> type | None:
    """The kind of numbers that a dtype means."""
    try:
        name = value if isinstance(value, str) else np.dtype(value.__mro__[-2] if _is_own(value) else value).kind
    except (TypeError, AttributeError):
        return None
    return {"f": float, "i": int, "b": bool, "float": float, "float64": float, "int": int, "bool": bool}.get(name)


def _is_own(value: Any) -> bool:
    """True of the types that stand for Python's float and int while the code is traced."""
    return isinstance(value, type) and issubclass(value, float | int) and not issubclass(value, bool | np.generic)


def _are_numbers(value: Any) -> bool:
    """True of nested lists of numbers alone, all of one length on each level."""
    if not isinstance(value, list | tuple):
        return isinstance(value, int | float | np.number)
    shapes = {np.shape(part) for part in value} if all(map(_are_numbers, value)) else set()
    return len(shapes) == 1


def variable(traced: Any) -> str:
    """The name of the user's variable that is a value, or of a list or dictionary with it; "" where there is none."""
    frame = user_frame()
    known = {} if frame is None else {n: v for n, v in frame.f_locals.items() if NAME.fullmatch(n)}
    named = [n for n, v in known.items() if v is traced]
    holders = [n for n, v in known.items() if isinstance(v, list | tuple | dict) and _holds(v, traced)]
    return next(iter((*named, *holders)), "")


def _holds(container: Any, traced: Any) -> bool:
    values = container.values() if isinstance(container, dict) else container
    return len(container) <= MOST_HELD and any(v is traced for v in values)
