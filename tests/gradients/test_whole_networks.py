"""Whole networks against PyTorch, from the same weights: loss, gradients, and three steps of training."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symprop.derivation import derive
from symprop.network import build
from symprop.oracle.differences import relative_error
from symprop.spec import parse_spec

torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")

from tests.gradients.whole.images import IMAGES  # noqa: E402
from tests.gradients.whole.kinds import OPTIMIZERS, Whole  # noqa: E402
from tests.gradients.whole.models import MODELS  # noqa: E402
from tests.gradients.whole.rows import ROWS  # noqa: E402
from tests.gradients.whole.sequences import SEQUENCES  # noqa: E402

NETWORKS = [*ROWS, *IMAGES, *SEQUENCES, *MODELS]
SGD = next(iter(OPTIMIZERS))


def start(module: ModuleType) -> Any:
    """Parameters of order 1, biases and scales as well; states as they begin."""
    rng = np.random.default_rng(4)
    first = module.init_params(seed=4)
    moved = {
        name: p if name.startswith(("rm", "rv")) else p + 0.3 * rng.standard_normal(p.shape)
        for name, p in first._asdict().items()
    }
    return first._replace(**moved)


def given(module: ModuleType, data: dict[str, np.ndarray]) -> list[Any]:
    """Data as the functions of a module take them: inputs, then targets if there are any."""
    parts = [{name: data[name] for name in table} for table in (module.INPUTS, module.TARGETS) if table]
    return [next(iter(part.values())) if len(part) == 1 else part for part in parts]


def leaves(params: Any) -> dict[str, Any]:
    learnt = {name: p for name, p in params._asdict().items() if not name.startswith(("rm", "rv"))}
    return {name: torch.tensor(p, requires_grad=True) for name, p in learnt.items()}


def test_no_two_networks_have_one_name() -> None:
    assert len({whole.name for whole in NETWORKS}) == len(NETWORKS) >= 40


@pytest.mark.parametrize("whole", NETWORKS, ids=str)
def test_loss_and_gradients(whole: Whole) -> None:
    module, data = whole.module(SGD), whole.data()
    params = start(module)
    value, found = module.value_and_grad(params, *given(module, data))
    weights = leaves(params)
    loss = whole.loss(weights, {name: torch.tensor(array) for name, array in data.items()})
    loss.backward()
    assert abs(value - loss.item()) < 1e-12 * abs(loss.item())
    largest = max(float(tensor.grad.norm()) for tensor in weights.values())
    for name, tensor in weights.items():
        theirs = tensor.grad.numpy()
        if np.linalg.norm(theirs) < 1e-12 * largest:
            # identically 0, as of a bias before a norm
            assert np.linalg.norm(getattr(found, name)) < 1e-12 * largest, name
        else:
            assert relative_error(getattr(found, name), theirs) < 1e-10, name


def steps_of_torch(whole: Whole, params: Any, stepper: Callable[..., Any]) -> tuple[list[float], dict[str, Any]]:
    weights, losses = leaves(params), []
    data = {name: torch.tensor(array) for name, array in whole.data().items()}
    update = stepper(list(weights.values()))
    for _ in range(3):
        update.zero_grad()
        loss = whole.loss(weights, data)
        loss.backward()
        losses.append(loss.item())
        update.step()
    return losses, weights


@pytest.mark.parametrize(
    ("whole", "optimizer"),
    [(whole, list(OPTIMIZERS)[k % 2]) for k, whole in enumerate(w for w in NETWORKS if w.fixed)],
    ids=str,
)
def test_three_steps(whole: Whole, optimizer: str) -> None:
    module = whole.module(optimizer)
    params = start(module)
    losses, weights = steps_of_torch(whole, params, OPTIMIZERS[optimizer])
    data = given(module, whole.data())
    trained, history = module.fit(params, *data, epochs=3, batch_size=whole.rows, shuffle=False)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-12)
    for name, tensor in weights.items():
        # Adam divides by the root of squares, which makes much of the last digits of a gradient that is nearly 0
        assert relative_error(getattr(trained, name), tensor.detach().numpy()) < 1e-9, name


@pytest.mark.slow
def test_a_chain_of_skips_is_derived_in_linear_time() -> None:
    def seconds(depth: int) -> float:
        layers = [
            f"  - {{id: f{k}, type: dense, in: {'x' if k < 2 else f's{k - 1}'}, units: 4, activation: tanh}}\n"
            f"  - {{id: s{k}, type: add, in: [f{k}, {'x' if k < 3 else f's{k - 2}'}]}}\n"
            for k in range(1, depth + 1)
        ]
        text = "symprop: 1\nname: skips\ninputs: {x: {shape: [4]}, y: {shape: [4], role: target}}\nlayers:\n"
        network = build(parse_spec(text + "".join(layers) + f"loss: {{type: mse, from: s{depth}, target: y}}\n"))
        times = []
        for _ in range(3):
            begin = process_time()
            derive(network)
            times.append(process_time() - begin)
        return min(times)

    assert seconds(60) < 3.5 * seconds(30)
