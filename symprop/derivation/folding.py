"""Named values: a part of a right side that a forward equation defines is read from there.

Enters: terms.  Leaves: the same terms in which `exp(Z)/sum(exp(Z))` reads P and `1 - tanh(Z)**2` reads `1 - A**2`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symprop.algebra.matching import Fold, fold_expr, fold_term, folds_of
from symprop.algebra.terms import Facts, Term
from symprop.language import Equation
from symprop.language import expressions as ex


class Folding:
    """The values at hand, by the tensors their right sides read, so that a term is compared with few of them."""

    def __init__(self, equations: Iterable[Equation], facts: Facts) -> None:
        self.facts = facts
        self._folds: dict[str, list[Fold]] = {}
        for fold in (f for e in equations for f in folds_of(e)):
            for name in dict.fromkeys(r.tensor for r in ex.reads(fold.pattern)):
                self._folds.setdefault(name, []).append(fold)

    def __call__(self, term: Term) -> Term:
        """The term with values read where they are at hand, in the order of their equations."""
        read = _tensors(term)
        candidates = {f.equation.number: f for name in read for f in self._folds.get(name, ())}
        for _, fold in sorted(candidates.items(), key=lambda item: item[0]):
            if read.issuperset(r.tensor for r in ex.reads(fold.pattern)):
                term = fold_term(term, fold, self.facts)
                factors = ((fold_expr(b, fold, self.facts, term.domain), e) for b, e in term.factors)
                term = replace(term, factors=()).times(ex.mul(*(ex.power(b, ex.Number(e)) for b, e in factors)))
                read = _tensors(term)
        return term


def _tensors(term: Term) -> set[str]:
    return {r.tensor for base, _ in term.factors for r in ex.reads(base)}
