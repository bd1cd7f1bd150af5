"""What a generated module refuses, word for word, before any kernel runs."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from tests.codegen.perceptron import derivation_of, perceptron, tensor

X = np.zeros((4, 5))
Y = np.array([0, 1, 2, 1])


@cache
def module() -> ModuleType:
    return load_module(generate_module(perceptron(), "numpy", "float32"), "checked")


@cache
def regression() -> ModuleType:
    table = [
        tensor("a", "N", 2, role="input"),
        tensor("tok", "N", 3, dtype="integer", role="input"),
        tensor("p", "N", 1, role="target", low=0.0, top=1.0),
        tensor("w", 2, role="param"),
        tensor("Z", "N", 1),
        tensor("L", role="loss"),
    ]
    forward = ["Z[n,j] = sum[i](a[n,i]*w[i])", "L = sum[n,j]((Z[n,j] - p[n,j])**2)/N"]
    backward = ["dZ[n,j] = 2*(Z[n,j] - p[n,j])/N", "dw[i] = sum[n,j](a[n,i]*dZ[n,j])"]
    derivation = derivation_of({t.name: t for t in table}, forward, backward, ("Z",))
    return load_module(generate_module(derivation, "numpy", "float64"), "regression")


def changed(value: float) -> Any:
    x = X.copy()
    x[2, 3] = value
    return x


WRONG_X = [
    (np.zeros((4, 6)), "x: wrong shape; expected (N, 5), got (4, 6)."),
    (np.zeros(5), "x: wrong shape; expected (N, 5), got (5,). A single row is x[None]."),
    (np.zeros((0, 5)), "x: no rows; expected at least one."),
    (3.0, "x: a single number; expected an array of shape (N, 5)."),
    (changed(np.nan), "x[2, 3]: nan is not a finite float32, and 0 more like it. Remove or fill missing values first."),
    (changed(1e300), "x[2, 3]: inf is not a finite float32, and 0 more like it. Remove or fill missing values first."),
    (X.astype(complex), "x: expected numbers, got dtype complex128."),
    (X.astype(str), "x: expected numbers, got dtype <U32."),
    (X.astype(object), "x: expected numbers, got dtype object."),
    ([[1.0], [1.0, 2.0]], "x: rows of different lengths; expected an array."),
]


@pytest.mark.parametrize(("x", "message"), WRONG_X, ids=range(len(WRONG_X)))
def test_features(x: Any, message: str) -> None:
    m = module()
    for call in (lambda: m.forward(m.init_params(), x), lambda: m.fit(m.init_params(), x, Y)):
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value) == message


HOT = " One-hot rows of 3 columns will do as well."
WRONG_Y = [
    (np.array([0, 1, 3, 1]), "y[2]: 3 is out of range; expected 0 to 2."),
    (np.array([0, -1, 2, 1]), "y[1]: -1 is out of range; expected 0 to 2."),
    (np.array([0, 0.5, 2, 1]), "y: expected integers, got float64 with fractions, NaN or inf."),
    (np.array([0, np.nan, 2, 1]), "y: expected integers, got float64 with fractions, NaN or inf."),
    (np.zeros((4, 2)), "y: wrong shape; expected (N,), got (4, 2)." + HOT),
    (np.eye(3), "y: 3 rows, but x has 4. Give as many."),
    (
        np.ones((4, 3)),
        "y[0]: not a one-hot row; expected a single 1 among 3 columns, zeros elsewhere. "
        "Labels 0, 1, ... will do as well.",
    ),
    (np.array(["a", "b", "c", "a"]), "y: expected numbers, got dtype <U1."),
]


@pytest.mark.parametrize(("y", "message"), WRONG_Y, ids=range(len(WRONG_Y)))
def test_labels(y: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:
        module().loss(module().init_params(), X, y)
    assert str(error.value) == message


def test_forms_of_labels_mean_the_same() -> None:
    m, rng = module(), np.random.default_rng(0)
    x, params = rng.standard_normal((4, 5)), m.init_params(1)
    forms = [Y, Y.tolist(), Y[:, None], Y.astype(np.uint8), Y.astype(float), np.eye(3)[Y], np.eye(3, dtype=bool)[Y]]
    assert len({m.loss(params, x, y) for y in forms}) == 1


def test_features_are_converted() -> None:
    m = module()
    for x in (X.astype(np.int8), X.astype(bool), X[:, ::-1], np.asfortranarray(X), X.astype(np.float16)):
        assert m.forward(m.init_params(), x).dtype == np.float32


WRONG_CALL = [
    ({"epochs": -1}, "epochs: expected an integer of at least 0, got -1."),
    ({"epochs": 1.5}, "epochs: expected an integer of at least 0, got 1.5."),
    ({"batch_size": 0}, "batch_size: expected an integer of at least 1, got 0."),
    ({"batch_size": True}, "batch_size: expected an integer of at least 1, got True."),
    ({"seed": -3}, "seed: expected an integer of at least 0, got -3."),
    ({"lr": float("nan")}, "lr: expected a finite number that is not negative, got nan."),
    ({"lr": "fast"}, "lr: expected a finite number that is not negative, got 'fast'."),
]


@pytest.mark.parametrize(("options", "message"), WRONG_CALL, ids=range(len(WRONG_CALL)))
def test_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:
        module().fit(module().init_params(), X, Y, **options)
    assert str(error.value) == message


def test_parameters() -> None:
    m = module()
    params = m.init_params()
    for wrong, message in [
        (params._replace(W2=params.W2.T), "params.W2: wrong shape; expected (7, 3), got (3, 7)."),
        (params[:3], "params: 3 arrays; expected 4: W1, b1, W2, b2."),
        (
            params._replace(b2=np.array([0, np.inf, 0])),
            "params.b2[1]: inf is not a finite float32, and 0 more like it. Remove or fill missing values first.",
        ),
    ]:
        with pytest.raises(ValueError) as error:
            m.forward(wrong, X)
        assert str(error.value) == message
    state = m.init_optimizer(params)._replace(m=np.zeros(3, np.float32))
    with pytest.raises(ValueError) as error:
        m.fit_chunk(params, state, X, Y, 1, 2, 0.1, 0)
    assert str(error.value) == (
        "opt_state.m: expected shape (66,) of float32, got (3,) of float32. Take it from init_optimizer or fit_chunk."
    )


def test_several_inputs_are_a_dictionary() -> None:
    m = regression()
    a, tok, p = np.ones((4, 2)), np.zeros((4, 3), int), np.zeros(4)
    assert m.loss(m.init_params(), {"a": a, "tok": tok}, p) == 0
    for x, y, message in [
        (a, p, "x: expected a dictionary of arrays named a, tok, got ndarray."),
        ({"a": a}, p, "x: expected a dictionary of arrays named a, tok, got a."),
        ({"a": a, "tok": tok[:3]}, p, "tok: 3 rows, but a has 4. Give as many."),
        ({"a": a, "tok": tok - 1}, p, "tok[0, 0]: -1 is out of range; expected 0."),
        ({"a": a, "tok": tok}, p + 2, "p: values from 2.0 to 2.0; expected values from 0.0 to 1.0."),
    ]:
        with pytest.raises(ValueError) as error:
            m.loss(m.init_params(), x, y)
        assert str(error.value) == message
