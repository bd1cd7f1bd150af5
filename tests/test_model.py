"""The model of a spec from Python: the same training as on the command line."""

import json

import numpy as np
import pytest

import symprop
from symprop.cli import run as command
from symprop.errors import DataError, SpecError
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
