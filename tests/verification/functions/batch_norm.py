"""Batch norm under a free upstream gradient."""

import numpy as np

INPUTS = {"X": ("N", "D"), "g": ("D",), "b": ("D",), "R": ("N", "D")}
EPS = 1e-5


def loss(X, g, b, R):
    mu = X.mean(axis=0)
    var = ((X - mu) ** 2).mean(axis=0)
    xhat = (X - mu) / np.sqrt(var + EPS)
    return np.sum(R * (g * xhat + b))


def grads(X, g, b, R):
    mu = X.mean(axis=0)
    var = X.var(axis=0)
    s = np.sqrt(var + EPS)
    xhat = (X - mu) / s
    dx = R * g
    return {"X": (dx - dx.mean(axis=0) - xhat * (dx * xhat).mean(axis=0)) / s, "g": (R * xhat).sum(0), "b": R.sum(0)}
