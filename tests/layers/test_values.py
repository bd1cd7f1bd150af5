"""Kernels of every layer against layers written by hand: values, and gradients by complex step."""

from __future__ import annotations

from types import ModuleType

import numba
import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.library import LAYERS
from symprop.oracle.differences import relative_error
from tests.layers.cases import CASES
from tests.layers.kinds import Array, Case
from tests.network.test_layers import CASES as JOINING

ELSEWHERE = set(JOINING)
# layers with two modes; tests/codegen/test_states.py and test_noise.py, tests/gradients/test_torch_states.py
TWO_MODES = {"batch_norm", "gaussian_sample"}
# loops of all others are run as Python, which is the same text
ATTENTION = ("attention_causal_masked", "attention_lengths_causal_masked", "attention_rotary")
STEPS = ("lstm_reverse_first", "gru_first", *ATTENTION)
COMPILED = ("conv2d_pairs", "max_pool2d_overlapping", "group_norm", "embedding", "reshape", *STEPS)
STEP = 1e-30


def test_every_layer_has_a_case() -> None:
    assert {case.type for case in CASES} | ELSEWHERE | TWO_MODES == set(LAYERS)
    assert len({case.name for case in CASES}) == len(CASES)


def gradient(case: Case, name: str) -> Array:
    """Every entry of a parameter moved by an imaginary step."""
    found = np.zeros(case.params[name].shape)
    for at in np.ndindex(found.shape):
        moved = case.params[name].astype(complex)
        moved[at] += 1j * STEP
        found[at] = case.loss(case.value, {**case.params, name: moved}, case.rows, case.goal).imag / STEP
    return found


def compared(case: Case, module: ModuleType) -> None:
    rows = case.rows[0] if len(case.rows) == 1 else {f"x{k}": x for k, x in enumerate(case.rows)}
    value, grads = module.value_and_grad(module.Params(**case.params), rows, case.goal)
    assert value == pytest.approx(case.loss(case.value, case.params, case.rows, case.goal), rel=1e-12)
    largest = max(abs(found).max() for found in grads)
    for name in module.Params._fields:
        truth = gradient(case, name)
        if name in case.flat:
            assert max(abs(truth).max(), abs(getattr(grads, name)).max()) < 1e-13 * largest, name
            continue
        assert np.linalg.norm(truth) > 0, name
        assert relative_error(getattr(grads, name), truth) < 1e-9, name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_arrays(case: Case) -> None:
    compared(case, load_module(generate_module(case.derivation, "numpy", "float64"), case.name))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_loops(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    compared(case, load_module(generate_module(case.derivation, "numba", "float64"), f"{case.name}_loops"))


@pytest.mark.slow
@pytest.mark.parametrize("case", [c for c in CASES if c.name in COMPILED], ids=str)
def test_compiled_loops(case: Case) -> None:
    compared(case, load_module(generate_module(case.derivation, "numba", "float64"), f"{case.name}_compiled"))
