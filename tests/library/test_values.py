"""Formulas of the library against functions and derivatives written by hand, and those against 320 digits."""

import numpy as np
import pytest

from symprop.library import ACTIVATIONS, LOSSES
from symprop.network import Sketch, pick
from tests.library import by_hand
from tests.library.evaluate import Evaluator, evaluate, mp, mpf

EPS = np.finfo(float).eps
SCALARS = [name for name, entry in ACTIVATIONS.items() if entry.elementwise]
ROWS = [name for name, entry in ACTIVATIONS.items() if not entry.elementwise]
POINTS = np.array([s * m for m in (1e-12, 1e-3, 0.3, 0.9, 1.7, 2.4, 4.2, 7.5, 20.0) for s in (1, -1)])
OPTIONS = {"leaky_relu": {"negative_slope": 0.25}, "elu": {"alpha": 1.5}}
LOSS_OPTIONS = {
    "huber": {"delta": 0.5},
    "softmax_cross_entropy": {"label_smoothing": 0.1},
    "poisson": {"log_input": False, "eps": 0.01},
    "binary_focal": {"gamma": 1.5, "alpha": 0.4},
    "softmax_focal": {"gamma": 0.5, "alpha": 2.0},
}
ACTIVATION_CASES = [(n, {}) for n in SCALARS] + list(OPTIONS.items())
LOSS_CASES = [(n, {}) for n in by_hand.LOSSES] + list(LOSS_OPTIONS.items())


def exactly(name: str, options: dict):
    """The formula of the library as a function of one number of 320 digits."""
    functions = {n: ACTIVATIONS[n].function() for n in SCALARS}
    function = ACTIVATIONS[name].function(**options)

    def value(z):
        return Evaluator({"z": {(): z}}, functions, {}).value(function.body, {})

    return value


def close(got: float, want, scale, ulps: float = 8) -> bool:
    """Within so many units of the larger of |want| and a scale; NaN is a failure."""
    return bool(abs(mpf(float(got)) - want) <= ulps * EPS * max(abs(want), abs(scale)))


def test_every_entry_is_written_by_hand():
    assert list(by_hand.ACTIVATIONS) == SCALARS
    assert list(by_hand.ROW_ACTIVATIONS) == ROWS
    assert [*by_hand.LOSSES, *by_hand.LOSSES_OF_LAYERS] == list(LOSSES)
    assert list(by_hand.LOSSES_OF_LAYERS) == [name for name, entry in LOSSES.items() if entry.args]
    assert set(by_hand.PER_ROWS) == {name for name, entry in LOSSES.items() if entry.per == "rows" and not entry.args}


@pytest.mark.parametrize(("name", "options"), ACTIVATION_CASES)
def test_an_activation_has_the_value_written_by_hand(name, options):
    formula, (f, df) = exactly(name, options), by_hand.ACTIVATIONS[name]
    points = zip(POINTS, f(POINTS, **options), df(POINTS, **options), strict=True)
    wrong = [z for z, value, slope in points if not close(value, formula(mpf(z)), mpf(z * slope), ulps=4)]
    assert wrong == []


@pytest.mark.parametrize(("name", "options"), ACTIVATION_CASES)
def test_a_derivative_written_by_hand_is_that_of_the_formula(name, options):
    formula, (_, df) = exactly(name, options), by_hand.ACTIVATIONS[name]
    wrong = []
    for z, got in zip(POINTS, df(POINTS, **options), strict=True):
        step = mpf(10) ** -20
        want = (formula(mpf(z) + step) - formula(mpf(z) - step)) / (2 * step)
        if not close(got, want, mpf(z) * formula(mpf(z)) + mpf(10) ** -20):
            wrong.append((z, got, float(want)))
    assert wrong == []


@pytest.mark.parametrize("name", [n for n in SCALARS if ACTIVATIONS[n].kinks])
def test_at_a_kink_the_hand_takes_the_value_that_the_entry_states(name):
    kinks = ACTIVATIONS[name].function().kinks
    for point, value in kinks:
        assert by_hand.ACTIVATIONS[name][1](np.array([float(point)]))[0] == pytest.approx(float(value), rel=1e-4)
    assert len(kinks) == (0 if name == "elu" else len(ACTIVATIONS[name].kinks))


@pytest.mark.parametrize("name", SCALARS)
def test_an_activation_stays_in_its_range(name):
    low, high = ACTIVATIONS[name].range
    values = [exactly(name, {})(mpf(z)) for z in np.linspace(-9, 9, 361)]
    assert low is None or min(values) >= low - 1e-15
    assert high is None or max(values) <= high
    assert low is None or min(values) - low < 0.12
    assert high is None or high - max(values) < 0.12


def test_the_constants_of_selu_are_the_fixed_point():
    e, half = mp.erfc(1 / mp.sqrt(2)), mp.exp(mpf(1) / 2)
    alpha = -mp.sqrt(2 / mp.pi) / (e * half - 1)
    scale = (1 - e * half) * mp.sqrt(2 * mp.pi)
    scale *= (2 * mp.erfc(mp.sqrt(2)) * mp.e**2 + mp.pi * e**2 * mp.e - 2 * (2 + mp.pi) * e * half + mp.pi + 2) ** mpf(
        -0.5
    )
    at_one, at_minus_one = exactly("selu", {})(mpf(1)), exactly("selu", {})(mpf(-1))
    assert abs(at_one - scale) < mpf(10) ** -20
    assert abs(at_minus_one - scale * alpha * (mp.exp(-1) - 1)) < mpf(10) ** -19


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_activation_has_the_value_and_vjp_written_by_hand(name):
    sketch = Sketch("rows").input("x", 4).target("y", 4).layer("activation", activation=name).loss("mse")
    x, y, g = random(3, 4), random(3, 4, seed=1), random(3, 4, seed=2)
    f, vjp = by_hand.ROW_ACTIVATIONS[name]
    values = evaluate(sketch.build(), {"x": x, "y": y})["A1"]
    assert all(close(f(x)[at], value, 1) for at, value in values.items())
    step = 1e-6
    for at in np.ndindex(x.shape):
        shifted = np.zeros_like(x)
        shifted[at] = step
        assert vjp(x, g)[at] == pytest.approx(((f(x + shifted) - f(x - shifted)) * g).sum() / (2 * step), abs=1e-9)


def drawn(name: str) -> tuple[np.ndarray, np.ndarray]:
    """A prediction and a target that the loss of this name is meant for."""
    entry = LOSSES[name]
    p, t = random(3, 4), random(3, 4, seed=1)
    if entry.expects == "probabilities":
        p = by_hand.softmax(p)
    elif entry.expects == "log_probabilities":
        p = by_hand.log_softmax(p)
    targets = {
        "labels": by_hand.softmax(t),
        "unit": by_hand.sigmoid(t),
        "sign": np.sign(t),
        "nonnegative": np.floor(3 * np.abs(t)),
    }
    return (np.abs(p) if name == "poisson" else p), targets.get(entry.target, t)


@pytest.mark.parametrize("reduce", ["mean", "sum"])
@pytest.mark.parametrize(("name", "options"), LOSS_CASES)
def test_a_loss_has_the_value_written_by_hand(name, options, reduce):
    layers = Sketch("loss").input("x", 4).target("y", 4).layer("dropout", rate=0.5)
    network = layers.loss(name, reduce=reduce, **options).build()
    p, t = drawn(name)
    got = evaluate(network, {"x": p, "mask1": np.ones_like(p), "y": t})["L"][()]
    divisor = 1 if reduce == "sum" else 3 if name in by_hand.PER_ROWS else 12
    assert close(by_hand.LOSSES[name][0](p, t, **options) / divisor, got, 1, ulps=16)


@pytest.mark.parametrize(("name", "options"), LOSS_CASES)
def test_a_gradient_written_by_hand_is_that_of_the_loss(name, options):
    p, t = drawn(name)
    loss, gradient = by_hand.LOSSES[name]
    step = 1e-6
    for at in np.ndindex(p.shape):
        shifted = np.zeros_like(p)
        shifted[at] = step
        difference = (loss(p + shifted, t, **options) - loss(p - shifted, t, **options)) / (2 * step)
        assert gradient(p, t, **options)[at] == pytest.approx(difference, rel=1e-7, abs=1e-8)


def test_labels_are_one_hot_rows_and_smoothing_is_on_top():
    sketch = Sketch("labels").input("x", 4).target("y", classes=4).layer("dropout")
    network = sketch.loss("softmax_cross_entropy", label_smoothing=0.2).build()
    x, y = random(3, 4), np.array([2, 0, 2])
    values = evaluate(network, {"x": x, "mask1": np.ones_like(x), "y": y})
    rows = np.eye(4)[y]
    assert all(values["Y"][at] == rows[at] for at in np.ndindex(rows.shape))
    assert all(abs(values["Ys"][at] - (0.8 * rows[at] + 0.05)) < 1e-15 for at in np.ndindex(rows.shape))
    assert close(by_hand.softmax_ce(x, rows, 0.2) / 3, values["L"][()], 1)


def test_zero_targets_of_a_divergence_count_nothing():
    network = Sketch("kl").input("x", 3).target("y", 3).layer("dropout").loss("kl_divergence").build()
    p, t = np.array([[0.2, 0.3, 0.5]]), np.array([[0.0, 0.25, 0.75]])
    got = evaluate(network, {"x": p, "mask1": np.ones_like(p), "y": t})["L"][()]
    assert close(0.25 * np.log(0.25 / 0.3) + 0.75 * np.log(0.75 / 0.5), got, 1)


def test_an_option_gives_a_function_of_its_own():
    def leaky(slope: float):
        return pick("leaky_relu", negative_slope=slope)

    sketch = Sketch("leaky").input("x", 2).target("y", 2)
    sketch = sketch.layer("activation", activation=leaky(0.2)).layer("activation", activation=leaky(0.01))
    network = sketch.layer("activation", activation=leaky(0.2)).loss("mse").build()
    assert list(network.functions) == ["leaky_relu_0p2", "leaky_relu"]
    assert network.functions["leaky_relu_0p2"].kinks == (("0", "0.2"),)
