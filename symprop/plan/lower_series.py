"""Functions of one variable whose terms cancel at 0: a Taylor polynomial there.

Enters: an expression and its lowered form.  Leaves: the lowered form, or a choice between the polynomial for |z| < r
and the lowered form beyond.  Whether one is needed is found by trial: the lowered form at small z in double precision
beside the expression in many digits.  `z - tanh(z)` and the derivative of `(exp(z) - 1)/z` need one; no other rule
sees that their terms cancel to the third and to the second order.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmath import MPContext

from symprop.language import expressions as ex
from symprop.plan.lower_signs import NOTHING, Facts

ANALYTIC = frozenset(("exp", "log", "erf", "sin", "cos", "expm1", "log1p", "erfc"))
TRIALS = tuple(sign * Fraction(1, 2**k) for k in (6, 12, 24) for sign in (1, -1))
# units of rounding that a form without cancellation stays below at the trial points
LOSS = 64
RADII = (Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(1, 8))
POINTS, DEGREE = 128, 40
# order of a zero at 0, beyond which nothing is attempted
MAX_ORDER = 4


def _context(bits: int) -> Any:
    made = MPContext()
    made.prec = bits
    return made


DOUBLE, SERIES, MANY = _context(53), _context(260), _context(400)


def near_zero(expr: ex.Expr, lowered: ex.Expr, facts: Facts = NOTHING) -> ex.Expr:
    """The lowered form, or a choice of a Taylor polynomial near 0 where the lowered form loses digits there.

    Args:
        expr: the expression as it was.
        lowered: its lowered form, which holds where the facts do.
        facts: what is known of the branch.
    """
    variable = _variable(expr)
    if variable is None or not _loses_digits(expr, lowered, variable, facts.sign(variable)):
        return lowered
    for radius in RADII:
        coefficients = _taylor(expr, variable, radius)
        if coefficients is not None:
            return _choice(variable, radius, coefficients, lowered)
    return lowered


def _variable(expr: ex.Expr) -> ex.Read | None:
    """The one read of an analytic expression, None for any other expression."""
    found: set[ex.Read] = set()
    for node in ex.walk(expr):
        if isinstance(node, ex.Read):
            found.add(node)
        elif isinstance(node, ex.Call):
            if node.name not in ANALYTIC:
                return None
        elif not isinstance(node, ex.Number | ex.Constant | ex.Add | ex.Mul | ex.Pow):
            return None
    return found.pop() if len(found) == 1 else None


def _loses_digits(expr: ex.Expr, lowered: ex.Expr, variable: ex.Read, sign: int | None) -> bool:
    for z in TRIALS:
        if sign is not None and z * sign < 0:
            continue
        exact = _value(expr, variable, _number(z, MANY), MANY)
        found = _value(lowered, variable, _number(z, DOUBLE), DOUBLE)
        if exact is None or found is None or not MANY.isfinite(exact) or MANY.im(exact) or DOUBLE.im(found):
            # no real number on one side of 0, as of a root: there is no series around it
            return False
        if abs(MANY.mpf(found) - exact) > LOSS * abs(exact) * MANY.mpf(2) ** -53:
            return True
    return False


def _number(value: Fraction, context: Any) -> Any:
    return context.mpf(value.numerator) / value.denominator


def _taylor(expr: ex.Expr, variable: ex.Read, radius: Fraction) -> list[Fraction] | None:
    """Coefficients by the mean over a circle, None where the polynomial does not reach full precision within it."""
    outer = 2 * _number(radius, SERIES)
    angles = [SERIES.expjpi(SERIES.mpf(2 * k) / POINTS) for k in range(POINTS)]
    half = [_value(expr, variable, outer * angle, SERIES) for angle in angles[: POINTS // 2 + 1]]
    if any(v is None or not SERIES.isfinite(v) for v in half):
        return None
    # real on the real axis: the lower half of the circle mirrors the upper one
    values = half + [SERIES.conj(v) for v in half[-2:0:-1]]
    # c_n * outer**n
    raw = [SERIES.fsum(v * angles[-n * k % POINTS] for k, v in enumerate(values)).real / POINTS for n in range(DEGREE)]
    noise = max(abs(c) for c in raw) * SERIES.mpf(2) ** -50
    first = next((n for n, c in enumerate(raw) if abs(c) > noise), DEGREE)
    if first > MAX_ORDER:
        return None
    small = abs(raw[first]) / 2**first * SERIES.mpf(2) ** -57
    last = max(n for n in range(first, DEGREE) if abs(raw[n]) / 2**n > small or n == first)
    found = [_fraction(c / outer**n) if n >= first else Fraction(0) for n, c in enumerate(raw[: last + 1])]
    checked = (radius, -radius, radius / 2, -radius / 3, radius / 8)
    return found if all(_reached(expr, variable, found, z) for z in checked) else None


def _reached(expr: ex.Expr, variable: ex.Read, coefficients: list[Fraction], z: Fraction) -> bool:
    """True where the polynomial has full precision at z."""
    exact = _value(expr, variable, _number(z, MANY), MANY)
    found = _number(sum((c * z**n for n, c in enumerate(coefficients)), Fraction(0)), MANY)
    return exact is not None and bool(abs(found - exact) <= abs(exact) * MANY.mpf(2) ** -55)


def _fraction(value: Any) -> Fraction:
    """A short fraction where the value is one, else its first 25 digits; what is 0 but for rounding is 0."""
    if abs(value) < SERIES.mpf(10) ** -25:
        return Fraction(0)
    digits = Fraction(SERIES.nstr(value, 40))
    short = digits.limit_denominator(10**9)
    return short if abs(short - digits) < abs(digits) / 10**22 else Fraction(SERIES.nstr(value, 25))


def _choice(variable: ex.Read, radius: Fraction, coefficients: list[Fraction], lowered: ex.Expr) -> ex.Expr:
    """where(|z| < r, polynomial, lowered); what is not used is evaluated at r, where it is finite."""
    edge = ex.Number(radius)
    near = ex.Compare(ex.Call("abs", [variable]), "<", edge)
    polynomial = _polynomial(coefficients, ex.Call("max", [ex.negate(edge), ex.Call("min", [variable, edge])]))
    if _value(lowered, variable, DOUBLE.mpf(0), DOUBLE) is not None:
        return ex.where(near, polynomial, lowered)
    return ex.where(near, polynomial, _with(lowered, variable, ex.where(near, edge, variable)))


def _polynomial(coefficients: list[Fraction], z: ex.Expr) -> ex.Expr:
    """Horner's scheme, in z**2 where every second coefficient is 0."""
    first = next(n for n, c in enumerate(coefficients) if c)
    used = [n for n, c in enumerate(coefficients) if c]
    step = 2 if all((n - first) % 2 == 0 for n in used) else 1
    total: ex.Expr = ex.ZERO
    for c in reversed(coefficients[first::step]):
        total = ex.add(ex.Number(c), ex.mul(ex.power(z, ex.Number(step)), total))
    return ex.mul(ex.power(z, ex.Number(first)), total)


def _with(expr: ex.Expr, variable: ex.Read, value: ex.Expr) -> ex.Expr:
    if expr == variable:
        return value
    children = expr.children()
    return expr.rebuild(tuple(_with(child, variable, value) for child in children)) if children else expr


# -- values ------------------------------------------------------------------------------------------------------


def _value(expr: ex.Expr, variable: ex.Read, z: Any, context: Any) -> Any:
    """The value at z in the context's precision, None where it divides by 0."""
    try:
        return _Evaluation(variable, z, context).of(expr)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None


class _Evaluation:
    def __init__(self, variable: ex.Read, z: Any, context: Any) -> None:
        self.variable, self.z, self.context = variable, z, context

    def of(self, expr: ex.Expr) -> Any:
        match expr:
            case ex.Number():
                return self.context.mpf(expr.value.numerator) / expr.value.denominator
            case ex.Constant():
                return +self.context.pi
            case ex.Add():
                total = self.context.zero
                for term in expr.terms:
                    total = total + self.of(term)
                return total
            case ex.Mul():
                total = self.context.one
                for factor in expr.factors:
                    total = total * self.of(factor)
                return total
            case ex.Pow():
                return self._power(expr)
            case ex.Where():
                return self.of(expr.then if self._holds(expr.condition) else expr.otherwise)
            case ex.Call():
                return self._call(expr)
        return self.z

    def _power(self, expr: ex.Pow) -> Any:
        exponent = ex.number(expr.exponent)
        whole = exponent is not None and exponent.denominator == 1
        return self.of(expr.base) ** (int(exponent) if whole and exponent is not None else self.of(expr.exponent))

    def _call(self, expr: ex.Call) -> Any:
        values = [self.of(argument) for argument in expr.args]
        if expr.name in ("max", "min"):
            return max(values) if expr.name == "max" else min(values)
        if expr.name == "abs":
            return abs(values[0])
        return getattr(self.context, expr.name)(values[0])

    def _holds(self, condition: ex.Expr) -> bool:
        left, right = (self.of(side) for side in condition.children())
        op = condition.op if isinstance(condition, ex.Compare) else "=="
        results = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right, "==": left == right}
        return bool(results.get(op, left != right))
