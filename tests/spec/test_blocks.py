"""Blocks: what they are written out as, and what is said of a faulty one, at its own lines."""

import pytest

from symprop.errors import SpecError
from symprop.network import build
from symprop.spec import parse_spec
from symprop.spec.limits import Limits
from tests.spec.stand_in import CATALOG

HEAD = """\
symprop: 1
name: t
inputs: {x: {shape: [5]}, y: {shape: [5], role: target}}
"""
RES = """\
blocks:
  res:
    - {id: fc, type: dense, units: 8, activation: relu}
    - {id: back, type: dense, units: 5}
    - {id: sum, type: add, in: [back, input]}
"""


def spec(layers: str, source: str, blocks: str = RES) -> str:
    return f"{HEAD}{blocks}layers:\n{layers}loss: {{type: mse, from: {source}, target: y}}\n"


def flow(text: str) -> list[str]:
    """Every layer with what it reads."""
    return [f"{layer.reference}: {', '.join(layer.sources)}" for layer in parse_spec(text, catalog=CATALOG).layers]


def faults(text: str, limits: Limits | None = None) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_spec(text, catalog=CATALOG, limits=limits or Limits())
    return str(caught.value).split("\n")


def test_a_repetition_reads_the_one_before():
    text = spec("  - {id: stem, type: dense, units: 5}\n  - {block: res, id: e, repeat: 2}\n", "e")
    assert flow(text) == [
        "stem: x",
        "e1.fc: stem",
        "e1.back: e1.fc",
        "e1.sum: e1.back, stem",
        "e2.fc: e1.sum",
        "e2.back: e2.fc",
        "e2.sum: e2.back, e1.sum",
    ]
    network = build(parse_spec(text))
    assert str(network.defining("Z_e2_sum")) == "Z_e2_sum[n,j] = Z_e2_back[n,j] + Z_e1_sum[n,j]"
    assert network.outputs == ("Z_e2_sum",)


def test_a_block_without_repeat_and_without_id():
    assert flow(spec("  - {block: res}\n", "res")) == ["res.fc: x", "res.back: res.fc", "res.sum: res.back, x"]


def test_inputs_by_name():
    blocks = (
        "blocks:\n  join:\n    - {id: a, type: dense, units: 5, in: left}\n    - {id: b, type: add, in: [a, right]}\n"
    )
    layers = "  - {id: l, type: dense, units: 4}\n  - {id: r, type: dense, units: 5}\n"
    text = spec(layers + "  - {block: join, in: {left: l, right: r}}\n", "join", blocks)
    assert flow(text) == ["l: x", "r: l", "join.a: l", "join.b: join.a, r"]


def test_references_from_outside():
    layers = "  - {block: res, id: e, repeat: 2}\n  - {id: all, type: add, in: [e, e1, e1.fc2, e2.fc2, x]}\n"
    blocks = RES.replace("    - {id: sum", "    - {id: fc2, type: dense, units: 5, in: fc}\n    - {id: sum")
    assert flow(spec(layers, "all", blocks))[-1] == "all: e2.sum, e1.sum, e1.fc2, e2.fc2, x"


def test_numbers_count_the_layers_of_a_block():
    blocks = (
        "blocks:\n  two:\n    - {type: dense, units: 5}\n    - {type: dense, units: 5}\n    - {type: add, in: [1, 2]}\n"
    )
    text = spec("  - {type: dense, units: 5}\n  - {block: two}\n  - {type: add, in: [1, two]}\n", '"3"', blocks)
    assert flow(text) == ["1: x", "2: 1", "3: 2", "4: 2, 3", "5: 1, 4"]


def test_blocks_in_blocks():
    blocks = RES + "  pair:\n    - {block: res, id: a, in: input}\n    - {block: res, id: b}\n"
    text = spec("  - {block: pair, id: p, repeat: 2}\n", "p", blocks)
    assert [line.split(":")[0] for line in flow(text)][::3] == ["p1.a.fc", "p1.b.fc", "p2.a.fc", "p2.b.fc"]
    assert flow(text)[6] == "p2.a.fc: p1.b.sum"


def test_ties_inside_a_block():
    blocks = "blocks:\n  twin:\n    - {id: a, type: dense, units: 5}\n    - {id: b, type: dense, units: 5, tie: a.W}\n"
    network = build(parse_spec(spec("  - {block: twin, id: t, repeat: 2}\n", "t", blocks)))
    assert [t.name for t in network.params] == ["W_t1_a", "b_t1_a", "b_t1_b", "W_t2_a", "b_t2_a", "b_t2_b"]


CASES = {
    "a fault is reported once, at the line of the block": (
        spec("  - {block: res, id: e, repeat: 3}\n", "e", RES.replace("units: 8,", "units: 8, bais: true,")),
        ["net.yaml:6:39: layer 'e1.fc': unknown key 'bais'; did you mean 'bias'?"],
    ),
    "an unknown reference in a block": (
        spec("  - {block: res, id: e, repeat: 3}\n", "e", RES.replace("[back, input]", "[back, inputs]")),
        ["net.yaml:8:39: layer 'e1.sum': in: unknown source 'inputs'; expected one of e1.back, e1.fc, x"],
    ),
    "an unknown block": (
        spec("  - {block: ress, id: e}\n  - {id: o, type: dense, units: 5, in: x}\n", "o"),
        ["net.yaml:10:5: layers: unknown block 'ress'; did you mean 'res'?"],
    ),
    "a block inside itself": (
        spec("  - {block: a}\n", "a", "blocks:\n  a: [{block: b}]\n  b: [{block: a}]\n"),
        ["net.yaml:6:7: block 'a' is used inside itself, a -> b -> a"],
    ),
    "no list": (
        spec("  - {id: o, type: dense, units: 5}\n", "o", "blocks: {a: 3}\n"),
        ["net.yaml:4:13: block 'a': expected a list of layers"],
    ),
    "a wrong repeat": (
        spec("  - {block: res, repeat: 0}\n", "res"),
        ["net.yaml:10:26: layers: block: repeat: expected a whole number from 1 to 2000, got 0"],
    ),
    "a block that is not used": (
        spec("  - {id: o, type: dense, units: 5}\n", "o"),
        ["net.yaml:5:3: block 'res': no layer uses it. Use it, or remove it."],
    ),
    "a number of no layer above": (
        spec("  - {block: res}\n  - {type: add, in: [7, x]}\n", '"2"'),
        ["net.yaml:11:22: layers: in: layer 7 does not stand above; expected the id of a layer, or a number"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_faults(name):
    text, messages = CASES[name]
    assert faults(text) == messages


def test_too_many_layers():
    text = spec("  - {block: res, id: e, repeat: 900}\n", "e")
    message = "net.yaml:8:7: layers: with their blocks written out these are more than 2000 layers"
    assert [line for line in faults(text) if "more than" in line] == [message]


def test_a_shape_that_does_not_fit_is_reported_at_the_block():
    text = spec("  - {block: res, id: e, repeat: 3}\n", "e", RES.replace("units: 5", "units: 6"))
    with pytest.raises(SpecError) as caught:
        build(parse_spec(text))
    assert str(caught.value) == (
        "net.yaml:8:7: layer 'e1.sum': add: inputs differ in shape, e1.back (N, 6) and x (N, 5). Give both 6 units."
    )
