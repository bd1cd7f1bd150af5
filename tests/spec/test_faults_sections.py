"""Faults of extents, inputs, formulas, training, data and metrics: every message in full."""

import pytest

from tests.spec.stand_in import faults_of, net

CASES = {
    # dims and inputs
    "dims_values": (
        net(dims="{F: 0, G: 1.5, H: true, K: '64', M: 9223372036854775808}"),
        [
            "net.yaml:6:11: dims: F: expected a whole number from 1 to 2147483647, got 0",
            "net.yaml:6:17: dims: G: expected a whole number from 1 to 2147483647, got 1.5",
            "net.yaml:6:25: dims: H: expected a whole number from 1 to 2147483647, got true",
            "net.yaml:6:34: dims: K: expected a whole number from 1 to 2147483647, got text '64'",
            "net.yaml:6:43: dims: M: expected a whole number from 1 to 2147483647, got 9223372036854775808",
        ],
    ),
    "dims_names": (
        net(dims="{2F: 1, N: 4, L: 5, exp: 6}"),
        [
            (
                "net.yaml:6:8: dims: 2F: expected a name of ASCII letters, digits and _ that begins with a "
                "letter, got text '2F'"
            ),
            "net.yaml:6:15: extent 'N': 'N' is the name of the batch extent; expected another name",
            "net.yaml:6:21: extent 'L': 'L' is the name of the loss; expected another name",
            "net.yaml:6:27: extent 'exp': 'exp' is a function of the language; expected another name",
        ],
    ),
    "dims_list": (
        net(dims="[3]"),
        [
            "net.yaml:6:7: dims: expected a mapping, got a list",
        ],
    ),
    "shape_values": (
        net(inputs="{x: {shape: [0, -1, 1.5, true, '64', 9223372036854775808]}, y: {shape: [1], role: target}}"),
        [
            "net.yaml:3:21: input 'x': shape: expected at most 5 axes beside the batch axis, got 6",
        ],
    ),
    "shape_entries": (
        net(inputs="{x: {shape: [0, -1, 1.5, true, '64']}, y: {shape: [9223372036854775808], role: target}}"),
        [
            (
                "net.yaml:3:22: input 'x': shape: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got 0"
            ),
            (
                "net.yaml:3:25: input 'x': shape: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got -1"
            ),
            (
                "net.yaml:3:29: input 'x': shape: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got 1.5"
            ),
            (
                "net.yaml:3:34: input 'x': shape: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got true"
            ),
            (
                "net.yaml:3:40: input 'x': shape: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got text '64'. Write it without quotes."
            ),
            (
                "net.yaml:3:60: input 'y': shape: expected a whole number from 1 to 2147483647, or a name from "
                "dims, got 9223372036854775808"
            ),
        ],
    ),
    "shape_unknown_extent": (
        net(dims="{FEATURES: 3}", inputs="{x: {shape: [FEATURE]}, y: {shape: [K], role: target}}"),
        [
            "net.yaml:3:22: input 'x': shape: unknown extent 'FEATURE'; did you mean 'FEATURES'?",
            (
                "net.yaml:3:45: input 'y': shape: unknown extent 'K'; expected FEATURES or a number. Name it "
                "under dims, such as dims: {K: 16}."
            ),
        ],
    ),
    "shape_batch": (
        net(inputs="{x: {shape: [N, 3]}, y: {shape: [1], role: target}}"),
        [
            "net.yaml:3:22: input 'x': shape: N is the batch extent; expected the axes beside it. Leave N out.",
        ],
    ),
    "shape_scalar": (
        net(inputs="{x: {shape: 3}, y: {shape: [1], role: target}}"),
        [
            "net.yaml:3:21: input 'x': shape: expected a list, got 3",
        ],
    ),
    "shape_missing": (
        net(inputs="{x: {}, y: {role: target}}"),
        [
            (
                "net.yaml:3:13: input 'x': key 'shape' is missing; expected a list of extents without the "
                "batch axis, such as [3]"
            ),
            (
                "net.yaml:3:20: input 'y': key 'shape' is missing; expected a list of extents without the "
                "batch axis, such as [3]"
            ),
        ],
    ),
    "role": (
        net(inputs="{x: {shape: [3], role: feature}, y: {shape: [1], role: targte}}"),
        [
            "net.yaml:3:32: input 'x': role: expected input or target, got text 'feature'",
            "net.yaml:3:64: input 'y': role: unknown value 'targte'; did you mean 'target'?",
        ],
    ),
    "classes_of_input": (
        net(inputs="{x: {classes: 3}, y: {shape: [1], role: target}}"),
        [
            (
                "net.yaml:3:14: input 'x': classes is for targets; expected it with role: target. Tokens have "
                "a vocabulary."
            ),
        ],
    ),
    "one_class": (
        net(
            inputs="{x: {shape: [3]}, y: {classes: 1, role: target}}",
            loss="{type: softmax_cross_entropy, from: out, target: y}",
        ),
        [
            "net.yaml:3:31: input 'y': expected at least 2 classes, got 1. A binary target has shape: [1].",
        ],
    ),
    "vocabulary_of_target": (
        net(inputs="{x: {shape: [3]}, y: {shape: [1], vocabulary: 4, role: target}}"),
        [
            "net.yaml:3:43: input 'y': vocabulary is for inputs; expected classes on a target",
        ],
    ),
    "columns": (
        net(
            inputs="{x: {shape: [3], columns: [a, b, a, c]}, y: {shape: [1], role: target, column: p, columns: [p]}}",
        ),
        [
            "net.yaml:3:26: input 'x': column 'a' is named twice; expected it once",
            "net.yaml:3:26: input 'x': expected 3 columns for shape [3], got 4",
            "net.yaml:3:80: input 'y': column and columns are both given; expected one of them",
        ],
    ),
    "column_numbers": (
        net(inputs="{x: {shape: [3], columns: [1, 2, 3]}, y: {shape: [1], role: target}}"),
        [
            "net.yaml:3:36: input 'x': columns: expected text, got 1",
            "net.yaml:3:39: input 'x': columns: expected text, got 2",
            "net.yaml:3:42: input 'x': columns: expected text, got 3",
        ],
    ),
    "input_no_mapping": (
        net(inputs="{x: 3, y: {shape: [1], role: target}}"),
        [
            "net.yaml:3:13: input 'x': expected a mapping, got 3",
        ],
    ),
    "input_names": (
        net(
            inputs="{N: {shape: [3]}, relu: {shape: [1], role: target}}",
            loss="{type: mse, from: out, target: relu}",
        ),
        [
            "net.yaml:3:10: input 'N': 'N' is the name of the batch extent; expected another name",
            "net.yaml:3:27: input 'relu': 'relu' is a function of the language; expected another name",
        ],
    ),
    "inputs_missing_feature": (
        net(inputs="{y: {shape: [1], role: target}}"),
        [
            "net.yaml:4:10: layer 'a': key 'in' is missing; there is no input with role input",
        ],
    ),
    # training, data, metrics, optimizer
    "optimizer_unknown": (
        net(optimizer="adm"),
        [
            "net.yaml:6:12: unknown optimizer 'adm'; did you mean 'adam'?",
        ],
    ),
    "optimizer_options": (
        net(optimizer="{type: adam, lr: fast, betas: [0.9], momentum: 0.9, clip_norm: 0}"),
        [
            "net.yaml:6:29: optimizer 'adam': lr: expected a number of at least 0, got text 'fast'",
            "net.yaml:6:42: optimizer 'adam': betas: expected a list of 2 numbers from 0 to 1, got [0.9]",
            (
                "net.yaml:6:49: optimizer 'adam': unknown key 'momentum'; expected one of betas, clip_norm, "
                "eps, lr, schedule, type, weight_decay"
            ),
            "net.yaml:6:75: optimizer 'adam': clip_norm: expected a number above 0, got 0",
        ],
    ),
    "optimizer_schedule": (
        net(optimizer="{type: sgd, lr: 1e-1, schedule: {type: cosin, warmup_steps: 3}}"),
        [
            "net.yaml:6:51: optimizer: unknown schedule 'cosin'; did you mean 'cosine'?",
        ],
    ),
    "optimizer_schedule_required": (
        net(optimizer="{type: sgd, schedule: step}"),
        [
            "net.yaml:6:34: optimizer: schedule 'step': key 'step_size' is missing",
        ],
    ),
    "training": (
        net(training="{epochs: 0, batch_size: 2.5, seed: -1, dtype: float16, shuffle: 1, lr: 0.1}"),
        [
            "net.yaml:6:20: training: epochs: expected a whole number from 1 to 1000000000, got 0",
            "net.yaml:6:35: training: batch_size: expected a whole number from 1 to 2147483647, got 2.5",
            "net.yaml:6:46: training: seed: expected a whole number from 0 to 9223372036854775807, got -1",
            "net.yaml:6:57: training: dtype: unknown value 'float16'; did you mean 'float64'?",
            "net.yaml:6:75: training: shuffle: expected true or false, got 1",
            (
                "net.yaml:6:78: training: unknown key 'lr'; expected one of batch_size, dtype, early_stop, "
                "epochs, seed, shuffle, threads"
            ),
        ],
    ),
    "threads": (
        net(training="{threads: 0}"),
        ["net.yaml:6:21: training: threads: expected a whole number from 1 to 2147483647, got 0"],
    ),
    "threads_by_word": (
        net(training="{threads: two}"),
        ["net.yaml:6:21: training: threads: expected a whole number from 1 to 2147483647, got text 'two'"],
    ),
    "early_stop": (
        net(training="{early_stop: {monitor: val_los, patience: 0, delta: 1}}"),
        [
            "net.yaml:6:34: training: early_stop: monitor: unknown quantity 'val_los'; did you mean 'val_loss'?",
            "net.yaml:6:53: training: early_stop: patience: expected a whole number from 1 to 1000000000, got 0",
            "net.yaml:6:56: training: early_stop: unknown key 'delta'; did you mean 'min_delta'?",
        ],
    ),
    "early_stop_monitor": (
        net(training="{early_stop: {monitor: val_accurracy, patience: 3}}", metrics="[accuracy]"),
        [
            (
                "net.yaml:6:34: training: early_stop: monitor: unknown quantity 'val_accurracy'; did you mean "
                "'val_accuracy'?"
            ),
        ],
    ),
    "early_stop_without_validation": (
        net(training="{early_stop: {monitor: val_loss, patience: 3}}", data="{train: {path: a.csv}}"),
        [
            (
                "net.yaml:6:24: training: early_stop: val_loss needs validation data; data has none. Add "
                "split: {validation: 0.2} under data."
            ),
        ],
    ),
    "data": (
        net(data="{train: a.csv, standardise: true, split: {validation: 1.5, stratify: maybe}}"),
        [
            "net.yaml:6:15: data: train: expected a mapping, got text 'a.csv'",
            "net.yaml:6:22: data: unknown key 'standardise'; did you mean 'standardize'?",
            "net.yaml:6:61: data: split: validation: expected a number above 0 and below 1, got 1.5",
            "net.yaml:6:76: data: split: stratify: expected true or false, got text 'maybe'",
        ],
    ),
    "data_split": (
        net(data="{train: {path: a.csv}, validation: {path: b.csv}, split: {validation: 0.6, test: 0.5}}"),
        [
            "net.yaml:6:64: data: split: expected parts that leave rows to train on, got 1.1 held out",
            "net.yaml:6:65: data: validation is a file and a part of the split; expected one of them",
        ],
    ),
    "data_paths": (
        net(data="{test: {path: 3}, validation: {file: b.csv}}"),
        [
            "net.yaml:6:21: data: test: path: expected text, got 3",
            "net.yaml:6:37: data: validation: key 'path' is missing",
            "net.yaml:6:38: data: validation: unknown key 'file'; expected path",
        ],
    ),
    "metrics": (
        net(metrics="[acuracy, f1, f1, 3, {type: auc, average: macro}]"),
        [
            "net.yaml:6:11: metrics: unknown metric 'acuracy'; did you mean 'accuracy'?",
            "net.yaml:6:24: metrics: 'f1' is named twice; expected it once",
            "net.yaml:6:28: metrics: expected the name of a metric, or a mapping with its type, got 3",
            "net.yaml:6:43: metrics: metric 'auc': unknown key 'average'; expected type",
        ],
    ),
    "metrics_text": (
        net(metrics="accuracy"),
        [
            "net.yaml:6:10: metrics: expected a list, got text 'accuracy'",
        ],
    ),
    # functions and losses of one's own
    "function_syntax": (
        net(functions='{f: {args: [x], formula: "x + * 2"}}'),
        [
            "net.yaml:6:42: function 'f': this is not a formula: invalid syntax",
        ],
    ),
    "function_unknown_name": (
        net(functions='{f: {args: [x], params: {alpha: {init: 1.0}}, formula: "alhpa*x"}}'),
        [
            "net.yaml:6:68: function 'f': unknown name 'alhpa'. Did you mean 'alpha'?",
        ],
    ),
    "function_arity": (
        net(functions="{f: {args: [x], formula: max(x)}}"),
        [
            "net.yaml:6:37: function 'f': max takes 2 arguments, got 1",
        ],
    ),
    "function_attribute": (
        net(functions="{f: {args: [x], formula: x.__class__}}"),
        [
            "net.yaml:6:37: function 'f': an attribute cannot stand in a formula",
        ],
    ),
    "function_call": (
        net(functions="{f: {args: [x], formula: __import__('os').system('ls')}}"),
        [
            (
                "net.yaml:6:37: function 'f': '__import__' is not a name; expected a letter, then at most 63 "
                "letters, digits or _"
            ),
        ],
    ),
    "function_tower": (
        net(functions="{f: {args: [x], formula: x*((((2**64)**64)**64)**64)**64}}"),
        [
            "net.yaml:6:42: function 'f': a constant grows beyond 512 bits here",
        ],
    ),
    "function_block": (
        net(functions="\n  f:\n    args: [x]\n    formula: >\n      x +\n      y\n"),
        [
            "net.yaml:9:14: function 'f': column 5 of the formula: unknown name 'y'",
        ],
    ),
    "function_names": (
        net(functions="{relu: {args: [x], formula: x}, f: {args: [exp, x, x], constants: {x: 1}, formula: x}}"),
        [
            "net.yaml:6:13: function 'relu': 'relu' is a function of the language; expected another name",
            "net.yaml:6:54: function 'f': 'x' is named twice among args, params and constants; expected it once",
            "net.yaml:6:55: function 'f': args: 'exp' is a function of the language; expected another name",
        ],
    ),
    "function_values": (
        net(functions="{f: {args: x, params: {a: 1.0}, constants: {b: one}, formula: 3}}"),
        [
            "net.yaml:6:23: function 'f': args: expected a list, got text 'x'",
            "net.yaml:6:38: function 'f': parameter 'a': expected a mapping, got 1.0",
            "net.yaml:6:59: function 'f': constants: b: expected a number, got text 'one'",
            "net.yaml:6:74: function 'f': formula: expected text, got 3",
        ],
    ),
    "function_no_args": (
        net(functions="{f: {args: [], formula: 3*2}}"),
        [
            "net.yaml:6:23: function 'f': args: expected at least one name, got an empty list",
        ],
    ),
    "function_two_arguments": (
        net(
            functions="{f: {args: [x, y], formula: x*y}}",
            layers="[{id: out, type: dense, units: 1, activation: f}]",
        ),
        [
            "net.yaml:4:55: layer 'out': activation 'f' takes 2 arguments; expected 1",
        ],
    ),
    "loss_function_args": (
        net(losses="{l: {args: [p], formula: p**2}}"),
        [
            "net.yaml:6:20: loss function 'l': args: expected a prediction and a target, got 1",
        ],
    ),
    "loss_function_syntax": (
        net(losses="{l: {args: [p, t], formula: (p - t)^2}}"),
        [
            "net.yaml:6:37: loss function 'l': operator '^' is not known; expected + - * / **",
        ],
    ),
    "loss_function_name": (
        net(losses="{mse: {args: [p, t], formula: (p - t)**2, reduce: average}}"),
        [
            "net.yaml:6:10: loss function 'mse': the library has a loss of this name; expected another name",
            "net.yaml:6:59: loss function 'mse': reduce: expected mean or sum, got text 'average'",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_fault_is_reported_in_full(name: str) -> None:
    text, messages = CASES[name]
    assert faults_of(text) == messages
