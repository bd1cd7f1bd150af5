"""States, options and optional inputs of layers of one's own, against the library's batch_norm and NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.errors import SpecError
from symprop.network import Sketch, build
from symprop.report import render
from symprop.spec import parse_spec
from symprop.spec.model import Pick
from tests.test_own_layers import SPECS

Array = Any
ROWS = 5
TYPE = SPECS["batch_norm"].partition("layer_types:")[2].partition("layers:")[0]
HEAD = "symprop: 1\nname: images\ninputs: {x: {shape: [3, 4]}, y: {shape: [2], role: target}}\n"
TAIL = """
  - {id: flat, type: flatten}
  - {id: out, type: dense, units: 2}
loss: {type: mse, from: out, target: y}
optimizer: {type: sgd, lr: 0.1}
"""
OWN = f"{HEAD}layer_types:{TYPE}layers:\n  - {{id: bn, type: running_norm, eps: 1e-2, momentum: 0.3}}{TAIL}"
BUILT_IN = f"{HEAD}layers:\n  - {{id: bn, type: batch_norm, eps: 1e-2, momentum: 0.3}}{TAIL}"
SCALE = """
symprop: 1
name: scaled
inputs: {x: {shape: [3]}, y: {shape: [3], role: target}}
layers:
  - id: run
    equations: ["a[j] = sum[n](abs(x[n,j]))/N", "z[n,j] = w[j]*x[n,j]/s[j]"]
    args: {x: [3]}
    params: {w: {shape: [3], init: ones}}
    states: {s: {shape: [3], init: {type: constant, value: 2.0}}, steps: {shape: []}}
    updates: ["s[j] = 0.75*s[j] + a[j]/4", "steps = steps + 1"]
    output: z
loss: {type: mse, from: run, target: y}
optimizer: {type: sgd, lr: 0.5}
"""


def module_of(text: str, name: str, backend: str = "numpy") -> Any:
    return load_module(generate_module(derive(build(parse_spec(text))), backend, "float64"), f"states_{name}_{backend}")


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_batch_norm_of_ones_own_is_the_built_in_one(backend: str) -> None:
    own, built_in = module_of(OWN, "own", backend), module_of(BUILT_IN, "built_in", backend)
    rng = np.random.default_rng(4)
    x, y = rng.normal(1.0, 2.0, (ROWS, 3, 4)), rng.standard_normal((ROWS, 2))
    truth = built_in.init_params(seed=1)
    truth = truth._replace(gamma_bn=rng.uniform(1, 2, 3), beta_bn=rng.standard_normal(3))
    params = own.Params(*truth)
    assert own.STATE == built_in.STATE == ("rm_bn", "rv_bn")
    value, found = own.value_and_grad(params, x, y)
    expected, gradients = built_in.value_and_grad(truth, x, y)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    for one, other in zip(found, gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)
    settings = {"epochs": 3, "batch_size": ROWS, "shuffle": False}
    params, _ = own.fit(params, x, y, **settings)
    truth, _ = built_in.fit(truth, x, y, **settings)
    for one, other in zip(params, truth, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)
    assert np.abs(params.rm_bn).max() > 0.1
    np.testing.assert_allclose(own.forward(params, x), built_in.forward(truth, x), rtol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_running_scale_is_that_of_numpy(backend: str) -> None:
    module = module_of(SCALE, "scale", backend)
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((2, ROWS, 3))
    params, _ = module.fit(module.init_params(seed=0), x, y, epochs=3, batch_size=ROWS, shuffle=False)
    w, s = np.ones(3), np.full(3, 2.0)
    for _ in range(3):
        w, s = w - 0.5 * 2 * ((w * x / s - y) * x / s).sum(axis=0) / x.size, 0.75 * s + np.abs(x).mean(axis=0) / 4
    np.testing.assert_allclose(params.w_run, w, rtol=1e-12)
    np.testing.assert_allclose(params.s_run, s, rtol=1e-12)
    assert params.steps_run == 3
    np.testing.assert_allclose(module.forward(params, x), w * x / s, rtol=1e-12)


def test_a_derivation_prints_states() -> None:
    text = render(derive(build(parse_spec(OWN))), "text")
    assert "rm_bn[c] = 0.7*rm_bn[c] + 0.3*mu_bn[c]" in text
    assert "mu_bn[c] = rm_bn[c]" in text


SCALED = """symprop: 1
name: scaled{layout}
inputs: {{x: {{shape: [3]}}, y: {{shape: [3], role: target}}}}
{types}layers:
{layers}
loss: {{type: mse, from: {last}, target: y}}
"""
TYPES = """layer_types:
  scale:
    equations: ["z[n,d] = gain*w[d]*x[n,d]"]
    args: {x: [D]}
    params: {w: {shape: [D], init: ones}}
    options: {gain: 2.0}
    output: z
"""
EQUATIONS = "equations: ['z[n,d] = GAIN*w[d]*x[n,d]'], args: {x: [3]}, params: {w: {shape: [3], init: ones}}, output: z"


def derived(layers: str, last: str, types: str = "", layout: str = "") -> str:
    text = SCALED.format(layers=layers, last=last, types=types, layout=layout)
    return render(derive(build(parse_spec(text))), "text")


@pytest.mark.parametrize("layout", ["", "\nlayout: columns"])
def test_a_type_is_what_it_is_written_out(layout: str) -> None:
    used = "  - {id: a, type: scale}\n  - {id: b, type: scale, gain: 0.5, activation: tanh}"
    own = EQUATIONS.replace("GAIN", "2"), EQUATIONS.replace("GAIN", "0.5")
    written = f"  - {{id: a, {own[0]}}}\n  - {{id: b, {own[1]}, activation: tanh}}"
    assert derived(used, "b", TYPES, layout) == derived(written, "b", "", layout)


def test_a_block_may_hold_uses_of_a_type() -> None:
    blocks = "blocks:\n  two:\n    - {id: s, type: scale, gain: 0.5}\n    - {id: t, type: scale, activation: tanh}\n"
    found = derived("  - {block: two, id: b, repeat: 2}", "b", TYPES + blocks)
    assert "dw_b1_s = sum(dZ_b1_s*x, axis=0)/2" in found and "dw_b1_t = 2*sum(dZ_b1_t*Z_b1_s, axis=0)" in found
    assert "dw_b2_s = sum(dZ_b2_s*A_b1_t, axis=0)/2" in found


STATES = {
    "no_update": (", \"steps = steps + 1\"", "", "10:67: layer 'run': state 'steps' has no update"),
    "no_state": ("steps = steps + 1", "w[j] = 2*w[j]", "11:44: layer 'run': update: w is not a state"),
    "unknown": ("0.75*s[j]", "0.75*q[j]", "layer 'run': unknown tensor 'q'"),
    "not_defined": ("output: z", "output: z\n    inference: ['w[j] = s[j]']", "inference: w is not defined by"),
    "late": ("output: z", "output: z\n    inference: ['a[j] = z[0,j]']", "it reads z, which is not computed before a"),
    "apart": ("w: {shape: [3], init: ones}", "s: {shape: [3]}", "'s' is a parameter and a state; expected two names"),
}
GATED = SPECS["gated"]
OPTIONS = {
    "missing": ("O: 2}", "}", "layer 'out': key 'O' is missing"),
    "unknown": ("O: 2}", "O: 2, scales: 1}", "unknown key 'scales'; did you mean 'scale'?"),
    "kind": ("O: 2}", "O: 2.5}", "layer 'out': O: expected a whole number"),
    "argument": ("optional: {s: 1}", "optional: {t: 1}", "layer type 'project': optional: 't' is no argument"),
    "equation": ("scale*s[n,o]", "skale*s[n,o]", "6:27: layer type 'project': unknown name 'skale'"),
    "shape": ("params: {W: {shape: [D, O]}}", "params: {W: {shape: [E, O]}}", "unknown extent 'E'"),
    "in": ("in: {x: x, s: s}", "in: {s: s}", "layer 'wide': in: argument 'x' is missing"),
    "mismatch": ("in: {x: x, s: s}", "in: {x: s, s: x}", "argument s is declared (N, 4), but x is (N, 3)"),
    "library": ("  project:", "  dense:", "layer type 'dense': the library has a layer of this name"),
}


FAULTS = [(SCALE, *fault) for fault in STATES.values()] + [(GATED, *fault) for fault in OPTIONS.values()]


@pytest.mark.parametrize(("text", "old", "new", "message"), FAULTS, ids=(*STATES, *OPTIONS))
def test_a_fault_is_named(text: str, old: str, new: str, message: str) -> None:
    assert text.count(old) == 1
    with pytest.raises(SpecError) as caught:
        build(parse_spec(text.replace(old, new)))
    assert message in str(caught.value)


def test_a_layer_with_states_from_python_is_the_one_of_the_spec() -> None:
    expected = build(parse_spec(SCALE))
    sketch = Sketch("scaled").input("x", 3).target("y", 3)
    sketch = sketch.equations(
        "a[j] = sum[n](abs(x[n,j]))/N",
        "z[n,j] = w[j]*x[n,j]/s[j]",
        output="z",
        args={"x": [3]},
        params={"w": [3]},
        states={"s": [3], "steps": []},
        updates=["s[j] = 0.75*s[j] + a[j]/4", "steps = steps + 1"],
        init={"w": "ones", "s": Pick("constant", {"value": 2.0})},
        id="run",
    )
    found = sketch.loss("mse").optimizer("sgd", lr=0.5).build()
    for part in ("equations", "updates", "inference"):
        assert list(map(str, getattr(found, part))) == list(map(str, getattr(expected, part)))
    assert found.tensors == expected.tensors and found.updates
