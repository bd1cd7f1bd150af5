"""Layers that join or pass on what they read: equations, and values against NumPy; tests/layers has all others."""

from dataclasses import replace

import numpy as np
import pytest

from symprop.network import Sketch, pick
from tests.library.evaluate import evaluate

RNG = np.random.default_rng(3)
X = RNG.normal(size=(2, 3))
W, B = RNG.normal(size=(3, 4)), RNG.normal(size=4)
V, C = RNG.normal(size=(3, 2)), RNG.normal(size=2)
MASK = np.array([[0, 2, 2], [2, 0, 2.0]])


def start(*shape: int) -> Sketch:
    return Sketch("layer").input("x", *(shape or (3,))).target("y", *(shape or (3,)))


def finished(sketch: Sketch, *shape: int) -> Sketch:
    """The sketch with a loss that any result fits: a target of its shape."""
    return sketch.target("goal", *shape).loss("mse", target="goal")


def check(sketch: Sketch, equation: str, want: np.ndarray, **arrays: np.ndarray) -> None:
    network = finished(sketch, *want.shape[1:]).build()
    last = network.equations[-2]
    values = evaluate(network, {"x": X, "y": X, "goal": want, **arrays})[last.target]
    assert str(last) == equation
    assert sorted(values) == sorted(np.ndindex(want.shape))
    # a dot product of 3 terms and two more products, each rounded once
    bound = 8 * np.finfo(float).eps * np.abs(want).max()
    assert max(abs(float(values[at]) - want[at]) for at in values) <= bound


def two(sketch: Sketch) -> Sketch:
    return sketch.layer("dense", units=4, id="a").layer("dense", units=2, id="b", inputs="x")


PARAMS = {"W_a": W, "b_a": B, "W_b": V, "b_b": C}
A, BB = X @ W + B, X @ V + C
SAME = {"W_a": W, "b_a": B, "W_b": W[::-1], "b_b": B}
OTHER = X @ W[::-1] + B


def same(sketch: Sketch) -> Sketch:
    return sketch.layer("dense", units=4, id="a").layer("dense", units=4, id="b", inputs="x")


CASES = {
    "dense": lambda: check(
        start().layer("dense", units=4), "Z1[n,j] = sum[i](x[n,i]*W1[i,j]) + b1[j]", X @ W + B, W1=W, b1=B
    ),
    "activation": lambda: check(
        start().layer("activation", activation="relu"), "A1[n,j] = relu(x[n,j])", np.maximum(X, 0)
    ),
    "dropout": lambda: check(start().layer("dropout", rate=0.5), "Z1[n,j] = x[n,j]*mask1[n,j]", X * MASK, mask1=MASK),
    "flatten": lambda: check(start().layer("flatten"), "Z1[n,j] = x[n,j]", X),
    "add": lambda: check(
        same(start()).layer("add", inputs=["a", "b", "a"]),
        "Z3[n,j] = Z_a[n,j] + Z_b[n,j] + Z_a[n,j]",
        2 * A + OTHER,
        **SAME,
    ),
    "multiply": lambda: check(
        same(start()).layer("multiply", inputs=["a", "b", "b"]),
        "Z3[n,j] = Z_a[n,j]*Z_b[n,j]*Z_b[n,j]",
        A * OTHER**2,
        **SAME,
    ),
    "concat": lambda: check(
        two(start()).layer("concat", inputs=["a", "b", "x"]),
        "Z3[n,j] = Z_a[n,j] + Z_b[n,j - 4] + x[n,j - 6]",
        np.concatenate([A, BB, X], axis=1),
        **PARAMS,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_layer_computes_what_numpy_computes(name):
    CASES[name]()


def test_without_a_bias_there_is_no_tensor_for_it():
    sketch = start().layer("dense", units=4, bias=False)
    check(sketch, "Z1[n,j] = sum[i](x[n,i]*W1[i,j])", X @ W, W1=W)
    assert "b1" not in finished(sketch, 4).build().tensors


def test_dense_acts_on_the_last_axis():
    x = RNG.normal(size=(2, 5, 3))
    sketch = start(5, 3).layer("dense", units=4)
    check(sketch, "Z1[n,t,j] = sum[i](x[n,t,i]*W1[i,j]) + b1[j]", x @ W + B, x=x, y=x, W1=W, b1=B)


def test_flatten_is_row_major():
    x = RNG.normal(size=(2, 3, 2, 4))
    check(start(3, 2, 4).layer("flatten"), "Z1[n,(c, h, w)] = x[n,c,h,w]", x.reshape(2, 24), x=x, y=x)


@pytest.mark.parametrize(
    ("shape", "letters"),
    [((), "n"), ((3,), "n,j"), ((2, 3), "n,t,j"), ((2, 3, 4), "n,c,h,w"), ((2, 3, 2, 2), "n,t,s,r,j")],
)
def test_letters_follow_from_the_rank_alone(shape, letters):
    sketch = Sketch("letters").input("x", *shape).target("y", *shape).layer("activation", activation="relu")
    assert str(sketch.loss("mse").build().equations[0]) == f"A1[{letters}] = relu(x[{letters}])"


def test_a_row_activation_on_a_sequence():
    sketch = Sketch("rows").input("x", 5, 3).target("y", 5, 3).layer("activation", activation="softmax")
    network = sketch.loss("mse").build()
    assert str(network.equations[0]) == "A1[n,t,j] = exp(x[n,t,j])/sum[k](exp(x[n,t,k]))"
    assert network.tensors["A1"].simplex == 2


def test_concat_of_sequences():
    a, b = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(2, 4, 2))
    sketch = Sketch("cat").input("x", 4, 3).input("u", 4, 2).layer("concat", inputs=["x", "u"])
    network = finished(sketch, 4, 5).build()
    want = np.concatenate([a, b], axis=2)
    values = evaluate(network, {"x": a, "u": b, "goal": want})["Z1"]
    assert str(network.equations[0]) == "Z1[n,t,j] = x[n,t,j] + u[n,t,j - 3]"
    assert all(values[at] == want[at] for at in np.ndindex(want.shape))


def test_a_layer_may_take_its_inputs_by_argument():
    sketch = two(start())
    by_name = {"b": "b", "a": "a"}
    network = finished(sketch.layer("concat", inputs=["a", "b"]), 6).build()
    spec = sketch.layer("concat", inputs=["a", "b"]).spec
    swapped = replace(spec, layers=(*spec.layers[:2], replace(spec.layers[2], inputs=by_name)))
    assert finished(replace(sketch, spec=swapped), 6).build().equations == network.equations


def test_dropout_is_a_sample_with_its_rate():
    network = finished(start().layer("dropout", rate=0.2, id="drop"), 3).build()
    mask = network.tensors["mask_drop"]
    assert (mask.role, mask.init) == ("sample", ("dropout", (("rate", 0.2),)))
    assert network.notes[0] == (
        "mask_drop: in training an entry is 0 with probability 0.2 and 1/(1 - 0.2) otherwise, drawn anew for every "
        "step; outside training every entry is 1."
    )


def test_initialisers_with_options():
    sketch = start().layer("dense", units=4, init=pick("normal", std=0.5), bias_init=pick("constant", value=2))
    network = finished(sketch, 4).build()
    assert network.tensors["W1"].init == ("normal", (("std", 0.5),))
    assert network.tensors["b1"].init == ("constant", (("value", 2.0),))


def test_an_activation_after_an_addition():
    network = finished(same(start()).layer("add", inputs=["a", "b"], activation="relu", id="s"), 4).build()
    assert [str(e) for e in network.equations[2:4]] == ["Z_s[n,j] = Z_a[n,j] + Z_b[n,j]", "A_s[n,j] = relu(Z_s[n,j])"]
