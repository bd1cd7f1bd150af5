"""Running statistics live and travel with the weights: training, early stopping, run folders, the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from symprop.cli import run as command
from symprop.model import Model, load_run
from symprop.session import kernels, parse_source

SPEC = """\
symprop: 1
name: normal
inputs: {x: {shape: [3]}, y: {role: target, classes: 2}}
layers:
  - {id: fc, type: dense, units: 6, bias: false}
  - {id: bn, type: batch_norm, activation: relu}
  - {id: drop, type: dropout, rate: 0.2}
  - {id: out, type: dense, units: 2}
loss: {type: softmax_cross_entropy, from: out, target: y}
optimizer: {type: adam, lr: 0.05}
training: {epochs: 12, batch_size: 16, seed: 3, dtype: float64}
metrics: [accuracy]
data: {split: {validation: 0.25}}
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYMPROP_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "normal.yaml").write_text(SPEC)
    return "normal.yaml"


def arrays(rows: int = 90) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(3.0, 2.0, size=(rows, 3))
    return x, (x[:, 0] + 0.3 * x[:, 1] > 4).astype(int)


def test_states_are_saved_and_loaded_and_used(net: str) -> None:
    x, y = arrays()
    model = Model.from_network(net, backend="numpy").fit(x, y)
    assert model.metrics["validation"]["accuracy"] > 0.8
    folder = model.save("saved")
    again = Model.load(folder, model.module)
    for name in ("rm_bn", "rv_bn"):
        assert np.array_equal(getattr(again.params, name), getattr(model.params, name))
    assert np.array_equal(again.predict(x).values, model.predict(x).values)
    # a row is predicted by itself as among others: its batch does not matter
    assert np.allclose(again.predict(x[:1]).values, again.predict(x).values[:1], rtol=1e-12)


def test_the_validation_loss_is_that_of_the_running_statistics(net: str) -> None:
    x, y = arrays()
    model = Model.from_network(net, backend="numpy", validation=0.0).fit(x, y)
    k = model.module
    assert model.metrics["train"]["loss"] == pytest.approx(k.loss(model.params, x, y), rel=1e-12)
    assert model.metrics["train"]["loss"] != pytest.approx(k.loss(model.params, x, y, training=True), rel=1e-6)


def test_early_stopping_goes_back_to_the_states_of_the_best_epoch(net: str) -> None:
    Path(net).write_text(SPEC.replace("seed: 3,", "seed: 3, early_stop: {monitor: val_loss, patience: 3},"))
    x, y = arrays()
    model = Model.from_network(net, backend="numpy", epochs=60, lr=0.5).fit(x, y)
    best = model.run.kept_epoch
    assert model.run.stopped == "early_stop" and best < model.history.epochs
    short = Model.from_network(net, backend="numpy", epochs=best, lr=0.5).fit(x, y)
    assert short.run.kept_epoch == best
    for name in model.params._fields:
        assert np.array_equal(getattr(short.params, name), getattr(model.params, name)), name


def test_the_command_line(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = arrays()
    rows = [",".join([*(f"{v:.17g}" for v in row), str(label)]) for row, label in zip(x, y, strict=True)]
    Path("data.csv").write_text("\n".join(["a,b,c,y", *rows]) + "\n")
    assert command(["train", net, "--data", "data.csv", "--quiet", "-o", "run"]) == 0
    capsys.readouterr()
    saved = load_run("run")
    assert np.abs(saved.params.rm_bn).max() > 0.1
    assert command(["predict", "run", "data.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_optimizer_penalties_and_clipping_leave_states_alone() -> None:
    text = SPEC.replace("target: y}", "target: y, l1: 0.1, l2: 0.1}", 1).replace(
        "lr: 0.05", "lr: 0.05, clip_norm: 0.01"
    )
    k = kernels(parse_source(text).network, "numpy")
    x, y = arrays(12)
    params = k.init_params()
    after, _ = k.fit(params, x, y, epochs=1, batch_size=12, shuffle=False)
    z = x @ params.W_fc
    np.testing.assert_allclose(after.rm_bn, 0.1 * z.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(after.rv_bn, 0.9 + 0.1 * z.var(axis=0, ddof=1), rtol=1e-12)
    assert "rm_bn" not in str(parse_source(text).network.defining("L"))
