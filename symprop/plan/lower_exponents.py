"""Arguments of exponentials, logarithms and error functions: a rational coefficient times a base.

Enters: expressions in primitives.  Leaves: `(coefficient, base)` pairs in which equal bases are equal values,
whatever the order in which they were written: `exp(-x)` and `exp(2*x)` are powers of one exponential.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from symprop.language import expressions as ex
from symprop.language.printer import text

ATOMS = (ex.Read, ex.Reduce, ex.Guard, ex.IndexValue, ex.Constant)


@lru_cache(maxsize=8192)
def _order(expr: ex.Expr) -> str:
    return text(expr)


@lru_cache(maxsize=8192)
def content(expr: ex.Expr) -> tuple[Fraction, ex.Expr]:
    """(c, base) with expr = c * base; a sum as base has coprime coefficients, the first of them positive."""
    if isinstance(expr, ex.Number):
        return expr.value, ex.ONE
    if isinstance(expr, ex.Mul):
        return _product_content(expr)
    if isinstance(expr, ex.Add):
        return _sum_content(expr)
    exponent = ex.number(expr.exponent) if isinstance(expr, ex.Pow) else None
    if isinstance(expr, ex.Pow) and exponent is not None and exponent.denominator == 1:
        coefficient, base = content(expr.base)
        return (coefficient ** int(exponent), _power(base, exponent)) if coefficient else (Fraction(1), expr)
    return Fraction(1), expr


def _power(base: ex.Expr, exponent: Fraction) -> ex.Expr:
    """A whole power of a product is the product of the powers."""
    if isinstance(base, ex.Mul):
        return ex.mul(*(_power(f, exponent) for f in base.factors))
    inner = ex.number(base.exponent) if isinstance(base, ex.Pow) else None
    if isinstance(base, ex.Pow) and inner is not None:
        return ex.power(base.base, ex.Number(inner * exponent))
    return ex.power(base, ex.Number(exponent))


def _product_content(expr: ex.Mul) -> tuple[Fraction, ex.Expr]:
    coefficient = Fraction(1)
    powers: dict[ex.Expr, Fraction] = {}
    for factor in expr.factors:
        c, base = content(factor)
        coefficient *= c
        for part in base.factors if isinstance(base, ex.Mul) else (base,):
            exponent = ex.number(part.exponent) if isinstance(part, ex.Pow) else None
            key, power = (part.base, exponent) if isinstance(part, ex.Pow) and exponent else (part, Fraction(1))
            powers[key] = powers.get(key, Fraction(0)) + power
    parts = [ex.power(base, ex.Number(power)) for base, power in powers.items() if power and base != ex.ONE]
    total = ex.mul(*sorted(parts, key=_order))
    value = ex.number(total)
    return (coefficient * value, ex.ONE) if value is not None else (coefficient, total)


def _sum_content(expr: ex.Add) -> tuple[Fraction, ex.Expr]:
    collected: dict[ex.Expr, Fraction] = {}
    for term in expr.terms:
        c, base = content(term)
        collected[base] = collected.get(base, Fraction(0)) + c
    parts = sorted(((b, c) for b, c in collected.items() if c), key=lambda part: _order(part[0]))
    if not parts:
        return Fraction(0), ex.ONE
    if len(parts) == 1:
        return parts[0][1], parts[0][0]
    values = [c for _, c in parts]
    size = Fraction(gcd(*(c.numerator for c in values)), lcm(*(c.denominator for c in values)))
    common = size if next(c for b, c in parts if b != ex.ONE) > 0 else -size
    return common, ex.add(*(ex.mul(ex.Number(c / common), b) for b, c in parts))


def has_sum(base: ex.Expr) -> bool:
    """True of a sum, or a product one of whose factors is one."""
    return any(isinstance(f, ex.Add) for f in (base.factors if isinstance(base, ex.Mul) else (base,)))


def scaled(coefficient: Fraction, base: ex.Expr) -> ex.Expr:
    """coefficient * base, multiplied into the first sum there is: its terms had a common factor drawn out."""
    factors = base.factors if isinstance(base, ex.Mul) else (base,)
    place = next((k for k, f in enumerate(factors) if isinstance(f, ex.Add)), None)
    if place is None or coefficient == 1:
        return ex.mul(ex.Number(coefficient), base)
    terms = [ex.mul(ex.Number(coefficient), t) for t in factors[place].children()]
    first = next((k for k, t in enumerate(terms) if content(t)[0] > 0), 0)
    return ex.mul(*factors[:place], ex.add(terms[first], *terms[:first], *terms[first + 1 :]), *factors[place + 1 :])


def split_logs(argument: ex.Expr) -> tuple[list[tuple[Fraction, ex.Expr]], ex.Expr]:
    """([(q, u), ...], rest) with argument = sum q*log(u) + rest and q whole: its exp is product u**q * exp(rest)."""
    logs, rest = [], []
    for term in argument.terms if isinstance(argument, ex.Add) else (argument,):
        c, base = content(term)
        if isinstance(base, ex.Call) and base.name == "log" and c.denominator == 1:
            logs.append((c, base.args[0]))
        else:
            rest.append(term)
    return logs, ex.add(*rest)


def ring_level(expr: ex.Expr) -> Iterator[ex.Expr]:
    """Nodes that take part in the algebra of a quotient: neither exponents nor arguments of opaque functions."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(_inner(node)))


def _inner(node: ex.Expr) -> tuple[ex.Expr, ...]:
    if isinstance(node, ATOMS):
        return ()
    if isinstance(node, ex.Pow):
        exponent = ex.number(node.exponent)
        return (node.base,) if exponent is not None and exponent.denominator == 1 else ()
    if isinstance(node, ex.Call):
        if node.name == "exp":
            return tuple(u for _, u in split_logs(node.args[0])[0])
        return node.args if node.name in ("log", "max", "min") else ()
    if isinstance(node, ex.Where):
        return (node.then, node.otherwise)
    return node.children()


def exponents(expr: ex.Expr) -> dict[ex.Expr, list[Fraction]]:
    """Bases of all exponentials at ring level with their coefficients, in the order of the text."""
    found: dict[ex.Expr, list[Fraction]] = {}
    for node in ring_level(expr):
        if isinstance(node, ex.Call) and node.name == "exp":
            c, base = content(split_logs(node.args[0])[1])
            if base != ex.ONE and c:
                found.setdefault(base, []).append(c)
    return found


def unit(coefficients: list[Fraction]) -> Fraction:
    """The largest u > 0 such that every coefficient is a whole multiple of it."""
    return Fraction(gcd(*(c.numerator for c in coefficients)), lcm(*(c.denominator for c in coefficients)))
