"""Every list of equations that the derivation is tested on, as a module of either backend, against the evaluator."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numba
import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import Derivation, derive
from symprop.language import Extent, Network
from symprop.oracle.evaluate import evaluate
from tests.cases.equations import CASES, Case
from tests.codegen.fixed import batch_name, fixed_network

TOLERANCE = 1e-12


def _batch(case: Case) -> tuple[Extent, ...]:
    return (Extent.of(batch_name(case)),)


# an integer tensor that is no row of the data cannot be given to a module
GIVEN = [c for c in CASES if all(t.axes[0] in _batch(c) for t in c.given if t.dtype == "integer")]
# these are compiled; the loops of all others are run as Python, which is the same text
COMPILED = ("dense", "layer_norm", "convolution", "lstm")


def truth(network: Network, derivation: Derivation, arrays: dict[str, Any], sizes: dict[str, int]) -> dict[str, Any]:
    values = evaluate(network, arrays, sizes)
    adjoints = [a.exact for a in derivation]
    tensors = {**network.tensors}
    found = evaluate(adjoints, {**arrays, **values}, sizes, functions=network.functions, tensors=tensors)
    return {**values, **found}


def run(module: ModuleType, network: Network, arrays: dict[str, Any], sizes: dict[str, int]) -> tuple[Any, Any, Any]:
    rows = sizes.get("N", 2)
    inputs = {t.name: arrays.get(t.name, np.zeros((rows, 1))) for t in network.of_role("input")}
    x = inputs if len(inputs) != 1 else next(iter(inputs.values()))
    params = module.Params(*(arrays[t.name] for t in network.params))
    value, grads = module.value_and_grad(params, x, {})
    return value, grads, module.forward(params, x)


def compared(case: Case, module: ModuleType) -> None:
    network = fixed_network(case)
    derivation = derive(network)
    arrays = case.arrays()
    batch = batch_name(case)
    sizes = {"N": case.sizes[batch]} if batch else {}
    expected = truth(derivation.network, derivation, arrays, sizes)
    value, grads, output = run(module, network, arrays, sizes)
    close(value, expected["L"])
    close(output, expected[network.outputs[0]])
    for name, grad in grads._asdict().items():
        close(grad, expected.get(f"d{name}", np.zeros_like(grad)))


def close(found: Any, expected: Any) -> None:
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * scale)


def source(case: Case, backend: str) -> str:
    return generate_module(derive(fixed_network(case)), backend, "float64")


@pytest.mark.parametrize("case", GIVEN, ids=str)
def test_arrays_agree_with_the_evaluator(case: Case) -> None:
    compared(case, load_module(source(case, "numpy"), case.name))


@pytest.mark.parametrize("case", GIVEN, ids=str)
def test_loops_agree_with_the_evaluator(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    compared(case, load_module(source(case, "numba"), f"{case.name}_loops"))


@pytest.mark.parametrize("case", [c for c in CASES if c.name in COMPILED], ids=str)
def test_compiled_loops_agree_with_the_evaluator(case: Case) -> None:
    compared(case, load_module(source(case, "numba"), f"{case.name}_compiled"))
