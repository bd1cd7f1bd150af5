"""Derivatives of scalar primitives and of formulas, against mpmath's numerical derivative at 40 digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import pytest

from symprop.algebra.rules import Rules
from symprop.language import Function, Scope, parse_expression, text
from symprop.language import expressions as ex

FORMULAS = {
    "sigmoid": "1/(1 + exp(-z))",
    "tanh": "(exp(z) - exp(-z))/(exp(z) + exp(-z))",
    "softplus": "log(1 + exp(z))",
    "silu": "z*sigmoid(z)",
    "mish": "z*tanh(softplus(z))",
    "gelu": "z*(1 + erf(z/sqrt(2)))/2",
    "softsign": "z/(1 + abs(z))",
    "log_sigmoid": "-softplus(-z)",
    "hard_tanh": "min(max(-1, z), 1)",
    "elu": "where(z > 0, z, 1.5*(exp(z) - 1))",
    "waves": "sin(3*z)*cos(z)**2 + sign(z)*z + floor(z)*z",
    "powers": "(2 + z**2)**z + 3**z + sqrt(1 + z**2) + 1/(4 + z)**3 + pi**z",
    "nested": "log(1 + exp(erf(z))**2)/(1 + sigmoid(z)*tanh(z))",
    "twice": "sigmoid(2*z + 1)",
}
SCOPE = Scope(functions=dict.fromkeys(FORMULAS, 1))
FUNCTIONS = {name: Function(name, ("z",), parse_expression(body, SCOPE)) for name, body in FORMULAS.items()}
POINTS = ["-2.75", "-0.83", "-0.125", "0.31", "1.27", "3.4"]


PRIMITIVES: Mapping[str, Callable[..., Any]] = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "erf": mpmath.erf,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "abs": abs,
    "sign": mpmath.sign,
    "floor": mpmath.floor,
    "max": max,
    "min": min,
}
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


def value(expr: ex.Expr, given: Mapping[str, Any]) -> Any:
    """A formula at 40 digits, read straight off the tree."""
    match expr:
        case ex.Number():
            return mpmath.mpf(expr.value.numerator) / expr.value.denominator
        case ex.Constant():
            return mpmath.pi
        case ex.Read():
            return given[expr.tensor]
        case ex.Add():
            return mpmath.fsum(value(t, given) for t in expr.terms)
        case ex.Mul():
            return mpmath.fprod(value(t, given) for t in expr.factors)
        case ex.Pow():
            return value(expr.base, given) ** value(expr.exponent, given)
        case ex.Where():
            assert isinstance(expr.condition, ex.Compare)
            sides = (value(side, given) for side in expr.condition.children())
            return value(expr.then if COMPARE[expr.condition.op](*sides) else expr.otherwise, given)
        case ex.Call():
            args = [value(a, given) for a in expr.args]
            if expr.name in FUNCTIONS:
                return value(FUNCTIONS[expr.name].body, {"z": args[0]})
            return PRIMITIVES[expr.name](*args)
    raise AssertionError(expr)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("point", POINTS)
def test_derivative_of_a_formula(name: str, point: str) -> None:
    rule = Rules(FUNCTIONS)(FUNCTIONS[name], 0)
    with mpmath.workdps(40):
        z = mpmath.mpf(point)
        truth = mpmath.diff(lambda x: value(FUNCTIONS[name].body, {"z": x}), z, h=mpmath.mpf(10) ** -15)
        assert abs(value(rule, {"z": z}) - truth) < mpmath.mpf(10) ** -12 * max(1, abs(truth))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sigmoid", "(1 - sigmoid(z))*sigmoid(z)"),
        ("tanh", "1 - tanh(z)**2"),
        ("softplus", "sigmoid(z)"),
        ("log_sigmoid", "sigmoid(-z)"),
        ("elu", "where(z > 0, 1, 1.5*exp(z))"),
    ],
)
def test_rules_are_written_with_the_functions_themselves(name: str, expected: str) -> None:
    assert text(Rules(FUNCTIONS)(FUNCTIONS[name], 0)) == expected


@pytest.mark.parametrize(("formula", "at_zero"), [("max(0, z)", 0), ("max(z, 0)", 1), ("abs(z)", 0)])
def test_value_chosen_at_a_kink(formula: str, at_zero: int) -> None:
    function = Function("f", ("z",), parse_expression(formula, Scope()))
    assert value(Rules({"f": function})(function, 0), {"z": mpmath.mpf(0)}) == at_zero


def test_partial_derivative_by_a_learnable_parameter() -> None:
    body = parse_expression("x + sin(alpha*x)**2/alpha", Scope())
    snake = Function("snake", ("x",), body, params=(("alpha", 1.0),))
    rules = Rules({"snake": snake})
    with mpmath.workdps(40):
        at = {"x": mpmath.mpf("0.7"), "alpha": mpmath.mpf("1.3")}
        for position, name in enumerate(("x", "alpha")):
            truth = mpmath.diff(lambda v, name=name: value(body, at | {name: v}), at[name], h=mpmath.mpf(10) ** -15)
            assert abs(value(rules(snake, position), at) - truth) < mpmath.mpf(10) ** -12


def test_a_network_may_call_something_else_the_sigmoid() -> None:
    def function(name: str, body: str) -> Function:
        return Function(name, ("z",), parse_expression(body, Scope()))

    softplus = function("softplus", "log(1 + exp(z))")
    assert text(Rules({"softplus": softplus})(softplus, 0)) == "sigmoid(z)"
    steep = function("sigmoid", "1/(1 + exp(-2*z))")
    assert "sigmoid" not in text(Rules({"softplus": softplus, "sigmoid": steep})(softplus, 0))


def test_functions_of_one_name_and_formula_differ_by_the_order_of_their_arguments() -> None:
    body = parse_expression("a**2*b", Scope())
    found = []
    for args in (("a", "b"), ("b", "a")):
        function = Function("two", args, body)
        found.append(text(Rules({"two": function})(function, 0)))
    assert found == ["2*a*b", "a**2"]
