"""Faults of layers: every message in full."""

import pytest

from tests.spec.stand_in import faults_of, net

CASES = {
    # layers
    "layers_empty": (
        net(layers="[]"),
        [
            "net.yaml:4:9: layers: expected a list of layers, got an empty list",
        ],
    ),
    "layers_mapping": (
        net(layers="{a: 1}"),
        [
            "net.yaml:4:9: layers: expected a list of layers, got a mapping",
        ],
    ),
    "layer_text": (
        net(layers="[dense]"),
        [
            "net.yaml:4:10: layer 1: expected a mapping, got text 'dense'",
        ],
    ),
    "activation_missing_before_a_loss": (
        net(layers="[{id: out, type: activation, function: relu}]"),
        [
            "net.yaml:4:10: layer 'out': key 'activation' is missing",
            "net.yaml:4:38: layer 'out': unknown key 'function'; expected one of activation, id, in, type",
        ],
    ),
    "unknown_type": (
        net(layers="[{id: out, type: dens, units: 1}]"),
        [
            "net.yaml:4:26: layer 'out': unknown layer type 'dens'; did you mean 'dense'?",
        ],
    ),
    "unknown_type_far": (
        net(layers="[{id: out, type: xyzzy, units: 1}]"),
        [
            (
                "net.yaml:4:26: layer 'out': unknown layer type 'xyzzy'; expected one of activation, add, "
                "concat, dense, dropout, flatten, multiply"
            ),
        ],
    ),
    "type_missing": (
        net(layers="[{id: out, units: 1}]"),
        [
            "net.yaml:4:10: layer 'out': key 'type' is missing; expected the name of a layer, or equations",
        ],
    ),
    "type_number": (
        net(layers="[{id: out, type: 3}]"),
        [
            "net.yaml:4:26: layer 'out': type: expected the name of a layer, got 3",
        ],
    ),
    "unknown_activation": (
        net(
            layers=(
                "[{id: a, type: dense, units: 4, activation: relu},\n  {id: fc2, type: dense, units: 4, "
                "activation: rellu},\n  {id: out, type: dense, units: 1}]"
            ),
        ),
        [
            "net.yaml:5:48: layer 'fc2': unknown activation 'rellu'; did you mean 'relu'?",
        ],
    ),
    "activation_number": (
        net(layers="[{id: out, type: dense, units: 1, activation: 3}]"),
        [
            "net.yaml:4:55: layer 'out': expected the name of an activation, or a mapping with its type, got 3",
        ],
    ),
    "activation_options": (
        net(layers="[{id: out, type: dense, units: 1, activation: {type: leaky_relu, slope: 0.1}}]"),
        [
            (
                "net.yaml:4:74: layer 'out': activation 'leaky_relu': unknown key 'slope'; expected one of "
                "negative_slope, type"
            ),
        ],
    ),
    "activation_option_value": (
        net(layers="[{id: out, type: dense, units: 1, activation: {type: leaky_relu, negative_slope: big}}]"),
        [
            ("net.yaml:4:90: layer 'out': activation 'leaky_relu': negative_slope: expected a number, got text 'big'"),
        ],
    ),
    "activation_untyped": (
        net(layers="[{id: out, type: dense, units: 1, activation: {negative_slope: 0.1}}]"),
        [
            "net.yaml:4:55: layer 'out': activation: key 'type' is missing; expected the name of an activation",
        ],
    ),
    "unknown_initialiser": (
        net(layers="[{id: out, type: dense, units: 1, init: he_norml}]"),
        [
            "net.yaml:4:49: layer 'out': unknown initialiser 'he_norml'; did you mean 'he_normal'?",
        ],
    ),
    "initialiser_option": (
        net(layers="[{id: out, type: dense, units: 1, init: {type: normal, std: -1}}]"),
        [
            "net.yaml:4:69: layer 'out': initialiser 'normal': std: expected a number of at least 0, got -1",
        ],
    ),
    "initialiser_required": (
        net(layers="[{id: out, type: dense, units: 1, init: constant}]"),
        [
            "net.yaml:4:49: layer 'out': initialiser 'constant': key 'value' is missing",
        ],
    ),
    "units": (
        net(
            layers=(
                "[{id: a, type: dense, units: 0}, {id: b, type: dense, units: -1}, {id: c, type: dense, units: "
                "1.5},\n  {id: d, type: dense, units: true}, {id: e, type: dense, units: '64'}, {id: out, "
                "type: dense}]"
            ),
        ),
        [
            (
                "net.yaml:4:38: layer 'a': units: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got 0"
            ),
            (
                "net.yaml:4:70: layer 'b': units: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got -1"
            ),
            (
                "net.yaml:4:103: layer 'c': units: expected a whole number from 1 to 2147483647, or a name "
                "from dims, got 1.5"
            ),
            (
                "net.yaml:5:31: layer 'd': units: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got true"
            ),
            (
                "net.yaml:5:66: layer 'e': units: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got text '64'. Write it without quotes."
            ),
            "net.yaml:5:73: layer 'out': key 'units' is missing",
        ],
    ),
    "unknown_option": (
        net(layers="[{id: out, type: dense, unit: 1}]"),
        [
            "net.yaml:4:33: layer 'out': unknown key 'unit'; did you mean 'units'?",
        ],
    ),
    "option_of_another": (
        net(layers="[{id: a, type: flatten, activation: relu}, {id: out, type: dense, units: 1}]"),
        [
            "net.yaml:4:33: layer 'a': unknown key 'activation'; expected one of id, in, type",
        ],
    ),
    "dropout_rate": (
        net(layers="[{id: a, type: dropout, rate: 1.0}, {id: out, type: dense, units: 1}]"),
        [
            "net.yaml:4:39: layer 'a': rate: expected a number from 0 to 0.99, got 1.0",
        ],
    ),
    "flag_as_text": (
        net(layers="[{id: out, type: dense, units: 1, bias: yes}]"),
        [
            "net.yaml:4:49: layer 'out': bias: expected true or false, got text 'yes'",
        ],
    ),
    "ids": (
        net(
            layers=(
                "[{id: 2a, type: dense, units: 1}, {id: class, type: dense, units: 1}, {id: 3, type: dense, "
                "units: 1},\n  {id: a b, type: dense, units: 1}, {id: out, type: dense, units: 1}]"
            ),
        ),
        [
            (
                "net.yaml:4:15: layer '2a': id: expected a name of ASCII letters, digits, _ and . that begins "
                "with a letter, got text '2a'"
            ),
            "net.yaml:4:48: layer 'class': id: expected a name, got the Python keyword 'class'",
            "net.yaml:4:84: layer 3: id: expected a name, got 3",
            (
                "net.yaml:5:8: layer 'a b': id: expected a name of ASCII letters, digits, _ and . that begins "
                "with a letter, got text 'a b'"
            ),
        ],
    ),
    "duplicate_id": (
        net(layers="[{id: out, type: dense, units: 1},\n  {id: out, type: dense, units: 1}]"),
        [
            "net.yaml:5:8: layer 'out': id 'out' is taken by layer 1; expected another. See line 4.",
        ],
    ),
    "id_of_an_input": (
        net(layers="[{id: x, type: dense, units: 1}, {id: out, type: dense, units: 1}]"),
        [
            "net.yaml:4:15: layer 'x': id 'x' is the name of an input; expected another",
        ],
    ),
    "dot_collides": (
        net(
            layers=(
                "[{id: a.b, type: dense, units: 1}, {id: a_b, type: dense, units: 1}, {id: out, type: dense, units: 1}]"
            ),
        ),
        [
            "net.yaml:4:49: layer 'a_b': name 'Z_a_b' is taken by layer 'a.b'; expected another. See line 4.",
        ],
    ),
    "too_many_inputs": (
        net(layers="[{id: a, type: dense, units: 1}, {id: out, type: dense, units: 1, in: [a, x]}]"),
        [
            "net.yaml:4:79: layer 'out': dense takes 1 input, got 2 (a, x)",
        ],
    ),
    "too_few_inputs": (
        net(layers="[{id: a, type: dense, units: 1}, {id: out, type: add}]"),
        [
            "net.yaml:4:42: layer 'out': add takes at least 2 inputs, got 1 (a). List them under in.",
        ],
    ),
    "argument_names": (
        net(layers="[{id: a, type: dense, units: 1}, {id: out, type: add, in: {a: a, c: x}}]"),
        [
            "net.yaml:4:67: layer 'out': in: argument 'b' is missing",
            "net.yaml:4:74: layer 'out': in: unknown argument 'c'; expected one of a, b",
        ],
    ),
    "in_number": (
        net(layers="[{id: out, type: dense, units: 1, in: 1.5}]"),
        [
            "net.yaml:4:47: layer 'out': in: expected the id of a layer or the name of an input, got 1.5",
        ],
    ),
    "in_empty": (
        net(layers="[{id: out, type: dense, units: 1, in: []}]"),
        [
            "net.yaml:4:47: layer 'out': in: expected at least one source, got a list without entries",
        ],
    ),
    # equations
    "equations_syntax": (
        net(
            layers=(
                '\n  - {id: out, in: x, equations: ["z[n,o] = sum[i](M[o,i]*u[n,i]"], args: {u: [3]},\n     '
                "params: {M: {shape: [1, 3]}}, output: z}"
            ),
        ),
        [
            "net.yaml:5:50: layer 'out': this is not a formula: '(' was never closed",
        ],
    ),
    "equations_unknown_tensor": (
        net(
            layers=(
                '\n  - {id: out, in: x, equations: ["z[n,o] = sum[i](M[o,i]*v[n,i])"], args: {u: [3]},\n     '
                "params: {M: {shape: [1, 3]}}, output: z}"
            ),
        ),
        [
            "net.yaml:5:58: layer 'out': unknown tensor 'v'",
        ],
    ),
    "equations_unknown_function": (
        net(
            layers=(
                "\n  - {id: out, in: x, equations: ['z[n,o] = sum[i](M[o,i]*tanhh(u[n,i]))'], args: {u: "
                "[3]},\n     params: {M: {shape: [1, 3]}}, output: z}"
            ),
        ),
        [
            "net.yaml:5:58: layer 'out': unknown function 'tanhh'. Did you mean 'tanh'?",
        ],
    ),
    "equations_output": (
        net(
            layers=(
                "\n  - {id: out, in: x, equations: ['z[n,o] = sum[i](M[o,i]*u[n,i])'], args: {u: [3]},\n     "
                "params: {M: {shape: [1, 3]}}, output: q}"
            ),
        ),
        [
            "net.yaml:5:5: layer 'out': output 'q' is not defined by its equations, which define z",
        ],
    ),
    "equations_axes": (
        net(
            layers=(
                "\n  - {id: out, in: x, equations: ['z[n,o] = sum[i](M[o]*u[n,i])'], args: {u: [3]},\n     "
                "params: {M: {shape: [1, 3]}}, output: z}"
            ),
        ),
        [
            "net.yaml:5:51: layer 'out': M has 2 axes, but 1 is given",
        ],
    ),
    "equations_code": (
        net(layers="\n  - {id: out, in: x, equations: ['z[n,i] = u.__class__'], args: {u: [3]}, output: z}"),
        [
            "net.yaml:5:44: layer 'out': an attribute cannot stand in a formula",
        ],
    ),
    "equations_and_type": (
        net(
            layers="\n  - {id: out, type: dense, in: x, equations: ['z[n,i] = u[n,i]'], args: {u: [3]}, output: z}",
        ),
        [
            (
                "net.yaml:5:15: layer 'out': unknown key 'type'; expected one of activation, args, equations, "
                "extents, id, in, inference, output, params, states, tie, updates"
            ),
        ],
    ),
    "equations_unfed": (
        net(
            layers="\n  - {id: out, in: x, equations: ['z[n,i] = u[n,i]*v[n,i]'], args: {u: [3], v: [3]}, output: z}",
        ),
        [
            "net.yaml:5:19: layer 'out': in: expected 2 sources, for u, v, got 1",
        ],
    ),
    "equations_names": (
        net(layers="\n  - {id: out, in: x, equations: ['z[n,i] = exp[n,i]'], args: {exp: [3]}, output: z}"),
        [
            "net.yaml:5:63: layer 'out': args: 'exp' is a function of the language; expected another name",
        ],
    ),
    "equations_given_again": (
        net(layers="\n  - {id: out, in: x, equations: ['u[n,i] = u[n,i]'], args: {u: [3]}, output: u}"),
        [
            "net.yaml:5:34: layer 'out': u is defined although it is given; expected a new name",
        ],
    ),
    "equations_keys": (
        net(
            layers=(
                "\n  - {id: out, in: x, equations: ['z[n,i] = u[n,i]'], arguments: {u: [3]}, params: {M: "
                "{shape: 3, inti: zeros}}}"
            ),
        ),
        [
            "net.yaml:5:5: layer 'out': key 'output' is missing",
            "net.yaml:5:54: layer 'out': unknown key 'arguments'; did you mean 'args'?",
            "net.yaml:5:95: layer 'out': parameter 'M': shape: expected a list, got 3",
            "net.yaml:5:98: layer 'out': parameter 'M': unknown key 'inti'; did you mean 'init'?",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_fault_is_reported_in_full(name: str) -> None:
    text, messages = CASES[name]
    assert faults_of(text) == messages
