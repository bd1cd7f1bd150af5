"""Functions of loops as functions that Numba's compiled functions can call.

Enters: a Python function, and the shapes of its arguments.  Leaves: an intrinsic that puts its LLVM text into the
module of whoever calls it.
"""

from __future__ import annotations

import ast
import inspect
import os
import platform
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import config as settings
from numba.extending import intrinsic

from symprop.simd.nests import Result, compiled_text
from symprop.simd.teams import CLOCK, HELPER, RUNTIME, Shared, runtime_of, shared_text
from symprop.simd.values import Target
from symprop.simd.writing import Array, array_of

LLVM_TYPES = {"float": ir.FloatType(), "double": ir.DoubleType(), "i64": ir.IntType(64), "i1": ir.IntType(1)}
NUMBA_TYPES = {"float": types.float32, "double": types.float64, "i64": types.int64, "i1": types.boolean}


def settings_of(name: str) -> Any:
    """A setting of Numba's."""
    return getattr(settings, name)


def host_target() -> Target:
    """The vectors of this machine, or of the one that Numba was told to compile for."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return Target(128, 32)
    chosen = settings_of("CPU_FEATURES")
    if chosen is not None:
        features = {name[1:] for name in chosen.split(",") if name.startswith("+")}
    elif settings_of("CPU_NAME") == "generic":
        features = set()
    else:
        features = {name for name, on in binding.get_host_cpu_features().items() if on}
    if "avx512f" in features and "prefer-256-bit" not in features:
        return Target(512, 32)
    return Target(256, 16) if "avx" in features else Target(128, 16)


TARGET = host_target()
TEAM = "team"
"""The argument of a function of loops for helpers, None without any."""


class Text(ir.Function):  # type: ignore[misc]
    """A function of a module whose text is given."""

    def __init__(self, module: Any, kind: Any, name: str, text: str) -> None:
        super().__init__(module, kind, name)
        self.text = text

    def __str__(self) -> str:
        return self.text


class Declaration:
    """A line among the globals of a module."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def declare(module: Any, lines: Iterable[str]) -> None:
    """Add declarations that are not there yet."""
    for line in lines:
        called = line.split("@")[1].split("(")[0]
        if called not in module.globals:
            module.globals[called] = Declaration(line)


def put_into(module: Any, name: str, result: Result, parameters: list[Any]) -> Any:
    """The function of a name in a module, added where it is not there yet."""
    if name in module.globals:
        return module.globals[name]
    declare(module, result.declared)
    back = LLVM_TYPES[result.returned[0]] if result.returned else ir.VoidType()
    return Text(module, ir.FunctionType(back, parameters), name, result.text)


def put_shared_into(module: Any, name: str, shared: Shared, parameters: list[Any]) -> Any:
    """The function of a name whose parts a team does, added with all that it calls where it is not there yet."""
    own = f"{name}.shared"
    if own not in module.globals:
        runtime, declared = runtime_of(RUNTIME, platform.machine().lower(), os.name)
        declare(module, (*declared, *shared.declared))
        for called, text in (("team.ready", runtime), *shared.functions):
            module.globals.setdefault(called, Declaration(text))
        Text(module, ir.FunctionType(ir.VoidType(), parameters), own, shared.text)
    return module.globals[own]


def call_runtime(builder: Any, text: str, name: str, back: Any, given: list[Any]) -> Any:
    """A call of one of the functions that threads need, added where it is not there yet."""
    found, declared = runtime_of(text, platform.machine().lower(), os.name)
    declare(builder.module, declared)
    kind = ir.FunctionType(back, [v.type for v in given])
    return builder.call(builder.module.globals.get(name) or Text(builder.module, kind, name, found), given)


@intrinsic
def help_with(context: Any, team: Any, spins: Any) -> Any:
    """Parts of a team's stages that were found and done until, for a number of times, there were none."""

    def write(inner: Any, builder: Any, signature: Any, given: Any) -> Any:
        words = entry_pointer(inner, builder, signature.args[0], given[0])
        return call_runtime(builder, HELPER, "team.help", ir.IntType(64), [words, given[1]])

    return types.int64(team, types.int64), write


@intrinsic
def nanoseconds(context: Any) -> Any:
    """A clock; 0 where the system has none of a known name."""

    def write(inner: Any, builder: Any, signature: Any, given: Any) -> Any:
        return call_runtime(builder, CLOCK, "team.clock", ir.IntType(64), [])

    return types.int64(), write


def part_of(array: Any, start: int) -> Any:
    """The entries of a flat array from a place on, in Python."""
    return array[start:]


@intrinsic
def pointer(context: Any, array: Any, start: Any) -> Any:
    """A pointer to an entry of a flat array, from which a function of loops reads and writes."""

    def write(inner: Any, builder: Any, signature: Any, given: Any) -> Any:
        data = inner.make_array(signature.args[0])(inner, builder, given[0]).data
        return builder.gep(data, [given[1]])

    kind: Any = types.CPointer(array.dtype)  # type: ignore[no-untyped-call]
    return kind(array, types.int64), write


part = part_of if settings_of("DISABLE_JIT") else pointer


def lanes(real: str, **shapes: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function of loops for the vectors of this machine.

    Args:
        real: "float32" or "float64", the type of arrays of numbers.
        shapes: of every array argument its extents, "N, 64", and ": integer" behind those of integers.
    """
    kind = {"float32": "float", "float64": "double"}[real]
    arrays = {name: array_of(text, kind) for name, text in shapes.items()}

    def decorate(function: Callable[..., Any]) -> Any:
        names = list(inspect.signature(function).parameters)
        if settings_of("DISABLE_JIT"):
            return _plain(function, names, arrays)
        source, name = own_source(function), function.__name__
        results: dict[tuple[str, ...], Result] = {}
        shared: dict[tuple[str, ...], Shared | None] = {}

        def typed(context: Any, *given: Any) -> Any:
            own = [(n, t) for n, t in zip(names, given, strict=True) if n != TEAM]
            scalars = {n: _scalar(t) for n, t in own if n not in arrays}
            key = tuple(scalars.values())
            if key not in results:
                results[key] = compiled_text(source, name, arrays, scalars, kind, TARGET)
            result, together = results[key], None
            if any(n == TEAM and isinstance(t, types.Array) for n, t in zip(names, given, strict=True)):
                if key not in shared:
                    shared[key] = shared_text(source, name, arrays, scalars, kind, TARGET)
                together = shared[key]
            back: Any = NUMBA_TYPES[result.returned[0]] if result.returned else types.void
            passed = [t if n in (TEAM, *arrays) else NUMBA_TYPES[scalars[n]] for n, t in zip(names, given, strict=True)]

            def write(inner: Any, builder: Any, signature: Any, values: Any) -> Any:
                found = [(n, t, v) for n, t, v in zip(names, signature.args, values, strict=True)]
                data = [entry_pointer(inner, builder, t, v) for n, t, v in found if n != TEAM]
                if together is None or together.whole:
                    put = put_into(builder.module, name, result, [v.type for v in data])
                if together is not None:
                    data = [entry_pointer(inner, builder, t, v) for n, t, v in found if n == TEAM] + data
                    put = put_shared_into(builder.module, name, together, [v.type for v in data])
                answer = builder.call(put, data)
                return answer if result.returned else inner.get_dummy_value()

            return back(*passed), write

        # Numba passes arguments by the names of a signature
        words = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in ("context", *names)]
        typed.__signature__, typed.__name__ = inspect.Signature(words), function.__name__  # type: ignore[attr-defined]
        return intrinsic(typed)

    return decorate


def own_source(function: Callable[..., Any]) -> str:
    """The text of a function of loops without the team that may help with it, which its loops do not know."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = next(n for n in tree.body if isinstance(n, ast.FunctionDef))
    definition.args.args = [a for a in definition.args.args if a.arg != TEAM]
    return ast.unparse(definition)


def entry_pointer(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """An array's pointer, other values themselves."""
    return context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value


def _scalar(kind: Any) -> str:
    if isinstance(kind, types.Float):
        return "float" if kind.bitwidth == 32 else "double"
    return "i64"


def _plain(function: Callable[..., Any], names: list[str], arrays: dict[str, Array]) -> Callable[..., Any]:
    """The function itself, for arrays that are parts of flat ones."""

    def call(*given: Any) -> Any:
        sizes = {n: v for n, v in zip(names, given, strict=True) if n not in arrays}
        values = []
        for name, value in zip(names, given, strict=True):
            if name in arrays:
                shape = [e if isinstance(e, int) else int(sizes[e]) for e in arrays[name].shape]
                value = np.asarray(value).reshape(-1)[: int(np.prod(shape))].reshape(shape)
            values.append(value)
        return function(*values)

    return call
