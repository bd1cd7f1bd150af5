"""A label for each step of a sequence: arrays, one-hot rows, names, columns of a CSV; metrics and predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import symprop
from symprop.errors import DataError

SPEC = """
symprop: 1
name: tagger
inputs: {tok: {shape: [6], vocabulary: 5}, y: {role: target, shape: [6], classes: 3}}
layers:
  - {id: emb, in: tok, type: embedding, units: 4}
  - {id: out, type: dense, units: 3}
loss: {type: softmax_cross_entropy, from: out, target: y}
metrics: [accuracy, f1]
training: {epochs: 40, batch_size: 16, seed: 3}
optimizer: {type: adam, lr: 0.05}
"""
RNG = np.random.default_rng(5)
TOKENS = RNG.integers(0, 5, (150, 6))
LABELS = TOKENS % 3


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("net") / "net.yaml"
    path.write_text(SPEC)
    return path


def fitted(net: Path, labels: object) -> symprop.Model:
    return symprop.Model.from_network(net, backend="numpy").fit(TOKENS, labels)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (LABELS, ("0", "1", "2")),
        (np.eye(3)[LABELS], ("0", "1", "2")),
        (np.array(["adj", "noun", "verb"])[LABELS], ("adj", "noun", "verb")),
    ],
    ids=["numbers", "one-hot rows", "names"],
)
@pytest.mark.filterwarnings("ignore:target .y.. labels were numbered")
def test_each_step_has_its_label(net: Path, labels: object, names: tuple[str, ...]) -> None:
    model = fitted(net, labels)
    found = model.predict(TOKENS[:7])
    assert found.labels == np.array(names, dtype=object)[LABELS[:7]].tolist()
    assert found.indices is not None and found.indices.shape == (7, 6)
    assert found.probabilities is not None and found.probabilities.shape == (7, 6, 3)
    assert np.allclose(found.probabilities.sum(-1), 1)
    rows = found.to_csv().splitlines()
    assert rows[0] == "y_0,y_1,y_2,y_3,y_4,y_5"
    assert rows[1] == ",".join(names[k] for k in LABELS[0])


def test_metrics_count_every_step(net: Path) -> None:
    """A target of which one label in three is changed cannot be learnt: the accuracy says how many are right."""
    changed = LABELS.copy()
    changed[:, ::3] = (changed[:, ::3] + RNG.integers(0, 3, changed[:, ::3].shape)) % 3
    model = fitted(net, changed)
    share = float(np.mean(model.predict(TOKENS).indices == changed))
    assert model.metrics["train"]["accuracy"] == pytest.approx(share)
    assert 0.5 < share < 0.95


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:, :5], "y: wrong shape; expected (N, 6) of labels or (N, 6, 3) of one-hot rows, got (150, 5)"),
        (np.where(np.arange(6) == 4, 7, LABELS), "y, row 0, label 4: label 7 is out of range"),
        (np.eye(3)[LABELS] * (np.arange(6) != 2)[:, None], "y, row 0, label 2: not a one-hot row"),
    ],
)
def test_a_fault_has_its_row_and_its_step(net: Path, labels: object, message: str) -> None:
    with pytest.raises(DataError) as caught:
        fitted(net, labels)
    assert message in str(caught.value)


def test_columns_of_a_table(net: Path, tmp_path: Path) -> None:
    table = tmp_path / "train.csv"
    header = ",".join([f"t{k}" for k in range(6)] + [f"y{k}" for k in range(6)])
    np.savetxt(table, np.hstack([TOKENS, LABELS]), fmt="%d", delimiter=",", header=header, comments="")
    model = symprop.Model.from_network(net, backend="numpy").fit(str(table))
    assert model.predict(TOKENS[:3]).labels == LABELS[:3].astype(str).tolist()
