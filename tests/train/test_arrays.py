import numpy as np
import pytest

from symprop.errors import DataError, InputError
from symprop.train import EarlyStop, TrainSettings, data_from_arrays
from tests.train.stand_in import logistic, regressor, softmax

SETTINGS = TrainSettings(lr=0.1)
X = np.arange(6.0).reshape(3, 2)


def refused(module, x, y, **options):
    with pytest.raises(DataError) as caught:
        data_from_arrays(module, TrainSettings(lr=0.1, **options), x, y)
    return str(caught.value)


@pytest.mark.parametrize("y", [[0, 1, 1], [[0], [1], [1]], [False, True, True], [0.0, 1.0, 1.0], ["no", "yes", "yes"]])
def test_binary_targets_in_all_their_forms(y):
    data = data_from_arrays(logistic(), SETTINGS, X, np.array(y))
    assert data.targets["y"].tolist() == [[0], [1], [1]]
    assert data.encodings["y"].task == "binary"


def test_labels_in_all_their_forms():
    for y in ([2, 0, 1], [[2], [0], [1]], [2.0, 0.0, 1.0], np.eye(3)[[2, 0, 1]], ["c", "a", "b"], [b"c", b"a", b"b"]):
        data = data_from_arrays(softmax(), SETTINGS, X, np.array(y))
        assert data.targets["y"].tolist() == [2, 0, 1]


def test_a_real_target_is_a_regression_unless_it_is_0_and_1():
    assert data_from_arrays(regressor(), SETTINGS, X, [0.0, 1, 2]).encodings["y"].task == "regression"
    assert data_from_arrays(regressor(), SETTINGS, X, [0, 1, 1]).encodings["y"].task == "binary"
    settings = TrainSettings(lr=0.1, task="regression")
    assert data_from_arrays(regressor(), settings, X, [0, 1, 1]).encodings["y"].task == "regression"


def test_dictionaries_by_name():
    data = data_from_arrays(regressor(), SETTINGS, {"x": X}, {"y": [1, 2, 3]})
    assert data.rows == 3
    assert refused(regressor(), {"X": X}, [1, 2, 3]) == "x: wrong names of arrays; expected x, got X"


def test_several_inputs_are_a_dictionary():
    module = regressor()
    module.INPUTS = {"u": {"shape": (2,), "kind": "real"}, "v": {"shape": (1,), "kind": "real"}}
    assert refused(module, X, [1, 2, 3]) == "x: one array; expected a dictionary of arrays by name, u, v"
    assert refused(module, {"u": X, "v": np.ones(2)}, [1, 2, 3]) == "x: inputs have different numbers of rows: u 3, v 2"


def test_faults_name_array_row_and_entry():
    bad = X.copy()
    bad[1, 1] = np.inf
    assert refused(regressor(), bad, [1, 2, 3]) == (
        "x, row 1, entry [1]: not a finite number of float64; got inf. "
        "Fill the gaps or remove those rows; symprop does not guess values."
    )


def test_labels_out_of_range():
    x = np.ones((4, 2))
    assert refused(softmax(), x, [0, 1, 2, -1]) == (
        "y, row 3: label -1 is out of range; expected integers 0 to 2. Change `classes: 3` or the data."
    )
    assert refused(softmax(), x, [0, 1, 1.5, 2]).startswith("y, row 2: wrong number of distinct labels;")


def test_arguments_are_left_alone():
    x = X.copy()
    data = data_from_arrays(regressor(), SETTINGS, x, [1, 2, 3])
    data.take(np.array([0])).features["x"][:] = 99
    assert np.array_equal(x, X)


WRONG = {
    "lr": (0, "training.lr: wrong value; expected a number above 0, got 0"),
    "epochs": (True, "training.epochs: wrong value; expected an integer of at least 1, got True"),
    "batch_size": (2.5, "training.batch_size: wrong value; expected an integer of at least 1, got 2.5"),
    "seed": (-1, "training.seed: wrong value; expected an integer of at least 0, got -1"),
    "dtype": ("float16", "training.dtype: wrong value; expected float32 or float64, got 'float16'"),
    "task": ("multi", "training.task: wrong value; expected regression, binary or classes, got 'multi'"),
    "output": (
        "scores",
        "training.output: wrong value; expected values, probabilities, log_probabilities, logits or margins, "
        "got 'scores'",
    ),
    "binary_codes": ((0, 2), "training.binary_codes: wrong value; expected (0, 1) or (-1, 1), got (0, 2)"),
    "validation": (1.0, "training.validation: wrong value; expected a fraction of at least 0 and below 1, got 1.0"),
    "standardize": ("yes", "training.standardize: wrong value; expected true or false, got 'yes'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings(name):
    value, message = WRONG[name]
    with pytest.raises(InputError) as caught:
        TrainSettings(**{"lr": 0.1, name: value})
    assert str(caught.value) == message


def test_all_wrong_settings_are_reported_at_once():
    with pytest.raises(InputError) as caught:
        TrainSettings(lr=float("nan"), epochs=0)
    assert len(caught.value.faults) == 2


def test_fractions_that_leave_nothing():
    with pytest.raises(InputError) as caught:
        TrainSettings(lr=0.1, validation=0.5, test=0.5)
    assert str(caught.value) == (
        "data.split: nothing is left to train on; expected validation + test below 1, got 0.5 + 0.5"
    )


def test_wrong_early_stop():
    with pytest.raises(InputError) as caught:
        EarlyStop(patience=0)
    assert str(caught.value) == ("training.early_stop.patience: wrong value; expected an integer of at least 1, got 0")


def test_masked_entries_are_refused():
    message = "{}: a masked array; expected numbers at all places. Fill it first."
    assert refused(logistic(), np.ma.array(X, mask=X > 3), [0, 1, 1]) == message.format("x")
    assert refused(logistic(), X, np.ma.array([0, 1, 1], mask=[0, 0, 1])) == message.format("y")
    data = data_from_arrays(logistic(), SETTINGS, np.ma.array(X), np.array([0, 1, 1]))
    assert data.targets["y"].tolist() == [[0], [1], [1]]
