"""The example of a differential equation: its residual, and its solution after training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symprop
from tests.report.networks import ROOT

EXAMPLE = ROOT / "examples" / "poisson.yaml"
POINTS = np.linspace(0.0, 1.0, 33)[:, None]
BETWEEN = np.linspace(0.0, 1.0, 201)[:, None]
FORCE = -(np.pi**2) * np.sin(np.pi * POINTS)


def worst(module: Any, params: Any) -> float:
    found = module.values(params, BETWEEN)["Z_u"]
    return float(np.abs(found - np.sin(np.pi * BETWEEN)).max())


def test_data_of_the_example_are_the_force() -> None:
    table = np.loadtxt(ROOT / "examples" / "poisson.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(table, np.hstack([POINTS, FORCE]), rtol=0, atol=1e-8)


def test_the_output_is_the_second_derivative() -> None:
    module = symprop.compile(EXAMPLE, backend="numpy", extras=["values"])
    params = module.init_params(3)
    h = 1e-3
    ahead, here, behind = (module.values(params, BETWEEN + s)["Z_u"] for s in (h, 0.0, -h))
    np.testing.assert_allclose(module.forward(params, BETWEEN), (ahead - 2 * here + behind) / h**2, atol=1e-5)


def test_some_training_approaches_the_solution() -> None:
    module = symprop.compile(EXAMPLE, backend="numpy", extras=["values"])
    params, history = module.fit(module.init_params(1), POINTS, FORCE, epochs=400)
    assert history.loss[-1] < 0.01 * history.loss[0]
    assert worst(module, params) < 0.05 < worst(module, module.init_params(1))


@pytest.mark.slow
def test_the_whole_training_reaches_the_stated_error() -> None:
    module = symprop.compile(EXAMPLE, extras=["values"])
    params, _ = module.fit(module.init_params(1), POINTS, FORCE)
    assert worst(module, params) < 2e-4
