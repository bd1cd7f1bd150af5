"""From terms to the expression a reader expects: like terms collected, common factors in front, quotients cancelled.

Enters: terms.  Leaves: one expression.  Everything here is an identity for all values; assumptions enter elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symprop.algebra.factoring import by_common_factors, factored
from symprop.algebra.matching import alike, merge_alike
from symprop.algebra.scalar import Atoms, from_sympy, positive_first, to_sympy
from symprop.algebra.terms import Factor, Term, term_expr
from symprop.language import expressions as ex
from symprop.language.indices import EVERYWHERE, Domain, Index, Position


def collect(terms: Iterable[Term]) -> list[Term]:
    """Like terms added, terms with coefficient 0 dropped, factors alike multiplied."""
    kept: list[Term] = []
    for term in terms:
        term = replace(term, factors=merge_alike(term.factors))
        for k, other in enumerate(kept):
            if len(other.factors) == len(term.factors) and alike(_shape(other), _shape(term)):
                kept[k] = replace(other, coefficient=other.coefficient + term.coefficient)
                break
        else:
            kept.append(term)
    return [t for t in kept if t.coefficient]


def _shape(term: Term) -> ex.Expr:
    return term_expr(replace(term, coefficient=Fraction(1)))


def common_factors(terms: list[Term]) -> tuple[Fraction, tuple[Factor, ...], Domain]:
    """(rational, powers, guards) that every term has outside its sum."""
    if len(terms) < 2:
        return Fraction(1), (), EVERYWHERE
    shared: list[Factor] = []
    for base, exponent in _outside(terms[0]):
        others = [dict(_outside(t)).get(base, Fraction(0)) for t in terms[1:]]
        lowest = min([exponent, *others], key=abs)
        if all(e * exponent > 0 for e in others):
            shared.append((base, lowest))
    size = abs(terms[0].coefficient)
    rational = size if all(abs(t.coefficient) == size for t in terms) else Fraction(1)
    if all(t.coefficient < 0 for t in terms):
        rational = -rational
    guards = [c for c in terms[0].domain.split(terms[0].bound)[1].constraints]
    guards = [c for c in guards if all(c in t.domain.constraints for t in terms)]
    return rational, tuple(shared), Domain(guards)


def _outside(term: Term) -> list[Factor]:
    return [(b, e) for b, e in term.factors if ex.free_indices(b).isdisjoint(term.bound)]


def assemble(terms: Iterable[Term]) -> ex.Expr:
    """The sum of the terms with their common factors in front: P*(dP - sum(P*dP)), (P - Y)/N."""
    collected = collect(terms)
    if not collected:
        return ex.ZERO
    rational, shared, guards = common_factors(collected)
    divided = []
    for term in collected:
        rest = {**dict(term.factors)}
        for base, exponent in shared:
            rest[base] -= exponent
        domain = Domain(c for c in term.domain.constraints if c not in guards.constraints)
        factors = tuple((b, e) for b, e in rest.items() if e)
        divided.append(term_expr(Term(term.coefficient / rational, term.bound, domain, factors)))
    inner = positive_first(divided) if len(divided) > 1 else divided[0]
    outer = [ex.power(base, ex.Number(exponent)) for base, exponent in shared]
    return arranged(ex.guard(guards, ex.mul(ex.Number(rational), *outer, inner)))


def cancel(expr: ex.Expr) -> ex.Expr:
    """The quotient in lowest terms where that is shorter; atoms are reads, reductions and guards."""
    atoms = Atoms()
    built = to_sympy(expr, atoms)
    if not tractable(built):
        return expr
    reduced = sp.cancel(sp.together(built))
    candidates = [built, reduced, factored(reduced), by_common_factors(built)]
    best = min(candidates, key=lambda c: (sp.count_ops(c), _reads(c), str(c)))
    return expr if best is built else from_sympy(best, atoms)


def _reads(value: Any) -> int:
    """How many symbols are read: the three of x*y + x*z are two in x*(y + z)."""
    return sum(1 for node in sp.preorder_traversal(value) if node.is_Symbol)


MAX_POWER, MAX_OPERATIONS, MAX_MULTIPLE = 12, 400, 64


def tractable(value: Any) -> bool:
    """True where a quotient can be brought to lowest terms without multiplying out enormous powers."""
    powers = (abs(p.exp) for p in value.atoms(sp.Pow) if p.exp.is_Rational)
    few = max(powers, default=0) <= MAX_POWER and sp.count_ops(value) <= MAX_OPERATIONS
    return few and _largest_multiple(value) <= MAX_MULTIPLE


def _largest_multiple(value: Any) -> int:
    """How high a power of one exponential another one is: exp(1000*x) is exp(x)**1000 to SymPy, as is exp(x) beside
    exp(x/1000)."""
    found: dict[Any, list[Any]] = {}
    for exponential in value.atoms(sp.exp):
        for term, factor in exponential.args[0].as_coefficients_dict().items():
            found.setdefault(term, []).append(factor if factor.is_Rational else sp.Integer(1))
    parts = (sp.ilcm(1, *(f.q for f in factors)) * max(abs(f) for f in factors) for factors in found.values())
    return int(max(parts, default=0))


def arranged(expr: ex.Expr, left: Iterable[str] = ()) -> ex.Expr:
    """Factors in the order a reader expects: numerals, symbols and reads, functions, sums, quotients last.

    Among reads the one whose free indices come first on the left side comes first: sum[n](A[n,i]*dZ[n,j]) for dW[i,j].
    """
    order = {name: k for k, name in enumerate(left)}

    def key(factor: ex.Expr) -> tuple[int, int]:
        own = [order[i.name] for p in factor.positions() for i in p.index_atoms() if i.name in order]
        return _place(factor), min(own, default=len(order)) if isinstance(factor, ex.Read) else 0

    def change(node: ex.Expr) -> ex.Expr:
        return ex.Mul(sorted(node.factors, key=key)) if isinstance(node, ex.Mul) else node

    return ex.transform(expr, change)


def _place(factor: ex.Expr) -> int:
    match factor:
        case ex.Number():
            return 0
        case ex.IndexValue() | ex.Constant():
            return 1
        case ex.Read():
            return 2
        case ex.Pow() if (ex.number(factor.exponent) or 1) < 0:
            return 6
        case ex.Pow():
            return 2 if isinstance(factor.base, ex.Read) else 3
        case ex.Call() | ex.Where():
            return 3
        case ex.Add():
            return 4
    return 5


def tidy(expr: ex.Expr, free: Iterable[str]) -> ex.Expr:
    """Bound indices renamed to letters that are not in use around them: n1 becomes n again, or k."""

    def visit(node: ex.Expr, taken: frozenset[str]) -> ex.Expr:
        if isinstance(node, ex.Reduce):
            names, renaming = set(taken | _free_names(node)), {}
            for index in node.indices:
                plain = Index(index.name.rstrip("0123456789") or index.name, index.extent)
                new = _another(plain, names)
                names.add(new.name)
                renaming[index] = new
            moved = _renamed(node, renaming)
            return ex.Reduce(
                moved.op, moved.indices, visit(moved.body, frozenset(names)), moved.domain, moved.pick
            )
        children = node.children()
        return node.rebuild(tuple(visit(c, taken) for c in children)) if children else node

    return visit(expr, frozenset(free))


SPARE_LETTERS = "klpqrsuvwhijm"


def _another(index: Index, taken: set[str]) -> Index:
    """The index itself, or one of the same extent under a letter that is free: k beside j, as one writes by hand."""
    if index.name not in taken:
        return index
    letter = next((c for c in SPARE_LETTERS if c not in taken), None)
    return Index(letter, index.extent) if letter else ex.fresh(index, taken)


def _free_names(node: ex.Reduce) -> frozenset[str]:
    return frozenset(i.name for i in ex.free_indices(node))


def _renamed(node: ex.Reduce, renaming: dict[Index, Index]) -> ex.Reduce:
    changed = {old: Position.of(new) for old, new in renaming.items() if old != new}
    if not changed:
        return node
    pick = renaming.get(node.pick, node.pick) if node.pick else None
    body, domain = ex.substitute(node.body, changed), node.domain.substitute(changed)
    return ex.Reduce(node.op, [renaming[i] for i in node.indices], body, domain, pick)
