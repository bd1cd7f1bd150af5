"""Sums that a forward equation has computed: of mu[j] = sum[n](x[n,j])/N the sum of x is N*mu, so that of x - mu is 0.

Enters: terms.  Leaves: the terms with such sums put in terms of their targets, where that leaves fewer of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symprop.algebra.matching import Fold, unify
from symprop.algebra.simplify import collect
from symprop.algebra.terms import Factor, Facts, Term, eliminate, product, terms_of
from symprop.language import Equation, Network
from symprop.language import expressions as ex


@dataclass(frozen=True)
class Settled:
    """Terms, and the numbers of the equations whose sums were used."""

    terms: tuple[Term, ...]
    uses: tuple[int, ...]


class Totals:
    """The sums of entries that the equations of a network compute, `target = factor * sum(entries)`."""

    def __init__(self, network: Network, facts: Facts) -> None:
        self.facts = facts
        self.known: dict[str, list[tuple[Fold, ex.Expr]]] = {}
        for equation in network.equations:
            for total in _totals(equation) if equation.target != network.loss else ():
                self.known.setdefault(next(ex.reads(total[0].pattern)).tensor, []).append(total)

    def settle(self, terms: Sequence[Term]) -> Settled | None:
        """The terms with sums of sums opened and computed sums replaced, None where they do not become fewer."""
        uses: dict[int, None] = {}
        opened = [part for term in terms for part in self._opened(term)]
        found = collect([self._replaced(term, uses) for term in opened])
        return Settled(tuple(found), tuple(uses)) if uses and len(found) < len(collect(terms)) else None

    def _opened(self, term: Term) -> Iterator[Term]:
        """A term that sums nothing but a sum of terms, as one term for each of these."""
        summed, _ = term.split()
        if len(summed) != 1 or not isinstance(summed[0][0], ex.Add) or summed[0][1] != 1:
            yield term
            return
        rest = replace(term, factors=tuple(f for f in term.factors if f != summed[0]))
        solved = (eliminate(rest.times(part), self.facts) for part in summed[0][0].terms)
        yield from (found for found in solved if found is not None)

    def _replaced(self, term: Term, uses: dict[int, None]) -> Term:
        """A term with its sum as the target that holds it."""
        summed, others = term.split()
        if not summed or term.domain.split(term.bound)[0]:
            return term
        whole = ex.reduce_("sum", term.bound, product(summed))
        read = dict.fromkeys(r.tensor for r in ex.reads(whole))
        for fold, factor in (total for name in read for total in self.known.get(name, ())):
            found = unify(fold.pattern, whole, {}, {})
            value = None if found is None else fold.value(found, self.facts, term.domain)
            if found is not None and value is not None:
                uses[fold.equation.number] = None
                rest = Term(term.coefficient, (), term.domain, others)
                return rest.times(ex.divide(value, ex.substitute(factor, found)))
        return term


def _totals(equation: Equation) -> Iterator[tuple[Fold, ex.Expr]]:
    terms = terms_of(equation.body)
    if len(terms) != 1 or equation.domain or terms[0].domain or not terms[0].bound:
        return
    summed, others = terms[0].split()
    if summed and all(map(_entry, summed)) and all(isinstance(base, ex.IndexValue) for base, _ in others):
        pattern = ex.reduce_("sum", terms[0].bound, product(summed))
        yield Fold(equation, pattern), ex.mul(ex.Number(terms[0].coefficient), product(others))


def _entry(factor: Factor) -> bool:
    return isinstance(factor[0], ex.Read) and factor[1] > 0
