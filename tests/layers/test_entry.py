"""What an entry can say beside its equations: optional and integer arguments, variants, recurrences, new axes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.errors import SpecError
from symprop.language import Network
from symprop.library import LAYERS, Option, Parameter, Variant, layer
from symprop.library.variants import same
from symprop.network import build
from symprop.oracle.differences import gradient, relative_error
from symprop.spec import parse_spec

SPEC = """\
symprop: 1
name: t
inputs: {x: {shape: [5, 3]}, h: {shape: [4]}, k: {shape: [5], vocabulary: 6}, y: {role: target, shape: SHAPE}}
layers:
  - {id: start, type: dense, units: 4, in: h}
  - {id: a, LAYER}
  - {id: used, type: reduce_sum, axis: [1], in: start}
  - {id: seen, type: embedding, units: 2, in: k}
loss:
  - {type: mse, from: a, target: y}
"""


@pytest.fixture(autouse=True)
def entries() -> Iterator[None]:
    init = Option("initialiser", "glorot_uniform", doc="how it is drawn")
    layer(
        "recurrent",
        "H[n, t, j] = tanh(sum[i](x[n, t, i]*W[i, j]) + sum[k](H[n, t - 1, k]*U[k, j]) + [t == 0]*start[n, j])",
        "Z[n, t, j] = H[n, t, j]*mask[n, t]",
        args={"x": "N, T, D", "start": "N, units", "mask": "N, T"},
        shape="N, T, units",
        params={"W": Parameter("D, units", "init"), "U": Parameter("units, units", "init")},
        optional={"start": 0, "mask": 1},
        variants=(Variant({"last": True}, equations=LAST, shape="N, units"),),
        options={"units": Option("extent", doc="states"), "init": init, "last": Option("flag", False, doc="last only")},
        source="a test",
    )
    layer(
        "gathered",
        "Z[n, t, d] = x[n, t, d]*E[k[n, t], d]",
        args={"x": "N, T, D", "k": "N, T < V"},
        shape="N, T, D",
        params={"E": Parameter("V, D", "init")},
        options={"init": init},
        source="a test",
    )
    yield
    for name in ("recurrent", "gathered"):
        LAYERS.forget(name)


LAST = (
    "H[n, t, j] = tanh(sum[i](x[n, t, i]*W[i, j]) + sum[k](H[n, t - 1, k]*U[k, j]) + [t == 0]*start[n, j])",
    "Z[n, j] = H[n, T - 1, j]",
)


def network(given: str, shape: str = "[5, 4]") -> Network:
    """The layer alone: what it does not read is not in the spec."""
    lines = SPEC.replace("LAYER", given).replace("SHAPE", shape).splitlines()
    lines = [line for line in lines if "used" not in line and "seen" not in line]
    if "start" not in given:
        lines = [line.replace("h: {shape: [4]}, ", "") for line in lines if "id: start" not in line]
    if "k" not in given.partition("in:")[2]:
        lines = [line.replace("k: {shape: [5], vocabulary: 6}, ", "") for line in lines]
    return build(parse_spec("\n".join(lines) + "\n"))


def checked(net: Network) -> None:
    module = load_module(generate_module(derive(net), "numpy", "float64"), "entry")
    rng = np.random.default_rng(5)
    params = module.Params(*(rng.standard_normal(p.shape) for p in module.init_params(seed=0)))
    shapes = {t.name: (3, *(a.constant for a in t.axes[1:])) for t in net.of_role("input", "target")}
    data = {n: rng.integers(0, 6, s) if n == "k" else rng.standard_normal(s) for n, s in shapes.items()}
    inputs = {name: data[name] for name in module.INPUTS}
    truth = gradient(net, {**params._asdict(), **data}, {"N": 3}, params._fields)
    _, grads = module.value_and_grad(params, inputs if len(inputs) > 1 else next(iter(inputs.values())), data["y"])
    for name, ours in grads._asdict().items():
        assert relative_error(ours, truth[name]) < 1e-11, name


def test_arguments_that_are_left_out_are_numbers() -> None:
    net = network("type: recurrent, units: 4, in: x")
    assert [str(e) for e in net.equations[:2]] == [
        "H_a[n,t,j] = tanh(sum[i](x[n,t,i]*W_a[i,j]) + sum[k](H_a[n,t - 1,k]*U_a[k,j]))",
        "Z_a[n,t,j] = H_a[n,t,j]",
    ]
    checked(net)


def test_arguments_by_name() -> None:
    net = network("type: recurrent, units: 4, last: true, in: {start: start, x: x}", "[4]")
    assert str(net.defining("H_a")).endswith("+ [t == 0]*Z_start[n,j])")
    assert str(net.defining("Z_a")) == "Z_a[n,j] = H_a[n,4,j]"
    checked(net)


def test_an_argument_of_integers() -> None:
    net = network("type: gathered, in: [x, k]", "[5, 3]")
    assert str(net.defining("Z_a")) == "Z_a[n,t,d] = x[n,t,d]*E_a[k[n, t],d]"
    assert [str(axis) for axis in net.tensors["E_a"].axes] == ["6", "3"]
    checked(net)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            "type: recurrent, units: 4, in: [x, start, x, x]",
            "layer 'a': recurrent takes 1 to 3 inputs, got 4 (x, start, x, x)",
        ),
        ("type: recurrent, units: 4, in: {start: start}", "layer 'a': in: argument 'x' is missing"),
        ("type: recurrent, units: 5, in: [x, start]", "recurrent: start has shape (N, 4); expected (N, units)"),
        ("type: gathered, in: [x, x]", "gathered: x holds real numbers; expected integers"),
    ],
)
def test_arguments_that_do_not_fit(given: str, sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(given)
    assert sentence in str(caught.value)


def test_a_setting_is_what_it_is_compared_with() -> None:
    assert same(1, 1) and same([3, 3], 3) and same((2,), 2)
    assert not same(True, 1) and not same([3, 2], 3) and not same(None, 0)
