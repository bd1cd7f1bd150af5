"""The gradient of examples/residual.yaml, as NumPy code: two paths, a learnable alpha, a quadratic layer.

    symprop verify examples/claims/residual.py --net examples/residual.yaml
"""

import numpy as np

D, PENALTY = 50.0, 1e-4


def sigmoid(z):
    """1/(1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))


def grads(x, y, W_stem, Z_stem, A_stem, W_body, Z_body, alpha_body, Z_res, M_mix, Z_mix, W_out, Z_out):
    """dL/dW for every parameter."""
    rest = Z_out - y
    d_out = rest / np.sqrt(1 + (rest / D) ** 2) / len(x)
    d_mix = d_out @ W_out.T
    d_res = 2 * Z_res * (d_mix @ M_mix)
    angle = alpha_body * Z_body
    d_body = d_res * (1 + np.sin(2 * angle))
    d_stem = (d_body @ W_body.T + d_res) * sigmoid(Z_stem) * (1 + Z_stem * sigmoid(-Z_stem))
    return {
        "W_out": Z_mix.T @ d_out + PENALTY * W_out,
        "b_out": d_out.sum(axis=0),
        "M_mix": d_mix.T @ Z_res**2 + PENALTY * M_mix,
        "c_mix": d_mix.sum(axis=0),
        "alpha_body": np.sum(d_res * (Z_body * np.sin(2 * angle) - np.sin(angle) ** 2 / alpha_body) / alpha_body),
        "W_body": A_stem.T @ d_body + PENALTY * W_body,
        "b_body": d_body.sum(axis=0),
        "W_stem": x.T @ d_stem + PENALTY * W_stem,
        "b_stem": d_stem.sum(axis=0),
    }
