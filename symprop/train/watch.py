"""Early stopping: which epoch is best, and when to stop waiting for a better one.

Enters: reports of epochs.  Leaves: the best so far and whether it is time to stop.  The loop acts on it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from symprop.errors import Fault, InputError
from symprop.train.contract import Params, copy_params
from symprop.train.history import EpochReport
from symprop.train.metrics import METRICS
from symprop.train.settings import EarlyStop


@dataclass(frozen=True)
class Best:
    """An epoch, what was monitored in it, and its parameters."""

    epoch: int
    value: float
    params: Params


@dataclass(frozen=True)
class Watch:
    """A rule of early stopping whose monitor is known to exist.

    Args:
        rule: the rule.
        rising: whether more is better.
    """

    rule: EarlyStop
    rising: bool

    @classmethod
    def of(cls, rule: EarlyStop | None, metrics: Sequence[str], validated: bool) -> Watch | None:
        """Check a rule against what will be measured.

        Raises:
            InputError: the monitor is not measured.
        """
        if rule is None:
            return None
        known = ["loss", *(["val_loss", *(f"val_{name}" for name in metrics)] if validated else [])]
        if rule.monitor not in known:
            message = f"{rule.monitor!r} is not measured; expected one of {', '.join(known)}"
            hint = "List the metric under `metrics`." if validated else "Keep rows for it: split: {validation: 0.2}."
            raise InputError(Fault("training.early_stop.monitor", message, hint))
        name = rule.monitor.removeprefix("val_")
        return cls(rule, name in METRICS and METRICS[name].rising)

    def better(self, report: EpochReport, params: Params, best: Best | None) -> Best:
        """The better of an epoch and the best so far, with a copy of its parameters.

        Raises:
            InputError: what is monitored is NaN.
        """
        value = self._value(report)
        gain = math.inf if best is None else (value - best.value) * (1 if self.rising else -1)
        return Best(report.epoch, value, copy_params(params)) if best is None or gain > self.rule.min_delta else best

    def over(self, epoch: int, best: Best | None) -> bool:
        """Whether `patience` epochs have gone by since the best."""
        return best is not None and epoch - best.epoch >= self.rule.patience

    def _value(self, report: EpochReport) -> float:
        name = self.rule.monitor.removeprefix("val_")
        if self.rule.monitor == "loss":
            return report.loss
        value = report.metrics.get(name, report.val_loss)
        if value is None or math.isnan(value):
            reason = METRICS[name].undefined if name in METRICS else "the loss is not a number"
            message = f"{self.rule.monitor} is nan in epoch {report.epoch}: {reason}"
            raise InputError(Fault("training.early_stop.monitor", message, "Monitor val_loss, or keep more rows."))
        return value
