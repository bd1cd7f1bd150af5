"""Faults of the text, of YAML and of the top level: every message in full."""

import pytest

from tests.spec.stand_in import faults_of, net

CASES = {
    # the text and YAML
    "empty": (
        "",
        [
            "net.yaml:1:1: the spec is empty; expected a mapping that begins with symprop: 1",
        ],
    ),
    "only_a_comment": (
        "# nothing\n",
        [
            "net.yaml:1:1: the spec is empty; expected a mapping that begins with symprop: 1",
        ],
    ),
    "scalar": (
        "42\n",
        [
            "net.yaml:1:1: expected a mapping, symprop: 1 and so on, got 42",
        ],
    ),
    "list": (
        "- symprop: 1\n",
        [
            "net.yaml:1:1: expected a mapping, symprop: 1 and so on, got a list",
        ],
    ),
    "text": (
        "hello world\n",
        [
            "net.yaml:1:1: expected a mapping, symprop: 1 and so on, got text 'hello world'",
        ],
    ),
    "nothing": (
        "~\n",
        [
            "net.yaml:1:1: expected a mapping, symprop: 1 and so on, got nothing",
        ],
    ),
    "unclosed_bracket": (
        "symprop: 1\nname: [a\n",
        [
            (
                "net.yaml:3:1: this is not YAML: expected ',' or ']', but got '<stream end>'. What it belongs "
                "to begins in line 2, column 7."
            ),
        ],
    ),
    "tab": (
        "symprop: 1\n\tname: t\n",
        [
            (
                "net.yaml:2:1: this is not YAML: found character '\\t' that cannot start any token. Indent "
                "with spaces, not with tabs."
            ),
        ],
    ),
    "unclosed_quote": (
        'symprop: 1\nname: "t\n',
        [
            (
                "net.yaml:3:1: this is not YAML: found unexpected end of stream. What it belongs to begins in "
                "line 2, column 7."
            ),
        ],
    ),
    "two_documents": (
        net() + "---\nsymprop: 1\n",
        [
            "net.yaml:6:1: a second document begins here; expected one document. Remove the line with ---.",
        ],
    ),
    "anchor_and_alias": (
        net(dims="{F: &f 3}", metrics="[*f]"),
        [
            "net.yaml:6:11: anchor &f is refused; expected the value alone. Remove it.",
            "net.yaml:7:11: alias *f is refused; expected the value itself. Write it out.",
        ],
    ),
    "recursive_anchor": (
        "a: &a [*a]\n",
        [
            "net.yaml:1:1: key 'inputs' is missing",
            "net.yaml:1:1: key 'layers' is missing",
            "net.yaml:1:1: key 'loss' is missing",
            "net.yaml:1:1: key 'name' is missing",
            "net.yaml:1:1: key 'symprop' is missing",
            (
                "net.yaml:1:1: unknown key 'a'; expected one of blocks, data, dims, functions, inputs, layer_types, "
                "layers, layout, loss, losses, metrics, name and 4 more"
            ),
            "net.yaml:1:4: anchor &a is refused; expected the value alone. Remove it.",
            "net.yaml:1:8: alias *a is refused; expected the value itself. Write it out.",
        ],
    ),
    "tag": (
        net(name="!!python/object/apply:os.system [ls]"),
        [
            "net.yaml:2:7: name: expected a name, got a list",
            "net.yaml:2:7: tag !!python/object/apply:os.system is refused; expected the value alone. Remove it.",
        ],
    ),
    "tag_on_scalar": (
        net(dims="{F: !!int '3'}"),
        [
            "net.yaml:6:11: tag !!int is refused; expected the value alone. Remove it.",
        ],
    ),
    "merge_key": (
        net(training="{<<: {epochs: 3}, seed: 1}"),
        [
            "net.yaml:6:12: merge key << is refused; expected the keys themselves. Write them out.",
        ],
    ),
    "duplicate_key": (
        net() + "name: other\n",
        [
            "net.yaml:6:1: key 'name' stands here again; expected it once. See line 2.",
        ],
    ),
    "duplicate_inner_key": (
        net(training="{epochs: 3, seed: 1, epochs: 4}"),
        [
            "net.yaml:6:32: key 'epochs' stands here again; expected it once. See line 6.",
        ],
    ),
    "list_as_key": (
        net() + "? [a, b]\n: 1\n",
        [
            "net.yaml:6:3: a list or a mapping stands as a key; expected a name",
        ],
    ),
    "directive": (
        "%YAML 1.1\n---\n" + net(),
        [
            "net.yaml:2:1: directives such as %YAML and %TAG are refused; expected none. Remove the line.",
        ],
    ),
    "too_deep": (
        net(metrics="[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
        [
            "net.yaml:6:41: values are nested too deeply; expected at most 32 levels",
        ],
    ),
    "nan": (
        net(loss="{type: mse, from: out, target: y, l2: .nan}"),
        [
            "net.yaml:5:45: .nan is not a finite number; expected one. Quote it if it is text.",
        ],
    ),
    "infinity": (
        net(loss="{type: mse, from: out, target: y, weight: .inf}"),
        [
            "net.yaml:5:49: .inf is not a finite number; expected one. Quote it if it is text.",
        ],
    ),
    "octal": (
        net(training="{epochs: 017}"),
        [
            (
                "net.yaml:6:20: 017 is octal to some readers of YAML; expected a number without a leading 0. "
                "Write 17, or quote it."
            ),
        ],
    ),
    "hexadecimal": (
        net(training="{epochs: 0x10}"),
        [
            "net.yaml:6:20: 0x10 is not decimal; expected a decimal number. Quote it if it is text.",
        ],
    ),
    "huge_integer": (
        net(training="{epochs: " + "9" * 10000 + "}"),
        [
            "net.yaml:6:20: a number of 10000 characters; expected at most 40",
        ],
    ),
    "overflow": (
        net(loss="{type: mse, from: out, target: y, l2: 1e999}"),
        [
            "net.yaml:5:45: 1e999 is beyond the largest float64; expected a finite number",
        ],
    ),
    "date": (
        net(training="{epochs: 2001-01-01}"),
        [
            ("net.yaml:6:20: training: epochs: expected a whole number from 1 to 1000000000, got text '2001-01-01'"),
        ],
    ),
    "underscores": (
        net(training="{epochs: 1_000}"),
        [
            "net.yaml:6:20: training: epochs: expected a whole number from 1 to 1000000000, got text '1_000'",
        ],
    ),
    "escape_to_control": (
        net(name='"a\\x00b"'),
        [
            "net.yaml:2:7: character U+0000 (a control character) cannot be seen; expected printable text",
        ],
    ),
    "escape_right_to_left": (
        net(data='{train: {path: "a\\u202Ecsv"}}'),
        [
            "net.yaml:6:22: character U+202E (right-to-left override) cannot be seen; expected printable text",
        ],
    ),
    "escape_beyond_unicode": (
        net(name='"\\UFFFFFFFF"'),
        [
            "net.yaml:2:1: from here on this cannot be read as YAML",
        ],
    ),
    # the top level
    "unknown_sections": (
        net(optimiser="adam", layer="[]"),
        [
            "net.yaml:6:1: unknown key 'optimiser'; did you mean 'optimizer'?",
            "net.yaml:7:1: unknown key 'layer'; did you mean 'layers'?",
        ],
    ),
    "missing_sections": (
        "symprop: 1\n",
        [
            "net.yaml:1:1: key 'inputs' is missing",
            "net.yaml:1:1: key 'layers' is missing",
            "net.yaml:1:1: key 'loss' is missing",
            "net.yaml:1:1: key 'name' is missing",
        ],
    ),
    "version": (
        net(symprop="2"),
        [
            "net.yaml:1:10: symprop: expected version 1 of the spec, got 2. A newer symprop may read it.",
        ],
    ),
    "version_text": (
        net(symprop='"1"'),
        [
            "net.yaml:1:10: symprop: expected version 1 of the spec, got text '1'",
        ],
    ),
    "name_number": (
        net(name="3"),
        [
            "net.yaml:2:7: name: expected a name, got 3",
        ],
    ),
    "name_path": (
        net(name="../x"),
        [
            (
                "net.yaml:2:7: name: expected a name of ASCII letters, digits and _ that begins with a letter, "
                "got text '../x'"
            ),
        ],
    ),
    "name_long": (
        net(name="a" * 300),
        [
            "net.yaml:2:7: name: expected a name of at most 64 characters, got 300",
        ],
    ),
    "name_emoji": (
        net(name='"😀"'),
        [
            (
                "net.yaml:2:7: name: expected a name of ASCII letters, digits and _ that begins with a letter, "
                "got text '\\U0001f600'"
            ),
        ],
    ),
    "name_package": (
        net(name="numpy"),
        [
            (
                "net.yaml:2:7: name: 'numpy' is the name of a package that a generated module imports; "
                "expected another name"
            ),
        ],
    ),
    "name_dunder": (
        net(name="__init__"),
        [
            (
                "net.yaml:2:7: name: expected a name of ASCII letters, digits and _ that begins with a letter, "
                "got text '__init__'"
            ),
        ],
    ),
    "name_keyword": (
        net(name="lambda"),
        [
            "net.yaml:2:7: name: expected a name, got the Python keyword 'lambda'",
        ],
    ),
    "name_look_alike": (
        net(name="\u0435val"),
        [
            (
                "net.yaml:2:7: name: expected a name of ASCII letters, digits and _ that begins with a letter, "
                "got text '\\u0435val'"
            ),
        ],
    ),
    "layout": (
        net(layout="transposed"),
        [
            "net.yaml:6:9: layout: expected rows or columns, got text 'transposed'",
        ],
    ),
    "layout_near": (
        net(layout="column"),
        [
            "net.yaml:6:9: layout: unknown value 'column'; did you mean 'columns'?",
        ],
    ),
    "no_is_text": (
        net(training="{shuffle: no}"),
        [
            "net.yaml:6:21: training: shuffle: expected true or false, got text 'no'",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_fault_is_reported_in_full(name: str) -> None:
    text, messages = CASES[name]
    assert faults_of(text) == messages
