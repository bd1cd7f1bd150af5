import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symprop.language import Extent

NAMES = "CHNT"
SIZES = st.fixed_dictionaries({name: st.integers(1, 7) for name in NAMES})
MONOMIALS = st.lists(st.sampled_from(NAMES), max_size=3).map(lambda names: tuple(sorted(names)))
EXTENTS = st.dictionaries(MONOMIALS, st.integers(-4, 4), max_size=4).map(Extent)


@given(EXTENTS, EXTENTS, SIZES)
def test_arithmetic_is_that_of_integers(a, b, sizes):
    assert (a + b).value(sizes) == a.value(sizes) + b.value(sizes)
    assert (a - b).value(sizes) == a.value(sizes) - b.value(sizes)
    assert (a * b).value(sizes) == a.value(sizes) * b.value(sizes)
    assert (a * 3 - 2).value(sizes) == 3 * a.value(sizes) - 2


@given(EXTENTS, EXTENTS, EXTENTS)
def test_equal_polynomials_are_equal_values(a, b, c):
    assert (a + b) * c == c * b + a * c
    assert hash((a + b) * c) == hash(c * b + a * c)
    assert a - a == Extent.of(0)


@given(EXTENTS, st.integers(-6, 6), SIZES)
def test_at_least_never_proves_what_is_false(extent, bound, sizes):
    if extent.at_least(bound):
        assert extent.value(sizes) >= bound


@given(st.dictionaries(MONOMIALS, st.integers(0, 4), max_size=4).map(Extent))
def test_at_least_proves_the_least_value_of_a_sum(extent):
    """Without minus signs the least value is at all sizes 1, and it is proved."""
    least = extent.value(dict.fromkeys(NAMES, 1))
    assert extent.at_least(least)
    assert not extent.at_least(least + 1)


@pytest.mark.parametrize(
    "extent, bound, proved",
    [
        (Extent.of("T"), 1, True),
        (Extent.of("T") - 1, 0, True),
        (Extent.of("T") - 1, 1, False),
        (Extent.of("T") - Extent.of("N"), 0, False),
        (Extent.of("T") * Extent.of("N") - Extent.of("T"), 0, True),
        (Extent.of("T") * Extent.of("N") - Extent.of("T") - Extent.of("N") + 1, 0, True),
        (Extent.of(5), 5, True),
        (Extent.of(5), 6, False),
    ],
    ids=str,
)
def test_at_least(extent, bound, proved):
    assert extent.at_least(bound) is proved


@given(EXTENTS)
def test_constants_and_names(extent):
    assert (extent.constant is None) == bool(extent.names)
    if extent.constant is not None:
        assert Extent.of(extent.constant) == extent


@pytest.mark.parametrize(
    "extent, text",
    [
        (Extent.of(64), "64"),
        (Extent.of(0), "0"),
        (Extent.of("N"), "N"),
        (Extent.of("T") - 3, "T - 3"),
        (Extent.of("T") * -1 + 3, "-T + 3"),
        (Extent.of("W") * Extent.of("C") * 2 + Extent.of("H"), "2*C*W + H"),
    ],
)
def test_text(extent, text):
    assert str(extent) == text


@given(EXTENTS)
def test_values_survive_pickling_and_cannot_be_changed(extent):
    assert pickle.loads(pickle.dumps(extent)) == extent
    with pytest.raises(AttributeError, match=r"^Extent is immutable; terms cannot be set$"):
        extent.terms = ()
