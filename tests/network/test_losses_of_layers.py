"""What a loss of several layers, or one with a mask, refuses: the whole sentence, from a file and from Python."""

import numpy as np
import pytest

import symprop
from symprop.errors import FormulaError, SpecError
from symprop.library import Option, loss_of_layers
from symprop.network import Sketch, build
from symprop.spec import parse_spec

REST = """\
symprop: 1
name: faulty
inputs: {x: {shape: [3]}, y: {shape: [4], role: target}}
layers:
  - {id: a, type: dense, in: x, units: 4}
  - {id: b, type: dense, in: x, units: 4}
  - {id: c, type: dense, in: x, units: 5}
loss:
  - {type: mse, from: a, target: y}
  - {type: triplet, from: [a, b, a]}
  - {type: triplet, from: [c, c, c]}
"""
HINT = " List them in this order, or by these names."
TRIPLET = "net.yaml:12:27: loss 4: from: triplet reads anchor, positive, negative; expected 3 layers, got "
FAULTS = {
    "{type: triplet, from: [a, b]}": f"{TRIPLET}2.{HINT}",
    "{type: triplet, from: {anchor: a, positive: b, other: b}}": f"{TRIPLET}anchor, positive, other.{HINT}",
    "{type: triplet, from: [a, b, q]}": ("net.yaml:12:34: loss 4: from: unknown source 'q'; expected one of a, b, c"),
    "{type: gaussian_kl, from: [a, b], target: y}": (
        "net.yaml:12:39: loss 4: unknown key 'target'; expected one of from, l1, l2, mask, reduce, type, weight"
    ),
    "{type: gaussian_nll, from: [a, b]}": "net.yaml:12:5: loss 4: key 'target' is missing",
    "{type: mse, from: a, target: y, mask: k}": "net.yaml:12:43: loss 4: mask: unknown input 'k'; expected y",
    "{type: info_nce, from: [a, c]}": (
        "net.yaml:12:5: loss 4: info_nce: expected shapes u (N, D), v (N, D), got "
        "u (N, 4), v (N, 5). Axes of the same name are of the same extent."
    ),
    "{type: mse, from: a, target: y, mask: x}": (
        "net.yaml:12:5: loss 4: mse: expected a mask of numbers (N, 4), or of integers below 2, got x (N, 3)"
    ),
}


@pytest.mark.parametrize("term", FAULTS)
def test_a_fault_of_a_term_is_one_sentence_at_its_place(term: str) -> None:
    with pytest.raises(SpecError) as caught:
        build(parse_spec(REST + f"  - {term}\n", "net.yaml"))
    assert [str(f) for f in caught.value.faults] == [FAULTS[term]]


def sketch() -> Sketch:
    made = Sketch("faulty").input("x", 3).target("y", 4)
    return made.layer("dense", id="a", units=4, inputs="x").layer("dense", id="b", units=4, inputs="x")


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (sketch().loss("gaussian_kl", ["a"]), "loss: from: expected 2 layers, for mu, log_var, got a"),
        (
            sketch().loss("gaussian_kl", {"mu": "a", "x": "b"}),
            "loss: from: expected 2 layers, for mu, log_var, got a, b",
        ),
        (
            sketch().loss("gaussian_kl", ["a", "b"], "y"),
            "loss: target: gaussian_kl has no target; expected none, got 'y'",
        ),
        (sketch().loss("mse", ["a", "b"]), "loss: from: expected 1 layer, for p, got a, b"),
        (sketch().loss("mse", "a", mask="z"), "loss: mask: unknown input 'z'; expected one of x, y"),
        (
            sketch().loss("ctc", "a", input_lengths="z"),
            "loss: input_lengths: unknown input 'z'; expected one of x, y",
        ),
    ],
)
def test_a_fault_of_a_sketch_is_one_sentence(made: Sketch, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        made.build()
    assert [f.message for f in caught.value.faults] == [message]


SPEECH = """\
symprop: 1
name: faulty
inputs:
  x: {shape: [6, 2]}
  k: {shape: [], vocabulary: 7}
  r: {shape: []}
  y: {shape: [2], role: target, classes: 4}
layers:
  - {id: a, type: attention, in: {x: x, lengths: k}}
  - {id: o, type: dense, units: 4}
loss:
  - {type: ctc, from: o, target: y, mask: r, KEY}
"""
READ = {
    "input_lengths: q": "net.yaml:12:61: loss: input_lengths: unknown input 'q'; expected y",
    "input_lengths: [k]": (
        "net.yaml:12:61: loss: input_lengths: expected the id of a layer or the name of an input, got a list"
    ),
    "lengths: k": "net.yaml:12:46: loss: unknown key 'lengths'; did you mean 'input_lengths'?",
    "input_lengths: r": "net.yaml:12:5: loss: ctc: expected integers for input_lengths, got numbers, r",
    "target_lengths: k": (
        "net.yaml:12:5: loss: ctc: expected shapes x (N, T, C), t (N, U < C), target_lengths (N < U + 1), got "
        "x (N, 6, 4), t (N, 2 < 4), target_lengths (N < 7). Axes of the same name are of the same extent."
    ),
}


@pytest.mark.parametrize("key", READ)
def test_a_fault_of_an_input_beside_the_target_is_one_sentence_at_its_place(key: str) -> None:
    with pytest.raises(SpecError) as caught:
        build(parse_spec(SPEECH.replace("KEY", key), "net.yaml"))
    assert [str(f) for f in caught.value.faults] == [READ[key]]


def test_an_entry_without_a_value_or_a_layer_is_refused() -> None:
    with pytest.raises(FormulaError, match="the last equation of a loss of layers defines V"):
        loss_of_layers("nothing", "U[n] = a[n]", args={"a": "N"}, source="")
    with pytest.raises(ValueError, match="loss 'nothing': per='entries'"):
        loss_of_layers("nothing", "V[n] = 1", args={}, source="", options={"w": Option("number", 1.0)})


def test_the_equation_of_a_masked_loss() -> None:
    made = Sketch("masked").input("x", 5, 3).target("y", 5, classes=4).target("m", 5)
    network = made.layer("dense", id="o", units=4).loss("softmax_cross_entropy", mask="m").build()
    assert str(network.equations[-1]) == "L = -sum[n,t,c](m[n,t]*Y[n,t,c]*log(P_loss[n,t,c]))/sum[n,t](m[n,t])"
    assert network.notes == (
        "The loss is the mean over what m keeps; m is 1 where it counts and 0 where not, and not 0 everywhere.",
    )


def test_one_mask_of_integers_serves_attention_and_the_loss() -> None:
    text = """
symprop: 1
name: masked
inputs:
  x: {shape: [5, 3]}
  MASK
  s: {shape: [5], vocabulary: 2}
  y: {shape: [5], classes: 4, role: target}
layers:
  - {id: a, type: attention, in: {x: x, mask: s}}
  - {id: o, type: dense, units: 4}
loss: {type: softmax_cross_entropy, from: o, target: y, mask: SEEN}
"""
    rng = np.random.default_rng(0)
    x, seen = rng.normal(size=(7, 5, 3)), rng.integers(0, 2, (7, 5))
    y = rng.integers(0, 4, (7, 5))
    found = []
    for mask, named in (("m: {shape: [5]}", "m"), ("", "s")):
        net = build(parse_spec(text.replace("MASK", mask).replace("SEEN", named)))
        module = symprop.compile(net, backend="numpy", dtype="float64")
        given = {"x": x, "s": seen} | ({"m": seen.astype(float)} if named == "m" else {})
        found.append(module.value_and_grad(module.init_params(seed=3), given, y))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-14)
    for one, other in zip(found[0][1], found[1][1], strict=True):
        assert np.allclose(one, other, rtol=0, atol=1e-14) and one.shape == other.shape
    assert float(np.abs(found[0][1].W_o).max()) > 0.01
