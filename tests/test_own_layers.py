"""The layers of docs/own_layers.md: values by hand in NumPy, gradients by complex step, both backends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import Derivation, derive
from symprop.network import build
from symprop.oracle.differences import gradient, relative_error
from symprop.report import render
from symprop.spec import parse_spec
from tests.test_docs import blocks

Array = Any
ROWS = 3
PAGE = Path(__file__).resolve().parent.parent / "docs" / "own_layers.md"
SPECS = {parse_spec(text).name: text for language, text in blocks(PAGE) if language == "yaml"}


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def film(p: Array, d: Array) -> Array:
    gain, shift = 1 + d["s"] @ p["G"], d["s"] @ p["B"]
    return gain[:, :, None, None] * d["x"] + shift[:, :, None, None]


def squeeze_excite(p: Array, d: Array) -> Array:
    code = np.maximum(0, d["x"].mean(axis=(2, 3)) @ p["D"])
    return d["x"] * sigmoid(code @ p["U"])[:, :, None, None]


def bilinear_mix(p: Array, d: Array) -> Array:
    return np.tanh(d["a"] @ p["U"]) * np.tanh(d["b"] @ p["V"]) @ p["P"] + d["a"] @ p["M"]


def leaky_elman(p: Array, d: Array) -> Array:
    rate, h, found = sigmoid(p["r"]), 0.0, []
    for t in range(d["x"].shape[1]):
        back = h @ p["V"] if t else 0.0
        h = (1 - rate) * h + rate * np.tanh(d["x"][:, t] @ p["U"] + p["b"] + back)
        found.append(h)
    return np.stack(found, axis=1)


def kolmogorov_arnold(p: Array, d: Array) -> Array:
    x = d["x"]
    bumps = np.exp(-((x[:, :, None] - np.array([-2, -1, 0, 1, 2])) ** 2))
    return (x * sigmoid(x)) @ p["S"] + np.einsum("nig,iog->no", bumps, p["Q"])


def soft_tree(p: Array, d: Array) -> Array:
    left = sigmoid(d["x"] @ p["W"] + p["b"]).T[..., None]
    first = left[1] * p["Q"][0, 0] + (1 - left[1]) * p["Q"][0, 1]
    second = left[2] * p["Q"][1, 0] + (1 - left[2]) * p["Q"][1, 1]
    return left[0] * first + (1 - left[0]) * second


def batch_norm(p: Array, d: Array) -> Array:
    # predicting, from the first values of the states
    return p["g"][:, None] * d["x"] / np.sqrt(1 + 0.01) + p["b"][:, None]


def gated(p: Array, d: Array) -> Array:
    return np.tanh(0.5 * d["s"] * (d["x"] @ p["W_wide"])) @ p["W_out"]


HAND: dict[str, Callable[[Array, Array], Array]] = {
    f.__name__: f
    for f in (film, squeeze_excite, bilinear_mix, leaky_elman, kolmogorov_arnold, soft_tree, batch_norm, gated)
}


def derived(name: str) -> Derivation:
    return derive(build(parse_spec(SPECS[name])))


def drawn(derivation: Derivation) -> tuple[dict[str, Array], dict[str, Array]]:
    """(parameters, inputs and targets) of order 1."""
    rng = np.random.default_rng(7)
    found: tuple[dict[str, Array], dict[str, Array]] = ({}, {})
    for tensor in derivation.network.tensors.values():
        if tensor.role in ("param", "input", "target"):
            size = [ROWS if axis.constant is None else axis.constant for axis in tensor.axes]
            found[tensor.role != "param"][tensor.name] = rng.standard_normal(size)
    return found


def given(module: Any, data: dict[str, Array]) -> list[Array]:
    parts = [{name: data[name] for name in table} for table in (module.INPUTS, module.TARGETS)]
    return [next(iter(part.values())) if len(part) == 1 else part for part in parts]


def test_the_page_has_these_layers() -> None:
    assert list(SPECS) == list(HAND)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("name", SPECS)
def test_values_are_those_by_hand_and_gradients_those_of_complex_step(name: str, backend: str) -> None:
    derivation = derived(name)
    params, data = drawn(derivation)
    module = load_module(generate_module(derivation, backend, "float64"), f"own_{name}_{backend}")
    inputs, target = given(module, data)
    local = {key.rpartition("_")[0]: value for key, value in params.items()} | params
    held = module.init_params(seed=0)._replace(**params)
    np.testing.assert_allclose(module.forward(held, inputs), HAND[name](local, data), rtol=1e-12)
    arrays = {**held._asdict(), **data}
    truth = gradient(derivation.network, arrays, {"N": ROWS}, tuple(params))
    _, found = module.value_and_grad(held, inputs, target)
    for key in params:
        assert np.linalg.norm(truth[key]) > 0
        assert relative_error(getattr(found, key), truth[key]) < 1e-11, key


@pytest.mark.parametrize("name", SPECS)
def test_the_derivation_reads_as_text(name: str) -> None:
    derivation = derived(name)
    text = render(derivation, "text")
    assert all(f"d{tensor.name}" in text for tensor in derivation.network.params)
