"""What is registered with the library from outside is known to the spec at once, options, suggestions and all."""

from collections.abc import Iterator

import pytest

from symprop.library import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS, Option, activation, layer, loss, optimizer
from symprop.spec import parse_spec, spec_schema, standard
from tests.spec.stand_in import faults_of, net


@pytest.fixture
def added() -> Iterator[None]:
    option = Option("number", 2.0, low=1.0, high=3.0, doc="steepness")
    activation("steep", "tanh(k*z)", source="none", options={"k": option})
    loss("quartic", "(p - t)**4", source="none")
    optimizer("plain", "w = w - lr*g", source="none", options={"lr": Option("number", 0.1)})
    layer(
        "scale",
        "Z[..., j] = s[j]*x[..., j]",
        args={"x": "..., D"},
        shape="..., D",
        params=None,
        source="none",
        options={"mode": Option("name", "a", choices=("a", "b", "c")), "times": Option("integer", low=1, high=4)},
    )
    yield
    for registry, name in ((ACTIVATIONS, "steep"), (LOSSES, "quartic"), (OPTIMIZERS, "plain"), (LAYERS, "scale")):
        registry.forget(name)


@pytest.mark.usefixtures("added")
def test_entries_from_outside() -> None:
    text = net(
        layers="[{id: a, type: scale, times: 2}, {id: out, type: dense, units: 1, activation: {type: steep, k: 3}}]",
        loss="{type: quartic, from: out, target: y}",
        optimizer="{type: plain, lr: 1}",
    )
    spec = parse_spec(text)
    assert dict(spec.layers[0].options) == {"mode": "a", "times": 2}
    pick = spec.layers[1].activation
    assert pick is not None
    assert (pick.name, dict(pick.options)) == ("steep", {"k": 3.0})
    assert (spec.loss[0].type, spec.optimizer.name) == ("quartic", "plain")


@pytest.mark.usefixtures("added")
def test_their_options_are_checked() -> None:
    text = net(
        layers="[{id: a, type: scale, mode: d, times: 9}, {id: b, type: scale, modus: a},\n"
        " {id: c, type: scal, times: 1}, {id: out, type: dense, units: 1, activation: {type: steep, k: 4}}]"
    )
    assert faults_of(text, standard()) == [
        "net.yaml:4:37: layer 'a': mode: expected one of a, b, c, got text 'd'",
        "net.yaml:4:47: layer 'a': times: expected a whole number from 1 to 4, got 9",
        "net.yaml:4:51: layer 'b': key 'times' is missing",
        "net.yaml:4:72: layer 'b': unknown key 'modus'; did you mean 'mode'?",
        "net.yaml:5:16: layer 'c': unknown layer type 'scal'; did you mean 'scale'?",
        "net.yaml:5:95: layer 'out': activation 'steep': k: expected a number from 1 to 3, got 4",
    ]


@pytest.mark.usefixtures("added")
def test_the_schema_knows_them() -> None:
    variants = spec_schema()["properties"]["layers"]["items"]["anyOf"]
    found = [v for v in variants if v["properties"].get("type") == {"const": "scale"}]
    assert len(found) == 1
    assert found[0]["properties"]["mode"]["enum"] == ["a", "b", "c"]
    assert found[0]["additionalProperties"] is False
