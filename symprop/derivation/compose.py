"""Composition of an adjoint with a singular one: dA = -Y/A and dZ = A*(dA - sum(A*dA)) give dZ = A*sum(Y) - Y.

Enters: the terms of an adjoint that read singular adjoints.  Leaves: the body in which those were put in and
cancelled, or nothing where the singularity does not cancel.  This is the only simplification across equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeGuard

from symprop.algebra.simplify import arranged, assemble, cancel
from symprop.algebra.terms import Facts, Term, eliminate, merge, summed, term_expr, terms_of
from symprop.derivation.rows import RowSums
from symprop.derivation.values import Adjoint
from symprop.language import Compound, Domain, Index, Position
from symprop.language import expressions as ex


@dataclass(frozen=True)
class Composed:
    """A composed right side with what it assumes."""

    body: ex.Expr
    assumptions: tuple[str, ...]


class Composer:
    """Puts singular adjoints into the adjoints that read them."""

    def __init__(self, facts: Facts, rows: RowSums, prefix: str) -> None:
        self.facts, self.rows, self.prefix = facts, rows, prefix

    def substitute(
        self, terms: Iterable[Term], singular: Mapping[str, Adjoint], expand: bool = True
    ) -> list[Term] | None:
        """The terms with reads of singular adjoints replaced and cancelled, or None where a singularity remains.

        Sums of sums are opened where `expand` asks for it, so that a known sum of rows shows.
        """
        put_in = (eliminate(u, self.facts) for t in terms for u in self.put_in(t, singular))
        groups = self._groups(_on_diagonals(t) for t in put_in if t is not None)
        lowest = [v for members in groups for v in _cancelled(members, expand)]
        left = (name for term in lowest for name in singular if divides_by(term_expr(term), name))
        return None if any(left) else lowest

    def put_in(self, term: Term, singular: Mapping[str, Adjoint]) -> list[Term]:
        """The term with the first read of one of the adjoints replaced by its right side."""
        by_name = {self.prefix + name: adjoint for name, adjoint in singular.items()}
        for base, exponent in term.factors:
            # outside its bounds an adjoint is 0, its right side need not be
            if exponent == 1 and _is_read_of(base, by_name) and self.facts.in_range(base):
                body = self._at(by_name[base.tensor], base, term)
                if body is not None:
                    rest = replace(term, factors=tuple(f for f in term.factors if f[0] != base))
                    return [_joined(rest, t) for t in terms_of(body)]
        return [term]

    def _at(self, adjoint: Adjoint, read: ex.Read, term: Term) -> ex.Expr | None:
        """The right side of an adjoint at the positions of a read, or None where it is not defined there for certain.

        Its bound indices are renamed apart from those of the term.
        """
        mapping: dict[Index, Position] = {}
        for own, position in zip(adjoint.equation.indices, read.indices, strict=True):
            parts = _paired(own, position)
            if parts is None:
                return None
            mapping.update(parts)
        inside = (c for i, p in mapping.items() for c in Domain.inside(p, i.extent).constraints)
        if not self.facts.holds(inside, term.domain):
            return None
        return ex.rename_apart(ex.substitute(adjoint.equation.body, mapping), term.indices())

    def _groups(self, terms: Iterable[Term]) -> list[list[Term]]:
        """Terms under the same sum are cancelled together."""
        groups: dict[tuple[tuple[Index, ...], object], list[Term]] = {}
        for term in terms:
            groups.setdefault((term.bound, term.domain), []).append(term)
        return list(groups.values())

    def result(self, terms: list[Term]) -> Composed:
        """The right side the composed terms stand for, known sums of rows replaced."""
        solved = [t for t in (eliminate(term, self.facts) for term in terms) if t is not None]
        summed = self.rows.apply(solved)
        body = assemble(summed.terms)
        if not any(isinstance(node, ex.Reduce) for node in ex.walk(body)):
            body = arranged(cancel(body))
        return Composed(body, summed.assumptions)


def divides_by(expr: ex.Expr, tensor: str) -> bool:
    """True where the expression has a negative power of something that depends on the tensor."""
    powers = (node for node in ex.walk(expr) if isinstance(node, ex.Pow) and (ex.number(node.exponent) or 0) < 0)
    return any(read.tensor == tensor for power in powers for read in ex.reads(power.base))


def _cancelled(members: list[Term], expand: bool) -> list[Term]:
    """Terms under one sum, in lowest terms."""
    if len(members) == 1 and not any(isinstance(b, ex.Add) for b, _ in members[0].factors):
        return members
    head = members[0]
    inner = ex.add(*(term_expr(Term(t.coefficient, factors=t.factors)) for t in members))
    return summed(terms_of(cancel(inner), expand=expand and bool(head.bound)), head.bound, head.domain)


def _paired(own: Position, position: Position) -> dict[Index, Position] | None:
    """The position for each index of an adjoint's own, a compound part by part; None where they do not match."""
    if own.index is not None:
        return {own.index: position}
    left, right = own.atom, position.atom
    if not isinstance(left, Compound) or not isinstance(right, Compound) or left.radices != right.radices:
        return None
    pairs = zip(left.parts, right.parts, strict=True)
    return {part.index: at for part, at in pairs if part.index is not None}


def _is_read_of(base: ex.Expr, names: Mapping[str, Adjoint]) -> TypeGuard[ex.Read]:
    return isinstance(base, ex.Read) and base.tensor in names


def _on_diagonals(term: Term) -> Term:
    """The term with one letter for two free indices that its domain says are equal: there P[n,m]/P[n,n] is 1."""
    same: dict[Index, Position] = {}
    for constraint in term.domain.constraints:
        letters = [a for a, _ in constraint.position.terms if isinstance(a, Index) and a not in term.bound]
        if len(letters) == 2 and Domain([constraint]) == Domain.equal(*map(Position.of, letters)):
            same[letters[1]] = Position.of(letters[0])
    factors = merge((ex.substitute(base, same), exponent) for base, exponent in term.factors)
    return replace(term, factors=factors) if same else term


def _joined(left: Term, right: Term) -> Term:
    return Term(
        left.coefficient * right.coefficient,
        (*left.bound, *right.bound),
        left.domain & right.domain,
        merge((*left.factors, *right.factors)),
    )
