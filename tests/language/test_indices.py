from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symprop.language import EVERYWHERE, Compound, Constraint, Domain, Extent, Gather, Index, Position
from symprop.language.indices import within

# Boxes small enough to try all their points; N stands for any size from 1 to 3.
BOX = {"i": Extent.of(2), "j": Extent.of(3), "n": Extent.of("N"), "m": Extent.of("N") + 1}
INDICES = [Index(name, extent) for name, extent in BOX.items()]
OFFSETS = st.sampled_from([Extent.of(c) for c in range(-4, 5)] + [Extent.of("N") - 1, Extent.of("N") * -2 + 1])
AFFINE = st.builds(Position, st.dictionaries(st.sampled_from(INDICES), st.integers(-3, 3), max_size=3), OFFSETS)


def value(position, point, sizes):
    """A position at a point, by the definition."""
    total = position.offset.value(sizes)
    for atom, coefficient in position.terms:
        if isinstance(atom, Compound):
            inner = 0
            for part, radix in zip(atom.parts, atom.radices, strict=True):
                inner = inner * radix.value(sizes) + value(part, point, sizes)
            total += coefficient * inner
        else:
            total += coefficient * point[atom]
    return total


def box(sizes):
    """All points of the box."""
    for coordinates in product(*(range(index.extent.value(sizes)) for index in INDICES)):
        yield dict(zip(INDICES, coordinates, strict=True))


def all_values(position):
    return [value(position, point, {"N": n}) for n in (1, 2, 3) for point in box({"N": n})]


@given(AFFINE, AFFINE, st.integers(-3, 3))
def test_positions_add_and_scale(p, q, factor):
    sizes = {"N": 3}
    for point in box(sizes):
        a, b = value(p, point, sizes), value(q, point, sizes)
        assert value(p + q, point, sizes) == a + b
        assert value(p - q, point, sizes) == a - b
        assert value(p * factor, point, sizes) == a * factor


@given(AFFINE)
def test_bounds_are_the_least_and_the_largest_value(p):
    bounds = p.bounds()
    assert bounds is not None
    for n in (1, 2, 3):
        found = [value(p, point, {"N": n}) for point in box({"N": n})]
        assert (bounds[0].value({"N": n}), bounds[1].value({"N": n})) == (min(found), max(found))


@settings(max_examples=300)
@given(st.sampled_from(["ge", "eq"]), AFFINE)
def test_a_verdict_holds_at_all_points(kind, p):
    holds = [v >= 0 if kind == "ge" else v == 0 for v in all_values(p)]
    verdict = Constraint(kind, p).verdict()
    if verdict is True:
        assert all(holds)
    if verdict is False:
        assert not any(holds)


@given(
    st.sampled_from(["ge", "eq"]),
    AFFINE.filter(lambda p: not p.offset.names and not set(INDICES[2:]) & set(p.index_atoms())),
)
def test_a_verdict_on_integers_is_never_missing_for_ge(kind, p):
    """Where all extents are integers the bounds are exact, so a constraint that always or never holds is known to."""
    holds = [v >= 0 for v in all_values(p)]
    if kind == "ge":
        assert Constraint("ge", p).verdict() is (True if all(holds) else None if any(holds) else False)


@given(AFFINE, st.integers(1, 8))
def test_within_never_proves_what_is_false(p, extent):
    if within(p, Extent.of(extent)):
        assert all(0 <= v < extent for v in all_values(p))


@given(AFFINE, st.dictionaries(st.sampled_from(INDICES), AFFINE, max_size=2))
def test_substitution_is_evaluation_elsewhere(p, mapping):
    sizes = {"N": 2}
    for point in box(sizes):
        moved = point | {index: value(new, point, sizes) for index, new in mapping.items()}
        assert value(p.substitute(mapping), point, sizes) == value(p, moved, sizes)


@given(AFFINE, st.sampled_from(INDICES))
def test_a_solvable_form_is_solved(p, index):
    if p.solvable(index):
        solution = Position.of(index) - p * p.coefficient(index)
        assert index not in set(solution.index_atoms())
        for point in box({"N": 2}):
            at = point | {index: value(solution, point, {"N": 2})}
            assert value(p, at, {"N": 2}) == 0


def test_an_index_below_a_gather_is_not_solvable():
    i = INDICES[0]
    form = Position.of(i) + Gather("tok", [Position.of(i)])
    assert form.coefficient(i) == 1
    assert not form.solvable(i)


# -- compounds and gathers -----------------------------------------------------------------------------------------

C, H, M = (Index(name, extent) for name, extent in (("c", 2), ("h", "H"), ("m", 3)))
CHM = Compound([Position.of(index) for index in (C, H, M)], (C.extent, H.extent, M.extent))


def test_a_compound_ranges_over_the_product():
    assert Position.of(CHM).bounds() == (Extent.of(0), Extent.of("H") * 6 - 1)
    assert within(Position.of(CHM), Extent.of("H") * 6)
    assert not within(Position.of(CHM), Extent.of("H") * 6 - 1)


def test_the_range_of_a_compound_out_of_its_radices_is_unknown():
    loose = Compound([Position.of(C) + 1, Position.of(M)], (Extent.of(2), Extent.of(3)))
    assert Position.of(loose).bounds() is None
    assert Constraint("ge", Position.of(loose)).verdict() is None


def test_compounds_are_equal_part_by_part():
    c2, m2 = Index("c2", 2), Index("m2", 3)
    left = Position.of(Compound([Position.of(C), Position.of(M)], (Extent.of(2), Extent.of(3))))
    right = Position.of(Compound([Position.of(c2), Position.of(m2)], (Extent.of(2), Extent.of(3))))
    parts = Domain.equal(Position.of(C), Position.of(c2)) & Domain.equal(Position.of(M), Position.of(m2))
    assert Domain.equal(left, right) == parts
    assert Domain.equal(left, left) == EVERYWHERE


def test_a_gather_ranges_over_what_its_tensor_may_hold():
    tok = Position.of(Gather("tok", [Position.of(C)]))
    assert tok.bounds() is None
    assert tok.bounds({"tok": Extent.of("V")}) == (Extent.of(0), Extent.of("V") - 1)
    assert within(tok, Extent.of("V"), {"tok": Extent.of("V")})
    assert not within(tok + 1, Extent.of("V"), {"tok": Extent.of("V")})


def test_gathers_are_found_inside_one_another():
    inner = Gather("tok", [Position.of(C)])
    outer = Gather("parent", [Position.of(inner) + 1])
    assert [g.tensor for g in Position.of(outer).gathers()] == ["parent", "tok"]
    assert set(Position.of(outer).index_atoms()) == {C}


# -- equality and domains ------------------------------------------------------------------------------------------


@given(AFFINE)
def test_the_order_of_terms_is_kept_but_does_not_matter(p):
    backwards = Position(dict(reversed(p.terms)), p.offset)
    assert backwards == p
    assert hash(backwards) == hash(p)
    assert backwards.terms == tuple(reversed(p.terms))
    assert p + 1 != p


def test_a_domain_splits_by_its_indices():
    i, j = Position.of(INDICES[0]), Position.of(INDICES[1])
    on_i, on_both, on_j = Constraint("ge", i - 1), Constraint("eq", i - j), Constraint("ge", j - 1)
    touching, others = Domain([on_i, on_both, on_j]).split([INDICES[0]])
    assert touching == Domain([on_i, on_both])
    assert others == Domain([on_j])


def test_inside_is_both_bounds():
    p = Position.of(INDICES[1]) * 2 - 1
    low, high = Domain.inside(p, Extent.of(3)).constraints
    for point in box({"N": 1}):
        both = value(low.position, point, {}) >= 0 and value(high.position, point, {}) >= 0
        assert both == (0 <= value(p, point, {}) < 3)


def test_a_constraint_of_another_kind_is_refused():
    with pytest.raises(ValueError, match=r"^kind 'lt' of a constraint; expected 'ge' or 'eq'$"):
        Constraint("lt", Position.of(0))


@pytest.mark.parametrize(
    "position, text",
    [
        (Position.of(INDICES[0]) * 2 + INDICES[1] - 1, "2*i + j - 1"),
        (Position.of(Extent.of("T") - 1) - INDICES[0], "-i + T - 1"),
        (Position.of(0), "0"),
        (Position.of(CHM) + 1, "(c, h, m) + 1"),
        (Position.of(Gather("tok", [Position.of(C), Position.of(0)])), "tok[c, 0]"),
    ],
)
def test_text(position, text):
    assert str(position) == text
