"""Texts of specs that differ from a good one in one section, and what is said of a faulty one."""

import pytest

from symprop.errors import SpecError
from symprop.spec import Catalog, parse_spec, standard

SECTIONS = {
    "symprop": "1",
    "name": "t",
    "inputs": "{x: {shape: [3]}, y: {shape: [1], role: target}}",
    "layers": "[{id: a, type: dense, units: 4, activation: relu}, {id: out, type: dense, units: 1}]",
    "loss": "{type: mse, from: out, target: y}",
}

# Messages list what is known; what is added to the library later is not to change them.
CATALOG = Catalog(
    activations=dict(standard().activations),
    layers={
        name: standard().layers[name]
        for name in ("activation", "add", "concat", "dense", "dropout", "flatten", "multiply")
    },
    losses=dict(standard().losses),
    optimizers={name: standard().optimizers[name] for name in ("adam", "sgd")},
    initialisers=dict(standard().initialisers),
    schedules={name: standard().schedules[name] for name in ("constant", "cosine", "step")},
    metrics={name: standard().metrics[name] for name in ("accuracy", "auc", "f1", "mae", "r2", "rmse")},
)


def net(**sections: str) -> str:
    """A spec with one section a line, in this order; "" leaves a section out, others follow from line 6."""
    return "".join(f"{key}: {text}\n" for key, text in (SECTIONS | sections).items() if text)


def faults_of(text: str, catalog: Catalog = CATALOG) -> list[str]:
    """The lines of the report on a faulty spec."""
    with pytest.raises(SpecError) as caught:
        parse_spec(text, catalog=catalog)
    return str(caught.value).split("\n")
