"""Recurrence and attention beyond their values: cost of deriving, functions of one's own, and faults."""

from __future__ import annotations

import runpy
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import Derivation, derive
from symprop.errors import SpecError
from symprop.network import Sketch, build
from symprop.oracle.differences import gradient, relative_error
from symprop.spec import parse_spec

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TRANSFORMER = """\
symprop: 1
name: transformer
dims: {V: 17, T: 6}
inputs: {tok: {shape: [T], vocabulary: V}, y: {role: target, shape: [T, V]}}
blocks:
  block:
    - {id: n1, type: layer_norm}
    - {id: att, type: attention, heads: 2, causal: true}
    - {id: r1, type: add, in: [att, input]}
    - {id: n2, type: layer_norm}
    - {id: up, type: glu, units: 16}
    - {id: down, type: dense, units: 8}
    - {id: r2, type: add, in: [down, r1]}
layers:
  - {id: emb, type: embedding, units: 8}
  - {type: position_embedding}
  - {block: block, id: b, repeat: BLOCKS}
  - {type: layer_norm}
  - {id: out, type: unembed, tie: emb.W}
loss: {type: softmax_cross_entropy, from: out, target: y}
"""


def lstm(steps: int) -> Derivation:
    sketch = Sketch("t").input("x", steps, 3).target("y", 2).layer("lstm", id="a", units=4, **{"return": "last"})
    return derive(sketch.layer("dense", units=2).loss("mse").build())


def test_a_derivation_does_not_depend_on_the_number_of_steps() -> None:
    short, long = ([str(a.equation) for a in lstm(steps)] for steps in (7, 700))
    assert [line.replace("[6 == t]", "[699 == t]") for line in short] == long


def seconds(blocks: int) -> float:
    start = process_time()
    derive(build(parse_spec(TRANSFORMER.replace("BLOCKS", str(blocks)))))
    return process_time() - start


def test_a_transformer_of_twelve_blocks_is_derived_in_five_seconds() -> None:
    seconds(1)
    assert seconds(12) < 5


def test_the_transformer_of_two_blocks_is_right() -> None:
    net = build(parse_spec(TRANSFORMER.replace("BLOCKS", "2")))
    module = load_module(generate_module(derive(net), "numpy", "float64"), "transformer")
    rng = np.random.default_rng(2)
    params = module.Params(*(rng.standard_normal(p.shape) for p in module.init_params(seed=0)))
    tok, y = rng.integers(0, 17, (3, 6)), rng.dirichlet(np.ones(17), (3, 6))
    truth = gradient(net, {**params._asdict(), "tok": tok, "y": y}, {"N": 3}, params._fields)
    _, grads = module.value_and_grad(params, tok, y)
    for name, ours in grads._asdict().items():
        if not name.startswith("bk_"):
            assert relative_error(ours, truth[name]) < 1e-10, name


def test_an_activation_of_ones_own_within_a_recurrence() -> None:
    sketch = Sketch("t").function("bent", "x/(1 + c*x**2)", params={"c": 0.5}).input("x", 5, 3).target("y", 2)
    net = sketch.layer("rnn", id="a", units=4, activation="bent").layer("flatten").layer("dense", units=2).loss("mse")
    built = net.build()
    assert str(built.defining("h_a")) == "h_a[n,t,j] = bent(p_a[n,t,j], c_a)"
    module = load_module(generate_module(derive(built), "numpy", "float64"), "bent")
    rng = np.random.default_rng(4)
    params = module.Params(*(rng.standard_normal(p.shape) for p in module.init_params(seed=0)))
    data = {"x": rng.standard_normal((3, 5, 3)), "y": rng.standard_normal((3, 2))}
    truth = gradient(built, {**params._asdict(), **data}, {"N": 3}, params._fields)
    for name, ours in module.value_and_grad(params, data["x"], data["y"])[1]._asdict().items():
        assert relative_error(ours, truth[name]) < 1e-11, name


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"type": "rnn", "units": 4, "activation": "softmax"},
            "layer 'a': softmax acts on rows; expected an activation of single entries",
        ),
        (
            {"type": "glu", "units": 4, "gate": "rellu"},
            "layer 'a': unknown activation 'rellu'; did you mean 'relu'?",
        ),
        ({"type": "attention", "heads": 4}, "layer 'a': attention: 6 units are not a multiple of 4 heads"),
        (
            {"type": "attention", "heads": 2, "rotary": True},
            "layer 'a': attention: expected an even number of entries in a head, got 3",
        ),
        ({"type": "rotary", "heads": 4}, "layer 'a': rotary: 6 entries are not a multiple of 4 heads"),
    ],
)
def test_what_does_not_fit(given: dict[str, object], sentence: str) -> None:
    sketch = Sketch("t").input("x", 5, 6).target("y", 2)
    with pytest.raises(SpecError) as caught:
        sketch.layer(id="a", **given).layer("flatten").layer("dense", units=2).loss("mse").build()
    assert sentence in str(caught.value)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_what_lies_behind_the_length_of_a_row_has_no_effect(backend: str) -> None:
    sketch = Sketch("t").input("x", 5, 6).input("m", 7, 4).input("n", vocabulary=8).target("y", 5, 6)
    given = {"x": "x", "memory": "m", "lengths": "n"}
    sketch = sketch.layer("attention", id="a", heads=2, dropout=0.3, inputs=given).loss("mse")
    module = load_module(generate_module(derive(sketch.build()), backend, "float64"), f"behind_{backend}")
    rng, lengths = np.random.default_rng(6), np.array([4, 7, 0])
    params = module.Params(*(rng.standard_normal(p.shape) for p in module.init_params(seed=0)))
    x, y, memory = (rng.standard_normal((3, *shape)) for shape in ((5, 6), (5, 6), (7, 4)))
    behind = np.arange(7) >= lengths[:, None]
    other = np.where(behind[..., None], 1e3 * rng.standard_normal(memory.shape), memory)
    first, second = (module.value_and_grad(params, {"x": x, "m": m, "n": lengths}, y, seed=5) for m in (memory, other))
    assert first[0] == second[0]
    for name, one, two in zip(module.Params._fields, first[1], second[1], strict=True):
        assert np.array_equal(one, two), name
    value = module.forward(params, {"x": x, "m": memory, "n": lengths})
    np.testing.assert_array_equal(value[2], np.broadcast_to(params.bo_a, (5, 6)))


def test_lengths_count_the_steps_of_what_is_seen() -> None:
    sketch = Sketch("t").input("x", 5, 6).input("m", 7, 4).input("n", vocabulary=6).target("y", 5, 6)
    given = {"x": "x", "memory": "m", "lengths": "n"}
    with pytest.raises(SpecError) as caught:
        sketch.layer("attention", id="a", inputs=given).loss("mse").build()
    assert str(caught.value) == "t: layer 'a': attention: n has shape (N < 6); expected (N < S + 1)"


def test_a_mask_has_the_steps_of_what_is_seen() -> None:
    sketch = Sketch("t").input("x", 5, 6).input("m", 4, vocabulary=2).target("y", 2)
    with pytest.raises(SpecError) as caught:
        sketch.layer("attention", id="a", inputs={"x": "x", "mask": "m"}).layer("flatten").layer("dense", units=2).loss(
            "mse"
        ).build()
    assert str(caught.value) == "t: layer 'a': attention: m has shape (N, 4 < 2); expected (N, T < 2)"


def test_the_characters_of_the_example_are_those_of_its_spec() -> None:
    script = runpy.run_path(str(EXAMPLES / "characters.py"))
    arrays = script["windows"]((EXAMPLES / "data" / "harbour.txt").read_text(encoding="utf-8").lower())
    net = build(parse_spec((EXAMPLES / "characters_lstm.yaml").read_text(encoding="utf-8")))
    assert [str(axis) for axis in net.tensors["tok"].axes] == ["N", str(arrays["tok"].shape[1])]
    assert net.tensors["Z_out"].axes[-1].constant == len(script["ALPHABET"]) > arrays["tok"].max()
    assert (arrays["tok"][1:, -1] == arrays["y"][:-1]).all()
