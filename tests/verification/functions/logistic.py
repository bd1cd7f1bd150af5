"""Logistic regression on labels 0 and 1, with a penalty."""

import numpy as np


def inputs(rng):
    return {"X": rng.normal(size=(6, 4)), "y": rng.integers(0, 2, 6), "w": rng.normal(size=4), "lam": 0.1}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loss(X, y, w, lam):
    p = sigmoid(X @ w)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + lam * np.sum(w**2) / 2


def grads(X, y, w, lam):
    return {"w": X.T @ (sigmoid(X @ w) - y) / len(y) + lam * w}
