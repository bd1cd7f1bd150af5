"""Functions, losses and optimizers written by hand, against torch: names, defaults and conventions are its own."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.library import by_hand
from tests.library.test_updates import CASES, GRADIENTS, run

Z = np.array([s * m for m in (0.0, 1e-3, 0.4, 1.0, 2.5, 3.0, 6.0, 9.0) for s in (1, -1)])
ACTIVATIONS = {
    "identity": lambda z: z * 1,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "softplus": lambda z: F.softplus(z, threshold=1000),
    "softsign": F.softsign,
    "silu": F.silu,
    "mish": F.mish,
    "gelu": F.gelu,
    "gelu_tanh": lambda z: F.gelu(z, approximate="tanh"),
    "hard_sigmoid": F.hardsigmoid,
    "hard_tanh": F.hardtanh,
    "relu6": F.relu6,
    "log_sigmoid": F.logsigmoid,
}


LOSSES = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
    "binary_cross_entropy": F.binary_cross_entropy,
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
    "bce_with_logits": F.binary_cross_entropy_with_logits,
    "softmax_cross_entropy": F.cross_entropy,
    "kl_divergence": lambda p, t: F.kl_div(p.log(), t, reduction="batchmean"),
    "poisson": F.poisson_nll_loss,
}
OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


def test_torch_has_all_activations():
    assert list(ACTIVATIONS) == list(by_hand.ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_that_of_torch_kinks_included(name):
    z = torch.tensor(Z, requires_grad=True)
    value = ACTIVATIONS[name](z)
    (slope,) = torch.autograd.grad(value.sum(), z)
    f, df = by_hand.ACTIVATIONS[name]
    assert f(Z) == pytest.approx(value.detach().numpy(), rel=1e-13, abs=1e-15)
    # torch keeps the slope of hard_sigmoid, 1/6, in float32
    bound = 1e-7 if name == "hard_sigmoid" else 1e-12
    assert df(Z) == pytest.approx(slope.numpy(), rel=bound, abs=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_a_mean_loss_is_that_of_torch(name):
    rng = np.random.default_rng(1)
    p, t = rng.uniform(0.05, 0.95, size=(3, 4)), by_hand.softmax(rng.normal(size=(3, 4)))
    z = torch.tensor(p, requires_grad=True)
    value = LOSSES[name](z, torch.tensor(t))
    (gradient,) = torch.autograd.grad(value, z)
    loss, dloss = by_hand.LOSSES[name]
    count = 3 if name in by_hand.PER_ROWS else 12
    assert loss(p, t) / count == pytest.approx(float(value.detach()), rel=1e-13)
    assert dloss(p, t) / count == pytest.approx(gradient.numpy(), rel=1e-12)


@pytest.mark.parametrize(("name", "options"), [case for case in CASES if case[0] in OPTIMIZERS])
def test_an_optimizer_takes_the_steps_of_torch(name, options):
    w = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
    update = OPTIMIZERS[name]([w], **options)
    path = []
    for g in GRADIENTS:
        w.grad = torch.tensor([g], dtype=torch.float64)
        update.step()
        path.append(float(w.detach()))
    assert run(name, **options) == pytest.approx(path, rel=1e-12)
