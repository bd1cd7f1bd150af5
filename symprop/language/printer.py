"""Plain text of expressions and equations, in the notation the parser reads.

Enters: language values.  Leaves: one line of text each; `parse(text(e))` gives e back, except that the divisors of a
product then come last.  Mathematics for people to read (LaTeX, matrices, names of Greek letters) is made elsewhere, in
the reports.
"""

from __future__ import annotations

from fractions import Fraction

from symprop.language.equations import Equation
from symprop.language.expressions import (
    ONE,
    Add,
    Call,
    Compare,
    Constant,
    Expr,
    Guard,
    IndexValue,
    Mul,
    Number,
    Pow,
    Read,
    Reduce,
    Where,
    number,
    numeral_and_rest,
)
from symprop.language.indices import Constraint, Domain, Position

SUM, PRODUCT, UNARY, POWER, ATOM = range(5)
MANY_ZEROS = 9


def decimal(value: Fraction) -> str | None:
    """A short exact decimal of a fraction whose denominator has no other primes than 2 and 5, else None."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return None
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = abs(int(value * 10**digits))
    if digits == 0:
        return _whole(int(value))
    if digits > 20:
        return None
    if abs(value) < Fraction(1, 10_000):
        return f"{'-' if value < 0 else ''}{_mantissa(str(whole))}e-{digits - len(str(whole)) + 1}"
    padded = str(whole).rjust(digits + 1, "0")
    return f"{'-' if value < 0 else ''}{padded[:-digits]}.{padded[-digits:]}"


def _whole(value: int) -> str:
    """An integer; 1e30 for one that ends in many zeros."""
    shown = str(abs(value))
    digits = shown.rstrip("0")
    if len(shown) - len(digits) < MANY_ZEROS:
        return str(value)
    return f"{'-' if value < 0 else ''}{_mantissa(digits)}e{len(shown) - 1}"


def _mantissa(digits: str) -> str:
    """Digits with a point behind the first."""
    return digits[0] + ("." + digits[1:] if digits[1:] else "")


def text(expr: Expr) -> str:
    """An expression as text."""
    return _print(expr)[0]


def _at(expr: Expr, level: int) -> str:
    body, own = _print(expr)
    return f"({body})" if own < level else body


def _print(expr: Expr) -> tuple[str, int]:
    match expr:
        case Number():
            return _number(expr.value)
        case Constant():
            return expr.name, ATOM
        case IndexValue():
            body = str(expr.position)
            return body, SUM if (" " in body or body.startswith("-")) else PRODUCT if "*" in body else ATOM
        case Read():
            return expr.tensor + (_bracket(expr.indices) if expr.indices else ""), ATOM
        case Add():
            return _sum(expr.terms), SUM
        case Mul():
            return _product(expr)
        case Pow():
            return _power(expr)
        case Call():
            return f"{expr.name}({', '.join(map(text, expr.args))})", ATOM
        case Compare():
            return f"{text(expr.left)} {expr.op} {text(expr.right)}", SUM
        case Where():
            return f"where({', '.join(map(text, expr.children()))})", ATOM
        case Reduce():
            return _reduce(expr), ATOM
        case Guard(body=body) if number(body) == 1:
            return domain_text(expr.domain), ATOM
        case Guard():
            return _guarded(expr)
    raise TypeError(type(expr).__name__)


def _guarded(expr: Guard) -> tuple[str, int]:
    """[d]*e; a numeral and divisors alone go around the bracket: -2*[d]/N, not [d]*(-2/N)."""
    numeral, rest = numeral_and_rest(expr.body)
    below = [f for f in (rest.factors if isinstance(rest, Mul) else (rest,)) if number(f) != 1]
    if all(isinstance(f, Pow) and (number(f.exponent) or 0) < 0 for f in below):
        return _product(Mul([Number(numeral), Guard(expr.domain, ONE), *below]))
    return f"{domain_text(expr.domain)}*{_at(expr.body, UNARY)}", PRODUCT


def _number(value: Fraction) -> tuple[str, int]:
    short = decimal(value)
    body = short if short is not None else f"{value.numerator}/{value.denominator}"
    return body, UNARY if value < 0 else ATOM if short is not None else PRODUCT


def _bracket(indices: tuple[Position, ...]) -> str:
    return "[" + ",".join(map(str, indices)) + "]"


def _sum(terms: tuple[Expr, ...]) -> str:
    out = ""
    for term in terms:
        body = _at(term, PRODUCT)
        if not out:
            out = body
        elif body.startswith("-"):
            out += " - " + body[1:]
        else:
            out += " + " + body
    return out


def _product(expr: Mul) -> tuple[str, int]:
    sign, over, under = "", [], []
    for factor in expr.factors:
        exponent = number(factor.exponent) if isinstance(factor, Pow) else None
        value = number(factor)
        if isinstance(factor, Pow) and exponent is not None and exponent < 0:
            under.append(_at(factor.base if exponent == -1 else Pow(factor.base, Number(-exponent)), POWER))
        elif value is not None:
            sign = "-" if value < 0 else ""
            if abs(value.numerator) != 1:
                over.append(decimal(abs(value)) or str(abs(value.numerator)))
            if value.denominator != 1 and (decimal(value) is None or abs(value.numerator) == 1):
                under.append(str(value.denominator))
        else:
            over.append(_at(factor, UNARY))
    body = sign + ("*".join(over) or "1")
    if under:
        body += f"/{under[0]}" if len(under) == 1 else f"/({'*'.join(under)})"
    return body, PRODUCT


def _power(expr: Pow) -> tuple[str, int]:
    exponent = number(expr.exponent)
    if exponent is not None and exponent < 0:
        below = expr.base if exponent == -1 else Pow(expr.base, Number(-exponent))
        return "1/" + _at(below, POWER), PRODUCT
    if exponent == Fraction(1, 2):
        return f"sqrt({text(expr.base)})", ATOM
    return f"{_at(expr.base, ATOM)}**{_at(expr.exponent, ATOM)}", POWER


def _reduce(expr: Reduce) -> str:
    names = ",".join(index.name for index in expr.indices)
    extra = f"; {expr.pick.name}" if expr.pick is not None and len(expr.indices) > 1 else ""
    where = ": " + " and ".join(_constraint(c) for c in expr.domain.constraints) if expr.domain else ""
    return f"{expr.op}[{names}{where}{extra}]({text(expr.body)})"


def _constraint(constraint: Constraint) -> str:
    """`t - 1 >= 0` as `t >= 1`: terms with a minus sign, and the offset, go to the other side."""
    position, equal = constraint.position, constraint.kind == "eq"
    left = Position({a: c for a, c in position.terms if c > 0})
    right = Position({a: -c for a, c in position.terms if c < 0})
    if left.terms:
        return f"{left} {'==' if equal else '>='} {right - position.offset}"
    return f"{position.offset} == {right}" if equal else f"{right} <= {position.offset}"


def domain_text(domain: Domain) -> str:
    """A domain as an Iverson bracket, [t >= 1 and s == t]."""
    return "[" + " and ".join(_constraint(c) for c in domain.constraints) + "]"


def equation_text(equation: Equation) -> str:
    """`target[indices] = body`, with its domain behind a bar where it has one."""
    left = equation.target + (_bracket(equation.indices) if equation.indices else "")
    where = f"   for {domain_text(equation.domain)[1:-1]}" if equation.domain else ""
    return f"{left} = {text(equation.body)}{where}"
