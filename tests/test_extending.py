"""One activation, loss, optimizer and layer from outside the package: everything else follows from the entry."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import symprop
from symprop.library import (
    ACTIVATIONS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    Option,
    Parameter,
    activation,
    layer,
    loss,
    optimizer,
)
from symprop.network import build
from symprop.oracle.differences import gradient, relative_error
from symprop.spec import parse_spec

SPEC = """\
symprop: 1
name: outside
inputs: {x: {shape: [3]}, y: {shape: [2], role: target}}
layers:
  - {id: mix, type: square_mix, units: 4, activation: bent}
  - {id: out, type: dense, units: 2}
loss: {type: pseudo_huber, from: out, target: y, delta: 0.7}
optimizer: {type: half_step, lr: 0.3}
training: {batch_size: 5, shuffle: false, dtype: float64}
"""


@pytest.fixture(scope="module", autouse=True)
def entries() -> Iterator[None]:
    activation("bent", "z + sin(z)**2/(1 + exp(-z))", source="a test")
    loss(
        "pseudo_huber",
        "delta**2*(sqrt(1 + ((p - t)/delta)**2) - 1)",
        source="a test",
        options={"delta": Option("number", 1.0, doc="where it turns linear")},
    )
    optimizer("half_step", "w = w - lr*g/2", source="a test", options={"lr": Option("number", 0.1, doc="rate")})
    layer(
        "square_mix",
        "Z[..., j] = sum[i](x[..., i]**2*M[i, j])",
        args={"x": "..., D"},
        shape="..., units",
        params={"M": Parameter("D, units", "init")},
        source="a test",
        options={
            "units": Option("extent", doc="number of outputs"),
            "init": Option("initialiser", "glorot_uniform", doc="how M is drawn"),
            "activation": Option("activation", "identity", doc="applied to the result"),
        },
    )
    yield
    for registry, name in (
        (ACTIVATIONS, "bent"),
        (LOSSES, "pseudo_huber"),
        (OPTIMIZERS, "half_step"),
        (LAYERS, "square_mix"),
    ):
        registry.forget(name)


def test_derivation_and_latex() -> None:
    derivation = symprop.derive(build(parse_spec(SPEC, "outside")))
    assert str(derivation["M_mix"].equation) == "dM_mix[i,j] = sum[n](x[n,i]**2*dZ_mix[n,j])"
    latex = derivation.latex()
    assert r"\operatorname{bent}" in latex
    assert r"\sqrt" in latex


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_kernel(backend: str) -> None:
    network = build(parse_spec(SPEC, "outside"))
    module = symprop.compile(network, backend=backend)
    params = module.init_params(seed=1)
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    value, grads = module.value_and_grad(params, x, y)
    truth = gradient(network, {"x": x, "y": y, **params._asdict()}, {"N": 5}, params._fields)
    for name, ours in grads._asdict().items():
        assert relative_error(ours, truth[name]) < 1e-11, name
    trained, history = module.fit(params, x, y, epochs=1)
    assert history.loss[0] == pytest.approx(value, rel=1e-12)
    for before, after, slope in zip(params, trained, grads, strict=True):
        assert np.allclose(after, before - 0.15 * slope, rtol=1e-12)
