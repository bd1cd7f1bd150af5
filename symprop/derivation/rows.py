"""Sums of rows that are known: one-hot targets, label smoothing and softmax rows sum to 1.

Enters: terms.  Leaves: the terms with such sums replaced by their value, and the assumptions made.  For a tensor
defined by an equation the value is proved from the equation; for given data it is an assumption, which is printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from symprop.algebra.matching import merge_alike
from symprop.algebra.simplify import collect
from symprop.algebra.terms import Facts, Term, eliminate, factors_of, term_expr, terms_of
from symprop.language import Index, Network
from symprop.language import expressions as ex


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
        self.network, self.facts = network, facts
        self._known: dict[tuple[str, int], RowSum | None] = {}

    def apply(self, terms: Iterable[Term]) -> Summed:
        """sum[c](Y[n,c]) replaced by its value wherever c occurs nowhere else in the term."""
        out, assumptions, changed = [], [], False
        for term in terms:
            while (found := self._summable(term)) is not None:
                index, read, row = found
                rest = tuple((b, e) for b, e in term.factors if b != read)
                bound = tuple(i for i in term.bound if i != index)
                term = Term(term.coefficient * row.value, bound, term.domain, rest)
                assumptions += [row.assumption] if row.assumption else []
                changed = True
            out.append(term)
        return Summed(tuple(out), tuple(dict.fromkeys(assumptions)), changed)

    def _summable(self, term: Term) -> tuple[Index, ex.Read, RowSum] | None:
        for index in term.bound:
            holders = [(b, e) for b, e in term.factors if index in ex.free_indices(b)]
            if len(holders) != 1 or index in term.domain.index_atoms():
                continue
            base, exponent = holders[0]
            axes = [k for k, p in enumerate(base.indices) if p.index == index] if isinstance(base, ex.Read) else []
            uses = sum(1 for p in base.positions() for i in p.index_atoms() if i == index)
            if isinstance(base, ex.Read) and exponent == 1 and len(axes) == uses == 1:
                # a row outside the tensor is 0, whatever the others sum to
                whole = self.facts.axes[base.tensor][axes[0]] == index.extent and self.facts.in_range(base, term.domain)
                row = self.row_sum(base.tensor, axes[0]) if whole else None
                if row is not None:
                    return index, base, row
        return None

    def row_sum(self, tensor: str, axis: int) -> RowSum | None:
        """The constant a tensor sums to along an axis, None where that is not known."""
        key = (tensor, axis)
        if key not in self._known:
            self._known[key] = None
            self._known[key] = self._find(tensor, axis)
        return self._known[key]

    def _find(self, name: str, axis: int) -> RowSum | None:
        equation = self.network.defining(name)
        if equation is not None and axis < len(equation.indices):
            index = equation.indices[axis].index
            return self._proved(equation.body, index) if index is not None and self.facts.covers(equation) else None
        tensor = self.network.tensors.get(name)
        if tensor is not None and tensor.simplex == axis:
            return RowSum(Fraction(1), f"rows of {name} sum to 1")
        return None

    def _proved(self, body: ex.Expr, index: Index) -> RowSum | None:
        solved = (eliminate(t, self.facts) for t in terms_of(ex.reduce_("sum", [index], body), expand=True))
        summed = self.apply(t for t in solved if t is not None)
        # a quotient exp(Z[n,c]) / sum[k](exp(Z[n,k])) cancels once its numerator has been summed
        grouped = []
        for term in summed.terms:
            coefficient, domain, factors = factors_of(term_expr(term))
            if domain:
                return None
            grouped.append(Term(coefficient, (), domain, merge_alike(factors)))
        left = collect(grouped)
        if len(left) == 1 and not left[0].factors:
            return RowSum(left[0].coefficient, "; ".join(summed.assumptions))
        return None
