import numpy as np
import pytest

from symprop.errors import DataError
from symprop.train.contract import Slot
from symprop.train.standardise import constant_notices, far_notices, fit_standardisation, moments, standardised

REAL = Slot("x", (3,), "real")


def rows(*columns):
    return np.array(columns, dtype=np.float64).T


def test_mean_0_and_deviation_1():
    x = np.random.default_rng(0).normal(5, 3, size=(40, 3))
    z = moments(x).apply(x)
    assert z.mean(axis=0) == pytest.approx(0, abs=1e-14)
    assert z.std(axis=0) == pytest.approx(1)


def test_hand_values():
    found = moments(rows([1, 3], [0, 0], [-2, 2]))
    assert found.mean.tolist() == [2, 0, 0]
    assert found.std.tolist() == [1, 1, 2]
    assert found.constant.tolist() == [False, True, False]


def test_a_constant_column_is_0_for_new_rows_too():
    found = moments(rows([1, 3], [7, 7], [0, 2]))
    assert found.apply(rows([2], [99], [2])).tolist() == [[0, 0, 1]]


def test_rounding_alone_is_constant():
    assert moments(np.full((1000, 1), 0.1) * (1 + 1e-16)).constant.all()
    assert moments(np.array([[1e8], [1e8 + 1e-6]])).constant.tolist() == [False]


def test_large_values_do_not_overflow_until_their_mean_does():
    assert moments(rows([1e200, 3e200])).std.tolist() == [1e200]
    with pytest.raises(DataError) as caught:
        fit_standardisation({"x": np.full((3, 3), 1.5e308)}, [REAL])
    assert str(caught.value) == (
        "input 'x': values too large to standardise; their mean or standard deviation is not finite. "
        "Change the unit of the data."
    )


def test_float32_of_far_rows_is_left_to_the_check_of_outputs():
    found = fit_standardisation({"x": rows([1, 3], [0, 1], [0, 1])}, [REAL])
    assert standardised({"x": rows([1e39], [0], [0])}, found, "float32")["x"][0, 0] == np.inf


def test_integer_inputs_are_left_alone():
    slots = (REAL, Slot("t", (1,), "integer", 9))
    features = {"x": rows([1, 3], [0, 1], [2, 4]), "t": np.array([[7], [8]])}
    found = fit_standardisation(features, slots)
    assert list(found) == ["x"]
    ready = standardised(features, found, "float32")
    assert ready["t"].tolist() == [[7], [8]]
    assert (ready["t"].dtype, ready["x"].dtype) == (np.int64, np.float32)


def test_pictures_are_standardised_by_pixel():
    x = np.random.default_rng(0).normal(size=(10, 1, 2, 2))
    assert moments(x).mean.shape == (1, 2, 2)


def test_notice_of_constant_columns():
    found = {"x": moments(rows([1, 3], [7, 7], [0, 0]))}
    assert constant_notices(found, {"x": ("a", "b", "c")}) == [
        "input 'x': column 'b' is constant over the training rows, 7 (and 1 more); it carries no information and is "
        "set to 0. Consider leaving it out."
    ]
    assert constant_notices({"x": moments(rows([1, 3]))}, {}) == []


def test_notice_of_columns_far_from_standardised():
    x = rows([1000, 1002], [1, -1], [0, 200])
    assert far_notices({"x": x}, [REAL], {"x": ("year", "b", "c")}) == [
        "input 'x': 2 of 3 columns are far from standardised, worst column 'year' with mean 1001 and standard "
        "deviation 1. Training may be slow or diverge; set standardize: true."
    ]


def test_notice_of_tiny_columns_and_none_for_good_ones():
    assert far_notices({"x": rows([0, 1], [0, 1e-6], [1, 2])}, [REAL], {}) == [
        "input 'x': 1 of 3 columns are far from standardised, worst entry [1] with mean 5e-07 and standard deviation "
        "5e-07. Training may be slow or diverge; set standardize: true."
    ]
    assert far_notices({"x": rows([0, 1], [0, 0], [1, 2])}, [REAL], {}) == []
