"""What a file's functions are given: names, shapes and kinds.

Enters: `INPUTS`, or arrays that `inputs(rng)` drew.  Leaves: tensors, and constants.  Extents of `inputs(rng)` that
are equal in every draw become one name, as long as the code does not need to know them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symprop.errors import ClaimError, Fault
from symprop.frontends.tracing.limits import MOST_ENTRIES
from symprop.frontends.tracing.userfile import UserFile, call
from symprop.language import Extent, Tensor
from symprop.language.syntax import NAME

DRAWS = 5
PAIRS = ((0, 1), (-1, 1))
"""What labels and masks are."""
ENOUGH = 16
"""Entries that are one of two numbers, so many of them, are taken to be no others."""
KEYS = ("shape", "below", "one_hot", "rows_sum_to_1", "values", "low", "top")
EXPECTED = 'INPUTS = {"X": ("N", "D"), ...}, names of extents or whole numbers'


@dataclass(frozen=True)
class Inputs:
    """What functions are given.

    Args:
        tensors: by name; of one-hot rows, the labels stand in `labels`.
        constants: numbers that are no tensors, by name.
        one_hot: names of tensors whose rows have one 1.
        draws: arrays by name, as often as `inputs(rng)` was asked; empty for `INPUTS`.
        sizes: of the extents that have a name, their values in the first draw.
        steady: names of the tensors that are one number, the same in every draw.
    """

    tensors: Mapping[str, Tensor]
    constants: Mapping[str, Any]
    one_hot: frozenset[str]
    draws: Sequence[Mapping[str, Any]] = ()
    sizes: Mapping[str, int] | None = None
    steady: frozenset[str] = frozenset()

    def fixed(self, sizes: Mapping[str, int]) -> Inputs:
        """The same with numbers in place of some names of extents."""
        return replace(self, tensors={n: fixed_tensor(t, sizes) for n, t in self.tensors.items()})

    def held(self, besides: Collection[str] = ()) -> Inputs:
        """The same with what is one number in every draw as a constant, but for some names."""
        names = self.steady - {*besides}
        held = {n: float(self.draws[0][n]) for n in self.tensors if n in names}
        tensors = {n: t for n, t in self.tensors.items() if n not in held}
        return replace(self, tensors=tensors, constants={**self.constants, **held}, steady=self.steady - names)

    @property
    def extents(self) -> list[str]:
        """Names of the extents, in the order they come up."""
        axes = [axis for t in self.tensors.values() for axis in (*t.axes, *([t.high] if t.high else []))]
        return list(dict.fromkeys(name for axis in axes for name in sorted(axis.names)))


def fixed_tensor(tensor: Tensor, sizes: Mapping[str, int]) -> Tensor:
    """A tensor with numbers in place of some names of extents."""
    axes = tuple(fixed_extent(axis, sizes) for axis in tensor.axes)
    return replace(tensor, axes=axes, high=None if tensor.high is None else fixed_extent(tensor.high, sizes))


def fixed_extent(extent: Extent, sizes: Mapping[str, int]) -> Extent:
    """An extent with numbers in place of some of its names."""
    found = Extent.of(0)
    for names, coefficient in extent.terms:
        term = Extent.of(coefficient)
        for name in names:
            term = term * Extent.of(sizes.get(name, name))
        found = found + term
    return found


def inputs_of(file: UserFile, seconds: float = 60.0) -> Inputs:
    """The inputs that a file declares.

    Raises:
        ClaimError: it declares none, or they are none.
    """
    if file.has("inputs") and file.has("INPUTS"):
        raise ClaimError(Fault(file.name, "both INPUTS and inputs(rng) are there; expected one of them"))
    if file.has("inputs"):
        return _drawn(file, seconds)
    if file.has("INPUTS"):
        return _declared(file, file.module.__dict__["INPUTS"])
    raise ClaimError(Fault(file.name, f"the inputs are not declared; expected {EXPECTED}, or def inputs(rng)"))


# -- INPUTS ---------------------------------------------------------------------------------------------------------


def _declared(file: UserFile, given: Any) -> Inputs:
    if not isinstance(given, dict) or not given:
        raise ClaimError(Fault(f"{file.name}: INPUTS", f"expected {EXPECTED}"))
    tensors, one_hot = {}, set()
    for name, value in given.items():
        where = f"{file.name}: INPUTS[{name!r}]"
        _check_name(name, where)
        options = dict(value) if isinstance(value, dict) else {"shape": value}
        strange = [key for key in options if key not in KEYS]
        if strange or "shape" not in options:
            raise ClaimError(Fault(where, f"expected a shape, or a mapping of {', '.join(KEYS)}"))
        tensors[name] = _tensor(name, options, where)
        if options.get("one_hot"):
            one_hot.add(name)
    found = Inputs(tensors, {}, frozenset(one_hot))
    both = next((name for name in tensors if name in found.extents or name == "N"), None)
    if both is not None:
        raise ClaimError(Fault(f"{file.name}: INPUTS[{both!r}]", "this is the name of an extent and of an input"))
    return found


def _check_name(name: Any, where: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ClaimError(Fault(where, "this is no name; expected a letter, then letters, digits or _"))
    if name == "L":
        raise ClaimError(Fault(where, "'L' is the name of the loss", "Choose another name."))


def _tensor(name: str, options: Mapping[str, Any], where: str) -> Tensor:
    shape = options["shape"]
    if isinstance(shape, str | int) and not isinstance(shape, bool):
        shape = (shape,)
    if not isinstance(shape, tuple | list):
        raise ClaimError(Fault(where, f"expected a shape such as ('N', 3), got {shape!r:.40}"))
    axes = tuple(_extent(axis, where) for axis in shape)
    if math.prod(axis.constant or 1 for axis in axes) > MOST_ENTRIES:
        hint = 'Name its extents, such as "N": they are then tried as small numbers.'
        raise ClaimError(Fault(where, _too_large(shape), hint))
    rows = options.get("one_hot") or options.get("rows_sum_to_1")
    if rows and not axes:
        raise ClaimError(Fault(where, "rows need an axis; expected a shape such as ('N', 'C')"))
    if "below" in options:
        return Tensor(name, axes, "integer", role="input", high=_extent(options["below"], where))
    low, top = (_bound(options.get(key), key, where) for key in ("low", "top"))
    values = _two(options.get("values"), where)
    return Tensor(name, axes, role="input", simplex=len(axes) - 1 if rows else None, low=low, top=top, values=values)


def _two(value: Any, where: str) -> tuple[int, int] | None:
    """The two numbers that entries are."""
    if value is None:
        return None
    are_whole = isinstance(value, tuple | list) and all(type(v) is int for v in value)
    if not are_whole or len(value) != 2 or value[0] >= value[1]:
        raise ClaimError(Fault(where, f"values: expected two whole numbers such as (0, 1), got {value!r:.40}"))
    return value[0], value[1]


def _too_large(shape: object) -> str:
    return f"an array of shape {shape} is too large; expected at most {MOST_ENTRIES} entries"


def _bound(value: Any, key: str, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ClaimError(Fault(where, f"{key}: expected a number, got {value!r:.40}"))
    return float(value)


def _extent(value: Any, where: str) -> Extent:
    if isinstance(value, str) and NAME.fullmatch(value) and value != "L":
        return Extent.of(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return Extent.of(value)
    raise ClaimError(Fault(where, f"{value!r:.40} is no extent; expected a name such as 'N', or a whole number"))


# -- inputs(rng) ----------------------------------------------------------------------------------------------------


def _drawn(file: UserFile, seconds: float) -> Inputs:
    where, draws = file.line("inputs"), list[dict[str, Any]]()
    for k in range(DRAWS):
        draw = call(file, "inputs", {_argument(file): np.random.default_rng(k)}, seconds)
        if not isinstance(draw, dict) or not draw or list(draw) != list((draws or [draw])[0]):
            raise ClaimError(Fault(where, "inputs: expected a dictionary of arrays, with the same names every time"))
        large = next((n for n, v in draw.items() if np.size(v) > MOST_ENTRIES), None)
        if large is not None:
            raise ClaimError(Fault(where, f"inputs: '{large}': {_too_large(np.shape(draw[large]))}"))
        draws.append(draw)
    for name in draws[0]:
        _check_name(name, f"{where}: inputs")
    constants = {n: v for n, v in draws[0].items() if _is_constant([d[n] for d in draws])}
    arrays = [{n: np.asarray(v) for n, v in d.items() if n not in constants} for d in draws]
    names = _extent_names(arrays, where)
    tensors = {n: _observed(n, [d[n] for d in arrays], names, where) for n in arrays[0]}
    one_hot = frozenset(n for n, t in tensors.items() if t.simplex is not None and _is_binary([d[n] for d in arrays]))
    steady = frozenset(n for n in arrays[0] if all(type(d[n]) is float and d[n] == draws[0][n] for d in draws))
    return Inputs(tensors, constants, one_hot, arrays, _known(arrays, names), steady)


def drawn_again(file: UserFile, inputs: Inputs, number: int, seconds: float = 60.0) -> Mapping[str, Any]:
    """What `inputs(rng)` draws another time; an earlier draw where the new one is of another kind."""
    found = call(file, "inputs", {_argument(file): np.random.default_rng(number)}, seconds)
    earlier = inputs.draws[number % len(inputs.draws)]
    if not isinstance(found, dict) or not set(inputs.tensors) <= set(found):
        return earlier
    arrays = {name: np.asarray(found[name]) for name in inputs.tensors}
    sizes = drawn_sizes(inputs, arrays)
    return arrays if all(_is_sample(t, arrays[n], sizes) for n, t in inputs.tensors.items()) else earlier


def drawn_sizes(inputs: Inputs, draw: Mapping[str, Any]) -> dict[str, int]:
    """Numbers for the names of extents, as arrays have them."""
    axes = [(axis, size) for n, t in inputs.tensors.items() for axis, size in zip(t.axes, draw[n].shape, strict=False)]
    return {name: size for axis, size in axes for name in axis.names}


def _is_sample(tensor: Tensor, array: Any, sizes: Mapping[str, int]) -> bool:
    """True of an array as the tensor describes them."""
    if array.shape != tuple(axis.value(sizes) for axis in tensor.axes) or not array.size:
        return False
    if tensor.dtype == "integer":
        high = None if tensor.high is None else tensor.high.value(sizes)
        return array.dtype.kind in "biu" and array.min() >= 0 and (high is None or bool(array.max() < high))
    if array.dtype.kind not in "fiu" or (tensor.simplex is not None and not _are_rows(array)):
        return False
    if tensor.values is not None and not np.isin(array, tensor.values).all():
        return False
    low, top = (bound is not None for bound in (tensor.low, tensor.top))
    return not (low and array.min() < tensor.low) and not (top and array.max() > tensor.top)


def _argument(file: UserFile) -> str:
    import inspect

    parameters = list(inspect.signature(file.function("inputs")).parameters)
    if len(parameters) != 1:
        raise ClaimError(Fault(file.line("inputs"), "inputs: expected one argument, def inputs(rng)"))
    return parameters[0]


def _is_constant(values: Sequence[Any]) -> bool:
    """True of what is no array, no real number and the same every time."""
    plain = all(isinstance(v, bool | int | str | None) for v in values)
    return plain and all(type(v) is type(values[0]) and v == values[0] for v in values)


def _extent_names(arrays: Sequence[Mapping[str, Any]], where: str) -> dict[tuple[int, ...], str]:
    """A name for every extent above 1, by its value in all draws."""
    found: dict[tuple[int, ...], str] = {}
    for name, first in arrays[0].items():
        if any(d[name].ndim != first.ndim for d in arrays):
            raise ClaimError(Fault(where, f"inputs: '{name}' has another number of axes at another draw"))
        for k in range(first.ndim):
            sizes = tuple(d[name].shape[k] for d in arrays)
            if min(sizes) > 1 and sizes not in found:
                found[sizes] = "N" if not found else f"N{len(found) + 1}"
    return found


def _known(arrays: Sequence[Mapping[str, Any]], names: Mapping[tuple[int, ...], str]) -> dict[str, int]:
    return {name: sizes[0] for sizes, name in names.items()}


def _observed(name: str, values: Sequence[Any], names: Mapping[tuple[int, ...], str], where: str) -> Tensor:
    """The tensor that arrays of several draws are samples of."""
    columns = [tuple(v.shape[k] for v in values) for k in range(values[0].ndim)]
    axes = tuple(Extent.of(names.get(column, column[0])) for column in columns)
    if any(len(set(column)) > 1 and column not in names for column in columns):
        raise ClaimError(Fault(where, f"inputs: '{name}' has an extent that is 1 at one draw and not at another"))
    kinds = {v.dtype.kind for v in values}
    if kinds - set("biuf"):
        raise ClaimError(Fault(where, f"inputs: '{name}' is no array of numbers"))
    if kinds <= set("biu") and all((v >= 0).all() for v in values):
        return Tensor(name, axes, "integer", role="input", high=_high(values, names))
    rows = values[0].ndim > 0 and all(_are_rows(v) for v in values) and values[0].shape[-1] > 1
    low = 0.0 if all((v >= 0).all() for v in values) else None
    top = 1.0 if low is not None and all((v <= 1).all() for v in values) else None
    pair = None if rows else _only_two(values)
    return Tensor(name, axes, role="input", simplex=values[0].ndim - 1 if rows else None, low=low, top=top, values=pair)


def _only_two(values: Sequence[Any]) -> tuple[int, int] | None:
    """0 and 1, or -1 and 1, where all entries are one of them; None where that is not so, or too few are there to tell.

    Both have to be in most draws: an array of one number, another one in each draw, may have more values than were met.
    """
    entries = np.concatenate([np.ravel(v) for v in values])
    both = sum(len(np.unique(v)) == 2 for v in values)
    if entries.size < ENOUGH or 2 * both <= len(values):
        return None
    return next((pair for pair in PAIRS if np.isin(entries, pair).all()), None)


def _high(values: Sequence[Any], names: Mapping[tuple[int, ...], str]) -> Extent:
    """The smallest extent that all labels are below."""
    highs = [int(v.max()) + 1 if v.size else 1 for v in values]
    fitting = [c for c in names if all(s >= h for s, h in zip(c, highs, strict=True)) and max(highs) > 2]
    return Extent.of(names[min(fitting)]) if fitting else Extent.of(max(*highs, 2))


def _are_rows(value: Any) -> bool:
    return bool((value >= 0).all() and np.abs(value.sum(axis=-1) - 1).max() < 1e-12)


def _is_binary(values: Sequence[Any]) -> bool:
    return all(bool(np.isin(v, (0, 1)).all()) for v in values)
