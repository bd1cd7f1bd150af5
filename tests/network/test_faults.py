"""Every fault of shapes and names, with its whole sentence and its place."""

import pytest

from symprop.errors import SpecError
from symprop.network import Sketch, build
from symprop.spec import parse_spec

BASE = Sketch("net").input("x", 3).target("y", 1)
LABELS = Sketch("net").input("x", 3).target("y", classes=4)
OUT = {"units": 1, "id": "out"}


def faults(sketch: Sketch) -> str:
    with pytest.raises(SpecError) as caught:
        sketch.build()
    return str(caught.value)


CASES = {
    "unknown layer": (
        BASE.layer("dens", units=3).loss("mse"),
        "net: layer 1: unknown layer 'dens'; did you mean 'dense'?",
    ),
    "unknown activation": (
        BASE.layer("dense", **OUT, activation="rellu").loss("mse"),
        "net: layer 'out': unknown activation 'rellu'; did you mean 'relu'?",
    ),
    "unknown initialiser": (
        BASE.layer("dense", **OUT, init="he").loss("mse"),
        "net: layer 'out': init: unknown initialiser 'he'; expected one of zeros, ones, constant, normal, uniform, "
        "glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal",
    ),
    "missing option": (BASE.layer("dense").loss("mse"), "net: layer 1: option 'units' of dense is missing"),
    "missing activation": (BASE.layer("activation").loss("mse"), "net: layer 1: option 'activation' is missing"),
    "unknown option": (
        BASE.layer("dropout", p=0.5).loss("mse"),
        "net: layer 1: dropout has no option 'p'; expected rate",
    ),
    "option out of range": (
        BASE.layer("dropout", rate=1).loss("mse"),
        "net: layer 1: rate: expected a number from 0 to 0.99, got 1",
    ),
    "extent": (
        BASE.layer("dense", units=0).loss("mse"),
        "net: layer 1: units: expected a whole number of at least 1, or the name of one, got 0",
    ),
    "unknown source": (
        BASE.layer("dense", **OUT, inputs="z").loss("mse"),
        "net: layer 'out': in: unknown source 'z'; expected x",
    ),
    "id taken": (
        BASE.layer("dense", units=1, id="x").loss("mse"),
        "net: layer 'x': the name 'x' is taken. Give it another id.",
    ),
    "no loss": (BASE.layer("dense", **OUT), "net: loss: expected at least one loss, got none"),
    "unknown loss": (BASE.layer("dense", **OUT).loss("mes"), "net: loss: unknown loss 'mes'; did you mean 'mse'?"),
    "unknown reference of a loss": (
        BASE.layer("dense", **OUT).loss("mse", "up", "u"),
        "net: loss: from: unknown layer 'up'; expected out\nnet: loss: target: unknown input 'u'; expected one of x, y",
    ),
    "reduction": (
        BASE.layer("dense", **OUT).loss("mse", reduce="max"),
        "net: loss: reduce: expected mean or sum, got 'max'",
    ),
    "unknown optimizer": (
        BASE.layer("dense", **OUT).loss("mse").optimizer("adm", schedule="cosin"),
        "net: optimizer: schedule: unknown schedule 'cosin'; did you mean 'cosine'?\n"
        "net: optimizer: unknown optimizer 'adm'; did you mean 'adam'?",
    ),
    "inputs of add": (
        BASE.layer("dense", units=64, id="fc1")
        .layer("dense", units=32, id="stem", inputs="x")
        .layer("add", id="res", inputs=["fc1", "stem"])
        .loss("mse"),
        "net: layer 'res': add: inputs differ in shape, fc1 (N, 64) and stem (N, 32). Give both 64 units.",
    ),
    "third input of add": (
        BASE.layer("dense", units=3, id="fc1")
        .layer("dense", units=2, id="stem", inputs="x")
        .layer("add", inputs=["x", "fc1", "stem"])
        .loss("mse"),
        "net: layer 3: add: inputs differ in shape, x (N, 3) and stem (N, 2). Give both 3 units.",
    ),
    "inputs of concat": (
        Sketch("net").input("x", 4, 3).input("u", 5, 3).target("y", 1).layer("concat", inputs=["x", "u"]).loss("mse"),
        "net: layer 1: concat: inputs differ in the axes beside the joined one, x (N, 4, 3) and u (N, 5, 3)",
    ),
    "too few inputs": (
        BASE.layer("concat", inputs="x").loss("mse"),
        "net: layer 1: concat: expected at least 2 inputs, got 1. Name them under in.",
    ),
    "too many inputs": (
        BASE.layer("dense", units=1, id="a").layer("dense", units=1, inputs=["x", "a"]).loss("mse"),
        "net: layer 2: dense: expected 1 input, got 2. Name them under in.",
    ),
    "no axis to act on": (
        Sketch("net").input("x").target("y", 1).layer("dense", **OUT).loss("mse"),
        "net: layer 'out': dense: x has shape (N,); expected (N, ..., D)",
    ),
    "nothing to flatten": (
        Sketch("net").input("x").target("y", 1).layer("flatten").loss("mse"),
        "net: layer 1: flatten: x has the batch axis alone; expected at least one more",
    ),
    "integers": (
        Sketch("net").input("x", 3, vocabulary=9).target("y", 1).layer("dense", **OUT).loss("mse"),
        "net: layer 'out': dense: x holds integers; expected real numbers",
    ),
    "softmax of one": (
        BASE.layer("dense", **OUT, activation="softmax").loss("mse"),
        "net: layer 'out': softmax over one entry is constant; expected at least 2 units, got 1. "
        "Use sigmoid, or give it more units.",
    ),
    "logits after sigmoid": (
        BASE.layer("dense", **OUT, activation="sigmoid").loss("bce_with_logits"),
        "net: loss: bce_with_logits: expected logits, got A_out, which is after sigmoid. "
        "Leave the activation out: bce_with_logits applies it.",
    ),
    "logits after softmax": (
        LABELS.layer("dense", units=4, activation="softmax").loss("softmax_cross_entropy"),
        "net: loss: softmax_cross_entropy: expected logits, got A1, which is after softmax. "
        "Leave the activation out: softmax_cross_entropy applies it.",
    ),
    "probabilities after relu": (
        LABELS.layer("dense", units=4, activation="relu").loss("cross_entropy"),
        "net: loss: cross_entropy: expected probabilities, got A1, which is after relu. "
        "Give it the activation softmax.",
    ),
    "classes": (
        LABELS.layer("dense", units=5, id="out").loss("softmax_cross_entropy"),
        "net: loss: softmax_cross_entropy: out has 5 units, but y has 4 classes. Give out 4 units.",
    ),
    "labels for numbers": (
        LABELS.layer("dense", units=4).loss("mse"),
        "net: loss: mse: expected numbers as target, got class labels, y. Use a loss over classes such as "
        "softmax_cross_entropy, or give it a shape instead of classes.",
    ),
    "target shape": (
        BASE.layer("dense", units=2, id="out").loss("mse"),
        "net: loss: mse: prediction out is (N, 2), so the target is (N, 2), but y is (N, 1). "
        "Give out 1 unit, or y the other shape.",
    ),
    "labels of a sequence": (
        Sketch("net")
        .input("x", 5, 3)
        .target("y", classes=4)
        .layer("dense", units=4, id="out")
        .loss("softmax_cross_entropy"),
        "net: loss: softmax_cross_entropy: prediction out is (N, 5, 4), so the target is labels (N, 5), but y is (N,). "
        "Give both the same axes.",
    ),
    "names taken": (
        BASE.layer("flatten", id="a.b").layer("dense", id="a_b", units=1).loss("mse"),
        "net: layer 'a_b': tensor name Z_a_b is taken by layer 'a.b'. Choose another id or name.",
    ),
    "reserved names": (
        Sketch("net").input("N", 3).target("L", 1).layer("dense", **OUT).loss("mse"),
        "net: input 'N': tensor name N is reserved for the batch extent. Choose another id or name.\n"
        "net: target 'L': tensor name L is reserved for the loss. Choose another id or name.",
    ),
    "name of a function": (
        Sketch("net").input("tanh", 3).target("y", 1).layer("dense", **OUT).loss("mse"),
        "net: input 'tanh': tensor name tanh is the name of a function. Choose another id or name.",
    ),
    "name of an adjoint": (
        Sketch("net").input("x", 3).target("dx", 1).layer("dense", **OUT).loss("mse"),
        "net: target 'dx': dx is the name of the adjoint of x. Choose another id or name.",
    ),
    "long name": (
        BASE.layer("dense", units=1, id="a" * 64, bias=False).loss("mse"),
        f"net: layer '{'a' * 64}': tensor name W_{'a' * 64} is longer than 64 characters. Choose another id or name.\n"
        f"net: layer '{'a' * 64}': tensor name Z_{'a' * 64} is longer than 64 characters. Choose another id or name.",
    ),
    "argument": (
        BASE.equations("z[n,j] = u[n,j]", output="z", args={"u": [4]}, id="own").loss("mse"),
        "net: layer 'own': argument u is declared (N, 4), but x is (N, 3)",
    ),
    "arguments": (
        BASE.equations("z[n,j] = u[n,j] + v[n,j]", output="z", args={"u": [3], "v": [3]}, id="own").loss("mse"),
        "net: layer 'own': expected 2 inputs, for u, v, got 1",
    ),
    "equation": (
        BASE.equations("z[n,j] = u[n,k]", output="z", args={"u": [3]}, id="own").loss("mse"),
        "net: layer 'own': equation: column 5: the extent of index 'j' is not known here",
    ),
    "output": (
        BASE.equations("z[n,j] = u[n,j]", output="v", args={"u": [3]}, id="own").loss("mse"),
        "net: layer 'own': output 'v' is not defined by its equations, which define z",
    ),
    "formula": (
        BASE.function("f", "x + q").layer("dense", **OUT, activation="f").loss("mse"),
        "net: function 'f': formula: column 5: unknown name 'q'",
    ),
    "arguments of an activation": (
        BASE.function("f", "x + q", args=("x", "q")).layer("dense", **OUT, activation="f").loss("mse"),
        "net: layer 'out': function 'f' takes 2 arguments; expected one",
    ),
    "circle": (
        BASE.function("g", "h(x)").function("h", "g(x)").layer("dense", **OUT).loss("mse"),
        "net: function 'g': it calls itself, or others in a circle\n"
        "net: function 'h': it calls itself, or others in a circle",
    ),
    "learnable inside": (
        BASE.function("g", "a*x", params={"a": 1.0}).function("h", "g(x)").layer("dense", **OUT).loss("mse"),
        "net: function 'h': it calls 'g', which has learnable parameters. Write the formula of 'g' out.",
    ),
    "loss formula": (
        BASE.loss_function("q", "p - t + r").layer("dense", **OUT).loss("q"),
        "net: loss function 'q': formula: column 9: unknown name 'r'",
    ),
    "arguments of a loss": (
        BASE.loss_function("q", "p", args=("p",)).layer("dense", **OUT).loss("q"),
        "net: loss function 'q': expected 2 arguments, got 1. The first is the prediction, the second the target.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_one_sentence(name):
    sketch, sentence = CASES[name]
    assert faults(sketch) == sentence


SPEC = """\
symprop: 1
name: net
inputs:
  x: {shape: [8]}
  y: {role: target, classes: 10}
layers:
  - {id: fc1, type: dense, units: 64}
  - {id: stem, type: dense, units: 32, in: x}
  - {id: res, type: add, in: [fc1, stem]}
  - {id: own, equations: ["z[n,o] = sum[i](M[o,i]*u[n,i])"], in: fc1, args: {u: [63]},
     params: {M: {shape: [3, 63]}}, output: z}
  - {id: out, type: dense, units: 9, in: stem}
loss:
  - {type: softmax_cross_entropy, from: out, target: y}
  - {type: softmax_cross_entropy, from: res, target: y}
  - {type: softmax_cross_entropy, from: own, target: y}
"""


def test_all_faults_of_a_file_are_reported_at_once_with_their_places():
    with pytest.raises(SpecError) as caught:
        build(parse_spec(SPEC, "net.yaml"))
    assert str(caught.value) == (
        "net.yaml:9:5: layer 'res': add: inputs differ in shape, fc1 (N, 64) and stem (N, 32). Give both 64 units.\n"
        "net.yaml:10:5: layer 'own': argument u is declared (N, 63), but Z_fc1 is (N, 64)\n"
        "net.yaml:14:5: loss 1: softmax_cross_entropy: out has 9 units, but y has 10 classes. Give out 10 units."
    )
