"""The cases once more, in plain NumPy: loops and einsum as one would write them without this package."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Values = dict[str, Any]
BY_HAND: dict[str, Callable[[Values], Values]] = {}


def case(function: Callable[..., Values]) -> Callable[..., Values]:
    """Register by name; the arrays come as keyword arguments, those not asked for are dropped."""
    asked = function.__code__.co_varnames[: function.__code__.co_argcount]
    BY_HAND[function.__name__] = lambda arrays: function(**{k: arrays[k] for k in asked})
    return function


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def weighted(G, y):
    return (G * y**2).sum()


def padded(x, before, after):
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(before, after)])


@case
def dense(X, W, b, G):
    Z = X @ W + b
    return {"Z": Z, "L": weighted(G, Z) / len(X)}


@case
def two_layers(X, W1, b1, W2, b2, G):
    A1 = np.tanh(X @ W1 + b1)
    A2 = sigmoid(A1 @ W2 + b2)
    return {"A1": A1, "A2": A2, "L": weighted(G, A2) / len(X)}


@case
def tied_weights(X, W, G):
    R = np.tanh(X @ W) @ W.T
    return {"R": R, "L": weighted(G, R - X)}


@case
def quadratic_form(x, A, G):
    q = np.array([row @ A @ row for row in x])
    return {"q": q, "L": weighted(G, q)}


@case
def bilinear(x, A, z, G):
    q = (x @ A * z).sum(axis=1)
    return {"q": q, "L": weighted(G, q)}


@case
def outer_product(a, b, G):
    return {"y": np.outer(a, b), "L": weighted(G, np.outer(a, b))}


@case
def product_of_sums(x, w, G):
    y = x.sum(axis=1) * (x**2 @ w)
    return {"y": y, "L": weighted(G, y)}


@case
def pairs(x, w, G):
    total = 0.0
    for j in range(len(x)):
        for i in range(j):
            total += w[i, j] * (x[i] - x[j]) ** 2 * G[j]
    return {"L": total}


@case
def shared_input(x, G):
    a = np.sin(x)
    s = (a * x).sum(axis=1, keepdims=True)
    y = a * s + x * np.exp(-(s**2))
    return {"s": s[:, 0], "y": y, "L": weighted(G, y)}


@case
def softmax(Z, G):
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    return {"P": P, "L": weighted(G, P)}


@case
def log_softmax(Z, G):
    y = Z - np.logaddexp.reduce(Z, axis=1, keepdims=True)
    return {"y": y, "L": weighted(G, y)}


@case
def log_sum_exp(Z, G):
    y = np.logaddexp.reduce(Z, axis=1)
    return {"y": y, "L": weighted(G, y)}


@case
def softmax_cross_entropy(Z, y, G):
    rows = np.arange(len(y))
    losses = np.logaddexp.reduce(Z, axis=1) - Z[rows, y]
    return {"Y": np.eye(Z.shape[1])[y], "L": (G * losses).mean()}


@case
def layer_norm(x, gamma, beta, G):
    y = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 0.001) * gamma + beta
    return {"v": x.var(axis=1), "y": y, "L": weighted(G, y)}


@case
def batch_norm(x, gamma, beta, G):
    y = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 0.001) * gamma + beta
    return {"v": x.var(axis=0), "y": y, "L": weighted(G, y)}


@case
def a_mean_of_the_first_rows(x, G):
    v = ((x - x[:3].mean(axis=0)) ** 2).mean(axis=0)
    return {"v": v, "L": weighted(G, v)}


@case
def rms_norm(x, gamma, G):
    y = gamma * x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 0.001)
    return {"y": y, "L": weighted(G, y)}


@case
def centred_layer_norm(x, G):
    h = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 0.001)
    return {"v": x.var(axis=1), "h": h, "L": weighted(G, h)}


@case
def batch_norm_of_images(x, gamma, beta, G):
    axes = (0, 2, 3)
    h = (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + 0.001)
    y = h * gamma[:, None, None] + beta[:, None, None]
    return {"v": x.var(axis=axes), "y": y, "L": weighted(G, y)}


@case
def group_norm(x, gamma, beta, G):
    rows, _, steps = x.shape
    groups = x.reshape(rows, 2, 3 * steps)
    h = (groups - groups.mean(axis=2, keepdims=True)) / np.sqrt(groups.var(axis=2, keepdims=True) + 0.001)
    y = h.reshape(x.shape) * gamma[:, None] + beta[:, None]
    return {"v": groups.var(axis=2), "y": y, "L": weighted(G, y)}


@case
def layer_norm_in_a_residual(x, W, G):
    h = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 0.001)
    return {"h": h, "R": x + h @ W, "L": weighted(G, x + h @ W)}


@case
def cosine_similarity(a, b, G):
    y = np.array([p @ q / np.linalg.norm(p) / np.linalg.norm(q) for p, q in zip(a, b, strict=True)])
    return {"y": y, "L": weighted(G, y)}


@case
def gaussian_kl(m, s, u, t, G):
    y = (np.log(t) - np.log(s) + (s**2 + (m - u) ** 2) / (2 * t**2) - 0.5).sum(axis=1)
    return {"y": y, "L": weighted(G, y)}


@case
def powers(x, p, G):
    y = x**p + 2**p * x * np.sqrt(x) + x**-2.0
    return {"y": y, "L": weighted(G, y)}


@case
def piecewise(x, w, G):
    a = np.where(x > 0.2, x * x, -x) + np.abs(x - w)
    y = np.maximum(a, w) - np.minimum(x * w, 0.5) + np.abs(x)
    return {"a": a, "y": y, "L": weighted(G, y)}


@case
def relu_layer(X, W, G):
    y = (X @ W).clip(min=0)
    return {"y": y, "L": weighted(G, y - 0.3)}


@case
def erf_and_waves(x, G):
    gelu = x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2
    y = gelu + np.sin(2 * x) * np.cos(x / 3) + x * sigmoid(x) + np.pi * x
    return {"y": y, "L": weighted(G, y)}


@case
def positional(x, G):
    t = np.arange(x.shape[1])
    y = x * np.sin(t / len(x)) + x**2 * t / x.shape[1]
    return {"y": y, "L": weighted(G, y)}


@case
def convolution(x, w, b, G):
    windows = np.lib.stride_tricks.sliding_window_view(padded(x, 2, 2), 5, axis=2)[:, :, ::2]
    y = np.einsum("ncpu,ocu->nop", windows, w) + b[:, None]
    return {"y": y, "L": weighted(G, y)}


@case
def convolution_2d(x, w, G):
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, [(0, 0), (1, 1), (1, 1)]), (4, 5), axis=(1, 2))[:, ::2]
    y = np.einsum("cpquv,ocuv->opq", windows, w)
    return {"y": y, "L": weighted(G, y)}


@case
def dilated_convolution(x, w, G):
    z = padded(x, 1, 1)
    y = sum(np.einsum("ncp,oc->nop", z[:, :, 2 * u : 2 * u + 7], w[:, :, u]) for u in range(5))
    return {"y": y, "L": weighted(G, y)}


@case
def strided_dilated_convolution(x, w, G):
    z = padded(x, 2, 3)
    y = sum(np.einsum("ncp,c->np", z[:, :, 3 * u : 3 * u + 11 : 2], w[:, u]) for u in range(4))
    return {"y": y, "L": weighted(G, y)}


@case
def max_pooling(x, G):
    y = np.stack([x[:, :, max(0, 2 * p - 1) : 2 * p + 3].max(axis=2) for p in range(5)], axis=2)
    return {"y": y, "L": weighted(G, y)}


@case
def max_pooling_by_argmax(x, G):
    out = max_pooling(x, G)
    at = np.stack([x[:, :, max(0, 2 * p - 1) : 2 * p + 3].argmax(axis=2) + (p == 0) for p in range(5)], axis=2)
    return out | {"a": at}


@case
def min_reduction(x, w, G):
    y = (x * w).min(axis=1)
    return {"y": y, "L": weighted(G, y)}


@case
def average_pooling_counting_padding(x, G):
    z = padded(x, 1, 0)
    y = np.stack([z[:, :, 2 * p : 2 * p + 4].sum(axis=2) / 4 for p in range(5)], axis=2)
    return {"y": y, "L": weighted(G, y)}


@case
def average_pooling(x, G):
    y = np.stack([x[:, :, max(0, 2 * p - 1) : 2 * p + 3].mean(axis=2) for p in range(5)], axis=2)
    return {"y": y, "L": weighted(G, y)}


@case
def first_difference(x, c):
    return {"L": (c * np.diff(x) ** 2).sum()}


@case
def first_difference_to_the_edge(x, c):
    return {"L": (c * np.diff(x, append=0.0) ** 2).sum()}


@case
def masked_difference(x, c):
    return {"L": (c[:, 1:] * np.diff(x, axis=1) ** 2).sum()}


@case
def reads_below_zero_inside_a_function(x, G):
    y = np.exp(x * np.r_[0, x[:-1]]) + np.cos(np.r_[0, 0, x[:-2]])
    return {"y": y, "L": weighted(G, y)}


@case
def slice(x, G):
    return {"y": np.sin(x[:, 2:6]), "L": weighted(G, np.sin(x[:, 2:6]))}


@case
def every_second(x, G):
    return {"y": x[:, 1:8:2], "L": weighted(G, x[:, 1:8:2])}


@case
def reversal(x, G):
    return {"y": x[:, ::-1] * x, "L": weighted(G, x[:, ::-1] * x)}


@case
def flatten(x, W, G):
    y = x.reshape(len(x), -1) @ W
    return {"y": y, "L": weighted(G, y)}


@case
def unflatten(f, w, G):
    y = f.reshape(-1, 3, 4) * w
    return {"y": y, "L": weighted(G, y)}


@case
def concatenation(x, z, G):
    y = np.concatenate([x, z], axis=1)
    return {"y": y, "L": weighted(G, y)}


@case
def transpose(x, G):
    return {"y": np.exp(x).T, "L": weighted(G, np.exp(x).T)}


@case
def diagonal(x, G):
    return {"y": np.diag(x), "L": weighted(G, np.diag(x))}


@case
def last_step(H, G):
    return {"y": H[:, -1], "L": weighted(G, H[:, -1])}


@case
def embedding(tok, E, G):
    return {"e": E[tok], "L": weighted(G, E[tok])}


@case
def gather_of_gather(tok, parent, E, G):
    return {"e": E[parent[tok]], "L": weighted(G, E[parent[tok]])}


@case
def label_pick(Z, y, G):
    return {"L": softmax_cross_entropy(Z, y, G)["L"]}


@case
def causal_attention(q, k, v, G):
    N, T, D = q.shape
    y = np.zeros((N, T, v.shape[2]))
    for n in range(N):
        for t in range(T):
            weights = np.exp(q[n, t] @ k[n, : t + 1].T / np.sqrt(D))
            y[n, t] = weights @ v[n, : t + 1] / weights.sum()
    return {"y": y, "L": weighted(G, y)}


@case
def causal_mean(x, G):
    y = np.cumsum(x**2, axis=1) / np.arange(1, x.shape[1] + 1)
    return {"y": y, "L": weighted(G, y)}


def run_elman(X, W, U, b):
    h, steps = np.zeros((len(X), len(U))), []
    for t in range(X.shape[1]):
        h = np.tanh(X[:, t] @ W + h @ U + b)
        steps.append(h)
    return np.stack(steps, axis=1)


@case
def elman(X, W, U, b, G):
    H = run_elman(X, W, U, b)
    return {"H": H, "L": weighted(G, H)}


@case
def elman_in_one_equation_last_step(X, W, U, G):
    H = run_elman(X, W, U, 0.0)
    return {"H": H, "y": H[:, -1], "L": weighted(G, H[:, -1])}


def lstm(arrays):
    X = arrays["X"]
    h = c = np.zeros((len(X), len(arrays["bi"])))
    steps = []
    for t in range(X.shape[1]):
        gate = {g: X[:, t] @ arrays["W" + g] + h @ arrays["U" + g] + arrays["b" + g] for g in "ifog"}
        c = sigmoid(gate["f"]) * c + sigmoid(gate["i"]) * np.tanh(gate["g"])
        h = sigmoid(gate["o"]) * np.tanh(c)
        steps.append((c, h))
    C, H = (np.stack(list(s), axis=1) for s in zip(*steps, strict=True))
    return {"C": C, "H": H, "L": weighted(arrays["G"], H)}


BY_HAND["lstm"] = lstm


@case
def bidirectional(X, U, V, G):
    eye, none = np.eye(len(U)), np.zeros(len(U))
    F = run_elman(X, eye, U, none)
    B = run_elman(X[:, ::-1], eye, V, none)[:, ::-1]
    return {"F": F, "B": B, "L": weighted(G, F * B)}


@case
def double_recurrence(x, a, b, G):
    h = np.zeros((len(x), x.shape[1] + 2))
    for t in range(x.shape[1]):
        h[:, t + 2] = np.sin(a * h[:, t + 1] + b * h[:, t] ** 2 + x[:, t])
    return {"h": h[:, 2:], "L": weighted(G, h[:, 2:])}


@case
def running_product(x, G):
    h = 1.5 * np.cumprod(x)
    return {"h": h, "L": weighted(G, h)}
