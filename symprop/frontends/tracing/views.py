"""Views of traced arrays, as NumPy makes them: transposes, slices, reshapes.

Enters: a traced array, and what is asked for.  Leaves: a traced array over the same memory, or over memory of its own
where NumPy copies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from symprop.frontends.arrays import Array
from symprop.frontends.operations import OPERATIONS, shaping
from symprop.frontends.operations.indexing import assigned, selected
from symprop.frontends.tracing.memory import View

if TYPE_CHECKING:
    from symprop.frontends.tracing.array import TracedArray

OWN_INVERSE, READ_ONLY = ("swapaxes", "flip", "flipud", "fliplr"), ("broadcast_to", "diagonal", "diag")
VIEWS = ("reshape", "ravel", "transpose", "squeeze", "expand_dims", *OWN_INVERSE, *READ_ONLY)


def _viewed(base: TracedArray, get: Callable[[Array], Array], put: Any, is_certain: bool = True) -> TracedArray:
    base.tracer.run(get, base.value)
    return type(base)(base.tracer, View(base.cell, get, put, is_certain))


def gives_view(base: TracedArray, name: str) -> bool:
    """True where NumPy's function of a name gives a view of an array."""
    return name in VIEWS and (name != "diag" or base.ndim == 2)


def view(base: TracedArray, name: str, *args: Any, **keywords: Any) -> TracedArray:
    """The view that a function or method of a name gives."""
    if name == "transpose":
        axes = args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args
        return transposed(base, tuple(axes or keywords.get("axes") or ()))
    bench, trace = base.tracer.bench, base.tracer
    keywords.pop("order", None) if keywords.get("order") == "C" else None
    if "newshape" in keywords or "shape" in keywords:
        args = (keywords.pop("newshape", None) or keywords.pop("shape"),)
    given = [trace.plain(value) for value in args]
    named = {key: trace.plain(value) for key, value in keywords.items()}

    def get(array: Array) -> Array:
        found = OPERATIONS[name](bench, [array, *given], named)
        assert isinstance(found, Array)
        return found

    if name in OWN_INVERSE:
        return _viewed(base, get, lambda old, new: get(new))
    if name in READ_ONLY:
        return _viewed(base, get, None)
    certain = name in ("squeeze", "expand_dims") or base.is_ordered
    return _viewed(base, get, lambda old, new: shaping.reshaped(bench, new, list(old.shape)), certain)


def transposed(base: TracedArray, axes: Sequence[int]) -> TracedArray:
    """The axes in another order, reversed by default."""
    rank = base.ndim
    order = [int(a) % rank for a in axes] if axes else list(reversed(range(rank)))
    if sorted(order) != list(range(rank)):
        base.tracer.stop(f"transpose needs each of {rank} axes once")
    back = [order.index(k) for k in range(rank)]
    return _viewed(base, lambda a: shaping.transposed(a, order), lambda old, new: shaping.transposed(new, back))


def window(base: TracedArray, inside: Sequence[Any], key: object) -> TracedArray:
    """A slice, and the key it was asked for with."""
    bench = base.tracer.bench

    def update(op: str, value: Array) -> None:
        base.cell.write(base.tracer.run(assigned, bench, base.value, inside, value, op))

    def put(old: Array, new: Array) -> Array:
        found = base.tracer.run(assigned, bench, old, inside, new)
        assert isinstance(found, Array)
        return found

    return type(base)(base.tracer, View(base.cell, lambda a: selected(bench, a, inside), put, key=key, update=update))


def inside(base: TracedArray, key: Any) -> list[Any]:
    """What stands in brackets, slices of known length within it as NumPy clips them."""
    parts = [
        base.tracer.plain(part) if not isinstance(part, list) else base.tracer.array(part)
        for part in (key if isinstance(key, tuple) else (key,))
    ]
    shape = base.cell.read().shape
    masks = [isinstance(p, Array) and p.kind == "mask" for p in parts]
    if any(masks) and len(parts) > 1:
        hint = "Write np.where(mask, x, 0) before the others."
        base.tracer.stop("a mask beside other subscripts cannot be traced", hint)
    dots = parts.index(Ellipsis) if any(p is Ellipsis for p in parts) else len(parts)
    before = [p for p in parts[:dots] if p is not None]
    numbers = {id(p): k for k, p in enumerate(before)}
    rest = [p for p in parts[dots + 1 :] if p is not None]
    numbers |= {id(p): len(shape) - len(rest) + k for k, p in enumerate(rest)}
    return [
        _clipped(p, shape[numbers[id(p)]].constant) if isinstance(p, slice) and numbers[id(p)] < len(shape) else p
        for p in parts
    ]


def _clipped(part: slice, extent: int | None) -> slice:
    """A slice as NumPy reads it, where its numbers are known."""
    ends = [None if end is None else end.extent for end in (part.start, part.stop)]
    if extent is None or part.step is not None or any(e is not None and e.constant is None for e in ends):
        return part
    known = slice(*(None if e is None else e.constant for e in ends))
    start, stop, _ = known.indices(extent)
    return slice(shaping.number(start), shaping.number(max(start, stop)), None)


def is_basic(inside: Sequence[Any]) -> bool:
    """True of slices, numbers and new axes, of which NumPy makes a view."""
    return not any(isinstance(part, Array) and part.axes for part in inside)
