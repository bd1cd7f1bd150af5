"""Functions of a module as machine code: `lanes` for functions of loops, `compiled` for those that drive them.

    compiled function ─ Program ─► LLVM IR ─► machine code ─ kept in a folder of the user ─► called with addresses

What this layer does not know is left to Numba, which is imported for that alone: to it, both kinds of functions are
functions of its own.

Enters: Python functions.  Leaves: functions that Python, each other, and Numba's functions can call.
"""

from __future__ import annotations

import ast
import ctypes
import hashlib
import inspect
import os
import platform
import re
import struct
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache, update_wrapper
from typing import Any

import numpy as np

from symprop.simd.drivers import HEAD, Program
from symprop.simd.machine import Native, loaded, made_by, names_needed, object_of, processor, runs_python
from symprop.simd.nests import Result, compiled_text
from symprop.simd.reading import Unsupported
from symprop.simd.store import TEXTS, keep, kept
from symprop.simd.teams import CLOCK, HELPER, RUNTIME, Shared, runtime_of, shared_text
from symprop.simd.values import Target
from symprop.simd.writing import Array, array_of

NUMBERS = {"float32": "float", "float64": "double"}
KINDS: dict[Any, str] = {
    **{np.dtype(name): kind for name, kind in (*NUMBERS.items(), ("int64", "i64"), ("int32", "i32"))},
    **{own: "i1" for own in (bool, np.bool_)},
    **{own: "i64" for own in (int, np.int64)},
    **{own: "double" for own in (float, np.float64)},
    np.float32: "float",
    type(None): "none",
}
"""The types of entries of arrays, and of numbers."""
LETTERS = {"i1": "q", "i64": "q", "float": "d", "double": "d"}
TARGET: Target | None = None
"""A machine in place of this one."""
OBJECTS: dict[str, bytes] = {}
"""Machine code of functions of loops by its text: several programs call the same ones."""
TEAM = "team"
"""The first argument of a function of loops that helpers may do parts of, None without any."""


@lru_cache(maxsize=4)
def _target(features: str) -> Target:
    if platform.machine().lower() in ("arm64", "aarch64"):
        return Target(128, 32)
    known = {name[1:] for name in features.split(",") if name.startswith("+")}
    if "avx512f" in known and "prefer-256-bit" not in known:
        return Target(512, 32)
    return Target(256, 16) if "avx" in known else Target(128, 16)


def host_target() -> Target:
    """The vectors of this machine, or of the one that Numba was told to compile for."""
    return TARGET or _target(processor()[1])


def text_of(function: Callable[..., Any]) -> str:
    """The text of a function; of one that stands at the left margin from the lines that its module was hashed with.

    Raises:
        Unsupported: there is none.
    """
    text = TEXTS.get(function.__code__.co_filename, "")
    start = text.find(f"\ndef {function.__name__}(") + 1
    end = re.compile(r"\n[^\s)]").search(text, start)
    try:
        return text[start : end.start() if end else None] if start else textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise Unsupported(f"no text of {function.__name__}") from None


def own_source(function: Callable[..., Any]) -> str:
    """The text of a function of loops without the team that may help with it, which its loops do not know."""
    return re.sub(rf"(\bdef \w+\(\s*){TEAM},\s*", r"\1", text_of(function), count=1)


# -- places in arrays -------------------------------------------------------------------------------------------------


class Part:
    """The entries of a flat array from a place on: to compiled code a pointer, from which functions of loops read."""

    def __call__(self, array: Any, start: int) -> Any:
        """The entries, in Python."""
        return array[start:]

    @cached_property
    def _numba_type_(self) -> Any:
        from numba import types
        from numba.extending import intrinsic

        def pointer(context: Any, array: Any, start: Any) -> Any:
            def write(inner: Any, builder: Any, signature: Any, given: Any) -> Any:
                data = inner.make_array(signature.args[0])(inner, builder, given[0]).data
                return builder.gep(data, [given[1]])

            kind: Any = types.CPointer(array.dtype)  # type: ignore[no-untyped-call]
            return kind(array, types.int64), write

        return _type_of(intrinsic(pointer))


part = Part()


class Barrier:
    """No instruction, but nothing is read or written earlier or later than it says: for what runs only to be timed."""

    def __call__(self) -> None:
        """Nothing, in Python."""

    @cached_property
    def _numba_type_(self) -> Any:
        from numba import types
        from numba.extending import intrinsic

        def fence(context: Any) -> Any:
            def write(inner: Any, builder: Any, signature: Any, given: Any) -> Any:
                builder.fence("seq_cst", "singlethread")
                return inner.get_dummy_value()

            return types.void(), write

        return _type_of(intrinsic(fence))


barrier = Barrier()


class HelpWith:
    """Parts of a team's stages that were found and done until, for a number of times, there were none."""

    def __call__(self, team: Any, spins: int) -> int:
        """None, in Python."""
        return 0

    @cached_property
    def _numba_type_(self) -> Any:
        from llvmlite import ir
        from numba import types
        from numba.extending import intrinsic

        def help_with(context: Any, team: Any, spins: Any) -> Any:
            def write(inner: Any, builder: Any, signature: Any, given: Any) -> Any:
                words = _entry_pointer(inner, builder, signature.args[0], given[0])
                return _call_runtime(builder, HELPER, "team.help", ir.IntType(64), [words, given[1]])

            return types.int64(team, types.int64), write

        return _type_of(intrinsic(help_with))


help_with = HelpWith()


class Nanoseconds:
    """A clock; 0 where the system has none of a known name."""

    def __call__(self) -> int:
        """None, in Python."""
        return 0

    @cached_property
    def _numba_type_(self) -> Any:
        from llvmlite import ir
        from numba import types
        from numba.extending import intrinsic

        def nanoseconds(context: Any) -> Any:
            def write(inner: Any, builder: Any, signature: Any, given: Any) -> Any:
                return _call_runtime(builder, CLOCK, "team.clock", ir.IntType(64), [])

            return types.int64(), write

        return _type_of(intrinsic(nanoseconds))


nanoseconds = Nanoseconds()


def _type_of(function: Any) -> Any:
    """The type that Numba knows a function of its own by."""
    from numba.core.registry import cpu_target

    cpu_target.typing_context.refresh()
    return cpu_target.typing_context.resolve_value_type(function)


# -- functions of loops -----------------------------------------------------------------------------------------------


class Loops:
    """A function of loops, compiled for the vectors of this machine by whoever calls it.

    Args:
        function: the function.
        arrays: of its arguments those that are arrays.
        real: "float" or "double".
    """

    def __init__(self, function: Callable[..., Any], arrays: Mapping[str, Array], real: str) -> None:
        update_wrapper(self, function)
        self.function, self.arrays, self.real = function, arrays, real
        self.names: Sequence[str] = list(inspect.signature(function).parameters)
        self.results: dict[tuple[str, ...], Result] = {}
        self.shares: dict[tuple[str, ...], Shared | None] = {}

    def __call__(self, *given: Any) -> Any:
        """Run by Python, for arrays that are parts of flat ones."""
        sizes = {n: v for n, v in zip(self.names, given, strict=True) if n not in self.arrays}
        values = []
        for name, value in zip(self.names, given, strict=True):
            if name in self.arrays:
                shape = [e if isinstance(e, int) else int(sizes[e]) for e in self.arrays[name].shape]
                value = np.asarray(value).reshape(-1)[: int(np.prod(shape))].reshape(shape)
            values.append(value)
        return self.function(*values)

    def result(self, scalars: Mapping[str, str]) -> Result:
        """Its text for given types of its numbers."""
        key = tuple(scalars.values())
        if key not in self.results:
            text, name = own_source(self.function), self.function.__name__
            self.results[key] = compiled_text(text, name, self.arrays, scalars, self.real, host_target())
        return self.results[key]

    def shared(self, scalars: Mapping[str, str]) -> Shared | None:
        """Its text in parts that a team does, None where there is little to share."""
        key = tuple(scalars.values())
        if key not in self.shares:
            text, name = own_source(self.function), self.function.__name__
            self.shares[key] = shared_text(text, name, self.arrays, scalars, self.real, host_target())
        return self.shares[key]

    @cached_property
    def _numba_type_(self) -> Any:
        from numba import types
        from numba.extending import intrinsic

        scalar = {"float": types.float32, "double": types.float64, "i64": types.int64}

        def kind_of(kind: Any) -> str:
            if isinstance(kind, types.Float):
                return "float" if kind.bitwidth == 32 else "double"
            return "i64"

        def typed(context: Any, *given: Any) -> Any:
            kinds = dict(zip(self.names, given, strict=True))
            scalars = {n: kind_of(t) for n, t in kinds.items() if n != TEAM and n not in self.arrays}
            result = self.result(scalars)
            parts = self.shared(scalars) if isinstance(kinds.get(TEAM), types.Array) else None
            back: Any = scalar[result.returned[0]] if result.returned else types.void
            passed = [scalar[scalars[n]] if n in scalars else t for n, t in kinds.items()]

            def write(inner: Any, builder: Any, signature: Any, values: Any) -> Any:
                found = zip(signature.args, values, strict=True)
                data = [_entry_pointer(inner, builder, t, v) for t, v in found]
                if TEAM in kinds and parts is None:
                    data = data[1:]
                called = _put_into(builder.module, self.function.__name__, result, parts, [v.type for v in data])
                answer = builder.call(called, data)
                return answer if result.returned else inner.get_dummy_value()

            return back(*passed), write

        # Numba passes arguments by the names of a signature
        words = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in ("context", *self.names)]
        typed.__signature__ = inspect.Signature(words)  # type: ignore[attr-defined]
        typed.__name__ = self.function.__name__
        return _type_of(intrinsic(typed))


def _entry_pointer(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """An array's pointer, other values themselves."""
    from numba import types

    return context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value


class Text:
    """A line among the globals of a module, or a function."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def _declare(module: Any, lines: Iterable[str]) -> None:
    """Add declarations that are not there yet."""
    for line in lines:
        module.globals.setdefault(line.split("@")[1].split("(")[0], Text(line))


def _function(module: Any, name: str, back: Any, parameters: Sequence[Any], text: str) -> Any:
    """The function of a name in a module of Numba's, added where it is not there yet."""
    from llvmlite import ir

    class Given(ir.Function):  # type: ignore[misc]
        """A function whose text is given."""

        def __str__(self) -> str:
            return text

    return module.globals.get(name) or Given(module, ir.FunctionType(back, parameters), name)


def _put_into(module: Any, name: str, result: Result, parts: Shared | None, parameters: Sequence[Any]) -> Any:
    """A function of loops in a module of Numba's; where a team does its parts, the one that has them done."""
    from llvmlite import ir

    kinds = {"float": ir.FloatType(), "double": ir.DoubleType(), "i64": ir.IntType(64), "i1": ir.IntType(1)}
    back = kinds[result.returned[0]] if result.returned else ir.VoidType()
    if parts is None or parts.whole:
        _declare(module, result.declared)
        whole = _function(module, name, back, parameters[parts is not None :], result.text)
    if parts is None:
        return whole
    runtime, declared = runtime_of(RUNTIME, platform.machine().lower(), os.name)
    _declare(module, (*declared, *parts.declared))
    for called, text in (("team.ready", runtime), *parts.functions):
        module.globals.setdefault(called, Text(text))
    return _function(module, f"{name}.shared", back, parameters, parts.text)


def _call_runtime(builder: Any, text: str, name: str, back: Any, given: Sequence[Any]) -> Any:
    """A call of one of the functions that threads need, added where it is not there yet."""
    found, declared = runtime_of(text, platform.machine().lower(), os.name)
    _declare(builder.module, declared)
    return builder.call(_function(builder.module, name, back, [v.type for v in given], found), given)


def lanes(real: str, **shapes: str) -> Callable[[Callable[..., Any]], Loops]:
    """Compile a function of loops for the vectors of this machine.

    Args:
        real: "float32" or "float64", the type of arrays of numbers.
        shapes: of every array argument its extents, "N, 64", and ": integer" behind those of integers.
    """
    kind = NUMBERS[real]
    arrays = {name: array_of(text, kind) for name, text in shapes.items()}
    return lambda function: Loops(function, arrays, kind)


# -- functions that drive them ----------------------------------------------------------------------------------------


class Compiled:
    """A function of arrays and numbers that is called as machine code.

    Args:
        function: the function.
        real: "float32" or "float64", what `real` stands for.
        folder: where machine code is kept, "" for nowhere.
    """

    def __init__(self, function: Callable[..., Any], real: str, folder: str) -> None:
        update_wrapper(self, function)
        self.function, self.real, self.folder = function, real, folder
        self.ready: dict[tuple[Any, ...], Callable[..., Any]] = {}
        self.natives: list[tuple[Native, bool]] = []
        """What was loaded, and whether it came from the folder."""
        self.trusted: Callable[..., Any] = function if runs_python() else self._first
        """The same for arguments that are known to be of the types of the first call."""

    def __call__(self, *given: Any) -> Any:
        """Run for arrays in order and numbers."""
        if self.trusted is self.function:
            return self.function(*given)
        return self._ready(given)(*given)

    def _first(self, *given: Any) -> Any:
        self.trusted = self._ready(given)
        return self.trusted(*given)

    def _ready(self, given: tuple[Any, ...]) -> Callable[..., Any]:
        # compiled code knows of memory what these say: types of entries, axes, and that entries lie in order
        kinds = tuple([(a.dtype, a.ndim, a.flags.carray) if type(a) is np.ndarray else type(a) for a in given])
        if kinds not in self.ready:
            self.ready[kinds] = self._made(kinds)
        return self.ready[kinds]

    def _made(self, kinds: tuple[Any, ...]) -> Callable[..., Any]:
        try:
            words = tuple(map(_word, kinds))
            native = self._native(words)
        except Unsupported:
            return self.by_numba  # type: ignore[no-any-return]
        function = loaded(native)
        if function is None:
            return self.by_numba  # type: ignore[no-any-return]
        return _caller(function, words)

    def _native(self, words: tuple[str, ...]) -> Native:
        key = repr((self.function.__name__, self.real, words, made_by(), host_target(), self._memory()))
        found = kept(self.folder, key) if self.folder else None
        self.natives.append((found or self._written(words), found is not None))
        if self.folder and found is None:
            keep(self.folder, key, self.natives[-1][0])
        return self.natives[-1][0]

    def _memory(self) -> str:
        """A hash of what the module is in memory, which may have been read from its file at another time."""
        parts: list[object] = []
        for name, value in sorted(self._space().items()):
            if isinstance(value, Loops | Compiled):
                code = value.function.__code__
                arrays = sorted(value.arrays.items()) if isinstance(value, Loops) else ()
                parts.append((name, code.co_code, code.co_consts, code.co_names, arrays))
            elif isinstance(value, int | float) and not name.startswith("__"):
                parts.append((name, value))
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _space(self) -> dict[str, Any]:
        return self.function.__globals__

    @cached_property
    def tree(self) -> ast.FunctionDef:
        """The syntax of the function."""
        return next(n for n in ast.parse(text_of(self.function)).body if isinstance(n, ast.FunctionDef))

    def _written(self, words: tuple[str, ...]) -> Native:
        space = self._space()

        def tree(name: str) -> ast.FunctionDef | None:
            own = space.get(name)
            return own.tree if isinstance(own, Compiled) else None

        def lower(name: str) -> Loops | None:
            own = space.get(name)
            return own if isinstance(own, Loops) else None

        program = Program(tree, lower, space, NUMBERS[self.real])
        result = program.entry(self.function.__name__, words)
        objects = [object_of(program.text())]
        declared = set(program.declared)
        for loops in program.loops.values():
            text = "\n".join([*loops.declared, loops.text.replace("define internal ", "define ", 1)])
            if text not in OBJECTS:
                OBJECTS[text] = object_of(text)
            objects.append(OBJECTS[text])
            declared |= set(loops.declared)
        return Native(result, names_needed(declared), tuple(objects))

    # -- for what this layer does not know ---------------------------------------------------------------------------

    @cached_property
    def by_numba(self) -> Any:
        """The function compiled by Numba.

        Of the fast-math flags only "contract" is set, a*b + c in one rounding: the others let a compiler assume that
        NaN and inf do not occur, or reorder sums that were put in order for accuracy.
        """
        from numba import njit
        from numba.core import config as settings

        config: Any = settings
        options: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}, "nogil": True}
        before, config.CACHE_DIR = config.CACHE_DIR, self.folder
        try:
            kernel = njit(cache=bool(self.folder), **options)(self.function)
        finally:
            config.CACHE_DIR = before
        elsewhere = self.folder and not str(kernel.stats.cache_path).startswith(self.folder)
        return njit(**options)(self.function) if elsewhere else kernel

    @cached_property
    def _numba_type_(self) -> Any:
        return _type_of(self.by_numba)


def compiler(real: str, folder: str) -> Callable[[Callable[..., Any]], Compiled]:
    """A decorator of functions that are called as machine code.

    Args:
        real: "float32" or "float64", what `real` stands for.
        folder: where machine code is kept, "" for nowhere.
    """
    return lambda function: Compiled(function, real, folder)


def _word(kind: Any) -> str:
    """An argument's type as `Program` names it."""
    own, axes, in_order = kind if isinstance(kind, tuple) else (kind, 0, True)
    if isinstance(kind, tuple) and not axes:
        raise Unsupported("an array without axes")
    if own not in KINDS or not in_order:
        raise Unsupported(f"an argument of type {own}")
    return f"{KINDS[own]}*{axes}" if axes else KINDS[own]


class Header(ctypes.Structure):
    """What NumPy's arrays begin with in memory, behind what every object of Python begins with."""

    _fields_ = (("address", ctypes.c_void_p), ("axes", ctypes.c_int), ("extents", ctypes.c_void_p))


@lru_cache(maxsize=1)
def _shows_headers() -> bool:
    """Whether arrays of this Python and NumPy begin as they do elsewhere, at the number that `id` gives."""
    probe = np.zeros((3, 5))
    header = Header.from_address(id(probe) + HEAD)
    return (header.address, header.axes) == (probe.ctypes.data, 2) and (
        list((ctypes.c_int64 * 2).from_address(header.extents or 0)) == [3, 5]
    )


def _caller(function: Callable[[bytes], Any], words: tuple[str, ...]) -> Callable[..., Any]:
    """A function of arrays and numbers that calls one of words."""
    pack = struct.Struct("".join("P" if "*" in word else LETTERS[word] for word in words if word != "none")).pack
    array = np.ndarray

    def call(*given: Any) -> Any:
        return function(pack(*[id(a) if type(a) is array else a for a in given if a is not None]))

    def call_slowly(*given: Any) -> Any:
        found = []
        for a in (a for a in given if a is not None):
            if type(a) is array:
                a = Header(a.ctypes.data, a.ndim, ctypes.cast((ctypes.c_int64 * a.ndim)(*a.shape), ctypes.c_void_p))
            found.append(a)
        places = [ctypes.addressof(a) - HEAD if isinstance(a, Header) else a for a in found]
        return function(pack(*places))

    return call if _shows_headers() else call_slowly
