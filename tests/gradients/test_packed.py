"""The compiled backend: every activation and every loss as branches of one network, one module for each dtype."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.library import ACTIVATIONS
from symprop.network import build
from symprop.oracle.differences import relative_error
from symprop.spec import parse_spec
from tests.gradients.networks import HIDDEN, INPUTS, LABELS, LAST, OUTPUTS, Small
from tests.library import by_hand

Array = np.ndarray
TOLERANCE = {"float64": 1e-11, "float32": 5e-5}
LOSSES = list(by_hand.LOSSES)
COUNT = max(len(ACTIVATIONS), len(LOSSES))
BRANCHES = [
    Small(list(ACTIVATIONS)[k % len(ACTIVATIONS)], LOSSES[k % len(LOSSES)], ("mean", "sum")[k % 2])
    for k in range(COUNT)
]


def spec(dtype: str) -> str:
    """All branches over one input, each with its target."""
    targets, layers, losses = [], [], []
    for k, branch in enumerate(BRANCHES):
        kind = f"classes: {OUTPUTS}" if branch.loss in LABELS else f"shape: [{OUTPUTS}]"
        targets.append(f"  y{k}: {{{kind}, role: target}}")
        layers.append(f"  - {{id: h{k}, in: x, type: dense, units: {HIDDEN}, activation: {branch.activation}}}")
        last = LAST.get(branch.loss, "identity")
        layers.append(f"  - {{id: o{k}, type: dense, units: {OUTPUTS}, activation: {last}}}")
        weighed = f"reduce: {branch.reduce}, weight: {k + 1}.5"
        losses.append(f"  - {{type: {branch.loss}, from: o{k}, target: y{k}, {weighed}}}")
    parts = ["symprop: 1", "name: packed", "inputs:", f"  x: {{shape: [{INPUTS}]}}", *targets, "layers:", *layers]
    return "\n".join([*parts, "loss:", *losses, f"training: {{dtype: {dtype}}}"]) + "\n"


@pytest.fixture(scope="module", params=["float64", pytest.param("float32", marks=pytest.mark.slow)])
def packed(request: pytest.FixtureRequest) -> ModuleType:
    text = spec(request.param)
    return load_module(generate_module(derive(build(parse_spec(text, "packed"))), dtype=request.param), "packed")


@pytest.mark.parametrize("batch", [1, 5])
def test_every_branch_has_the_gradients_by_hand(packed: ModuleType, batch: int) -> None:
    x = np.random.default_rng(batch).standard_normal((batch, INPUTS))
    params: dict[str, Array] = {}
    targets, truths, total = {}, {}, 0.0
    for k, branch in enumerate(BRANCHES):
        _, targets[f"y{k}"], own = branch.data(batch)
        names = (f"W_h{k}", f"b_h{k}", f"W_o{k}", f"b_o{k}")
        params |= dict(zip(names, own, strict=True))
        loss, gradients = branch.by_hand(x, targets[f"y{k}"], own)
        total += (k + 1.5) * loss
        truths |= {name: (k + 1.5) * g for name, g in zip(names, gradients, strict=True)}
    ready = packed.Params(**{name: np.asarray(params[name], packed.DTYPE) for name in packed.Params._fields})
    value, found = packed.value_and_grad(ready, x.astype(packed.DTYPE), targets)
    tolerance = TOLERANCE[packed.DTYPE]
    assert abs(value - total) < tolerance * abs(total)
    for name, ours in found._asdict().items():
        assert relative_error(ours, truths[name]) < tolerance * (20 if packed.DTYPE == "float32" else 1), name
