import importlib

import pytest

from symprop.errors import DataError, MachineError
from symprop.train import TrainSettings, load_data
from tests.train.stand_in import logistic, regressor, softmax

SIZES = {"digits": (1797, 64, 10), "iris": (150, 4, 3), "wine": (178, 13, 3)}
SETTINGS = TrainSettings(lr=0.1)


@pytest.mark.parametrize("name", SIZES)
def test_classes(name):
    rows, features, classes = SIZES[name]
    data = load_data(softmax(features, classes), SETTINGS, f"sklearn:{name}")
    assert data.features["x"].shape == (rows, features)
    assert set(data.targets["y"].tolist()) == set(range(classes))


def test_digits_as_pictures():
    module = softmax(64, 10)
    module.INPUTS["x"]["shape"] = (1, 8, 8)
    data = load_data(module, SETTINGS, "sklearn:digits")
    assert data.features["x"].shape == (1797, 1, 8, 8)
    assert data.columns["x"][9] == "pixel_1_1"


def test_names_of_classes_are_those_of_the_data_in_their_order():
    data = load_data(logistic(30), SETTINGS, "sklearn:breast_cancer")
    assert data.encodings["y"].names == ("malignant", "benign")
    assert data.targets["y"].mean() == pytest.approx(357 / 569)
    assert data.notices == ()
    assert load_data(softmax(4), SETTINGS, "sklearn:iris").encodings["y"].names == ("setosa", "versicolor", "virginica")


def test_regression_and_chosen_columns():
    settings = TrainSettings(lr=0.1, columns={"x": ("bmi", "bp")}, column={"y": "target"})
    data = load_data(regressor(2), settings, "sklearn:diabetes")
    assert data.features["x"].shape == (442, 2)
    assert data.targets["y"][:2].tolist() == [[151], [75]]


def test_unknown_data_set():
    with pytest.raises(DataError) as caught:
        load_data(logistic(), SETTINGS, "sklearn:boston")
    assert str(caught.value) == (
        "sklearn:boston: no such data set; expected one of sklearn:breast_cancer, sklearn:diabetes, sklearn:digits, "
        "sklearn:iris, sklearn:wine"
    )


def test_without_scikit_learn(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(MachineError) as caught:
        load_data(logistic(), SETTINGS, "sklearn:iris")
    assert str(caught.value) == ("sklearn:iris: scikit-learn is not installed. Run: python -m pip install scikit-learn")


def test_no_data_at_all():
    with pytest.raises(DataError) as caught:
        load_data(logistic(), SETTINGS)
    assert str(caught.value) == (
        "data: no data given. Name a file with --data, or in net.yaml under data: train: path:."
    )
