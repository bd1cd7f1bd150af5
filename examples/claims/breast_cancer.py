"""The gradient of examples/breast_cancer.yaml, as NumPy code: logistic regression with an L2 penalty.

    symprop verify examples/claims/breast_cancer.py --net examples/breast_cancer.yaml
"""

import numpy as np


def sigmoid(z):
    """1/(1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))


def grads(x, y, W_out, b_out):
    """dL/dW and dL/db."""
    error = (sigmoid(x @ W_out + b_out) - y) / len(x)
    return {"W_out": np.einsum("ni,nj->ij", x, error) + 2e-3 * W_out, "b_out": np.sum(error, axis=0)}
