"""What is measured of a machine: numbers that can be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from symprop import speeds


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_constants_are_measured(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, "SECONDS", 0.002)
    monkeypatch.setattr(speeds, "LARGE", 2**20)
    found = speeds.measured_speeds(dtype, 123_456)
    assert found.footprint == 123_456
    numbers = [*vars(found.machine).values(), found.cache, found.memory]
    assert all(0 < number < math.inf for number in numbers)
    # no machine does a thousand operations a picosecond, and none takes a millisecond for an exponential
    assert 1e6 < found.machine.peak < 1e15 and 1e-15 < found.machine.function < 1e-3


def test_the_kernels_compute_what_they_say() -> None:
    rng = np.random.default_rng(0)
    multiply, scale, exponential = speeds._kernels("float64")
    a, b, c = rng.normal(size=(24, 64)), rng.normal(size=(64, 32)), np.zeros((24, 32))
    multiply(a, b, c, 1)
    np.testing.assert_allclose(c, a @ b, rtol=1e-12, atol=1e-12)
    x = rng.normal(size=37)
    y = np.empty_like(x)
    exponential(37, x, y, 2)
    np.testing.assert_allclose(y, np.exp(x), rtol=1e-14)
    before = x.copy()
    scale(37, x, 3)
    np.testing.assert_array_equal(x, -before)
