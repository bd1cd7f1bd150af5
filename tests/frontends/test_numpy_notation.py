"""The equations of a text have the values that NumPy gives to the same text."""

import numpy as np
import pytest

from tests.frontends.reading import SIZES, evaluated, read, run_by_numpy

EXPRESSIONS = [
    "X @ W",
    "X @ W + b",
    "X.T @ G",
    "(G @ W.T) * (X > 0)",
    "sum(G, axis=0)",
    "np.sum(G, axis=0, keepdims=True)",
    "numpy.sum(G, 1)",
    "G.sum(axis=-1, keepdims=True) * P",
    "G.sum()",
    "sum(Q, axis=(0, 2))",
    "mean(X, axis=0)",
    "mean(X)",
    "X.mean(axis=1, keepdims=True) - X",
    "max(X, axis=1)",
    "np.min(X, axis=0, keepdims=True)",
    "X.max()",
    "var(X, axis=1)",
    "X.std(axis=0)",
    "(X - X.mean(axis=1, keepdims=True)) / sqrt(X.var(axis=1, keepdims=True) + 1e-5)",
    "where(X > 0, X, 0.1*X)",
    "np.where(v > 0, 1, -1)",
    "maximum(X, 0)",
    "minimum(X, v[:, None])",
    "exp(-X) / (1 + exp(-X))**2",
    "log(X**2 + 1)",
    "tanh(X) * abs(X) + sign(X)",
    "square(X) - np.log1p(X**2) + expm1(X)",
    "np.clip(X, -0.5, 0.5)",
    "1 - np.tanh(X)**2",
    "outer(v, b)",
    "diag(b)",
    "diag(b) @ W.T",
    "diag(M)",
    "X @ diag(diag(M))",
    "einsum('ni,ij->nj', X, W)",
    "np.einsum('ni,nj->ij', X, G)",
    "einsum('nab,nb->na', Q, G)",
    "einsum('ii', M)",
    "einsum('nab,nab', Q, Q)",
    "eye(4) - M",
    "eye(3)[y]",
    "P - eye(3)[y]",
    "ones((N, 4)) * X",
    "ones_like(X).sum(axis=0)",
    "zeros_like(G) + b",
    "zeros((4,)) + X",
    "X.reshape(-1, 2, 2)",
    "H.reshape(N, 3, 2)",
    "Q.reshape(N, 6)",
    "Q.reshape(N, -1) + H",
    "Q.reshape(-1)",
    "(2 * H).reshape(-1).reshape(H.shape)",
    "reshape(v, (-1, 1)) * P",
    "v[:, None] * P",
    "v[:, np.newaxis] * P",
    "P[:, 1]",
    "P[:, -1]",
    "P[:, 1:]",
    "P[:, :-1] * P[:, 1:]",
    "X[:, 1:3] @ M[:2]",
    "Q[:, 0, :]",
    "Q[..., 2]",
    "Q[:, 1]",
    "P[arange(N), y]",
    "P[range(N), y].sum()",
    "(y == 1) * v",
    "(y[:, None] == arange(3)) - P",
    "(X > 0) & (X < 1)",
    "((X < -1) | (X > 1)) * X",
    "~(X > 0) * X",
    "(X >= 0).astype(float)",
    "X / N",
    "X / len(X)",
    "X / X.shape[0] * X.shape[1]",
    "X / X.size",
    "t * P",
    "t.T @ P",
    "t - v[:, None]",
    "X.T",
    "Q.transpose(0, 2, 1)",
    "transpose(Q, (2, 0, 1))",
    "Q @ W[:3, :2]",
    "Q.T",
    "squeeze(t) * v",
    "expand_dims(v, 0) @ P",
    "np.dot(X, W)",
    "X.dot(W)",
    "v @ X",
    "v @ v",
    "s * X + pi",
    "2 ** s",
    "(X**2).sum(axis=1)[:, None] / v[:, None]",
    "sqrt(X**2 + 1) ** 3",
    "-X + +X - 2*X",
    "G @ W.T @ M - (P * G) @ W.T",
    "np.multiply(P, G) + np.subtract(P, G) / np.add(1, G**2)",
    "X.copy()",
    "X.ravel()",
    "np.power(X, 3)",
]

BLOCKS = {
    "a name used again": "z = X @ W\nz = z + b\nz = z * z",
    "in place by name": "z = X @ W\nz += b\nz *= 2\nz /= N\nz -= 1",
    "cross-entropy, as many write it": "d = P.copy()\nd[arange(N), y] -= 1\nd /= N",
    "in place at labels": "d = P * 1\nd[np.arange(N), y] += v",
    "assigned at labels": "d = P * 1\nd[range(N), y] = v",
    "a column": "d = P * 1\nd[:, 0] = v",
    "columns": "d = P * 1\nd[:, 1:] *= G[:, :-1]",
    "a row": "d = P * 1\nd[0] = b",
    "an entry": "d = P * 1\nd[0, -1] -= 3",
    "added to itself": "d = X * 1\nd[:] += d",
    "taken from itself": "d = (X + 1) * 1\nd[:, 0] -= 2 * d[:, 1]",
    "through a mask": "d = X * 1\nd[X <= 0] = 0",
    "changed through a mask": "d = X * 1\nd[X > 0] *= 2",
    "a shape": "n, c = X.shape\nd = X / n * c",
    "an extent by name": "m = X.shape[0]\nd = X.sum(axis=0) / m",
    "an index array by name": "rows = arange(N)\nd = P[rows, y] * P[rows, 0]",
    "labels by name": "k = y\nd = (k[:, None] == arange(3)) * P",
    "comments and blank lines": "# first the logits: \u03b8\nz = X @ W  # (N, 3)\n\nd = (z\n     - 1)",
    "twice the same sum": "q = (P * (P * G).sum(axis=1, keepdims=True)).sum(axis=1)\nd = q * q",
    "mean and variance": "mu = X.mean(axis=0)\nvar_ = ((X - mu)**2).mean(axis=0)\nd = (X - mu) / sqrt(var_ + 1e-5)",
    "a view is read": "z = X @ W\nu = z.T\nd = u @ z",
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_has_the_values_numpy_gives(text: str) -> None:
    expected, found = run_by_numpy(text), evaluated(read(text))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("text", BLOCKS.values(), ids=BLOCKS)
def test_a_block_has_the_values_numpy_gives(text: str) -> None:
    assigned = read(text)
    expected, found = run_by_numpy(text, assigned[-1].name), evaluated(assigned)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def softmax(z: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize(
    ("call", "axis"), [("softmax(X @ W)", 1), ("softmax(X@W, axis=-1)", 1), ("softmax(X@W, 0)", 0)]
)
def test_softmax_acts_along_its_axis(call: str, axis: int) -> None:
    np.testing.assert_allclose(evaluated(read(call)), softmax(run_by_numpy("X @ W"), axis), rtol=1e-12)


def test_functions_of_the_library_are_known_by_name() -> None:
    z = run_by_numpy("X")
    np.testing.assert_allclose(evaluated(read("sigmoid(X)")), 1 / (1 + np.exp(-z)), rtol=1e-13)
    np.testing.assert_allclose(evaluated(read("relu(X) + softplus(X)")), np.maximum(z, 0) + np.log1p(np.exp(z)))
    np.testing.assert_allclose(evaluated(read("log_softmax(X)")), np.log(softmax(z, 1)), rtol=1e-11)


def test_onehot_takes_its_width_from_the_labels() -> None:
    np.testing.assert_array_equal(evaluated(read("onehot(y)")), np.eye(3)[[2, 0, 2, 1, 0]])
    np.testing.assert_array_equal(evaluated(read("onehot(y, 4)")), np.eye(4)[[2, 0, 2, 1, 0]])


def test_the_result_is_an_equation_of_the_language() -> None:
    (found,) = read("X.T @ (P - onehot(y)) / N")
    assert str(found.equations[-1]) == "value.0[i,j] = sum[n](X[n,i]*(P[n,j] - [y[n] == j]))/N"
    assert found.reads == ("X", "P", "y")
    assert [str(axis) for axis in found.tensor.axes] == ["4", "3"]


def test_extents_stay_symbols() -> None:
    (found,) = read("sum(X, axis=1, keepdims=True)")
    assert [str(axis) for axis in found.tensor.axes] == ["N", "1"]
    assert SIZES == {"N": 5}


def test_every_assignment_of_a_program_is_a_value() -> None:
    from tests.frontends.reading import notation

    found = notation("z = X @ W\nz = z + b\nd = z * G").program()
    assert [(a.name, a.tensor.name, a.place.line) for a in found] == [("z", "z.0", 1), ("z", "z.1", 2), ("d", "d.0", 3)]
    assert found[1].reads == ("z.0", "b")
