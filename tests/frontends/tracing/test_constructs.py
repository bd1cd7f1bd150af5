"""Every construct that is traced has the values that NumPy gives it, at two sets of extents."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.frontends.tracing.reading import SIZES, compared, user_file

GENERAL = {
    "softmax regression": "def f(X, W, Y):\n    S = X @ W\n    return -np.sum(Y * (S - np.log(np.exp(S).sum(1, keepdims=True)))) / len(X)",
    "names of functions": "def f(X):\n    return exp(X) + ln(X**2 + 1) + math.exp(1.5) + math.sqrt(2) * math.pi + np.e",
    "shapes": "def f(X, W):\n    n, d = X.shape\n    return (X @ W) / (n * d) + 1.0 / n - 2.0 * X.shape[1] + X.size / n + n**2 + n // 1",
    "a view is changed": "def f(X):\n    Z = X * 2\n    t = Z.T\n    t += 1\n    t[0] = 5\n    return Z",
    "an alias is changed": "def f(P, y):\n    d = P.copy()\n    e = d\n    e[np.arange(len(y)), y] -= 1\n    return d / len(y)",
    "an input is changed": "def f(P, y):\n    P[range(P.shape[0]), y] -= 1\n    return P",
    "a row of zeros": "def f(X, v):\n    out = np.zeros(X.shape)\n    out[:, 0] = v\n    out[:, 1:] = X[:, 1:] * 2\n    return out",
    "a slice of a slice": "def f(X):\n    Z = X * 1\n    Z[1:][:, 0] *= 3\n    Z[:, 1:][0] += 2\n    return Z",
    "a scalar is no view": "def f(X):\n    Z = X * 1\n    a = Z[0, 0]\n    Z[0, 0] = 7\n    return Z + a",
    "an integer index copies": "def f(P, y):\n    r = P[np.arange(len(P)), y]\n    P[:, 0] = 9\n    return r",
    "one-hot by eye": "def f(P, y):\n    return P - np.eye(P.shape[1])[y]",
    "one-hot by eye of a label": "def f(P, y):\n    T = np.zeros_like(P)\n    T[np.arange(len(y)), y] = 1.0\n    return P - T",
    "one-hot by comparison": "def f(P, y):\n    return P - (y[:, None] == np.arange(P.shape[1]))",
    "an embedding": "def f(E, tok):\n    return E[tok].sum(axis=1)",
    "its gradient": "def f(E, tok, X):\n    d = np.zeros_like(E)\n    np.add.at(d, tok, X[:, None, :] * np.ones((1, 2, 1)))\n    return d",
    "its gradient by label": "def f(E, y, X, W):\n    d = np.zeros((W.shape[1], X.shape[1]))\n    np.add.at(d, y, X)\n    return d",
    "subtract at": "def f(P, y, v):\n    d = P * 1\n    np.subtract.at(d, (np.arange(len(y)), y), v)\n    return d",
    "masks": "def f(X):\n    Z = X * 1\n    Z[Z < 0] = 0\n    m = (X > 0) & ~(X > 1)\n    return Z * m + np.where(X >= 0, X, -1.0)",
    "a mask times": "def f(X):\n    Z = X.copy()\n    Z[X < 0] *= 0.1\n    return Z",
    "through the same mask": "def f(X):\n    Z = X * 1\n    m = Z < 0\n    Z[m] = np.sqrt(2) * X[m] ** 2 + 1\n    return Z * X[m].sum()",
    "logic": "def f(X):\n    return np.logical_and(X > 0, X < 1) * 2.0 + np.logical_or(X < 0, np.greater(X, 1)) + np.logical_not(X > 0)",
    "batch norm": "def f(X):\n    mu = X.mean(axis=0)\n    v = X.var(axis=0)\n    xh = (X - mu) / np.sqrt(v + 1e-5)\n    return xh / xh.std()",
    "maximum": "def f(X, v):\n    return np.maximum(0, X) + np.minimum(X, v[:, None]) + np.clip(X, -1, None) + X.clip(-0.5, 0.5)",
    "builtin extremes": "def f(X, s):\n    return max(s, 0.5) + min(X[0, 0], s) + abs(X) + max(X.shape[0], 1) * 0",
    "full": "def f(X):\n    return np.full(X.shape, 2.5) + np.full_like(X, 3) + np.ones(X.shape[0])[:, None]",
    "concatenate": "def f(X, M):\n    c = np.concatenate([X, M], axis=0)\n    return c @ np.concatenate((X, M)).T + np.vstack([X, M])[0, 0]",
    "columns": "def f(X, v, P):\n    return np.c_[X, v, P] + np.hstack([X, np.ones((X.shape[0], 1)), P]).sum() + np.column_stack([v, X, P])",
    "bias column": "def f(X, v):\n    A = np.concatenate([X, np.ones((len(X), 1))], axis=1)\n    return A.T @ A",
    "reshape": "def f(Q):\n    n = Q.shape[0]\n    return Q.reshape(n, -1) + Q.reshape((n, 6)) + np.reshape(Q, (n, 6)) + Q.ravel().reshape(n, 6)",
    "a reshape is a view": "def f(Q):\n    Z = np.zeros((len(Q), 6))\n    z = Z.reshape(len(Q), 2, 3)\n    z += Q\n    return Z",
    "axes": "def f(Q):\n    return Q.transpose(0, 2, 1) + np.swapaxes(Q, 1, 2) + np.transpose(Q, (0, 2, 1)) + np.moveaxis(Q, 1, 2)",
    "new axes": "def f(v, X):\n    return v[:, np.newaxis] * X + np.expand_dims(v, 1) + v.reshape(-1, 1) + np.squeeze(v[:, None], axis=1)[:, None]",
    "products": "def f(X, W, M, v):\n    return np.dot(X, M) @ W + np.matmul(X, W) + np.outer(v, v) @ X @ W + np.einsum('ni,ic->nc', X, W)",
    "outer of ufuncs": "def f(v, b):\n    return np.multiply.outer(v, b) + np.subtract.outer(v, b) + np.add.reduce(np.outer(v, b), axis=0)",
    "linalg": "def f(X):\n    return X / np.linalg.norm(X, axis=1, keepdims=True) + np.linalg.norm(X)",
    "softmax of scipy": "from scipy.special import expit, logsumexp, softmax, log_softmax\ndef f(X):\n"
    "    return softmax(X, axis=1) + logsumexp(X, axis=1, keepdims=True) + expit(X) + log_softmax(X, axis=-1) + softmax(X)",
    "in place by out": "def f(X):\n    Z = np.zeros_like(X)\n    np.exp(X, out=Z)\n    np.add(Z, 1, out=Z)\n    return Z",
    "helpers": "def act(z):\n    return np.tanh(z)\nclass Layer:\n    def __call__(self, x, w):\n        return act(x @ w)\n"
    "def f(X, W):\n    return Layer()(X, W)",
    "lambda and closure": "g = lambda z: 1 / (1 + np.exp(-z))\ndef make(h):\n    def inner(z):\n        return h(z) * 2\n    return inner\n"
    "def f(X):\n    return make(g)(X)",
    "dictionaries": "def f(X, W, b):\n    p = {'W': W, 'b': b}\n    c = {'z': X @ p['W'] + p['b']}\n    return [np.tanh(c['z'])][0]",
    "take": "def f(P, y, E):\n    return np.take_along_axis(P, y[:, None], axis=1)[:, 0] + np.take(E, y * 1, axis=0).sum() * 0 if False else "
    "np.take_along_axis(P, y[:, None], axis=1)",
    "triangle": "def f(M):\n    return np.tril(M) + np.triu(M, 1) * 2 + np.tril(np.ones(M.shape)) + np.trace(M) + np.diag(np.diag(M))",
    "cumsum": "def f(X):\n    return np.cumsum(X, axis=0)",
    "backwards": "def f(X):\n    return X[::-1] + X[-1] + X[:, -1:]",
    "constants": "C = 0.044715\nR = np.sqrt(2 / np.pi)\ndef f(X):\n    return 0.5 * X * (1 + np.tanh(R * (X + C * X**3))) + 1 / 3 + 2**0.5",
    "a table": "K = np.array([[1.0, 2.0], [0.5, -1.0]])\ndef f(Q):\n    return K @ Q",
    "float and int": "def f(X):\n    n = float(X.shape[0])\n    return X.astype(float) / n + float(X.sum()) / int(X.shape[1])",
    "in-place on scalars": "def f(X):\n    t = X.sum()\n    u = t\n    u += 1\n    return t * u",
    "asarray": "def f(X):\n    Z = np.asarray(X)\n    Z = Z + np.array(X)\n    return np.asarray([1.0, 2.0])[0] * Z",
    "same name again": "def f(X, W):\n    z = X @ W\n    z = z + 1\n    z = z * z\n    return z / z.sum(axis=0)",
    "comparison of shapes": "def f(X, W):\n    assert X.shape == (X.shape[0], W.shape[0])\n    assert X.ndim == 2\n    return X @ W",
}
NUMBERS = {
    "stack": (
        "def f(X, M, v, b):\n    return np.stack([X, X * 2], axis=1).sum(0) + np.array([X[0], X[1] ** 2])",
        {"N"},
    ),
    "a row is a view": (
        "def f(X):\n    Z = X * 1\n    r = Z[0]\n    Z[0, 0] = 7\n    r[1] = 3\n    return Z + r",
        {"D"},
    ),
    "a loop over rows": (
        "def f(X, P):\n    d = np.zeros((X.shape[1], P.shape[1]))\n    for n in range(len(X)):\n        d += np.outer(X[n], P[n])\n    return d",
        {"N"},
    ),
    "a loop over an array": ("def f(X):\n    return sum(row @ row for row in X)", {"N"}),
    "rows of zeros by a loop": (
        "def f(X):\n    out = np.zeros(X.shape)\n    for i in range(X.shape[0]):\n        out[i] = X[i] ** 2\n    return out",
        {"N"},
    ),
    "rows of empty by a loop": (
        "def f(X):\n    out = np.empty_like(X)\n    for i in range(X.shape[0]):\n        out[i] = 2 * X[i]\n    return out",
        {"N"},
    ),
    "a list": ("def f(X):\n    return np.array([x.sum() for x in X])", {"N"}),
    "entries": (
        "def f(P, y):\n    t = 0.0\n    for i in range(len(y)):\n        t -= np.log(P[i, y[i]] ** 2)\n    return t / len(y)",
        {"N"},
    ),
    "rows added": (
        "def f(E, y, X, W):\n    d = np.zeros((W.shape[1], X.shape[1]))\n    for i in range(len(y)):\n        d[y[i]] += X[i]\n    return d",
        {"N"},
    ),
    "a recurrence": (
        "def f(X, M):\n    h = np.zeros(X.shape[1])\n    for t in range(X.shape[0]):\n        h = np.tanh(X[t] + M @ h)\n    return h",
        {"N"},
    ),
    "a comparison": ("def f(X):\n    return X if X.shape[1] > 3 else -X", {"D"}),
    "a slice of a number": ("def f(X):\n    return X[:2] + X[:100][:2] + X[::2][:1]", {"N"}),
}


@pytest.mark.parametrize("body", GENERAL.values(), ids=GENERAL)
@pytest.mark.parametrize("sizes", SIZES, ids=["first", "second"])
def test_a_construct_has_numpys_values_for_all_extents(body: str, sizes: dict[str, int], tmp_path: Path) -> None:
    assert compared(user_file(tmp_path, body), sizes) == {}


@pytest.mark.parametrize(("body", "names"), NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("sizes", SIZES, ids=["first", "second"])
def test_a_construct_that_needs_numbers_has_numpys_values(
    body: str, names: set[str], sizes: dict[str, int], tmp_path: Path
) -> None:
    assert set(compared(user_file(tmp_path, body), sizes)) == names
