"""Functions of polynomials: exp is the one transcendental, log and erf have their identities, choices are indicators.

Enters: polynomials.  Leaves: polynomials in atoms exp(m) for monomials m, log, erf, sin, cos and floor of primitive
polynomials, and indicators [m + c > 0], [m + c == 0] with the sign of m chosen once for both m and -m.
"""

from __future__ import annotations

from fractions import Fraction

from symprop.algebra.canonical.atoms import (
    GUARDS,
    INDICATORS,
    UNIT,
    Atom,
    Monomial,
    Poly,
    Renaming,
    Undecided,
    constant,
    plus,
    scaled,
)
from symprop.algebra.canonical.digits import spread
from symprop.algebra.canonical.powers import content
from symprop.algebra.canonical.relations import Relations
from symprop.algebra.canonical.waves import COSINE, SINE, WAVES
from symprop.language.extents import Extent
from symprop.language.indices import Compound, Constraint, Domain, Gather, Index, Position

ODD, EVEN = ("erf", SINE), (COSINE,)
MAX_ADDED = 3
TWO = Extent.of(2)
BY_CASES = ("exp", "log", "erf", "sin", "cos", "floor")


class Functions(Relations):
    """Polynomials with scalar functions."""

    def call(self, name: str, args: list[Poly]) -> Poly:
        """A primitive of polynomials."""
        args = [self.reduced(a) for a in args]
        cases = self.conditions(args[0], common=True) if name in BY_CASES else []
        if cases:
            return self.by_cases(lambda e: self.call(name, [e]), args[0], cases[0])
        if name == "exp":
            return self.exp(args[0])
        if name == "log":
            return self.log(args[0])
        if name == "abs":
            return self.magnitude(args[0])
        if name == "sign":
            positive, zero = self.above(args[0]), self.vanishing(args[0])
            return plus(scaled(positive, 2), zero, constant(-1))
        if name in ("max", "min"):
            difference = plus(args[0], scaled(args[1], -1))
            chosen = self.times(difference, self.above(difference))
            return plus(args[1], chosen) if name == "max" else plus(args[0], scaled(chosen, -1))
        return self._added(name, args[0]) if name in WAVES else self._signed(name, args[0])

    def _added(self, name: str, poly: Poly) -> Poly:
        """sin(a + b) = sin(a)*cos(b) + cos(a)*sin(b) and cos(a + b) = cos(a)*cos(b) - sin(a)*sin(b), term by term."""
        if len(poly) < 2 or len(poly) > MAX_ADDED:
            return self.wave(name, poly)
        monomial = min(poly)
        first, rest = {monomial: poly[monomial]}, {m: c for m, c in poly.items() if m != monomial}
        other, sign = (COSINE, 1) if name == SINE else (SINE, -1)
        straight = self.times(self.wave(name, first), self._added(COSINE, rest))
        crossed = self.times(self.wave(other, first), self._added(SINE, rest))
        return plus(straight, scaled(crossed, sign))

    def wave(self, name: str, argument: Poly) -> Poly:
        """The sine or cosine of an argument that is one term, or is not split."""
        return self._signed(name, argument)

    def exp(self, poly: Poly) -> Poly:
        """exp(a + b) = exp(a)*exp(b), exp(c*m) = exp(m)**c, exp(c*log(x)) = x**c."""
        factors = [constant(1)]
        for monomial, coefficient in poly.items():
            single = self.atoms[monomial[0][0]] if len(monomial) == 1 and monomial[0][1] == 1 else None
            if single is not None and single.kind == "log":
                factors.append(self.power(self.inside(monomial[0][0]), coefficient))
            elif single is not None and single.kind == "logprime":
                factors.append(self._coefficient_power(single.value, coefficient))
            else:
                factors.append(self._atom("exp", {monomial: Fraction(1)}, coefficient))
        return self.product(*factors)

    def log(self, poly: Poly) -> Poly:
        """log(a*b) = log(a) + log(b), log(a**r) = r*log(a) and log(exp(x)) = x for what is positive."""
        if not poly:
            raise Undecided("a logarithm of 0")
        split = self.split(poly)
        terms = [self._log_number(split.coefficient)]
        stay = []
        for number, exponent in split.monomial:
            atom = self.atoms[number]
            if atom.kind == "exp":
                terms.append(scaled(self.inside(number), exponent))
            elif atom.kind == "prime":
                terms.append(scaled(self._log_number(atom.value), exponent))
            elif atom.kind not in (*GUARDS, *INDICATORS) and (
                self.sign(number) == "positive" or exponent.denominator != 1
            ):
                base = self.inside(number) if atom.kind == "base" else self.alone(number)
                terms.append(scaled(self._atom("log", base), exponent))
            else:
                stay.append((number, exponent))
        rest = self.times({tuple(stay): Fraction(1)}, split.rest)
        terms += self._log_rest(rest)
        return plus(*terms)

    def raised(self, base: Poly, exponent: Poly) -> Poly:
        """b**e for an exponent that is no number: exp(e*log(b)) of a positive base, else b**(e + f) = b**e * b**f.

        A base below 0 has powers too where the exponent is whole, as in x**t, so that its logarithm is no help.
        """
        if self.positive(base):
            return self.exp(self.times(exponent, self.log(base)))
        cases = self.conditions(base, common=True)
        if cases:
            return self.by_cases(lambda b: self.raised(b, exponent), base, cases[0])
        if not base:
            raise Undecided("a power of 0")
        return self.product(*(self._raised_to(base, m, c) for m, c in exponent.items()))

    def _raised_to(self, base: Poly, monomial: Monomial, coefficient: Fraction) -> Poly:
        """b**(p*m/q) as (b**(m/q))**p, which is right for p alone: (b**2)**(1/2) is not b."""
        if monomial == UNIT:
            return self.power(base, coefficient)
        marked = self.times({monomial: Fraction(1, coefficient.denominator)}, self.of(Atom("exponent")))
        return self._atom("power", plus(base, marked), Fraction(coefficient.numerator))

    def base_and_exponent(self, marked: Poly) -> tuple[Poly, Poly]:
        """The two polynomials that a power's template holds, of which the exponent is marked."""
        mark = self.intern(Atom("exponent"))
        base = {m: c for m, c in marked.items() if all(n != mark for n, _ in m)}
        exponent = {tuple(p for p in m if p[0] != mark): c for m, c in marked.items() if m not in base}
        return base, exponent

    def _log_rest(self, rest: Poly) -> list[Poly]:
        if rest == constant(1):
            return []
        if len(rest) == 1:
            ((monomial, coefficient),) = rest.items()
            if coefficient == 1 and len(monomial) == 1 and monomial[0][1].numerator % 2:
                # an odd power is positive where its base is
                number, exponent = monomial[0]
                base = self.inside(number) if self.kind(number) == "base" else self.alone(number)
                return [scaled(self._atom("log", base), exponent)]
            return [self._atom("log", rest)]
        factors = self.factored(rest)
        if all(self.positive(f) for f, _ in factors):
            return [scaled(self._atom("log", f), count) for f, count in factors]
        return [self._atom("log", rest)]

    def _log_number(self, value: Fraction) -> Poly:
        from sympy import factorint

        total: Poly = {}
        for part, sign in ((value.numerator, 1), (value.denominator, -1)):
            for prime, count in sorted(factorint(part, limit=10**4).items()):
                total = plus(total, scaled(self.of(Atom("logprime", value=Fraction(int(prime)))), int(count) * sign))
        return total

    def _signed(self, name: str, poly: Poly) -> Poly:
        if name in ODD and not poly:
            return {}
        if name in EVEN and not poly:
            return constant(1)
        if poly and name in (*ODD, *EVEN) and self._flips(poly):
            return scaled(self._atom(name, scaled(poly, -1)), -1 if name in ODD else 1)
        return self._atom(name, poly)

    def _atom(self, kind: str, inside: Poly, exponent: Fraction = Fraction(1), value: Fraction = Fraction(0)) -> Poly:
        template, free = self.close(inside)
        return self.of(Atom(kind, template.name, tuple(map(Position.of, free)), value), exponent)

    # -- choices ----------------------------------------------------------------------------------------------------

    def magnitude(self, poly: Poly) -> Poly:
        """|e| = e*(2*[e > 0] - 1)."""
        return self.times(poly, plus(scaled(self.above(poly), 2), constant(-1)))

    def above(self, poly: Poly) -> Poly:
        """[e > 0]."""
        return self._indicators(poly)[0]

    def vanishing(self, poly: Poly) -> Poly:
        """[e == 0]."""
        return self._indicators(poly)[1]

    def holds(self, op: str, difference: Poly) -> Poly:
        """[difference op 0]."""
        positive, zero = self._indicators(self.reduced(difference))
        negative = plus(constant(1), scaled(positive, -1), scaled(zero, -1))
        chosen = {">": [positive], ">=": [positive, zero], "<": [negative], "<=": [negative, zero], "==": [zero]}
        return plus(*chosen[op]) if op in chosen else plus(positive, negative)

    def _indicators(self, poly: Poly) -> tuple[Poly, Poly]:
        """([e > 0], [e == 0]); positive factors of e do not matter."""
        if not poly:
            return {}, constant(1)
        if self.positive(poly):
            return constant(1), {}
        if self.positive(scaled(poly, -1)):
            return {}, {}
        cases = self.conditions(poly, common=True)
        if cases:
            above = self.by_cases(lambda e: self._indicators(e)[0], poly, cases[0])
            return above, self.by_cases(lambda e: self._indicators(e)[1], poly, cases[0])
        form = self._without_positive_factors(poly)
        below = self._negative_powers(form)
        if below:
            return self._of_a_quotient(form, below)
        offset = form.get(UNIT, Fraction(0))
        moving = {m: c for m, c in form.items() if m != UNIT}
        if self._flips(moving):
            moving, offset, sign = scaled(moving, -1), -offset, -1
        else:
            sign = 1
        size = content(moving)
        moving, offset = scaled(moving, 1 / size), offset / size
        above = self._atom("pos", moving, value=offset)
        zero = self._atom("zero", moving, value=offset)
        if sign < 0:
            above = plus(constant(1), scaled(above, -1), scaled(zero, -1))
        return above, zero

    def _negative_powers(self, form: Poly) -> Monomial:
        """The odd negative powers that all terms have."""
        return tuple((n, e) for n, e in self.split(form).monomial if e < 0 and e.denominator == 1 and e.numerator % 2)

    def _of_a_quotient(self, form: Poly, below: Monomial) -> tuple[Poly, Poly]:
        """([a/b > 0], [a/b == 0]), by the signs of both; where b is 0 neither is asked for."""
        over, zero = self._indicators(self.times(form, {tuple((n, -e) for n, e in below): Fraction(1)}))
        denominator = self.product(*(self.inside(n) if self.kind(n) == "base" else self.alone(n) for n, _ in below))
        positive, nothing = self._indicators(denominator)
        other = plus(constant(1), scaled(over, -1), scaled(zero, -1))
        negative = plus(constant(1), scaled(positive, -1), scaled(nothing, -1))
        return plus(self.times(positive, over), self.times(negative, other)), zero

    def _without_positive_factors(self, poly: Poly) -> Poly:
        split = self.split(poly)
        stay = tuple(p for p in split.monomial if self.sign(p[0]) != "positive")
        return self.times({stay: Fraction(1)}, split.rest)

    # -- atoms at other positions -----------------------------------------------------------------------------------

    def rebuilt(self, atom: Atom, renaming: Renaming) -> Poly:
        """The value of an atom at other positions."""
        if atom.kind == "sum":
            return self.rebuilt_sum(atom, renaming)
        if atom.kind in GUARDS:
            return self.bracket(Domain([Constraint(atom.kind, atom.args[0].substitute(renaming))]))
        if atom.kind == "read":
            return self.read(atom.name, tuple(p.substitute(renaming) for p in atom.args))
        if atom.kind == "value":
            return self.value(atom.args[0].substitute(renaming))
        if atom.kind.startswith(REDUCTIONS):
            return self._rebuilt_reduction(atom, renaming)
        body = self.opened(atom, renaming, ())[1]
        if atom.kind in INDICATORS:
            return self._indicators(plus(body, constant(atom.value)))[INDICATORS.index(atom.kind)]
        if atom.kind == "power":
            return self.raised(*self.base_and_exponent(body))
        return body if atom.kind == "base" else self.call(atom.kind, [body])

    def read(self, tensor: str, positions: tuple[Position, ...]) -> Poly:
        """An entry, under guards where it may be out of bounds; where all are a or b, it is a + (b - a)*[entry > a]."""
        positions = tuple(spread(p, self.facts.ranges) for p in positions)
        atom = Atom("read", tensor, positions)
        axes = self.facts.axes.get(tensor, ())
        inside = [c for p, a in zip(positions, axes, strict=False) for c in Domain.inside(p, a).constraints]
        entry = self.of(atom)
        if tensor in self.choices:
            low, high, words = self.choices[tensor]
            self.used.setdefault(words)
            entry = plus(constant(low), scaled(self._atom("pos", entry, value=Fraction(-low)), high - low))
        return self.times(self.bracket(Domain(inside)), entry)

    def value(self, position: Position) -> Poly:
        """A position as a number."""
        total = self.extent(position.offset)
        for inner, coefficient in position.terms:
            total = plus(total, scaled(self._index_value(inner), coefficient))
        return total

    def _index_value(self, inner: Index | Compound | Gather) -> Poly:
        if isinstance(inner, Gather) and self.facts.ranges.get(inner.tensor) == TWO:
            return self.bracket(Domain.equal(Position.of(inner), Position.of(1)))
        if not isinstance(inner, Compound):
            return self.of(Atom("value", args=(Position.of(inner),)))
        total: Poly = {}
        for part, radix in zip(inner.parts, inner.radices, strict=True):
            total = plus(self.times(total, self.extent(radix)), self.value(part))
        return total

    def reduction(self, kind: str, body: Poly, domain: Poly, bound: tuple[Index, ...]) -> Poly:
        """A maximum, minimum or its place: opaque, but for names.  `kind` ends in the number of the index it picks."""
        if not domain:
            return {}
        marked = self.times(domain, plus(body, self.of(Atom("domain"))))
        return self._reduction(kind, marked, bound)

    def _reduction(self, kind: str, marked: Poly, bound: tuple[Index, ...]) -> Poly:
        template, free = self.close(marked, bound, kind)
        return self.of(Atom(kind, template.name, tuple(map(Position.of, free))))

    def _rebuilt_reduction(self, atom: Atom, renaming: Renaming) -> Poly:
        names, body = self.opened(atom, renaming, self.templates[atom.name].bound)
        return self._reduction(atom.kind, body, names) if body else {}


REDUCTIONS = ("max:", "min:", "argmax:", "argmin:")
