"""Every layer that PyTorch has, from the same parameters: values and gradients."""

from __future__ import annotations

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.oracle.differences import relative_error
from tests.layers.cases import CASES
from tests.layers.kinds import Case

torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")


@pytest.mark.parametrize("case", [c for c in CASES if c.torch is not None], ids=str)
def test_values_and_gradients(case: Case) -> None:
    assert case.torch is not None
    params = {name: torch.tensor(array, requires_grad=True) for name, array in case.params.items()}
    loss = case.loss(case.torch, params, [torch.tensor(x) for x in case.rows], torch.tensor(case.goal))
    loss.backward()
    module = load_module(generate_module(case.derivation, "numpy", "float64"), case.name)
    rows = case.rows[0] if len(case.rows) == 1 else {f"x{k}": x for k, x in enumerate(case.rows)}
    value, grads = module.value_and_grad(module.Params(**case.params), rows, case.goal)
    assert value == pytest.approx(loss.item(), rel=1e-12)
    largest = max(abs(found).max() for found in grads)
    for name, theirs in params.items():
        if name in case.flat:
            assert max(abs(theirs.grad.numpy()).max(), abs(getattr(grads, name)).max()) < 1e-13 * largest, name
            continue
        assert np.linalg.norm(theirs.grad.numpy()) > 0
        assert relative_error(getattr(grads, name), theirs.grad.numpy()) < 1e-10, name
