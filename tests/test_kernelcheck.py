"""The comparison itself: it sees what is wrong, wherever it is."""

from types import SimpleNamespace

import numpy as np
import pytest

from symprop.kernelcheck import MOST, check_kernels
from symprop.session import kernels, parse_source

TEXT = """\
symprop: 1
name: classes
inputs: {x: {shape: [6]}, y: {role: target, classes: 3}}
layers:
  - {id: fc, type: dense, units: 5, activation: tanh}
  - {id: drop, type: dropout, rate: 0.5}
  - {id: out, type: dense, units: 3}
loss: {type: softmax_cross_entropy, from: out, target: y}
training: {dtype: float64}
"""


@pytest.fixture(scope="module")
def network():
    return parse_source(TEXT).network


@pytest.fixture(scope="module")
def module(network):
    return kernels(network, "numpy")


def spoiled(module, change):
    def value_and_grad(params, x, y):
        value, grads = module.value_and_grad(params, x, y)
        return change(value, grads)

    return SimpleNamespace(**{**vars(module), "value_and_grad": value_and_grad})


def wrong(report):
    return [row.tensor for row in report.rows if not row.agrees]


def test_right_kernels_agree(network, module):
    report = check_kernels(network, {"numpy": module}, seed=4, batch=3)
    assert report.ok and wrong(report) == []
    assert [row.tensor for row in report.rows] == ["L", "W_fc", "b_fc", "W_out", "b_out"]
    assert all(row.complex_step < 1e-13 and row.scale > 0 for row in report.rows)
    assert all(row.central < 1e-6 for row in report.rows[1:])


def test_the_same_seed_gives_the_same_numbers(network, module):
    one, two, other = (check_kernels(network, {"numpy": module}, seed=s) for s in (1, 1, 2))
    assert one == two
    assert one.rows[0].scale != other.rows[0].scale


@pytest.mark.parametrize("entry", [(0, 0), (2, 3), (5, 4)])
def test_one_wrong_entry_of_many_is_seen(network, module, entry):
    def change(value, grads):
        w = grads.W_fc.copy()
        w[entry] += 1e-6
        return value, grads._replace(W_fc=w)

    assert network.tensors["W_fc"].axes[0].constant * 5 > MOST
    assert wrong(check_kernels(network, {"numpy": spoiled(module, change)})) == ["W_fc"]


def test_a_wrong_value_is_seen(network, module):
    found = check_kernels(network, {"numpy": spoiled(module, lambda value, grads: (value * (1 + 1e-8), grads))})
    assert wrong(found) == ["L"]


def test_nan_is_wrong(network, module):
    def change(value, grads):
        return value, grads._replace(b_out=np.full_like(grads.b_out, np.nan))

    assert wrong(check_kernels(network, {"numpy": spoiled(module, change)})) == ["b_out"]


def test_a_transposed_gradient_is_wrong(network, module):
    found = check_kernels(
        network, {"numpy": spoiled(module, lambda value, grads: (value, grads._replace(W_fc=-grads.W_fc)))}
    )
    assert wrong(found) == ["W_fc"]


def test_single_precision_has_a_bound_of_its_own(network):
    single = kernels(network, "numpy", "float32")
    report = check_kernels(network, {"numpy": single})
    assert report.ok
    assert {row.tolerance for row in report.rows} == {5e-5}
    assert max(row.complex_step for row in report.rows) > 1e-10


@pytest.mark.parametrize(
    ("loss", "target", "activation"),
    [
        ("poisson", "{shape: [5], role: target}", "identity"),
        ("hinge", "{shape: [5], role: target}", "identity"),
        ("binary_cross_entropy", "{shape: [5], role: target}", "sigmoid"),
        ("kl_divergence", "{shape: [5], role: target}", "softmax"),
        ("mae", "{shape: [5], role: target}", "identity"),
    ],
)
def test_targets_are_drawn_where_the_loss_takes_them(loss, target, activation):
    text = TEXT.replace("{role: target, classes: 3}", target).replace(
        "units: 3}", f"units: 5, activation: {activation}}}"
    )
    found = parse_source(text.replace("softmax_cross_entropy", loss)).network
    report = check_kernels(found, {"numpy": kernels(found, "numpy")})
    assert wrong(report) == []


LINEAR = TEXT.replace(", activation: tanh", "")
NORMAL = LINEAR.replace("{id: drop, type: dropout, rate: 0.5}", "{id: bn, type: batch_norm}")


@pytest.fixture(scope="module")
def normal():
    found = parse_source(NORMAL).network
    return found, kernels(found, "numpy")


def test_both_modes_and_the_states_are_compared(normal):
    report = check_kernels(normal[0], {"numpy": normal[1]})
    assert report.ok
    found = [(row.tensor, row.mode) for row in report.rows]
    assert found[:2] == [("L", "training"), ("W_fc", "training")]
    assert found[-4:] == [("rm_bn", "training"), ("rv_bn", "training"), ("L", "predicting"), ("Z_out", "predicting")]


@pytest.mark.parametrize("name", ["rm_bn", "rv_bn"])
def test_a_wrong_state_is_seen(normal, name):
    network, module = normal

    def fit(*arguments, **options):
        params, history = module.fit(*arguments, **options)
        return params._replace(**{name: getattr(params, name) + 1e-8}), history

    assert wrong(check_kernels(network, {"numpy": SimpleNamespace(**{**vars(module), "fit": fit})})) == [name]


@pytest.mark.parametrize("function", ["forward", "loss"])
def test_predicting_in_the_wrong_mode_is_seen(normal, function):
    network, module = normal
    other = {function: lambda *arguments: getattr(module, function)(*arguments, training=True)}
    found = check_kernels(network, {"numpy": SimpleNamespace(**{**vars(module), **other})})
    assert wrong(found) == ["Z_out" if function == "forward" else "L"]


def test_a_gradient_that_is_zero_identically_agrees_and_another_does_not(normal):
    network, module = normal
    (row,) = [row for row in check_kernels(network, {"numpy": module}).rows if row.tensor == "b_fc"]
    assert row.scale == 0 and row.agrees and row.complex_step < 1e-14

    def change(value, grads):
        return value, grads._replace(b_fc=grads.b_fc + 1e-6)

    assert wrong(check_kernels(network, {"numpy": spoiled(module, change)})) == ["b_fc"]
