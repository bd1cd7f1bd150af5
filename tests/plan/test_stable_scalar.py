"""Scalar lowering against mpmath, at |x| from 1e-20 to 1e4 of both signs and at both zeros.

benchmarks/stability.py does the same for the activations at more points, and writes the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from symprop.algebra.rules import Rules
from symprop.language import Function, Scope, parse_expression
from symprop.language import expressions as ex
from symprop.library.activations import ACTIVATIONS
from symprop.plan.stable import stabilise_scalar
from tests.plan import stable_references as references
from tests.plan.stable_evaluator import evaluate
from tests.plan.stable_references import Reference

EPS, SMALLEST = 2.0**-52, mpf(2) ** -1074
BOUND = 4
Overflow = Literal["raise", "ignore"]
LOWERED = {"exp", "log", "erf", "sin", "cos", "abs", "sign", "floor", "max", "min", "expm1", "log1p", "erfc"}
FUNCTIONS = {name: entry.function() for name, entry in ACTIVATIONS.items() if entry.elementwise}
# undefined at 0, where nothing is promised
PUNCTURED = {"(1 - cos(z))/z", "(exp(z) - 1)/z"}
# exp(-z) overflows where exp(-exp(-z)) is 0: right, with a warning
OVERFLOWS = {"exp(-exp(-z))"}


@pytest.fixture(autouse=True)
def _digits() -> Iterator[None]:
    with mp.workdps(references.DIGITS):
        yield


def points(low: float = -20.0, high: float = 4.0, count: int = 240) -> np.ndarray[Any, Any]:
    x = 10 ** np.random.default_rng(20240229).uniform(low, high, count // 2)
    return np.concatenate([x, -x, [0.0, -0.0]])


def function_of(formula: str) -> Function:
    return Function("user", ("z",), parse_expression(formula, Scope(functions=dict.fromkeys(FUNCTIONS, 1))))


def lowered_pair(function: Function) -> tuple[ex.Expr, ex.Expr]:
    """The lowered function and the lowered first derivative, as a kernel's forward and backward pass have them."""
    functions = {**FUNCTIONS, function.name: function}
    derivative = Rules(functions)(function, 0)
    return stabilise_scalar(function.body, functions), stabilise_scalar(derivative, functions)


def curvature(slope: references.Scalar) -> references.Scalar:
    """The second derivative by a difference; it is needed to one digit, for the bound."""

    def value(x: mpf) -> mpf:
        h = x * mpf(10) ** -20
        return (slope(x + h) - slope(x - h)) / (2 * h) if x else mpf(0)

    return value


def errors(
    lowered: ex.Expr,
    value: references.Scalar,
    slope: references.Scalar,
    x: np.ndarray[Any, Any],
    over: Overflow = "raise",
) -> np.ndarray[Any, Any]:
    """|error| in units of eps*max(|f|, |x*f'|), with a few of the smallest numbers beside; inf for NaN and inf."""
    with np.errstate(invalid="raise", divide="raise", over=over):
        found = np.broadcast_to(evaluate(lowered, {"z": x}), x.shape)
    out = np.full(x.shape, np.inf)
    for k in np.flatnonzero(np.isfinite(found)):
        point = mpf(float(x[k]))
        exact = value(point)
        allowed = EPS * max(abs(exact), abs(point * slope(point))) + SMALLEST * max(4, point**2)
        out[k] = float(abs(mpf(float(found[k])) - exact) / allowed)
    return out


def check(function: Function, reference: Reference, x: np.ndarray[Any, Any], over: Overflow = "raise") -> None:
    value, derivative = lowered_pair(function)
    assert errors(value, reference.value, reference.slope, x, over).max() <= BOUND
    assert errors(derivative, reference.slope, curvature(reference.slope), x, over).max() <= BOUND


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_activation_and_its_derivative_is_accurate(name: str) -> None:
    check(FUNCTIONS[name], references.ACTIVATIONS[name], points())


@pytest.mark.parametrize("formula", references.FORMULAS)
def test_a_formula_of_a_user_is_accurate(formula: str) -> None:
    x = points()
    over: Overflow = "ignore" if formula in OVERFLOWS else "raise"
    check(function_of(formula), references.FORMULAS[formula], x[x != 0] if formula in PUNCTURED else x, over)


@pytest.mark.parametrize("formula", references.GROWING)
def test_a_formula_that_grows_is_accurate_as_long_as_it_is_finite(formula: str) -> None:
    x = points(high=math.log10(700))
    check(function_of(formula), references.GROWING[formula], x[x != 0] if formula in PUNCTURED else x)


@pytest.mark.parametrize("name", references.SECOND)
def test_second_derivatives_are_accurate(name: str) -> None:
    """What a Hessian-vector product evaluates."""
    reference = references.SECOND[name]
    first = Function("first", ("z",), Rules(FUNCTIONS)(FUNCTIONS[name], 0))
    functions = {**FUNCTIONS, "first": first}
    second = stabilise_scalar(Rules(functions)(first, 0), functions)
    assert errors(second, reference.value, reference.slope, points()).max() <= BOUND


@pytest.mark.parametrize("x", [-38.0, -38.5, -39.0, -1e4])
@pytest.mark.parametrize("name", ["gelu", "mish", "gelu_tanh", "silu"])
def test_the_far_left_is_tiny_and_never_nan(name: str, x: float) -> None:
    for lowered in lowered_pair(FUNCTIONS[name]):
        value = float(evaluate(lowered, {"z": np.array([x])})[0])
        assert -1e-10 < value <= 0


def test_mish_at_minus_ten_thousand_is_zero() -> None:
    value, slope = lowered_pair(FUNCTIONS["mish"])
    assert evaluate(value, {"z": np.array([-1e4])})[0] == 0
    assert evaluate(slope, {"z": np.array([-1e4])})[0] == 0


def test_nan_stays_nan() -> None:
    """A forward pass that went wrong must not look right."""
    for name in ("sigmoid", "tanh", "softplus", "silu", "mish", "gelu", "gelu_tanh", "log_sigmoid"):
        value, _ = lowered_pair(FUNCTIONS[name])
        assert np.isnan(evaluate(value, {"z": np.array([math.nan])})[0])


def test_what_is_measured_here_can_fail() -> None:
    """1 - tanh(z)**2 from a tanh that was rounded, and a sigmoid that overflows, are far beyond the bound."""
    tanh = references.ACTIVATIONS["tanh"]
    rounded = parse_expression("1 - ((1 - exp(-2*z))/(1 + exp(-2*z)))**2")
    x = points(-3, 2, 60)
    assert errors(rounded, tanh.slope, curvature(tanh.slope), x[x > 0]).max() > 100
    with pytest.raises(FloatingPointError, match="overflow encountered in exp"):
        errors(FUNCTIONS["sigmoid"].body, references.sigmoid, references.sigmoid_slope, points())


# -- forms ---------------------------------------------------------------------------------------------------------

FORMS = {
    "log(1 + exp(z))": "max(z, 0) + log1p(exp(-abs(z)))",
    "1/(1 + exp(-z))": "where(z >= 0, 1, exp(-abs(z)))/(1 + exp(-abs(z)))",
    "exp(z)/(1 + exp(z))**2": "exp(-abs(z))/(1 + exp(-abs(z)))**2",
    "exp(z) - 1": "expm1(z)",
    "where(z > 0, z, 2*(exp(z) - 1))": "where(z > 0, z, 2*expm1(-abs(z)))",
    "1 + erf(z)": "erfc(-z)",
    "1 - erf(2*z)": "erfc(2*z)",
    "sqrt(1 + z**2) - 1": "z**2/(sqrt(1 + z**2) + 1)",
    "log(1 + z**2)": "log1p(z**2)",
    "1/(1 + abs(z)) - z*sign(z)/(1 + abs(z))**2": "1/(abs(z) + 1)**2",
    "log(exp(z))": "z",
    "exp(2*log(1 + z**2))": "(1 + z**2)**2",
    "z/(1 + abs(z))": "z/(abs(z) + 1)",
    "min(6, max(0, z))": "min(6, max(0, z))",
    "z**2 + 3*z": "z**2 + 3*z",
}


@pytest.mark.parametrize("formula", FORMS)
def test_the_form_is_the_short_one(formula: str) -> None:
    assert str(stabilise_scalar(parse_expression(formula))) == FORMS[formula]


def test_only_primitives_are_left() -> None:
    for function in FUNCTIONS.values():
        for lowered in lowered_pair(function):
            assert {n.name for n in ex.walk(lowered) if isinstance(n, ex.Call)} <= LOWERED


def test_a_difference_that_stands_alone_is_not_expanded() -> None:
    lowered = stabilise_scalar(parse_expression("(x - m)**2*exp(-(x - m)**2/2)"))
    x = np.array([1e8 + 1.0])
    assert evaluate(lowered, {"x": x, "m": np.array([1e8])})[0] == pytest.approx(math.exp(-0.5), rel=1e-15)


def test_log_cosh_of_a_difference_is_accurate_where_it_is_small() -> None:
    lowered = stabilise_scalar(parse_expression("log((exp(p - t) + exp(t - p))/2)"))
    p, t = np.array([3.0, 3.0, 1e4, -1e4]), np.array([3.0 + 2**-30, 3.0, -1e4, 1e4])
    found = evaluate(lowered, {"p": p, "t": t})
    assert found == pytest.approx([2.0**-61, 0.0, 2e4 - math.log(2), 2e4 - math.log(2)], rel=1e-15)


def test_a_residual_is_exact_where_the_prediction_is_saturated() -> None:
    lowered = stabilise_scalar(parse_expression("sigmoid(z) - y", Scope(functions={"sigmoid": 1})), FUNCTIONS)
    z = np.array([40.0, 700.0])
    found = evaluate(lowered, {"z": z, "y": np.array([1.0, 1.0])})
    assert found == pytest.approx(-np.exp(-z), rel=1e-12)


def test_two_functions_of_different_arguments_are_lowered_apart() -> None:
    names = Scope(functions={"sigmoid": 1, "tanh": 1})
    lowered = stabilise_scalar(parse_expression("sigmoid(f)*c + sigmoid(i)*tanh(g)", names), FUNCTIONS)
    at = {"f": np.array([1e4]), "c": np.array([3.0]), "i": np.array([-1e4]), "g": np.array([1e4])}
    assert evaluate(lowered, at)[0] == 3.0


def test_the_largest_of_several_exponents_comes_out() -> None:
    lowered = stabilise_scalar(parse_expression("log(exp(x) + exp(y)) + exp(x)/(exp(x) + exp(y) + exp(w))"))
    at = {"x": np.array([1e4]), "y": np.array([-1e4]), "w": np.array([1e4])}
    assert evaluate(lowered, at)[0] == 1e4 + 0.5


def test_layers_alike_are_lowered_once_and_come_out_alike() -> None:
    formula = "sigmoid(%s)*(1 - sigmoid(%s))"
    names = Scope(functions={"sigmoid": 1})
    first = stabilise_scalar(parse_expression(formula % ("a", "a"), names), FUNCTIONS)
    second = stabilise_scalar(parse_expression(formula % ("b", "b"), names), FUNCTIONS)
    assert str(first).replace("a", "b") == str(second).replace("a", "b")


# -- random quotients ----------------------------------------------------------------------------------------------


@st.composite
def quotients(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Numerator and denominator in e = exp(z), the denominator without a positive zero."""
    degree = draw(st.integers(1, 3))
    below = draw(st.lists(st.integers(0, 4), min_size=degree + 1, max_size=degree + 1))
    below[0] += 1
    below[-1] += 1
    return draw(st.lists(st.integers(-4, 4), min_size=1, max_size=degree + 1)), below


def polynomial_text(coefficients: list[int]) -> str:
    return " + ".join(f"({c})*exp({k}*z)" for k, c in enumerate(coefficients))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(quotients())
def test_random_quotients_of_exponentials_are_accurate(case: tuple[list[int], list[int]]) -> None:
    above, below = case
    lowered = stabilise_scalar(parse_expression(f"({polynomial_text(above)})/({polynomial_text(below)})"))

    def value(x: mpf) -> mpf:
        with mp.workdps(300):
            e = mp.exp(x)
            return mp.polyval(above[::-1], e) / mp.polyval(below[::-1], e)

    def terms(x: mpf) -> mpf:
        """|N|(e)/D(e)/x: a numerator with zeros of its own may be off by a few roundings of its terms."""
        with mp.workdps(300):
            e = mp.exp(x)
            return mp.polyval([abs(c) for c in above[::-1]], e) / mp.polyval(below[::-1], e) / (x or 1)

    inner = any(c > 0 for c in above) and any(c < 0 for c in above)
    slope = curvature_free(value)
    x = points(-3, math.log10(300), 40)
    found = errors(lowered, value, (lambda p: max(abs(slope(p)), abs(terms(p)))) if inner else slope, x)
    assert found.max() <= 2 * BOUND


def curvature_free(value: references.Scalar) -> references.Scalar:
    def slope(x: mpf) -> mpf:
        with mp.workdps(300):
            h = mpf(10) ** -40
            return (value(x + h) - value(x - h)) / (2 * h)

    return slope
