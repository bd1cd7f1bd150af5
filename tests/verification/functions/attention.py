"""Attention, with SciPy's softmax."""

import numpy as np
from scipy.special import softmax

INPUTS = {"Q": ("N", "D"), "K": ("M", "D"), "V": ("M", "E"), "R": ("N", "E")}


def loss(Q, K, V, R):
    A = softmax(Q @ K.T / np.sqrt(Q.shape[1]), axis=-1)
    return np.sum(R * (A @ V))


def grads(Q, K, V, R):
    d = Q.shape[1]
    A = softmax(Q @ K.T / np.sqrt(d), axis=-1)
    dA = R @ V.T
    dS = A * (dA - (dA * A).sum(axis=1, keepdims=True)) / np.sqrt(d)
    return {"Q": dS @ K, "K": dS.T @ Q, "V": A.T @ R}
