"""Which operation a function of NumPy's is.

Enters: a name of NumPy's with its arguments.  Leaves: what the operation gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symprop.frontends.arrays import compared
from symprop.frontends.operations import function_named
from symprop.frontends.operations.arguments import fitted
from symprop.frontends.operations.indexing import accumulated
from symprop.frontends.operations.operators import unary
from symprop.frontends.tracing import views
from symprop.frontends.tracing.array import TracedArray
from symprop.frontends.tracing.memory import Memory
from symprop.frontends.tracing.sizes import Size
from symprop.frontends.tracing.trace import Trace

COMPARISONS = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!="}
LOGICAL = {"logical_and": "&", "logical_or": "|", "bitwise_and": "&", "bitwise_or": "|"}
ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "power": "**"}
ARITHMETIC |= {"matmul": "@", "floor_divide": "//", "remainder": "%", "float_power": "**", "mod": "%"}
SAME_MEMORY = ("asarray", "asanyarray", "ascontiguousarray")
NEUTRAL: Mapping[str, tuple[Any, ...]] = {"dtype": (None, float), "order": ("C", "K", None), "copy": (True, None)}
NEUTRAL = {
    **NEUTRAL,
    "optimize": (True, False),
    "casting": ("same_kind",),
    "where": (True,),
    "initial": (None,),
    "subok": (False,),
}
RENAMED = {"a": "x", "arr": "x", "ary": "x", "object": "x", "fill_value": "value"}
REDUCED = {"add": "sum", "maximum": "max", "minimum": "min"}


def call(trace: Trace, name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """The function of a name."""
    out = keywords.get("out")
    keywords = {k: trace.plain(v) if k == "dtype" and v is not None else v for k, v in keywords.items()}
    given = {key: value for key, value in keywords.items() if key != "out" and not _is_neutral(name, key, value)}
    found = _called(trace, name, list(args), given)
    return found if out is None else _put(trace, out[0] if isinstance(out, tuple) else out, found)


def _is_neutral(name: str, key: str, value: Any) -> bool:
    """True of an argument that says what is so anyway."""
    creates = name in ("zeros", "ones", "full", "zeros_like", "ones_like", "full_like", "eye", "array", "astype")
    return key in NEUTRAL and not (creates and key == "dtype") and any(value is v or value == v for v in NEUTRAL[key])


def _called(trace: Trace, name: str, args: list[Any], keywords: dict[str, Any]) -> Any:
    if name in COMPARISONS:
        return trace.wrapped(trace.run(fitted, compared, trace.array(args[0]), COMPARISONS[name], trace.array(args[1])))
    if name in ARITHMETIC or name in LOGICAL:
        return trace.binary({**ARITHMETIC, **LOGICAL}[name], args[0], args[1])
    if name in ("logical_not", "invert"):
        return trace.wrapped(trace.run(unary, "~", trace.array(args[0])))
    if name in SAME_MEMORY and isinstance(args[0], TracedArray) and not keywords:
        return args[0]
    if name in views.VIEWS and isinstance(args[0], TracedArray):
        return views.view(args[0], name, *args[1:], **keywords)
    special = SPECIAL.get(name)
    if special is not None:
        return special(trace, *args, **keywords)
    return _operation(trace, name, args, keywords)


def _operation(trace: Trace, name: str, args: list[Any], keywords: Mapping[str, Any]) -> Any:
    found = function_named(trace.bench, name)
    if found is None:
        trace.stop(f"'{name}' cannot be traced")
    given = {RENAMED.get(k, k): v for k, v in keywords.items()}
    if len(args) < found.required:
        missing = found.parameters[len(args) : found.required]
        args = args + [given.pop(name) for name in missing if name in given]
    result = trace.call(found, args, given)
    fresh = name in CREATED and isinstance(result, TracedArray) and isinstance(result.cell, Memory)
    if fresh:
        result.cell.is_scalar = False
    return result


CREATED = ("zeros", "ones", "full", "array", "zeros_like", "ones_like", "full_like", "asarray")


def _put(trace: Trace, out: Any, value: Any) -> Any:
    if not isinstance(out, TracedArray):
        trace.stop("out= of an array that is not traced cannot be traced")
    out[...] = value
    return out


# -- functions with a form of their own ---------------------------------------------------------------------------


def _clip(trace: Trace, x: Any, low: Any = None, high: Any = None, **keywords: Any) -> Any:
    low, high = keywords.get("a_min", keywords.get("min", low)), keywords.get("a_max", keywords.get("max", high))
    if low is None and high is None:
        return x
    if low is None or high is None:
        return _operation(trace, "maximum" if high is None else "minimum", [x, low if high is None else high], {})
    return _operation(trace, "clip", [x, low, high], {})


def _where(trace: Trace, condition: Any, *choices: Any) -> Any:
    if len(choices) != 2:
        trace.stop("where with one argument gives an array of no fixed shape", "Write np.where(mask, a, b).")
    return _operation(trace, "where", [condition, *choices], {})


def _arange(trace: Trace, *args: Any, **keywords: Any) -> Any:
    if len(args) == 1:
        return _operation(trace, "arange", [args[0]], keywords)
    start, stop, step = (*args, 1) if len(args) == 2 else args
    if not all(isinstance(value, Size | int | np.integer) for value in (start, stop, step)):
        trace.stop("arange of numbers that are not whole cannot be traced", "Multiply arange(n) by the step.")
    if step != 1:
        return trace.wrapped(trace.array(np.arange(int(start), int(stop), int(step))))
    positions = trace.array(_operation(trace, "arange", [stop - start], keywords))
    return trace.wrapped(_shifted(positions, trace.array(start)))


def _shifted(array: Any, start: Any) -> Any:
    from symprop.language import expressions as ex

    return replace(array, body=ex.size(array.position + start.position.offset))


def _softmax(trace: Trace, x: Any, axis: Any = None) -> Any:
    return _rows(trace, "softmax", x, axis)


def _log_softmax(trace: Trace, x: Any, axis: Any = None) -> Any:
    return _rows(trace, "log_softmax", x, axis)


def _rows(trace: Trace, name: str, x: Any, axis: Any) -> Any:
    """SciPy's functions of rows, which take all axes by default."""
    rank = len(trace.array(x).axes)
    return _operation(trace, name, [x, tuple(range(rank)) if axis is None else axis], {})


def _atleast_2d(trace: Trace, x: Any) -> Any:
    return x if x.ndim >= 2 else x[None, :] if x.ndim == 1 else x.reshape(1, 1)


def _shape(trace: Trace, x: Any) -> Any:
    return x.shape


def _moveaxis(trace: Trace, x: Any, source: int, destination: int) -> Any:
    order = [k for k in range(x.ndim) if k != source % x.ndim]
    order.insert(destination % x.ndim, source % x.ndim)
    return views.transposed(x, order)


def _empty(trace: Trace, shape: Any, **keywords: Any) -> Any:
    return call(trace, "zeros", [shape], keywords)


def _empty_like(trace: Trace, x: Any, **keywords: Any) -> Any:
    return call(trace, "zeros_like", [x], keywords)


def _copyto(trace: Trace, target: Any, value: Any) -> None:
    target[...] = value


def _ndim(trace: Trace, x: Any) -> int:
    return len(trace.array(x).axes)


def _negative_inner(trace: Trace, left: Any, right: Any) -> Any:
    if len(trace.array(left).axes) > 1 or len(trace.array(right).axes) > 1:
        trace.stop("inner of arrays with more than 1 axis cannot be traced", "Use @ or einsum.")
    return _operation(trace, "dot", [left, right], {})


def _vdot(trace: Trace, left: Any, right: Any) -> Any:
    return _operation(trace, "sum", [trace.binary("*", left, right)], {})


SPECIAL: dict[str, Callable[..., Any]] = {
    "clip": _clip,
    "where": _where,
    "arange": _arange,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "atleast_2d": _atleast_2d,
    "shape": _shape,
    "ndim": _ndim,
    "moveaxis": _moveaxis,
    "empty": _empty,
    "empty_like": _empty_like,
    "copyto": _copyto,
    "inner": _negative_inner,
    "vdot": _vdot,
}


KNOWN = (*COMPARISONS, *ARITHMETIC, *LOGICAL, "logical_not", "invert", *views.VIEWS, *SAME_MEMORY)


# -- ufuncs ---------------------------------------------------------------------------------------------------------


def call_ufunc(trace: Trace, ufunc: Any, method: str, inputs: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """A ufunc, or one of its methods."""
    name = ufunc.__name__
    if method == "__call__":
        return call(trace, name, inputs, keywords)
    if method == "reduce" and name in REDUCED:
        axis = keywords.get("axis", inputs[1] if len(inputs) > 1 else 0)
        rest = {k: v for k, v in keywords.items() if k != "axis"}
        return call(trace, REDUCED[name], [inputs[0]], {"axis": axis, **rest})
    if method == "outer" and name in ARITHMETIC:
        left, right = (trace.wrapped(trace.array(v)) for v in inputs)
        return trace.binary(ARITHMETIC[name], left.reshape(*left.shape, *[1] * right.ndim), right)
    if method == "at" and name in ("add", "subtract"):
        target, key, value = inputs
        return add_at(trace, target, key, value if name == "add" else -value)
    trace.stop(f"np.{name}.{method} cannot be traced")


def add_at(trace: Trace, target: Any, key: Any, value: Any) -> None:
    """`np.add.at(target, key, value)`."""
    if not isinstance(target, TracedArray):
        trace.stop("np.add.at of an array that is not traced cannot be traced", "Make it by np.zeros.")
    target.check_writable()
    added, inside = trace.array(value), views.inside(target, key)
    target.cell.write(trace.run(accumulated, trace.bench, target.value, inside, added))
