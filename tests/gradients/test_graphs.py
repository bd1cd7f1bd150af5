"""Random graphs: skip connections, sums, products, concatenations and shared inputs, against complex step."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.library import ACTIVATIONS
from symprop.network import build
from symprop.oracle.differences import gradient, relative_error
from symprop.spec import parse_spec

SMOOTH = [n for n, a in ACTIVATIONS.items() if not a.kinks]
BATCH = 3


@st.composite
def specs(draw: st.DrawFn) -> str:
    """A spec of up to seven layers, each reading earlier ones; the last is dense and reads everything left over."""
    layers, widths, unused = [], {"x": 3}, set()
    for k in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["dense", "activation", "add", "multiply", "concat"]))
        first = draw(st.sampled_from(sorted(widths)))
        width = widths[first]
        second = draw(st.sampled_from(sorted(n for n, w in widths.items() if w == width or kind == "concat")))
        name = f"l{k}"
        activation = draw(st.sampled_from(SMOOTH))
        if kind == "dense":
            width = draw(st.integers(2, 5))
            bias = draw(st.booleans())
            options = f"in: {first}, activation: {activation}, bias: {str(bias).lower()}"
            layers.append(f"{{id: {name}, type: dense, units: {width}, {options}}}")
        elif kind == "activation":
            layers.append(f"{{id: {name}, type: activation, in: {first}, activation: {activation}}}")
        else:
            width += widths[second] if kind == "concat" else 0
            layers.append(f"{{id: {name}, type: {kind}, in: [{first}, {second}]}}")
        unused -= {first} if kind in ("dense", "activation") else {first, second}
        unused.add(name)
        widths[name] = width
    ends = sorted(unused)
    if len(ends) > 1:
        layers.append(f"{{id: all, type: concat, in: [{', '.join(ends)}]}}")
    last = "all" if len(ends) > 1 else ends[0]
    layers.append(f"{{id: out, type: dense, units: 2, in: {last}}}")
    body = "\n".join(f"  - {layer}" for layer in layers)
    return f"""\
symprop: 1
name: graph
inputs: {{x: {{shape: [3]}}, y: {{shape: [2], role: target}}}}
layers:
{body}
loss: {{type: log_cosh, from: out, target: y, l2: {draw(st.sampled_from(["0.0", "0.3"]))}}}
"""


@settings(max_examples=24, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(specs(), st.integers(0, 10**6))
def test_gradients_of_random_graphs(text: str, seed: int) -> None:
    network = build(parse_spec(text, "graph"))
    derivation = derive(network)
    module = load_module(generate_module(derivation, backend="numpy", dtype="float64"), "graph")
    rng = np.random.default_rng(seed)
    params = {t.name: 0.5 * rng.standard_normal([a.value({}) for a in t.axes]) for t in network.params}
    data: dict[str, Any] = {"x": rng.standard_normal((BATCH, 3)), "y": rng.standard_normal((BATCH, 2))}
    truth = gradient(derivation.network, {**params, **data}, {"N": BATCH}, params)
    _, found = module.value_and_grad(module.Params(**params), data["x"], data["y"])
    total = np.sqrt(sum(np.sum(g**2) for g in truth.values()))
    for name, ours in found._asdict().items():
        error = np.linalg.norm(ours - truth[name])
        scale = max(np.linalg.norm(truth[name]), 1e-3 * total)
        assert error <= 1e-11 * scale, (name, relative_error(ours, truth[name]))
