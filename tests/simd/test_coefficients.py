"""The table of coefficients is what its script makes, and what the script finds is best."""

from __future__ import annotations

from itertools import pairwise

import mpmath as mp
import pytest
from mpmath import mpf

from docs.coefficients import CONSTANTS, DIGITS, FITS, TABLE, ZEROS, Fit, minimax, table
from symprop.simd.coefficients import COEFFICIENTS, HALF_PI, LOG2
from symprop.simd.functions import ERFC_RANGE, ODD_WITHIN


def test_the_committed_table_is_what_the_script_makes() -> None:
    assert TABLE.read_text(encoding="utf-8") == table()


@pytest.mark.parametrize("kind", ["float", "double"])
@pytest.mark.parametrize("name", CONSTANTS)
def test_parts_of_a_number_have_exact_multiples_and_are_the_number(name: str, kind: str) -> None:
    *first, last = {"LOG2": LOG2, "HALF_PI": HALF_PI}[name][kind]
    digits = {"float": 24, "double": 53}[kind]
    with mp.workdps(DIGITS):
        for part in first:
            mantissa, _ = mp.frexp(part)
            assert int(mantissa * mpf(2) ** (digits - ZEROS[kind])) == mantissa * mpf(2) ** (digits - ZEROS[kind])
        exact = CONSTANTS[name][0]()
        assert abs(mp.fsum([*map(mpf, first), mpf(last)]) - exact) <= abs(mpf(last)) * mpf(2) ** -digits


def test_polynomials_are_used_where_they_are_best() -> None:
    for kind, end in ERFC_RANGE.items():
        assert float(FITS["erfc"][kind]().high) == end
        for name, near in ODD_WITHIN.items():
            assert float(FITS[name][kind]().high) == pytest.approx(near**2, rel=1e-15)


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, kinds in FITS.items() for kind in kinds])
def test_an_error_is_below_the_last_place(name: str, kind: str) -> None:
    with mp.workdps(DIGITS):
        fit = FITS[name][kind]()
        above, *below = COEFFICIENTS[name][kind]
        for k in range(1, 60):
            x = fit.low + (fit.high - fit.low) * (k - mpf("0.4")) / 60
            value = mp.polyval(above, x) / mp.polyval(below[0] if below else [1], x)
            assert abs(fit.weight(x) * (value - fit.function(x))) < mpf(2) ** -(24 if kind == "float" else 53)


def test_the_best_cubic_of_a_fourth_power_leaves_the_polynomial_of_chebyshev() -> None:
    with mp.workdps(DIGITS):
        power = Fit("", lambda x: x**4, lambda _: mpf(1), -mpf(1), mpf(1), 4)
        (above, below), error = minimax(power, "double")
        assert below == [1]
        assert [float(c) for c in above] == pytest.approx([0, 1, 0, -1 / 8], abs=1e-3)
        assert float(error) == pytest.approx(1 / 8, rel=3e-3)


def test_a_quotient_has_errors_of_one_size_and_alternating_signs() -> None:
    with mp.workdps(DIGITS):
        fit = Fit("", mp.exp, lambda x: mp.exp(-x), -mpf(1), mpf(1), 3, 3)
        (above, below), error = minimax(fit, "double")
        errors = [
            fit.weight(x) * (mp.polyval(above, x) / mp.polyval(below, x) - fit.function(x))
            for x in (mp.cos(mp.pi * k / 400) for k in range(401))
        ]
        # six extremes, one more than there are coefficients
        assert sum(a * b < 0 for a, b in pairwise(errors)) == 5
        assert float(max(errors)) == pytest.approx(float(error), rel=0.01)
        assert float(-min(errors)) == pytest.approx(float(error), rel=0.01)
