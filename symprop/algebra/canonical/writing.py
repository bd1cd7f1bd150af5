"""Polynomials as expressions of the language, to be printed as the steps of a proof.

Enters: polynomials.  Leaves: expressions of the same value.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from symprop.algebra.canonical.atoms import GUARDS, INDICATORS, Atom, Monomial, Poly
from symprop.algebra.canonical.reading import Reading
from symprop.language import expressions as ex
from symprop.language.extents import Extent
from symprop.language.indices import Constraint, Domain, Index, Position

LETTERS = "klpqrsuvwhijmabcdefg"


class Writing(Reading):
    """Polynomials with a printed form."""

    def expression(self, poly: Poly) -> ex.Expr:
        """An expression of the polynomial; bound indices get letters that are not in use."""
        taken = {i.name for m in poly for n, _ in m for i in self.indices_of(n)}
        terms = [self._term(m, poly[m], taken) for m in sorted(poly, key=lambda m: (len(m), m))]
        return ex.add(*terms)

    def _term(self, monomial: Monomial, coefficient: Fraction, taken: set[str]) -> ex.Expr:
        guards = [self.constraint(n) for n, _ in monomial if self.kind(n) in GUARDS]
        factors = [
            ex.power(self._expr(self.atoms[n], taken), ex.Number(e)) for n, e in monomial if self.kind(n) not in GUARDS
        ]
        return ex.guard(Domain(guards), ex.mul(ex.Number(coefficient), *factors))

    def _expr(self, atom: Atom, taken: set[str]) -> ex.Expr:
        match atom.kind:
            case "read":
                return ex.Read(atom.name, atom.args)
            case "value":
                return ex.IndexValue(atom.args[0])
            case "size":
                return ex.IndexValue(Position.of(Extent.of(atom.name)))
            case "pi":
                return ex.Constant("pi")
            case "prime":
                return ex.Number(atom.value)
            case "logprime":
                return ex.Call("log", [ex.Number(atom.value)])
        template = self.templates[atom.name]
        names = {s: a for s, a in zip(template.slots, atom.args, strict=True)}
        inner = set(taken)
        bound = [self._letter(i, inner) for i in template.bound]
        names |= {old: Position.of(new) for old, new in zip(template.bound, bound, strict=True)}
        if atom.kind == "power":
            parts = self.base_and_exponent(template.body)
            return ex.power(*(ex.add(*(self._placed(m, c, names, inner) for m, c in part.items())) for part in parts))
        marked = [m for m in template.body if any(self.kind(n) == "domain" for n, _ in m)]
        terms = (self._placed(m, c, names, inner) for m, c in template.body.items() if m not in marked)
        domain = Domain(self.constraint(n) for m in marked for n, _ in m if self.kind(n) in GUARDS)
        return self._wrapped(atom, ex.add(*terms), bound, domain.substitute(names))

    def _placed(
        self, monomial: Monomial, coefficient: Fraction, names: Mapping[Index, Position], taken: set[str]
    ) -> ex.Expr:
        moved = []
        for number, exponent in monomial:
            atom = self.atoms[number]
            moved.append((atom._replace(args=tuple(p.substitute(names) for p in atom.args)), exponent))
        guards = [Constraint(a.kind, a.args[0]) for a, _ in moved if a.kind in GUARDS]
        factors = [ex.power(self._expr(a, taken), ex.Number(e)) for a, e in moved if a.kind not in GUARDS]
        return ex.guard(Domain(guards), ex.mul(ex.Number(coefficient), *factors))

    def _wrapped(self, atom: Atom, body: ex.Expr, bound: list[Index], domain: Domain) -> ex.Expr:
        if atom.kind == "base":
            return body
        if atom.kind == "sum":
            return ex.reduce_("sum", bound, body)
        if atom.kind in INDICATORS:
            left = ex.add(body, ex.Number(atom.value))
            return ex.where(ex.Compare(left, ">" if atom.kind == "pos" else "==", ex.ZERO), ex.ONE, ex.ZERO)
        if ":" in atom.kind:
            op, _, pick = atom.kind.partition(":")
            return ex.Reduce(op, bound, body, domain, bound[int(pick)] if op.startswith("arg") else None)
        return ex.Call(atom.kind, [body])

    def _letter(self, index: Index, taken: set[str]) -> Index:
        name = next((c for c in LETTERS if c not in taken), None)
        new = Index(name, index.extent) if name else ex.fresh(Index("k1", index.extent), taken)
        taken.add(new.name)
        return new
