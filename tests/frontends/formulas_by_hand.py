"""Losses as text, and once more as NumPy functions that share nothing with the reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

SIZES = {"N": 5, "D": 3, "C": 4, "M": 6, "K": 2}


@dataclass(frozen=True)
class Case:
    """A formula, the shapes of its arguments, what it is differentiated by, and its value by hand."""

    text: str
    shapes: Mapping[str, str]
    wrt: tuple[str, ...]
    by_hand: Callable[..., Any]


def softmax(z: Any) -> Any:
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def huber(X, y, w, delta):
    r = X @ w - y
    inside = np.abs(np.real(r)) <= 1
    return np.sum(np.where(inside, r**2 / 2, np.where(np.real(r) > 0, r, -r) - 0.5)) * delta


def cosine(a, b):
    return (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())


def cross_entropy(X, y, W, b):
    P = softmax(X @ W + b)
    return -np.log(P[np.arange(len(y)), y]).sum() / len(y)


CASES = {
    "logistic": Case(
        "sum(log(1 + exp(-y*(X@w))))",
        {"X": "N,D", "y": "N", "w": "D"},
        ("w",),
        lambda X, y, w: np.log(1 + np.exp(-y * (X @ w))).sum(),
    ),
    "ridge": Case(
        "sum((X@w - y)**2)/N + lam*sum(w**2)",
        {"X": "N,D", "y": "N", "w": "D", "lam": ""},
        ("w",),
        lambda X, y, w, lam: ((X @ w - y) ** 2).mean() + lam * (w**2).sum(),
    ),
    "cross_entropy": Case(
        "Z = X@W + b; P = softmax(Z); -sum(onehot(y)*log(P))/N",
        {"X": "N,D", "y": "N<C", "W": "D,C", "b": "C"},
        ("W", "b"),
        cross_entropy,
    ),
    "picked_labels": Case(
        "Z = X@W + b\nlogP = Z - log(sum(exp(Z), axis=1, keepdims=True))\nloss = -mean(logP[arange(N), y])",
        {"X": "N,D", "y": "N<C", "W": "D,C", "b": "C"},
        ("W", "b", "X"),
        cross_entropy,
    ),
    "log_sum_exp": Case(
        "log(sum(exp(A@x)))",
        {"A": "M,D", "x": "D"},
        ("x", "A"),
        lambda A, x: np.log(np.exp(A @ x).sum()),
    ),
    "quadratic_form": Case(
        "x.T@A@x/2 - b@x",
        {"x": "D", "A": "D,D", "b": "D"},
        ("x", "A"),
        lambda x, A, b: np.einsum("i,ij,j", x, A, x) / 2 - (b * x).sum(),
    ),
    "norms": Case(
        "mean(sqrt(sum((X - c)**2, axis=1))) + sum(abs(c))",
        {"X": "N,D", "c": "D"},
        ("c",),
        lambda X, c: np.sqrt(((X - c) ** 2).sum(axis=1)).mean() + (np.sign(np.real(c)) * c).sum(),
    ),
    "trace": Case(
        "einsum('ij,jk,ik->', A, B, C)",
        {"A": "D,M", "B": "M,K", "C": "D,K"},
        ("A", "B", "C"),
        lambda A, B, C: np.trace(A @ B @ C.T),
    ),
    "bilinear": Case(
        "sum(tanh(x@W@z.T)**2)/N",
        {"x": "N,D", "W": "D,M", "z": "K,M"},
        ("W", "x"),
        lambda x, W, z: (np.tanh(np.einsum("nd,dm,km->nk", x, W, z)) ** 2).sum() / len(x),
    ),
    "huber": Case(
        "r = X@w - y; delta*sum(where(abs(r) <= 1, r**2/2, abs(r) - 1/2))",
        {"X": "N,D", "y": "N", "w": "D", "delta": ""},
        ("w", "delta"),
        huber,
    ),
    "poisson": Case(
        "eta = X@w + b; sum(exp(eta) - y*eta)",
        {"X": "N,D", "y": "N", "w": "D", "b": ""},
        ("w", "b"),
        lambda X, y, w, b: (np.exp(X @ w + b) - y * (X @ w + b)).sum(),
    ),
    "cosine": Case(
        "(a@b)/(sqrt(a@a)*sqrt(b@b))",
        {"a": "D", "b": "D"},
        ("a", "b"),
        cosine,
    ),
    "tied_autoencoder": Case(
        "H = tanh(X@W + b); R = H@W.T + c; mean(sum((R - X)**2, axis=1))",
        {"X": "N,D", "W": "D,K", "b": "K", "c": "D"},
        ("W", "b", "c"),
        lambda X, W, b, c: ((np.tanh(X @ W + b) @ W.T + c - X) ** 2).sum() / len(X),
    ),
    "two_layers": Case(
        "A = maximum(X@W1 + b1, 0); mean((A@w2 - y)**2)",
        {"X": "N,D", "W1": "D,M", "b1": "M", "w2": "M", "y": "N"},
        ("W1", "b1", "w2"),
        lambda X, W1, b1, w2, y: (((X @ W1 + b1) * (np.real(X @ W1 + b1) > 0) @ w2 - y) ** 2).mean(),
    ),
    "layer_norm": Case(
        "h = (X - mean(X, axis=1, keepdims=True))/sqrt(var(X, axis=1, keepdims=True) + eps); sum(G*(g*h))",
        {"X": "N,D", "g": "D", "G": "N,D", "eps": ""},
        ("X", "g"),
        lambda X, g, G, eps: (
            G
            * g
            * (X - X.mean(1, keepdims=True))
            / np.sqrt(((X - X.mean(1, keepdims=True)) ** 2).mean(1, keepdims=True) + eps)
        ).sum(),
    ),
}


def arrays_of(case: Case, seed: int = 0) -> dict[str, Any]:
    """Arguments of order 1, all extents different; labels repeat; scalars are positive."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    for name, words in case.shapes.items():
        shape, _, high = words.partition("<")
        axes = [SIZES[extent] for extent in shape.split(",") if extent]
        if high:
            found[name] = rng.integers(0, SIZES[high], axes)
        else:
            found[name] = rng.normal(size=axes) if axes else rng.uniform(0.5, 1.5, axes)
    return found
