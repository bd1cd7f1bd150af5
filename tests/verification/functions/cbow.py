"""Continuous bag of words: lookups, a loop over the context."""

import numpy as np

INPUTS = {
    "Win": ("V", "D"),
    "Wout": ("D", "V"),
    "context": {"shape": ("K",), "below": "V"},
    "target": {"shape": (), "below": "V"},
}


def loss(Win, Wout, context, target):
    h = Win[context].mean(axis=0)
    u = h @ Wout
    return -u[target] + np.log(np.exp(u).sum())


def grads(Win, Wout, context, target):
    h = Win[context].mean(axis=0)
    u = h @ Wout
    y = np.exp(u) / np.exp(u).sum()
    e = y.copy()
    e[target] -= 1
    dWin = np.zeros_like(Win)
    for c in context:
        dWin[c] += Wout @ e / len(context)
    return {"Win": dWin, "Wout": np.outer(h, e)}
