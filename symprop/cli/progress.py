"""Progress of a training run on standard error: a moving line on a terminal, a few plain lines elsewhere.

Enters: reports of epochs.  Leaves: text for whoever waits.  Nothing is written to standard output.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from symprop.cli.messages import say
from symprop.train import EpochReport

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

LINES = 10
"""About as many lines a run gets where nobody watches."""


class Silent:
    """Tells nothing."""

    def tell(self, report: EpochReport) -> None:
        """Do nothing."""


class Progress:
    """A line for each epoch on a terminal, above a bar; elsewhere about `LINES` lines a run."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._bar = _bar()
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, report: EpochReport) -> None:
        """Tell of an epoch."""
        if self._bar is None:
            if worth_a_line(report):
                say(line_of(report))
            return
        if self._task is None:
            self._task = self._bar.add_task("training", total=report.epochs)
        self._bar.update(self._task, completed=report.epoch)
        self._bar.console.print(line_of(report), highlight=False, markup=False)


def line_of(report: EpochReport) -> str:
    """An epoch on one line."""
    width = len(str(report.epochs))
    words = [f"epoch {report.epoch:{width}}/{report.epochs}", f"loss {report.loss:.4g}"]
    words += [f"val_loss {report.val_loss:.4g}"] if report.val_loss is not None else []
    words += [f"{name} {value:.4g}" for name, value in report.metrics.items()]
    return "  ".join([*words, *(["best"] if report.best else [])])


def worth_a_line(report: EpochReport) -> bool:
    """The first epoch, the last one, and about `LINES` between them."""
    step = max(1, -(-report.epochs // LINES))
    return report.epoch in (1, report.epochs) or report.epoch % step == 0


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # rich heeds NO_COLOR and TERM=dumb by itself
    return Progress(*columns, console=Console(stderr=True), transient=True)
