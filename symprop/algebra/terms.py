"""Sums of products: the normal form in which adjoints are collected.

Enters: expressions.  Leaves: `Term` values, coefficient * sum over bound indices within a domain of a product of
powers, and the expression a list of terms stands for.  Kronecker deltas are equations in the domain; `eliminate`
solves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symprop.language import expressions as ex
from symprop.language.equations import Equation
from symprop.language.extents import Extent
from symprop.language.indices import EVERYWHERE, Constraint, Domain, Gather, Index, Position, within

Factor = tuple[ex.Expr, Fraction]


@dataclass(frozen=True)
class Facts:
    """What is known of the tensors in play: extents of their axes, and ranges of the integer ones."""

    axes: Mapping[str, tuple[Extent, ...]]
    ranges: Mapping[str, Extent]

    def guards(self, read: ex.Read | Gather) -> tuple[Constraint, ...]:
        """The constraints under which a read is within its tensor's bounds (none for an undeclared tensor)."""
        axes, at = self.axes.get(read.tensor, ()), read.indices if isinstance(read, ex.Read) else read.positions
        return tuple(c for p, a in zip(at, axes, strict=False) for c in Domain.inside(p, a).constraints)

    def in_range(self, read: ex.Read, domain: Domain = EVERYWHERE) -> bool:
        """True where a read is proved to be within bounds everywhere in a domain."""
        return self.holds(self.guards(read), domain)

    def holds(self, constraints: Iterable[Constraint], domain: Domain = EVERYWHERE) -> bool:
        """True where constraints are proved everywhere in a domain."""
        return all(c in domain.constraints or c.verdict(self.ranges) is True for c in constraints)

    def covers(self, equation: Equation) -> bool:
        """True where an equation defines every entry of its target: none of them is 0 because nothing defines it."""
        axes = self.axes.get(equation.target, ())
        return not equation.domain and all(map(_spans, equation.indices, axes))


def _spans(position: Position, extent: Extent) -> bool:
    bounds = position.bounds()
    return bounds is not None and bounds[1] + 1 == extent


@dataclass(frozen=True)
class Term:
    """coefficient * sum[bound: domain](product of base**exponent); the domain may constrain free indices as well."""

    coefficient: Fraction = Fraction(1)
    bound: tuple[Index, ...] = ()
    domain: Domain = EVERYWHERE
    factors: tuple[Factor, ...] = ()

    def times(self, expr: ex.Expr) -> Term:
        """The term multiplied by an expression none of whose indices is bound here, or all of which are meant."""
        coefficient, domain, factors = factors_of(expr)
        return Term(
            self.coefficient * coefficient, self.bound, self.domain & domain, merge((*self.factors, *factors))
        )

    def over(self, indices: Iterable[Index], domain: Domain = EVERYWHERE) -> Term:
        """The term summed over further indices."""
        return replace(self, bound=(*indices, *self.bound), domain=self.domain & domain)

    def substitute(self, mapping: Mapping[Index, Position]) -> Term:
        """The term with indices replaced; replaced indices are no longer bound."""
        factors = [(ex.substitute(base, mapping), e) for base, e in self.factors]
        kept = tuple(i for i in self.bound if i not in mapping)
        out = Term(self.coefficient, kept, self.domain.substitute(mapping), ())
        for base, exponent in factors:
            out = out.times(ex.power(base, ex.Number(exponent)))
        return out

    def split(self) -> tuple[tuple[Factor, ...], tuple[Factor, ...]]:
        """(factors that depend on a bound index, all others)."""
        summed = tuple(f for f in self.factors if not ex.free_indices(f[0]).isdisjoint(self.bound))
        return summed, tuple(f for f in self.factors if f not in summed)

    def indices(self) -> set[str]:
        """Names of all indices in the term."""
        names = {i.name for i in (*self.bound, *self.domain.index_atoms())}
        return names.union(i.name for base, _ in self.factors for i in ex.all_indices(base))


def merge(factors: Iterable[Factor]) -> tuple[Factor, ...]:
    """The factors with equal bases multiplied."""
    total: dict[ex.Expr, Fraction] = {}
    for base, exponent in factors:
        total[base] = total.get(base, Fraction(0)) + exponent
    return tuple((base, exponent) for base, exponent in total.items() if exponent)


def factors_of(expr: ex.Expr) -> tuple[Fraction, Domain, tuple[Factor, ...]]:
    """(rational coefficient, guards, powers) of a product; anything that is not a product is one factor."""
    if isinstance(expr, ex.Number):
        return expr.value, EVERYWHERE, ()
    if isinstance(expr, ex.Guard):
        coefficient, domain, factors = factors_of(expr.body)
        return coefficient, expr.domain & domain, factors
    if isinstance(expr, ex.Mul):
        parts = [factors_of(factor) for factor in expr.factors]
        coefficient, domain = Fraction(1), EVERYWHERE
        for c, d, _ in parts:
            coefficient, domain = coefficient * c, domain & d
        return coefficient, domain, merge(f for _, _, fs in parts for f in fs)
    exponent = ex.number(expr.exponent) if isinstance(expr, ex.Pow) else None
    if isinstance(expr, ex.Pow) and exponent is not None:
        return _power_factors(expr, exponent)
    if isinstance(expr, ex.Where) and expr.otherwise == ex.ZERO:
        # where(c, -2*x, 0) is -2*where(c, x, 0)
        numeral, rest = ex.numeral_and_rest(expr.then)
        return numeral, EVERYWHERE, ((ex.where(expr.condition, rest, ex.ZERO), Fraction(1)),)
    return Fraction(1), EVERYWHERE, ((expr, Fraction(1)),)


def _power_factors(expr: ex.Pow, exponent: Fraction) -> tuple[Fraction, Domain, tuple[Factor, ...]]:
    """Whole powers go into a product; a fractional power of a product stays closed."""
    if exponent.denominator != 1 or not isinstance(expr.base, ex.Mul):
        return Fraction(1), EVERYWHERE, ((expr.base, exponent),)
    coefficient, domain, factors = factors_of(expr.base)
    if domain:
        return Fraction(1), EVERYWHERE, ((expr.base, exponent),)
    return coefficient ** int(exponent), EVERYWHERE, tuple((b, e * exponent) for b, e in factors)


def terms_of(expr: ex.Expr, expand: bool = False) -> list[Term]:
    """The terms of an expression: sums are opened, and products of sums only where `expand` asks for it."""
    if isinstance(expr, ex.Add):
        return [t for part in expr.terms for t in terms_of(part, expand)]
    if isinstance(expr, ex.Guard):
        return summed(terms_of(expr.body, expand), (), expr.domain)
    if isinstance(expr, ex.Reduce) and expr.op == "sum":
        return summed(terms_of(expr.body, expand), expr.indices, expr.domain)
    if isinstance(expr, ex.Mul) and any(_opens(f, expand) for f in expr.factors):
        return _product_terms(expr, expand)
    return [Term().times(expr)]


def summed(terms: Iterable[Term], indices: Sequence[Index], domain: Domain) -> list[Term]:
    """The terms under one more sum over a domain, their own bound indices renamed apart from those of the sum."""
    names = {i.name for i in (*indices, *domain.index_atoms())}
    return [_bound_apart(t, names).over(indices, domain) for t in terms]


def _opens(factor: ex.Expr, expand: bool) -> bool:
    return (isinstance(factor, ex.Reduce) and factor.op == "sum") or (expand and isinstance(factor, ex.Add))


def _product_terms(expr: ex.Mul, expand: bool) -> list[Term]:
    out = [Term()]
    for factor in expr.factors:
        if not _opens(factor, expand):
            out = [t.times(factor) for t in out]
            continue
        taken = {name for t in out for name in t.indices()} | {i.name for i in ex.all_indices(expr)}
        free = {i.name for i in ex.free_indices(expr)}
        inner = terms_of(factor, expand)
        out = [_product(t, _bound_apart(u, free.union(i.name for i in t.bound), taken)) for t in out for u in inner]
    return out


def _bound_apart(term: Term, clash: set[str], taken: Iterable[str] = ()) -> Term:
    """The term with bound indices renamed whose names clash with names around it."""
    if not any(i.name in clash for i in term.bound):
        return term
    names = term.indices().union(clash, taken)
    renaming: dict[Index, Position] = {}
    for index in term.bound:
        if index.name in clash:
            new = ex.fresh(index, names)
            names.add(new.name)
            renaming[index] = Position.of(new)
    bound = tuple(renaming[i].index or i if i in renaming else i for i in term.bound)
    return replace(term.substitute(renaming), bound=bound)


def _product(left: Term, moved: Term) -> Term:
    return Term(
        left.coefficient * moved.coefficient,
        (*left.bound, *moved.bound),
        left.domain & moved.domain,
        merge((*left.factors, *moved.factors)),
    )


def product(factors: Iterable[Factor]) -> ex.Expr:
    """The powers multiplied."""
    return ex.mul(*(ex.power(base, ex.Number(exponent)) for base, exponent in factors))


# -- delta elimination -------------------------------------------------------------------------------------------


def eliminate(term: Term, facts: Facts) -> Term | None:
    """Solve equations of the domain for bound indices; the range of a solved index stays behind as a guard.

    Returns None where the domain is empty.  An equation that gives no bound index with coefficient 1 or -1 stays.
    """
    while True:
        found = _solvable(term)
        if found is None:
            break
        constraint, index = found
        sign = constraint.position.coefficient(index)
        value = (constraint.position - Position.of(index) * sign) * -sign
        rest = Domain(c for c in term.domain.constraints if c != constraint)
        guard = EVERYWHERE if within(value, index.extent, facts.ranges) else Domain.inside(value, index.extent)
        term = replace(term, domain=rest & guard).substitute({index: value})
        term = replace(term, domain=_split_compounds(term.domain))
    return _without_unused(_decided(term, facts))


def _solvable(term: Term) -> tuple[Constraint, Index] | None:
    for constraint in term.domain.constraints:
        if constraint.kind == "eq":
            for index in term.bound:
                if constraint.position.solvable(index):
                    return constraint, index
    return None


def _split_compounds(domain: Domain) -> Domain:
    """Equations between compounds of the same radices hold part by part."""
    out = EVERYWHERE
    for c in domain.constraints:
        halves = [(a, k) for a, k in c.position.terms]
        if c.kind == "eq" and len(halves) == 2 and {k for _, k in halves} == {1, -1} and not c.position.offset.terms:
            out = out & Domain.equal(Position.of(halves[0][0]), Position.of(halves[1][0]))
        else:
            out = out & Domain([c])
    return out


def _decided(term: Term, facts: Facts) -> Term | None:
    """Drop constraints that always hold; None where one never does."""
    kept = []
    for constraint in term.domain.constraints:
        verdict = constraint.verdict(facts.ranges)
        if verdict is False:
            return None
        if verdict is None and not _implied_by_reads(constraint, term, facts):
            kept.append(constraint)
    return replace(term, domain=Domain(kept))


def _implied_by_reads(constraint: Constraint, term: Term, facts: Facts) -> bool:
    """True where a false guard makes a factor of the term read outside its bounds, so that the term is 0 anyway.

    Only in a product of plain reads: 0 times something that is infinite there is not 0, and an integer tensor must not
    be read outside its bounds at all.
    """
    reads = [base for base, exponent in term.factors if isinstance(base, ex.Read) and exponent > 0]
    if len(reads) != len(term.factors) or not any(constraint in facts.guards(read) for read in reads):
        return False
    indices = set(constraint.position.index_atoms())

    def untouched(gather: Gather) -> bool:
        # a constraint of extents alone may be what keeps a constant position within its axis
        return facts.holds(facts.guards(gather)) or (bool(indices) and indices.isdisjoint(gather.index_atoms()))

    return all(map(untouched, _gathers(term)))


def _gathers(term: Term) -> Iterator[Gather]:
    """All integer tensors that are read for a position in the term."""
    for base, _ in term.factors:
        yield from ex.gathers(base)
    for constraint in term.domain.constraints:
        yield from constraint.position.gathers()


def _without_unused(term: Term | None) -> Term | None:
    """A sum over an index that nothing depends on is a factor: its extent."""
    if term is None:
        return None
    used = set(term.domain.index_atoms()).union(*(ex.free_indices(base) for base, _ in term.factors))
    for index in term.bound:
        if index not in used:
            rest = tuple(i for i in term.bound if i != index)
            term = replace(term, bound=rest).times(ex.size(Position.of(index.extent)))
    return term


# -- back to expressions -----------------------------------------------------------------------------------------


def term_expr(term: Term) -> ex.Expr:
    """The expression of a term; what does not depend on a bound index stands before the sum."""
    inside: list[ex.Expr] = []
    outside: list[ex.Expr] = []
    for base, exponent in term.factors:
        depends = not ex.free_indices(base).isdisjoint(term.bound)
        (inside if depends else outside).append(ex.power(base, ex.Number(exponent)))
    within_sum, before = term.domain.split(term.bound)
    total = ex.mul(*outside, _nested_sum(term.bound, inside, within_sum)) if term.bound else ex.mul(*outside)
    return ex.guard(before, ex.mul(ex.Number(term.coefficient), total))


def _nested_sum(bound: tuple[Index, ...], factors: list[ex.Expr], domain: Domain) -> ex.Expr:
    """sum over bound, as a product of sums where factors and constraints fall into groups that share no bound index."""
    groups: list[tuple[set[Index], list[ex.Expr], list[Constraint]]] = []

    def place(indices: set[Index], factor: list[ex.Expr], constraint: list[Constraint]) -> None:
        touching = [g for g in groups if g[0] & indices]
        merged = (set(indices), factor, constraint)
        for g in touching:
            merged = (merged[0] | g[0], g[1] + merged[1], g[2] + merged[2])
            groups.remove(g)
        groups.append(merged)

    for factor in factors:
        place(set(ex.free_indices(factor)) & set(bound), [factor], [])
    for constraint in domain.constraints:
        place(set(constraint.position.index_atoms()) & set(bound), [], [constraint])
    order = {factor: k for k, factor in enumerate(factors)}
    sums = []
    for indices, members, constraints in groups:
        body = ex.mul(*sorted(members, key=lambda f: order[f]))
        sums.append(ex.reduce_("sum", [i for i in bound if i in indices], body, Domain(constraints)))
    placed = set().union(*(g[0] for g in groups))
    return ex.mul(*(ex.size(Position.of(i.extent)) for i in bound if i not in placed), *sums)
