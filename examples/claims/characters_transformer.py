"""The gradient of examples/characters_transformer.yaml, as NumPy code: every part of a transformer is a function.

    symprop verify examples/claims/characters_transformer.py --net examples/characters_transformer.yaml
"""

import numpy as np


def layer_norm_backward(dZ, xhat, var, gamma):
    """(dx, dgamma, dbeta) of gamma*xhat + beta."""
    g = dZ * gamma
    mean, slope = g.mean(axis=-1, keepdims=True), (g * xhat).mean(axis=-1, keepdims=True)
    dx = (g - mean - xhat * slope) / np.sqrt(var[..., None] + 1e-5)
    return dx, (dZ * xhat).sum(axis=(0, 1)), dZ.sum(axis=(0, 1))


def dense_backward(dZ, x, W):
    """(dx, dW, db) of x @ W + b for a step of every row."""
    return dZ @ W.T, np.einsum("nti,ntj->ij", x, dZ), dZ.sum(axis=(0, 1))


def split(x):
    """Heads side by side as an axis of their own."""
    return x.reshape(len(x), 24, 2, 16)


def joined(x):
    """The heads side by side again."""
    return x.reshape(len(x), 24, 32)


def gelu_slope(z):
    """The derivative of z*(1 + tanh(u))/2."""
    u = np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)
    return (1 + np.tanh(u)) / 2 + z * (1 - np.tanh(u) ** 2) / 2 * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)


def grads(tok, Y, P_loss, W_emb, mask_drop, Z_drop, xhat_n1, var_n1, gamma_n1, Z_n1, xhat_n2, var_n2, gamma_n2, Z_n2,
          xhat_n3, var_n3, gamma_n3, Q_att, K_att, V_att, A_att, O_att, Wq_att, Wk_att, Wv_att, Wo_att, Z_up, A_up,
          W_up, W_down):
    """dL/dW of every layer, from the logits down."""
    dZ_out = (P_loss - Y) / len(Y)
    dZ_n3 = np.zeros_like(xhat_n3)
    dZ_n3[:, -1] = (dZ_out @ W_emb) * mask_drop
    dr2, dgamma_n3, dbeta_n3 = layer_norm_backward(dZ_n3, xhat_n3, var_n3, gamma_n3)

    dA_up, dW_down, db_down = dense_backward(dr2, A_up, W_down)
    dZ_n2, dW_up, db_up = dense_backward(dA_up * gelu_slope(Z_up), Z_n2, W_up)
    dr1, dgamma_n2, dbeta_n2 = layer_norm_backward(dZ_n2, xhat_n2, var_n2, gamma_n2)
    dr1 = dr1 + dr2

    dO, dWo_att, _ = dense_backward(dr1, O_att, Wo_att)
    dA = np.einsum("ntad,nsad->nats", split(dO), split(V_att))
    dS = A_att * (dA - (dA * A_att).sum(axis=3, keepdims=True)) / 4
    dQ = joined(np.einsum("nats,nsad->ntad", dS, split(K_att)))
    dK = joined(np.einsum("nats,ntad->nsad", dS, split(Q_att)))
    dV = joined(np.einsum("nats,ntad->nsad", A_att, split(dO)))
    dx_q, dWq_att, _ = dense_backward(dQ, Z_n1, Wq_att)
    dx_k, dWk_att, _ = dense_backward(dK, Z_n1, Wk_att)
    dx_v, dWv_att, _ = dense_backward(dV, Z_n1, Wv_att)
    dx, dgamma_n1, dbeta_n1 = layer_norm_backward(dx_q + dx_k + dx_v, xhat_n1, var_n1, gamma_n1)
    dx = dx + dr1

    dW_emb = dZ_out.T @ Z_drop
    np.add.at(dW_emb, tok, dx)
    return {
        "W_emb": dW_emb,
        "P_pos": dx.sum(axis=0),
        "gamma_n1": dgamma_n1,
        "beta_n1": dbeta_n1,
        "Wq_att": dWq_att,
        "Wk_att": dWk_att,
        "Wv_att": dWv_att,
        "Wo_att": dWo_att,
        "gamma_n2": dgamma_n2,
        "beta_n2": dbeta_n2,
        "W_up": dW_up,
        "b_up": db_up,
        "W_down": dW_down,
        "b_down": db_down,
        "gamma_n3": dgamma_n3,
        "beta_n3": dbeta_n3,
    }
