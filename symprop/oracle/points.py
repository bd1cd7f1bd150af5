"""Values of expressions at points, all at once.

Enters: an expression, integers for its indices and the values of the tensors it reads.  Leaves: an array of values.
Indices are arrays of integers here, so an expression is computed for many points by the arithmetic of arrays; what a
guard, a `where` or the domain of a reduction excludes is marked inactive, and anything may come out there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from symprop.errors import Fault, InputError
from symprop.language import PRIMITIVES, Expr, Extent, Function, Index, Number, Position, Read
from symprop.language.expressions import Add, Call, Compare, Constant, Guard, IndexValue, Mul, Pow, Reduce, Where, reads
from symprop.language.indices import Atom, Compound, Domain, Gather
from symprop.oracle.arithmetic import Array, Doubles
from symprop.oracle.contraction import contracted, integers, products, rounded
from symprop.oracle.inputs import size_of

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Points:
    """Where an expression is evaluated.

    The last axis of every array runs over points of a left side, the axes before it over points of the reductions
    around the expression, the innermost first.  Arrays may be broadcast along any of them.
    """

    at: Mapping[Index, Integers]
    active: Booleans
    depth: int = 1
    arguments: Mapping[str, Array] = field(default_factory=dict)

    def only(self, where: Booleans) -> Points:
        """The same points, inactive where the condition is false."""
        return replace(self, active=self.active & where)


class Expressions:
    """Values of expressions, given the values of tensors so far.

    Args:
        numbers: the arithmetic.
        functions: library functions by name.
        sizes: integers for the named extents.
        values: arrays of the tensors, complete or in work.
    """

    def __init__(
        self,
        numbers: Doubles,
        functions: Mapping[str, Function],
        sizes: Mapping[str, int],
        values: dict[str, Array],
    ) -> None:
        self.numbers, self.functions, self.sizes, self.values = numbers, functions, sizes, values
        # Entries computed so far of the tensors in work, and the points that need an entry not yet computed.
        self.computed: dict[str, Booleans] = {}
        self.waiting: Booleans = np.zeros(0, dtype=bool)
        self.equation = ""
        self.contractions: dict[Reduce, tuple[tuple[Index, ...], Array] | None] = {}
        self.whole: dict[str, tuple[Array, int] | None] = {}

    # -- expressions ---------------------------------------------------------------------------------------------

    def value(self, expr: Expr, points: Points) -> Array:
        """Values of an expression at the points, in a shape that broadcasts to them."""
        match expr:
            case Number():
                return self.numbers.fraction(expr.value)
            case Constant():
                return self.numbers.pi()
            case IndexValue():
                return self.numbers.array(self.position(expr.position, points))
            case Read():
                return self._read(expr, points)
            case Add() | Mul():
                return self._combine(expr, points)
            case Pow():
                return self._power(expr, points)
            case Call():
                return self._call(expr, points)
            case Where():
                return self._where(expr, points)
            case Guard():
                inside = self.domain(expr.domain, points)
                return np.where(inside, self.value(expr.body, points.only(inside)), self.numbers.zeros(()))
            case Reduce():
                return self._reduce(expr, points)
        raise TypeError(f"{type(expr).__name__} has no value")

    def _combine(self, expr: Add | Mul, points: Points) -> Array:
        first, *others = (self.value(child, points) for child in expr.children())
        for other in others:
            first = np.asarray(first + other if isinstance(expr, Add) else first * other)
        return first

    def _power(self, expr: Pow, points: Points) -> Array:
        base = self.value(expr.base, points)
        if isinstance(expr.exponent, Number) and expr.exponent.value.denominator == 1:
            return self.numbers.integer_power(base, int(expr.exponent.value))
        return self.numbers.power(base, self.value(expr.exponent, points))

    def _where(self, expr: Where, points: Points) -> Array:
        condition = expr.condition
        if not isinstance(condition, Compare):
            raise TypeError(f"{type(condition).__name__} is not a condition")
        left, right = self.value(condition.left, points), self.value(condition.right, points)
        holds = self.numbers.compare(left, condition.op, right)
        then = self.value(expr.then, points.only(holds))
        return np.where(holds, then, self.value(expr.otherwise, points.only(~holds)))

    def _call(self, expr: Call, points: Points) -> Array:
        arguments = [self.value(argument, points) for argument in expr.args]
        function = self.functions.get(expr.name)
        if function is None and expr.name not in PRIMITIVES:
            place = f"equation '{self.equation}'"
            raise InputError(Fault(place, f"function {expr.name} has no formula; expected one among the functions"))
        if function is None:
            return np.asarray(getattr(self.numbers, expr.name)(*arguments))
        names = (*function.args, *(name for name, _ in function.params))
        initial = [self.numbers.array(start) for _, start in function.params]
        given = [*arguments, *initial[len(arguments) - len(function.args) :]]
        return self.value(function.body, replace(points, arguments=dict(zip(names, given, strict=True))))

    def _read(self, read: Read, points: Points) -> Array:
        if not read.indices and read.tensor in points.arguments:
            return points.arguments[read.tensor]
        values = self.values[read.tensor]
        place, inside = self._entries(values, read.indices, points)
        self._await(read.tensor, place, points.active & inside)
        if not values.size:
            return self.numbers.zeros(())
        found = values[place] if values.dtype != np.int64 else self.numbers.array(values[place])
        return np.where(inside, found, self.numbers.zeros(()))

    def _entries(
        self, values: Array, positions: Sequence[Position], points: Points
    ) -> tuple[tuple[Integers, ...], Booleans]:
        """Where to read (0 for what is out of bounds), and whether that is within bounds."""
        at = [self.position(p, points) for p in positions]
        inside = np.ones((), dtype=bool)
        for position, extent in zip(at, values.shape, strict=True):
            inside = inside & (position >= 0) & (position < extent)
        return tuple(np.where(inside, position, 0) for position in at), inside

    def _await(self, tensor: str, place: tuple[Integers, ...], needed: Booleans) -> None:
        """Note the points that need an entry which is not computed yet."""
        computed = self.computed.get(tensor)
        if computed is not None and computed.size:
            missing = needed & ~computed[place]
            whole = np.broadcast_to(missing, np.broadcast_shapes(missing.shape, self.waiting.shape))
            self.waiting |= whole.reshape(-1, len(self.waiting)).any(axis=0)

    # -- reductions ----------------------------------------------------------------------------------------------

    def _contracted(self, expr: Reduce, points: Points) -> Array | None:
        """A sum of products of complete tensors in many digits, all of it at once; None for anything else."""
        complete = {name: array for name, array in self.values.items() if name not in self.computed}
        if expr not in self.contractions:
            exact = self.numbers.dtype == np.dtype(object)
            self.contractions[expr] = contracted(expr, complete, self.extent) if exact else None
        found = self.contractions[expr]
        return None if found is None else np.asarray(found[1][tuple(points.at[i] for i in found[0])], dtype=object)

    def await_all(self, expr: Expr, points: Points) -> None:
        """Note the points that need an entry which is not computed yet, whatever a condition on values chooses."""
        match expr:
            case Read() if expr.indices and expr.tensor in self.computed and not any(map(_gathers, expr.indices)):
                place, inside = self._entries(self.values[expr.tensor], expr.indices, points)
                self._await(expr.tensor, place, points.active & inside)
            case Guard() if not any(map(_gathers, _positions(expr.domain))):
                self.await_all(expr.body, points.only(self.domain(expr.domain, points)))
            case Reduce():
                # Below it a domain of gathered positions would be read before it is known where it may be.
                gathers = any(map(_gathers, _positions(expr.domain)))
                if not gathers and any(read.tensor in self.computed for read in reads(expr)):
                    inner, _, inside = self._inner(expr, points)
                    self.await_all(expr.body, inner.only(inside))
            case _:
                for child in expr.children():
                    self.await_all(child, points)

    def _inner(self, expr: Reduce, points: Points) -> tuple[Points, Integers, Booleans]:
        """The points of a reduction, the values of its indices, and where its domain holds."""
        shape = tuple(self.extent(index.extent) for index in expr.indices)
        bound = np.indices(shape, dtype=np.int64).reshape(len(shape), math.prod(shape), *[1] * points.depth)
        at = {**points.at, **dict(zip(expr.indices, bound, strict=True))}
        inner = replace(points, at=at, depth=points.depth + 1)
        return inner, bound, self.domain(expr.domain, inner)

    def _reduce(self, expr: Reduce, points: Points) -> Array:
        known = self._contracted(expr, points)
        if known is not None:
            return known
        inner, bound, inside = self._inner(expr, points)
        exact = self._exact(expr, inner.only(inside), bound.shape[1:], inside)
        if exact is not None:
            return exact
        body = self.value(expr.body, inner.only(inside))
        whole = np.broadcast_shapes(bound.shape[1:], inside.shape, body.shape)
        body, inside = np.broadcast_to(body, whole), np.broadcast_to(inside, whole)
        if expr.op == "sum":
            return np.asarray(np.add.reduce(np.where(inside, body, self.numbers.zeros(())), axis=0))
        best, first = self._first_best("<" if expr.op.endswith("max") else ">", body, inside)
        if not expr.op.startswith("arg"):
            return best
        picked = bound[expr.indices.index(expr.pick or expr.indices[0])].reshape(-1)
        return self.numbers.array(np.append(picked, 0)[first])

    def _exact(self, expr: Reduce, points: Points, shape: tuple[int, ...], inside: Booleans) -> Array | None:
        """A sum of products of tensors in many digits, as one of integers; None for anything else."""
        known = products(expr) if self.numbers.dtype == np.dtype(object) else None
        if known is None:
            return None
        coefficient, reads = known
        scaled = [self._integers(read.tensor) for read in reads]
        body, shift = np.ones((), dtype=object), 0
        for read, one in zip(reads, scaled, strict=True):
            if one is None:
                return None
            place, within = self._entries(one[0], read.indices, points)
            self._await(read.tensor, place, points.active & within)
            # One entry of an array of objects is the object itself.
            entry = np.asarray(one[0][place], dtype=object)
            body = np.asarray(body * np.where(within, entry, 0), dtype=object)
            shift += one[1]
        whole = np.broadcast_shapes(shape, inside.shape, body.shape)
        body, inside = np.broadcast_to(body, whole), np.broadcast_to(inside, whole)
        return rounded(np.asarray(np.add.reduce(np.where(inside, body, 0), axis=0), dtype=object), shift, coefficient)

    def _integers(self, tensor: str) -> tuple[Array, int] | None:
        """The values of a tensor as integers over a power of two; None for other than finite numbers of many digits."""
        values = self.values[tensor]
        if values.dtype != np.dtype(object) or not values.size:
            return None
        if tensor in self.computed:
            return integers(values)
        if tensor not in self.whole:
            self.whole[tensor] = integers(values)
        return self.whole[tensor]

    def _first_best(self, worse: str, body: Array, inside: Booleans) -> tuple[Array, Integers]:
        """The best value along the first axis and the first place it stands at, 0 and -1 where nothing is inside."""
        best, first = self.numbers.zeros(body.shape[1:]), np.full(body.shape[1:], -1)
        for place in range(len(body)):
            better = inside[place] & ((first < 0) | self.numbers.compare(best, worse, body[place]))
            best, first = np.where(better, body[place], best), np.where(better, place, first)
        return best, first

    # -- positions -----------------------------------------------------------------------------------------------

    def extent(self, extent: Extent) -> int:
        """An extent as an integer."""
        return size_of(extent, self.sizes)

    def domain(self, domain: Domain, points: Points) -> Booleans:
        """Where the domain holds; integer tensors are read only where all other constraints do."""
        inside = np.ones((), dtype=bool)
        for constraint in sorted(domain.constraints, key=lambda c: any(c.position.gathers())):
            value = self.position(constraint.position, points.only(inside))
            inside = inside & (value >= 0 if constraint.kind == "ge" else value == 0)
        return inside

    def position(self, position: Position, points: Points) -> Integers:
        """A position as integers."""
        total = np.asarray(self.extent(position.offset), dtype=np.int64)
        for atom, coefficient in position.terms:
            total = np.asarray(total + coefficient * self._atom(atom, points))
        return total

    def _atom(self, atom: Atom, points: Points) -> Integers:
        if isinstance(atom, Index):
            return points.at[atom]
        if isinstance(atom, Gather):
            return self._gather(atom, points)
        return self._compound(atom, points)

    def _compound(self, compound: Compound, points: Points) -> Integers:
        total = np.zeros((), dtype=np.int64)
        for part, radix in zip(compound.parts, compound.radices, strict=True):
            total = np.asarray(total * self.extent(radix) + self.position(part, points))
        return total

    def _gather(self, gather: Gather, points: Points) -> Integers:
        values = self.values[gather.tensor]
        place, inside = self._entries(values, gather.positions, points)
        if (points.active & ~inside).any():
            shape = ", ".join(map(str, values.shape))
            message = f"integer tensor {gather} is read outside its bounds; expected entries within ({shape})"
            raise InputError(Fault(f"equation '{self.equation}'", message, "Restrict the indices by a condition."))
        self._await(gather.tensor, place, points.active & inside)
        return values[place] if values.size else np.zeros((), dtype=np.int64)


def _gathers(position: Position) -> bool:
    """True where an integer tensor is read inside a position."""
    return any(True for _ in position.gathers())


def _positions(domain: Domain) -> list[Position]:
    return [constraint.position for constraint in domain.constraints]
