"""Functions of vectors: a reduction of the argument by exact steps, then the best polynomial or quotient of two.

    exp(x)  = 2**n * exp(r)           r = x - n*log(2), |r| <= log(2)/2
    log(x)  = n*log(2) + 2*artanh(s)  s = (m - 1)/(m + 1), m between 1/sqrt(2) and sqrt(2)
    sin(x)  = sin(r), cos(r), ...     r = x - n*pi/2, |r| <= pi/4
    erfc(x) = exp(-x**2)*p(x)/q(x)    from 1/2 on

The coefficients are made by `docs/coefficients.py`.  `tests/simd` states and measures the errors.  What has no
polynomial here is the C library's, lane by lane.

Enters: registers.  Leaves: registers.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from symprop.simd.coefficients import COEFFICIENTS, HALF_PI, LOG2
from symprop.simd.lanes import Lanes

EXP_RANGE = {"float": (-104.0, 89.0), "double": (-746.0, 710.0)}
TURNS = {"float": 400.0, "double": 3200.0}
"""Up to where quarters of a turn are taken off exactly."""
ODD_WITHIN = {"tanh": 0.55, "erf": 1.0}
"""Up to where an odd polynomial is the function."""
ERFC_RANGE = {"float": 10.1, "double": 27.3}
MANTISSA = {"float": 23, "double": 52}
BIAS = {"float": 127, "double": 1023}
SMALLEST = {"float": 2.0**-126, "double": 2.0**-1022}


def _power_of_two(m: Lanes, n: str, step: int = 0) -> str:
    """2**(n + step) for integers n, of which only the low bits count."""
    moved = m.integer("shl", n, m.iconst(MANTISSA[m.kind]))
    return m.from_bits(m.integer("add", moved, m.iconst(BIAS[m.kind] + step << MANTISSA[m.kind])))


def _scaled(m: Lanes, a: str, n: str) -> str:
    """a * 2**n in two steps, the result being a subnormal number or infinite where it has to be."""
    places = MANTISSA[m.kind]
    one = m.iconst(BIAS[m.kind] << places)
    # of n, shifted to where the exponent is, the half that is rounded down, and the rest
    half = m.integer("and", m.integer("shl", n, m.iconst(places - 1)), m.iconst(-(1 << places)))
    rest = m.integer("sub", m.integer("shl", n, m.iconst(places)), half)
    first, second = (m.from_bits(m.integer("add", part, one)) for part in (half, rest))
    return m.exact("fmul", m.exact("fmul", a, first), second)


def _nearest_multiple(m: Lanes, x: str, factor: float) -> tuple[str, str]:
    """The whole number nearest to factor*x, as a number and as an integer, of which only the low bits count."""
    # a number so large that its last place is 1: adding it rounds to a whole number, and leaves that in the bits
    large = m.const(1.5 * 2.0 ** MANTISSA[m.kind])
    moved = m.fma(x, m.const(factor), large)
    return m.exact("fsub", moved, large), m.bits(moved)


def _reduced(m: Lanes, x: str) -> tuple[str, str, str, str]:
    """x = n*log(2) + r: n as a number and as an integer, and r in two parts."""
    number, n = _nearest_multiple(m, x, 1 / math.log(2))
    high, low = LOG2[m.kind]
    return number, n, m.fma(number, m.const(-high), x), m.mul(number, m.const(-low))


def _series(m: Lanes, name: str, part: int = 0) -> list[float]:
    return [*COEFFICIENTS[name][m.kind][part]]


def _exp_of_rest(m: Lanes, r: str) -> str:
    """exp(r) for |r| <= log(2)/2."""
    return m.poly(r, [*_series(m, "exp"), 1.0, 1.0])


def _expm1_of_rest(m: Lanes, r: str) -> str:
    """exp(r) - 1 for |r| <= log(2)/2: r + r**2*(1/2 + r/6 + ...)."""
    return m.fma(m.mul(r, r), m.poly(r, _series(m, "exp")), r)


def exp(m: Lanes, x: str) -> str:
    """The exponential."""
    _, n, first, rest = _reduced(m, m.clamp(x, *EXP_RANGE[m.kind]))
    return _scaled(m, _exp_of_rest(m, m.add(first, rest)), n)


def expm1(m: Lanes, x: str) -> str:
    """exp(x) - 1: 2**n*(exp(r) - 1) + (2**n - 1)."""
    number, n, first, rest = _reduced(m, m.clamp(x, -40.0, EXP_RANGE[m.kind][1]))
    r = m.add(first, rest)
    # what rounding r lost is made good where n is not 0
    lost = m.exact("fadd", m.exact("fsub", first, r), rest)
    p = _expm1_of_rest(m, r)
    p = m.exact("fadd", p, m.fma(p, lost, lost))
    scale = _power_of_two(m, n, -1)  # 2**n may be infinite where 2**n*(1 + p) is not
    found = m.fma(p, scale, m.exact("fsub", scale, m.const(0.5)))
    found = m.exact("fadd", found, found)
    return m.copysign(m.select(m.compare("oeq", number, m.const(0.0)), p, found), x)


def _artanh_twice(m: Lanes, s: str, rest: str) -> str:
    """2*artanh(s) - 2*s + rest, for |s| <= 0.172."""
    q = m.mul(s, s)
    return m.fma(m.mul(q, s), m.poly(q, _series(m, "log")), rest)


def _log_of(m: Lanes, x: str, correction: str) -> str:
    """log(x*(1 + correction)) for finite numbers above 0, the correction being far below 1."""
    small = m.compare("olt", x, m.const(SMALLEST[m.kind]))
    scale = float(2 ** (MANTISSA[m.kind] + 2))
    x = m.select(small, m.exact("fmul", x, m.const(scale)), x)
    # the exponent that leaves a mantissa between 1/sqrt(2) and sqrt(2)
    offset = 0x3F3504F3 if m.kind == "float" else 0x3FE6A09E667F3BCD
    moved = m.integer("sub", m.bits(x), m.iconst(offset))
    power = m.integer("ashr", moved, m.iconst(MANTISSA[m.kind]))
    mantissa = m.from_bits(m.integer("sub", m.bits(x), m.integer("shl", power, m.iconst(MANTISSA[m.kind]))))
    n = m.from_int(power)
    n = m.select(small, m.exact("fsub", n, m.const(MANTISSA[m.kind] + 2.0)), n)
    f = m.exact("fsub", mantissa, m.const(1.0))
    s = m.div(f, m.add(f, m.const(2.0)))
    # 2*s = f - s*f, so that log(m) = f - (s*f - what is left of the series): f is exact, the rest is small
    high, low = LOG2[m.kind]
    tail = m.fma(n, m.const(low), correction)
    series = _artanh_twice(m, s, tail)
    rest = m.exact("fsub", m.exact("fsub", m.mul(s, f), series), f)
    return m.exact("fsub", m.mul(n, m.const(high)), rest)


def _special_logs(m: Lanes, x: str, at_zero: str, found: str) -> str:
    """log where x is 0, below 0, infinite or NaN: -inf, NaN, inf and NaN."""
    zero, inf = m.const(0.0), m.const(math.inf)
    found = m.select(m.compare("olt", x, inf), found, x)
    at_most_zero = m.select(m.compare("oeq", at_zero, zero), m.const(-math.inf), m.const(math.nan))
    return m.select(m.compare("ogt", at_zero, zero), found, at_most_zero)


def log(m: Lanes, x: str) -> str:
    """The natural logarithm."""
    return _special_logs(m, x, x, _log_of(m, x, m.const(0.0)))


def log1p(m: Lanes, x: str) -> str:
    """log(1 + x), with what rounding 1 + x lost."""
    one = m.const(1.0)
    u = m.exact("fadd", one, x)
    rounded = m.exact("fsub", u, one)
    lost = m.exact("fadd", m.exact("fsub", one, m.exact("fsub", u, rounded)), m.exact("fsub", x, rounded))
    found = _special_logs(m, x, u, _log_of(m, u, m.div(lost, u)))
    return m.select(m.compare("oeq", u, one), x, found)


def tanh(m: Lanes, x: str) -> str:
    """An odd polynomial where |x| <= 0.55, beyond it 1 - 2/(exp(2*|x|) + 1)."""
    size = m.abs(x)
    q = m.mul(x, x)
    near = m.fma(m.mul(x, q), m.poly(q, _series(m, "tanh")), x)
    part = m.at_most(size, 22.0)
    _, n, first, rest = _reduced(m, m.add(part, part))
    e = m.mul(_exp_of_rest(m, m.add(first, rest)), _power_of_two(m, n))
    far = m.sub(m.const(1.0), m.div(m.const(2.0), m.add(e, m.const(1.0))))
    return m.copysign(m.select(m.compare("olt", size, m.const(ODD_WITHIN["tanh"])), near, far), x)


def _erf_near_zero(m: Lanes, x: str) -> str:
    """erf(x) where |x| <= 1: an odd polynomial."""
    return m.fma(x, m.poly(m.mul(x, x), _series(m, "erf")), x)


def _erfc_of_size(m: Lanes, a: str) -> str:
    """erfc(a) for a >= 0: exp(-a**2)*p(a)/q(a)."""
    a = m.at_most(a, ERFC_RANGE[m.kind])
    # a**2 as the square of the upper half of its digits, which is exact, and the rest
    half = m.from_bits(m.integer("and", m.bits(a), m.iconst(-(1 << MANTISSA[m.kind] // 2 + 1))))
    left = m.mul(m.exact("fsub", a, half), m.add(a, half))
    _, n, first, rest = _reduced(m, m.neg(m.exact("fmul", half, half)))
    e = _expm1_of_rest(m, m.add(first, m.sub(rest, left)))
    above, below = (m.poly(a, _series(m, "erfc", part)) for part in (0, 1))
    found = m.div(above, below)
    # times 2**n, which is never large, in two steps: the result may be a subnormal number
    shift = BIAS[m.kind] // 2
    scaled = m.exact("fmul", m.fma(found, e, found), _power_of_two(m, n, shift))
    return m.exact("fmul", scaled, m.const(2.0**-shift))


def erf(m: Lanes, x: str) -> str:
    """The error function: beyond 1 it is 1 - erfc(|x|)."""
    size = m.abs(x)
    far = m.copysign(m.exact("fsub", m.const(1.0), _erfc_of_size(m, size)), x)
    return m.select(m.compare("olt", size, m.const(ODD_WITHIN["erf"])), _erf_near_zero(m, x), far)


def erfc(m: Lanes, x: str) -> str:
    """The complement of the error function: 1 - erf(x) where |x| < 1/2, 2 - erfc(-x) below that."""
    size = m.abs(x)
    far = _erfc_of_size(m, size)
    far = m.select(m.compare("olt", x, m.const(0.0)), m.exact("fsub", m.const(2.0), far), far)
    near = m.exact("fsub", m.const(1.0), _erf_near_zero(m, x))
    return m.select(m.compare("olt", size, m.const(0.5)), near, far)


def _turned(m: Lanes, x: str, quarters: int) -> str:
    """sin(x + quarters*pi/2): r = x - n*pi/2, and sin(r), cos(r), -sin(r) or -cos(r) for the last two digits of n."""
    number, n = _nearest_multiple(m, x, 2 / math.pi)
    first, second, third = HALF_PI[m.kind]
    exact = m.fma(number, m.const(-first), x)
    r = m.fma(number, m.const(-second), exact)
    # what rounding r added is taken off again; the parts are positive, so that -0 stays what it is
    added = m.fma(number, m.const(second), m.exact("fsub", r, exact))
    r = m.exact("fsub", r, m.fma(number, m.const(third), added))
    q = m.mul(r, r)
    sine = m.copysign(m.fma(m.mul(r, q), m.poly(q, _series(m, "sin")), r), r)
    cosine = m.fma(q, m.poly(q, _series(m, "cos")), m.const(1.0))
    n = m.integer("add", n, m.iconst(quarters))
    odd = m.put(f"icmp ne {m.integers} {m.integer('and', n, m.iconst(1))}, {m.iconst(0)}")
    found = m.select(odd, cosine, sine)
    last = MANTISSA[m.kind] + {"float": 8, "double": 11}[m.kind]
    minus = m.integer("and", m.integer("shl", n, m.iconst(last - 1)), m.iconst(-(1 << last)))
    found = m.from_bits(m.integer("xor", m.bits(found), minus))
    return m.except_where(m.compare("ugt", m.abs(x), m.const(TURNS[m.kind])), "cos" if quarters else "sin", found, x)


def sin(m: Lanes, x: str) -> str:
    """The sine."""
    return _turned(m, x, 0)


def cos(m: Lanes, x: str) -> str:
    """The cosine."""
    return _turned(m, x, 1)


def sign(m: Lanes, x: str) -> str:
    """-1, 0 or 1."""
    zero = m.const(0.0)
    found = m.copysign(m.const(1.0), x)
    plain = m.select(m.compare("oeq", x, zero), zero, found)
    return m.select(m.compare("uno", x, x), x, plain)


def power(m: Lanes, x: str, y: str) -> str:
    """x**y, as the C library has it."""
    return m.each("pow", x, y)


FUNCTIONS: dict[str, Callable[..., str]] = {
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "tanh": tanh,
    "erf": erf,
    "erfc": erfc,
    "sin": sin,
    "cos": cos,
    "sign": sign,
    "pow": power,
}
