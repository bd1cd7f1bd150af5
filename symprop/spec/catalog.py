"""What the spec may name: the registries of the library, read only for names, options and a few facts.

A spec is checked against a `Catalog`, never against the library directly, so that an entry added from outside the
package is known to the reader at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Catalog:
    """Registries by name; an entry has `.name` and `.options`, names to `symprop.library.options.Option`."""

    activations: Mapping[str, Any]
    layers: Mapping[str, Any]
    losses: Mapping[str, Any]
    optimizers: Mapping[str, Any]
    initialisers: Mapping[str, Any]
    schedules: Mapping[str, Any]
    metrics: Mapping[str, Any]


@cache
def standard() -> Catalog:
    """The catalog of symprop's own library, and of whatever was registered with it."""
    from symprop import library

    return Catalog(
        activations=library.ACTIVATIONS,
        layers=library.LAYERS,
        losses=library.LOSSES,
        optimizers=library.OPTIMIZERS,
        initialisers=library.INITIALISERS,
        schedules=library.SCHEDULES,
        metrics=library.METRICS,
    )
