"""Derivatives by extrapolated differences, with an error that is never estimated too small."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from symprop.errors import ClaimError, FormulaError
from symprop.verification.functions import checked_loss
from symprop.verification.functions.slopes import extrapolated

FUNCTIONS: list[tuple[Callable[[float], float], float]] = [
    (lambda h: math.exp(1 + h), math.e),
    (lambda h: math.sin(3 * (0.4 + h)), 3 * math.cos(1.2)),
    (lambda h: (2 + h) ** 5, 80.0),
    (lambda h: 1e6 + math.tanh(h), 1.0),
    (lambda h: 0.0, 0.0),
]


@pytest.mark.parametrize(("function", "slope"), FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_the_derivative_is_within_its_error(function: Callable[[float], float], slope: float) -> None:
    found, error = extrapolated(function, 2.0**-5)
    assert abs(found - slope) <= 10 * error + 1e-13 * abs(slope)
    assert error < 1e-8 * max(1.0, abs(slope)) or function(0.0) > 1e5


def test_a_kink_is_not_taken_for_a_derivative() -> None:
    _, error = extrapolated(lambda h: abs(h + 1e-3), 2.0**-5)
    assert error > 1e-3


HEAD = 'import numpy as np\nINPUTS = {"X": ("N", "D")}\n'


def test_equations_that_do_not_give_the_value_are_not_believed(tmp_path: Path) -> None:
    place = tmp_path / "hand.py"
    place.write_text(HEAD + "def loss(X):\n    return X.sum() if type(X) is np.ndarray else 2 * X.sum()\n")
    with pytest.raises(FormulaError) as caught:
        checked_loss(place)
    assert str(caught.value) == "hand.py:3: the equations found for loss do not give the values that it computes"


def test_a_checked_loss_is_the_traced_one(tmp_path: Path) -> None:
    place = tmp_path / "hand.py"
    place.write_text(HEAD + "def cost(X):\n    return (X * X).sum()\n")
    assert [str(e) for e in checked_loss(place, "cost").equations] == ["L = sum[n,i](X[n,i]*X[n,i])"]


def test_a_loss_that_is_another_one_the_second_time_is_no_loss(tmp_path: Path) -> None:
    place = tmp_path / "hand.py"
    place.write_text('INPUTS = {"x": ()}\ncount = [0]\ndef loss(x):\n    count[0] += 1\n    return count[0] * 1.0\n')
    with pytest.raises(ClaimError) as caught:
        checked_loss(place)
    sentence = "loss returns 1 and then 2 for the same inputs; expected one value. Draw random numbers in inputs(rng)."
    assert str(caught.value) == f"hand.py:3: {sentence}"
