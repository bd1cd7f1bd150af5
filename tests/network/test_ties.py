"""Shared parameters: what is read, the gradient of all uses together, and what cannot be tied."""

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.errors import SpecError
from symprop.network import Sketch, build
from symprop.oracle.differences import gradient, relative_error
from symprop.spec import parse_spec

TIED = """\
symprop: 1
name: tied
inputs: {tok: {shape: [4], vocabulary: 7}, y: {shape: [4, 7], role: target}}
layers:
  - {id: emb, type: embedding, units: 5}
  - {id: mid, type: dense, units: 5, activation: tanh}
  - OUT
loss: {type: mse, from: out, target: y}
"""


@pytest.mark.parametrize(
    ("out", "equation"),
    [
        ("{id: out, type: unembed, tie: emb.W}", "Z_out[n,t,v] = sum[d](A_mid[n,t,d]*W_emb[v,d])"),
        (
            "{id: out, type: dense, units: 7, tie: emb.W}",
            "Z_out[n,t,j] = sum[i](A_mid[n,t,i]*W_emb[j,i]) + b_out[j]",
        ),
        (
            "{id: out, equations: ['z[n,t,v] = sum[d](h[n,t,d]*E[v,d])'], args: {h: [4, 5]}, "
            "params: {E: {shape: [7, 5]}}, tie: {E: emb.W}, output: z}",
            "Z_out[n,t,v] = sum[d](A_mid[n,t,d]*W_emb[v,d])",
        ),
    ],
    ids=["unembed", "dense", "own"],
)
def test_the_gradient_is_that_of_all_uses(out, equation):
    network = build(parse_spec(TIED.replace("OUT", out)))
    assert str(network.defining("Z_out")) == equation
    assert "W_out" not in network.tensors
    module = load_module(generate_module(derive(network), "numpy", "float64"), "tied")
    rng = np.random.default_rng(0)
    params = module.Params(*(rng.standard_normal(p.shape) for p in module.init_params(seed=0)))
    data = {"tok": rng.integers(0, 7, (3, 4)), "y": rng.standard_normal((3, 4, 7))}
    truth = gradient(network, {**params._asdict(), **data}, {"N": 3}, params._fields)
    _, grads = module.value_and_grad(params, data["tok"], data["y"])
    for name, ours in grads._asdict().items():
        assert relative_error(ours, truth[name]) < 1e-11, name


def test_two_layers_with_one_matrix_in_python():
    sketch = Sketch("twins").input("x", 3).target("y", 3).layer("dense", units=3, id="a")
    network = sketch.layer("dense", units=3, id="b", tie={"W": "a.W", "b": "a.b"}).loss("mse").build()
    assert [t.name for t in network.params] == ["W_a", "b_a"]
    assert str(network.equations[1]) == "Z_b[n,j] = sum[i](Z_a[n,i]*W_a[i,j]) + b_a[j]"


CASES = {
    "{id: out, type: dense, units: 6, tie: emb.W}": (
        "tied:7:5: layer 'out': dense: tie: W_emb has shape (7, 5); expected (5, 6)"
    ),
    "{id: out, type: unembed}": (
        "tied:7:5: layer 'out': unembed: option 'units' is missing. Give it, or tie a parameter."
    ),
    "{id: out, type: dense, units: 7, tie: emc.W}": (
        "tied:7:43: layer 'out': tie: unknown layer 'emc'; did you mean 'emb'?"
    ),
    "{id: out, type: dense, units: 7, tie: emb.V}": (
        "tied:7:43: layer 'out': tie: layer 'emb' has no parameter of its own 'V'; expected W"
    ),
    "{id: out, type: dense, units: 7, tie: {V: emb.W}}": (
        "tied:7:44: layer 'out': tie: unknown parameter 'V'; expected one of W, b"
    ),
    "{id: out, type: dense, units: 7, tie: emb}": (
        "tied:7:43: layer 'out': tie: expected a parameter of another layer, such as tok.W, got text 'emb'"
    ),
    "{id: out, type: dense, units: 7, tie: out.W}": (
        "tied:7:43: layer 'out': tie: 'out' does not stand above; expected a layer above"
    ),
    "{id: out, type: flatten, tie: emb.W}": ("tied:7:30: layer 'out': unknown key 'tie'; expected one of id, in, type"),
}


@pytest.mark.parametrize("out", CASES)
def test_what_cannot_be_tied(out):
    with pytest.raises(SpecError) as caught:
        build(parse_spec(TIED.replace("OUT", out), "tied"))
    assert str(caught.value).split("\n")[0] == CASES[out]
