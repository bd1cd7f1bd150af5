"""Activations, losses and their derivatives, written by hand in NumPy: an oracle that shares nothing with the library.

`ACTIVATIONS[name]` is (f, df), both of an array, elementwise.  A row is the last axis of an array.
`ROW_ACTIVATIONS[name]` is (f, vjp): f of an array, vjp of the array and the adjoint of f's value.
`LOSSES_OF_LAYERS[name]` is the mean over rows of two axes, of the layers in order and then the target if there is one;
that of `ctc` over sequences and their labels.
`LOSSES[name]` is (loss, gradient), both of (p, t): the sum over all entries, and its gradient with respect to p; p
is what the loss of this name reads (logits, probabilities, ...) and t an array of p's shape (one-hot rows for labels).
Options are keywords with the library's defaults.  `PER_ROWS` names the losses whose mean divides by the number of rows.

The forms are chosen to be accurate to a few units in the last place, also where the plain formula overflows or cancels.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from scipy.special import ndtr, xlogy

Array = np.ndarray
LAMBDA, ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
CUBE, ROOT = 0.044715, np.sqrt(2 / np.pi)


def sigmoid(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def softplus(z: Array) -> Array:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def d_sigmoid(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


def d_tanh(z: Array) -> Array:
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2


def leaky_relu(z: Array, negative_slope: float = 0.01) -> Array:
    return np.where(z > 0, z, negative_slope * z)


def d_leaky_relu(z: Array, negative_slope: float = 0.01) -> Array:
    return np.where(z > 0, 1.0, negative_slope)


def elu(z: Array, alpha: float = 1.0) -> Array:
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def d_elu(z: Array, alpha: float = 1.0) -> Array:
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))


def d_silu(z: Array) -> Array:
    return sigmoid(z) * (1 + z * sigmoid(-z))


def _mish_parts(z: Array) -> tuple[Array, Array]:
    """tanh(softplus(z)) and its derivative, as rational functions of exp(-|z|)."""
    e = np.exp(-np.abs(z))
    below = e * (e + 2)
    value = np.where(z > 0, (1 + 2 * e) / (1 + 2 * e + 2 * e**2), below / (below + 2))
    slope = np.where(z > 0, 4 * e**2 * (1 + e) / (1 + 2 * e + 2 * e**2) ** 2, 4 * e * (1 + e) / (below + 2) ** 2)
    return value, slope


def mish(z: Array) -> Array:
    return z * _mish_parts(z)[0]


def d_mish(z: Array) -> Array:
    value, slope = _mish_parts(z)
    return value + z * slope


def d_gelu(z: Array) -> Array:
    return ndtr(z) + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


def gelu_tanh(z: Array) -> Array:
    return z * sigmoid(2 * ROOT * (z + CUBE * z**3))


def d_gelu_tanh(z: Array) -> Array:
    inner = 2 * ROOT * (z + CUBE * z**3)
    return sigmoid(inner) * (1 + z * sigmoid(-inner) * 2 * ROOT * (1 + 3 * CUBE * z**2))


def within(z: Array, low: float, high: float) -> Array:
    return ((z > low) & (z < high)).astype(float)


ACTIVATIONS: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "identity": (lambda z: z + 0.0, np.ones_like),
    "sigmoid": (sigmoid, d_sigmoid),
    "tanh": (np.tanh, d_tanh),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "leaky_relu": (leaky_relu, d_leaky_relu),
    "elu": (elu, d_elu),
    "selu": (lambda z: LAMBDA * elu(z, ALPHA), lambda z: LAMBDA * d_elu(z, ALPHA)),
    "softplus": (softplus, sigmoid),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2),
    "silu": (lambda z: z * sigmoid(z), d_silu),
    "mish": (mish, d_mish),
    "gelu": (lambda z: z * ndtr(z), d_gelu),
    "gelu_tanh": (gelu_tanh, d_gelu_tanh),
    "hard_sigmoid": (lambda z: np.clip(z / 6 + 0.5, 0, 1), lambda z: within(z, -3, 3) / 6),
    "hard_tanh": (lambda z: np.clip(z, -1, 1), lambda z: within(z, -1, 1)),
    "relu6": (lambda z: np.clip(z, 0, 6), lambda z: within(z, 0, 6)),
    "log_sigmoid": (lambda z: -softplus(-z), lambda z: sigmoid(-z)),
}


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(z: Array) -> Array:
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax_vjp(z: Array, g: Array) -> Array:
    p = softmax(z)
    return p * (g - (g * p).sum(axis=-1, keepdims=True))


def log_softmax_vjp(z: Array, g: Array) -> Array:
    return g - softmax(z) * g.sum(axis=-1, keepdims=True)


ROW_ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]] = {
    "softmax": (softmax, softmax_vjp),
    "log_softmax": (log_softmax, log_softmax_vjp),
}


def huber(p: Array, t: Array, delta: float = 1.0) -> float:
    r = np.abs(p - t)
    return float(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)).sum())


def d_huber(p: Array, t: Array, delta: float = 1.0) -> Array:
    return np.clip(p - t, -delta, delta)


def log_cosh(p: Array, t: Array) -> float:
    r = np.abs(p - t)
    near = np.log1p(2 * np.sinh(np.minimum(r, 1) / 2) ** 2)
    return float(np.where(r < 1, near, r + np.log1p(np.exp(-2 * r)) - np.log(2)).sum())


def bce(p: Array, t: Array) -> float:
    return float(-(t * np.log(p) + (1 - t) * np.log1p(-p)).sum())


def bce_logits(z: Array, t: Array) -> float:
    return float((np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))).sum())


def smoothed(t: Array, label_smoothing: float) -> Array:
    return (1 - label_smoothing) * t + label_smoothing / t.shape[-1]


def softmax_ce(z: Array, t: Array, label_smoothing: float = 0.0) -> float:
    return float(-(smoothed(t, label_smoothing) * log_softmax(z)).sum())


def d_softmax_ce(z: Array, t: Array, label_smoothing: float = 0.0) -> Array:
    rows = smoothed(t, label_smoothing)
    return softmax(z) * rows.sum(axis=-1, keepdims=True) - rows


def poisson(p: Array, t: Array, log_input: bool = True, eps: float = 1e-8) -> float:
    return float((np.exp(p) - t * p if log_input else p - t * np.log(p + eps)).sum())


def d_poisson(p: Array, t: Array, log_input: bool = True, eps: float = 1e-8) -> Array:
    return np.exp(p) - t if log_input else 1 - t / (p + eps)


def binary_focal(z: Array, t: Array, gamma: float = 2.0, alpha: float = 0.25) -> float:
    ones, zeros = sigmoid(-z) ** gamma * softplus(-z), sigmoid(z) ** gamma * softplus(z)
    return float((alpha * t * ones + (1 - alpha) * (1 - t) * zeros).sum())


def d_binary_focal(z: Array, t: Array, gamma: float = 2.0, alpha: float = 0.25) -> Array:
    p, q = sigmoid(z), sigmoid(-z)
    ones = -(q**gamma) * (q + gamma * p * softplus(-z))
    zeros = p**gamma * (p + gamma * q * softplus(z))
    return alpha * t * ones + (1 - alpha) * (1 - t) * zeros


def others(z: Array) -> Array:
    """1 - softmax(z), as a sum of the other classes."""
    return softmax(z) @ (1 - np.eye(z.shape[-1]))


def softmax_focal(z: Array, t: Array, gamma: float = 2.0, alpha: float = 1.0) -> float:
    return float(-(alpha * t * others(z) ** gamma * log_softmax(z)).sum())


def d_softmax_focal(z: Array, t: Array, gamma: float = 2.0, alpha: float = 1.0) -> Array:
    p, q = softmax(z), others(z)
    slopes = -alpha * t * (q**gamma - gamma * p * q ** (gamma - 1) * log_softmax(z))
    return slopes - p * slopes.sum(axis=-1, keepdims=True)


Loss = tuple[Callable[..., float], Callable[..., Array]]
_LOGITS: Loss = (bce_logits, lambda z, t: sigmoid(z) - t)

LOSSES: dict[str, Loss] = {
    "mse": (lambda p, t: float(((p - t) ** 2).sum()), lambda p, t: 2 * (p - t)),
    "mae": (lambda p, t: float(np.abs(p - t).sum()), lambda p, t: np.sign(p - t)),
    "huber": (huber, d_huber),
    "log_cosh": (log_cosh, lambda p, t: np.tanh(p - t)),
    "binary_cross_entropy": (bce, lambda p, t: (p - t) / (p * (1 - p))),
    "binary_cross_entropy_with_logits": _LOGITS,
    "bce_with_logits": _LOGITS,
    "cross_entropy": (lambda p, t: float(-(t * np.log(p)).sum()), lambda p, t: -t / p),
    "softmax_cross_entropy": (softmax_ce, d_softmax_ce),
    "nll": (lambda p, t: float(-(t * p).sum()), lambda p, t: -t),
    "hinge": (lambda p, t: float(np.maximum(0, 1 - t * p).sum()), lambda p, t: np.where(1 - t * p > 0, -t, 0.0)),
    "squared_hinge": (
        lambda p, t: float((np.maximum(0, 1 - t * p) ** 2).sum()),
        lambda p, t: -2 * t * np.maximum(0, 1 - t * p),
    ),
    "kl_divergence": (lambda p, t: float((xlogy(t, t) - t * np.log(p)).sum()), lambda p, t: -t / p),
    "poisson": (poisson, d_poisson),
    "binary_focal": (binary_focal, d_binary_focal),
    "softmax_focal": (softmax_focal, d_softmax_focal),
}

PER_ROWS = frozenset({"cross_entropy", "softmax_cross_entropy", "nll", "kl_divergence", "softmax_focal"})


def gaussian_nll(mu: Array, v: Array, t: Array, log_variance: bool = False, full: bool = False) -> float:
    log_v = v if log_variance else np.log(v)
    return float(((log_v + (t - mu) ** 2 / np.exp(log_v) + full * np.log(2 * np.pi)) / 2).mean())


def gaussian_kl(mu: Array, log_var: Array) -> float:
    return float(((np.expm1(log_var) - log_var + mu**2) / 2).sum() / len(mu))


def cosines(u: Array, v: Array) -> Array:
    return (u / np.linalg.norm(u, axis=1, keepdims=True)) @ (v / np.linalg.norm(v, axis=1, keepdims=True)).T


def info_nce(u: Array, v: Array, temperature: float = 0.1) -> float:
    return float(-np.diag(log_softmax(cosines(u, v) / temperature)).mean())


def triplet(anchor: Array, positive: Array, negative: Array, margin: float = 1.0, squared: bool = True) -> float:
    near, far = (np.linalg.norm(anchor - other, axis=1) ** (1 + squared) for other in (positive, negative))
    return float(np.maximum(0, near - far + margin).mean())


def cosine_embedding(u: Array, v: Array, t: Array, margin: float = 0.0) -> float:
    c = np.diag(cosines(u, v))
    return float(np.where(t > 0, 1 - c, np.maximum(0, c - margin)).mean())


def ctc(x: Array, y: Array, blank: int = 0) -> Any:
    """Over all paths of T labels, one by one: those that give y once repetitions and blanks are left out."""
    total: Any = 0.0
    for row, labels in zip(log_softmax(x), y, strict=True):
        wanted = tuple(label for label in labels if label != blank)
        paths = product(range(x.shape[-1]), repeat=x.shape[1])
        fitting = [path for path in paths if _collapsed(path, blank) == wanted]
        total -= np.log(sum(np.exp(sum(row[s, c] for s, c in enumerate(path))) for path in fitting))
    return total / len(x)


def _collapsed(path: tuple[int, ...], blank: int) -> tuple[int, ...]:
    return tuple(c for s, c in enumerate(path) if c != blank and (s == 0 or path[s - 1] != c))


LOSSES_OF_LAYERS: dict[str, Callable[..., float]] = {
    "gaussian_nll": gaussian_nll,
    "gaussian_kl": gaussian_kl,
    "info_nce": info_nce,
    "triplet": triplet,
    "cosine_embedding": cosine_embedding,
    "cosine": lambda u, t: float(1 - np.diag(cosines(u, t)).mean()),
    "ctc": ctc,
}
