"""A padded convolution in one dimension, by its taps."""

import numpy as np

INPUTS = {"x": ("N", "L0"), "w": (3,), "R": ("N", "L0")}


def pad(x):
    return np.concatenate([np.zeros((x.shape[0], 1)), x, np.zeros((x.shape[0], 1))], axis=1)


def conv(x, w):
    p = pad(x)
    out = np.zeros(x.shape)
    for k in range(3):
        out += w[k] * p[:, k : k + x.shape[1]]
    return out


def loss(x, w, R):
    return (conv(x, w) * R).sum()


def grads(x, w, R):
    p = pad(x)
    dw = np.array([(R * p[:, k : k + x.shape[1]]).sum() for k in range(3)])
    return {"w": dw, "x": conv(R, w[::-1])}
