"""Every function that is traced has NumPy's values, and gradients that are those of differences of NumPy's values."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symprop.derivation import derive
from symprop.frontends.tracing.inputs import inputs_of
from symprop.frontends.tracing.loss import loss_of
from symprop.frontends.tracing.userfile import UserFile, call
from symprop.oracle import evaluate
from tests.frontends.tracing.reading import LIBRARY, SIZES, arrays, compared, user_file

# an expression of the inputs of `reading`; behind ";", the extents that have to be numbers
EXPRESSIONS = """
np.tensordot(X, W, axes=1)
np.tensordot(M, M)
np.tensordot(X, W, axes=([1], [0]))
np.tensordot(Q, Q, axes=([1, 2], [1, 2]))
np.tensordot(Q, X, axes=(0, 0))
np.tensordot(v, b, axes=0)
np.convolve(v, b)
np.convolve(b, v, "full")
np.convolve(v, [1.0, -2.0, 0.5])
np.convolve(v, b, "valid"); N C
np.convolve(v, b, mode="same"); N C
np.convolve(b, v, "same"); N C
np.convolve(v, E[0, :2], "same"); N D
np.convolve(E[0, :2], v, "same"); N D
np.correlate(v, b); N C
np.correlate(b, v, "valid"); N C
np.correlate(v, b, "full")
np.correlate(b, v, "full")
np.correlate(v, E[0, :2], "same"); N D
np.correlate(E[0, :2], v, "same"); N D
np.correlate(b, v, mode="same"); N C
np.correlate(v, v[:1])
np.var(X)
np.var(X, ddof=1)
np.var(X, axis=0, ddof=1)
np.std(X, axis=1, ddof=1, keepdims=True)
X.var(axis=(0, 1), ddof=2)
X.std(0, ddof=1)
np.inner(v, v)
np.inner(X, M)
np.inner(Q, Q[0, :, :])
np.inner(X, 2.0)
np.dot(X, W)
np.dot(v, v)
np.dot(v, X)
np.dot(X, b[0])
np.dot(Q, Q[0].T)
np.dot(Q, Q[0, 1])
np.dot(Q[:, :, :2], Q)
np.vdot(X, X)
np.trace(M)
np.trace(X); N D
M.trace(offset=1)
np.trace(Q, axis1=2, axis2=1)
np.diagonal(M)
np.diagonal(X); N D
M.diagonal(-1)
np.diagonal(Q, axis1=1, axis2=2)
np.diagonal(Q, 1, 1, 2)
np.diag(M, k=1)
np.diag(v)
np.diag(v, 2)
np.diag(b, k=-1)
np.repeat(X, 3)
np.repeat(X, 2, axis=0)
np.repeat(v, 4)
X.repeat(2, axis=1)
np.repeat(Q, X.shape[0], axis=1)
np.repeat(b, 1)
np.tile(v, 3)
np.tile(X, (2, 3))
np.tile(v, (2, 1))
np.tile(Q, 2)
np.append(X, 2 * X, axis=0)
np.append(v, b)
np.append(X, b)
np.fmax(X, 0.25)
np.fmin(X, M[0, 0])
np.flip(X)
np.flip(X, axis=0)
np.flip(Q, (0, 2))
np.fliplr(X)
np.flipud(X)
X[::-1]
X[:, ::-1]
np.roll(v, 1)
np.roll(v, -2); N
np.roll(X, 1, axis=0)
np.roll(X, -1, axis=1)
np.roll(Q, (1, -1), axis=(0, 2))
np.roll(X, 1)
np.roll(Q, 7, axis=2)
np.clip(X, -0.5, 0.5)
np.clip(X, a_min=0, a_max=None)
np.clip(X, None, v[:, None])
X.clip(min=-0.3)
np.linalg.norm(X)
np.linalg.norm(X, "fro")
np.linalg.norm(v, 1)
np.linalg.norm(v, ord=2)
np.linalg.norm(v, np.inf)
np.linalg.norm(X, ord=-np.inf, axis=1)
np.linalg.norm(X, axis=1)
np.linalg.norm(X, ord=1, axis=0, keepdims=True)
np.linalg.norm(Q, axis=(1, 2))
np.cumsum(X)
np.cumsum(v)
np.cumsum(X, axis=1)
Q.cumsum(axis=-1)
np.take_along_axis(P, y[:, None], axis=1)
np.take_along_axis(P, y[:, None], 1)
np.take(E, tok, axis=0)
np.logaddexp(X, 0)
np.logaddexp(X, v[:, None])
np.logaddexp.reduce(X, axis=1)
np.log1p(X**2)
np.expm1(X)
np.square(X)
np.sign(X)
np.split(X, 2, axis=1)[0]; D
np.split(X, [1], axis=1)[1]
np.split(X, [1, 3])[1]; N
np.split(Q, 3, axis=-1)[2]
np.hsplit(Q, 2)[1]
np.hsplit(v, [1])[1]
np.vsplit(X, [2])[0]; N
np.array_split(v, 4)[1]; N
""".strip().splitlines()
ARGUMENTS = "X, W, b, v, P, M, Q, E, y, tok"


def file_of(folder: Path, expression: str) -> UserFile:
    body = f"def f({ARGUMENTS}):\n    return {expression}\n"
    return user_file(folder, body + f"def loss({ARGUMENTS}):\n    return np.sum(np.sin(f({ARGUMENTS}) + 0.3))\n")


@pytest.mark.parametrize("line", EXPRESSIONS)
@pytest.mark.parametrize("sizes", SIZES, ids=["first", "second"])
def test_the_values_are_numpys(line: str, sizes: dict[str, int], tmp_path: Path) -> None:
    expression, _, needs = line.partition(";")
    assert set(compared(file_of(tmp_path, expression), sizes)) == set(needs.split())


@pytest.mark.parametrize("line", EXPRESSIONS)
def test_the_gradients_are_those_of_differences(line: str, tmp_path: Path) -> None:
    file, sizes = file_of(tmp_path, line.partition(";")[0]), SIZES[0]
    inputs = inputs_of(file)
    given = arrays(file, inputs, sizes)
    read = {n: given[n] for n in inspect.signature(file.function("loss")).parameters}
    real = [n for n in read if inputs.tensors[n].dtype == "real"]
    traced = loss_of(file, "loss", inputs, sizes)
    derivation = derive(traced.network(real))
    equations = [*derivation.network.equations, *(a.equation for a in derivation)]
    known = {n: given[n] for n in derivation.network.tensors if n in given}
    found = evaluate(equations, known, sizes, functions=LIBRARY, tensors=derivation.network.tensors)
    truths = {n: differences(file, read, n) for n in real}
    assert found[traced.loss] == pytest.approx(call(file, "loss", read), rel=1e-12)
    # the places of a sign alone have no gradient
    assert "sign" in line or max(np.abs(t).max() for t in truths.values()) > 1e-2
    for name, truth in truths.items():
        value = found.get(f"d{name}", np.zeros_like(truth))
        np.testing.assert_allclose(value, truth, rtol=1e-6, atol=1e-7)


def differences(file: UserFile, given: Mapping[str, Any], name: str, step: float = 1e-5) -> Any:
    """Central differences of the loss, as NumPy computes it."""
    found = np.zeros(given[name].shape)
    for place in np.ndindex(found.shape):
        ends = []
        for sign in (1, -1):
            moved = given[name].copy()
            moved[place] += sign * step
            ends.append(call(file, "loss", {**given, name: moved}))
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return found
