from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symprop.language import Domain, Index, Number, Position, Read
from symprop.language import expressions as ex
from tests.language.strategies import INDICES, TENSORS, affine, domains, expressions, positions, same_values, values

a, b, c = Read("a"), Read("b"), Read("c")


def half(*parts):
    return ex.mul(Number(Fraction(1, 2)), *parts)


# -- constructors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made, expected",
    [
        (ex.add(), ex.ZERO),
        (ex.add(a), a),
        (ex.add(a, ex.ZERO), a),
        (ex.add(Number(2), a, Number(-2)), a),
        (ex.add(ex.add(a, b), c), ex.Add([a, b, c])),
        (ex.add(a, Number(1), b, Number(2)), ex.Add([a, Number(3), b])),
        (ex.mul(), ex.ONE),
        (ex.mul(a, ex.ONE), a),
        (ex.mul(a, ex.ZERO), ex.ZERO),
        (ex.mul(a, Number(2), ex.mul(b, Number(3))), ex.Mul([Number(6), a, b])),
        (ex.mul(Number(2), ex.add(a, b)), ex.Mul([Number(2), ex.Add([a, b])])),
        (ex.negate(ex.negate(a)), a),
        (ex.power(a, ex.ZERO), ex.ONE),
        (ex.power(a, ex.ONE), a),
        (ex.power(Number(Fraction(2, 3)), Number(-2)), Number(Fraction(9, 4))),
        (ex.power(Number(2), Number(65)), ex.Pow(Number(2), Number(65))),
        (ex.power(ex.ZERO, Number(-1)), ex.Pow(ex.ZERO, Number(-1))),
        (ex.divide(a, Number(2)), half(a)),
        (ex.where(ex.Compare(a, ">", b), c, c), c),
        (ex.guard(Domain(), a), a),
        (ex.size(7), Number(7)),
    ],
)
def test_constructors_fold_numbers_and_nothing_more(made, expected):
    assert made == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(expressions, min_size=1, max_size=3), domains)
def test_constructors_keep_values(parts, domain):
    """Flattening, folding and drawing guards out are invisible in the values."""
    assert same_values(ex.add(*parts), ex.Add(parts))
    assert same_values(ex.mul(*parts), ex.Mul(parts))
    assert same_values(ex.guard(domain, parts[0]), ex.Guard(domain, parts[0]))


@settings(max_examples=200, deadline=None)
@given(expressions, domains, st.lists(st.sampled_from(list(INDICES.values())), min_size=1, max_size=2, unique=True))
def test_a_sum_of_guards_and_of_sums_keeps_its_value(body, domain, bound):
    assert same_values(ex.reduce_("sum", bound, body, domain), ex.Reduce("sum", bound, body, domain))


@given(expressions)
def test_rebuilding_from_the_same_children_changes_nothing(expr):
    assert ex.transform(expr, lambda node: node) is expr
    children = expr.children()
    assert same_values(expr.rebuild(children) if children else expr, expr)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: ex.Compare(a, "<>", b), "comparison '<>'; expected one of <, <=, >, >=, ==, !="),
        (lambda: ex.Reduce("prod", [], a), "reduction 'prod'; expected one of sum, max, min, argmax, argmin"),
    ],
)
def test_unknown_operations_are_refused(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message


# -- walks ---------------------------------------------------------------------------------------------------------


@given(expressions)
def test_tensors_read_are_those_in_the_text(expr):
    names = ex.tensors_read(expr)
    assert len(set(names)) == len(names)
    assert set(names) == {name for name in TENSORS if any(name == word for word in words(str(expr)))}


def words(text):
    return "".join(ch if ch.isalnum() else " " for ch in text).split()


@settings(max_examples=150, deadline=None)
@given(expressions, st.sampled_from(list(INDICES.values())))
def test_the_value_depends_on_free_indices_alone(expr, index):
    if index not in ex.free_indices(expr):
        rest = tuple(i for i in INDICES.values() if i != index)
        assert values(expr, rest).ndim == len(rest)


# -- substitution --------------------------------------------------------------------------------------------------

ANY_INDEX = st.sampled_from(list(INDICES.values()))
MAPPINGS = st.dictionaries(ANY_INDEX, st.one_of(affine, positions), min_size=1, max_size=2)


@settings(max_examples=400, deadline=None)
@given(expressions, st.sampled_from(list(INDICES.values())), st.sampled_from(list(INDICES.values())))
def test_substituting_captures_nothing(expr, old, new):
    """expr with old -> new, at a point, is expr at the point where old has the value of new."""
    replaced = ex.substitute(expr, {old: Position.of(new)})
    pinned = Domain.equal(Position.of(old), Position.of(new))
    assert same_values(ex.Guard(pinned, replaced), ex.Guard(pinned, expr))
    if new != old:
        assert old not in ex.free_indices(replaced)


@settings(max_examples=300, deadline=None)
@given(expressions, MAPPINGS)
def test_substituting_positions_is_evaluating_elsewhere(expr, mapping):
    """Checked at the points where every replaced index has the value of what replaces it."""
    replaced = ex.substitute(expr, mapping)
    pinned = Domain()
    for old, new in mapping.items():
        pinned = pinned & Domain.equal(Position.of(old), new)
    assert same_values(ex.guard(pinned, replaced), ex.guard(pinned, expr))


def test_a_bound_index_makes_way_for_what_is_put_in():
    i, j = Index("i", 3), Index("j", 3)
    row_sum = ex.reduce_("sum", [j], Read("W", [Position.of(i), Position.of(j)]))
    assert str(ex.substitute(row_sum, {i: Position.of(j)})) == "sum[j1](W[j,j1])"
    assert str(ex.substitute(row_sum, {j: Position.of(i)})) == "sum[j](W[i,j])"
    assert ex.free_indices(ex.substitute(row_sum, {i: Position.of(j) + 1})) == {j}


def test_the_picked_index_of_an_argmax_is_renamed_with_it():
    i, j = Index("i", 3), Index("j", 3)
    best = ex.reduce_("argmax", [j], Read("W", [Position.of(i), Position.of(j)]), pick=j)
    moved = ex.substitute(best, {i: Position.of(j)})
    assert moved.pick == moved.indices[0] == Index("j1", 3)


@settings(max_examples=300, deadline=None)
@given(expressions, st.sets(st.sampled_from([*INDICES, "i1", "j1"])))
def test_renaming_apart_keeps_values_and_collides_with_nothing(expr, taken):
    apart = ex.rename_apart(expr, taken)
    assert same_values(apart, expr)
    bound = [index.name for node in ex.walk(apart) if isinstance(node, ex.Reduce) for index in node.indices]
    assert len(set(bound)) == len(bound)
    assert not set(bound) & (taken | {index.name for index in ex.free_indices(expr)})
    assert ex.free_indices(apart) == ex.free_indices(expr)


@pytest.mark.parametrize(
    "name, taken, expected", [("i", [], "i"), ("i", ["i"], "i1"), ("i", ["i", "i1"], "i2"), ("i1", ["i1"], "i2")]
)
def test_fresh(name, taken, expected):
    assert ex.fresh(Index(name, "T"), [*taken, "i1"] if name == "i1" else taken) == Index(expected, "T")
