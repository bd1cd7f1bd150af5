"""Finding one expression inside another, up to names of indices: how documents come to read P for exp(Z)/sum(exp(Z)).

Enters: a pattern (the right side of a forward equation) and an expression or a term.  Leaves: the same with the pattern
replaced by a read of the equation's target.  A replacement is made only where the read is proved to be within bounds,
since outside them the target is 0 and the pattern need not be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from symprop.algebra.terms import Factor, Facts, Term, factors_of, merge
from symprop.language import expressions as ex
from symprop.language.equations import Equation
from symprop.language.indices import EVERYWHERE, Compound, Domain, Index, Position

Found = dict[Index, Position]


def unify(pattern: ex.Expr, expr: ex.Expr, found: Found, bound: dict[Index, Index]) -> Found | None:
    """Positions for the pattern's free indices that make it the expression, or None; bound indices pair up."""
    if type(pattern) is not type(expr):
        return None
    match pattern, expr:
        case (ex.Read(), ex.Read()):
            if pattern.tensor != expr.tensor or len(pattern.indices) != len(expr.indices):
                return None
            return _unify_positions(pattern.indices, expr.indices, found, bound)
        case (ex.IndexValue(), ex.IndexValue()):
            return _unify_positions((pattern.position,), (expr.position,), found, bound)
        case (ex.Reduce(), ex.Reduce()):
            return _unify_reductions(pattern, expr, found, bound)
        case (ex.Guard(), ex.Guard()):
            after = _unify_domains(pattern.domain, expr.domain, found, bound)
            return None if after is None else unify(pattern.body, expr.body, after, bound)
        case (ex.Number() | ex.Constant(), _):
            return found if pattern == expr else None
        case (ex.Call(), ex.Call()) if pattern.name != expr.name:
            return None
        case (ex.Compare(), ex.Compare()) if pattern.op != expr.op:
            return None
    parts, others = pattern.children(), expr.children()
    if len(parts) != len(others):
        return None
    if isinstance(pattern, ex.Add | ex.Mul):
        return _unify_in_any_order(parts, others, found, bound)
    return _unify_in_order(parts, others, found, bound)


def _unify_in_order(
    parts: Iterable[ex.Expr], others: Iterable[ex.Expr], found: Found, bound: dict[Index, Index]
) -> Found | None:
    state: Found | None = found
    for part, other in zip(parts, others, strict=True):
        state = unify(part, other, state, bound) if state is not None else None
    return state


def _unify_in_any_order(
    parts: tuple[ex.Expr, ...], others: tuple[ex.Expr, ...], found: Found, bound: dict[Index, Index]
) -> Found | None:
    if not parts:
        return found
    for k, other in enumerate(others):
        state = unify(parts[0], other, dict(found), bound)
        if state is not None:
            rest = _unify_in_any_order(parts[1:], others[:k] + others[k + 1 :], state, bound)
            if rest is not None:
                return rest
    return None


def _unify_reductions(pattern: ex.Reduce, expr: ex.Reduce, found: Found, bound: dict[Index, Index]) -> Found | None:
    if (pattern.op, len(pattern.indices)) != (expr.op, len(expr.indices)):
        return None
    picks = [r.indices.index(r.pick) if r.pick in r.indices else 0 for r in (pattern, expr)]
    if picks[0] != picks[1]:
        return None
    if any(p.extent != e.extent for p, e in zip(pattern.indices, expr.indices, strict=True)):
        return None
    inner = {**bound, **dict(zip(pattern.indices, expr.indices, strict=True))}
    after = _unify_domains(pattern.domain, expr.domain, found, inner)
    after = None if after is None else unify(pattern.body, expr.body, after, inner)
    free = () if after is None else [after[i] for i in ex.free_indices(pattern) if i in after]
    captured = any(i in expr.indices for p in free for i in p.index_atoms())
    return None if captured else after


def _unify_domains(pattern: Domain, expr: Domain, found: Found, bound: dict[Index, Index]) -> Found | None:
    kinds = [c.kind for c in pattern.constraints]
    if kinds != [c.kind for c in expr.constraints]:
        return None
    forms = tuple(c.position for c in pattern.constraints)
    return _unify_positions(forms, tuple(c.position for c in expr.constraints), found, bound)


def _unify_positions(
    patterns: tuple[Position, ...], positions: tuple[Position, ...], found: Found, bound: dict[Index, Index]
) -> Found | None:
    state = dict(found)
    late = []
    for pattern, position in _by_parts(zip(patterns, positions, strict=True)):
        index = pattern.index
        if index is None:
            late.append((pattern, position))
        elif index in bound:
            if position.index != bound[index]:
                return None
        elif state.setdefault(index, position) != position:
            return None
    renaming = {old: Position.of(new) for old, new in bound.items()}
    for pattern, position in late:
        unknown = list(dict.fromkeys(i for i in pattern.index_atoms() if i not in state and i not in bound))
        if len(unknown) == 1 and pattern.solvable(unknown[0]):
            sign = pattern.coefficient(unknown[0])
            rest = pattern - Position.of(unknown[0]) * sign
            state[unknown[0]] = (position - rest.substitute({**state, **renaming})) * sign
        elif unknown:
            return None
        if pattern.substitute({**state, **renaming}) != position:
            return None
    return state


def _by_parts(pairs: Iterable[tuple[Position, Position]]) -> Iterator[tuple[Position, Position]]:
    """Pairs of positions, those of two compounds of the same radices part by part."""
    for pattern, position in pairs:
        left, right = pattern.atom, position.atom
        if isinstance(left, Compound) and isinstance(right, Compound) and left.radices == right.radices:
            yield from _by_parts(zip(left.parts, right.parts, strict=True))
        else:
            yield pattern, position


def alike(left: ex.Expr, right: ex.Expr) -> bool:
    """True where two expressions are the same up to the names of bound indices and the order of sums and products."""
    return unify(left, right, {i: Position.of(i) for i in ex.free_indices(left)}, {}) is not None


def merge_alike(factors: Iterable[Factor]) -> tuple[Factor, ...]:
    """The factors with bases alike multiplied: sum[k](exp(Z[n,k])) and sum[c](exp(Z[n,c])) are one."""
    kept: list[Factor] = []
    for base, exponent in factors:
        place = next((k for k, (other, _) in enumerate(kept) if alike(other, base)), None)
        if place is None:
            kept.append((base, exponent))
        else:
            kept[place] = (kept[place][0], kept[place][1] + exponent)
    return tuple((b, e) for b, e in kept if e)


# -- folding -----------------------------------------------------------------------------------------------------


def target_read(equation: Equation, found: Found) -> ex.Read | None:
    """The equation's target at the positions found, or None where one of them is not known."""
    if any(i not in found for i in equation.free):
        return None
    return ex.Read(equation.target, [p.substitute(found) for p in equation.indices])


def _defined(equation: Equation, found: Found, facts: Facts, domain: Domain) -> bool:
    """True where the equation defines the entry at the positions found: an index may run over a part of its axis."""
    inside = (c for i in equation.free for c in Domain.inside(found[i], i.extent).constraints)
    return facts.holds(inside, domain)


@dataclass(frozen=True)
class Fold:
    """A value that is at hand: within `domain`, `pattern` is the target of an equation, or exp of it."""

    equation: Equation
    pattern: ex.Expr
    exponential: bool = False
    domain: Domain = EVERYWHERE

    def value(self, found: Found, facts: Facts, domain: Domain) -> ex.Expr | None:
        """What replaces the pattern at the positions found, or None where the read may be out of bounds."""
        read = target_read(self.equation, found)
        if read is None or not facts.in_range(read, domain) or not _defined(self.equation, found, facts, domain):
            return None
        if not facts.holds(self.domain.substitute(found).constraints, domain):
            return None
        return ex.Call("exp", [read]) if self.exponential else read


def folds_of(equation: Equation) -> Iterator[Fold]:
    """The patterns an equation offers: its right side, and for a logarithm A = Z - log(S) also exp(Z)/S = exp(A)."""
    body = equation.body
    domain, body = (body.domain, body.body) if isinstance(body, ex.Guard) else (EVERYWHERE, body)
    if equation.domain or isinstance(body, ex.Read | ex.Number | ex.Guard | ex.Reduce):
        return
    if domain:
        yield Fold(equation, body, domain=domain)
    elif not isinstance(body, ex.Add):
        yield Fold(equation, body)
    elif any(isinstance(node, ex.Call) and node.name == "log" for term in body.terms for node in ex.walk(term)):
        yield Fold(equation, ex.mul(*map(_exponential, body.terms)), exponential=True)


def _exponential(term: ex.Expr) -> ex.Expr:
    """exp of a term, with exp(c*log(x)) as x**c for a rational c."""
    coefficient, _, factors = factors_of(term)
    base, exponent = factors[0] if len(factors) == 1 else (ex.ONE, Fraction(0))
    if isinstance(base, ex.Call) and base.name == "log" and exponent == 1:
        return ex.power(base.args[0], ex.Number(coefficient))
    return ex.Call("exp", [term])


def fold_expr(expr: ex.Expr, fold: Fold, facts: Facts, domain: Domain) -> ex.Expr:
    """Every subexpression that is the pattern, replaced by its value; the expression counts only in the domain."""

    children = expr.children()
    if children:
        # inside a sum its index hides one of the same name that the domain speaks of
        hidden = expr.indices if isinstance(expr, ex.Reduce) else ()
        inner = domain.split(hidden)[1] if hidden else domain
        new = tuple(fold_expr(child, fold, facts, inner) for child in children)
        expr = expr.rebuild(new) if any(a is not b for a, b in zip(new, children, strict=True)) else expr
    found = unify(fold.pattern, expr, {}, {})
    value = None if found is None else fold.value(found, facts, domain)
    return expr if value is None else value


def fold_term(term: Term, fold: Fold, facts: Facts) -> Term:
    """A product in the term that is a power of the pattern, or a root that is, replaced by that power of its value.

    Numerals are left aside: where S = 10*x*y, x*y is S/10.
    """
    coefficient, domain, pattern = factors_of(fold.pattern)
    if domain or (len(pattern) < 2 and not _is_root(pattern)):
        return term
    while True:
        factors = term.factors if len(pattern) > 1 else tuple(f for f in term.factors if _is_root((f,)))
        found = _match_factors(pattern, factors, {}, [])
        if found is None:
            return term
        positions, used, ratio = found
        value = fold.value(positions, facts, term.domain)
        if value is None:
            return term
        left = merge([*term.factors, *((base, -exponent * ratio) for base, exponent in used)])
        numeral = term.coefficient / coefficient ** int(ratio)
        term = replace(term, coefficient=numeral, factors=merge([*left, (value, ratio)]))


def _is_root(factors: tuple[Factor, ...]) -> bool:
    return len(factors) == 1 and factors[0][1].denominator > 1


def _match_factors(
    pattern: tuple[Factor, ...], factors: tuple[Factor, ...], found: Found, used: list[Factor]
) -> tuple[Found, list[Factor], Fraction] | None:
    """Bases for all factors of the pattern, and the power in which the whole pattern is there (1 or -1)."""
    if len(used) == len(pattern):
        ratios = []
        exponents = dict(factors)
        for (_, needed), (base, _) in zip(pattern, used, strict=True):
            ratios.append(exponents[base] / needed)
        same_sign = all(r >= 1 for r in ratios) or all(r <= -1 for r in ratios)
        return (found, used, Fraction(1 if ratios[0] > 0 else -1)) if same_sign else None
    base, exponent = pattern[len(used)]
    for other, _ in factors:
        if any(other == b for b, _ in used):
            continue
        state = unify(base, other, dict(found), {})
        if state is not None:
            result = _match_factors(pattern, factors, state, [*used, (other, exponent)])
            if result is not None:
                return result
    return None
