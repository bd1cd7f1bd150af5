"""A step of training with the update fused into it: the same numbers, nothing read after it is overwritten."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.codegen.module import module_plan
from symprop.derivation import derive
from symprop.language.expressions import tensors_read
from symprop.network import build
from symprop.plan import step
from symprop.spec import parse_spec

LAYERS = {
    "dense": (
        "x: {shape: [13]}",
        """
  - {id: a, type: dense, units: 11, activation: relu}
  - {id: b, type: dense, units: 19, activation: tanh}
  - {id: out, type: dense, units: 4}""",
    ),
    "large": (
        "x: {shape: [37]}",
        """
  - {id: a, type: dense, units: 83, activation: relu}
  - {id: b, type: dense, units: 45, activation: sigmoid}
  - {id: out, type: dense, units: 4}""",
    ),
    "tied": (
        "x: {shape: [11]}",
        """
  - {id: a, type: dense, units: 11, activation: tanh}
  - {id: b, type: dense, units: 11, activation: tanh, tie: a.W}
  - {id: out, type: dense, units: 4}""",
    ),
    "scalars and states": (
        "x: {shape: [7]}",
        """
  - {id: a, type: dense, units: 13, bias: false}
  - {id: n, type: batch_norm}
  - id: p
    in: n
    equations: ["z[n,c] = where(x[n,c] > 0, x[n,c], s*x[n,c])"]
    args: {x: [13]}
    params: {s: {shape: [], init: ones}}
    output: z
  - {id: out, type: dense, units: 4}""",
    ),
    "lstm": (
        "x: {shape: [6], vocabulary: 9}",
        """
  - {id: e, type: embedding, units: 5}
  - {id: a, type: lstm, units: 21, return: last}
  - {id: out, type: dense, units: 4}""",
    ),
    "conv": (
        "x: {shape: [3, 9, 7]}",
        """
  - {id: a, type: conv2d, units: 11, kernel: 3, padding: same, activation: relu}
  - {id: m, type: max_pool2d, kernel: 2}
  - {type: flatten}
  - {id: out, type: dense, units: 4}""",
    ),
    "attention": (
        "x: {shape: [6, 8]}",
        """
  - {id: a, type: attention, heads: 2}
  - {id: r, type: add, in: [a, x]}
  - {id: n, type: layer_norm}
  - {type: flatten}
  - {id: out, type: dense, units: 4}""",
    ),
}
OPTIMIZERS = ("{type: sgd, lr: 0.1}", "{type: sgd, lr: 0.1, momentum: 0.9}", "{type: adam, lr: 0.01}")


def text(name: str, optimizer: str) -> str:
    inputs, layers = LAYERS[name]
    return f"""
symprop: 1
name: fused
inputs: {{{inputs}, y: {{role: target, classes: 4}}}}
layers:{layers}
loss: {{type: softmax_cross_entropy, from: out, target: y}}
optimizer: {optimizer}
"""


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of a network and the update of its optimizer."""
    monkeypatch.setattr(step, "LARGE", 1)
    monkeypatch.setattr(step, "_is_cheap", lambda network: True)


def data(module: ModuleType) -> tuple[np.ndarray, np.ndarray]:
    rng, (row,) = np.random.default_rng(3), module.INPUTS.values()
    shape = (23, *row["shape"])
    x = rng.integers(0, row["classes"], shape) if "classes" in row else rng.standard_normal(shape)
    return x, rng.integers(0, 4, 23)


@pytest.mark.parametrize(
    ("name", "optimizer"), [*((name, OPTIMIZERS[2]) for name in LAYERS), *(("large", o) for o in OPTIMIZERS[:2])]
)
def test_fused_steps_give_what_the_numpy_backend_gives(name: str, optimizer: str, always: None) -> None:
    """Three epochs of batches of 8, 8 and 7 rows, shuffled."""
    derivation = derive(build(parse_spec(text(name, optimizer))))
    source = generate_module(derivation, "numba", "float64")
    assert "def step_kernel(" in source
    ours, plain = load_module(source), load_module(generate_module(derivation, "numpy", "float64"))
    x, y = data(ours)
    first = ours.init_params(5)
    options = {"epochs": 3, "batch_size": 8, "seed": 7, "shuffle": True}
    found, expected = ours.fit(first, x, y, **options), plain.fit(plain.Params(*first), x, y, **options)
    np.testing.assert_allclose(found[1].loss, expected[1].loss, rtol=1e-10)
    for own, truth in zip(found[0], expected[0], strict=True):
        np.testing.assert_allclose(own, truth, rtol=1e-8, atol=1e-8)
    assert any(np.abs(a - b).max() > 1e-4 for a, b in zip(found[0], first, strict=True))


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_is_read_after_it_is_overwritten(name: str, always: None) -> None:
    plan = module_plan(derive(build(parse_spec(text(name, OPTIMIZERS[2])))))
    assert plan.step is not None
    program, old_of = plan.program("step"), dict(plan.step.in_place)
    overwritten: set[str] = set()
    for stage in program.stages:
        own = [*([stage.product.equation] if stage.product else []), *stage.equations]
        for equation in own:
            assert not overwritten & set(tensors_read(equation.body)), f"{equation} in place"
        here = {old_of[e.target] for e in own if e.target in old_of}
        readers = [e.target for e in own if here & set(tensors_read(e.body)) and old_of.get(e.target) not in here]
        assert not readers
        overwritten |= here
    assert set(old_of.values()) == overwritten


def test_a_gradient_is_no_array_of_a_step_and_its_update_an_epilogue(always: None) -> None:
    source = generate_module(derive(build(parse_spec(text("large", OPTIMIZERS[0])))), "numba", "float32")
    stage = next(part for part in source.split("@lanes(") if " = W_b[i, j] - c1 * v1" in part)
    assert "total1 += part1" in stage
    assert "dW_b[i, j] =" not in stage


def test_small_networks_and_costly_updates_have_a_loop_over_all_parameters() -> None:
    small = module_plan(derive(build(parse_spec(text("dense", OPTIMIZERS[0])))))
    assert small.step is None
    wide = text("large", OPTIMIZERS[0]).replace("units: 83", "units: 1700")
    assert module_plan(derive(build(parse_spec(wide)))).step is not None
    for optimizer in (OPTIMIZERS[2], "{type: sgd, lr: 0.1, clip_norm: 1.0}"):
        assert module_plan(derive(build(parse_spec(wide.replace(OPTIMIZERS[0], optimizer))))).step is None


STATES = """
symprop: 1
name: running
inputs: {{x: {{shape: [3]}}, y: {{shape: [3], role: target}}}}
layers:
  - id: run
    equations: ["z[n,j] = w[j]*x[n,j] + s[j]"]
    args: {{x: [3]}}
    params: {{w: {{shape: [3], init: ones}}}}
    states: {{s: {{shape: [3]}}, r: {{shape: [3]}}}}
    updates: ["s[j] = s[j] + 1", "{late}"]
    output: z
loss: {{type: mse, from: run, target: y}}
"""


@pytest.mark.parametrize(("late", "fused"), [("r[j] = r[j]/2", True), ("r[j] = s[j]", False)])
def test_a_state_that_is_read_after_it_is_overwritten_keeps_a_gradient_of_its_own(
    late: str, fused: bool, always: None
) -> None:
    plan = module_plan(derive(build(parse_spec(STATES.format(late=late)))))
    assert (plan.step is not None) == fused
