"""The gradient of examples/digits.yaml, as NumPy code: relu layers, softmax cross-entropy, an L2 penalty.

    symprop verify examples/claims/digits.py --net examples/digits.yaml
"""

import numpy as np

PENALTY = 1e-3


def grads(x, y, Z_fc1, A_fc1, W_fc1, Z_fc2, A_fc2, W_fc2, Z_out, W_out):
    """dL/dW for every parameter, from the values of the forward pass."""
    rows = len(x)
    d_out = np.exp(Z_out - Z_out.max(axis=1, keepdims=True))
    d_out /= d_out.sum(axis=1, keepdims=True)
    d_out[np.arange(rows), y] -= 1
    d_out /= rows
    d_fc2 = (d_out @ W_out.T) * (Z_fc2 > 0)
    d_fc1 = d_fc2 @ W_fc2.T
    d_fc1[Z_fc1 <= 0] = 0
    return {
        "W_out": A_fc2.T @ d_out + PENALTY * W_out,
        "b_out": d_out.sum(axis=0),
        "W_fc2": A_fc1.T @ d_fc2 + PENALTY * W_fc2,
        "b_fc2": d_fc2.sum(axis=0),
        "W_fc1": x.T @ d_fc1 + PENALTY * W_fc1,
        "b_fc1": d_fc1.sum(axis=0),
    }
