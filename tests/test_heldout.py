"""Validation and test rows from files of their own."""

import numpy as np
import pytest

from symprop.errors import DataError
from symprop.heldout import gather
from symprop.session import kernels, parse_source, settings_of

TEXT = """\
symprop: 1
name: apart
inputs: {x: {shape: [2]}, y: {role: target, classes: 2}}
layers: [{id: out, type: dense, units: 2}]
loss: {type: softmax_cross_entropy, from: out, target: y}
data: {train: {path: train.csv}, test: {path: test.csv}, split: {validation: 0.25}}
"""


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMPROP_CACHE_DIR", str(tmp_path / "cache"))
    return parse_source(TEXT, str(tmp_path / "net.yaml"))


def write(folder, name, labels):
    rows = [f"{i},{-i},{label}" for i, label in enumerate(labels)]
    (folder / name).write_text("\n".join(["a,b,kind", *rows]) + "\n")


def gathered(source):
    settings = settings_of(source.spec)
    return gather(kernels(source.network, "numpy"), settings, source.spec)


def test_rows_of_a_file_stand_behind_the_others(source, tmp_path):
    write(tmp_path, "train.csv", ["cat", "dog"] * 4)
    write(tmp_path, "test.csv", ["dog", "cat", "cat"])
    data, split = gathered(source)
    assert split.counts == {"train": 6, "validation": 2, "test": 3}
    assert split.test.tolist() == [8, 9, 10]
    assert data.targets["y"].tolist() == [0, 1] * 4 + [1, 0, 0]
    assert np.array_equal(data.features["x"][8:], [[0, 0], [1, -1], [2, -2]])


def test_other_classes_are_refused(source, tmp_path):
    write(tmp_path, "train.csv", ["cat", "dog"] * 4)
    write(tmp_path, "test.csv", ["cat", "emu"])
    with pytest.raises(DataError) as caught:
        gathered(source)
    assert str(caught.value) == (
        f"{tmp_path / 'test.csv'}: target 'y': not the classes of the training rows; "
        "expected cat, dog, got cat, emu. Every class has to be in every file."
    )
