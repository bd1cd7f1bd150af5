"""Sums of rows that are known: one-hot targets, label smoothing and softmax rows sum to 1, normalised ones to 0.

Enters: terms.  Leaves: the terms with such sums replaced by their value, and the assumptions made.  For a tensor
defined by an equation the value is proved from the equation; for given data it is an assumption, which is printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from symprop.algebra.matching import merge_alike
from symprop.algebra.simplify import collect
from symprop.algebra.terms import Facts, Term, eliminate, factors_of, term_expr, terms_of
from symprop.derivation.totals import Totals
from symprop.language import Domain, Index, Network, Position
from symprop.language import expressions as ex
from symprop.language.indices import Constraint


@dataclass(frozen=True)
class Summed:
    """Terms after known sums were replaced; `changed` tells whether any was."""

    terms: tuple[Term, ...]
    assumptions: tuple[str, ...]
    changed: bool


@dataclass(frozen=True)
class RowSum:
    """The sum of a tensor along an axis, with what it assumes ("" where it was proved)."""

    value: Fraction
    assumption: str


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
        known = {c for base, exponent in term.factors if exponent > 0 for c in self._support(base)}
        kept = tuple(c for c in term.domain.constraints if c not in known)
        return term if len(kept) == len(term.domain.constraints) else replace(term, domain=Domain(kept))

    def _support(self, base: ex.Expr) -> tuple[Constraint, ...]:
        """Conditions outside which a read is 0 by the equation of its tensor."""
        equation = self.network.defining(base.tensor) if isinstance(base, ex.Read) else None
        if equation is None or not isinstance(base, ex.Read):
            return ()
        domain = equation.domain & (equation.body.domain if isinstance(equation.body, ex.Guard) else Domain())
        own = [position.index for position in equation.indices]
        if not domain or None in own:
            return ()
        places = {i: p for i, p in zip(own, base.indices, strict=True) if i is not None}
        return domain.substitute(places).constraints

    def summable(self, term: Term) -> tuple[tuple[Index, ...], ex.Read, RowSum] | None:
        """A factor whose sum over some indices is known, with these indices; None where there is none."""
        for base, exponent in term.factors:
            if isinstance(base, ex.Read) and exponent == 1:
                axes = self._own_axes(base, term)
                for chosen in dict.fromkeys([tuple(axes), *((axis,) for axis in axes)]):
                    row = self.row_sum(base.tensor, chosen) if chosen else None
                    if row is not None:
                        return tuple(axes[axis] for axis in chosen), base, row
        return None

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
            whole = len(indices) == len(axes) and self.facts.covers(equation) and _never_empty(equation.body)
            return self._proved(equation.body, [i for i in indices if i is not None]) if whole else None
        tensor = self.network.tensors.get(name)
        if tensor is not None and (tensor.simplex,) == axes:
            return RowSum(Fraction(1), f"rows of {name} sum to 1")
        return None

    def _proved(self, body: ex.Expr, indices: list[Index]) -> RowSum | None:
        solved = (eliminate(t, self.facts) for t in terms_of(ex.reduce_("sum", indices, body), expand=True))
        summed = self.apply(t for t in solved if t is not None)
        # a quotient exp(Z[n,c]) / sum[k](exp(Z[n,k])) cancels once its numerator has been summed
        grouped = []
        settled = self.totals.settle(summed.terms)
        for term in summed.terms if settled is None else settled.terms:
            coefficient, domain, factors = factors_of(term_expr(term))
            if domain:
                return None
            grouped.append(Term(coefficient, (), domain, merge_alike(factors)))
        left = collect(grouped)
        if not left:
            return RowSum(Fraction(0), "; ".join(summed.assumptions))
        if len(left) == 1 and not left[0].factors:
            return RowSum(left[0].coefficient, "; ".join(summed.assumptions))
        return None


def _never_empty(body: ex.Expr) -> bool:
    """True where every sum has a point: a quotient of two equal ones is 1 there alone."""
    return all(_has_point(node) for node in ex.walk(body) if isinstance(node, ex.Reduce) and node.domain)


def _has_point(node: ex.Reduce) -> bool:
    """True where 0, or the value of another index, fulfils the conditions of a sum."""
    free = [i for i in node.domain.index_atoms() if i not in node.indices]
    for index in node.indices:
        places = [Position.of(0), *(Position.of(i) for i in free if i.extent == index.extent)]
        domains = [node.domain.substitute({index: place}) for place in places]
        if len(node.indices) == 1 and any(all(c.verdict() is True for c in d.constraints) for d in domains):
            return True
    return False
