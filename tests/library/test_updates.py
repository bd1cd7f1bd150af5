"""Optimizers, schedules and initialisers against recurrences written by hand."""

import math

import numpy as np
import pytest

from symprop.library import INITIALISERS, OPTIMIZERS, SCHEDULES
from symprop.library.scalars import evaluate

GRADIENTS = np.random.default_rng(0).normal(size=8)


def run(name: str, **options) -> list[float]:
    """The parameter after every step, from the library's equations."""
    made = OPTIMIZERS[name].optimizer(**options)
    values = dict.fromkeys(made.state, 0.0) | {"w": 1.5, "lr": made.lr}
    path = []
    for t, g in enumerate(GRADIENTS, 1):
        values |= {"g": g, "t": float(t)}
        for equation in made.equations:
            values[equation.target] = evaluate(equation.body, values)
        path.append(values["w"])
    return path


def sgd(lr=1e-3, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0):
    w, buffer = 1.5, None
    for g in GRADIENTS:
        d = g + weight_decay * w
        if momentum:
            buffer = d if buffer is None else momentum * buffer + (1 - dampening) * d
            d = d + momentum * buffer if nesterov else buffer
        w = w - lr * d
        yield w


def adagrad(lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    w, total = 1.5, initial_accumulator_value
    for step, g in enumerate(GRADIENTS):
        d = g + weight_decay * w
        total += d * d
        w -= lr / (1 + step * lr_decay) * d / (math.sqrt(total) + eps)
        yield w


def rmsprop(lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False):
    w, square, mean, buffer = 1.5, 0.0, 0.0, 0.0
    for g in GRADIENTS:
        d = g + weight_decay * w
        square = alpha * square + (1 - alpha) * d * d
        mean = alpha * mean + (1 - alpha) * d
        average = math.sqrt(square - mean * mean if centered else square) + eps
        buffer = momentum * buffer + d / average
        w -= lr * buffer if momentum else lr * d / average
        yield w


def adam(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
    w, first, second = 1.5, 0.0, 0.0
    for t, g in enumerate(GRADIENTS, 1):
        d = g if decoupled else g + weight_decay * w
        if decoupled:
            w *= 1 - lr * weight_decay
        first = betas[0] * first + (1 - betas[0]) * d
        second = betas[1] * second + (1 - betas[1]) * d * d
        w -= lr / (1 - betas[0] ** t) * first / (math.sqrt(second) / math.sqrt(1 - betas[1] ** t) + eps)
        yield w


def adamw(weight_decay=0.01, **options):
    return adam(weight_decay=weight_decay, decoupled=True, **options)


def lion(lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
    w, m = 1.5, 0.0
    for g in GRADIENTS:
        w -= lr * (np.sign(betas[0] * m + (1 - betas[0]) * g) + weight_decay * w)
        m = betas[1] * m + (1 - betas[1]) * g
        yield w


BY_HAND = {"sgd": sgd, "adagrad": adagrad, "rmsprop": rmsprop, "adam": adam, "adamw": adamw, "lion": lion}
CASES = [(name, {}) for name in OPTIMIZERS] + [
    ("sgd", {"lr": 0.1, "momentum": 0.9}),
    ("sgd", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    ("sgd", {"lr": 0.1, "weight_decay": 0.05}),
    ("adagrad", {"lr": 0.1, "lr_decay": 0.2, "weight_decay": 0.1, "initial_accumulator_value": 0.3}),
    ("rmsprop", {"lr": 0.1, "alpha": 0.8, "weight_decay": 0.1}),
    ("rmsprop", {"lr": 0.1, "momentum": 0.7}),
    ("rmsprop", {"lr": 0.1, "momentum": 0.7, "centered": True, "eps": 0.1}),
    ("rmsprop", {"lr": 0.1, "centered": True, "eps": 0.1}),
    ("adam", {"lr": 0.1, "betas": (0.5, 0.75), "weight_decay": 0.1}),
    ("adamw", {"lr": 0.1, "betas": (0.5, 0.75), "weight_decay": 0.2}),
    ("lion", {"lr": 0.1, "betas": (0.5, 0.75), "weight_decay": 0.2}),
]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_an_optimizer_takes_the_steps_written_by_hand(name, options):
    assert run(name, **options) == pytest.approx(list(BY_HAND[name](**options)), rel=1e-13)


@pytest.mark.parametrize(
    ("name", "options", "state", "lines"),
    [
        ("sgd", {}, (), ["w = w - lr*g"]),
        ("sgd", {"momentum": 0.9}, ("m",), ["m = where(t == 1, g, 0.9*m + g)", "w = w - lr*m"]),
        (
            "rmsprop",
            {},
            ("s",),
            ["s = 0.99*s + g**2/100", "q = g/(sqrt(s) + 1e-8)", "w = w - lr*q"],
        ),
        (
            "lion",
            {},
            ("m",),
            ["u = sign(0.9*m + g/10)", "m = 0.99*m + g/100", "w = w - lr*u"],
        ),
    ],
)
def test_what_options_make_idle_is_left_out(name, options, state, lines):
    made = OPTIMIZERS[name].optimizer(**options)
    assert made.state == state
    assert list(map(str, made.equations)) == lines


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(KeyError, match=r"^'speed'$"):
        OPTIMIZERS["adam"].optimizer(speed=2)
    with pytest.raises(KeyError, match=r"^'value'$"):
        INITIALISERS["constant"].parameters(2, 3)


def factors(name: str, total: int, **options) -> list[float]:
    body = SCHEDULES[name].expression(**options)
    return [evaluate(body, {"t": t, "total": total}) for t in range(1, total + 1)]


def test_every_schedule_is_tested_here():
    assert list(SCHEDULES) == ["constant", "step", "cosine"]


def test_schedules_have_the_factors_written_by_hand():
    assert factors("constant", 3) == [1, 1, 1]
    assert factors("step", 7, step_size=3, gamma=0.5) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]
    warm = [t / 4 for t in (1, 2, 3, 4)]
    cool = [0.1 + 0.45 * (1 + math.cos(math.pi * k / 6)) for k in range(1, 7)]
    assert factors("cosine", 10, warmup_steps=4, min_factor=0.1) == pytest.approx(warm + cool)
    assert factors("cosine", 2) == pytest.approx([0.5, 0.0])
    assert factors("cosine", 3, warmup_steps=5) == pytest.approx([0.2, 0.4, 0.6])


PARAMETERS = {
    "zeros": {"value": 0},
    "ones": {"value": 1},
    "constant": {"value": 2.5},
    "normal": {"mean": 0, "std": 0.05},
    "uniform": {"low": -0.05, "high": 0.05},
    "glorot_uniform": {"low": -math.sqrt(6 / 16), "high": math.sqrt(6 / 16)},
    "glorot_normal": {"mean": 0, "std": math.sqrt(2 / 16)},
    "he_uniform": {"low": -1, "high": 1},
    "he_normal": {"mean": 0, "std": math.sqrt(2 / 6)},
    "lecun_uniform": {"low": -math.sqrt(0.5), "high": math.sqrt(0.5)},
    "lecun_normal": {"mean": 0, "std": math.sqrt(1 / 6)},
    "orthogonal": {"gain": 1},
}


@pytest.mark.parametrize("name", INITIALISERS)
def test_an_initialiser_has_the_parameters_written_by_hand(name):
    options = {"value": 2.5} if name == "constant" else {}
    assert INITIALISERS[name].parameters(6, 10, **options) == pytest.approx(PARAMETERS[name])


@pytest.mark.parametrize("name", INITIALISERS)
def test_the_variance_of_a_scaled_initialiser_is_what_its_name_says(name):
    wanted = {"glorot": 2 / 16, "he": 2 / 6, "lecun": 1 / 6}.get(name.split("_")[0])
    found = INITIALISERS[name].parameters(6, 10, **({"value": 1} if name == "constant" else {}))
    if wanted is not None:
        got = found["std"] ** 2 if "std" in found else (found["high"] - found["low"]) ** 2 / 12
        assert got == pytest.approx(wanted)
