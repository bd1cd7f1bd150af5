"""The mappings of net.yaml as pydantic models: fixed ones, and one for each entry of a registry, made from its options.

A model is strict and forbids unknown keys.  Field names are the spec's keys with `key_` in front, since `in` and `from`
are words of Python, and since an option may have a name that pydantic uses itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from symprop.language import LAYOUTS
from symprop.library.options import REQUIRED, Option
from symprop.spec import kinds as k
from symprop.spec.limits import DEFAULT

Fields = Mapping[str, tuple[Any, Any]]
Record = type[BaseModel]


class Strict(BaseModel):
    """Base of all records."""

    # deferred: most specs use few of the records, and building one takes a millisecond
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


def record(name: str, fields: Fields) -> Record:
    """A model from keys to (kind, default); `REQUIRED` as default where the key must be given."""
    made: dict[str, Any] = {
        f"key_{key}": (kind, Field(alias=key) if default is REQUIRED else Field(default=default, alias=key))
        for key, (kind, default) in fields.items()
    }
    return create_model(name, __base__=Strict, **made)


def keys(model: Record) -> list[str]:
    """Keys of a record, as a spec writes them."""
    return [str(field.alias) for field in model.model_fields.values()]


def values(made: BaseModel) -> dict[str, Any]:
    """Values by key."""
    return {str(field.alias): getattr(made, name) for name, field in type(made).model_fields.items()}


def option_field(option: Option) -> tuple[Any, Any]:
    """Kind and default of an option of an entry."""
    match option.kind:
        case "integer":
            low, high = (None if b is None else int(b) for b in (option.low, option.high))
            kind = k.whole(low, high)
        case "number":
            kind = k.number(option.low, option.high)
        case "numbers":
            kind = k.numbers(len(option.default), option.low, option.high)
        case "name":
            kind = k.choice(*option.choices)
        case "sizes":
            kind = k.sizes(option.count, int(option.low or 0), option.choices)
        case _:
            kind = _PLAIN_KINDS[option.kind]
    return (k.optional(kind) if option.default is None else kind), option.default


_PLAIN_KINDS: dict[str, Any] = {
    "extent": k.EXTENT,
    "extents": k.SHAPE,
    "axes": k.AXES,
    "flag": k.FLAG,
    "activation": k.PICK,
    "initialiser": k.PICK,
}


def entry_record(entry: Any, base: Fields) -> Record:
    """The model of one entry: the keys that all of its sort have, and its own options, which win."""
    own = {key: option_field(option) for key, option in entry.options.items()}
    return record(entry.name, {**base, **own})


def layer_fields(entry: Any) -> Fields:
    """The keys of a layer of the library beside its options; one that learns can share what it learns."""
    return {**LAYER, **TIE} if entry.params else LAYER


def loss_fields(entry: Any) -> Fields:
    """The keys of a loss beside its options: layers and inputs where it reads several, a target where it has one."""
    fields = {**LOSS, "from": (k.SOURCES, REQUIRED)} if entry.args else {**LOSS}
    fields |= {name: (k.REFERENCE, None) for name in entry.further}
    if not entry.has_target:
        del fields["target"]
    return fields


PICKED: Fields = {"type": (k.TEXT, REQUIRED)}
LAYER: Fields = {
    "type": (k.TEXT, REQUIRED),
    "id": (k.LAYER_ID_KIND, None),
    "in": (k.SOURCES, None),
}
TIE: Fields = {"tie": (k.TIE, None)}
# of a layer whose type is at fault
LAYER_ANY_KEYS = ("id", "in")
LAYER_ANY = record("layer", {key: LAYER[key] for key in LAYER_ANY_KEYS})
LOSS: Fields = {
    "type": (k.TEXT, REQUIRED),
    "from": (k.REFERENCE, REQUIRED),
    "target": (k.REFERENCE, REQUIRED),
    "weight": (k.number(above=0), 1.0),
    "reduce": (k.choice("mean", "sum"), None),
    "l1": (k.number(low=0), 0.0),
    "l2": (k.number(low=0), 0.0),
    "mask": (k.REFERENCE, None),
}
OPTIMIZER: Fields = {
    "type": (k.TEXT, REQUIRED),
    "clip_norm": (k.number(above=0), None),
    "schedule": (k.PICK, None),
}

BLOCK_USE = record(
    "block",
    {
        "block": (k.IDENTIFIER_KIND, REQUIRED),
        "repeat": (k.whole(1, DEFAULT.layers), None),
        "id": (k.LAYER_ID_KIND, None),
        "in": (k.SOURCES, None),
    },
)
OWN: Fields = {
    "equations": (k.many(k.TEXT), REQUIRED),
    "args": (k.table(k.SHAPE), REQUIRED),
    "params": (k.table(k.MAPPING), {}),
    "states": (k.table(k.MAPPING), {}),
    "updates": (k.many(k.TEXT), []),
    "inference": (k.many(k.TEXT), []),
    "extents": (k.table(k.SIZE), {}),
    "output": (k.IDENTIFIER_KIND, REQUIRED),
}
EQUATIONS_LAYER = record(
    "equations",
    {
        **OWN,
        "id": (k.LAYER_ID_KIND, None),
        "in": (k.SOURCES, None),
        "tie": (k.TIE, None),
        "activation": (k.PICK, None),
    },
)
LAYER_TYPE = record(
    "layer type", {**OWN, "options": (k.table(k.ANYTHING), {}), "optional": (k.table(k.number()), {})}
)
LAYER_TYPE_USE: Fields = {**LAYER, **TIE, "activation": (k.PICK, None)}
OPTION = record(
    "option",
    {
        "kind": (k.choice("number", "flag", "extent"), REQUIRED),
        "default": (k.ANYTHING, None),
        "low": (k.number(), None),
        "high": (k.number(), None),
        "doc": (k.TEXT, None),
    },
)
LAYER_PARAM = record("param", {"shape": (k.SHAPE, REQUIRED), "init": (k.PICK, None)})

FUNCTION = record(
    "function",
    {
        "args": (k.many(k.IDENTIFIER_KIND), REQUIRED),
        "params": (k.table(k.MAPPING), {}),
        "constants": (k.table(k.number()), {}),
        "formula": (k.TEXT, REQUIRED),
    },
)
FUNCTION_PARAM = record("param", {"init": (k.number(), REQUIRED)})
LOSS_FUNCTION = record(
    "loss function",
    {
        "args": (k.many(k.IDENTIFIER_KIND), REQUIRED),
        "constants": (k.table(k.number()), {}),
        "formula": (k.TEXT, REQUIRED),
        "reduce": (k.choice("mean", "sum"), "mean"),
    },
)
INPUT = record(
    "input",
    {
        "shape": (k.SHAPE, None),
        "role": (k.choice("input", "target"), "input"),
        "classes": (k.EXTENT, None),
        "vocabulary": (k.EXTENT, None),
        "column": (k.TEXT, None),
        "columns": (k.many(k.TEXT), None),
    },
)
TRAINING = record(
    "training",
    {
        "epochs": (k.whole(1, 10**9), 10),
        "batch_size": (k.whole(1, 2**31 - 1), 32),
        "seed": (k.whole(0, 2**63 - 1), 0),
        "dtype": (k.choice("float32", "float64"), "float32"),
        "shuffle": (k.FLAG, True),
        "threads": (k.whole(1, 2**31 - 1), 1),
        "early_stop": (k.MAPPING, None),
    },
)
EARLY_STOP = record(
    "early_stop",
    {
        "monitor": (k.TEXT, "val_loss"),
        "patience": (k.whole(1, 10**9), REQUIRED),
        "min_delta": (k.number(low=0), 0.0),
    },
)
DATA = record(
    "data",
    {
        "train": (k.MAPPING, None),
        "validation": (k.MAPPING, None),
        "test": (k.MAPPING, None),
        "standardize": (k.FLAG, False),
        "split": (k.MAPPING, None),
    },
)
DATA_FILE = record("data file", {"path": (k.TEXT, REQUIRED)})
SPLIT = record(
    "split",
    {
        "validation": (k.number(above=0, below=1), None),
        "test": (k.number(above=0, below=1), None),
        "stratify": (k.FLAG, True),
    },
)
ROOT = record(
    "symprop",
    {
        "symprop": (k.VERSION, REQUIRED),
        "name": (k.NAME, REQUIRED),
        "dims": (k.table(k.whole(1, DEFAULT.extent)), {}),
        "functions": (k.table(k.MAPPING), {}),
        "losses": (k.table(k.MAPPING), {}),
        "inputs": (k.table(k.MAPPING), REQUIRED),
        "layer_types": (k.table(k.MAPPING), {}),
        "blocks": (k.table(k.ITEMS), {}),
        "layers": (k.ITEMS, REQUIRED),
        "loss": (k.ANYTHING, REQUIRED),
        "optimizer": (k.PICK, "adam"),
        "training": (k.MAPPING, None),
        "data": (k.MAPPING, None),
        "metrics": (k.ITEMS, []),
        "symbols": (k.table(k.SYMBOL_KIND), {}),
        "layout": (k.choice(*LAYOUTS), LAYOUTS[0]),
    },
)
