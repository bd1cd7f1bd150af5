"""What is said of layers whose options or shapes do not fit: one sentence with the numbers in it."""

import pytest

from symprop.errors import FormulaError, SpecError
from symprop.library import LAYERS, Option, Parameter, Variant, layer
from symprop.network import Sketch, build
from symprop.spec import parse_spec

SPEC = """\
symprop: 1
name: t
dims: {K: 3}
inputs: {x: {shape: [4, 7, 9]}, y: {shape: [2], role: target}}
layers:
  - {id: a, TYPE}
  - {type: flatten}
  - {id: o, type: dense, units: 2}
loss: {type: mse, from: o, target: y}
"""
CASES = {
    "type: conv2d, units: 6, kernel: 8": (
        "a kernel over 8 entries is larger than the padded input of 7. Give it a smaller kernel, or padding."
    ),
    "type: conv2d, units: 6, kernel: [3, 5], dilation: [1, 3]": (
        "a kernel over 13 entries is larger than the padded input of 9. Give it a smaller kernel, or padding."
    ),
    "type: conv2d, units: 6, groups: 3": "4 channels are not a multiple of 3 groups",
    "type: conv2d, units: 5, groups: 2": "5 units are not a multiple of 2 groups",
    "type: conv1d, units: 6": "x has shape (N, 4, 7, 9); expected (N, C, T)",
    "type: conv_transpose2d, units: 6, padding: 9": (
        "its result would have shape (N, 6, -9, -7); expected extents of at least 1"
    ),
    "type: max_pool2d, kernel: 2, padding: 2": (
        "padding of 2 is no less than a window over 2 entries. A window would see padding alone."
    ),
    "type: group_norm, groups: 3": "4 channels are not a multiple of 3 groups",
    "type: embedding, units: 3": "x holds real numbers; expected integers. Give the input a vocabulary.",
    "type: sinusoidal_positions": "x has shape (N, 4, 7, 9); expected (N, T, D)",
    "type: reshape, shape: [6, 41]": "252 entries do not fill a shape of 246",
    "type: transpose, axes: [1, 2]": "axes: expected all 3 axes beside the batch, got 2",
    "type: transpose, axes: [1, 2, -2]": "axes: expected different axes from 1 to 3 or from -1 to -3, got [1, 2, -2]",
    "type: reduce_sum, axis: 4": "axis: expected different axes from 1 to 3 or from -1 to -3, got 4",
    "type: slice, axis: 2, start: 7": "start: expected -7 to 6 on an axis of 7, got 7",
    "type: slice, axis: 2, start: 3, stop: 3": "from 3 to 3 there is no entry",
    "type: slice, axis: [1, 2]": "axis: expected one axis, got 2",
}
READ = {
    "type: conv2d, units: 6, kernel: [3]": (
        "net.yaml:6:45: layer 'a': kernel: expected a whole number of at least 1, or a name from dims, or a list of 2 "
        "of them, got [3]"
    ),
    "type: conv2d, units: 6, kernel: Q": (
        "net.yaml:6:45: layer 'a': kernel: expected a whole number of at least 1, or a name from dims, or a list of 2 "
        "of them, got text 'Q'"
    ),
    "type: conv2d, units: 6, padding: -1": (
        "net.yaml:6:46: layer 'a': padding: expected valid, same, a whole number of at least 0, or a name from dims, "
        "or a list of 2 of them, got -1"
    ),
    "type: reduce_sum, axis: 0": (
        "net.yaml:6:37: layer 'a': axis: expected the number of an axis, or a list of them, got 0. 1 is the first "
        "beside the batch, -1 the last."
    ),
    "type: conv2d, units: 6, channels: middle": (
        "net.yaml:6:47: layer 'a': channels: expected first or last, got text 'middle'"
    ),
}


@pytest.mark.parametrize("given", CASES)
def test_shapes_and_options_that_do_not_fit(given):
    kind = given.split(",")[0].removeprefix("type: ")
    with pytest.raises(SpecError) as caught:
        build(parse_spec(SPEC.replace("TYPE", given)))
    assert str(caught.value).split("\n")[0] == f"net.yaml:6:5: layer 'a': {kind}: {CASES[given]}"


@pytest.mark.parametrize("given", READ)
def test_values_that_are_none(given):
    with pytest.raises(SpecError) as caught:
        parse_spec(SPEC.replace("TYPE", given))
    assert str(caught.value) == READ[given]


def test_sizes_may_be_named():
    network = build(parse_spec(SPEC.replace("TYPE", "type: conv2d, units: 6, kernel: [K, 2], padding: [1, K]")))
    assert [str(axis) for axis in network.tensors["Z_a"].axes] == ["N", "6", "7", "14"]
    assert [str(axis) for axis in network.tensors["W_a"].axes] == ["6", "4", "3", "2"]


def test_python_is_told_as_well():
    sketch = Sketch("t").input("x", 4, 7, 9).target("y", 2).layer("conv2d", units=6, kernel=(3, 0)).loss("mse")
    with pytest.raises(SpecError) as caught:
        sketch.build()
    assert "kernel: expected a whole number of at least 1, or a list of 2, got (3, 0)" in str(caught.value)


def test_glorot_counts_the_kernel():
    network = build(parse_spec(SPEC.replace("TYPE", "type: conv2d, units: 6, kernel: [3, 5], groups: 2")))
    assert network.tensors["W_a"].fans == (2 * 15, 3 * 15)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"variants": (Variant({"mode": 1}),)}, "layer 'bad': no option 'mode', which a variant names"),
        (
            {"variants": (Variant({"flag": True}, name="other"),), "options": {"flag": Option("flag", True, doc="x")}},
            "layer 'bad': a variant changes 'name'; expected one of args, equations, extents, indices, inference, "
            "optional, params, recurrent, requires, same, samples, shape, state, updates",
        ),
        ({"optional": {"m": 1}}, "layer 'bad': no argument 'm', which is said to be optional"),
        (
            {
                "variants": (Variant({"flag": True}, params={"g": Parameter("D", "gin")}),),
                "options": {"flag": Option("flag", True, doc="x")},
            },
            "layer 'bad': no option 'gin', which a parameter names",
        ),
    ],
)
def test_an_entry_that_is_at_fault(fields, sentence):
    with pytest.raises(FormulaError) as caught:
        layer("bad", "Z[..., j] = x[..., j]", args={"x": "..., D"}, shape="..., D", source="x", **fields)
    assert str(caught.value) == sentence
    assert "bad" not in LAYERS
