"""Layer norm under a free upstream gradient."""

import numpy as np

INPUTS = {"X": ("N", "D"), "g": ("D",), "b": ("D",), "R": ("N", "D")}


def norm(X, eps=1e-5):
    mu = X.mean(-1, keepdims=True)
    return (X - mu) / np.sqrt(X.var(-1, keepdims=True) + eps)


def loss(X, g, b, R):
    return (R * (g * norm(X) + b)).sum()


def grads(X, g, b, R):
    xh = norm(X)
    s = np.sqrt(X.var(axis=-1, keepdims=True) + 1e-5)
    D = X.shape[1]
    d = R * g
    dX = (D * d - d.sum(1, keepdims=True) - xh * (d * xh).sum(1, keepdims=True)) / (D * s)
    return dict(X=dX, g=np.sum(R * xh, axis=0), b=np.sum(R, axis=0))
