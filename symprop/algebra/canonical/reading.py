"""Expressions of the language as polynomials: definitions unfolded, library functions by their formulas.

Enters: expressions.  Leaves: polynomials in atoms.  A definition that depends on itself, as a recurrence does, stays a
read: what is proved then holds for any values of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod

from symprop.algebra.canonical.atoms import Atom, Poly, Undecided, constant, plus, scaled
from symprop.algebra.canonical.digits import digits_of, spread
from symprop.algebra.canonical.functions import Functions
from symprop.language import expressions as ex
from symprop.language.equations import Equation, Function
from symprop.language.extents import Extent
from symprop.language.indices import Compound, Domain, Index, Position, within
from symprop.language.scope import PRIMITIVES

MAX_EXPONENT = 64


class Reading(Functions):
    """Polynomials of expressions.

    Args:
        functions: library functions by name.
        definitions: equations whose targets are unfolded.
        args: see `Atoms`.
    """

    def __init__(self, functions: Mapping[str, Function], definitions: Mapping[str, Equation], *args: object) -> None:
        super().__init__(*args)
        self.functions, self.definitions = functions, definitions
        self.unfolded: dict[str, None] = {}
        self._known: dict[ex.Expr, Poly] = {}
        self._axes: dict[tuple[str, int], tuple[Extent, ...] | None] = {}

    def polynomial(self, expr: ex.Expr) -> Poly:
        """The canonical polynomial of an expression."""
        return self.reduced(self._of(expr))

    def _of(self, expr: ex.Expr) -> Poly:
        if expr not in self._known:
            self._known[expr] = self._read_node(expr)
        return self._known[expr]

    def _read_node(self, expr: ex.Expr) -> Poly:
        match expr:
            case ex.Number():
                return constant(expr.value)
            case ex.Constant():
                return self.of(Atom("pi"))
            case ex.IndexValue():
                return self.value(expr.position)
            case ex.Read():
                return self._tensor(expr)
            case ex.Add():
                return plus(*map(self._of, expr.terms))
            case ex.Mul():
                return self.product(*map(self._of, expr.factors))
            case ex.Pow():
                return self._pow(expr)
            case ex.Call():
                return self._call(expr)
            case ex.Where(condition=ex.Compare() as condition):
                difference = plus(self._of(condition.left), scaled(self._of(condition.right), -1))
                chosen = self.holds(condition.op, difference)
                other = plus(constant(1), scaled(chosen, -1))
                return plus(self._branch(chosen, expr.then), self._branch(other, expr.otherwise))
            case ex.Guard():
                return self._branch(self.bracket(expr.domain), expr.body)
            case ex.Reduce():
                return self._reduce(expr)
        raise Undecided(f"a {type(expr).__name__}")

    def _branch(self, chosen: Poly, expr: ex.Expr) -> Poly:
        """A branch that is never taken is not looked at."""
        return self.times(chosen, self._of(expr)) if chosen else {}

    def _tensor(self, read: ex.Read) -> Poly:
        equation = self.definitions.get(read.tensor)
        if equation is None:
            return self.read(read.tensor, read.indices)
        mapping: dict[Index, Position] = {}
        for axis, (own, position) in enumerate(zip(equation.indices, read.indices, strict=True)):
            places = self._places(own, position, self._axis(read.tensor, axis))
            if places is None:
                return self.read(read.tensor, read.indices)
            mapping |= places
        self.unfolded.setdefault(read.tensor)
        inside = Domain(
            c for i, p in mapping.items() for c in Domain.inside(p, i.extent).constraints
        ) & equation.domain.substitute(mapping)
        return self._branch(self.bracket(inside), ex.substitute(equation.body, mapping))

    def _places(self, own: Position, position: Position, axis: object) -> dict[Index, Position] | None:
        """Where the indices on an axis of a definition stand in a read; None where that cannot be said."""
        if own.index is not None:
            return {own.index: position} if own.index.extent == axis else None
        left, right = own.atom, position.atom
        if not isinstance(left, Compound):
            return None
        if isinstance(right, Compound) and left.radices == right.radices:
            # a part out of its own range would be an entry of another row
            fits = all(within(p, r, self.facts.ranges) for p, r in zip(right.parts, right.radices, strict=True))
            parts = list(right.parts) if fits else None
        else:
            parts = digits_of(spread(position, self.facts.ranges), left.radices, self.facts.ranges)
        if parts is None:
            return None
        plain = {i: p for part, p in zip(left.parts, parts, strict=True) if (i := part.index) is not None}
        return plain if len(plain) == len(left.parts) else None

    def _axis(self, tensor: str, axis: int) -> object:
        axes = self.facts.axes.get(tensor)
        return axes[axis] if axes is not None and axis < len(axes) else None

    def _pow(self, expr: ex.Pow) -> Poly:
        exponent = ex.number(expr.exponent)
        if exponent is None:
            return self.raised(self.reduced(self._of(expr.base)), self._of(expr.exponent))
        if abs(exponent) > MAX_EXPONENT:
            raise Undecided("a power is too high")
        return self.power(self._of(expr.base), Fraction(exponent))

    def _call(self, expr: ex.Call) -> Poly:
        function = self.functions.get(expr.name)
        if function is not None:
            names = (*function.args, *(name for name, _ in function.params))
            if len(names) != len(expr.args):
                raise Undecided(f"a call of {expr.name}")
            return self._of(ex.transform(function.body, _putting(dict(zip(names, expr.args, strict=True)))))
        if expr.name == "sqrt":
            return self.power(self._of(expr.args[0]), Fraction(1, 2))
        if expr.name not in PRIMITIVES or expr.name == "where":
            raise Undecided(f"a call of {expr.name}")
        return self.call(expr.name, [self._of(a) for a in expr.args])

    def _reduce(self, expr: ex.Reduce) -> Poly:
        if expr.op == "sum":
            expr = self._split_rows(expr)
        names = {i: self.fresh(i.extent) for i in expr.indices}
        places = {old: Position.of(new) for old, new in names.items()}
        domain, body = expr.domain.substitute(places), ex.substitute(expr.body, places)
        bound = tuple(names.values())
        chosen = self.bracket(domain)
        if expr.op == "sum":
            return self.summed(self.reduced(self._branch(chosen, body)), bound)
        pick = expr.indices.index(expr.pick) if expr.pick is not None else 0
        return self.reduction(f"{expr.op}:{pick}", self.reduced(self._of(body)), chosen, bound)

    def _split_rows(self, expr: ex.Reduce) -> ex.Reduce:
        """A sum over the rows of a reshaped tensor as one over the axes that were joined: r = (n, t)."""
        places: dict[Index, Position] = {}
        bound: list[Index] = []
        for index in expr.indices:
            radices = self._joined(index, expr.body) or ()
            parts = [self.fresh(radix) for radix in radices]
            if parts:
                places[index] = Position.of(Compound(map(Position.of, parts), radices))
            bound += parts or [index]
        if not places:
            return expr
        return ex.Reduce("sum", bound, ex.substitute(expr.body, places), expr.domain.substitute(places))

    def _joined(self, index: Index, expr: ex.Expr) -> tuple[Extent, ...] | None:
        """The extents of the axes that an index runs over as one, by the definition of a tensor read with it."""
        for read in ex.reads(expr):
            for axis, position in enumerate(read.indices):
                found = self._joined_axis(read.tensor, axis) if position.index == index else None
                if found is not None and prod(found, start=Extent.of(1)) == index.extent:
                    return found
        return None

    def _joined_axis(self, tensor: str, axis: int) -> tuple[Extent, ...] | None:
        if (tensor, axis) not in self._axes:
            equation = self.definitions.get(tensor)
            own = equation.indices[axis] if equation is not None else Position.of(0)
            inner = None if equation is None or own.index is None else self._joined(own.index, equation.body)
            self._axes[tensor, axis] = own.atom.radices if isinstance(own.atom, Compound) else inner
        return self._axes[tensor, axis]


def _putting(values: Mapping[str, ex.Expr]) -> Callable[[ex.Expr], ex.Expr]:
    def change(node: ex.Expr) -> ex.Expr:
        return values.get(node.tensor, node) if isinstance(node, ex.Read) and not node.indices else node

    return change


def unfoldable(definitions: Mapping[str, Equation]) -> dict[str, Equation]:
    """The definitions that can be unfolded without end: of a recurrence, those that read the step they define.

    Of equations that depend on each other, an equation that reads one of them at another step stays a read.
    """
    reach = {name: set(ex.tensors_read(e.body)) & set(definitions) for name, e in definitions.items()}
    _closed(reach)
    kept = {n: e for n, e in definitions.items() if not _reads_another_step(e, {t for t in reach[n] if n in reach[t]})}
    left = {name: set(ex.tensors_read(e.body)) & set(kept) for name, e in kept.items()}
    _closed(left)
    return {name: e for name, e in kept.items() if name not in left[name]}


def _closed(reach: dict[str, set[str]]) -> None:
    """What is reached through others is reached."""
    changed = True
    while changed:
        changed = False
        for targets in reach.values():
            more = set().union(*(reach[t] for t in targets)) - targets
            changed = changed or bool(more)
            targets |= more


def _reads_another_step(equation: Equation, group: set[str]) -> bool:
    """True where an equation reads one of a group of tensors at other positions than it defines."""
    inside = [r for r in ex.reads(equation.body) if r.tensor in group]
    return equation.target in group and any(p.index is None for r in inside for p in r.indices)
