"""An Elman network through time, by a loop."""

import numpy as np

INPUTS = {"X": (3, "N", "D"), "Wx": ("D", "H"), "Wh": ("H", "H"), "b": ("H",), "R": (3, "N", "H")}


def loss(X, Wx, Wh, b, R):
    h = np.zeros((X.shape[1], Wh.shape[0]))
    total = 0.0
    for t in range(X.shape[0]):
        h = np.tanh(X[t] @ Wx + h @ Wh + b)
        total += np.sum(R[t] * h)
    return total


def grads(X, Wx, Wh, b, R):
    T, N, _ = X.shape
    hs = {-1: np.zeros((N, Wh.shape[0]))}
    for t in range(T):
        hs[t] = np.tanh(X[t] @ Wx + hs[t - 1] @ Wh + b)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    dnext = np.zeros_like(hs[0])
    for t in reversed(range(T)):
        dh = R[t] + dnext
        dz = (1 - hs[t] * hs[t]) * dh
        db += dz.sum(axis=0)
        dWx += X[t].T @ dz
        dWh += hs[t - 1].T @ dz
        dnext = dz @ Wh.T
    return {"Wx": dWx, "Wh": dWh, "b": db}
