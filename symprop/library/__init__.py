"""Entries as text in the language of tensor equations: activations, losses, layers, optimizers, initialisers.

Each family is a registry, an ordered mapping from a name to its entry, and a function that registers one more:

    >>> from symprop.library import activation
    >>> entry = activation("silu_2", "z*sigmoid(2*z)", source="unpublished")

From then on the name stands in specs, documents and kernels.  No derivative is written anywhere here.
"""

from symprop.library.activations import ACTIVATIONS, Activation, activation, callable_names
from symprop.library.functions import functions_used
from symprop.library.initialisers import INITIALISERS, Initialiser, initialiser
from symprop.library.layers import LAYERS, Layer, Parameter, Requirement, layer
from symprop.library.losses import LOSSES, Given, Loss, loss, loss_of_layers
from symprop.library.metrics import METRICS, Metric, metric
from symprop.library.optimizers import OPTIMIZERS, Update, optimizer
from symprop.library.options import REQUIRED, Option
from symprop.library.registry import Registry
from symprop.library.schedules import SCHEDULES, Schedule, schedule
from symprop.library.variants import Variant

__all__ = [
    "ACTIVATIONS",
    "INITIALISERS",
    "LAYERS",
    "LOSSES",
    "METRICS",
    "OPTIMIZERS",
    "REQUIRED",
    "SCHEDULES",
    "Activation",
    "Given",
    "Initialiser",
    "Layer",
    "Loss",
    "Metric",
    "Option",
    "Parameter",
    "Registry",
    "Requirement",
    "Schedule",
    "Update",
    "Variant",
    "activation",
    "callable_names",
    "functions_used",
    "initialiser",
    "layer",
    "loss",
    "loss_of_layers",
    "metric",
    "optimizer",
    "schedule",
]
