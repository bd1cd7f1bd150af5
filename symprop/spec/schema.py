"""The JSON schema of net.yaml, for editors; made from the same records that check a spec."""

from __future__ import annotations

from typing import Any

from symprop.spec import records
from symprop.spec.catalog import Catalog, standard

Schema = dict[str, Any]


def spec_schema(catalog: Catalog | None = None) -> Schema:
    """A JSON schema (draft 2020-12) of the spec, with one variant for every entry of the catalog."""
    known = catalog or standard()
    schema = _object(records.ROOT)
    own = schema["properties"]
    own["functions"] = _table(_object(records.FUNCTION, params=_table(_object(records.FUNCTION_PARAM))))
    own["losses"] = _table(_object(records.LOSS_FUNCTION))
    own["inputs"] = _table(_object(records.INPUT))
    layers = {"type": "array", "minItems": 1, "items": {"anyOf": _layers(known)}}
    own["layers"], own["blocks"] = layers, _table(layers)
    own["layer_types"] = _table(_object(records.LAYER_TYPE, **_held()))
    loss = {"anyOf": [*(_entry(entry, records.loss_fields(entry)) for entry in known.losses.values()), _user_loss()]}
    own["loss"] = {"anyOf": [loss, {"type": "array", "items": loss, "minItems": 1}]}
    own["optimizer"] = _pick(known.optimizers, {**records.OPTIMIZER}, schedule=_pick(known.schedules))
    own["training"] = _object(records.TRAINING, early_stop=_object(records.EARLY_STOP))
    files = {key: _object(records.DATA_FILE) for key in ("train", "validation", "test")}
    own["data"] = _object(records.DATA, **files, split=_object(records.SPLIT))
    own["metrics"] = {"type": "array", "items": _pick(known.metrics)}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "symprop net.yaml, version 1"}


def _object(model: records.Record, **properties: Schema) -> Schema:
    """Schema of a record; some of its properties written in more detail."""
    schema = model.model_json_schema(by_alias=True)
    for key, own in schema["properties"].items():
        own.pop("title", None)
        if own.get("default", 0) is None:
            del own["default"]
        if key in properties:
            schema["properties"][key] = properties[key]
    return schema


def _table(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _entry(entry: Any, base: records.Fields, **properties: Schema) -> Schema:
    """Schema of a mapping with `type` and the options of an entry, with their descriptions."""
    schema = _object(records.entry_record(entry, base), **properties)
    schema["properties"]["type"] = {"const": entry.name}
    for key, option in entry.options.items():
        if option.doc:
            schema["properties"][key]["description"] = option.doc
    if entry.source:
        schema["description"] = entry.source
    return schema


def _pick(registry: Any, base: records.Fields = records.PICKED, **properties: Schema) -> Schema:
    """A name of a registry, or a mapping with its options."""
    mappings = [_entry(entry, base, **properties) for entry in registry.values()]
    return {"anyOf": [{"enum": list(registry)}, *mappings]}


def _layers(known: Catalog) -> list[Schema]:
    entries = [_entry(entry, records.layer_fields(entry)) for entry in known.layers.values()]
    return [*entries, _own_type(known), _object(records.BLOCK_USE), _object(records.EQUATIONS_LAYER, **_held())]


def _held() -> dict[str, Schema]:
    return dict.fromkeys(("params", "states"), _table(_object(records.LAYER_PARAM)))


def _own_type(known: Catalog) -> Schema:
    """A use of a layer type of the spec's own, whose options are not known here."""
    schema = _object(records.record("a layer of the spec's own", records.LAYER_TYPE_USE))
    schema["properties"]["type"] = {"type": "string", "not": {"enum": list(known.layers)}}
    return {**schema, "additionalProperties": True}


def _user_loss() -> Schema:
    return _object(records.record("a loss of the spec's own", records.LOSS))
