"""Which operation a function of NumPy's is.

Enters: a name of NumPy's with its arguments.  Leaves: what the operation gives.
"""

from __future__ import annotations

import math
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
from symprop.frontends.tracing.alternatives import untraced
from symprop.frontends.tracing.array import TracedArray
from symprop.frontends.tracing.memory import Memory
from symprop.frontends.tracing.selection import Selection
from symprop.frontends.tracing.sizes import Size, extreme
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
RENAMED = {"a": "x", "arr": "x", "ary": "x", "object": "x", "fill_value": "value", "correction": "ddof"}
REDUCED = {"add": "sum", "maximum": "max", "minimum": "min", "logaddexp": "logsumexp"}
EXTREMES = {"maximum": "max", "minimum": "min", "max": "max", "min": "min", "amax": "max", "amin": "min"}


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
    if args and isinstance(args[0], TracedArray) and views.gives_view(args[0], name):
        return views.view(args[0], name, *args[1:], **keywords)
    if args and isinstance(args[0], Selection) and name in ("sum", "mean") and not args[1:] and not keywords:
        return getattr(args[0], name)()
    if name in EXTREMES and not keywords:
        numbers = args[0] if len(args) == 1 and isinstance(args[0], list | tuple) else args
        if numbers and all(isinstance(value, Size | int) for value in numbers):
            return extreme(EXTREMES[name], numbers)
    special = SPECIAL.get(name)
    if special is not None:
        return special(trace, *args, **keywords)
    return _operation(trace, name, args, keywords)


def _operation(trace: Trace, name: str, args: list[Any], keywords: Mapping[str, Any]) -> Any:
    found = function_named(trace.bench, name)
    if found is None:
        raise untraced(name)
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


def _average(trace: Trace, x: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Any:
    if weights is None:
        return _operation(trace, "mean", [x], {"axis": axis, "keepdims": keepdims})
    values, parts = (trace.wrapped(trace.array(given)) for given in (x, weights))
    if values.ndim != parts.ndim:
        trace.stop("average with weights of another shape cannot be traced", "Write (w * x).sum() / w.sum().")
    total, size = (_operation(trace, "sum", [a], {"axis": axis, "keepdims": keepdims}) for a in (values * parts, parts))
    return total / size


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


def _vdot(trace: Trace, left: Any, right: Any) -> Any:
    return _operation(trace, "sum", [trace.binary("*", left, right)], {})


def _norm(trace: Trace, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    """NumPy's norm, and the one of order inf, which is no number of a formula."""
    if not isinstance(ord, float) or not math.isinf(ord):
        return _operation(trace, "norm", [x, ord, axis], {"keepdims": keepdims})
    if isinstance(axis, tuple) or (axis is None and _ndim(trace, x) != 1):
        trace.stop("norm of a matrix in order inf cannot be traced", "Write np.max(np.sum(np.abs(x), axis=1)).")
    size = _operation(trace, "abs", [x], {})
    return _operation(trace, "max" if ord > 0 else "min", [size, axis], {"keepdims": keepdims})


def _split(trace: Trace, x: Any, parts: Any, axis: int = 0, is_even: bool = True) -> list[Any]:
    """Views of parts behind one another: so many, or between the given places."""
    place = axis % x.ndim
    ends = list(parts) if isinstance(parts, list | tuple | np.ndarray) else _ends(trace, x.shape[place], parts, is_even)
    before = (slice(None),) * place
    return [x[(*before, slice(a, b))] for a, b in zip([None, *ends], [*ends, None], strict=True)]


def _ends(trace: Trace, extent: Any, parts: int, is_even: bool) -> list[Any]:
    if not is_even:
        return [sum(len(p) for p in np.array_split(range(int(extent)), parts)[: k + 1]) for k in range(parts - 1)]
    if extent % parts != 0:
        trace.stop(f"an axis of extent {extent} has no {parts} equal parts")
    return [extent // parts * k for k in range(1, parts)]


def _array_split(trace: Trace, x: Any, parts: Any, axis: int = 0) -> list[Any]:
    return _split(trace, x, parts, axis, False)


def _hsplit(trace: Trace, x: Any, parts: Any) -> list[Any]:
    return _split(trace, x, parts, min(1, x.ndim - 1))


SPECIAL: dict[str, Callable[..., Any]] = {
    "average": _average,
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
    "vdot": _vdot,
    "norm": _norm,
    "split": _split,
    "array_split": _array_split,
    "vsplit": _split,
    "hsplit": _hsplit,
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
