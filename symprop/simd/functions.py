"""Functions of vectors: a reduction of the argument by exact steps, then a short series.

    exp(x) = 2**n * exp(r)          r = x - n*log(2), |r| <= log(2)/2
    log(x) = n*log(2) + 2*artanh(s) s = (m - 1)/(m + 1), m between 1/sqrt(2) and sqrt(2)

All coefficients are those of the power series, as fractions; on intervals as short as these a few terms more than the
best polynomial has are all it takes.  `tests/simd` states and measures the errors.  What has no series here is the C
library's, lane by lane.

Enters: registers.  Leaves: registers.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from symprop.simd.lanes import Lanes

# log(2) in two parts, the first of them with zeros behind, so that its multiples by n are exact
LOG2 = {
    "float": (0.693359375, -2.121944400546905827679e-4),
    "double": (0.693147180369123816490, 1.90821492927058770002e-10),
}
EXP_TERMS = {"float": 7, "double": 13}
LOG_TERMS = {"float": 5, "double": 11}
EXP_RANGE = {"float": (-104.0, 89.0), "double": (-746.0, 710.0)}
MANTISSA = {"float": 23, "double": 52}
BIAS = {"float": 127, "double": 1023}
SMALLEST = {"float": 2.0**-126, "double": 2.0**-1022}


def _power_of_two(m: Lanes, n: str) -> str:
    """2**n for integers n of normal numbers."""
    moved = m.integer("add", n, m.iconst(BIAS[m.kind]))
    return m.from_bits(m.integer("shl", moved, m.iconst(MANTISSA[m.kind])))


def _scaled(m: Lanes, a: str, n: str) -> str:
    """a * 2**n in two steps, the result being a subnormal number or infinite where it has to be."""
    half = m.integer("ashr", n, m.iconst(1))
    rest = m.integer("sub", n, half)
    return m.exact("fmul", m.exact("fmul", a, _power_of_two(m, half)), _power_of_two(m, rest))


def _reduced(m: Lanes, x: str) -> tuple[str, str, str]:
    """n as a number, and r in two parts: x = n*log(2) + r."""
    n = m.nearest(m.mul(x, m.const(1 / math.log(2))))
    high, low = LOG2[m.kind]
    first = m.fma(n, m.const(-high), x)
    return n, first, m.mul(n, m.const(-low))


def _exp_minus_one(m: Lanes, r: str) -> str:
    """exp(r) - 1 for |r| <= log(2)/2: r + r**2*(1/2 + r/6 + ...)."""
    terms = [1 / math.factorial(k) for k in range(EXP_TERMS[m.kind], 1, -1)]
    return m.fma(m.mul(r, r), m.poly(r, terms), r)


def exp(m: Lanes, x: str) -> str:
    """The exponential."""
    n, first, rest = _reduced(m, m.clamp(x, *EXP_RANGE[m.kind]))
    p = _exp_minus_one(m, m.add(first, rest))
    return _scaled(m, m.add(p, m.const(1.0)), m.to_int(_number(m, n)))


def _number(m: Lanes, n: str) -> str:
    """n, 0 in place of NaN, of which there is no integer."""
    return m.select(m.compare("uno", n, n), m.const(0.0), n)


def expm1(m: Lanes, x: str) -> str:
    """exp(x) - 1: 2**n*(exp(r) - 1) + (2**n - 1)."""
    n, first, rest = _reduced(m, m.clamp(x, -40.0, EXP_RANGE[m.kind][1]))
    r = m.add(first, rest)
    # what rounding r lost is made good where n is not 0
    lost = m.exact("fadd", m.exact("fsub", first, r), rest)
    p = _exp_minus_one(m, r)
    p = m.exact("fadd", p, m.fma(p, lost, lost))
    half = m.integer("sub", m.to_int(_number(m, n)), m.iconst(1))
    scale = _power_of_two(m, half)  # 2**n may be infinite where 2**n*(1 + p) is not
    found = m.fma(p, scale, m.exact("fsub", scale, m.const(0.5)))
    found = m.exact("fadd", found, found)
    return m.select(m.compare("oeq", n, m.const(0.0)), m.select(m.compare("oeq", x, m.const(0.0)), x, p), found)


def _artanh_twice(m: Lanes, s: str, rest: str) -> str:
    """2*artanh(s) - 2*s + rest, for |s| <= 0.172."""
    q = m.mul(s, s)
    terms = [2 / (2 * k + 1) for k in range(LOG_TERMS[m.kind], 0, -1)]
    return m.fma(m.mul(q, s), m.poly(q, terms), rest)


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
    found = m.select(m.compare("oeq", at_zero, zero), m.const(-math.inf), found)
    found = m.select(m.compare("olt", at_zero, zero), m.const(math.nan), found)
    found = m.select(m.compare("oeq", x, inf), inf, found)
    return m.select(m.compare("uno", x, x), x, found)


def log(m: Lanes, x: str) -> str:
    """The natural logarithm."""
    return _special_logs(m, x, x, _log_of(m, x, m.const(0.0)))


def log1p(m: Lanes, x: str) -> str:
    """log(1 + x), with what rounding 1 + x lost."""
    one = m.const(1.0)
    u = m.exact("fadd", one, x)
    large = m.compare("ogt", x, one)
    lost = m.select(
        large, m.exact("fsub", one, m.exact("fsub", u, x)), m.exact("fsub", x, m.exact("fsub", u, one))
    )
    found = _special_logs(m, x, u, _log_of(m, u, m.div(lost, u)))
    return m.select(m.compare("oeq", u, one), x, found)


def tanh(m: Lanes, x: str) -> str:
    """e/(e + 2) with e = exp(2*|x|) - 1."""
    size = m.clamp(m.abs(x), 0.0, 22.0)
    e = expm1(m, m.add(size, size))
    found = m.div(e, m.add(e, m.const(2.0)))
    return m.copysign(m.select(m.compare("uno", x, x), x, found), x)


def sign(m: Lanes, x: str) -> str:
    """-1, 0 or 1."""
    zero = m.const(0.0)
    found = m.copysign(m.const(1.0), x)
    plain = m.select(m.compare("oeq", x, zero), zero, found)
    return m.select(m.compare("uno", x, x), x, plain)


def _from_c(name: str) -> Callable[..., str]:
    def write(m: Lanes, *args: str) -> str:
        return m.each(name, *args)

    return write


FUNCTIONS: dict[str, Callable[..., str]] = {
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "tanh": tanh,
    "sign": sign,
    **{name: _from_c(name) for name in ("sin", "cos", "erf", "erfc", "pow")},
}
