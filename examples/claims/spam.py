"""The gradient of examples/spam.yaml, as NumPy code: relu, sigmoid, binary cross-entropy, an L2 penalty.

    symprop verify examples/claims/spam.py --net examples/spam.yaml
"""


def grads(x, y, W_hidden, Z_hidden, A_hidden, W_out, A_out):
    """dL/dW for every parameter: sigmoid' cancels against the derivative of the logarithms."""
    error = (A_out - y) / x.shape[0]
    back = (error @ W_out.T) * (Z_hidden > 0)
    return {
        "dA_out": (A_out - y) / (A_out * (1 - A_out)) / len(y),
        "dZ_out": error,
        "W_out": A_hidden.T @ error + 1e-4 * W_out,
        "b_out": error.sum(axis=0),
        "W_hidden": x.T @ back + 1e-4 * W_hidden,
        "b_hidden": back.sum(axis=0),
    }
