"""Generated modules with several threads: the same results, whoever does the work."""

from __future__ import annotations

import contextlib
import threading
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.network import build
from symprop.plan import step
from symprop.simd.teams import LEAST_FLOPS, LEAST_WORK, READY, THREADS, WORDS
from symprop.spec import parse_spec
from tests.simd.networks import SPECS

TRANSFORMER = """
inputs: {x: {shape: [5, 12]}, y: {role: target, shape: [5, 12]}}
layers:
  - {id: norm, type: layer_norm}
  - {id: att, type: attention, heads: 3}
  - {id: sum, type: add, in: [att, x]}
  - {id: up, type: dense, units: 37, activation: gelu_tanh}
  - {id: down, type: dense, units: 12}
loss: {type: mse, from: down, target: y}
optimizer: {type: adam, clip_norm: 1.0}
"""
NETWORKS = {
    "dense": SPECS["dense"] + "optimizer: {type: adam, lr: 0.01}\n",
    "conv": SPECS["conv"] + "optimizer: {type: sgd, lr: 0.1}\n",
    "lstm": SPECS["lstm"],
    "transformer": TRANSFORMER,
}
NAMES = ["dense", "conv", *(pytest.param(name, marks=pytest.mark.slow) for name in ("lstm", "transformer"))]
ROWS = 23


def text_of(name: str, backend: str, dtype: str = "float32", more: str = "") -> str:
    spec = f"symprop: 1\nname: {name}\n{NETWORKS[name]}{more}"
    return generate_module(derive(build(parse_spec(spec, name))), backend, dtype)


@cache
def module(name: str, dtype: str = "float32") -> ModuleType:
    """The module of a network, for which no work is too little, on as many processors as one likes."""
    return prepared(text_of(name, "numba", dtype), name)


def prepared(text: str, name: str) -> ModuleType:
    found = load_module(text, f"threads_{name}")
    found.RUNTIME = found.RUNTIME.replace(f"i64 %work, {LEAST_WORK}", "i64 %work, 0")
    found.processors, found.LEAST_FLOPS, found.LEAST_WORK = (lambda: 64), 0, 0
    return found


def data(m: ModuleType, rows: int = ROWS) -> tuple[Any, Any]:
    rng = np.random.default_rng(rows)
    (entry,), (target,) = m.INPUTS.values(), m.TARGETS.values()
    x = rng.standard_normal((rows, *entry["shape"]))
    if target["kind"] == "labels":
        return x, rng.integers(0, target["classes"], (rows, *target["shape"]))
    return x, rng.standard_normal((rows, *target["shape"]))


def joined(arrays: Any) -> Any:
    return np.concatenate([np.ravel(a) for a in arrays])


@pytest.mark.parametrize("name", NAMES)
def test_gradients_do_not_depend_on_threads(name: str) -> None:
    m = module(name)
    params = m.init_params(1)
    for rows in (1, 2, 5, ROWS):
        x, y = data(m, rows)
        value, grads = m.value_and_grad(params, x, y)
        for threads in (2, 3, 5):
            same, found = m.value_and_grad(params, x, y, threads=threads)
            np.testing.assert_allclose(same, value, rtol=1e-6)
            np.testing.assert_allclose(joined(found), joined(grads), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_training_does_not_depend_on_threads_nor_on_who_does_the_work(name: str) -> None:
    check_training(module(name))


def test_steps_with_the_update_in_them_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "LARGE", 1)
    monkeypatch.setattr(step, "_is_cheap", lambda network: True)
    text = text_of("dense", "numba")
    assert "def step_kernel(" in text
    check_training(prepared(text, "fused"))


def check_training(m: ModuleType) -> None:
    x, y = data(m)
    start = m.init_params(1)
    runs = [m.fit(start, x, y, epochs=4, batch_size=9, seed=3, threads=n) for n in (1, 2, 2, 3, 5, 5)]
    for one, other in ((1, 2), (4, 5)):
        assert joined(runs[one][0]).tobytes() == joined(runs[other][0]).tobytes()
        assert runs[one][1].loss.tobytes() == runs[other][1].loss.tobytes()
    for params, history in runs[1:]:
        np.testing.assert_allclose(history.loss, runs[0][1].loss, rtol=1e-5)
        np.testing.assert_allclose(joined(params), joined(runs[0][0]), rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_helper_that_never_comes_keeps_nobody_waiting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All parts are done by the first thread then, and are what helpers would have done."""
    m = module(name)
    x, y = data(m)
    arrays, theta = m._data(x, y), m._flat(m.init_params(1))
    found = []
    for ready in (0, 1):
        words = np.zeros(WORDS, np.int64)
        words[READY], words[THREADS] = ready, 2
        monkeypatch.setattr(m, "Team", lambda *_, words=words, **__: contextlib.nullcontext(words))
        value, grad = m.run_gradient(theta, *arrays, -1, helpers=1)
        found.append((value, grad.tobytes()))
    assert found[0] == found[1]


def test_networks_that_train_at_once_do_not_disturb_each_other() -> None:
    m = module("dense")
    x, y = data(m)
    start = m.init_params(1)
    alone, _ = m.fit(start, x, y, epochs=30, batch_size=7, threads=3)
    found: dict[int, Any] = {}

    def fit(k: int) -> None:
        found[k] = m.fit(start, x, y, epochs=30, batch_size=7, threads=3)[0]

    threads = [threading.Thread(target=fit, args=(k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(3):
        assert joined(found[k]).tobytes() == joined(alone).tobytes()


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@pytest.mark.parametrize("threads", [0, -1, 1.5, "two", True, None])
def test_threads_that_are_no_number(backend: str, threads: Any) -> None:
    m = module("dense") if backend == "numba" else numpy_module()
    (x, y), params = data(m), m.init_params(0)
    message = f"threads: expected an integer of at least 1, got {threads!r}."
    for call in (lambda: m.value_and_grad(params, x, y, threads=threads), lambda: m.fit(params, x, y, threads=threads)):
        with pytest.raises(ValueError) as caught:
            call()
        assert str(caught.value) == message


@cache
def numpy_module() -> ModuleType:
    return load_module(text_of("dense", "numpy"))


def test_numpy_takes_threads_and_leaves_them_to_numpy() -> None:
    m = numpy_module()
    (x, y), params = data(m), m.init_params(0)
    one, two = (m.fit(params, x, y, epochs=2, threads=threads)[0] for threads in (1, 2))
    assert joined(one).tobytes() == joined(two).tobytes()


def test_there_are_no_helpers_for_little_work_and_no_more_than_processors() -> None:
    m = module("dense")
    rows = LEAST_FLOPS // m.FLOPS
    try:
        m.LEAST_FLOPS, m.processors = LEAST_FLOPS, lambda: 4
        assert [m.helpers_of(n, 2 * rows) for n in (1, 2, 4, 9)] == [0, 1, 3, 3]
        assert m.helpers_of(4, rows // 2) == 0
    finally:
        m.LEAST_FLOPS, m.processors = 0, lambda: 64
    assert m.FLOPS > 2 * 3 * (13 * 37 + 37 * 19 + 19 * 6) - 2 * 13 * 37


def test_the_number_of_threads_of_a_spec_is_the_default() -> None:
    assert "    threads=3,\n" in text_of("dense", "numpy", more="training: {threads: 3}\n")
