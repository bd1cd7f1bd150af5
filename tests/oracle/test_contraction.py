"""Sums of products at once: the same as term by term, in rational numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from symprop.language import Equation, Extent, Scope, Tensor, parse_equation
from symprop.oracle import contraction, evaluate

SIZES = {"N": 3, "D": 20, "J": 24, "S": 24}
AXES = {"A": "N D", "B": "D J", "C": "N J", "w": "D", "M": "S S", "E": "N D J"}
TENSORS = {name: Tensor(name, tuple(map(Extent.of, axes.split()))) for name, axes in AXES.items()}
FORMULAS = [
    "y[n,j] = sum[i](A[n,i]*B[i,j])",
    "y[j,n] = sum[i](A[n,i]*B[i,j])",
    "y[i,j] = sum[n](A[n,i]*C[n,j])",
    "y[n] = 3*sum[i,j](A[n,i]*E[n,i,j])",
    "y[n,i] = sum[j](-2*E[n,i,j]*B[i,j]/7)",
    "y[s,t] = sum[k](M[k,s]*M[t,k])",
    "y[n,i] = sum[j](B[i,j]*C[n,j]) + w[i]",
    "y = sum[i,j](B[i,j]*B[i,j])",
    "y[n,t] = sum[i,j](A[n,i]*E[t,i,j])",
]


def equation(text: str) -> Equation:
    return parse_equation(text, Scope(TENSORS, {"t": "N"} if "y[n,t]" in text else {"s": "S", "t": "S"}))


def arrays() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    shapes = {name: [SIZES[axis] for axis in axes.split()] for name, axes in AXES.items()}
    return {name: rng.standard_normal(shape) * 10.0 ** rng.integers(-9, 9, shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("text", FORMULAS)
def test_it_is_what_the_terms_add_up_to(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with mpmath.workdps(60):
        at_once = evaluate([equation(text)], arrays(), SIZES, object)["y"]
        calls = []
        monkeypatch.setattr("symprop.oracle.points.contracted", lambda *_: calls.append(1))
        term_by_term = evaluate([equation(text)], arrays(), SIZES, object)["y"]
        assert calls and at_once.shape == term_by_term.shape
        assert np.max(np.abs(at_once - term_by_term)) <= 1e-50 * np.max(np.abs(term_by_term))


def test_a_sum_that_cancels_is_exact() -> None:
    """Term by term, 1e40 + 1 - 1e40 would be 0 in 30 digits."""
    scope = {name: Tensor(name, (Extent.of(1200),)) for name in "ab"}
    text = "y = sum[i](a[i]*b[i])"
    values = np.ones(1200), np.zeros(1200)
    values[0][:2], values[1][:3] = 2.0**130, [1, -1, 1]
    with mpmath.workdps(30):
        found = evaluate([parse_equation(text, Scope(scope))], dict(zip("ab", values, strict=True)), {}, object)["y"]
    assert found[()] == sum(Fraction(p) * Fraction(q) for p, q in zip(*values, strict=True)) == 1


def test_infinite_entries_are_left_to_the_terms() -> None:
    large = {name: Tensor(name, (Extent.of(40), Extent.of(40))) for name in "ab"}
    one = np.ones((40, 40))
    one[3, 4] = np.inf
    text = parse_equation("y[i,j] = sum[k](a[i,k]*b[k,j])", Scope(large))
    found = evaluate([text], {"a": one, "b": np.ones((40, 40))}, {}, object)["y"]
    assert found[3, 0] == mpmath.inf and found[2, 0] == 40


def test_what_is_not_in_range_or_has_another_form_is_left() -> None:
    def extent(value: Extent) -> int:
        return value.value(SIZES)

    values = {name: np.full([SIZES[a] for a in axes.split()], mpmath.mpf(1), object) for name, axes in AXES.items()}
    for text in (
        "sum[i](A[n,i+1]*B[i,j])",
        "sum[i: i > 2](A[n,i]*B[i,j])",
        "max[i](A[n,i]*B[i,j])",
        "sum[s](M[s,s]*M[s,s])",
    ):
        body: Any = equation(f"y[n,j] = {text} + C[n,j]").body
        reduce = next(part for part in body.children() if hasattr(part, "op"))
        assert contraction.contracted(reduce, values, extent) is None
