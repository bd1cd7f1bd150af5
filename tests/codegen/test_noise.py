"""Normal numbers in generated code: drawn with a seed alone, the same in both backends, 0 outside training."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.kernelcheck import check_kernels
from symprop.network import Sketch
from symprop.oracle.differences import gradient, relative_error

BACKENDS = ("numpy", "numba")
WIDTH, ROWS = 3, 400


def sketch() -> Sketch:
    made = Sketch("vae").input("x", 2).target("y", WIDTH)
    made = made.layer("dense", id="mu", units=WIDTH, inputs="x").layer("dense", id="lv", units=WIDTH, inputs="x")
    return made.layer("gaussian_sample", id="z", inputs=["mu", "lv"]).loss("mse").loss("gaussian_kl", ["mu", "lv"])


def module(backend: str) -> ModuleType:
    source = generate_module(derive(sketch().build()), backend, "float64")
    return load_module(source, f"noise_{backend}")


def drawn() -> tuple[dict[str, Any], Any, Any]:
    rng = np.random.default_rng(3)
    params = {f"{s}_{k}": rng.standard_normal((2, WIDTH)[s == "b" :]) for k in ("mu", "lv") for s in "Wb"}
    return params, rng.standard_normal((ROWS, 2)), rng.standard_normal((ROWS, WIDTH))


def noise(m: ModuleType, seed: int | None) -> Any:
    """What was drawn, from a forward pass of mean 0 and variance 1."""
    nothing = m.Params(*(np.zeros_like(p) for p in m.init_params()))
    return m.forward(nothing, np.ones((ROWS, 2)), training=True, seed=seed)["Z_z"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_noise_is_normal_and_only_there_with_a_seed(backend: str) -> None:
    m = module(backend)
    first, again, other = (noise(m, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert kstest(first.ravel(), "norm").pvalue > 1e-3
    assert abs(np.corrcoef(first[:, 0], first[:, 1])[0, 1]) < 5 / np.sqrt(ROWS)
    assert not noise(m, None).any()


def test_both_backends_draw_the_same() -> None:
    np.testing.assert_allclose(noise(module("numpy"), 5), noise(module("numba"), 5), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_gradient_goes_through_the_sample(backend: str) -> None:
    m, (params, x, y) = module(backend), drawn()
    value, found = m.value_and_grad(m.Params(**params), x, y, seed=7)
    given = {**params, "x": x, "y": y, "eps_z": noise(m, 7)}
    slopes = gradient(sketch().build(), given, {"N": ROWS}, tuple(params))
    mu, lv = (x @ params[f"W_{k}"] + params[f"b_{k}"] for k in ("mu", "lv"))
    residual = mu + np.exp(lv / 2) * given["eps_z"] - y
    truth = (residual**2).mean() + (np.exp(lv) + mu**2 - 1 - lv).sum() / (2 * ROWS)
    assert value == pytest.approx(truth, rel=1e-12)
    assert all(relative_error(getattr(found, name), slopes[name]) < 1e-11 for name in params)


@pytest.mark.parametrize("backend", BACKENDS)
def test_outside_training_the_value_is_the_mean(backend: str) -> None:
    m, (params, x, y) = module(backend), drawn()
    outputs = m.forward(m.Params(**params), x)
    np.testing.assert_allclose(outputs["Z_z"], x @ params["W_mu"] + params["b_mu"], rtol=1e-13)
    trained, history = m.fit(m.Params(**params), x, y, epochs=4, lr=0.01)
    assert history.loss[-1] < history.loss[0]
    assert m.loss(trained, x, y) < m.loss(m.Params(**params), x, y)


def test_the_check_of_kernels_knows_it() -> None:
    assert check_kernels(sketch().build(), {"numpy": module("numpy")}).ok


def attending(backend: str) -> ModuleType:
    made = Sketch("attending").input("x", 5, 6).target("y", 5, 6)
    made = made.layer("attention", id="a", heads=2, causal=True, dropout=0.3, inputs="x").loss("mse")
    return load_module(generate_module(derive(made.build()), backend, "float64"), f"attending_{backend}")


def test_weights_of_attention_are_dropped_in_training_alone() -> None:
    """The gradient is that of the masks that were drawn, whose mean is 1."""
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((2, 3, 5, 6))
    shapes = attending("numpy").init_params()._asdict()
    drawn_params = {name: rng.standard_normal(p.shape) for name, p in shapes.items()}
    losses = []
    for backend in BACKENDS:
        m = attending(backend)
        params = m.Params(**drawn_params)
        value, found = m.value_and_grad(params, x, y, seed=7)
        losses.append(value)
        for name in ("Wq_a", "Wv_a", "bo_a"):
            at = tuple(n // 2 for n in getattr(params, name).shape)
            sides = []
            for step in (1e-5, -1e-5):
                moved = getattr(params, name).copy()
                moved[at] += step
                sides.append(m.value_and_grad(params._replace(**{name: moved}), x, y, seed=7)[0])
            assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(getattr(found, name)[at], rel=1e-6, abs=1e-8)
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    still = m.forward(params, x)
    drawn_outputs = np.stack([m.forward(params, x, training=True, seed=s) for s in range(2000)])
    assert not np.array_equal(drawn_outputs[0], still)
    spread = drawn_outputs.std(axis=0) / np.sqrt(len(drawn_outputs))
    assert (np.abs(drawn_outputs.mean(axis=0) - still) <= 5 * spread + 1e-12).all()
