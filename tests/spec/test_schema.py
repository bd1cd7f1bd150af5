"""The JSON schema for editors describes what the reader accepts."""

import json

from symprop.spec import spec_schema


def test_it_is_json_and_stable() -> None:
    assert json.dumps(spec_schema()) == json.dumps(spec_schema())


def test_sections_and_options() -> None:
    schema = spec_schema()
    assert schema["required"] == ["symprop", "name", "inputs", "layers", "loss"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["symprop"] == {"const": 1}
    layers = {v["properties"]["type"]["const"]: v for v in schema["properties"]["layers"]["items"]["anyOf"][:-3]}
    dense = layers["dense"]
    assert dense["required"] == ["type", "units"]
    assert dense["properties"]["units"]["description"] == "number of outputs"
    assert dense["properties"]["bias"] == {
        "default": True,
        "description": "whether b is there",
        "type": "boolean",
    }
    assert set(dense["properties"]) == {"type", "id", "in", "tie", "units", "activation", "bias", "init", "bias_init"}
    own = schema["properties"]["layers"]["items"]["anyOf"][-1]
    assert own["required"] == ["equations", "args", "output"]
