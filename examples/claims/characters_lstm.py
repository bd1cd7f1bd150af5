"""The gradient of examples/characters_lstm.yaml, as NumPy code: backpropagation through time, one step after the other.

    symprop verify examples/claims/characters_lstm.py --net examples/characters_lstm.yaml
"""

import numpy as np

T = 24


def grads(tok, Y, Z_emb, W_emb, W_lstm, U_lstm, b_lstm, i_lstm, f_lstm, g_lstm, o_lstm, c_lstm, h_lstm, mask3, Z3,
          W_out, P_loss):
    """dL/dW of every layer; the last step comes first."""
    dZ_out = (P_loss - Y) / len(Y)
    dh = (dZ_out @ W_out.T) * mask3
    dc = np.zeros_like(dh)
    dW, dU, db, dE = np.zeros_like(W_lstm), np.zeros_like(U_lstm), np.zeros_like(b_lstm), np.zeros_like(W_emb)
    for t in reversed(range(T)):
        i, f, g, o, tanh_c = i_lstm[:, t], f_lstm[:, t], g_lstm[:, t], o_lstm[:, t], np.tanh(c_lstm[:, t])
        dc = dc + dh * o * (1 - tanh_c**2)
        df = dc * c_lstm[:, t - 1] if t > 0 else np.zeros_like(dc)
        da = [dc * g * i * (1 - i), df * f * (1 - f), dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)]
        da = np.concatenate(da, axis=1)
        dW += Z_emb[:, t].T @ da
        if t > 0:
            dU += h_lstm[:, t - 1].T @ da
        db += da.sum(axis=0)
        np.add.at(dE, tok[:, t], da @ W_lstm.T)
        dh, dc = da @ U_lstm.T, dc * f
    return {
        "W_emb": dE,
        "W_lstm": dW,
        "U_lstm": dU,
        "b_lstm": db,
        "W_out": Z3.T @ dZ_out,
        "b_out": dZ_out.sum(axis=0),
    }
