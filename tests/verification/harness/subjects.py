"""The networks whose gradients are claimed, each with its forward pass in NumPy and its gradient by hand.

Some shapes are square on purpose: what is wrong by its numbers alone is then not betrayed by its shape.
"""

from __future__ import annotations

from tests.verification.harness.examples import BREAST_CANCER, FOLDED, REGRESSION
from tests.verification.harness.making import subject
from tests.verification.harness.values import Subject

# -- classifiers ---------------------------------------------------------------------------------------------------

DERIVATIVES = {
    "tanh": "1 - A1**2",
    "sigmoid": "A1 * (1 - A1)",
    "relu": "(Z1 > 0)",
    "gelu": "(1 + erf(Z1 / sqrt(2))) / 2 + Z1 * exp(-Z1**2 / 2) / sqrt(2*pi)",
}


def classifier(hidden: str, inputs: int, units: int, classes: int) -> Subject:
    derivative = DERIVATIVES[hidden]
    bracketed = derivative if hidden in ("relu", "sigmoid") else f"({derivative})"
    return subject(
        hidden,
        f"x: N {inputs} input; y: N target <{classes}; W1: {inputs} {units} param; b1: {units} param; Z1: N {units};"
        f"A1: N {units}; W2: {units} {classes} param; b2: {classes} param; Z2: N {classes}; P: N {classes};"
        f"Y: N {classes} rows",
        f"""
        Z1[n,j] = sum[i](x[n,i]*W1[i,j]) + b1[j]
        A1[n,j] = {hidden}(Z1[n,j])
        Z2[n,c] = sum[j](A1[n,j]*W2[j,c]) + b2[c]
        P[n,c] = exp(Z2[n,c])/sum[k](exp(Z2[n,k]))
        Y[n,c] = [y[n] == c]
        L = -sum[n,c](Y[n,c]*log(P[n,c]))/N
        """,
        f"""
        Z1 = x @ W1 + b1
        A1 = {hidden}(Z1)
        Z2 = A1 @ W2 + b2
        P = softmax(Z2)
        Y = onehot(y, {classes})
        L = -sum(Y * log(P)) / N
        """,
        {
            "dZ2": "(P - Y) / N",
            "dW2": "A1.T @ dZ2",
            "db2": "sum(dZ2, axis=0)",
            "dA1": "dZ2 @ W2.T",
            "dZ1": f"dA1 * {bracketed}",
            "dW1": "x.T @ dZ1",
            "db1": "sum(dZ1, axis=0)",
            "dx": "dZ1 @ W1.T",
        },
        {"y": classes},
    )


# -- one idea each -------------------------------------------------------------------------------------------------

PENALISED = subject(
    "penalised",
    "x: N 4 input; t: N 3 target; W1: 4 4 param; b1: 4 param; Z1: N 4; A1: N 4; W2: 4 3 param; b2: 3 param; Z2: N 3;"
    "A2: N 3",
    """
    Z1[n,j] = sum[i](x[n,i]*W1[i,j]) + b1[j]
    A1[n,j] = tanh(Z1[n,j])
    Z2[n,c] = sum[j](A1[n,j]*W2[j,c]) + b2[c]
    A2[n,c] = sigmoid(Z2[n,c])
    L = sum[n,c]((A2[n,c] - t[n,c])**2)/(2*N) + 0.05*sum[i,j](W1[i,j]**2) + 0.05*sum[j,c](W2[j,c]**2)
    """,
    """
    Z1 = x @ W1 + b1
    A1 = tanh(Z1)
    Z2 = A1 @ W2 + b2
    A2 = sigmoid(Z2)
    L = sum((A2 - t)**2) / (2*N) + 0.05 * sum(W1**2) + 0.05 * sum(W2**2)
    """,
    {
        "dA2": "(A2 - t) / N",
        "dZ2": "dA2 * A2 * (1 - A2)",
        "dW2": "A1.T @ dZ2 + 0.1 * W2",
        "db2": "sum(dZ2, axis=0)",
        "dA1": "dZ2 @ W2.T",
        "dZ1": "dA1 * (1 - A1**2)",
        "dW1": "x.T @ dZ1 + 0.1 * W1",
        "db1": "sum(dZ1, axis=0)",
        "dx": "dZ1 @ W1.T",
    },
)

TIED = subject(
    "tied",
    "X: N 4 input; W: 4 4 param; b: 4 param; Z: N 4; H: N 4; R: N 4",
    """
    Z[n,j] = sum[i](X[n,i]*W[i,j]) + b[j]
    H[n,j] = tanh(Z[n,j])
    R[n,i] = sum[j](H[n,j]*W[i,j])
    L = sum[n,i]((R[n,i] - X[n,i])**2)/N
    """,
    """
    Z = X @ W + b
    H = tanh(Z)
    R = H @ W.T
    L = sum((R - X)**2) / N
    """,
    {
        "dR": "2 * (R - X) / N",
        "dH": "dR @ W",
        "dZ": "dH * (1 - H**2)",
        "dW": "X.T @ dZ + dR.T @ H",
        "db": "sum(dZ, axis=0)",
        "dX": "dZ @ W.T - dR",
    },
)

RESIDUAL = subject(
    "skip",
    "x: N 4 input; t: N 4 target; W1: 4 4 param; b1: 4 param; Z1: N 4; A1: N 4; H: N 4; W2: 4 4 param; b2: 4 param;"
    "Z2: N 4; y: N 4",
    """
    Z1[n,j] = sum[i](x[n,i]*W1[i,j]) + b1[j]
    A1[n,j] = sigmoid(Z1[n,j])
    H[n,j] = A1[n,j] + x[n,j]
    Z2[n,k] = sum[j](H[n,j]*W2[j,k]) + b2[k]
    y[n,k] = Z2[n,k] + H[n,k]
    L = sum[n,k]((y[n,k] - t[n,k])**2)/N
    """,
    """
    Z1 = x @ W1 + b1
    A1 = sigmoid(Z1)
    H = A1 + x
    Z2 = H @ W2 + b2
    y = Z2 + H
    L = sum((y - t)**2) / N
    """,
    {
        "dy": "2 * (y - t) / N",
        "dZ2": "dy",
        "dW2": "H.T @ dZ2",
        "db2": "sum(dZ2, axis=0)",
        "dH": "dZ2 @ W2.T + dy",
        "dA1": "dH",
        "dZ1": "dA1 * A1 * (1 - A1)",
        "dW1": "x.T @ dZ1",
        "db1": "sum(dZ1, axis=0)",
        "dx": "dZ1 @ W1.T + dH",
    },
)

BATCH_NORM = subject(
    "batch_norm",
    "x: N 4 input; t: N 4 target; m: 4; v: 4; h: N 4; y: N 4; gamma: 4 param; beta: 4 param",
    """
    m[i] = sum[n](x[n,i])/N
    v[i] = sum[n]((x[n,i] - m[i])**2)/N
    h[n,i] = (x[n,i] - m[i])/sqrt(v[i] + 0.001)
    y[n,i] = gamma[i]*h[n,i] + beta[i]
    L = sum[n,i]((y[n,i] - t[n,i])**2)/2
    """,
    """
    m = sum(x, axis=0) / N
    v = sum((x - m)**2, axis=0) / N
    h = (x - m) / sqrt(v + 0.001)
    y = gamma * h + beta
    L = sum((y - t)**2) / 2
    """,
    {
        "dy": "y - t",
        "dgamma": "sum(dy * h, axis=0)",
        "dbeta": "sum(dy, axis=0)",
        "dh": "dy * gamma",
        "dv": "-sum(dh * h, axis=0) / (2 * (v + 0.001))",
        "dm": "-sum(dh, axis=0) / sqrt(v + 0.001)",
        "dx": "(N * dh - sum(dh, axis=0) - h * sum(dh * h, axis=0)) / (N * sqrt(v + 0.001))",
    },
)

LAYER_NORM = subject(
    "layer_norm",
    "x: N 4 input; t: N 4 target; m: N; v: N; h: N 4; y: N 4; gamma: 4 param; beta: 4 param",
    """
    m[n] = sum[i](x[n,i])/4
    v[n] = sum[i]((x[n,i] - m[n])**2)/4
    h[n,i] = (x[n,i] - m[n])/sqrt(v[n] + 0.001)
    y[n,i] = gamma[i]*h[n,i] + beta[i]
    L = sum[n,i]((y[n,i] - t[n,i])**2)/N
    """,
    """
    m = sum(x, axis=1) / 4
    v = sum((x - m[:, None])**2, axis=1) / 4
    h = (x - m[:, None]) / sqrt(v[:, None] + 0.001)
    y = gamma * h + beta
    L = sum((y - t)**2) / N
    """,
    {
        "dy": "2 * (y - t) / N",
        "dgamma": "sum(dy * h, axis=0)",
        "dbeta": "sum(dy, axis=0)",
        "dh": "dy * gamma",
        "dv": "-sum(dh * h, axis=1) / (2 * (v + 0.001))",
        "dm": "-sum(dh, axis=1) / sqrt(v + 0.001)",
        "dx": "(dh - mean(dh, axis=1, keepdims=True) - h * mean(dh * h, axis=1, keepdims=True))"
        " / sqrt(v + 0.001)[:, None]",
    },
)

ATTENTION = subject(
    "attention",
    "Q: T 4 param; K: T 4 param; V: T 4 param; t: T 4 target; S: T T; A: T T; O: T 4",
    """
    S[t,s] = sum[d](Q[t,d]*K[s,d])/2
    A[t,s] = exp(S[t,s])/sum[r](exp(S[t,r]))
    O[t,j] = sum[s](A[t,s]*V[s,j])
    L = sum[t1,j]((O[t1,j] - t[t1,j])**2)/2
    """,
    """
    S = Q @ K.T / 2
    A = softmax(S)
    O = A @ V
    L = sum((O - t)**2) / 2
    """,
    {
        "dO": "O - t",
        "dV": "A.T @ dO",
        "dA": "dO @ V.T",
        "dS": "A * (dA - sum(dA * A, axis=1, keepdims=True))",
        "dQ": "dS @ K / 2",
        "dK": "dS.T @ Q / 2",
    },
    sizes={"T": 5, "N": 2},
)

ELMAN = subject(
    "elman",
    "X1: N 4 input; X2: N 4 input; X3: N 4 input; W: 4 4 param; U: 4 4 param; b: 4 param; H1: N 4; H2: N 4; H3: N 4;"
    "Z1: N 4; Z2: N 4; Z3: N 4; G: N 4 target",
    """
    Z1[n,j] = sum[i](X1[n,i]*W[i,j]) + b[j]
    H1[n,j] = tanh(Z1[n,j])
    Z2[n,j] = sum[i](X2[n,i]*W[i,j]) + sum[k](H1[n,k]*U[k,j]) + b[j]
    H2[n,j] = tanh(Z2[n,j])
    Z3[n,j] = sum[i](X3[n,i]*W[i,j]) + sum[k](H2[n,k]*U[k,j]) + b[j]
    H3[n,j] = tanh(Z3[n,j])
    L = sum[n,j]((H3[n,j] - G[n,j])**2)/N
    """,
    """
    Z1 = X1 @ W + b
    H1 = tanh(Z1)
    Z2 = X2 @ W + H1 @ U + b
    H2 = tanh(Z2)
    Z3 = X3 @ W + H2 @ U + b
    H3 = tanh(Z3)
    L = sum((H3 - G)**2) / N
    """,
    {
        "dH3": "2 * (H3 - G) / N",
        "dZ3": "dH3 * (1 - H3**2)",
        "dH2": "dZ3 @ U.T",
        "dZ2": "dH2 * (1 - H2**2)",
        "dH1": "dZ2 @ U.T",
        "dZ1": "dH1 * (1 - H1**2)",
        "dU": "H2.T @ dZ3 + H1.T @ dZ2",
        "dW": "X3.T @ dZ3 + X2.T @ dZ2 + X1.T @ dZ1",
        "db": "sum(dZ3 + dZ2 + dZ1, axis=0)",
        "dX1": "dZ1 @ W.T",
    },
)

CONVOLUTION = subject(
    "convolution",
    "x: N 6 input; w: 3 param; b: param; z: N 4; a: N 4; t: N 4 target",
    """
    z[n,p] = sum[u](x[n,p+u]*w[u]) + b
    a[n,p] = sigmoid(z[n,p])
    L = sum[n,p]((a[n,p] - t[n,p])**2)/N
    """,
    """
    z = x[:, 0:4] * w[0] + x[:, 1:5] * w[1] + x[:, 2:6] * w[2] + b
    a = sigmoid(z)
    L = sum((a - t)**2) / N
    """,
    {
        "da": "2 * (a - t) / N",
        "dz": "da * a * (1 - a)",
        "db": "sum(dz)",
        "dw": "d = zeros(3)\nd[0] = sum(x[:, 0:4] * dz)\nd[1] = sum(x[:, 1:5] * dz)\nd[2] = sum(x[:, 2:6] * dz)",
        "dx": "d = zeros((N, 6))\nd[:, 0:4] += dz * w[0]\nd[:, 1:5] += dz * w[1]\nd[:, 2:6] += dz * w[2]",
    },
)

GATED = subject(
    "gated",
    "x: N 4 input; t: N 4 target; W1: 4 4 param; W2: 4 4 param; Z1: N 4; Z2: N 4; g: N 4; h: N 4",
    """
    Z1[n,j] = sum[i](x[n,i]*W1[i,j])
    Z2[n,j] = sum[i](x[n,i]*W2[i,j])
    g[n,j] = sigmoid(Z1[n,j])
    h[n,j] = g[n,j]*Z2[n,j]
    L = sum[n,j]((h[n,j] - t[n,j])**2)/N
    """,
    """
    Z1 = x @ W1
    Z2 = x @ W2
    g = sigmoid(Z1)
    h = g * Z2
    L = sum((h - t)**2) / N
    """,
    {
        "dh": "2 * (h - t) / N",
        "dg": "dh * Z2",
        "dZ2": "dh * g",
        "dZ1": "dg * g * (1 - g)",
        "dW1": "x.T @ dZ1",
        "dW2": "x.T @ dZ2",
        "dx": "dZ1 @ W1.T + dZ2 @ W2.T",
    },
)

SQUARE = subject(
    "square",
    "x: 4 4 input; t: 4 4 target; U: 4 4 param; V: 4 4 param; W: 4 4; b: 4 param; Z: 4 4; P: 4 4",
    """
    W[i,j] = sum[k](U[i,k]*V[k,j])
    Z[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]
    P[n,j] = exp(Z[n,j])/sum[k](exp(Z[n,k]))
    L = sum[n,j]((P[n,j] - t[n,j])**2)/2
    """,
    """
    W = U @ V
    Z = x @ W + b
    P = softmax(Z)
    L = sum((P - t)**2) / 2
    """,
    {
        "dP": "P - t",
        "dZ": "P * (dP - sum(dP * P, axis=1, keepdims=True))",
        "db": "sum(dZ, axis=0)",
        "dW": "x.T @ dZ",
        "dU": "dW @ V.T",
        "dV": "U.T @ dW",
        "dx": "dZ @ W.T",
    },
    sizes={"N": 3},
)

SUBJECTS = (
    classifier("tanh", 4, 4, 4),
    classifier("sigmoid", 3, 4, 5),
    classifier("relu", 4, 4, 3),
    classifier("gelu", 3, 4, 2),
    PENALISED,
    TIED,
    RESIDUAL,
    BATCH_NORM,
    LAYER_NORM,
    ATTENTION,
    ELMAN,
    CONVOLUTION,
    GATED,
    SQUARE,
    BREAST_CANCER,
    REGRESSION,
    FOLDED,
)
BY_NAME = {s.name: s for s in SUBJECTS}
