"""Recurrences and lookups as kernels run them, sums moved before the steps and into tables, against the evaluator."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.language import Network
from symprop.network import build
from symprop.spec import parse_spec
from tests.codegen.test_cases import truth

ROWS, STEPS, WORDS = 3, 5, 9
TOKENS = f"symprop: 1\nname: net\ninputs: {{x: {{shape: [{STEPS}], vocabulary: {WORDS}}}, y: {{role: target, "
NUMBERS = f"symprop: 1\nname: net\ninputs: {{x: {{shape: [{STEPS}, 6]}}, y: {{role: target, "
EACH = f"shape: [{STEPS}], classes: 4}}}}\nlayers:\n"
ONE = "classes: 4}}\nlayers:\n"
EMBEDDING = "  - {id: e, type: embedding, units: 6}\n"
OUT = "  - {id: out, type: dense, units: 4}\nloss: {type: softmax_cross_entropy, from: out, target: y}\n"
BOTH = "  - {id: r, type: lstm, units: 7, bidirectional: true, return: last}\n"
LAST = "  - {id: q, type: rnn, units: 5, return: last}\n"
NETWORKS = {
    "lstm of words": TOKENS + EACH + EMBEDDING + "  - {id: r, type: lstm, units: 7}\n" + OUT,
    "lstm both ways": TOKENS + ONE + EMBEDDING + BOTH + OUT,
    "gru of words": TOKENS + EACH + EMBEDDING + "  - {id: r, type: gru, units: 7, reverse: true}\n" + OUT,
    "gru both ways": NUMBERS + EACH + "  - {id: r, type: gru, units: 7, bidirectional: true}\n" + OUT,
    "rnn": NUMBERS + EACH + "  - {id: r, type: rnn, units: 11, activation: silu}\n" + OUT,
    "rnn on rnn": NUMBERS + ONE + "  - {id: r, type: rnn, units: 7}\n" + LAST + OUT,
    "dense of words": TOKENS + EACH + EMBEDDING + "  - {id: d, type: dense, units: 7, activation: tanh}\n" + OUT,
}
COMPILED = ("lstm of words", "gru both ways")


def network(name: str) -> Network:
    return build(parse_spec(NETWORKS[name], name))


def given(net: Network, dtype: str) -> dict[str, Any]:
    rng, found = np.random.default_rng(7), dict[str, Any]()
    for tensor in net.tensors.values():
        shape = [a.value({"N": ROWS}) for a in tensor.axes]
        if tensor.dtype == "integer" and tensor.role in ("input", "target"):
            # a word that is there twice, and some that are not there
            found[tensor.name] = rng.integers(0, 4, shape)
        elif tensor.role in ("input", "param"):
            found[tensor.name] = rng.normal(size=shape).astype(dtype)
    return found


def compared(name: str, backend: str, dtype: str, tolerance: float) -> None:
    net = network(name)
    derivation = derive(net)
    arrays = given(net, dtype)
    exact = {k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in arrays.items()}
    expected = truth(derivation.network, derivation, exact, {"N": ROWS})
    module = load_module(generate_module(derivation, backend, dtype), "steps")
    params = module.Params(*(arrays[t.name] for t in net.params))
    value, grads = module.value_and_grad(params, arrays["x"], arrays["y"])
    np.testing.assert_allclose(value, expected["L"], rtol=tolerance)
    for key, grad in grads._asdict().items():
        scale = np.abs(expected[f"d{key}"]).max()
        np.testing.assert_allclose(grad, expected[f"d{key}"], rtol=0, atol=tolerance * scale, err_msg=key)
    output = module.forward(params, arrays["x"])
    np.testing.assert_allclose(output, expected["Z_out"], rtol=0, atol=tolerance * np.abs(expected["Z_out"]).max())


@pytest.mark.parametrize("name", NETWORKS)
def test_arrays_agree_with_the_evaluator(name: str) -> None:
    compared(name, "numpy", "float64", 1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_loops_agree_with_the_evaluator(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    compared(name, "numba", "float64", 1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", COMPILED)
def test_compiled_loops_agree_with_the_evaluator(name: str, dtype: str) -> None:
    compared(name, "numba", dtype, 1e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("layer", ["gru", "lstm", "rnn"])
def test_steps_far_out_are_finite(layer: str) -> None:
    """A gate that is read in an exponent is read as it is stored, above and below the fraction line alike."""
    net = build(parse_spec(NETWORKS["gru both ways"].replace("type: gru", f"type: {layer}"), "far"))
    module = load_module(generate_module(derive(net), "numpy", "float64"), "far")
    x = 3000 * np.random.default_rng(3).normal(size=(ROWS, STEPS, 6))
    value, grads = module.value_and_grad(module.init_params(0), x, np.ones((ROWS, STEPS), int))
    assert np.isfinite(value) and all(np.isfinite(grad).all() for grad in grads)
