"""Losses of layers and focal losses in PyTorch, from the same weights: values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symprop.network import Sketch
from symprop.oracle.differences import relative_error
from tests.gradients.test_losses_of_layers import CASES, INPUTS, ROWS, WIDTH, Case, loaded, masked_data, sequence

torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")
F = torch.nn.functional


def nll(mu: Any, v: Any, t: Any, log_variance: bool = False, full: bool = False) -> Any:
    return F.gaussian_nll_loss(mu, t, v.exp() if log_variance else v, full=full, eps=1e-30)


def divergence(mu: Any, log_var: Any) -> Any:
    normal = torch.distributions.Normal
    own, unit = normal(mu, (log_var / 2).exp()), normal(torch.zeros_like(mu), torch.ones_like(mu))
    return torch.distributions.kl_divergence(own, unit).sum(1).mean()


def info_nce(u: Any, v: Any, temperature: float = 0.1) -> Any:
    cosines = F.cosine_similarity(u[:, None], v[None], dim=2)
    return F.cross_entropy(cosines / temperature, torch.arange(len(u)))


def triplet(anchor: Any, positive: Any, negative: Any, margin: float = 1.0, squared: bool = True) -> Any:
    def distance(a: Any, b: Any) -> Any:
        return ((a - b) ** 2).sum(1) if squared else torch.linalg.vector_norm(a - b, dim=1)

    return F.triplet_margin_with_distance_loss(anchor, positive, negative, distance_function=distance, margin=margin)


TORCH = {
    "gaussian_nll": nll,
    "gaussian_kl": divergence,
    "info_nce": info_nce,
    "triplet": triplet,
    "cosine_embedding": lambda u, v, t, margin=0.0: F.cosine_embedding_loss(u, v, t, margin=margin),
    "cosine": lambda u, t: (1 - F.cosine_similarity(u, t, dim=1)).mean(),
}


def same(value: float, found: Any, loss: Any, weights: dict[str, Any]) -> None:
    loss.backward()
    assert value == pytest.approx(loss.item(), rel=1e-12)
    for name, tensor in weights.items():
        assert relative_error(getattr(found, name), tensor.grad.numpy()) < 1e-10, name


def leaves(params: dict[str, np.ndarray]) -> dict[str, Any]:
    return {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_loss_of_layers(case: Case) -> None:
    module, (data, params) = loaded(case.sketch), case.data()
    weights, (x, *target) = leaves(params), map(torch.tensor, data)
    outputs = [x @ weights[f"W_{id_}"] + weights[f"b_{id_}"] for id_ in case.ids]
    if case.positive:
        outputs[1] = F.softplus(outputs[1], threshold=1000)
    value, found = module.value_and_grad(module.Params(**params), *data)
    same(value, found, TORCH[case.name](*outputs, *target, **case.options), weights)


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_ignored_labels_are_those_a_mask_hides(reduce: str) -> None:
    module, (x, y, params) = loaded(sequence(reduce=reduce)), masked_data(True)
    weights = leaves(params)
    logits = (torch.tensor(x) @ weights["W_o"] + weights["b_o"]).reshape(-1, WIDTH)
    labels = torch.tensor(np.where(y["m"] > 0, y["y"], -100)).reshape(-1)
    value, found = module.value_and_grad(module.Params(**params), x, y)
    same(value, found, F.cross_entropy(logits, labels, ignore_index=-100, reduction=reduce), weights)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 3.5])
@pytest.mark.parametrize("kind", ["binary_focal", "softmax_focal"])
def test_focal_losses(kind: str, gamma: float) -> None:
    made = Sketch("focal").input("x", INPUTS)
    made = made.target("y", WIDTH) if kind == "binary_focal" else made.target("y", classes=WIDTH)
    module = loaded(made.layer("dense", id="o", units=WIDTH).loss(kind, gamma=gamma, alpha=0.3))
    rng = np.random.default_rng(5)
    x, w = rng.standard_normal((ROWS, INPUTS)), rng.standard_normal((INPUTS, WIDTH))
    params = {"W_o": w, "b_o": np.ones(WIDTH)}
    y = rng.integers(0, 2, (ROWS, WIDTH)).astype(float) if kind == "binary_focal" else rng.integers(0, WIDTH, ROWS)
    weights, t = leaves(params), torch.tensor(y)
    z = torch.tensor(x) @ weights["W_o"] + weights["b_o"]
    if kind == "binary_focal":
        entropy = F.binary_cross_entropy_with_logits(z, t, reduction="none")
        loss = ((0.3 * t + 0.7 * (1 - t)) * (1 - torch.exp(-entropy)) ** gamma * entropy).mean()
    else:
        entropy = F.cross_entropy(z, t, reduction="none")
        loss = 0.3 * ((1 - torch.exp(-entropy)) ** gamma * entropy).mean()
    value, found = module.value_and_grad(module.Params(**params), x, y)
    same(value, found, loss, weights)
