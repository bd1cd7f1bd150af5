"""Values of equations, computed slowly and in the most obvious way.

Enters: equations, arrays and sizes of the named extents.  Leaves: an array for every target.  An equation that reads
its own target, or a group of equations that read each other's, is swept over again and again: each time the entries are
kept whose right sides read nothing that is missing, until none is left.  So a recurrence may run forwards, backwards or
both ways, and nobody has to say which.

This module shares no code with plans and kernels, differentiates nothing, and makes no attempt at numerical stability.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.errors import Fault, InputError, UndecidedError
from symprop.language import Equation, Expr, Extent, Function, Index, Network, Position, Tensor
from symprop.language.expressions import Reduce
from symprop.language.indices import Compound
from symprop.oracle.arithmetic import Array, arithmetic
from symprop.oracle.inputs import checked, integer_names
from symprop.oracle.order import equations_of, groups
from symprop.oracle.points import Expressions, Integers, Points

# Entries of the largest array made at a time: what a reduction runs over is evaluated at once.
WIDEST, WIDEST_EXACT = 1 << 20, 1 << 16


def evaluate(
    source: Network | Iterable[Equation],
    arrays: Mapping[str, npt.ArrayLike],
    sizes: Mapping[str, int],
    dtype: Any = float,
    *,
    functions: Mapping[str, Function] | None = None,
    tensors: Mapping[str, Tensor] | None = None,
    shifts: Mapping[str, npt.ArrayLike] | None = None,
    deadline: float = math.inf,
) -> dict[str, Array]:
    """The values of all targets, by name; integer targets are arrays of int64.

    Args:
        source: a network, or equations in any order, each with a target of its own.
        arrays: values of what is not computed; a target that stands here is taken as given and not computed.
        sizes: integers for the named extents.
        dtype: float, complex (for a complex step) or object (mpmath numbers, in the precision mpmath is set to).
        functions: library functions by name; those of a network are known.
        tensors: declarations against which shapes and ranges are checked; those of a network are known.
        shifts: arrays added to targets as soon as they are computed: dL/dshift is the adjoint of the target, since all
            that reads it, itself included, sees the shifted values.
        deadline: `time.monotonic()` at which to give up.

    Raises:
        UndecidedError: the time is up.
        InputError: an array is missing, has another shape than declared or an integer out of range; an integer tensor
            is read outside its bounds; an entry depends on itself.
    """
    declared = {**(source.tensors if isinstance(source, Network) else {}), **(tensors or {})}
    known = {**(source.functions if isinstance(source, Network) else {}), **(functions or {})}
    equations = [e for e in equations_of(source) if e.target not in arrays]
    numbers = arithmetic(dtype)
    solver = _Solver(numbers, known, sizes, checked(equations, arrays, sizes, declared, numbers))
    solver.tensors, solver.integers = declared, frozenset(integer_names(equations, declared))
    solver.deadline = deadline
    solver.shifts = {name: numbers.array(shift) for name, shift in (shifts or {}).items()}
    with np.errstate(all="ignore"):
        for group in groups(equations):
            solver.solve(group)
    return {e.target: solver.values[e.target] for e in equations}


def assign(
    equations: Iterable[Equation],
    arrays: Mapping[str, npt.ArrayLike],
    sizes: Mapping[str, int],
    dtype: Any = float,
    *,
    functions: Mapping[str, Function] | None = None,
) -> dict[str, Array]:
    """The values after assignments in order, each of which sees what earlier ones assigned: an optimizer's step.

    `w = w - lr*g` reads the value that `w` had before; otherwise as `evaluate`.
    """
    current: dict[str, Any] = dict(arrays)
    for equation in equations:
        before = f"{equation.target} before"
        read = replace(equation, target=before)
        current[equation.target] = evaluate([read], current, sizes, dtype, functions=functions)[before]
    return current


class _Solver(Expressions):
    """The values known so far, and how those of further equations are found."""

    tensors: Mapping[str, Tensor]
    integers: frozenset[str]
    shifts: Mapping[str, Array]
    deadline: float

    def solve(self, group: Sequence[Equation]) -> None:
        """Compute the targets of a group of equations that wait for nothing outside it."""
        for equation in group:
            self._prepare(equation)
        pending = [(equation, points) for equation in group if len(points := self._points(equation))]
        while pending:
            rests = [(equation, self._advance(equation, points)) for equation, points in pending]
            if all(len(rest) == len(points) for (_, rest), (_, points) in zip(rests, pending, strict=True)):
                raise self._circular(*rests[0])
            pending = [(equation, rest) for equation, rest in rests if len(rest)]
        self.computed.clear()
        self.contractions.clear()

    def _prepare(self, equation: Equation) -> None:
        declared = self.tensors.get(equation.target)
        axes = declared.axes if declared else tuple(map(_extent, equation.indices))
        shape = tuple(self.extent(axis) for axis in axes)
        integer = equation.target in self.integers
        self.values[equation.target] = np.zeros(shape, dtype=np.int64) if integer else self.numbers.zeros(shape)
        self.computed[equation.target] = np.ones(shape, dtype=bool)

    def _points(self, equation: Equation) -> Integers:
        """All points of the left side within the domain, a row for each; entries elsewhere stay 0."""
        shape = tuple(self.extent(index.extent) for index in equation.free)
        grid = np.indices(shape, dtype=np.int64).reshape(len(shape), math.prod(shape)).T
        points = self._at(equation, grid)
        inside = np.broadcast_to(self.domain(equation.domain, points), len(grid))
        self._check_left(equation, points.only(inside))
        self.computed[equation.target].flat[self._place(equation, points)[inside]] = False
        return grid[inside]

    def _check_left(self, equation: Equation, points: Points) -> None:
        shape = self.values[equation.target].shape
        for axis, (position, size) in enumerate(zip(equation.indices, shape, strict=True)):
            at = self.position(position, points)
            if (points.active & ((at < 0) | (at >= size))).any():
                message = f"{position} on the left runs out of axis {axis}; expected 0 to {size - 1}"
                raise InputError(Fault(f"equation '{equation.target}'", message))

    def _at(self, equation: Equation, grid: Integers) -> Points:
        self.equation, self.waiting = equation.target, np.zeros(len(grid), dtype=bool)
        at = {index: grid[:, axis] for axis, index in enumerate(equation.free)}
        return Points(at, np.ones(len(grid), dtype=bool))

    def _place(self, equation: Equation, points: Points) -> Integers:
        """The entries of the target at the points, counted in row-major order."""
        place = np.zeros(points.active.shape, dtype=np.int64)
        for position, extent in zip(equation.indices, self.values[equation.target].shape, strict=True):
            place = place * extent + self.position(position, points)
        return place

    def _advance(self, equation: Equation, grid: Integers) -> Integers:
        """Compute what can be computed at some points; what is left of them."""
        widest = WIDEST_EXACT if self.numbers.dtype == np.dtype(object) else WIDEST
        step = max(1, widest // self._width(equation.body))
        rests = [self._ready(equation, grid[start : start + step]) for start in range(0, len(grid), step)]
        return np.concatenate(rests) if rests else grid

    def _ready(self, equation: Equation, grid: Integers) -> Integers:
        """Compute what can be; what seems to wait for a recurrence is not tried while something else does not."""
        points = self._at(equation, grid)
        self.await_all(equation.body, points)
        waits = self.waiting
        if waits.any() and not waits.all():
            return np.concatenate([self._compute(equation, grid[~waits]), grid[waits]])
        return self._compute(equation, grid)

    def _width(self, expr: Expr) -> int:
        """Number of points of the reductions inside one another, for one point outside."""
        inner = max((self._width(child) for child in expr.children()), default=1)
        if isinstance(expr, Reduce):
            for index in expr.indices:
                inner *= max(1, self.extent(index.extent))
        return inner

    def _compute(self, equation: Equation, grid: Integers) -> Integers:
        if monotonic() > self.deadline:
            raise UndecidedError(f"equation '{equation.target}': the time was up before it was evaluated")
        points = self._at(equation, grid)
        value = np.broadcast_to(self.value(equation.body, points), len(grid))
        ready = ~self.waiting
        target, place = self.values[equation.target], self._place(equation, points)[ready]
        target.flat[place] = value[ready] if target.dtype != np.int64 else np.rint(self._floats(value[ready]))
        if equation.target in self.shifts:
            target.flat[place] += self.shifts[equation.target].flat[place]
        self.computed[equation.target].flat[place] = True
        return grid[~ready]

    def _floats(self, value: Array) -> Array:
        return np.asarray(self.numbers.real(value), dtype=float)

    def _circular(self, equation: Equation, grid: Integers) -> InputError:
        place = self._place(equation, self._at(equation, grid[:1]))[0]
        at = np.unravel_index(place, self.values[equation.target].shape)
        entry = f"[{', '.join(map(str, at))}]" if at else ""
        return InputError(
            Fault(f"equation '{equation.target}'", f"the entry {equation.target}{entry} depends on itself")
        )


def _extent(position: Position) -> Extent:
    """The extent of an axis that stands on the left of an equation as an index or a compound of indices."""
    atom = position.atom
    if isinstance(atom, Index):
        return atom.extent
    if not isinstance(atom, Compound):
        raise InputError(Fault(str(position), "the left of an equation has plain indices, or compounds of them"))
    size = Extent.of(1)
    for radix in atom.radices:
        size = size * radix
    return size
