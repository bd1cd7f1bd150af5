"""Names of the metrics a training run can report, with the predictions they read.

Enters: nothing.  Leaves: the registry `METRICS`.  Their arithmetic is done on arrays, in the training part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symprop.library.options import Option
from symprop.library.registry import Registry


@dataclass(frozen=True)
class Metric:
    """A number that says how good predictions are.

    Args:
        name: its name in a spec.
        kind: "classes" (compares labels), "scores" (ranks one probability) or "values" (compares real numbers).
        best: "high" or "low", the direction of improvement.
        source: where it is published.
        options: what a spec can set: nothing.
    """

    name: str
    kind: str
    best: str
    source: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)


METRICS: Registry[Metric] = Registry("metric")


def metric(name: str, kind: str, best: str, *, source: str) -> Metric:
    """Register a metric; see `Metric`."""
    return METRICS.register(Metric(name, kind, best, source))


_POWERS = "Powers, J. Mach. Learn. Technol. 2, 37-63 (2011)"
_HYNDMAN = "Hyndman, Koehler, Int. J. Forecast. 22, 679-688 (2006)"

metric("accuracy", "classes", "high", source=_POWERS)
metric("f1", "classes", "high", source=_POWERS)
metric("auc", "scores", "high", source="Fawcett, Pattern Recognit. Lett. 27, 861-874 (2006)")
metric("mae", "values", "low", source=_HYNDMAN)
metric("rmse", "values", "low", source=_HYNDMAN)
metric("r2", "values", "high", source="Wright, J. Agric. Res. 20, 557-585 (1921)")
