"""Specs to equations: names, letters, parameters, notes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symprop.language import Extent, Network, Training
from symprop.network import Sketch, build
from symprop.spec import parse_spec
from tests.network.examples import RESIDUAL, SPAM


def lines(network: Network) -> list[str]:
    return list(map(str, network.equations))


def axes(network: Network, name: str) -> str:
    return ", ".join(map(str, network.tensors[name].axes))


def test_the_spec_of_six_lines():
    network = build(parse_spec(SPAM, "spam.yaml"), SPAM)
    assert lines(network) == [
        "Z_out[n,j] = sum[i](x[n,i]*W_out[i,j]) + b_out[j]",
        "A_out[n,j] = sigmoid(Z_out[n,j])",
        "L = -sum[n,j](y[n,j]*log(A_out[n,j]) + (1 - y[n,j])*log(1 - A_out[n,j]))/N",
    ]
    assert list(network.tensors) == ["x", "y", "W_out", "b_out", "Z_out", "A_out", "L"]
    assert [(t.name, t.init) for t in network.params] == [("W_out", ("glorot_uniform", ())), ("b_out", ("zeros", ()))]
    assert (network.tensors["y"].low, network.tensors["y"].top) == (0, 1)
    assert (network.tensors["A_out"].low, network.tensors["A_out"].top) == (0, 1)
    assert list(network.functions) == ["sigmoid"]
    assert network.outputs == ("A_out",)
    assert network.notes == ("The loss is the mean over N entries.",)
    assert (network.name, network.loss, network.text) == ("spam", "L", SPAM)
    assert [e.where for e in network.equations] == ["spam.yaml:5:5", "spam.yaml:5:5", "spam.yaml:6:7"]
    assert [e.origin for e in network.equations] == ["out", "out", ""]


def test_the_fuller_spec():
    network = build(parse_spec(RESIDUAL))
    weights = ["W_stem", "W_body", "M_mix", "W_out"]
    assert lines(network) == [
        "Z_stem[n,j] = sum[i](x[n,i]*W_stem[i,j]) + b_stem[j]",
        "A_stem[n,j] = silu(Z_stem[n,j])",
        "Z_body[n,j] = sum[i](A_stem[n,i]*W_body[i,j]) + b_body[j]",
        "A_body[n,j] = snake(Z_body[n,j], alpha_body)",
        "Z_res[n,j] = A_body[n,j] + A_stem[n,j]",
        "Z_mix[n,o] = sum[i](M_mix[o,i]*Z_res[n,i]**2) + c_mix[o]",
        "Z_out[n,j] = sum[i](Z_mix[n,i]*W_out[i,j]) + b_out[j]",
        "L = sum[n,j](sqrt(1 + (Z_out[n,j] - y[n,j])**2) - 1)/N"
        + "".join(f" + sum[i,j]({w}[i,j]**2)/20000" for w in weights),
    ]
    assert network.notes == (
        "The loss is the mean over N entries.",
        "The loss includes the penalty (0.0001/2)*sum w**2 over W_stem, W_body, M_mix, W_out; it is not divided by N.",
    )
    assert list(network.functions) == ["sigmoid", "silu", "snake"]
    assert network.functions["snake"].params == (("alpha", 1.0),)
    assert [t.name for t in network.params] == [
        *("W_stem", "b_stem", "W_body", "b_body", "alpha_body", "M_mix", "c_mix", "W_out", "b_out")
    ]
    assert network.tensors["W_stem"].init == ("he_normal", ())
    assert network.tensors["alpha_body"].init == ("constant", (("value", 1.0),))
    assert axes(network, "M_mix") == "16, 16"
    assert network.symbols == {"W_stem": "W_1"}
    assert network.training == Training(30, 16, 3, "float64", True)
    assert (network.optimizer.name, network.optimizer.lr, network.optimizer.clip_norm) == ("adam", 1e-3, 1.0)
    assert str(network.optimizer.schedule) == ("where(t <= 100, t/100, (1 + cos(pi*(t - 100)/max(1, total - 100)))/2)")


def test_layers_without_an_id_have_numbers_and_dots_read_as_underscores():
    sketch = Sketch("names").input("x", 3).target("y", 2).layer("dense", units=4, activation="relu")
    network = sketch.layer("dense", id="block.fc", units=2).loss("mse").build()
    assert list(network.tensors) == [*("x", "y", "W1", "b1", "Z1", "A1", "W_block_fc", "b_block_fc", "Z_block_fc", "L")]
    assert lines(network)[-2:] == [
        "Z_block_fc[n,j] = sum[i](A1[n,i]*W_block_fc[i,j]) + b_block_fc[j]",
        "L = sum[n,j]((Z_block_fc[n,j] - y[n,j])**2)/(2*N)",
    ]


def test_named_extents_that_have_no_number_stay_symbols():
    network = Sketch("free").input("x", "D").target("y", 1).layer("dense", units="H").layer("dense", units=1)
    built = network.loss("mse").build()
    assert axes(built, "W1") == "D, H"
    assert built.tensors["Z1"].axes == (Extent.of("N"), Extent.of("H"))


def test_equations_of_ones_own_with_a_recurrence_and_tokens():
    sketch = Sketch("rnn").dims(T=5).input("tok", "T", vocabulary=7).target("y", 2)
    sketch = sketch.equations(
        "e[n,t,d] = E[s[n,t],d]",
        "h[n,t,j] = tanh(sum[d](e[n,t,d]*W[d,j]) + sum[k](h[n,t-1,k]*U[k,j]))",
        "z[n,j] = h[n,T-1,j]",
        output="z",
        args={"s": ["T"]},
        params={"E": [7, 3], "W": [3, 2], "U": [2, 2]},
        init={"U": "orthogonal"},
        id="rec",
    )
    network = sketch.loss("mse").build()
    assert [line.replace("[n, t]", "[n,t]") for line in lines(network)[:3]] == [
        "e_rec[n,t,d] = E_rec[tok[n,t],d]",
        "h_rec[n,t,j] = tanh(sum[d](e_rec[n,t,d]*W_rec[d,j]) + sum[k](h_rec[n,t - 1,k]*U_rec[k,j]))",
        "Z_rec[n,j] = h_rec[n,4,j]",
    ]
    assert axes(network, "h_rec") == "N, 5, 2"
    assert network.tensors["tok"].high == Extent.of(7)
    assert network.tensors["U_rec"].init == ("orthogonal", (("gain", 1.0),))
    assert list(network.functions) == ["tanh"]


def test_a_learnable_function_called_in_an_equation():
    sketch = Sketch("call").input("x", 3).target("y", 3).function("swish", "x/(1 + exp(-b*x))", params={"b": 0.5})
    sketch = sketch.equations("z[n,i] = swish(u[n,i]) - swish(2*u[n,i])", output="z", args={"u": [3]}, id="s")
    network = sketch.loss("mse").build()
    assert lines(network)[0] == "Z_s[n,i] = swish(x[n,i], b_s) - swish(2*x[n,i], b_s)"
    assert [t.name for t in network.params] == ["b_s"]


def test_functions_may_call_each_other_in_any_order():
    sketch = Sketch("call").input("x", 3).target("y", 3).function("outer", "inner(x)**2").function("inner", "gelu(x)/2")
    network = sketch.layer("activation", activation="outer").loss("mse").build()
    assert list(network.functions) == ["gelu", "inner", "outer"]


def test_the_same_spec_gives_the_same_network():
    assert build(parse_spec(RESIDUAL)) == build(parse_spec(RESIDUAL))


def test_no_hash_seed_changes_the_network():
    code = "from symprop.network import build; from symprop.spec import parse_spec; "
    code += "from tests.network.examples import RESIDUAL; print(repr(build(parse_spec(RESIDUAL))))"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1 and texts.pop().startswith("Network(name='residual'")


def test_fifty_different_layers_build_in_a_tenth_of_a_second():
    sketch = Sketch("deep").input("x", 20).target("y", classes=10)
    for k in range(50):
        sketch = sketch.layer("dense", units=30 + k, activation="gelu")
    sketch = sketch.layer("dense", units=10).loss("softmax_cross_entropy", l2=1e-3)
    elapsed = []
    for _ in range(3):
        start = time.process_time()
        network = sketch.build()
        elapsed.append(time.process_time() - start)
    assert len(network.equations) == 104
    assert min(elapsed) < 0.1


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "mish", "gelu_tanh"])
def test_functions_come_with_what_they_call(name):
    network = Sketch("f").input("x", 3).target("y", 3).layer("activation", activation=name).loss("mse").build()
    needed = {"mish": ["softplus", "tanh", "mish"], "gelu_tanh": ["tanh", "gelu_tanh"]}
    assert list(network.functions) == needed.get(name, [name])


def test_the_identity_is_its_argument():
    network = (
        Sketch("f").input("x", 3).target("y", 3).layer("dense", units=3, activation="identity").loss("mse").build()
    )
    assert lines(network)[1] == "A1[n,j] = Z1[n,j]"
    assert network.functions == {}
