import math
import os
import signal

import numpy as np
import pytest

from symprop.errors import DataError, InputError, NumericError
from symprop.train import EarlyStop, History, Split, TrainSettings, data_from_arrays, split_dataset, train
from symprop.train import loop as loop_file
from tests.train.stand_in import blobs, logistic, regressor, softmax


def run(module, x, y, split=None, params=None, on_epoch=None, on_notice=None, **options):
    settings = TrainSettings(**{"lr": 0.1, "dtype": module.DTYPE, **options})
    data = data_from_arrays(module, settings, x, y)
    return train(module, settings, data, split=split, params=params, on_epoch=on_epoch, on_notice=on_notice)


def same(a, b):
    return all(np.array_equal(u, v) for u, v in zip(a, b, strict=True))


def test_learns_blobs_and_reports():
    x, y = blobs(120, 3)
    seen = []
    found = run(
        softmax(), x, y, epochs=20, validation=0.2, test=0.2, metrics=("accuracy", "auc", "f1"), on_epoch=seen.append
    )
    assert found.metrics["test"]["accuracy"] > 0.9
    assert found.stopped == "epochs"
    assert found.kept_epoch == 20
    assert [report.epoch for report in seen] == list(range(1, 21))
    assert [report.loss for report in seen] == found.history.loss.tolist()
    assert found.history.val_loss[-1] == found.metrics["validation"]["loss"]
    assert found.history.metrics["auc"][-1] == found.metrics["validation"]["auc"]
    assert set(found.history.metrics) == {"accuracy", "auc", "f1"}
    assert (found.history.seconds > 0).all()
    assert found.split_counts == {"train": 72, "validation": 24, "test": 24}


def test_regression_finds_the_line():
    x = np.random.default_rng(0).normal(size=(100, 2))
    found = run(regressor(), x, x @ [2.0, -1] + 3, epochs=60, metrics=("mae", "rmse", "r2"))
    assert found.metrics["train"]["r2"] > 0.9999
    assert found.params.b1[0] == pytest.approx(3, abs=1e-3)
    assert list(found.metrics) == ["train"]


def test_same_seed_same_bits_and_another_seed_others():
    x, y = blobs()
    first, again, other = (run(logistic(hidden=4), x, y, epochs=3, seed=s, validation=0.2) for s in (5, 5, 6))
    assert same(first.params, again.params)
    assert np.array_equal(first.history.loss, again.history.loss)
    assert first.split_sha256 == again.split_sha256
    assert not same(first.params, other.params)


def test_split_seed_is_apart_from_the_seed():
    x, y = blobs()
    found = [run(logistic(), x, y, epochs=1, seed=s, split_seed=9, validation=0.2) for s in (1, 2)]
    assert found[0].split_sha256 == found[1].split_sha256


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_chunks_do_not_change_a_bit(dtype, monkeypatch):
    x, y = blobs()
    whole, parts = (softmax(classes=2, hidden=3, dtype=dtype) for _ in range(2))
    fast = run(whole, x, y, epochs=40)
    monkeypatch.setattr(loop_file, "_CHUNK_SECONDS", 0.0)
    slow = run(parts, x, y, epochs=40)
    assert parts.calls == [1] * 40
    assert len(whole.calls) < 40
    assert same(fast.params, slow.params)
    assert np.array_equal(fast.history.loss, slow.history.loss)
    assert fast.params.W1.dtype == dtype


def test_chunks_equal_one_call_of_the_module():
    x, y = blobs()
    module = softmax(classes=2)
    found = run(module, x, y, epochs=7, seed=3)
    params = module.init_params(seed=3)
    direct, _, losses = module.fit_chunk(params, module.init_optimizer(params), x, y, 7, 32, 0.1, 3, True, 0)
    assert same(found.params, direct)
    assert np.array_equal(found.history.loss, losses)


def test_standardises_by_the_training_rows_alone():
    x, y = blobs(40)
    split = Split(np.arange(30), np.arange(30, 40), np.arange(0))
    x[30:] += 1e6
    found = run(logistic(), x, y, split=split, epochs=1, standardize=True)
    assert found.standardisation["x"].mean == pytest.approx(x[:30].mean(axis=0))


def test_notices_reach_the_caller_and_the_run():
    x, y = blobs()
    x[:, 1] = 7
    told = []
    found = run(logistic(), x, y, epochs=1, standardize=True, on_notice=told.append)
    assert (
        tuple(told)
        == found.notices
        == (
            "input 'x': entry [1] is constant over the training rows, 7; it carries no information and is set to 0. "
            "Consider leaving it out.",
        )
    )
    found = run(logistic(), x * [100, 1], y, epochs=1, lr=1e-6)
    assert found.notices[0].startswith("input 'x': 1 of 2 columns are far from standardised, worst entry [0] with mean")


def test_undefined_metric_is_explained():
    x, y = blobs(10)
    split = Split(np.arange(8), np.array([8]), np.arange(0))
    found = run(logistic(), x, y, split=split, epochs=1, metrics=("auc",))
    assert math.isnan(found.metrics["validation"]["auc"])
    assert found.notices[-1] == "auc of the validation rows is undefined: a class has no row."


def noisy():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 20))
    return x, (x[:, 0] + rng.normal(size=40) * 2 > 0).astype(int)


def test_early_stopping_restores_the_best():
    x, y = noisy()
    options = {"epochs": 200, "validation": 0.4}
    found = run(logistic(20), x, y, early_stop=EarlyStop(patience=4), **options)
    assert found.stopped == "early_stop"
    assert found.history.epochs == found.kept_epoch + 4 < 200
    assert found.kept_epoch == int(found.history.val_loss.argmin()) + 1
    assert found.metrics["validation"]["loss"] == found.history.val_loss.min()
    last = run(logistic(20), x, y, early_stop=EarlyStop(patience=4, restore_best=False), **options)
    assert last.metrics["validation"]["loss"] == last.history.val_loss[-1] > found.metrics["validation"]["loss"]
    assert last.kept_epoch == last.history.epochs


def test_monitor_of_a_metric_that_rises():
    x, y = noisy()
    stop = EarlyStop(monitor="val_auc", patience=3)
    found = run(logistic(20), x, y, epochs=100, validation=0.4, metrics=("auc",), early_stop=stop)
    assert found.metrics["validation"]["auc"] == found.history.metrics["auc"].max()


def test_min_delta_and_monitor_of_the_training_loss():
    x, y = blobs()
    stop = EarlyStop(monitor="loss", patience=2, min_delta=10.0)
    found = run(logistic(), x, y, epochs=50, early_stop=stop)
    assert (found.history.epochs, found.kept_epoch, found.stopped) == (3, 1, "early_stop")


def test_best_is_marked_in_the_reports():
    x, y = blobs()
    seen = []
    run(logistic(), x, y, epochs=3, early_stop=EarlyStop(monitor="loss"), on_epoch=seen.append)
    assert [report.best for report in seen] == [True, True, True]
    run(logistic(), x, y, epochs=1, on_epoch=seen.append)
    assert seen[-1].best is False


def test_monitor_that_is_not_measured():
    x, y = blobs()
    with pytest.raises(InputError) as caught:
        run(logistic(), x, y, early_stop=EarlyStop())
    assert str(caught.value) == (
        "training.early_stop.monitor: 'val_loss' is not measured; expected one of loss. "
        "Keep rows for it: split: {validation: 0.2}."
    )
    with pytest.raises(InputError) as caught:
        run(logistic(), x, y, validation=0.2, early_stop=EarlyStop(monitor="val_auc"))
    assert str(caught.value) == (
        "training.early_stop.monitor: 'val_auc' is not measured; expected one of loss, val_loss. "
        "List the metric under `metrics`."
    )


def test_monitor_that_is_nan():
    x, y = blobs(10)
    split = Split(np.arange(8), np.array([8]), np.arange(0))
    with pytest.raises(InputError) as caught:
        run(logistic(), x, y, split=split, metrics=("auc",), early_stop=EarlyStop(monitor="val_auc"))
    assert str(caught.value) == (
        "training.early_stop.monitor: val_auc is nan in epoch 1: a class has no row. "
        "Monitor val_loss, or keep more rows."
    )


def test_divergence_says_epoch_last_loss_and_advice():
    x = np.random.default_rng(0).normal(size=(50, 2)) * 1e3
    with pytest.raises(NumericError) as caught:
        run(regressor(), x, x.sum(axis=1), lr=1.0, epochs=500)
    text = str(caught.value)
    assert caught.value.exit_code == 4
    epoch = int(text.split(":")[0].removeprefix("epoch "))
    assert f"training diverged, the loss is {'nan' if 'is nan' in text else 'inf'}; the last finite loss was" in text
    assert f"in epoch {epoch - 1}. " in text
    assert text.endswith(
        "Lower the learning rate (lr, now 1) or set clip_norm, and standardise the inputs (standardize: true, now off)."
    )


class Poisoned:
    """Delegates to a stand-in, and spoils the results of one epoch."""

    def __init__(self, module, epoch, loss=None, parameter=None):
        self._module, self._epoch, self._loss, self._parameter = module, epoch, loss, parameter

    def __getattr__(self, name):
        return getattr(self._module, name)

    def fit_chunk(self, *args):
        params, state, losses = self._module.fit_chunk(*args)
        if args[9] + 1 == self._epoch:  # start_epoch
            if self._loss is not None:
                losses[0] = self._loss
            else:
                params = params._replace(b1=np.full_like(params.b1, self._parameter))
        return params, state, losses


def test_divergence_in_full():
    x, y = blobs()
    options = {"validation": 0.2, "standardize": True, "epochs": 5}
    losses = run(logistic(), x, y, **options).history.loss
    with pytest.raises(NumericError) as caught:
        run(Poisoned(logistic(), 3, loss=math.nan), x, y, **options)
    advice = "Lower the learning rate (lr, now 0.1) or set clip_norm."
    last = f"the last finite loss was {losses[1]:.6g} in epoch 2"
    assert str(caught.value) == f"epoch 3: training diverged, the loss is nan; {last}. {advice}"
    with pytest.raises(NumericError) as caught:
        run(Poisoned(logistic(), 1, loss=math.inf), x, y, **options)
    assert str(caught.value) == f"epoch 1: training diverged, the loss is inf; no epoch was finite. {advice}"
    with pytest.raises(NumericError) as caught:
        run(Poisoned(logistic(), 2, parameter=math.inf), x, y, **options)
    assert str(caught.value) == f"epoch 2: training diverged, parameter b1 is not finite; {last}. {advice}"


def interrupt_after(epoch):
    def on_epoch(report):
        if report.epoch == epoch:
            os.kill(os.getpid(), signal.SIGINT)

    return on_epoch


def test_interrupt_keeps_what_was_trained():
    x, y = blobs()
    found = run(logistic(), x, y, epochs=50, validation=0.2, on_epoch=interrupt_after(3))
    whole = run(logistic(), x, y, epochs=3, validation=0.2)
    assert (found.stopped, found.history.epochs, found.kept_epoch) == ("interrupted", 3, 3)
    assert same(found.params, whole.params)
    assert found.metrics == whole.metrics


def test_interrupt_within_an_epoch_keeps_the_epoch_before():
    x, y = blobs()

    class Interrupted(Poisoned):
        def fit_chunk(self, *args):
            if args[9] + 1 >= self._epoch:  # start_epoch
                raise KeyboardInterrupt
            return self._module.fit_chunk(*args)

    found = run(Interrupted(logistic(), 3), x, y, epochs=9, validation=0.2)
    assert same(found.params, run(logistic(), x, y, epochs=2, validation=0.2).params)
    with pytest.raises(KeyboardInterrupt):
        run(Interrupted(logistic(), 1), x, y, epochs=9)


def test_given_parameters_are_the_start_and_are_left_alone():
    x, y = blobs()
    module = logistic()
    start = module.Params(np.ones((2, 1)), np.zeros(1))
    found = run(module, x, y, params=start, epochs=1, lr=1e-12)
    assert np.allclose(found.params.W1, 1)
    assert np.array_equal(start.W1, np.ones((2, 1)))


class InPlace(Poisoned):
    """A module that trains in the arrays it was given."""

    def fit_chunk(self, *args):
        params, state, losses = self._module.fit_chunk(*args)
        for mine, new in zip(args[0], params, strict=True):
            mine[...] = new
        return args[0], state, losses


def test_a_module_that_works_in_place_spoils_neither_start_nor_best():
    x, y = noisy()
    options = {"epochs": 60, "validation": 0.4, "early_stop": EarlyStop(patience=4)}
    start = logistic(20).init_params(seed=4)
    kept = [value.copy() for value in start]
    found = run(InPlace(logistic(20), 0), x, y, params=start, **options)
    assert same(found.params, run(logistic(20), x, y, params=start, **options).params)
    assert found.kept_epoch < found.history.epochs
    assert same(start, kept)


def test_one_class_only():
    x, _ = blobs()
    with pytest.raises(DataError) as caught:
        run(logistic(), x, np.zeros(60))
    assert str(caught.value) == (
        "data: all training rows are of one class, '0'; expected at least two. Check the column of the target."
    )


def test_dtype_of_another_module():
    x, y = blobs()
    with pytest.raises(InputError) as caught:
        run(logistic(), x, y, dtype="float32")
    assert str(caught.value) == (
        "training.dtype: not the module's; expected float64, got float32. Generate the module again."
    )


def test_metric_for_another_task():
    x, y = blobs()
    with pytest.raises(InputError) as caught:
        run(logistic(), x, y, metrics=("r2",))
    assert str(caught.value) == ("metrics: 'r2' is not for a target of task binary; expected one of accuracy, auc, f1")


def test_strata_can_be_switched_off():
    x, y = blobs()
    settings = TrainSettings(lr=0.1, validation=0.5)
    data = data_from_arrays(logistic(), settings, x, y)
    assert y[split_dataset(data, settings).validation].sum() == 15
    loose = TrainSettings(lr=0.1, validation=0.5, stratify=False, seed=1)
    assert y[split_dataset(data, loose).validation].sum() != 15


def test_integers_and_rank_0_inputs_reach_the_module():
    module = softmax(1, 2, kind="integer", values=4)
    x = np.arange(40) % 4
    found = run(module, x[:, None], x // 2, epochs=60, metrics=("accuracy",))
    assert found.metrics["train"]["accuracy"] == 1


def test_history_survives_csv():
    x, y = blobs()
    history = run(logistic(), x, y, epochs=3, validation=0.2, metrics=("auc", "f1")).history
    text = history.to_csv()
    assert text.splitlines()[0] == "epoch,loss,val_loss,val_auc,val_f1,seconds"
    back = History.from_csv(text)
    assert all(np.array_equal(a, b) for a, b in zip(back.columns().values(), history.columns().values(), strict=True))
    assert list(back.metrics) == ["auc", "f1"]
    plain = run(logistic(), x, y, epochs=1).history
    assert plain.to_csv().splitlines()[0] == "epoch,loss,seconds"
    assert len(History.from_csv(plain.to_csv()).val_loss) == 0


@pytest.mark.parametrize(
    "text", ["", "a,b\n", "epoch,loss,seconds\n2,1,1\n", "epoch,loss,seconds\n1,x,1\n", "epoch,loss,seconds\n1,2\n"]
)
def test_what_is_no_history(text):
    with pytest.raises(ValueError, match=r"."):
        History.from_csv(text)
