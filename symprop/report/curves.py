"""A picture of training: the loss of each epoch, and of the validation rows where there are any.

Enters: a history with an entry an epoch.  Leaves: SVG, written here.  Entries that are not finite are left out
of the curve, and its line is interrupted there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Protocol

from symprop.report.template import fill

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 16, 36, 44
COLOURS = ("#0b5394", "#b45309")


class History(Protocol):
    """What a run records."""

    @property
    def loss(self) -> Sequence[float]:
        """Loss of each epoch on the training rows."""

    @property
    def val_loss(self) -> Sequence[float]:
        """Loss of each epoch on the validation rows, empty without them."""


def curves_svg(history: History) -> str:
    """The losses over the epochs as SVG."""
    curves = {"loss": [float(v) for v in history.loss], "validation loss": [float(v) for v in history.val_loss]}
    shown = {name: values for name, values in curves.items() if values}
    finite = [v for values in shown.values() for v in values if math.isfinite(v)]
    ticks = nice_ticks(min(finite, default=0.0), max(finite, default=1.0))
    epochs = max((len(values) for values in shown.values()), default=1)
    scale = _Scale(epochs, ticks[0], ticks[-1])
    return fill(
        "report_curves.svg.jinja",
        {
            "width": WIDTH,
            "height": HEIGHT,
            "frame": (LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM),
            "rows": [(scale.y(tick), f"{tick:g}") for tick in ticks],
            "columns": [(scale.x(epoch), str(epoch)) for epoch in epoch_ticks(epochs)],
            "curves": [
                (name, colour, list(scale.paths(values)), LEFT + 10 + 150 * k)
                for k, ((name, values), colour) in enumerate(zip(shown.items(), COLOURS, strict=False))
            ],
        },
    )


class _Scale:
    """From epochs and losses to pixels."""

    def __init__(self, epochs: int, low: float, high: float) -> None:
        self.epochs, self.low, self.high = epochs, low, high

    def x(self, epoch: int) -> str:
        share = (epoch - 1) / (self.epochs - 1) if self.epochs > 1 else 0.5
        return f"{LEFT + share * (WIDTH - LEFT - RIGHT):.1f}"

    def y(self, value: float) -> str:
        share = (value - self.low) / (self.high - self.low)
        return f"{HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM):.1f}"

    def paths(self, values: Sequence[float]) -> Iterator[str]:
        """Lines between neighbouring finite values; one alone is a point."""
        run: list[str] = []
        for epoch, value in enumerate([*values, math.nan], 1):
            if math.isfinite(value):
                run.append(f"{self.x(epoch)} {self.y(value)}")
            elif run:
                yield "M " + " L ".join(run if len(run) > 1 else run * 2)
                run = []


def nice_ticks(low: float, high: float) -> list[float]:
    """Four to ten round numbers from below `low` to above `high`."""
    # a range below what doubles resolve, or what is printed of them, is a single value
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    power = 10.0 ** math.floor(math.log10(high - low))
    step = next(s * power for s in (0.1, 0.2, 0.5, 1.0, 2.0) if (high - low) / (s * power) <= 7)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def epoch_ticks(epochs: int) -> list[int]:
    """At most eight epochs, the first among them."""
    step = max(1, math.ceil(epochs / 7))
    return list(range(1, epochs + 1, step))
