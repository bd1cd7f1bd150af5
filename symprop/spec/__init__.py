"""net.yaml to NetSpec, with the place of every value; its faults are found without SymPy or NumPy.

Enters: a path or a text, and the registries of the library.  Leaves: a `NetSpec`, or a SpecError with every fault.
Shapes are not known here: they follow when equations are made.
"""

from symprop.spec.catalog import Catalog, standard
from symprop.spec.limits import Limits
from symprop.spec.model import (
    DataSpec,
    EarlyStop,
    FunctionSpec,
    InputSpec,
    LayerSpec,
    LossFunctionSpec,
    LossSpec,
    NetSpec,
    OptimizerSpec,
    ParamSpec,
    Pick,
    SplitSpec,
    Text,
    TrainingSpec,
)
from symprop.spec.parse import parse_spec, read_spec
from symprop.spec.places import Place
from symprop.spec.schema import spec_schema
from symprop.spec.starter import starter, starters

__all__ = [
    "Catalog",
    "DataSpec",
    "EarlyStop",
    "FunctionSpec",
    "InputSpec",
    "LayerSpec",
    "Limits",
    "LossFunctionSpec",
    "LossSpec",
    "NetSpec",
    "OptimizerSpec",
    "ParamSpec",
    "Pick",
    "Place",
    "SplitSpec",
    "Text",
    "TrainingSpec",
    "parse_spec",
    "read_spec",
    "spec_schema",
    "standard",
    "starter",
    "starters",
]
