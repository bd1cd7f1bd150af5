"""Arrays without numbers, as the traced code sees them: NumPy's operators, methods, indexing and protocols.

Enters: what the code does with an array.  Leaves: traced arrays.  Whatever would need a number stops the trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from symprop.frontends.arrays import Array, compared
from symprop.frontends.operations.arguments import fitted
from symprop.frontends.operations.indexing import assigned, selected
from symprop.frontends.operations.operators import binary, unary
from symprop.frontends.tracing import views
from symprop.frontends.tracing.alternatives import untraced
from symprop.frontends.tracing.faults import NotTraceable, passed
from symprop.frontends.tracing.memory import Cell, Memory, View
from symprop.frontends.tracing.selection import HINT, REFUSED, Selection
from symprop.language.extents import ONE

if TYPE_CHECKING:
    from symprop.frontends.tracing.trace import Trace

METHODS: tuple[str, ...] = (
    "sum",
    "mean",
    "max",
    "min",
    "var",
    "std",
    "dot",
    "astype",
    "copy",
    "flatten",
    "clip",
    "cumsum",
    "trace",
)
METHODS = (*METHODS, "take", "diagonal", "argmax", "argmin", "prod", "all", "any", "round", "repeat")


@dataclass(frozen=True)
class Taken:
    """Where a copy was taken from by integers, and what one change in place made of it.

    Args:
        cell: the array.
        key: what stood in brackets.
        version: of the array at that time.
        op: the operator of the change, "" before it.
        value: its right side.
    """

    cell: Cell
    key: object
    version: int
    op: str = ""
    value: Array | None = None

    def is_of(self, cell: Cell, key: object) -> bool:
        """True where it would be put back to where it was taken from, and nothing was changed since."""
        return self.cell is cell and self.key is key and self.version == cell.root.version


class TracedArray:
    """An array of a trace.

    Args:
        trace: where it stands.
        cell: where its values are kept.
    """

    __array_priority__ = 1000.0

    def __init__(self, trace: Trace, cell: Cell) -> None:
        trace.count()
        self.tracer, self.cell = trace, cell
        self.taken: Taken | None = None

    # -- attributes ----------------------------------------------------------------------------------------------

    @property
    def value(self) -> Array:
        """What it holds now."""
        return self.tracer.value_of(self)

    @property
    def is_ordered(self) -> bool:
        """Whether its entries are known to lie in row-major order."""
        return isinstance(self.cell, Memory) and (self.cell.is_ordered or len(self.cell.value.axes) < 2)

    @property
    def is_scalar(self) -> bool:
        """Whether it is a number, which nothing can change."""
        return isinstance(self.cell, Memory) and self.cell.is_scalar

    @property
    def shape(self) -> tuple[Any, ...]:
        """Extents of the axes."""
        return tuple(map(self.tracer.size, self.cell.read().shape))

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.cell.read().axes)

    @property
    def size(self) -> Any:
        """The number of entries."""
        whole = ONE
        for extent in self.cell.read().shape:
            whole = whole * extent
        return self.tracer.size(whole)

    @property
    def T(self) -> TracedArray:
        """The axes reversed."""
        return views.transposed(self, ())

    @property
    def dtype(self) -> Any:
        """NumPy's dtype of such values."""
        import numpy as np

        return np.dtype({"integer": int, "mask": bool}.get(self.cell.read().kind, float))

    def __getattr__(self, name: str) -> Any:
        if name in METHODS:
            return lambda *args, **keywords: self.trace_call(name, *args, **keywords)
        if name in views.VIEWS:
            return lambda *args, **keywords: views.view(self, name, *args, **keywords)
        if name.startswith("__"):
            raise AttributeError(name)
        raise untraced(name, "an array's ")

    def trace_call(self, name: str, *args: Any, **keywords: Any) -> Any:
        """The method of a name, which is NumPy's function of that name."""
        from symprop.frontends.tracing.dispatch import call

        return call(self.tracer, name, (self, *args), keywords)

    # -- what needs a number -------------------------------------------------------------------------------------

    def _number(self, what: str, hint: str = "") -> NoReturn:
        self.tracer.stop(f"{what} needs the numbers of an array, which depend on the inputs", hint)

    def __bool__(self) -> bool:
        self._number("a condition", "Write np.where(condition, a, b).")

    def __float__(self) -> float:
        self._number("float()")

    def __int__(self) -> int:
        self._number("int()")

    def __index__(self) -> int:
        self._number("an index of Python")

    def __complex__(self) -> complex:
        self._number("complex()")

    def __array__(self, *args: Any, **keywords: Any) -> NoReturn:
        self._number("a function of NumPy that does not take traced arrays")

    def __hash__(self) -> int:
        self._number("a key")

    def __format__(self, spec: str) -> str:
        return "<traced array>"

    def __repr__(self) -> str:
        return "<traced array>"

    def __copy__(self) -> Any:
        return self.trace_call("copy")

    def __deepcopy__(self, memory: Any) -> Any:
        return self.trace_call("copy")

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("object of type 'numpy.float64' has no len()")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("'numpy.float64' object is not iterable")
        return (self[k] for k in range(int(self.shape[0])))

    def __contains__(self, value: object) -> bool:
        self._number("'in'")

    # -- protocols -----------------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        from symprop.frontends.tracing.dispatch import call_ufunc

        return call_ufunc(self.tracer, ufunc, method, inputs, keywords)

    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> Any:
        from symprop.frontends.tracing.dispatch import call

        return call(self.tracer, function.__name__, args, keywords)

    # -- indexing ------------------------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, TracedArray) and key.cell.read().kind == "mask":
            return self._selected(key)
        inside = views.inside(self, key)
        found = self.tracer.run(selected, self.tracer.bench, self.value, inside)
        if views.is_basic(inside) and found.axes:
            return views.window(self, inside, key)
        copied = self.tracer.wrapped(found)
        if isinstance(copied, TracedArray):
            copied.taken = Taken(self.cell, key, self.cell.root.version)
        return copied

    def __setitem__(self, key: Any, value: Any) -> None:
        self.check_writable()
        if isinstance(value, Selection) and value.mask is key:
            value = value.put_into(self)
            key = ...
        if isinstance(value, TracedArray) and self._is_own(value.cell, key):
            return  # x[key] op= y has changed x through its view
        op, new = self._put_back(key, value)
        inside = views.inside(self, key)
        try:
            self.cell.write(self.tracer.run(assigned, self.tracer.bench, self.value, inside, new, op))
        except NotTraceable as stop:
            # the gradients that do not read this array are traced all the same
            self.cell.root.lost = stop.fault
            passed(stop)

    def _put_back(self, key: Any, value: Any) -> tuple[str, Array]:
        """The operator and the operand of `x[key] op= y`, which Python does in two steps; else "" and the value."""
        taken = value.taken if isinstance(value, TracedArray) else None
        changed_once = taken is not None and (value.is_scalar or value.cell.root.version == 1)
        if changed_once and taken is not None and taken.value is not None and taken.is_of(self.cell, key):
            return taken.op, taken.value
        return "", self.tracer.array(value)

    def _is_own(self, cell: Cell, key: object) -> bool:
        """True of the view that `self[key]` gave."""
        return isinstance(cell, View) and cell.base is self.cell and cell.key is key

    def _selected(self, mask: TracedArray) -> Selection:
        if self.cell.read().shape != mask.cell.read().shape:
            self.tracer.stop(REFUSED, HINT)
        return Selection(self.tracer.wrapped(self.value, True), mask)

    def check_writable(self) -> None:
        """Stop where NumPy would not put real numbers in."""
        if self.is_scalar:
            raise TypeError("'numpy.float64' object does not support item assignment")
        kind = self.cell.read().kind
        if kind != "real":
            what = "integers" if kind == "integer" else "truth values"
            self.tracer.stop(f"a change in place of an array of {what} cannot be traced", "Give it dtype=float.")

    def changed(self, op: str, other: Any) -> Any:
        """`self op= other`."""
        taken = self.taken
        after = (
            None if taken is None or taken.value is not None else replace(taken, op=op, value=self.tracer.array(other))
        )
        if self.is_scalar:
            found = self.tracer.binary(op, self, other)
            if isinstance(found, TracedArray):
                found.taken = after
            return found
        self.check_writable()
        if isinstance(self.cell, View) and self.cell.update is not None:
            self.cell.update(op, self.tracer.array(other))
            return self
        new = self.tracer.run(binary, op, self.value, self.tracer.array(other))
        if new.shape != self.cell.read().shape:
            self.tracer.stop(f"the result of {op}= has another shape than the array it is put into")
        self.cell.write(new)
        self.taken = after
        return self

    # -- operators -----------------------------------------------------------------------------------------------

    def _compared(self, op: str, other: Any) -> Any:
        if other is None:
            return op == "!="
        left, right = self.value, self.tracer.array(other)
        return self.tracer.wrapped(self.tracer.run(fitted, compared, left, op, right), True)

    def __eq__(self, other: object) -> Any:
        return self._compared("==", other)

    def __ne__(self, other: object) -> Any:
        return self._compared("!=", other)

    def __lt__(self, other: Any) -> Any:
        return self._compared("<", other)

    def __le__(self, other: Any) -> Any:
        return self._compared("<=", other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(">", other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(">=", other)

    def _unary(self, op: str) -> Any:
        return self.tracer.wrapped(self.tracer.run(unary, op, self.value), self.is_ordered)

    def __neg__(self) -> Any:
        return self._unary("-")

    def __pos__(self) -> Any:
        return self._unary("+")

    def __invert__(self) -> Any:
        return self._unary("~")

    def __abs__(self) -> Any:
        return self.trace_call("abs")


OPERATORS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "matmul": "@", "and": "&", "or": "|"}
OPERATORS |= {"floordiv": "//", "mod": "%"}


def _operators(op: str) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    def forward(self: TracedArray, other: Any) -> Any:
        if isinstance(other, Selection):
            return NotImplemented
        return self.tracer.binary(op, self, other)

    def backward(self: TracedArray, other: Any) -> Any:
        return self.tracer.binary(op, other, self)

    def in_place(self: TracedArray, other: Any) -> Any:
        return self.changed(op, other)

    return forward, backward, in_place


for _name, _op in OPERATORS.items():
    for _prefix, _method in zip(("", "r", "i"), _operators(_op), strict=True):
        setattr(TracedArray, f"__{_prefix}{_name}__", _method)
