"""The training loop: epochs of a generated module, validated, watched, stopped in time.

Enters: a module, `TrainSettings`, a `Dataset`.  Leaves: a `Run`.  Progress goes to a callback; nothing is printed and
no file is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symprop.errors import DataError, Fault, InputError, NumericError
from symprop.train.contract import GeneratedModule, Params, copy_params, input_slots
from symprop.train.data import Dataset, load_data
from symprop.train.evaluation import Part, evaluate_part, make_part, undefined_notices
from symprop.train.history import EpochReport, History
from symprop.train.metrics import check_metrics
from symprop.train.settings import TrainSettings
from symprop.train.split import Split, split_rows
from symprop.train.standardise import Moments, constant_notices, far_notices, fit_standardisation
from symprop.train.trained import Run, current_versions, source_of
from symprop.train.watch import Best, Watch

OnEpoch = Callable[[EpochReport], None]
OnNotice = Callable[[str], None]
_CHUNK_SECONDS = 0.1
"""Epochs that need not be looked at one by one run in chunks of about this long, so that Ctrl-C is soon heeded."""


def train(
    module: GeneratedModule,
    settings: TrainSettings,
    dataset: Dataset | None = None,
    *,
    params: Params | None = None,
    split: Split | None = None,
    spec_text: str = "",
    module_source: str = "",
    on_epoch: OnEpoch | None = None,
    on_notice: OnNotice | None = None,
) -> Run:
    """Split, standardise and train; the same seed gives the same bits, in however many chunks.

    Args:
        module: the generated module.
        settings: how to train.
        dataset: the rows, by default read from `settings.data`.
        params: parameters to start from, by default drawn from the seed.
        split: rows of each part, by default drawn as the settings say.
        spec_text, module_source: kept in the run; the source is the module's file by default.
        on_epoch: called after every epoch.
        on_notice: called with each sentence for the user as it arises; all are in `Run.notices`.

    Returns:
        The run.  Where Ctrl-C came after the first epoch, what was trained so far, `stopped == "interrupted"`.

    Raises:
        DataError: the data do not fit, cannot be split, or hold one class only.
        InputError: a metric or the monitor is unknown or not for this task; dtype is not the module's.
        NumericError: a loss or a parameter is not finite.
        KeyboardInterrupt: it came before the first epoch was done.
    """
    _check_dtype(module, settings)
    data = load_data(module, settings) if dataset is None else dataset
    check_metrics(settings.metrics, next((encoding.task for encoding in data.encodings.values()), None))
    ready = _prepare(module, settings, data, split, on_notice or _silent)
    watch = Watch.of(settings.early_stop, settings.metrics, "validation" in ready.parts)
    start = copy_params(module.init_params(seed=settings.seed) if params is None else params)
    trainer = _Trainer(module, settings, ready.parts, watch, start, on_epoch or _silent)
    stopped = trainer.run()
    final = {name: evaluate_part(module, trainer.kept.params, part, settings) for name, part in ready.parts.items()}
    return Run(
        module=module,
        params=trainer.kept.params,
        settings=settings,
        history=History.of(trainer.state.reports),
        metrics=final,
        encodings=data.encodings,
        standardisation=ready.moments,
        columns=data.columns,
        target_columns=data.target_columns,
        split_counts=ready.split.counts,
        split_sha256=ready.split.sha256,
        stopped=stopped,
        kept_epoch=trainer.kept.epoch,
        notices=(*ready.notices, *_told(undefined_notices(final), on_notice or _silent)),
        spec_text=spec_text,
        module_source=module_source or source_of(module),
        versions=current_versions(),
    )


def split_dataset(data: Dataset, settings: TrainSettings) -> Split:
    """Draw the split that the settings ask for.

    Raises:
        DataError: too few rows, of all or of a class.
    """
    classes = data.class_indices() if settings.stratify else None
    names = next((encoding.names for encoding in data.encodings.values() if encoding.names), ())
    return split_rows(data.rows, settings.validation, settings.test, settings.seed_of_split, classes, names)


@dataclass(frozen=True)
class _Ready:
    parts: dict[str, Part]
    moments: dict[str, Moments]
    split: Split
    notices: tuple[str, ...]


def _prepare(
    module: GeneratedModule, settings: TrainSettings, data: Dataset, split: Split | None, tell: OnNotice
) -> _Ready:
    chosen = split_dataset(data, settings) if split is None else split
    rows = {"train": chosen.train, "validation": chosen.validation, "test": chosen.test}
    subsets = {name: data.take(indices) for name, indices in rows.items() if len(indices)}
    _check_classes(subsets["train"])
    slots, features = input_slots(module), subsets["train"].features
    moments = fit_standardisation(features, slots) if settings.standardize else {}
    found = constant_notices(moments, data.columns) if moments else far_notices(features, slots, data.columns)
    parts = {name: make_part(module, subset, moments) for name, subset in subsets.items()}
    return _Ready(parts, moments, chosen, _told([*data.notices, *found], tell))


@dataclass(frozen=True)
class _State:
    """What an epoch changes, replaced in one assignment, so that Ctrl-C never leaves half an epoch behind."""

    params: Params
    opt_state: Any
    reports: tuple[EpochReport, ...] = ()
    best: Best | None = None


@dataclass
class _Trainer:
    module: GeneratedModule
    settings: TrainSettings
    parts: dict[str, Part]
    watch: Watch | None
    start: Params
    on_epoch: OnEpoch
    pace: int = 1
    state: _State = field(init=False)

    def __post_init__(self) -> None:
        self.state = _State(self.start, self.module.init_optimizer(self.start))

    @property
    def kept(self) -> Best:
        """The parameters that the run keeps, and their epoch."""
        last = Best(len(self.state.reports), 0.0, self.state.params)
        restore = self.watch is not None and self.watch.rule.restore_best
        return self.state.best if restore and self.state.best is not None else last

    def run(self) -> str:
        try:
            while len(self.state.reports) < self.settings.epochs:
                if self.watch is not None and self.watch.over(len(self.state.reports), self.state.best):
                    return "early_stop"
                self._advance()
        except KeyboardInterrupt:
            if not self.state.reports:
                raise
            return "interrupted"
        return "epochs"

    def _advance(self) -> None:
        done = len(self.state.reports)
        single = self.watch is not None or "validation" in self.parts
        count = 1 if single else min(self.pace, self.settings.epochs - done)
        began = time.perf_counter()
        params, opt_state, losses = self._fit(count)
        reports = self._reports(params, losses, began)
        best = self.state.best if self.watch is None else self.watch.better(reports[-1], params, self.state.best)
        if best is not None and best.epoch == reports[-1].epoch:
            reports[-1] = _as_best(reports[-1])
        self.state = _State(params, opt_state, (*self.state.reports, *reports), best)
        self.pace = max(1, int(count * _CHUNK_SECONDS / max(time.perf_counter() - began, 1e-9)))
        for report in reports:
            self.on_epoch(report)

    def _fit(self, count: int) -> tuple[Params, Any, list[float]]:
        s, part, done = self.settings, self.parts["train"], len(self.state.reports)
        with np.errstate(all="ignore"):
            params, opt_state, found = self.module.fit_chunk(
                self.state.params,
                self.state.opt_state,
                part.x,
                part.y,
                count,
                s.batch_size,
                s.lr,
                s.seed,
                s.shuffle,
                done,
                s.epochs,
                **({"threads": s.threads} if s.threads > 1 else {}),  # modules of before do not know it
            )
        losses = [float(loss) for loss in found]
        for i, loss in enumerate(losses):
            if not np.isfinite(loss):
                raise self._diverged(done + i + 1, f"the loss is {loss}", losses[:i])
        for name, value in zip(params._fields, params, strict=True):
            if not np.isfinite(value).all():
                raise self._diverged(done + count, f"parameter {name} is not finite", losses)
        return params, opt_state, losses

    def _reports(self, params: Params, losses: list[float], began: float) -> list[EpochReport]:
        found: dict[str, float] = {}
        if "validation" in self.parts:
            found = evaluate_part(self.module, params, self.parts["validation"], self.settings)
        done, val_loss = len(self.state.reports), found.pop("loss", None)
        if val_loss is not None and not np.isfinite(val_loss):
            raise self._diverged(done + 1, f"the validation loss is {val_loss}", losses)
        seconds = (time.perf_counter() - began) / len(losses)
        return [
            EpochReport(done + i + 1, self.settings.epochs, loss, val_loss, found, seconds)
            for i, loss in enumerate(losses)
        ]

    def _diverged(self, epoch: int, what: str, finite: list[float]) -> NumericError:
        losses = [*(report.loss for report in self.state.reports), *finite]
        last = f"the last finite loss was {losses[-1]:.6g} in epoch {len(losses)}" if losses else "no epoch was finite"
        advice = f"Lower the learning rate (lr, now {self.settings.lr:g}) or set clip_norm"
        if not self.settings.standardize:
            advice += ", and standardise the inputs (standardize: true, now off)"
        return NumericError(f"epoch {epoch}: training diverged, {what}; {last}. {advice}.")


def _as_best(report: EpochReport) -> EpochReport:
    return EpochReport(**{**vars(report), "best": True})


def _check_dtype(module: GeneratedModule, settings: TrainSettings) -> None:
    if settings.dtype != module.DTYPE:
        message = f"not the module's; expected {module.DTYPE}, got {settings.dtype}"
        raise InputError(Fault("training.dtype", message, "Generate the module again."))


def _check_classes(data: Dataset) -> None:
    indices = data.class_indices()
    if indices is not None and len(np.unique(indices)) < 2:
        encoding = next(encoding for encoding in data.encodings.values() if encoding.names)
        message = f"all training rows are of one class, {encoding.names[int(indices[0])]!r}; expected at least two"
        raise DataError(Fault("data", message, "Check the column of the target."))


def _told(notices: Any, tell: OnNotice) -> tuple[str, ...]:
    found = tuple(notices)
    for notice in found:
        tell(notice)
    return found


def _silent(_: object) -> None:
    """Nobody listens."""
