import math

import numpy as np
import pytest
from sklearn import metrics as theirs

from symprop.errors import InputError, SpecError
from symprop.train import Encoding
from symprop.train.metrics import METRICS, accuracy, auc, check_metrics, evaluate, f1, mae, r2, rmse
from symprop.train.outputs import interpret

BINARY = Encoding("binary", ("no", "yes"), (0.0, 1.0))
THREE = Encoding("classes", ("a", "b", "c"), (0.0, 1.0, 2.0))
PLAIN = Encoding("regression")


def drawn(seed, classes=2, rows=80):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), rng.integers(0, classes, rows)])
    p = rng.dirichlet(np.ones(classes), size=len(y)).round(1)
    return y, p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(5))
def test_binary_as_scikit_learn_with_many_ties(seed):
    y, p = drawn(seed)
    hard = (p[:, 1] > 0.5).astype(int)
    assert accuracy(y, hard) == theirs.accuracy_score(y, hard)
    assert auc(y, p[:, 1]) == pytest.approx(theirs.roc_auc_score(y, p[:, 1]), abs=1e-14)
    assert f1(y, hard, 2) == pytest.approx(theirs.f1_score(y, hard), abs=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_classes_as_scikit_learn(seed):
    y, p = drawn(seed, classes=4)
    hard = p.argmax(axis=1)
    assert auc(y, p) == pytest.approx(theirs.roc_auc_score(y, p, multi_class="ovr", average="macro"), abs=1e-14)
    assert f1(y, hard, 4) == pytest.approx(theirs.f1_score(y, hard, average="macro"), abs=1e-14)


@pytest.mark.parametrize("columns", [1, 3])
def test_regression_as_scikit_learn(columns):
    rng = np.random.default_rng(0)
    y, v = rng.normal(size=(2, 30, columns))
    assert mae(y, v) == pytest.approx(theirs.mean_absolute_error(y, v), rel=1e-14)
    assert rmse(y, v) == pytest.approx(math.sqrt(theirs.mean_squared_error(y, v)), rel=1e-14)
    assert r2(y, v) == pytest.approx(theirs.r2_score(y, v), rel=1e-12)


def test_hand_values():
    y = np.array([0, 0, 1, 1])
    assert auc(y, np.array([1, 2, 3, 4.0])) == 1
    assert auc(y, np.array([4, 3, 2, 1.0])) == 0
    assert auc(y, np.array([1, 2, 2, 3.0])) == (3 + 0.5) / 4
    assert auc(y, np.zeros(4)) == 0.5
    assert f1(y, np.array([0, 1, 1, 0]), 2) == 2 * 1 / (2 * 1 + 1 + 1)
    assert accuracy(y, np.array([0, 1, 1, 0])) == 0.5
    assert mae(np.array([[1.0], [2]]), np.array([[2.0], [4]])) == 1.5
    assert rmse(np.array([[1.0], [2]]), np.array([[2.0], [4]])) == math.sqrt(2.5)
    assert r2(np.array([1.0, 2, 3]), np.array([1.0, 2, 4])) == 1 - 1 / 2


def test_degenerate_cases_are_nan():
    ones = np.ones(3, dtype=int)
    assert math.isnan(auc(ones, np.arange(3.0)))
    assert math.isnan(auc(np.array([0, 1, 1]), np.eye(3)))
    assert math.isnan(f1(np.zeros(3, int), np.zeros(3, int), 2))
    assert f1(ones, np.zeros(3, int), 2) == 0
    assert math.isnan(r2(np.full(3, 2.0), np.arange(3.0)))
    assert math.isnan(r2(np.array([2.0]), np.array([2.0])))


def test_a_class_that_is_nowhere_is_left_out_of_f1():
    assert f1(np.array([0, 1]), np.array([0, 1]), 3) == 1


def test_metrics_of_flat_and_column_shapes_agree():
    assert mae(np.array([[1.0], [2]]), np.array([2.0, 2])) == 0.5


def test_shapes_that_differ():
    with pytest.raises(InputError) as caught:
        mae(np.zeros((3, 1)), np.zeros((3, 2)))
    assert str(caught.value) == "metrics: output and target differ in shape; expected (3, 1), got (3, 2)"


@pytest.mark.parametrize("output", ["probabilities", "log_probabilities", "logits", "margins"])
def test_binary_outputs_agree(output):
    z = np.array([[-3.0], [0.0], [2.0], [40.0], [50.0]])
    p = 1 / (1 + np.exp(-z))
    given = {"probabilities": p, "log_probabilities": np.log(p)}.get(output, z)
    scores = interpret(given, BINARY, output)
    assert scores.indices.tolist() == [0, 0, 1, 1, 1]
    assert (scores.probabilities is None) == (output == "margins")
    if scores.probabilities is not None:
        assert scores.probabilities[:, 1] == pytest.approx(p[:, 0], abs=1e-15)


def test_logits_keep_an_order_that_probabilities_have_lost():
    scores = interpret(np.array([[0, 40.0], [0, 50.0]]), Encoding("classes", ("a", "b"), (0.0, 1.0)), "logits")
    assert scores.ranking[0, 1] < scores.ranking[1, 1]
    assert scores.probabilities[0, 1] == scores.probabilities[1, 1]


def test_first_maximal_class_and_softmax():
    scores = interpret(np.array([[1.0, 1.0, 0.0], [1e4, 0, 0]]), THREE, "logits")
    assert scores.indices.tolist() == [0, 0]
    assert scores.probabilities.sum(axis=1) == pytest.approx(1)


def test_logits_declared_as_probabilities_are_caught():
    with pytest.raises(SpecError) as caught:
        interpret(np.array([[0.1], [2.5]]), BINARY, "probabilities")
    assert str(caught.value) == (
        "output: values outside 0 to 1; expected probabilities, got 2.5. "
        "Say what it holds: output = logits, log_probabilities or margins."
    )
    with pytest.raises(SpecError) as caught:
        interpret(np.array([[0.1, 0.2, 0.3]]), THREE, "probabilities")
    assert str(caught.value) == (
        "output: rows are no probabilities; expected sums of 1, got 0.6 in row 0. "
        "Say what it holds: output = logits, log_probabilities or margins."
    )


def test_outputs_of_a_wrong_shape():
    with pytest.raises(SpecError) as caught:
        interpret(np.zeros((2, 2)), BINARY, "logits")
    assert str(caught.value) == "output: wrong shape for a binary target; expected (N, 1), got (2, 2)"
    with pytest.raises(SpecError) as caught:
        interpret(np.zeros((2, 2)), THREE, "logits")
    assert str(caught.value) == "output: wrong shape for 3 classes; expected (N, 3), got (2, 2)"


def test_unknown_and_unfit_metrics_are_all_reported():
    with pytest.raises(InputError) as caught:
        check_metrics(["auc", "acc", "mae"], "regression")
    assert str(caught.value).splitlines() == [
        "metrics: 'auc' is not for a target of task regression; expected one of mae, rmse, r2",
        "metrics: unknown metric 'acc'; expected one of accuracy, auc, f1, mae, rmse, r2",
    ]


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_best_for_a_perfect_prediction(name):
    if METRICS[name].classes:
        y = np.array([[0.0], [1.0], [1.0]])
        found = evaluate([name], y, interpret(y, BINARY, "probabilities"), BINARY)
    else:
        y = np.array([[0.0], [1.0], [5.0]])
        found = evaluate([name], y, interpret(y, PLAIN, "values"), PLAIN)
    assert found == {name: 1.0 if METRICS[name].rising else 0.0}
