"""Activations and their first derivatives by hand in mpmath, in forms that keep every digit.

Nothing here comes from the package: no formula, no derivative, no evaluator.  Each entry is (f, f') for x of 60 digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mpmath import mp, mpf

Scalar = Callable[[mpf], mpf]
DIGITS = 60


@dataclass(frozen=True)
class Reference:
    """A function with its first derivative."""

    value: Scalar
    slope: Scalar


def step(x: mpf) -> mpf:
    return mpf(1) if x >= 0 else mpf(0)


def sigmoid(x: mpf) -> mpf:
    return 1 / (1 + mp.exp(-x)) if x >= 0 else mp.exp(x) / (1 + mp.exp(x))


def sigmoid_slope(x: mpf) -> mpf:
    return sigmoid(x) * sigmoid(-x)


def tanh_slope(x: mpf) -> mpf:
    return mp.sech(x) ** 2


def softplus(x: mpf) -> mpf:
    return max(x, mpf(0)) + mp.log1p(mp.exp(-abs(x)))


def normal(x: mpf) -> mpf:
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def normal_below(x: mpf) -> mpf:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def mish_slope(x: mpf) -> mpf:
    s = softplus(x)
    return mp.tanh(s) + x * mp.sech(s) ** 2 * sigmoid(x)


def gelu_tanh_inner(x: mpf) -> mpf:
    return 2 * mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3)


def gelu_tanh_slope(x: mpf) -> mpf:
    inner, rate = gelu_tanh_inner(x), 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mpf("0.044715") * x**2)
    return sigmoid(inner) + x * sigmoid_slope(inner) * rate


def log_cosh(x: mpf) -> mpf:
    # cosh x - 1 = 2*sinh(x/2)**2
    return mp.log1p(2 * mp.sinh(x / 2) ** 2)


def huber(x: mpf) -> mpf:
    return x * x / 2 if abs(x) <= 1 else abs(x) - mpf("0.5")


def clipped(x: mpf, low: int, high: int) -> mpf:
    return min(max(x, mpf(low)), mpf(high))


SCALE, ALPHA = mpf("1.0507009873554804934193349852946"), mpf("1.6732632423543772848170429916717")
ACTIVATIONS: dict[str, Reference] = {
    "identity": Reference(lambda x: x, lambda x: mpf(1)),
    "sigmoid": Reference(sigmoid, sigmoid_slope),
    "tanh": Reference(mp.tanh, tanh_slope),
    "relu": Reference(lambda x: max(x, mpf(0)), lambda x: mpf(1) if x > 0 else mpf(0)),
    "leaky_relu": Reference(lambda x: x if x > 0 else x / 100, lambda x: mpf(1) if x > 0 else mpf("0.01")),
    "elu": Reference(lambda x: x if x > 0 else mp.expm1(x), lambda x: mpf(1) if x > 0 else mp.exp(x)),
    "selu": Reference(
        lambda x: SCALE * (x if x > 0 else ALPHA * mp.expm1(x)),
        lambda x: SCALE * (1 if x > 0 else ALPHA * mp.exp(x)),
    ),
    "softplus": Reference(softplus, sigmoid),
    "softsign": Reference(lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "silu": Reference(lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x))),
    "mish": Reference(lambda x: x * mp.tanh(softplus(x)), mish_slope),
    "gelu": Reference(lambda x: x * normal_below(x), lambda x: normal_below(x) + x * normal(x)),
    "gelu_tanh": Reference(lambda x: x * sigmoid(gelu_tanh_inner(x)), gelu_tanh_slope),
    "hard_sigmoid": Reference(
        lambda x: clipped(x / 6 + mpf("0.5"), 0, 1), lambda x: mpf(1) / 6 if -3 < x < 3 else mpf(0)
    ),
    "hard_tanh": Reference(lambda x: clipped(x, -1, 1), lambda x: mpf(1) if -1 < x < 1 else mpf(0)),
    "relu6": Reference(lambda x: clipped(x, 0, 6), lambda x: mpf(1) if 0 < x < 6 else mpf(0)),
    "log_sigmoid": Reference(lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "log_cosh": Reference(log_cosh, mp.tanh),
    "huber": Reference(huber, lambda x: clipped(x, -1, 1)),
}


def two_levels(x: mpf) -> mpf:
    """log(1 + e**x + e**(2*x))."""
    return mp.log1p(mp.exp(x) + mp.exp(2 * x)) if x < 0 else 2 * x + mp.log1p(mp.exp(-x) + mp.exp(-2 * x))


def two_levels_slope(x: mpf) -> mpf:
    e = mp.exp(-abs(x))
    return (2 + e) / (1 + e + e * e) if x >= 0 else (e + 2 * e * e) / (1 + e + e * e)


def bell_slope(x: mpf) -> mpf:
    return -sigmoid_slope(x) * mp.tanh(x / 2)


def mean_growth(x: mpf) -> mpf:
    """(e**x - 1)/x."""
    return mp.expm1(x) / x


def more(value: Callable[[], mpf]) -> mpf:
    """A difference in more digits."""
    with mp.workdps(4 * DIGITS):
        return value()


def mean_growth_slope(x: mpf) -> mpf:
    return more(lambda: (x * mp.exp(x) - mp.expm1(x)) / x**2)


# formulas as a user may write them -> (f, f')
FORMULAS: dict[str, Reference] = {
    "9*(sqrt(1 + (z/3)**2) - 1)": Reference(
        lambda x: x * x / (1 + mp.sqrt(1 + x * x / 9)), lambda x: x / mp.sqrt(1 + x * x / 9)
    ),
    "log(1 + exp(z) + exp(2*z))": Reference(two_levels, two_levels_slope),
    "exp(z)/(1 + exp(z))**2": Reference(sigmoid_slope, bell_slope),
    "z*exp(-z**2/2)": Reference(lambda x: x * mp.exp(-x * x / 2), lambda x: (1 - x) * (1 + x) * mp.exp(-x * x / 2)),
    "exp(-exp(-z))": Reference(lambda x: mp.exp(-mp.exp(-x)), lambda x: mp.exp(-x - mp.exp(-x))),
    "z + softplus(-2*z) - log(2)": Reference(log_cosh, mp.tanh),
    "abs(z) + log(1 + exp(-2*abs(z))) - log(2)": Reference(log_cosh, mp.tanh),
    "log((exp(z) + exp(-z))/2)": Reference(log_cosh, mp.tanh),
    "log(1 + exp(3*z))/3": Reference(lambda x: softplus(3 * x) / 3, lambda x: sigmoid(3 * x)),
    "(1 - exp(-2*z))/(1 + exp(-2*z))": Reference(mp.tanh, tanh_slope),
    "1 - sigmoid(z)": Reference(lambda x: sigmoid(-x), lambda x: -sigmoid_slope(x)),
    "sigmoid(z) - 1/2": Reference(lambda x: mp.tanh(x / 2) / 2, sigmoid_slope),
    "1 - erf(z)": Reference(mp.erfc, lambda x: -2 * mp.exp(-x * x) / mp.sqrt(mp.pi)),
    "z - tanh(z)": Reference(lambda x: more(lambda: x - mp.tanh(x)), lambda x: mp.tanh(x) ** 2),
    "exp(z)*exp(-z**2)": Reference(lambda x: mp.exp(x - x * x), lambda x: (1 - 2 * x) * mp.exp(x - x * x)),
    "log(1 + z**2)": Reference(lambda x: mp.log1p(x * x), lambda x: 2 * x / (1 + x * x)),
    "log(exp(z) + exp(2*z)) - z": Reference(softplus, sigmoid),
    "1/(1 + exp(-z)) - 1/(1 + exp(z))": Reference(lambda x: mp.tanh(x / 2), lambda x: mp.sech(x / 2) ** 2 / 2),
}

FORMULAS |= {
    "z - sin(z)": Reference(lambda x: more(lambda: x - mp.sin(x)), lambda x: 2 * mp.sin(x / 2) ** 2),
    "(1 - cos(z))/z": Reference(
        lambda x: 2 * mp.sin(x / 2) ** 2 / x, lambda x: more(lambda: (x * mp.sin(x) - 2 * mp.sin(x / 2) ** 2) / x**2)
    ),
    "z + sin(3*z)**2/3": Reference(lambda x: x + mp.sin(3 * x) ** 2 / 3, lambda x: 1 + mp.sin(6 * x)),
    "softplus(z) - log(2) - z/2": Reference(lambda x: log_cosh(x / 2), lambda x: mp.tanh(x / 2) / 2),
}

# overflow where e**x does: |x| up to 700
GROWING: dict[str, Reference] = {
    "(exp(z) - 1)/z": Reference(mean_growth, mean_growth_slope),
    "(exp(z) - exp(-z))/2": Reference(mp.sinh, mp.cosh),
    "exp(2*z/5) - 1": Reference(lambda x: mp.expm1(2 * x / 5), lambda x: 2 * mp.exp(2 * x / 5) / 5),
}


# (f'', f''')
SECOND: dict[str, Reference] = {
    "sigmoid": Reference(bell_slope, lambda x: sigmoid_slope(x) * (1 - 6 * sigmoid_slope(x))),
    "softplus": Reference(sigmoid_slope, bell_slope),
    "tanh": Reference(
        lambda x: -2 * mp.tanh(x) * tanh_slope(x), lambda x: tanh_slope(x) * (4 * mp.tanh(x) ** 2 - 2 * tanh_slope(x))
    ),
    "silu": Reference(
        lambda x: sigmoid_slope(x) * (2 - x * mp.tanh(x / 2)),
        lambda x: bell_slope(x) * (3 - x * mp.tanh(x / 2)) - x * sigmoid_slope(x) ** 2 * 2,
    ),
    "gelu": Reference(lambda x: normal(x) * (2 - x * x), lambda x: normal(x) * x * (x * x - 4)),
    "softsign": Reference(
        lambda x: -2 * mp.sign(x) / (1 + abs(x)) ** 3 if x else mpf(0), lambda x: 6 / (1 + abs(x)) ** 4
    ),
}
