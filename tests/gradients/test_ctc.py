"""Connectionist temporal classification: values by the sum over all paths, gradients by complex step and by torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.network import Sketch, build
from symprop.oracle.differences import gradient, relative_error
from symprop.spec import parse_spec
from tests.library import by_hand

ROWS, INPUTS = 5, 2
LABELS = np.array([[2, 2], [1, 3], [3, 0], [0, 0], [1, 2]])
"""A repeated label, two labels, one, none."""


def sketch(steps: int, labels: int, classes: int, **options: Any) -> Sketch:
    made = Sketch("ctc").input("x", steps, INPUTS).target("y", labels, classes=classes)
    return made.layer("dense", id="o", units=classes).loss("ctc", "o", "y", **options)


def loaded(made: Sketch, backend: str = "numpy", dtype: str = "float64") -> Any:
    name = f"ctc_{abs(hash(str(made.spec)))}_{backend}_{dtype}"
    return load_module(generate_module(derive(made.build()), backend, dtype), name)


def drawn(steps: int, classes: int, scale: float = 1.0, rows: int = ROWS) -> tuple[Any, dict[str, Any]]:
    rng = np.random.default_rng([steps, classes])
    params = {"W_o": scale * rng.standard_normal((INPUTS, classes)), "b_o": scale * rng.standard_normal(classes)}
    return rng.standard_normal((rows, steps, INPUTS)), params


def logits(x: Any, params: dict[str, Any]) -> Any:
    return x @ params["W_o"] + params["b_o"]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("steps", [3, 6])
def test_the_value_is_the_sum_over_all_paths_and_the_gradient_that_of_complex_step(steps: int, backend: str) -> None:
    made = sketch(steps, 2, 4)
    module, (x, params) = loaded(made, backend), drawn(steps, 4)
    value, found = module.value_and_grad(module.Params(**params), x, LABELS)
    assert value == pytest.approx(by_hand.ctc(logits(x, params), LABELS), rel=1e-13)
    for name, array in params.items():
        slopes = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            moved = array.astype(complex)
            moved[place] += 1e-30j
            slopes[place] = by_hand.ctc(logits(x, {**params, name: moved}), LABELS).imag / 1e-30
        assert np.linalg.norm(slopes) > 0.1
        assert relative_error(getattr(found, name), slopes) < 1e-12, name


def test_the_equations_as_they_stand_have_these_slopes() -> None:
    made, (x, params) = sketch(6, 2, 4), drawn(6, 4)
    module, labels = loaded(made), LABELS[[4, 1, 4, 4, 1]]
    _, found = module.value_and_grad(module.Params(**params), x, labels)
    slopes = gradient(made.build(), {**params, "x": x, "y": labels}, {"N": ROWS}, tuple(params))
    assert all(relative_error(getattr(found, name), slopes[name]) < 1e-11 for name in params)


def test_another_label_may_be_the_blank() -> None:
    module, (x, params) = loaded(sketch(4, 2, 4, blank=3)), drawn(4, 4)
    labels = np.array([[2, 2], [1, 0], [0, 3], [3, 3], [0, 0]])
    value = module.loss(module.Params(**params), x, labels)
    assert value == pytest.approx(by_hand.ctc(logits(x, params), labels, blank=3), rel=1e-13)


def test_one_step_gives_one_label() -> None:
    module, (x, params) = loaded(sketch(1, 1, 3)), drawn(1, 3, rows=2)
    labels = np.array([[2], [0]])
    value = module.loss(module.Params(**params), x, labels)
    assert value == pytest.approx(-by_hand.log_softmax(logits(x, params))[[0, 1], 0, [2, 0]].mean(), rel=1e-14)


def test_labels_that_no_path_gives_have_a_loss_beyond_all_others() -> None:
    """Two labels alike need three steps, since a blank stands between them."""
    module, (x, params) = loaded(sketch(2, 2, 4)), drawn(2, 4)
    value, found = module.value_and_grad(module.Params(**params), x, LABELS)
    assert value == pytest.approx(1e30 / ROWS)
    assert all(np.isfinite(g).all() for g in found)


@pytest.mark.parametrize(("steps", "classes", "scale"), [(6, 4, 1.0), (40, 7, 1.0), (40, 7, 30.0)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_long_sequences_are_those_of_torch(steps: int, classes: int, scale: float, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")
    module, (x, params) = loaded(sketch(steps, 3, classes), dtype=dtype), drawn(steps, classes, scale)
    x, params = x.astype(dtype), {name: array.astype(dtype) for name, array in params.items()}
    labels = np.random.default_rng(3).integers(1, classes, (ROWS, 3))
    lengths = np.array([3, 2, 0, 1, 3])
    labels[np.arange(3) >= lengths[:, None]] = 0
    value, found = module.value_and_grad(module.Params(**params), x, labels)
    w, b = (torch.tensor(params[name].astype(float), requires_grad=True) for name in ("W_o", "b_o"))
    rows = torch.log_softmax(torch.tensor(x.astype(float)) @ w + b, dim=-1).transpose(0, 1)
    whole = torch.nn.functional.ctc_loss
    loss = whole(rows, torch.tensor(labels), torch.full((ROWS,), steps), torch.tensor(lengths), reduction="none").mean()
    loss.backward()
    exact = dtype == "float64"
    assert value == pytest.approx(loss.item(), rel=1e-12 if exact else 1e-5)
    assert relative_error(found.W_o, w.grad.numpy()) < (1e-10 if exact else 1e-5)
    assert relative_error(found.b_o, b.grad.numpy()) < (1e-10 if exact else 1e-5)


# -- rows that end early

STEPS, WIDE = np.array([6, 3, 0, 4, 5]), np.array([2, 1, 0, 0, 2])
"""Steps and labels of every row: as many as there are, fewer, none of both, none of one."""
LABELLED = np.array([[2, 2], [1, 3], [3, 1], [2, 3], [1, 2]])
"""Labels, without blanks behind them."""


def lengthy(steps: int, labels: int, classes: int, *keys: str) -> Sketch:
    made = Sketch("ctc").input("x", steps, INPUTS).target("y", labels, classes=classes)
    made = made.input("k", vocabulary=steps + 1) if "input_lengths" in keys else made
    made = made.target("u", classes=labels + 1) if "target_lengths" in keys else made
    given = {"input_lengths": "k", "target_lengths": "u"}
    made = made.layer("dense", id="o", inputs="x", units=classes)
    return made.loss("ctc", "o", "y", **{key: given[key] for key in keys})


def of_rows(z: Any, labels: Any, steps: Any, wide: Any) -> Any:
    """The mean over rows that are cut where they end."""
    rows = zip(z, labels, steps, wide, strict=True)
    return sum(by_hand.ctc(row[None, :k], word[None, :u]) for row, word, k, u in rows) / len(z)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("keys", [("input_lengths", "target_lengths"), ("input_lengths",), ("target_lengths",)])
def test_rows_that_end_early_are_those_that_are_cut(keys: tuple[str, ...], backend: str) -> None:
    module, (x, params) = loaded(lengthy(6, 2, 4, *keys), backend), drawn(6, 4)
    labels = LABELLED if "target_lengths" in keys else np.where(np.arange(2) < WIDE[:, None], LABELLED, 0)
    steps = STEPS if "input_lengths" in keys else np.full(ROWS, 6)
    rows, targets = ({"x": x, "k": steps} if "input_lengths" in keys else x), {"y": labels, "u": WIDE}
    targets = targets if "target_lengths" in keys else labels
    value, found = module.value_and_grad(module.Params(**params), rows, targets)
    assert value == pytest.approx(of_rows(logits(x, params), labels, steps, WIDE), rel=1e-13)
    for name, array in params.items():
        slopes = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            moved = array.astype(complex)
            moved[place] += 1e-30j
            slopes[place] = of_rows(logits(x, {**params, name: moved}), labels, steps, WIDE).imag / 1e-30
        assert np.linalg.norm(slopes) > 0.1
        assert relative_error(getattr(found, name), slopes) < 1e-12, name


def test_what_lies_behind_the_end_of_a_row_has_no_effect() -> None:
    module, (x, params) = loaded(lengthy(6, 2, 4, "input_lengths", "target_lengths")), drawn(6, 4)
    rng = np.random.default_rng(8)
    other = np.where((np.arange(6) >= STEPS[:, None])[..., None], 1e3 * rng.standard_normal(x.shape), x)
    blanks = np.where(np.arange(2) < WIDE[:, None], LABELLED, 0)
    first, second = (
        module.value_and_grad(module.Params(**params), {"x": rows, "k": STEPS}, {"y": labels, "u": WIDE})
        for rows, labels in ((x, LABELLED), (other, blanks))
    )
    assert first[0] == second[0]
    assert all(np.array_equal(a, b) for a, b in zip(first[1], second[1], strict=True))


def test_a_row_without_steps_gives_no_labels() -> None:
    module, (x, params) = loaded(lengthy(6, 2, 4, "input_lengths", "target_lengths")), drawn(6, 4)
    rows, targets = {"x": x, "k": 0 * STEPS}, {"y": LABELLED, "u": np.array([0, 1, 0, 2, 0])}
    value, found = module.value_and_grad(module.Params(**params), rows, targets)
    assert value == pytest.approx(2e30 / ROWS)
    assert all(np.array_equal(g, np.zeros_like(g)) for g in found)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(("steps", "classes", "scale"), [(9, 4, 1.0), (40, 7, 30.0)])
def test_long_rows_that_end_early_are_those_of_torch(steps: int, classes: int, scale: float, backend: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")
    module = loaded(lengthy(steps, 3, classes, "input_lengths", "target_lengths"), backend)
    x, params = drawn(steps, classes, scale)
    labels = np.random.default_rng(3).integers(1, classes, (ROWS, 3))
    ends, wide = np.array([steps, 7, steps - 1, 5, 6]), np.array([3, 2, 0, 1, 3])
    value, found = module.value_and_grad(module.Params(**params), {"x": x, "k": ends}, {"y": labels, "u": wide})
    w, b = (torch.tensor(params[name], requires_grad=True) for name in ("W_o", "b_o"))
    rows = torch.log_softmax(torch.tensor(x) @ w + b, dim=-1).transpose(0, 1)
    given = (torch.tensor(array) for array in (labels, ends, wide))
    loss = torch.nn.functional.ctc_loss(rows, *given, reduction="none").mean()
    loss.backward()
    assert value == pytest.approx(loss.item(), rel=1e-12)
    assert relative_error(found.W_o, w.grad.numpy()) < 1e-10
    assert relative_error(found.b_o, b.grad.numpy()) < 1e-10


SPEC = """\
symprop: 1
name: speech
inputs:
  x: {shape: [6, 2]}
  k: {shape: [], vocabulary: 7}
  y: {shape: [2], role: target, classes: 4}
  u: {shape: [], role: target, classes: 3}
layers:
  - {id: h, type: lstm, units: 3, in: {x: x, lengths: k}}
  - {id: o, type: dense, units: 4}
loss: {type: ctc, from: o, target: y, input_lengths: k, target_lengths: u}
"""


def test_one_input_counts_the_steps_of_a_layer_and_of_the_loss() -> None:
    net = build(parse_spec(SPEC))
    assert str(net.defining("K_loss")).startswith("K_loss[n,u] = [u[n] >= u + 1]*")
    module = load_module(generate_module(derive(net), "numpy", "float64"), "speech")
    rng = np.random.default_rng(2)
    params = module.Params(*(rng.standard_normal(p.shape) for p in module.init_params(seed=0)))
    data = {"x": rng.standard_normal((ROWS, 6, 2)), "k": STEPS, "y": LABELLED, "u": WIDE}
    inputs, targets = ({name: data[name] for name in names} for names in ("xk", "yu"))
    value, found = module.value_and_grad(params, inputs, targets)
    assert value == pytest.approx(of_rows(module.forward(params, inputs), LABELLED, STEPS, WIDE), rel=1e-13)
    slopes = gradient(net, {**params._asdict(), **data}, {"N": ROWS}, params._fields)
    assert all(relative_error(getattr(found, name), slopes[name]) < 1e-11 for name in slopes)


def test_gradient_descent_learns_to_spell() -> None:
    """Two symbols, shown one after the other at unknown times."""
    made = sketch(8, 2, 3)
    module = loaded(made)
    rng = np.random.default_rng(1)
    labels = np.array([[1, 2], [2, 1]] * 8)
    x = np.zeros((16, 8, INPUTS))
    for n, word in enumerate(labels):
        for label, step in zip(word, sorted(rng.choice(8, 2, replace=False)), strict=True):
            x[n, step, label - 1] = 1.0
    params = module.init_params(0)
    first = module.loss(params, x, labels)
    for _ in range(300):
        _, grads = module.value_and_grad(params, x, labels)
        params = module.Params(*(p - 2.0 * g for p, g in zip(params, grads, strict=True)))
    assert module.loss(params, x, labels) < first / 10
    read = np.asarray(module.forward(params, x)).argmax(axis=-1)
    assert [tuple(row[row > 0]) for row in read] == [tuple(word) for word in labels]
