"""Edges of ranges: what must not be dropped, folded, summed or read where a tensor, an equation or a row ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from symprop.derivation import Derivation, derive
from symprop.errors import FormulaError
from symprop.language import EVERYWHERE, Domain, Network, text
from symprop.oracle.differences import compare
from symprop.oracle.evaluate import evaluate
from tests.cases.equations import Case

CASES = (
    Case(
        "guard_before_a_gather",
        {"E": "V 3", "tok": "T < V", "x": "T", "y": "T 3", "G": "T 3"},
        """
        y[t,d] = [t >= 1]*E[tok[t-1],d]*x[t-1]
        L = sum[t,d](G[t,d]*y[t,d]**2)
        """,
        "E",
        {"V": 4, "T": 5},
    ),
    Case(
        "guarded_maximum_over_a_gather",
        {"E": "V 3", "tok": "T < V", "y": "T", "G": "T"},
        """
        y[t] = [t >= 1]*max[j](E[tok[t-1],j])
        L = sum[t](G[t]*y[t]**2)
        """,
        "E",
        {"V": 4, "T": 5},
        smooth=False,
    ),
    Case(
        "maximum_over_a_gather_within_a_sum",
        {"E": "V 3", "tok": "T < V", "G": "T"},
        """
        L = sum[t: t >= 1](G[t]*max[j](E[tok[t-1],j]))
        """,
        "E",
        {"V": 4, "T": 5},
        smooth=False,
    ),
    Case(
        "maximum_of_window_sums",
        {"x": "11", "w": "3", "y": "6", "G": "6"},
        """
        y[p] = max[u](sum[v](x[p+u+v-1]*w[v]))
        L = sum[p](G[p]*y[p]**2)
        """,
        "w",
        {},
        {"u": "7", "v": "3"},
        smooth=False,
    ),
    Case(
        "compound_over_a_part_of_an_axis",
        {"x": "12", "y": "2 5", "G": "2 5", "H": "12"},
        """
        y[i,j] = x[(i,j)]**2
        L = sum[i,j](G[i,j]*y[i,j]) + sum[k](H[k]*sin(x[k]))
        """,
        "",
        {},
    ),
    Case(
        "roots_of_constants_in_nested_sums",
        {"x": "N 3", "a": "N", "G": "3"},
        """
        L = sqrt(3)*sum[i](sqrt(2)*G[i]*sum[n](sqrt(2)*x[n,i]*a[n]))
        """,
        "",
        {"N": 4},
    ),
    Case(
        "branch_that_is_not_real_elsewhere",
        {"x": "N 3", "s": "N", "G": "N"},
        """
        L = sum[n](G[n]*where(s[n] > 0, sum[i](sqrt(x[n,i]*s[n]))**2, sum[i](log(-s[n]*x[n,i])*G[n])))
        """,
        "",
        {"N": 6},
        positive="x",
    ),
    Case(
        "singular_adjoint_of_a_compound",
        {"x": "2 5", "q": "2 5", "f": "10", "G": "10"},
        """
        q[a,b] = sin(x[a,b])
        f[(i,j)] = exp(x[i,j])
        L = sum[k](G[k]*log(f[k])) + sum[i,j](q[i,j]*x[i,j])
        """,
        "",
        {},
        {"i": "2", "j": "5"},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_both_forms_agree_with_complex_step(case: Case, seed: int) -> None:
    derivation = derive(case.network)
    arrays = case.arrays(seed)
    assert evaluate(derivation.network, arrays, case.sizes)["L"] == pytest.approx(
        evaluate(case.network, arrays, case.sizes)["L"], rel=1e-13
    )
    rows = compare(derivation, arrays, case.sizes)
    assert rows
    for row in rows:
        assert row.error < 1e-11, row


PARTIAL = Case(
    "equation_for_a_part_of_an_axis",
    {"x": "5", "A": "5", "G": "5"},
    """
    A[r] = tanh(x[r])
    L = sum[j](G[j]*tanh(x[j])*A[j]) + sum[j](G[j]*sin(tanh(x[j])))
    """,
    "",
    {},
    {"r": "3"},
)


def body(derivation: Derivation, name: str) -> str:
    return text(derivation[name].equation.body)


def test_a_value_is_not_read_where_no_equation_defines_it() -> None:
    found = derive(PARTIAL.network)
    assert body(found, "G") == "A[j]*tanh(x[j]) + sin(tanh(x[j]))"
    assert all(row.error < 1e-11 for row in compare(found, PARTIAL.arrays(), {}, ["x", "G"]))


def test_the_kernel_form_does_not_write_out_what_a_domain_leaves_at_zero() -> None:
    lines = "A[r] = tanh(x[r])\nL = sum[j](G[j]*A[j]**2)"
    case = Case("masked", {"x": "5", "A": "5", "G": "5"}, lines, "", {})
    first, last = case.network.equations
    index = first.indices[0]
    masked = replace(first, domain=Domain.inside(index - 2, first.free[0].extent))
    found = derive(replace(case.network, equations=(masked, last)))
    assert all(row.error < 1e-11 for row in compare(found, case.arrays(), {}, ["x", "G"]))
    assert masked.domain != EVERYWHERE


SOFTMAX = "P[n,c] = exp(Z[n,c])/sum[k](exp(Z[n,k]))\n"


def rows_of_one(case: Case) -> Network:
    tensors = {**case.network.tensors, "Y": replace(case.network.tensors["Y"], simplex=1)}
    return replace(case.network, tensors=tensors)


def test_a_row_outside_its_tensor_does_not_sum_to_one() -> None:
    lines = SOFTMAX + "L = -sum[n,c](Y[n-1,c]*log(P[n,c]))"
    case = Case("late", {"Z": "N C", "P": "N C", "Y": "N C"}, lines, "", {"N": 4, "C": 3})
    found = derive(rows_of_one(case))
    arrays = case.arrays()
    arrays["Y"] = np.abs(arrays["Y"]) / np.abs(arrays["Y"]).sum(axis=1, keepdims=True)
    assert found.assumptions == ()
    assert body(found, "Z") == "P[n,c]*sum[k](Y[n - 1,k]) - Y[n - 1,c]"
    assert all(row.error < 1e-11 for row in compare(found, arrays, case.sizes))


def test_a_maximum_over_no_point_is_zero_whatever_its_body() -> None:
    lines = "y[p] = max[u](x[p+u-3] + 1)\nL = sum[p](G[p]*y[p]**2)"
    case = Case("padded", {"x": "4", "y": "9", "G": "9"}, lines, "", {}, {"u": "2"})
    found = derive(case.network)
    arrays = case.arrays()
    values = evaluate(found.network, arrays, {})
    windows = [[x for k in (p - 3, p - 2) if 0 <= k < 4 for x in [arrays["x"][k] + 1]] for p in range(9)]
    np.testing.assert_allclose(values["y"], [max(w, default=0.0) for w in windows], rtol=1e-15)
    assert all(row.error < 1e-11 for row in compare(found, arrays, {}))


@pytest.mark.parametrize("formula", ["(-2)**x[n]", "0**x[n]", "x[n]*log(-pi)", "x[n]/sin(0)", "x[n]*sqrt(-pi)"])
def test_a_derivative_that_is_not_real_is_refused(formula: str) -> None:
    case = Case("unreal", {"x": "N"}, f"L = sum[n]({formula})", "", {"N": 3})
    with pytest.raises(FormulaError) as caught:
        derive(case.network)
    assert str(caught.value) == (
        f"formula '{formula}': its derivative is not a real number for any argument; "
        "expected real constants inside it. "
        "Look for a division by 0, or a root, log or power of a constant <= 0."
    )
