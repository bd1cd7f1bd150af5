"""What the names in the shapes of an entry stand for, for one layer: options, axes of its arguments, computed extents.

Enters: a form of an entry, its options and the tensors it reads.  Leaves: `Bindings`, or the first fault as a sentence
with what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symprop.errors import Fault, FormulaError
from symprop.language import Extent, Tensor
from symprop.library import Layer
from symprop.network.shapes import Axes, Bindings, product, shown

Resolve = Callable[[Any], Axes]


def bound(
    entry: Layer, options: Mapping[str, Any], given: Mapping[str, Tensor], extents: Resolve, called: Callable[..., str]
) -> Bindings:
    """The names of a layer.

    Args:
        entry: in the form that the options give it.
        options: a value for every option.
        given: tensors by argument.
        extents: extents of a list of numbers and names of the spec.
        called: what the spec calls a tensor.

    Raises:
        FormulaError: shapes or options do not fit each other.
    """
    bindings = Bindings()
    _options(bindings, entry, options, extents)
    for name, tensor in given.items():
        shape = entry.args[name]
        if not bindings.match(shape, tensor.axes, tensor.high):
            _fail(f"{called(tensor)} has shape {shown(tensor.axes, tensor.high)}; expected ({_axes(shape)})")
    if "(...)" in entry.shape and not bindings.dots:
        _fail(f"{called(next(iter(given.values())))} has the batch axis alone; expected at least one more")
    _pick(bindings, entry, options)
    for name, text in entry.extents.items():
        bindings.names[name] = bindings.value(text)
    require(bindings, entry)
    return bindings


def require(bindings: Bindings, entry: Layer) -> None:
    """Check what has to hold of the extents.

    Raises:
        FormulaError: one of the requirements does not hold.
    """
    for requirement in entry.requires:
        if not bindings.value(requirement.least).at_least(0):
            _fail(bindings.sentence(requirement.sentence), requirement.hint)


def pick(bindings: Bindings, entry: Layer, options: Mapping[str, Any], count: int) -> None:
    """The axes that options pick, of so many beside the batch.

    Raises:
        FormulaError: there is no such axis, or one is named twice.
    """
    for name, option in entry.options.items():
        if option.kind != "axes" or options[name] is None:
            continue
        chosen = [options[name]] if isinstance(options[name], int) else list(options[name])
        places = tuple(k - 1 if k > 0 else k + count for k in chosen)
        if any(not 0 <= k < count for k in places) or len(set(places)) < len(places):
            got = chosen[0] if len(chosen) == 1 else chosen
            _fail(f"{name}: expected different axes from 1 to {count} or from -1 to -{count}, got {got}")
        bindings.picks[name] = places
        bindings.names[f"{name}_count"] = Extent.of(len(places))


def positive(axes: Axes, what: str) -> Axes:
    """The axes, each of which has at least one entry.

    Raises:
        FormulaError: one of them has none.
    """
    if any(axis.constant is not None and axis.constant < 1 for axis in axes):
        _fail(f"{what} would have shape {shown(axes)}; expected extents of at least 1")
    return axes


def _fail(message: str, hint: str = "") -> None:
    raise FormulaError(Fault("", message, hint))


def _options(bindings: Bindings, entry: Layer, options: Mapping[str, Any], extents: Resolve) -> None:
    for name, option in entry.options.items():
        value = options[name]
        if value is None:
            continue
        if option.kind in ("extent", "integer"):
            bindings.names[name] = extents([value])[0]
        elif option.kind == "extents":
            bindings.lists[name] = extents(value)
            bindings.names[f"{name}_size"] = product(bindings.lists[name])
        elif option.kind == "sizes":
            found = extents(option.spread(value))
            names = [name] if option.count == 1 else [f"{name}_{k}" for k in range(1, option.count + 1)]
            bindings.names.update(zip(names, found, strict=False))


def _pick(bindings: Bindings, entry: Layer, options: Mapping[str, Any]) -> None:
    """The axes picked: places among those of `...`, which are all but the batch; `axis_size` is their product."""
    dots = bindings.dots or ()
    bindings.names["rank"] = Extent.of(len(dots))
    pick(bindings, entry, options, len(dots))
    for name, places in bindings.picks.items():
        bindings.names[f"{name}_size"] = product(tuple(dots[k] for k in places))


def _axes(shape: str) -> str:
    """A shape of the library as messages show it, the batch axis first."""
    return "N, " + shape if shape.startswith("...") and shape != "..." else shape
