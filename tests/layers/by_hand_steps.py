"""Recurrence and attention written by hand in NumPy, one step and one head at a time, right for complex numbers too."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def states(step: Any, x: Array, start: tuple[Array, ...], reverse: bool) -> Array:
    """The first of the states at all steps; `step` takes an entry of x and the states."""
    kept, now = {}, start
    order = range(x.shape[1])
    for t in reversed(order) if reverse else order:
        now = step(x[:, t], *now)
        kept[t] = now[0]
    return np.stack([kept[t] for t in order], axis=1)


def rnn_step(w: Any, function: Any) -> Any:
    return lambda x, h: (function(x @ w["W"] + h @ w["U"] + w["b"]),)


def lstm_step(w: Any) -> Any:
    def step(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        i, f, g, o = np.split(x @ w["W"] + h @ w["U"] + w["b"], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c

    return step


def gru_step(w: Any) -> Any:
    def step(x: Array, h: Array) -> tuple[Array]:
        xr, xz, xn = np.split(x @ w["W"] + w["b"], 3, axis=1)
        hr, hz, hn = np.split(h @ w["U"], 3, axis=1)
        n = np.tanh(xn + sigmoid(xr + hr) * (hn + w["bu"]))
        return ((1 - sigmoid(xz + hz)) * n + sigmoid(xz + hz) * h,)

    return step


def attention(
    w: Any, x: Array, memory: Array, heads: int, seen: Array, base: float | None = None, bias: bool = True
) -> Array:
    """`seen[n, t, s]` says whether step t sees step s; a step that sees none has the value 0 before Wo."""

    def linear(of: Array, name: str) -> Array:
        z = of @ w["W" + name]
        return z + w["b" + name] if bias else z

    q, k, v = linear(x, "q"), linear(memory, "k"), linear(memory, "v")
    size = q.shape[2] // heads
    out = np.zeros_like(q, dtype=np.result_type(q, k, v))
    for n in range(len(x)):
        for a in range(heads):
            own = slice(a * size, (a + 1) * size)
            queries, keys = q[n, :, own], k[n, :, own]
            if base is not None:
                queries, keys = rotary(queries, base), rotary(keys, base)
            for t in range(x.shape[1]):
                at = np.flatnonzero(seen[n, t])
                if at.size:
                    scores = keys[at] @ queries[t] / np.sqrt(size)
                    e = np.exp(scores - scores.real.max())
                    out[n, t, own] = (e / e.sum()) @ v[n, at][:, own]
    return linear(out, "o")


def rotary(x: Array, base: float) -> Array:
    """Pairs (t, d) as complex numbers in NumPy would be, written out since x may be complex already."""
    out = np.zeros_like(x)
    for t in range(x.shape[0]):
        for k in range(x.shape[1] // 2):
            angle = t / base ** (2 * k / x.shape[1])
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            out[t, 2 * k : 2 * k + 2] = turn @ x[t, 2 * k : 2 * k + 2]
    return out
