"""Real data through the stand-in: what is trained here is measured against scikit-learn's own model."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from symprop.train import EarlyStop, TrainSettings, folds, load_data, predict, train
from tests.train.stand_in import logistic, softmax

CANCER = TrainSettings(lr=0.2, epochs=150, batch_size=64, standardize=True, data="sklearn:breast_cancer")


def settings(**changes):
    return TrainSettings(**{**{k: getattr(CANCER, k) for k in CANCER.__dataclass_fields__}, **changes})


def test_breast_cancer_with_validation_and_early_stop():
    stop = EarlyStop(monitor="val_loss", patience=20)
    chosen = settings(validation=0.2, test=0.2, metrics=("accuracy", "auc", "f1"), early_stop=stop, lr=0.02)
    found = train(logistic(30, l2=1e-2), chosen)
    assert found.metrics["test"]["accuracy"] > 0.94
    assert found.metrics["test"]["auc"] > 0.98
    labels = predict(found, "sklearn:breast_cancer").labels
    assert set(labels) == {"malignant", "benign"}


@pytest.mark.parametrize("fold", range(5))
def test_breast_cancer_is_scikit_learns_logistic_regression(fold):
    data = load_data(logistic(30), CANCER)
    x, y = data.features["x"], data.class_indices()
    rows, held = list(folds(data.rows, 5, seed=0, classes=y))[fold]
    l2 = 0.1
    chosen = settings(epochs=600, batch_size=1000, lr=0.1, shuffle=False)
    ours = train(logistic(30, l2=l2), chosen, data.take(rows))
    scaler = StandardScaler().fit(x[rows])
    theirs = LogisticRegression(C=1 / (l2 * len(rows)), tol=1e-10, max_iter=1000).fit(
        scaler.transform(x[rows]), y[rows]
    )
    assert ours.params.W1[:, 0] == pytest.approx(theirs.coef_[0], abs=1e-4)
    chances = predict(ours, x[held]).probabilities
    assert chances == pytest.approx(theirs.predict_proba(scaler.transform(x[held])), abs=1e-4)


def test_digits_as_classes():
    chosen = TrainSettings(
        lr=0.02, epochs=30, standardize=True, test=0.2, metrics=("accuracy", "auc", "f1"), data="sklearn:digits"
    )
    found = train(softmax(64, 10, hidden=32), chosen)
    assert found.metrics["test"]["accuracy"] > 0.95
    assert any("constant over the training rows" in notice for notice in found.notices)


def test_a_csv_of_breast_cancer_gives_the_same_bits(tmp_path: Path):
    data = load_data(logistic(30), CANCER)
    path = tmp_path / "cancer.csv"
    names = ",".join([*data.columns["x"], "diagnosis"])
    labels = np.array(data.encodings["y"].names)[data.class_indices()]
    rows = [",".join([*map(repr, row), label]) for row, label in zip(data.features["x"].tolist(), labels, strict=True)]
    path.write_text("\n".join([names, *rows]) + "\n")
    found = load_data(logistic(30), CANCER, str(path))
    assert np.array_equal(found.features["x"], data.features["x"])
    assert found.encodings["y"].names == ("benign", "malignant")
    assert np.array_equal(found.targets["y"], 1 - data.targets["y"])
