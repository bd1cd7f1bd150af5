"""What equations are evaluated on: arrays, checked against what is declared.

Enters: arrays and sizes as a user or a test gives them.  Leaves: copies in the arithmetic of the evaluation, or an
InputError that lists every fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.errors import Fault, InputError
from symprop.language import Equation, Extent, Tensor
from symprop.language.expressions import Reduce, gathers
from symprop.oracle.arithmetic import Array, Doubles
from symprop.oracle.order import names_read


def size_of(extent: Extent, sizes: Mapping[str, int]) -> int:
    """An extent as an integer."""
    unknown = sorted(extent.names - set(sizes))
    if unknown:
        raise InputError(Fault(f"extent {extent}", f"the size of {', '.join(unknown)} is not given"))
    return extent.value(sizes)


def integer_names(equations: Iterable[Equation], tensors: Mapping[str, Tensor]) -> set[str]:
    """Names of integer tensors: those declared so, used as positions, or computed by argmax or argmin."""
    names = {t.name for t in tensors.values() if t.dtype == "integer"}
    for equation in equations:
        names.update(g.tensor for g in gathers(equation.body))
        if isinstance(equation.body, Reduce) and equation.body.op.startswith("arg"):
            names.add(equation.target)
    return names


def checked(
    equations: Iterable[Equation],
    arrays: Mapping[str, npt.ArrayLike],
    sizes: Mapping[str, int],
    tensors: Mapping[str, Tensor],
    numbers: Doubles,
) -> dict[str, Array]:
    """The arrays as numbers of one arithmetic, integer tensors as int64."""
    equations = list(equations)
    integers = integer_names(equations, tensors)
    faults = [*_twice(equations), *_missing(equations, arrays)]
    values: dict[str, Array] = {}
    for name, given in arrays.items():
        array: Array = np.asarray(given)
        faults += _faults(name, array, tensors.get(name), sizes, name in integers)
        if not faults:
            values[name] = array.astype(np.int64) if name in integers else numbers.array(given)
    if faults:
        raise InputError(faults)
    return values


def _twice(equations: Iterable[Equation]) -> Iterator[Fault]:
    targets: set[str] = set()
    for equation in equations:
        if equation.target in targets:
            yield Fault(f"equation '{equation.target}'", f"{equation.target} is defined twice")
        targets.add(equation.target)


def _missing(equations: list[Equation], arrays: Mapping[str, Any]) -> Iterator[Fault]:
    known = {*arrays, *(e.target for e in equations)}
    for equation in equations:
        for name in names_read(equation):
            if name not in known:
                place = f"equation '{equation.target}'"
                yield Fault(place, f"{name} has no values; expected an array or an equation for it")


def _faults(name: str, array: Array, tensor: Tensor | None, sizes: Mapping[str, int], integer: bool) -> Iterator[Fault]:
    if integer and not np.issubdtype(array.dtype, np.integer):
        yield Fault(name, f"has entries of type {array.dtype}; expected integers")
    if tensor is None:
        return
    shape = tuple(size_of(axis, sizes) for axis in tensor.axes)
    if array.shape != shape:
        axes = ", ".join(map(str, tensor.axes))
        yield Fault(name, f"has shape {_tuple(array.shape)}; expected ({axes}) = {_tuple(shape)}")
    elif integer and tensor.high is not None and np.issubdtype(array.dtype, np.integer):
        yield from _out_of_range(name, array, size_of(tensor.high, sizes))


def _out_of_range(name: str, array: Array, high: int) -> Iterator[Fault]:
    wrong = np.argwhere((array < 0) | (array >= high))
    if len(wrong):
        place = tuple(int(i) for i in wrong[0])
        entry = f"{name}[{', '.join(map(str, place))}]" if place else name
        more = f", and {len(wrong) - 1} more out of range" if len(wrong) > 1 else ""
        yield Fault(entry, f"is out of range; expected 0 to {high - 1}, got {array[place]}{more}")


def _tuple(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})"
