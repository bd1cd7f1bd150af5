"""Sums of rows that are known: one-hot targets, label smoothing and softmax rows sum to 1, normalised ones to 0.

Enters: terms.  Leaves: the terms with such sums replaced by their value, and the assumptions made.  For a tensor
defined by an equation the value is proved from the equation; for given data it is an assumption, which is printed.

A softmax over the entries that a mask keeps sums to 1, or to 0 where it keeps none.  Such a sum is replaced by 1 only
where the rest of the term is 0 wherever the mask keeps none, as a sum over the same entries is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from symprop.algebra.matching import merge_alike
from symprop.algebra.simplify import collect
from symprop.algebra.terms import Facts, Term, eliminate, factors_of, term_expr, terms_of
from symprop.derivation.totals import Totals
from symprop.language import Domain, Index, Network, Position
from symprop.language import expressions as ex
from symprop.language.indices import EVERYWHERE, Constraint


@dataclass(frozen=True)
class Summed:
    """Terms after known sums were replaced; `changed` tells whether any was."""

    terms: tuple[Term, ...]
    assumptions: tuple[str, ...]
    changed: bool


@dataclass(frozen=True)
class RowSum:
    """The sum of a tensor along axes, with what it assumes ("" where it was proved).

    It is `value` in the rows of which an entry fulfils `where`, a domain on the indices of the tensor's equation, and 0
    in all others.
    """

    value: Fraction
    assumption: str
    where: Domain = EVERYWHERE


class RowSums:
    """Sums along axes of the tensors of one network, each found once."""

    def __init__(self, network: Network, facts: Facts) -> None:
        self.network, self.facts, self.totals = network, facts, Totals(network, facts)
        self._known: dict[tuple[str, tuple[int, ...]], RowSum | None] = {}

    def apply(self, terms: Iterable[Term]) -> Summed:
        """sum[c](Y[n,c]) replaced by its value wherever c occurs nowhere else in the term."""
        out, assumptions, changed = [], [], False
        for term in map(self.bare, terms):
            while (found := self.summable(term)) is not None:
                indices, read, row = found
                rest = tuple((b, e) for b, e in term.factors if b != read)
                bound = tuple(i for i in term.bound if i not in indices)
                term = Term(term.coefficient * row.value, bound, term.domain, rest)
                assumptions += [row.assumption] if row.assumption else []
                changed = True
            out.append(term)
        return Summed(tuple(out), tuple(dict.fromkeys(assumptions)), changed)

    def bare(self, term: Term) -> Term:
        """The term without the conditions outside which one of its factors is 0 by its own definition."""
        known = self._supports(term)
        kept = tuple(c for c in term.domain.constraints if c not in known)
        return term if len(kept) == len(term.domain.constraints) else replace(term, domain=Domain(kept))

    def _supports(self, term: Term) -> set[Constraint]:
        """Conditions outside which a factor of a term is 0."""
        return {c for base, exponent in term.factors if exponent > 0 for c in self._support(base)}

    def _support(self, base: ex.Expr) -> tuple[Constraint, ...]:
        """Conditions outside which a read is 0 by the equation of its tensor."""
        equation = self.network.defining(base.tensor) if isinstance(base, ex.Read) else None
        if equation is None or not isinstance(base, ex.Read):
            return ()
        domain = equation.domain & (equation.body.domain if isinstance(equation.body, ex.Guard) else Domain())
        if not domain or any(position.index is None for position in equation.indices):
            return ()
        return domain.substitute(self._places(base)).constraints

    def _places(self, read: ex.Read) -> dict[Index, Position]:
        """Where a read has the indices of its tensor's equation."""
        equation = self.network.defining(read.tensor)
        own = equation.indices if equation is not None else ()
        return {o.index: p for o, p in zip(own, read.indices, strict=False) if o.index is not None}

    def summable(self, term: Term) -> tuple[tuple[Index, ...], ex.Read, RowSum] | None:
        """A factor whose sum over some indices is known, with these indices; None where there is none."""
        for base, exponent in term.factors:
            if isinstance(base, ex.Read) and exponent == 1:
                axes = self._own_axes(base, term)
                for chosen in dict.fromkeys([tuple(axes), *((axis,) for axis in axes)]):
                    row = self.row_sum(base.tensor, chosen) if chosen else None
                    indices = tuple(axes[axis] for axis in chosen)
                    if row is not None and (not row.where or self._counts(row, base, indices, term)):
                        return indices, base, row
        return None

    def _counts(self, row: RowSum, read: ex.Read, indices: tuple[Index, ...], term: Term) -> bool:
        """True where the rest of a term is 0 in the rows that have no entry within `row.where`."""
        rest = replace(term, factors=tuple(f for f in term.factors if f[0] != read))
        known = Domain((*rest.domain.constraints, *self._supports(rest)))
        others = {i for base, _ in rest.factors for i in ex.free_indices(base)}.union(rest.domain.index_atoms())
        moved = _moved(row.where.substitute(self._places(read)), indices, others)
        return any(self.facts.holds(domain.constraints, known) for domain in moved)

    def _own_axes(self, read: ex.Read, term: Term) -> dict[int, Index]:
        """The axes of a read that an index of the sum runs along, whole, and that occurs nowhere else in the term."""
        # a row outside the tensor is 0, whatever the others sum to
        if not self.facts.in_range(read, term.domain):
            return {}
        others = {i for b, _ in term.factors if b != read for i in ex.free_indices(b)}
        taken = others.union(term.domain.index_atoms())
        uses = [i for p in read.positions() for i in p.index_atoms()]
        extents = self.facts.axes.get(read.tensor, ())
        found = {}
        for axis, (position, extent) in enumerate(zip(read.indices, extents, strict=False)):
            index = position.index
            if index in term.bound and index not in taken and uses.count(index) == 1 and extent == index.extent:
                found[axis] = index
        return found

    def row_sum(self, tensor: str, axes: tuple[int, ...]) -> RowSum | None:
        """The constant a tensor sums to along axes, None where that is not known."""
        key = (tensor, axes)
        if key not in self._known:
            self._known[key] = None
            self._known[key] = self._find(tensor, axes)
        return self._known[key]

    def _find(self, name: str, axes: tuple[int, ...]) -> RowSum | None:
        equation = self.network.defining(name)
        if equation is not None and max(axes) < len(equation.indices):
            indices = [p.index for axis in axes if (p := equation.indices[axis]).index is not None]
            if len(indices) < len(axes) or not self.facts.covers(equation):
                return None
            return self._proved(equation.body, [i for i in indices if i is not None])
        tensor = self.network.tensors.get(name)
        if tensor is not None and (tensor.simplex,) == axes:
            return RowSum(Fraction(1), f"rows of {name} sum to 1")
        return None

    def _proved(self, body: ex.Expr, indices: list[Index]) -> RowSum | None:
        kept = body.domain if isinstance(body, ex.Guard) else EVERYWHERE
        divisors = list(_divisors(body))
        # a sum within may use the name of an index of the row
        plain = kept.split(i for node in ex.walk(body) if isinstance(node, ex.Reduce) for i in node.indices)[1]
        if not all(self._has_point(node, plain) for node in divisors):
            return None
        always = all(self._has_point(node, EVERYWHERE) for node in divisors)
        solved = (eliminate(t, self.facts) for t in terms_of(ex.reduce_("sum", indices, body), expand=True))
        summed = self.apply(t for t in solved if t is not None)
        # a quotient exp(Z[n,c]) / sum[k](exp(Z[n,k])) cancels once its numerator has been summed
        grouped = []
        settled = self.totals.settle(summed.terms)
        for term in summed.terms if settled is None else settled.terms:
            coefficient, domain, factors = factors_of(term_expr(term))
            if not self.facts.holds(domain.constraints, kept):
                return None
            always = always and not domain
            grouped.append(Term(coefficient, (), EVERYWHERE, merge_alike(factors)))
        left = collect(grouped)
        if left and (len(left) > 1 or left[0].factors):
            return None
        value = left[0].coefficient if left else Fraction(0)
        return RowSum(value, "; ".join(summed.assumptions), EVERYWHERE if always or not left else kept)

    def _has_point(self, node: ex.Reduce, known: Domain) -> bool:
        """True where 0, or the value of another index, fulfils the conditions of a sum wherever a domain holds."""
        others = {*node.domain.index_atoms(), *known.index_atoms()}.difference(node.indices)
        moved = _moved(node.domain, node.indices, others)
        return any(self.facts.holds(domain.constraints, known) for domain in moved)


def _moved(domain: Domain, indices: Sequence[Index], others: Collection[Index]) -> Iterator[Domain]:
    """A domain with 0, or another index of the same extent, in the place of each of some indices."""
    places = [[Position.of(0), *(Position.of(o) for o in others if o.extent == i.extent)] for i in indices]
    for chosen in product(*places):
        yield domain.substitute(dict(zip(indices, chosen, strict=True)))


def _divisors(expr: ex.Expr) -> Iterator[ex.Reduce]:
    """Sums within a domain that something is divided by: a quotient of two equal ones is 1 where they have a point."""
    for node in ex.walk(expr):
        exponent = ex.number(node.exponent) if isinstance(node, ex.Pow) else None
        if isinstance(node, ex.Pow) and (exponent is None or exponent < 0):
            yield from (n for n in ex.walk(node.base) if isinstance(n, ex.Reduce) and n.domain)
