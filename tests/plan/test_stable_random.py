"""Random formulas: the lowered one has the value of the one it was made from."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from symprop.language import Scope, parse_expression
from symprop.language import expressions as ex
from symprop.library.activations import ACTIVATIONS
from symprop.plan.stable import stabilise_scalar
from symprop.plan.stable_unfold import unfold_functions
from tests.plan.stable_evaluator import evaluate_scalar

FUNCTIONS = {name: entry.function() for name, entry in ACTIVATIONS.items() if entry.elementwise}
NAMES = Scope(functions=dict.fromkeys(FUNCTIONS, 1))
LEAVES = ["x", "y", "x", "2", "3", "1/2", "(x - y)", "(x + 1)"]
CALLS = ["exp(%s)", "exp(-(%s))", "sigmoid(%s)", "tanh(%s)", "softplus(%s)", "abs(%s)", "sign(%s)", "silu(%s)"]
CALLS += ["erf(%s)", "sqrt(1 + (%s)**2)", "log(1 + (%s)**2)", "log(1 + exp(%s))", "max(%s, 0)", "elu(%s)", "sin(%s)"]
CALLS += ["1/(1 + exp(%s))", "1/(2 + abs(%s))", "log(sigmoid(%s))", "(exp(%s) - 1)", "1/(1 + (%s)**2)", "mish(%s)"]
JOINS = ["(%s + %s)", "(%s - %s)", "%s*%s", "(1 - %s)*%s", "where(x > y, %s, %s)", "where(x > 0, %s, %s)", "%s**2*%s"]


def formulas() -> st.SearchStrategy[str]:
    called = st.tuples(st.sampled_from(CALLS), st.sampled_from(LEAVES)).map(lambda p: p[0] % p[1])
    parts = st.one_of(called, called, st.sampled_from(LEAVES))
    joined = st.tuples(st.sampled_from(JOINS), parts, parts).map(lambda p: p[0] % p[1:])
    twice = st.tuples(st.sampled_from(JOINS), joined, st.one_of(joined, parts)).map(lambda p: p[0] % p[1:])
    nested = st.tuples(st.sampled_from(CALLS), joined).map(lambda p: p[0] % p[1])
    return st.one_of(joined, twice, nested, st.tuples(nested, twice).map("*".join))


POINTS = [("0.37", "-1.21"), ("-0.83", "-0.29"), ("1.9", "2.3"), ("-2.6", "1.1"), ("0", "0.7"), ("0.5", "0.5")]
POINTS += [("0", "0")]


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(formulas())
def test_a_random_formula_keeps_its_value(formula: str) -> None:
    original = unfold_functions(parse_expression(formula, NAMES), FUNCTIONS)
    lowered = stabilise_scalar(original)
    with mp.workdps(50):
        for point in POINTS:
            at = dict(zip(("x", "y"), map(mpf, point), strict=True))
            _same(original, lowered, at)


def _same(original: ex.Expr, lowered: ex.Expr, at: dict[str, mpf]) -> None:
    try:
        exact = evaluate_scalar(original, at)
    except ZeroDivisionError:
        return
    found = evaluate_scalar(lowered, at)
    assert abs(found - exact) <= mpf(10) ** -15 * max(1, abs(exact)), (str(lowered), at)


@pytest.mark.parametrize("formula", ["sign(x)*x*exp(x)", "x*sign(x)**2/(1 + abs(x))", "abs(x)**3*sign(x)/(1 + abs(x))"])
def test_signs_keep_their_value_at_zero(formula: str) -> None:
    original = parse_expression(formula)
    for x in ("0", "-1.5", "2.5"):
        _same(original, stabilise_scalar(original), {"x": mpf(x)})
