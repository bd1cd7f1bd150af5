"""Functions of vectors against mpmath, at every width, in units of the last place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import mpmath
import numpy as np
import pytest

from tests.simd.compiled_functions import TYPES, Points, compiled

WIDTHS = [(kind, width) for kind in TYPES for width in (1, 2, 4, 8, 16)]
LIMIT = {"exp": 1.0, "expm1": 1.9, "log": 1.0, "log1p": 1.0, "tanh": 1.7, "erf": 1.2, "erfc": 1.5}
LIMIT |= {"sin": 1.6, "cos": 1.6}
ERRORS = {"erf": np.vectorize(math.erf), "erfc": np.vectorize(math.erfc)}
NUMPY = {name: ERRORS.get(name) or getattr(np, name) for name in LIMIT}


def limit(name: str, place: float) -> float:
    """Units of the last place; where erfc falls fast an error of its argument counts 2*x**2 times and more."""
    if name == "erfc" and place >= 0.5:
        return 4.0 if place < 1 else 7.0
    return LIMIT[name]


def points(kind: str) -> Points:
    """Near 0, near 1, far out, at the ends, and bit patterns by chance."""
    real, rng = TYPES[kind], np.random.default_rng(0)
    scaled = [rng.normal(size=80) * scale for scale in (1e-6, 1e-3, 0.1, 1, 10, 80)]
    places = [np.linspace(-1, 1, 201), np.linspace(0.5, 2, 201), np.linspace(-12, 12, 100)]
    ends = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, 1e-310, 1e30, -1e30, -1, 1]
    ends += [88.7, -88, -103.9, 709.7, -745.1, 10.05, 27.2]
    whole = np.int32 if kind == "float" else np.int64
    bits = rng.integers(0, np.iinfo(whole).max, 300, dtype=whole).view(real)
    with np.errstate(all="ignore"):
        return np.concatenate([*scaled, *places, ends, bits, -bits]).astype(real)


@pytest.fixture
def precise() -> Iterator[None]:
    """Enough digits for any truth, the difference from 1 of a tiny number included."""
    with mpmath.workprec(1200):
        yield


@cache
def truths(name: str, kind: str) -> list[mpmath.mpf]:
    """Of all points, NaN where they are infinite or no number."""
    # the error functions are 0 or 1 to the type long before 100, and mpmath fails far beyond
    end = 100 if name in ERRORS else np.inf
    finite = (float(np.clip(place, -end, end)) if np.isfinite(place) else float("nan") for place in points(kind))
    return [getattr(mpmath, name)(mpmath.mpf(place)) for place in finite]


@pytest.mark.parametrize(("kind", "width"), WIDTHS)
@pytest.mark.parametrize("name", LIMIT)
@pytest.mark.usefixtures("precise")
def test_functions_are_right_to_the_last_place_or_two(name: str, kind: str, width: int) -> None:
    real, x = TYPES[kind], points(kind)
    found = compiled(name, kind, width)(x)
    largest = float(np.finfo(real).max)
    checked = 0
    with np.errstate(all="ignore"):
        others = NUMPY[name](x).astype(real)
    for place, value, other, truth in zip(x, found, others, truths(name, kind), strict=True):
        if not np.isfinite(place) or not np.isfinite(other) or not other:
            assert value == other or (np.isnan(value) and np.isnan(other)), place
            assert np.isnan(value) or np.signbit(value) == np.signbit(other), place
            continue
        if abs(truth) > largest:
            continue
        unit = mpmath.mpf(float(np.spacing(abs(other))))
        assert abs(mpmath.mpf(float(value)) - truth) <= limit(name, float(place)) * unit, place
        checked += 1
    assert checked > 500


@pytest.mark.parametrize("host", [True, False], ids=["host", "least"])
@pytest.mark.parametrize("name", LIMIT)
def test_functions_of_floats_are_right_at_very_many_points(name: str, host: bool) -> None:
    """Also where a product and a sum are rounded one after the other."""
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(-end, end, 40_000) for end in (0.2, 0.7, 2, 11, 100)]).astype(np.float32)
    with np.errstate(all="ignore"):
        truth = NUMPY[name](x.astype(np.float64))
        unit = np.spacing(np.abs(truth.astype(np.float32))).astype(np.float64)
        errors = np.abs(compiled(name, "float", 8, host)(x) - truth) / unit
        known = np.isfinite(truth.astype(np.float32))
    allowed = np.vectorize(limit)(name, x) + (0 if host else 0.5)
    assert known.sum() > 70_000
    places = known & ~(errors <= allowed)
    assert not places.any(), x[places][:5]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_odd_functions_are_odd_and_stay_within_one(name: str, kind: str) -> None:
    x = np.random.default_rng(2).uniform(0, 22, 20_000).astype(TYPES[kind])
    found = compiled(name, kind, 4)(x)
    np.testing.assert_array_equal(compiled(name, kind, 4)(-x), -found)
    assert found.min() >= 0 and found.max() == 1


@pytest.mark.parametrize("kind", TYPES)
def test_the_complement_of_the_error_function_goes_from_two_to_the_least_number(kind: str) -> None:
    x = np.linspace(-12, 30, 20_001).astype(TYPES[kind])
    found = compiled("erfc", kind, 4)(x)
    assert found.max() == 2 and found.min() == 0
    assert found[found > 0].min() <= 1e3 * np.finfo(TYPES[kind]).smallest_subnormal


@pytest.mark.parametrize(("kind", "width"), WIDTHS)
def test_the_sign_of_zeros_and_of_what_is_no_number(kind: str, width: int) -> None:
    x = points(kind)
    np.testing.assert_array_equal(compiled("sign", kind, width)(x), np.sign(x))


@pytest.mark.parametrize(("kind", "end"), [("float", 255), ("double", 2037)])
@pytest.mark.parametrize("name", ["sin", "cos"])
@pytest.mark.usefixtures("precise")
def test_sines_keep_all_digits_where_they_are_nearly_zero(name: str, kind: str, end: int) -> None:
    real = TYPES[kind]
    nearest = np.array([float(k * mpmath.pi / 2) for k in range(-end, end + 1, 3)]).astype(real)
    x = np.concatenate([nearest, np.nextafter(nearest, real(np.inf))])
    for place, value in zip(x, compiled(name, kind, 8)(x), strict=True):
        truth = getattr(mpmath, name)(mpmath.mpf(float(place)))
        unit = mpmath.mpf(float(np.spacing(real(abs(float(truth))))))
        assert abs(mpmath.mpf(float(value)) - truth) <= unit, place


@pytest.mark.parametrize(("kind", "width"), [("float", 8), ("double", 4)])
def test_one_large_argument_leaves_the_other_lanes_as_they_are(kind: str, width: int) -> None:
    x = np.linspace(-3, 3, 64).astype(TYPES[kind])
    mixed = x.copy()
    mixed[::5] = 1e22
    found, plain = compiled("sin", kind, width)(mixed), compiled("sin", kind, width)(x)
    np.testing.assert_array_equal(np.delete(found, np.s_[::5]), np.delete(plain, np.s_[::5]))
    np.testing.assert_allclose(found[::5], math.sin(float(TYPES[kind](1e22))), rtol=1e-6)
