from fractions import Fraction

import pytest
from hypothesis import given, settings

from symprop.language import (
    Constraint,
    Domain,
    Equation,
    Extent,
    Index,
    Number,
    Position,
    Read,
    Scope,
    parse_equation,
    parse_expression,
)
from symprop.language import expressions as ex
from symprop.language.printer import decimal, domain_text
from tests.language.strategies import SCOPE, expressions, same_values

a, b, c = Read("a"), Read("b"), Read("c")
HALF = Number(Fraction(1, 2))


def has_divisors(expr):
    """True where something stands below a bar: the printer gathers divisors, and 1/(1/x) is read as x."""
    return any(isinstance(node, ex.Pow) and (ex.number(node.exponent) or 0) < 0 for node in ex.walk(expr))


@settings(max_examples=800, deadline=None)
@given(expressions)
def test_a_printed_expression_is_read_back_as_itself(expr):
    read = parse_expression(str(expr), SCOPE)
    assert same_values(read, expr)
    if not has_divisors(expr):
        assert read == expr, str(expr)


@pytest.mark.parametrize(
    "expr, text",
    [
        (ex.add(a, ex.negate(b)), "a - b"),
        (ex.add(ex.negate(a), b), "-a + b"),
        (ex.add(a, ex.negate(ex.add(b, c))), "a - (b + c)"),
        (ex.mul(a, ex.add(b, c)), "a*(b + c)"),
        (ex.divide(a, ex.mul(b, c)), "a/(b*c)"),
        (ex.divide(a, ex.add(b, c)), "a/(b + c)"),
        (ex.mul(a, ex.power(b, Number(-2)), c), "a*c/b**2"),
        (ex.divide(Number(1), a), "1/a"),
        (ex.power(ex.negate(a), Number(2)), "(-a)**2"),
        (ex.negate(ex.power(a, Number(2))), "-a**2"),
        (ex.power(ex.power(a, b), c), "(a**b)**c"),
        (ex.power(a, ex.power(b, c)), "a**(b**c)"),
        (ex.power(a, HALF), "sqrt(a)"),
        (ex.mul(Number(Fraction(2, 3)), a), "2*a/3"),
        (ex.mul(Number(Fraction(3, 4)), a), "0.75*a"),
        (ex.mul(HALF, a), "a/2"),
        (ex.mul(Number(Fraction(-1, 3)), a), "-a/3"),
        (ex.add(a, Number(Fraction(-1, 8))), "a - 0.125"),
        (ex.where(ex.Compare(a, ">", ex.ZERO), a, b), "where(a > 0, a, b)"),
    ],
)
def test_text(expr, text):
    assert str(expr) == text
    assert str(parse_expression(text)) == text


t, s = Index("t", "T"), Index("s", "T")


@pytest.mark.parametrize(
    "constraint, text",
    [
        (Constraint("ge", Position.of(t) - 1), "[t >= 1]"),
        (Constraint("ge", Position.of(t) - s), "[t >= s]"),
        (Constraint("ge", Position.of(1) - t), "[t <= 1]"),
        (Constraint("ge", Position.of(Extent.of("T") - 2) - t), "[t <= T - 2]"),
        (Constraint("ge", Position.of(t) * 2 + s - 1), "[2*t + s >= 1]"),
        (Constraint("eq", Position.of(t) - s + 1), "[t == s - 1]"),
        (Constraint("eq", Position.of(3) - t), "[3 == t]"),
        (Constraint("ge", Position.of(Extent.of("T") - 4)), "[0 <= T - 4]"),
    ],
)
def test_constraints_read_naturally(constraint, text):
    domain = Domain([constraint])
    assert domain_text(domain) == text
    scope = Scope(indices={"t": "T", "s": "T"}, extents=["T"])
    assert parse_expression(text, scope) == ex.guard(domain, ex.ONE)


def test_an_equation_is_printed_with_its_domain():
    e = parse_equation("y[t] = x[t]", Scope({}, {"t": "T"}, open_names=True))
    assert str(e) == "y[t] = x[t]"
    on = Equation("y", e.indices, e.body, domain=Domain([Constraint("ge", Position.of(t) - 1)]))
    assert str(on) == "y[t] = x[t]   for t >= 1"


@pytest.mark.parametrize(
    "value, text",
    [
        (Fraction(3), "3"),
        (Fraction(1_000_000), "1000000"),
        (Fraction(-(10**30)), "-1e30"),
        (Fraction(1024 * 10**9), "1.024e12"),
        (Fraction(-5, 2), "-2.5"),
        (Fraction(1, 1000), "0.001"),
        (Fraction(7, 40), "0.175"),
        (Fraction(1, 3), None),
        (Fraction(1, 2**30), None),
    ],
)
def test_decimals_are_exact_and_short(value, text):
    assert decimal(value) == text
    if text is not None:
        assert Fraction(text) == value
