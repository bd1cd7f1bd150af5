"""Two layers: tanh, then softmax cross-entropy of integer labels."""

import numpy as np


def inputs(rng):
    N, D, H, C = rng.choice(np.arange(3, 9), 4, replace=False)
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.integers(0, C, N),
        "W1": rng.normal(size=(D, H)),
        "b1": rng.normal(size=H),
        "W2": rng.normal(size=(H, C)),
        "b2": rng.normal(size=C),
    }


def forward(X, W1, b1, W2, b2):
    H = np.tanh(X @ W1 + b1)
    S = H @ W2 + b2
    S = S - S.max(axis=1, keepdims=True)
    P = np.exp(S)
    return H, P / P.sum(axis=1, keepdims=True)


def loss(X, y, W1, b1, W2, b2):
    _, P = forward(X, W1, b1, W2, b2)
    return -np.mean(np.log(P[np.arange(len(y)), y]))


def grads(X, y, W1, b1, W2, b2):
    H, P = forward(X, W1, b1, W2, b2)
    P[np.arange(X.shape[0]), y] -= 1
    dS = P / X.shape[0]
    dH = dS @ W2.T
    dZ = dH * (1 - H**2)
    return {"W1": X.T @ dZ, "b1": dZ.sum(axis=0), "W2": H.T @ dS, "b2": dS.sum(0)}
