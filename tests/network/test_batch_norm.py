"""batch_norm of images, channels first and last: its values in both modes, the tensors it makes."""

from dataclasses import replace

import numpy as np
import pytest

from symprop.network import build
from symprop.oracle import evaluate
from symprop.spec import parse_spec

RNG = np.random.default_rng(3)
TEXT = """
symprop: 1
name: images
inputs: {{x: {{shape: [3, 4, 5]}}, y: {{shape: [1], role: target}}}}
layers:
  - {{id: bn, type: batch_norm, eps: 0.01, channels: {channels}}}
  - {{type: flatten}}
  - {{id: out, type: dense, units: 1}}
loss: {{type: mse, from: out, target: y, l2: 0.1}}
"""


@pytest.mark.parametrize(("channels", "axis"), [("first", 1), ("last", 3)])
@pytest.mark.parametrize("training", [True, False])
def test_values(channels: str, axis: int, training: bool) -> None:
    network = build(parse_spec(TEXT.format(channels=channels)))
    x = RNG.normal(2.0, 3.0, size=(2, 3, 4, 5))
    count = x.shape[axis]
    gamma, beta, mean = RNG.normal(size=(3, count))
    variance = RNG.uniform(1, 2, size=count)
    arrays = {"x": x, "gamma_bn": gamma, "beta_bn": beta, "rm_bn": mean, "rv_bn": variance}
    arrays |= {"W_out": RNG.normal(size=(60, 1)), "b_out": np.zeros(1)}
    arrays["y"] = RNG.normal(size=(2, 1))
    equations = network.equations if training else network.predicting
    values = evaluate(replace(network, equations=equations), arrays, {"N": 2})
    rows = np.moveaxis(x, axis, -1)
    if training:
        mean, variance = rows.mean(axis=(0, 1, 2)), rows.var(axis=(0, 1, 2))
    expected = gamma * (rows - mean) / np.sqrt(variance + 0.01) + beta
    np.testing.assert_allclose(np.moveaxis(values["Z_bn"], axis, -1), expected, rtol=1e-11)


def test_states_are_no_parameters() -> None:
    network = build(parse_spec(TEXT.format(channels="first")))
    assert [t.name for t in network.params] == ["gamma_bn", "beta_bn", "W_out", "b_out"]
    assert [(t.name, t.init) for t in network.of_role("state")] == [("rm_bn", ("zeros", ())), ("rv_bn", ("ones", ()))]
    assert [str(e) for e in network.updates] == [
        "rm_bn[c] = 0.9*rm_bn[c] + mu_bn[c]/10",
        "rv_bn[c] = 0.9*rv_bn[c] + 2*var_bn[c]*N/max(20*N - 1, 1)",
    ]
    assert [str(e) for e in network.inference] == ["mu_bn[c] = rm_bn[c]", "var_bn[c] = rv_bn[c]"]
    assert network.updates[0].source.startswith("Ioffe, Szegedy")
    # penalties are on weights: not on what batch_norm learns or keeps
    assert "W_out" in str(network.defining("L")) and "_bn" not in str(network.defining("L"))
