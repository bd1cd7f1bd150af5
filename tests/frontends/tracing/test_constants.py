"""Floats of the traced code are the numbers they were written as, or are rounded from."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from symprop.frontends.tracing.constants import number
from symprop.frontends.tracing.faults import NotTraceable
from symprop.language import text

WRITTEN = {
    0.1: "0.1",
    1e-5: "1e-5",
    0.044715: "0.044715",
    1 / 3: "1/3",
    -2 / 7: "-2/7",
    1 / 1e5: "1e-5",
    math.sqrt(2): "sqrt(2)",
    -math.sqrt(2 / 3): "-sqrt(2/3)",
    math.pi: "pi",
    math.pi / 3: "pi/3",
    math.sqrt(2 * math.pi): "sqrt(2*pi)",
    math.sqrt(2 / math.pi): "sqrt(2/pi)",
    math.log(2): "log(2)",
}


@pytest.mark.parametrize(("value", "written"), WRITTEN.items(), ids=WRITTEN.values())
def test_a_float_is_the_number_it_was_rounded_from(value: float, written: str) -> None:
    assert text(number(value).body) == text(number(np.float64(value)).body) == written


def test_a_long_float_of_no_form_stays_what_was_written() -> None:
    assert number(0.1234567890123457).body.value == Fraction("0.1234567890123457")  # type: ignore[attr-defined]


def test_integers_are_positions_and_truth_values_are_masks() -> None:
    assert number(3).kind == number(np.int64(3)).kind == "integer"
    assert number(True).kind == "mask"


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(NotTraceable):
        number(value)
