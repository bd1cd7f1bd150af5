"""A loss that leaves a value for grads to find."""

import numpy as np

INPUTS = {"X": ("N", "D"), "w": ("D",)}
C = {}


def loss(X, w):
    C["z"] = np.tanh(X @ w)
    return C["z"].sum()


def grads(X, w):
    return {"w": X.T @ (1 - C["z"] ** 2)}
