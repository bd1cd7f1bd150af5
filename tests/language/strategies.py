"""Random positions, domains and expressions over fixed tensors, as the constructors of the language make them."""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from symprop.language import (
    Compound,
    Constraint,
    Domain,
    Equation,
    Extent,
    Function,
    Gather,
    Index,
    Position,
    Scope,
    Tensor,
    parse_expression,
)
from symprop.language import expressions as ex
from symprop.oracle import evaluate

SIZES = {"N": 2, "T": 3}
# Extents by letter; bound and free indices are drawn from the same ones, so names collide as often as possible.
EXTENTS = {"n": "N", "t": "T", "i": 2, "j": 3, "k": 4}
INDICES = {name: Index(name, extent) for name, extent in EXTENTS.items()}
TENSORS = {
    t.name: t
    for t in (
        Tensor("x", (Extent.of("T"),)),
        Tensor("W", (Extent.of(2), Extent.of(3))),
        Tensor("f", (Extent.of(12),)),
        Tensor("s", ()),
        Tensor("tok", (Extent.of("N"),), "integer", high=Extent.of(3)),
    )
}
SCOPE = Scope(TENSORS, EXTENTS, functions={"sigmoid": 1, "mix": 2})

indices = st.sampled_from(sorted(INDICES.values(), key=str))
offsets = st.sampled_from([Extent.of(c) for c in (-2, -1, 0, 1, 3)] + [Extent.of("T") - 1, Extent.of("N") * 2])
affine = st.builds(Position, st.dictionaries(indices, st.sampled_from([-2, -1, 1, 2]), min_size=1, max_size=2), offsets)
J, K, N = (Position.of(INDICES[name]) for name in "jkn")
compound = st.just(Position.of(Compound([J, K], (Extent.of(3), Extent.of(4)))))
gather = st.sampled_from([Position.of(Gather("tok", [at])) for at in (N, Position.of(0))])
positions = st.one_of(indices.map(Position.of), affine, offsets.map(Position.of), gather)
constraints = st.builds(Constraint, st.sampled_from(["ge", "eq"]), affine)
domains = st.lists(constraints, min_size=1, max_size=2).map(Domain)

numbers = st.builds(Fraction, st.integers(-9, 9), st.sampled_from([1, 2, 3, 8, 10, 7]))
reads = st.one_of(
    st.builds(lambda p: ex.Read("x", [p]), positions),
    st.builds(lambda p, q: ex.Read("W", [p, q]), positions, positions),
    st.builds(lambda p: ex.Read("f", [p]), compound),
    st.just(ex.Read("s")),
)
leaves = st.one_of(numbers.map(ex.Number), reads, st.just(ex.Constant("pi")), st.builds(ex.size, indices))


def reduction(draw_op, bound, body, domain):
    """A reduction; argmax and argmin over one index, whose part they give."""
    if draw_op.startswith("arg"):
        return ex.reduce_(draw_op, bound[:1], body, domain, bound[0])
    return ex.reduce_(draw_op, bound, body, domain)


def no_number(expr):
    """A read in place of a numeral, whose powers are folded or refused."""
    return expr if ex.number(expr) is None else ex.Read("s")


def deeper(inner):
    """Expressions made of given ones."""
    some = st.lists(inner, min_size=2, max_size=3)
    comparison = st.builds(ex.Compare, inner, st.sampled_from(ex.COMPARISONS), inner)
    return st.one_of(
        some.map(lambda parts: ex.add(*parts)),
        some.map(lambda parts: ex.mul(*parts)),
        st.builds(ex.divide, inner, inner.map(no_number)),
        st.builds(ex.power, inner.map(no_number), numbers.map(ex.Number)),
        st.builds(ex.power, inner.map(no_number), inner.map(no_number)),
        st.builds(lambda name, e: ex.Call(name, [e]), st.sampled_from(["exp", "sin", "abs", "sigmoid"]), inner),
        st.builds(lambda name, a, b: ex.Call(name, [a, b]), st.sampled_from(["max", "min", "mix"]), inner, inner),
        st.builds(ex.where, comparison, inner, inner),
        st.builds(ex.guard, domains, inner),
        st.builds(
            reduction,
            st.sampled_from(ex.REDUCTIONS),
            st.lists(indices, min_size=1, max_size=2, unique=True),
            inner,
            st.one_of(st.just(Domain()), domains),
        ),
    )


expressions = st.recursive(leaves, deeper, max_leaves=8)


FUNCTIONS = {
    "sigmoid": Function("sigmoid", ("z",), parse_expression("1/(1 + exp(-z))")),
    "mix": Function("mix", ("p", "q"), parse_expression("p - 2*q")),
}
ARRAYS = {
    "x": [0.7, -1.3, 0.4],
    "W": [[0.2, -0.9, 1.1], [1.7, 0.3, -0.6]],
    "f": np.linspace(-1.1, 1.3, 12),
    "s": 0.8,
    "tok": [2, 0],
}


def values(expr, free=None):
    """An expression at all points of its free indices, of all indices by default."""
    equation = Equation("value", tuple(map(Position.of, INDICES.values() if free is None else free)), expr)
    return evaluate([equation], ARRAYS, SIZES, functions=FUNCTIONS)["value"]


def same_values(a, b):
    """True where two expressions agree at all points at which both are finite."""
    left, right = values(a), values(b)
    finite = np.isfinite(left) & np.isfinite(right)
    close = np.isclose(left, right, rtol=1e-9, atol=1e-9 * np.max(np.abs(left[finite]), initial=1))
    return bool(np.all(close[finite]))
