"""Random pairs of expressions: whatever is proved equal has equal values, at 40 digits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symprop.algebra.canonical import canonical, prove_equal
from symprop.algebra.terms import Facts
from symprop.language import Constraint, Domain, Equation, Extent, Gather, Index, Position, Tensor, ranges
from symprop.language import expressions as ex
from symprop.oracle import evaluate
from tests.algebra.claims import KNOWN

SIZES = {"N": 3, "T": 4}
TENSORS = {
    t.name: t
    for t in (
        Tensor("x", (Extent.of("T"),)),
        Tensor("W", (Extent.of("N"), Extent.of("T"))),
        Tensor("M", (Extent.of("T"), Extent.of("T"))),
        Tensor("c", ()),
        Tensor("y", (Extent.of("N"),), "integer", high=Extent.of("T")),
    )
}
FACTS = Facts({t.name: t.axes for t in TENSORS.values()}, ranges(TENSORS.values()))
N, S, T, U = Index("n", "N"), Index("s", "T"), Index("t", "T"), Index("u", "T")
FREE = (N, S, T)

times = st.sampled_from([S, T, U])
place = st.one_of(
    times.map(Position.of),
    times.map(lambda i: Position.of(i) - 1),
    times.map(lambda i: Position.of(i) + 1),
    times.map(lambda i: Position.of(Extent.of("T") - 1) - i),
    st.just(Position.of(Gather("y", [Position.of(N)]))),
    st.just(Position.of(0)),
)
reads = st.one_of(
    place.map(lambda p: ex.Read("x", [p])),
    place.map(lambda p: ex.Read("W", [Position.of(N), p])),
    st.builds(lambda p, q: ex.Read("M", [p, q]), place, place),
    st.just(ex.Read("c")),
)
numbers = st.sampled_from([Fraction(v) for v in (-2, -1, 2, 3)] + [Fraction(1, 2), Fraction(-1, 3)]).map(ex.Number)
sizes = st.sampled_from([ex.size(Position.of(Extent.of("T"))), ex.size(T)])
leaves = st.one_of(reads, reads, numbers, sizes)
constraints = st.one_of(
    st.builds(lambda p, q: Constraint("ge", p - q), place, place),
    st.builds(lambda p, q: Constraint("eq", p - q), place, place),
)
domains = st.lists(constraints, min_size=0, max_size=2).map(Domain)
FUNCTIONS = ["exp", "sigmoid", "tanh", "softplus", "relu", "abs", "sign", "erf", "sin", "cos", "log"]


def is_total(expr: ex.Expr) -> bool:
    """True for an expression without logarithms, quotients and roots."""
    partial = (n for n in ex.walk(expr) if isinstance(n, ex.Pow) or (isinstance(n, ex.Call) and n.name == "log"))
    return next(partial, None) is None


def deeper(inner: Any) -> Any:
    some = st.lists(inner, min_size=2, max_size=3)
    # a comparison with NaN chooses a branch: what is compared is defined everywhere
    total = inner.filter(is_total)
    comparison = st.builds(ex.Compare, total, st.sampled_from(ex.COMPARISONS), total)
    return st.one_of(
        some.map(lambda parts: ex.add(*parts)),
        some.map(lambda parts: ex.mul(*parts)),
        st.builds(ex.divide, inner, inner.filter(lambda e: ex.number(e) is None)),
        st.builds(lambda e, p: ex.power(e, ex.Number(p)), inner, st.sampled_from([2, 3, -1, -2, Fraction(1, 2)])),
        st.builds(lambda name, e: ex.Call(name, [e]), st.sampled_from(FUNCTIONS), inner),
        st.builds(lambda name, a, b: ex.Call(name, [a, b]), st.sampled_from(["max", "min"]), total, total),
        st.builds(ex.where, comparison, inner, inner),
        st.builds(ex.guard, domains, inner),
        st.builds(
            lambda i, e, d: ex.reduce_("sum", i, e, d),
            st.lists(times, min_size=1, max_size=2, unique=True),
            inner,
            domains,
        ),
        st.builds(lambda i, e: ex.Reduce("max", [i], e), times, total),
    )


expressions = st.recursive(leaves, deeper, max_leaves=7)


def closed(expr: ex.Expr) -> ex.Expr:
    """The expression without the index u, which no equation has on its left."""
    return ex.substitute(expr, {U: Position.of(0)})


def rewritten(expr: ex.Expr, draw: Any) -> ex.Expr:
    """The expression after a few changes, some of which keep its value and some of which do not."""

    def change(node: ex.Expr) -> ex.Expr:
        kind = draw(st.integers(0, 11))
        match node, kind:
            case ex.Add(), 0:
                return ex.Add(reversed(node.terms))
            case ex.Mul(), 0:
                return ex.Mul(reversed(node.factors))
            case ex.Mul(factors=(ex.Add() as first, *rest)), 1:
                return ex.add(*(ex.mul(term, *rest) for term in first.terms))
            case ex.Call(name="sigmoid", args=(z,)), 0 | 1 | 2:
                return ex.add(ex.ONE, ex.negate(ex.Call("sigmoid", [ex.negate(z)])))
            case ex.Call(name="tanh", args=(z,)), 0 | 1 | 2:
                return ex.Call("tanh_by_exp", [z])
            case ex.Call(name="abs", args=(z,)), 0 | 1 | 2:
                return ex.power(ex.power(z, ex.Number(2)), ex.Number(Fraction(1, 2)))
            case ex.Call(name="log", args=(z,)), 0 | 1 | 2:
                return ex.mul(ex.Number(Fraction(1, 2)), ex.Call("log", [ex.power(z, ex.Number(2))]))
            case ex.Read(indices=(first, second)), 3:
                return ex.Read(node.tensor, [second, first]) if node.tensor == "M" else node
            case ex.Guard(), 4:
                return node.body
            case ex.Reduce(op="sum"), 5:
                moved = {i: Position.of(Extent.of("T") - 1) - i for i in node.indices}
                body, domain = ex.substitute(node.body, moved), node.domain.substitute(moved)
                return ex.reduce_("sum", node.indices, body, domain)
            case ex.Number(), 6:
                return ex.Number(-node.value)
            case ex.Compare(), 7:
                return ex.Compare(node.right, node.op, node.left)
            case ex.Read(), 8:
                return ex.mul(node, node)
        return node

    return ex.transform(expr, change)


def values(expr: ex.Expr) -> Any:
    """Values at all points of the free indices, NaN or inf where anything inside is not finite."""
    equation = Equation("value", tuple(map(Position.of, FREE)), expr)
    rng = np.random.default_rng(5)
    arrays: dict[str, Any] = {
        t.name: rng.standard_normal([a.value(SIZES) for a in t.axes]) for t in TENSORS.values() if t.name != "y"
    }
    arrays["y"] = np.array([2, 0, 2])
    with mpmath.workdps(40):
        return evaluate([equation], arrays, SIZES, object, functions=KNOWN, tensors=TENSORS)["value"]


def differ(left: ex.Expr, right: ex.Expr) -> bool:
    """True where both sides are finite and not equal."""
    with mpmath.workdps(40):
        for a, b in zip(values(left).flat, values(right).flat, strict=True):
            both = mpmath.isfinite(a) and mpmath.isfinite(b)
            if both and abs(a - b) > mpmath.mpf(10) ** -20 * max(1, abs(a), abs(b)):
                return True
    return False


SLOW = settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@SLOW
@given(expressions.map(closed), st.data())
def test_whatever_is_proved_is_true(expr: ex.Expr, data: Any) -> None:
    other = closed(rewritten(expr, data.draw))
    proof = prove_equal(expr, other, FACTS, KNOWN, time_limit_seconds=1.0)
    if proof is not None and not proof.kinks:
        assert not differ(expr, other), f"{expr}   is not   {other}"


@SLOW
@given(expressions.map(closed))
def test_the_canonical_form_has_the_value_of_the_expression(expr: ex.Expr) -> None:
    form = canonical(expr, FACTS, KNOWN, time_limit_seconds=1.0)
    if form is not None:
        assert not differ(expr, form), f"{expr}   is not   {form}"


@SLOW
@given(expressions.map(closed))
def test_an_expression_equals_itself(expr: ex.Expr) -> None:
    form = canonical(expr, FACTS, KNOWN, time_limit_seconds=1.0)
    proof = prove_equal(expr, expr, FACTS, KNOWN, time_limit_seconds=2.0)
    assert (proof is None) == (form is None)
