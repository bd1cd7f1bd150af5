"""Faults of references, losses and names, and several at once: every message in full."""

import pytest

from tests.spec.stand_in import faults_of, net

CASES = {
    # the graph
    "unknown_source": (
        net(layers="[{id: body, type: dense, units: 1}, {id: out, type: dense, units: 1, in: bdy}]"),
        [
            "net.yaml:4:82: layer 'out': in: unknown source 'bdy'; did you mean 'body'?",
        ],
    ),
    "unknown_number": (
        net(layers="[{type: dense, units: 1}, {id: out, type: dense, units: 1, in: '7'}]"),
        [
            "net.yaml:4:72: layer 'out': in: unknown source '7'; expected one of 1, x",
        ],
    ),
    "number_of_a_named_layer": (
        net(layers="[{id: first, type: dense, units: 1}, {id: out, type: dense, units: 1, in: 1}]"),
        [
            "net.yaml:4:83: layer 'out': in: layer 1 has an id; did you mean 'first'?",
        ],
    ),
    "later_layer": (
        net(
            layers=(
                "[{id: a, type: dense, units: 1, in: b}, {id: b, type: dense, units: 1, in: x},\n  {id: out, "
                "type: add, in: [a, b]}]"
            ),
        ),
        [
            "net.yaml:4:45: layer 'a': in: 'b' stands below; expected a layer above. Move layer 'b' up.",
        ],
    ),
    "cycle": (
        net(
            layers=(
                "[{id: a, type: add, in: [x, b]}, {id: b, type: dense, units: 3},\n  {id: out, type: dense, units: 1}]"
            ),
        ),
        [
            (
                "net.yaml:4:37: layer 'a': in: the layers form a cycle, a -> b -> a; expected each to read "
                "those above it"
            ),
        ],
    ),
    "cycle_of_one": (
        net(layers="[{id: out, type: add, in: [x, out]}]"),
        [
            (
                "net.yaml:4:39: layer 'out': in: the layers form a cycle, out -> out; expected each to read "
                "those above it"
            ),
        ],
    ),
    "unused_layer": (
        net(layers="[{id: a, type: dense, units: 1},\n  {id: out, type: dense, units: 1, in: x}]"),
        [
            "net.yaml:4:10: layer 'a': its output reaches no loss. Read it in another layer, or remove it.",
        ],
    ),
    "unused_input": (
        net(
            inputs="{x: {shape: [3]}, z: {shape: [2]}, y: {shape: [1], role: target}}",
            layers="[{id: out, type: dense, units: 1, in: x}]",
        ),
        [
            "net.yaml:3:27: input 'z': no layer that reaches a loss reads it. Use it, or remove it.",
        ],
    ),
    "unused_target": (
        net(inputs="{x: {shape: [3]}, y: {shape: [1], role: target}, w: {shape: [1], role: target}}"),
        [
            "net.yaml:3:58: target 'w': no loss compares with it. Use it, or remove it.",
        ],
    ),
    "target_as_source": (
        net(layers="[{id: out, type: dense, units: 1, in: y}]"),
        [
            (
                "net.yaml:4:47: layer 'out': in: 'y' is a target; expected a layer or a feature input. Give it "
                "role: input if the network may see it."
            ),
        ],
    ),
    "which_input": (
        net(inputs="{u: {shape: [3]}, v: {shape: [3]}, y: {shape: [1], role: target}}"),
        [
            "net.yaml:4:10: layer 'a': key 'in' is missing; expected one of u, v",
        ],
    ),
    # the loss
    "loss_unknown": (
        net(loss="{type: crossentropy, from: out, target: y}"),
        [
            "net.yaml:5:14: unknown loss 'crossentropy'; did you mean 'cross_entropy'?",
        ],
    ),
    "loss_text": (
        net(loss="mse"),
        [
            "net.yaml:5:7: loss: expected a mapping with type, from and target, got text 'mse'",
        ],
    ),
    "loss_missing_keys": (
        net(loss="{type: mse}"),
        [
            "net.yaml:5:7: loss: key 'from' is missing",
            "net.yaml:5:7: loss: key 'target' is missing",
        ],
    ),
    "loss_untyped": (
        net(loss="{from: out, target: y}"),
        [
            "net.yaml:5:7: loss: key 'type' is missing; expected the name of a loss",
        ],
    ),
    "loss_empty": (
        net(loss="[]"),
        [
            "net.yaml:5:7: loss: expected at least one loss, got an empty list",
        ],
    ),
    "loss_ends": (
        net(loss="{type: mse, from: ot, target: yy}"),
        [
            "net.yaml:5:25: loss: from: unknown source 'ot'; did you mean 'out'?",
            "net.yaml:5:37: loss: target: unknown input 'yy'; did you mean 'y'?",
        ],
    ),
    "loss_numbers": (
        net(loss="{type: mse, from: out, target: y, l2: -1, weight: 0, reduce: avg}"),
        [
            "net.yaml:5:45: loss: l2: expected a number of at least 0, got -1",
            "net.yaml:5:57: loss: weight: expected a number above 0, got 0",
            "net.yaml:5:68: loss: reduce: expected mean or sum, got text 'avg'",
        ],
    ),
    "loss_second_term": (
        net(loss="[{type: mse, from: out, target: y}, {type: huber, from: out, target: y, delta: 0}]"),
        [
            "net.yaml:5:86: loss 2: delta: expected a number of at least 1e-12, got 0",
        ],
    ),
    "loss_option_of_another": (
        net(loss="{type: mse, from: out, target: y, label_smoothing: 0.1}"),
        [
            (
                "net.yaml:5:41: loss: unknown key 'label_smoothing'; expected one of from, l1, l2, mask, reduce, "
                "target, type, weight"
            ),
        ],
    ),
    "softmax_into_logits": (
        net(
            inputs="{x: {shape: [3]}, y: {role: target, classes: 4}}",
            layers="[{id: out, type: dense, units: 4, activation: softmax}]",
            loss="{type: softmax_cross_entropy, from: out, target: y}",
        ),
        [
            (
                "net.yaml:5:7: loss: softmax_cross_entropy takes logits, any real numbers, got the output of "
                "layer 'out', after softmax. Remove the activation, or use cross_entropy."
            ),
        ],
    ),
    "sigmoid_into_logits": (
        net(
            layers="[{id: out, type: dense, units: 1, activation: sigmoid}]",
            loss="{type: bce_with_logits, from: out, target: y}",
        ),
        [
            (
                "net.yaml:5:7: loss: bce_with_logits takes logits, any real numbers, got the output of layer "
                "'out', after sigmoid. Remove the activation, or use binary_cross_entropy."
            ),
        ],
    ),
    "logits_into_probabilities": (
        net(
            inputs="{x: {shape: [3]}, y: {role: target, classes: 4}}",
            layers="[{id: out, type: dense, units: 4}]",
            loss="{type: cross_entropy, from: out, target: y}",
        ),
        [
            (
                "net.yaml:5:7: loss: cross_entropy takes probabilities, from 0 to 1, got the output of layer "
                "'out', which has no activation. Give layer 'out' the activation softmax, or use "
                "softmax_cross_entropy."
            ),
        ],
    ),
    "tanh_into_probabilities": (
        net(
            layers="[{id: out, type: dense, units: 1, activation: tanh}]",
            loss="{type: binary_cross_entropy, from: out, target: y}",
        ),
        [
            (
                "net.yaml:5:7: loss: binary_cross_entropy takes probabilities, from 0 to 1, got the output of "
                "layer 'out', after tanh. Give layer 'out' the activation sigmoid."
            ),
        ],
    ),
    "nll_of_probabilities": (
        net(
            inputs="{x: {shape: [3]}, y: {role: target, classes: 4}}",
            layers="[{id: out, type: dense, units: 4, activation: softmax}]",
            loss="{type: nll, from: out, target: y}",
        ),
        [
            (
                "net.yaml:5:7: loss: nll takes logarithms of probabilities, 0 or less, got the output of layer "
                "'out', after softmax. Give layer 'out' the activation log_softmax."
            ),
        ],
    ),
    "labels_into_mse": (
        net(inputs="{x: {shape: [3]}, y: {role: target, classes: 4}}", loss="{type: mse, from: out, target: y}"),
        [
            (
                "net.yaml:5:7: loss: mse takes numbers as target, got class labels, 'y'. Use a loss over "
                "classes such as softmax_cross_entropy, or give the target a shape instead of classes."
            ),
        ],
    ),
    # names
    "input_is_an_output": (
        net(
            inputs="{x: {shape: [3]}, Z_out: {shape: [1], role: target}}",
            loss="{type: mse, from: out, target: Z_out}",
        ),
        [
            "net.yaml:3:27: input 'Z_out': name 'Z_out' is taken by layer 'out'; expected another. See line 4.",
        ],
    ),
    "input_is_an_adjoint": (
        net(
            inputs="{x: {shape: [3]}, dx: {shape: [1], role: target}}",
            loss="{type: mse, from: out, target: dx}",
        ),
        [
            "net.yaml:3:27: input 'dx': 'dx' is the name of the adjoint of input 'x'; expected another name",
        ],
    ),
    "input_is_a_numbered_parameter": (
        net(
            inputs="{x: {shape: [3]}, W1: {shape: [1], role: target}}",
            layers="[{type: dense, units: 1}]",
            loss="{type: mse, from: '1', target: W1}",
        ),
        [
            "net.yaml:3:27: input 'W1': name 'W1' is taken by layer 1; expected another. See line 4.",
        ],
    ),
    "input_is_the_softmax_of_the_loss": (
        net(
            inputs="{P_loss: {shape: [3]}, y: {role: target, classes: 4}}",
            layers="[{id: out, type: dense, units: 4}]",
            loss="{type: softmax_cross_entropy, from: out, target: y}",
        ),
        [
            (
                "net.yaml:3:10: input 'P_loss': name 'P_loss' is taken by loss softmax_cross_entropy; expected "
                "another. See line 5."
            ),
        ],
    ),
    "input_is_the_one_hot_target": (
        net(
            inputs="{Y: {shape: [3]}, y: {role: target, classes: 4}}",
            layers="[{id: out, type: dense, units: 4}]",
            loss="{type: softmax_cross_entropy, from: out, target: y}",
        ),
        [
            (
                "net.yaml:3:10: input 'Y': name 'Y' is taken by loss softmax_cross_entropy; expected another. "
                "See line 5."
            ),
        ],
    ),
    "extent_is_an_input": (
        net(dims="{x: 3}"),
        [
            "net.yaml:6:8: extent 'x': name 'x' is taken by input 'x'; expected another. See line 3.",
        ],
    ),
    "symbols": (
        net(symbols='{W_ot: W_1, b_out: W_1, b_a: W_1, Z_out: "\\\\input{x}"}'),
        [
            ("net.yaml:6:11: symbols: unknown name 'W_ot'; did you mean 'W_out'? `symprop show` prints every name."),
            "net.yaml:6:29: symbols: 'W_1' already stands for W_ot; expected another symbol",
            "net.yaml:6:39: symbols: 'W_1' already stands for W_ot; expected another symbol",
            "net.yaml:6:51: symbols: Z_out: expected a symbol such as W_1 or x^1, got text '\\\\input{x}'",
        ],
    ),
    # several at once
    "many_at_once": (
        net(
            name="2x",
            inputs="{x: {shape: [F]}, y: {shape: [1], rol: target}}",
            layers="[{id: a, type: dense, units: 4, activation: rellu},\n  {id: out, type: dens, units: 1, in: b}]",
            loss="{type: msee, from: ot, target: y}",
            optimizer="{type: adam, lr: -1}",
            metrics="[acc]",
        ),
        [
            (
                "net.yaml:2:7: name: expected a name of ASCII letters, digits and _ that begins with a letter, "
                "got text '2x'"
            ),
            (
                "net.yaml:3:22: input 'x': shape: unknown extent 'F'; expected a number. Name it under dims, "
                "such as dims: {F: 16}."
            ),
            "net.yaml:3:43: input 'y': unknown key 'rol'; did you mean 'role'?",
            "net.yaml:4:53: layer 'a': unknown activation 'rellu'; did you mean 'relu'?",
            "net.yaml:5:19: layer 'out': unknown layer type 'dens'; did you mean 'dense'?",
            "net.yaml:5:39: layer 'out': in: unknown source 'b'; expected one of a, x, y",
            "net.yaml:6:14: unknown loss 'msee'; did you mean 'mse'?",
            "net.yaml:6:26: loss: from: unknown source 'ot'; did you mean 'out'?",
            "net.yaml:7:29: optimizer 'adam': lr: expected a number of at least 0, got -1",
            "net.yaml:8:11: metrics: unknown metric 'acc'; did you mean 'accuracy'?",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_fault_is_reported_in_full(name: str) -> None:
    text, messages = CASES[name]
    assert faults_of(text) == messages
