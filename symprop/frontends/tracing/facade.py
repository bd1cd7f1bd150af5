"""NumPy, math and Python's own functions as the traced code sees them.

Enters: a trace.  Leaves: values that stand in the user's globals while the code runs: the module `np`, functions
imported from it, and those of Python that would ask an array for a number.  A function that is not known here is the
real one as long as no traced array comes to it.
"""

from __future__ import annotations

import builtins
import contextlib
import math
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from symprop.frontends.operations import function_named
from symprop.frontends.tracing import dispatch
from symprop.frontends.tracing.alternatives import untraced
from symprop.frontends.tracing.array import TracedArray
from symprop.frontends.tracing.faults import not_traceable
from symprop.frontends.tracing.sizes import Size, Steps, extreme
from symprop.frontends.tracing.trace import Trace
from symprop.language import expressions as ex

MODULES = ("numpy", "math", "scipy", "scipy.special", "numpy.linalg", "scipy.linalg")
CONSTANTS = {"pi": ex.Constant("pi"), "e": ex.Call("exp", (ex.ONE,))}


def is_traced(value: Any) -> bool:
    """True where a value is traced, or holds what is."""
    if isinstance(value, list | tuple):
        return any(map(is_traced, value))
    if isinstance(value, dict):
        return any(map(is_traced, value.values()))
    return isinstance(value, TracedArray | Size)


class Facade:
    """A module as the traced code sees it."""

    def __init__(self, trace: Trace, module: ModuleType) -> None:
        self._trace, self._module = trace, module

    def __getattr__(self, name: str) -> Any:
        if name in CONSTANTS and hasattr(self._module, name):
            return self._trace.scalar(CONSTANTS[name])
        if name in ("c_", "r_"):
            return Joiner(self._trace, "column_stack" if name == "c_" else "concatenate")
        try:
            real = getattr(self._module, name)
        except AttributeError:
            raise AttributeError(f"module '{self._module.__name__}' has no attribute '{name}'") from None
        return replaced(self._trace, real, name)


class Joiner:
    """`np.c_[a, b]` and `np.r_[a, b]`."""

    def __init__(self, trace: Trace, name: str) -> None:
        self._trace, self._name = trace, name

    def __getitem__(self, key: Any) -> Any:
        return dispatch.call(self._trace, self._name, [list(key) if isinstance(key, tuple) else [key]], {})


class Function:
    """A function of NumPy's, or one of its ufuncs with `at`, `outer` and `reduce`."""

    def __init__(self, trace: Trace, real: Any, name: str) -> None:
        self._trace, self._real, self._name = trace, real, name
        self.__name__ = name

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """The function's value; of one that is not known, as long as nothing traced comes to it."""
        if self._name in dispatch.SPECIAL or self._name in dispatch.KNOWN:
            return dispatch.call(self._trace, self._name, args, keywords)
        if function_named(self._trace.bench, self._name) is not None:
            return dispatch.call(self._trace, self._name, args, keywords)
        return guarded(self._real, self._name)(*args, **keywords)

    def __getattr__(self, name: str) -> Any:
        if name in ("at", "outer", "reduce", "accumulate", "reduceat"):
            return lambda *args, **keywords: dispatch.call_ufunc(self._trace, self._real, name, args, keywords)
        return getattr(self._real, name)


def guarded(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The real function, as long as nothing traced comes to it."""

    def call(*args: Any, **keywords: Any) -> Any:
        if is_traced(args) or is_traced(keywords):
            raise untraced(name)
        return real(*args, **keywords)

    return call


def replaced(trace: Trace, real: Any, name: str) -> Any:
    """What stands for a value of NumPy's, math's or SciPy's; the value itself where nothing need."""
    if isinstance(real, ModuleType) and real.__name__.split(".")[0] in ("numpy", "math", "scipy"):
        return Random() if real.__name__ == "numpy.random" else Facade(trace, real)
    if isinstance(real, np.ufunc):
        return Function(trace, real, real.__name__)
    if isinstance(real, type) or not callable(real):
        return real
    return Function(trace, real, getattr(real, "__name__", name))


class Random:
    """`np.random`: a function that draws numbers has no one value."""

    def __getattr__(self, name: str) -> Any:
        raise not_traceable("random numbers cannot be traced", "Draw them in inputs(rng).")


def _is_foreign(value: Any) -> bool:
    """True of modules and functions of NumPy's, math's and SciPy's."""
    if isinstance(value, ModuleType):
        return value.__name__ in MODULES
    if isinstance(value, np.ufunc):
        return True
    module = (getattr(value, "__module__", None) or "").split(".")[0]
    return module in ("numpy", "math", "scipy") and callable(value) and not isinstance(value, type)


def _constant(trace: Trace, name: str, value: Any) -> Any:
    """`from math import pi`."""
    if name in CONSTANTS and isinstance(value, float) and value == getattr(math, name):
        return trace.scalar(CONSTANTS[name])
    return None


@contextlib.contextmanager
def facade(trace: Trace, module: ModuleType) -> Iterator[None]:
    """Put the facade into a module's globals, and take it out again."""
    space = module.__dict__
    before = dict(space)
    for name, value in before.items():
        if _is_foreign(value):
            space[name] = replaced(trace, value, name)
        elif _constant(trace, name, value) is not None:
            space[name] = _constant(trace, name, value)
    space |= {name: make(trace) for name, make in BUILTINS.items() if name not in before}
    try:
        yield
    finally:
        space.clear()
        space.update(before)


# -- functions of Python ------------------------------------------------------------------------------------------


def _len(trace: Trace) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        return x.shape[0] if isinstance(x, TracedArray) and x.ndim else builtins.len(x)

    return call


class _OfKind(type):
    """A type whose instances are those of the type it stands for."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.__mro__[1])

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.__mro__[1])


def _float(trace: Trace) -> type:
    class Float(float, metaclass=_OfKind):
        """Python's float, of a traced number that number."""

        def __new__(cls, x: Any = 0.0) -> Any:
            if isinstance(x, Size):
                return trace.wrapped(trace.array(x).real())
            return trace.wrapped(x.reshape(()).value.real()) if isinstance(x, TracedArray) else builtins.float(x)

    return Float


def _int(trace: Trace) -> type:
    class Int(int, metaclass=_OfKind):
        """Python's int, of an extent that extent."""

        def __new__(cls, x: Any = 0, *base: Any) -> Any:
            return x if isinstance(x, Size) else builtins.int(x, *base)

    return Int


def _range(trace: Trace) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        return Steps(args[0]) if len(args) == 1 and isinstance(args[0], Size) else builtins.range(*args)

    return call


def _is_number(value: Any) -> bool:
    return not value.ndim if isinstance(value, TracedArray) else isinstance(value, int | float | Size)


def _extreme(name: str) -> Callable[[Trace], Callable[..., Any]]:
    def make(trace: Trace) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            if len(args) == 1 and isinstance(args[0], TracedArray) and args[0].ndim == 1 and not keywords:
                return dispatch.call(trace, name, args, {})
            values = list(args[0]) if len(args) == 1 else list(args)
            if keywords or not all(_is_number(v) for v in values) or not is_traced(values):
                return getattr(builtins, name)(values, **keywords)
            if not any(isinstance(v, TracedArray) for v in values):
                return extreme(name, values)
            found = values[0]
            for value in values[1:]:
                found = dispatch.call(trace, f"{name}imum", (found, value), {})
            return found

        return call

    return make


BUILTINS: dict[str, Callable[[Trace], Any]] = {
    "len": _len,
    "float": _float,
    "int": _int,
    "range": _range,
    "max": _extreme("max"),
    "min": _extreme("min"),
}
