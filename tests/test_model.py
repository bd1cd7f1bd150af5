"""The model of a spec from Python: the same training as on the command line."""

import json

import numpy as np
import pytest

import symprop
from symprop.cli import run as command
from symprop.errors import DataError, InputError, SpecError
from symprop.language import Network
from symprop.model import Model, load_run
from tests.cli.calling import SPEC, table_of


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYMPROP_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "tiny.yaml").write_text(SPEC)
    (tmp_path / "tiny.csv").write_text(table_of(60))
    return "tiny.yaml"


def arrays():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    return x, (x[:, 0] > 0).astype(int)


def test_fit_predict_save_load(net):
    x, y = arrays()
    model = Model.from_network(net, backend="numpy", epochs=30).fit(x, y)
    assert model.history.epochs == 30
    assert model.metrics["test"]["accuracy"] >= 0.75
    folder = model.save("saved")
    assert (folder / "curves.svg").read_text().startswith("<svg")
    record = json.loads((folder / "run.json").read_text())
    assert record["spec"] == SPEC
    again = Model.load("saved", model.module)
    assert np.array_equal(again.predict(x).values, model.predict(x).values)


def test_the_public_name_is_this_class():
    assert symprop.Model is Model


def test_the_command_line_trains_the_same(net, capsys):
    assert command(["train", net, "--quiet", "--json"]) == 0
    model = Model.from_network(net).fit("tiny.csv")
    saved = load_run("tiny.run")
    for name in model.params._fields:
        assert np.array_equal(getattr(model.params, name), getattr(saved.params, name))
    assert json.loads(capsys.readouterr().out)["metrics"]["test"] == model.metrics["test"]


def test_what_the_module_refuses_is_a_fault_of_the_data(net):
    x, _ = arrays()
    with pytest.raises(DataError) as caught:
        Model.from_network(net, backend="numpy", task="regression", metrics=("mae",)).fit(x, np.full(40, 2.5))
    assert str(caught.value).startswith("data: y: values from 2.5 to 2.5; expected values from 0.0 to 1.0")


def test_a_network_without_a_spec_has_no_training(net):
    bare = Network(name="bare", tensors={}, equations=())
    with pytest.raises(SpecError) as caught:
        Model.from_network(bare)
    assert str(caught.value) == (
        "network 'bare': it was not read from a spec, so nothing says how it is trained. Give the path of its net.yaml."
    )


def test_every_fault_of_a_spec_is_told(tmp_path):
    (tmp_path / "bad.yaml").write_text(SPEC.replace("units: 1", "units: 0").replace("type: adam", "type: adem"))
    with pytest.raises(SpecError) as caught:
        Model.from_network(tmp_path / "bad.yaml")
    assert len(caught.value.faults) == 2


WITHOUT_TARGET = """
symprop: 1
name: pairs
inputs: {a: {shape: [3], columns: [a1, a2, a3]}, b: {shape: [3], columns: [b1, b2, b3]}}
layers:
  - {id: u, type: dense, units: 4, in: a}
  - {id: v, type: dense, units: 4, in: b, tie: {W: u.W, b: u.b}}
loss: {type: info_nce, from: [u, v], temperature: 0.5}
optimizer: {type: adam, lr: 0.05}
training: {epochs: 30, batch_size: 8}
data: {train: {path: pairs.csv}}
"""


def test_a_loss_without_a_target(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.yaml").write_text(WITHOUT_TARGET)
    rng = np.random.default_rng(0)
    a = rng.normal(size=(40, 3))
    x = {"a": a, "b": a + 0.1 * rng.normal(size=(40, 3))}
    model = Model.from_network("pairs.yaml", backend="numpy").fit(x)
    assert model.history.loss[-1] < model.history.loss[0] and set(model.metrics["train"]) == {"loss"}
    found = model.predict(x)
    assert (found.target, found.indices, found.values.shape) == ("Z_u", None, (40, 4))
    model.save("saved")
    again = Model.load("saved", model.module)
    assert np.array_equal(again.predict(x).values, found.values)
    with pytest.raises(InputError) as caught:
        Model.from_network("pairs.yaml", backend="numpy", metrics=("mae",)).fit(x)
    assert str(caught.value) == "metrics: 'mae' compares outputs with a target, and the network has none"
    rows = [",".join(f"{v:.9g}" for v in (*p, *q)) for p, q in zip(x["a"], x["b"], strict=True)]
    (tmp_path / "pairs.csv").write_text("\n".join(["a1,a2,a3,b1,b2,b3", *rows]))
    assert command(["train", "pairs.yaml", "--quiet"]) == 0
    assert command(["predict", "pairs.run", "pairs.csv", "-o", "-"]) == 0
    assert capsys.readouterr().out.splitlines()[-41] == "Z_u_0,Z_u_1,Z_u_2,Z_u_3"
