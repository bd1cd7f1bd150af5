"""The reverse sweep: the adjoint of every tensor, collected from all its consumers.

Enters: a normalised network.  Leaves: for a tensor x, the terms of

    dx[k] = sum over equations y[i] = e that read x of  sum[i]( dy[i] * de/dx[k] )

first with Kronecker deltas, then with the deltas eliminated.  The one rule of the derivation: no layer, loss or
activation adds to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TypeGuard

from symprop.algebra.rules import Rules
from symprop.algebra.scalar import Partials
from symprop.algebra.terms import Facts, Term, eliminate, term_expr
from symprop.language import EVERYWHERE, Compound, Domain, Equation, Extent, Index, Network, Position, Tensor, ranges
from symprop.language import expressions as ex

Site = tuple[Term, ex.Read]


class Sweep:
    """Adjoints of one network, tensor by tensor.

    Args:
        network: normalised, its equations numbered.
        prefix: what the name of a tensor gets in front to name its adjoint.
    """

    def __init__(self, network: Network, prefix: str = "d") -> None:
        self.network, self.prefix = network, prefix
        self.rules = Rules(network.functions)
        axes = {t.name: t.axes for t in network.tensors.values()}
        adjoint_axes = {prefix + name: extents for name, extents in axes.items()}
        self.facts = Facts({**adjoint_axes, **axes}, ranges(network.tensors.values()))
        self.reaching = _reaching(network)
        self.variable = _variable(network)
        self.consumers = self._consumers()
        self._sites: dict[tuple[ex.Expr, str], list[Site]] = {}
        self.partials = Partials(network.functions, self.rules)

    def _consumers(self) -> dict[str, list[Equation]]:
        found: dict[str, list[Equation]] = {}
        for equation in self.network.equations:
            if equation.target in self.reaching:
                for name in dict.fromkeys(read.tensor for read in ex.reads(equation.body)):
                    found.setdefault(name, []).append(equation)
        return found

    def raw_terms(self, tensor: str, kappa: tuple[Position, ...]) -> list[tuple[Equation, Term]]:
        """The terms of the chain rule, deltas as equations of their domains, each with the equation it came from."""
        return [(e, t) for e in self.consumers.get(tensor, []) for t in self._contribution(e, tensor, kappa)]

    def eliminated(self, raw: list[tuple[Equation, Term]]) -> list[tuple[Equation, Term]]:
        """The terms with deltas eliminated; terms whose domain is empty are gone."""
        solved = [(e, eliminate(t, self.facts)) for e, t in raw]
        return [(e, t) for e, t in solved if t is not None and t.coefficient]

    def _contribution(self, equation: Equation, tensor: str, kappa: tuple[Position, ...]) -> list[Term]:
        out = []
        for term, read in self.sites(equation.body, tensor):
            bound = (*equation.free, *term.bound)
            renaming = _apart(bound, {i.name for p in kappa for i in p.index_atoms()})
            moved = term.substitute(renaming)
            new_bound = [renaming[i].index or i if i in renaming else i for i in bound]
            deltas = Domain(
                c
                for position, own in zip(read.indices, kappa, strict=True)
                for c in Domain.equal(position.substitute(renaming), own).constraints
            )
            upstream = self._upstream(equation, renaming)
            full = replace(moved, bound=tuple(new_bound), domain=moved.domain & equation.domain.substitute(renaming))
            whole = _prepend(upstream, full)
            out.append(replace(whole, domain=deltas & whole.domain))
        return out

    def _upstream(self, equation: Equation, renaming: Mapping[Index, Position]) -> ex.Expr:
        if equation.target == self.network.loss:
            return ex.ONE
        return ex.Read(self.prefix + equation.target, [p.substitute(renaming) for p in equation.indices])

    def sites(self, expr: ex.Expr, tensor: str) -> list[Site]:
        """Every read of a tensor in a scalar expression, with the derivative of the expression by it."""
        key = (expr, tensor)
        if key not in self._sites:
            self._sites[key] = [s for a, c in self.partials(expr) for s in self._below(a, c, tensor)]
        return self._sites[key]

    def _below(self, atom: ex.Expr, coefficient: ex.Expr, tensor: str) -> list[Site]:
        match atom:
            case ex.Read():
                return [(Term().times(coefficient), atom)] if atom.tensor == tensor else []
            case ex.Reduce(op="sum"):
                inner = [(t.over(atom.indices, atom.domain), r) for t, r in self.sites(atom.body, tensor)]
            case ex.Guard():
                inner = [(replace(t, domain=atom.domain & t.domain), r) for t, r in self.sites(atom.body, tensor)]
            case _:
                return []
        return [(_weighted(coefficient, t), r) for t, r in inner]

    def indices_of(self, tensor: Tensor) -> tuple[Position, ...]:
        """The indices of a tensor's adjoint: those of its own equation, or of the first read, as far as they fit.

        A compound under which the tensor is read wins: then the deltas of that read are those of its parts.
        """
        own = self.network.defining(tensor.name)
        reads = [r for e in self.consumers.get(tensor.name, []) for r in ex.reads(e.body) if r.tensor == tensor.name]
        written = own.indices if own is not None else reads[0].indices if reads else ()
        split = [_split_by(reads, axis, extent) for axis, extent in enumerate(tensor.axes)]
        if own is not None and all(s is None or s.radices == _radices(p) for s, p in zip(split, written, strict=True)):
            return own.indices
        taken: set[str] = set()
        out = []
        for axis, extent in enumerate(tensor.axes):
            shape = written[axis].atom if axis < len(written) else None
            out.append(_axis_index(split[axis] or shape, extent, taken))
        return tuple(out)


LETTERS = "ijklabcdpqruvwmsto"


def _split_by(reads: list[ex.Read], axis: int, extent: Extent) -> Compound | None:
    """The compound under which an axis is read, if there is one."""
    shapes = (r.indices[axis].atom for r in reads)
    return next((s for s in shapes if _runs_over(s, extent)), None)


def _radices(position: Position) -> tuple[Extent, ...]:
    return position.atom.radices if isinstance(position.atom, Compound) else ()


def _runs_over(shape: object, extent: Extent) -> TypeGuard[Compound]:
    """True for a compound of plain indices that has a value for every entry of the axis."""
    if not isinstance(shape, Compound) or any(p.index is None for p in shape.parts):
        return False
    bounds = Position.of(shape).bounds()
    return bounds is not None and bounds[1] + 1 == extent


def _axis_index(shape: object, extent: Extent, taken: set[str]) -> Position:
    if _runs_over(shape, extent):
        pairs = zip(shape.parts, shape.radices, strict=True)
        parts = [_named(part.index.name if part.index else "", radix, taken) for part, radix in pairs]
        return Position.of(Compound(map(Position.of, parts), shape.radices))
    name = shape.name.rstrip("0123456789") if isinstance(shape, Index) else ""
    return Position.of(_named(name, extent, taken))


def _named(name: str, extent: Extent, taken: set[str]) -> Index:
    letter = name or next((c for c in LETTERS if c not in taken), "i")
    index = ex.fresh(Index(letter, extent), taken)
    taken.add(index.name)
    return index


def _apart(bound: tuple[Index, ...], taken: set[str]) -> dict[Index, Position]:
    """New names for bound indices that clash with `taken` or with one another."""
    names = set(taken) | {i.name for i in bound}
    renaming: dict[Index, Position] = {}
    for index in bound:
        if index.name in taken:
            new = ex.fresh(index, names)
            names.add(new.name)
            renaming[index] = Position.of(new)
    return renaming


def _weighted(coefficient: ex.Expr, term: Term) -> Term:
    """The term times a coefficient; what a choice leaves out is not evaluated, so that 0*log(0) cannot arise."""
    factors = coefficient.factors if isinstance(coefficient, ex.Mul) else (coefficient,)
    choice = next((f for f in factors if isinstance(f, ex.Where) and f.otherwise == ex.ZERO), None)
    if choice is None or all(_finite(base, exponent) for base, exponent in term.factors):
        return _prepend(coefficient, term)
    others = ex.mul(*(f for f in factors if f is not choice))
    inner = _weighted(choice.then, replace(term, bound=(), domain=EVERYWHERE))
    chosen = ex.where(choice.condition, term_expr(inner), ex.ZERO)
    return _weighted(others, Term(bound=term.bound, domain=term.domain).times(chosen))


def _finite(base: ex.Expr, exponent: Fraction) -> bool:
    """True for what has a value wherever its reads have: a power of a read, not below the bar and not a root."""
    whole = exponent > 0 and exponent.denominator == 1
    return whole and isinstance(base, ex.Read | ex.IndexValue | ex.Constant | ex.Where)


def _prepend(expr: ex.Expr, term: Term) -> Term:
    head = Term().times(expr)
    joined = Term(head.coefficient, term.bound, head.domain & term.domain, head.factors)
    for base, exponent in term.factors:
        joined = joined.times(ex.power(base, ex.Number(exponent)))
    return replace(joined, coefficient=joined.coefficient * term.coefficient)


def _reaching(network: Network) -> frozenset[str]:
    """Targets the loss depends on through real tensors."""
    reached = {network.loss}
    pending = [network.loss]
    definitions = {e.target: e for e in network.equations}
    while pending:
        equation = definitions.get(pending.pop())
        for read in ex.reads(equation.body) if equation else ():
            if read.tensor not in reached:
                reached.add(read.tensor)
                pending.append(read.tensor)
    return frozenset(reached)


def _variable(network: Network) -> frozenset[str]:
    """Real tensors that depend on a real input or parameter: a one-hot row of labels does not, nor does a state."""
    given = {e.target for e in network.equations}
    real = [t.name for t in network.tensors.values() if t.dtype == "real" and t.role != "state"]
    found = {name for name in real if name not in given}
    equations = [e for e in network.equations if network.tensors[e.target].dtype == "real"]
    growing = True
    while growing:  # more than once where a recurrence reads what is defined after it
        new = {e.target for e in equations if e.target not in found and found & set(ex.tensors_read(e.body))}
        growing = bool(new)
        found |= new
    return frozenset(found - {network.loss})
