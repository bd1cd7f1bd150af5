"""The gradient of examples/poisson.yaml, as NumPy code: two derivatives of tanh in the loss, three in its gradient.

    symprop verify examples/claims/poisson.py --net examples/poisson.yaml
"""

import numpy as np


def grads(x, f, W_h, A_h, W_g, Z_r):
    """dL/dW for every parameter."""
    residual = 2 * (Z_r - f) / len(x)
    # u'' = x(1-x) g'' + 2(1-2x) g' - 2g
    d0, d1, d2 = -2 * residual, 2 * (1 - 2 * x) * residual, x * (1 - x) * residual
    t1 = 1 - np.square(A_h)
    t2 = -2 * A_h * t1
    t3 = -2 * t1 * (1 - 3 * A_h**2)
    v = W_g.T
    dZ = v * (d0 * t1 + d1 * W_h * t2 + d2 * W_h**2 * t3)
    return {
        "W_g": A_h.T @ d0 + (W_h * t1).T @ d1 + (W_h**2 * t2).T @ d2,
        "b_g": np.sum(d0, axis=0),
        "W_h": np.dot(x.T, dZ) + np.sum(v * (d1 * t1 + 2 * d2 * W_h * t2), axis=0, keepdims=True),
        "b_h": dZ.sum(axis=0),
    }
