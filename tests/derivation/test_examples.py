"""Gradients of single rows and the empirical Fisher product, against a loop over batches of one row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symprop.derivation import derive, empirical_fisher_product, fisher_product, per_example_gradients
from symprop.errors import InputError
from symprop.language import Extent
from symprop.language.printer import equation_text
from tests.cases.equations import CASES, Case
from tests.derivation.test_products import LOGISTIC, PERCEPTRON, arrays_of, both_forms, directions, network, values

N = Extent.of("N")
BATCHED = [
    c
    for c in CASES
    if "N" in c.sizes and c.network.params and all(a != N for t in c.network.tensors.values() for a in t.axes[1:])
]


def row_of(net: Any, arrays: dict[str, Any], n: int) -> dict[str, Any]:
    return {k: v[n : n + 1] if net.tensors[k].axes[:1] == (N,) else v for k, v in arrays.items()}


def loop(net: Any, arrays: dict[str, Any], sizes: dict[str, int]) -> dict[str, Any]:
    first = derive(net)
    equations = [*first.network.equations, *(a.equation for a in first)]
    rows = [values(equations, first.network, row_of(net, arrays, n), {**sizes, "N": 1}) for n in range(sizes["N"])]
    return {t.name: np.array([row[f"d{t.name}"] for row in rows]) for t in net.params if t.name in first}


@pytest.mark.parametrize("case", BATCHED, ids=str)
def test_gradients_by_row_are_those_of_batches_of_one_row(case: Case) -> None:
    arrays, sizes = case.arrays(), dict(case.sizes)
    expected = loop(case.network, arrays, sizes)
    quantity = per_example_gradients(derive(case.network))
    assert [p for p, _ in quantity.results] == list(expected)
    for found in both_forms(quantity, arrays, sizes):
        for parameter, target in quantity.results:
            scale = max(1.0, float(np.abs(expected[parameter]).max()))
            np.testing.assert_allclose(found[target], expected[parameter], rtol=0, atol=1e-12 * scale)


def test_penalties_are_part_of_the_loss_of_a_row() -> None:
    quantity = per_example_gradients(derive(network(PERCEPTRON)))
    found = quantity.derivation
    shown = [equation_text(e) for e in (*found.network.equations, *(a.equation for a in found))]
    assert "gZ_o[n,j] = P_loss[n,j] - Y[n,j]" in shown
    assert "gW_o[n,i,j] = gZ_o[n,j]*A_h[n,i] + 0.3*W_o[i,j]" in shown


@pytest.mark.parametrize("spec", [LOGISTIC, PERCEPTRON])
def test_empirical_fisher_product_by_a_loop_over_rows(spec: str) -> None:
    net, plain = network(spec), network(spec.replace(", l2: 0.3", ""))
    quantity = empirical_fisher_product(derive(net))
    arrays = arrays_of(net)
    given = directions(quantity, arrays)
    rows = loop(plain, arrays, {"N": 6})
    along = sum(rows[p].reshape(6, -1) @ given[v].ravel() for p, v in quantity.directions)
    for found in both_forms(quantity, {**arrays, **given}, {"N": 6}):
        for parameter, target in quantity.results:
            expected = np.tensordot(along, rows[parameter], 1) / 6
            np.testing.assert_allclose(found[target], expected, rtol=0, atol=1e-14)
            assert np.abs(expected).max() > 1e-3


def test_numbers_and_citations_of_the_empirical_fisher_product() -> None:
    found = empirical_fisher_product(derive(network(PERCEPTRON))).derivation
    equations = [*found.network.equations, *(a.equation for a in found)]
    assert [e.number for e in equations] == list(range(1, len(equations) + 1))
    cited = {n for a in found for s in a.steps for n in s.uses}
    assert max(cited) <= len(equations)
    assert equation_text(found["Z_o"].equation) == "FZ_o[n,j] = vL[n]*(P_loss[n,j] - Y[n,j])/N"


def test_a_row_that_reads_others_by_place_is_refused() -> None:
    case = Case(
        "neighbours",
        {"x": "N D", "w": "D", "y": "N", "G": "N"},
        """
        y[n] = sum[i](x[n-1,i]*w[i])
        L = sum[n](G[n]*y[n]**2)/N
        """,
        "w",
        {"N": 3, "D": 2},
    )
    with pytest.raises(InputError) as caught:
        per_example_gradients(derive(case.network))
    assert str(caught.value) == (
        "loss of each row: a row of y depends on other rows, y[n] = sum[i](x[n - 1,i]*w[i]); "
        "expected rows that stand alone"
    )


def test_a_parameter_in_the_loss_itself_has_no_fisher() -> None:
    case = Case(
        "inline",
        {"x": "N D", "w": "D", "t": "N"},
        "L = sum[n]((sum[i](x[n,i]*w[i]) - t[n])**2)/N",
        "w",
        {"N": 3, "D": 2},
    )
    for product, name in ((empirical_fisher_product, "empirical_fisher"), (fisher_product, "fisher")):
        with pytest.raises(InputError) as caught:
            product(derive(case.network))
        assert str(caught.value) == f"{name}: w stands in the loss itself; expected parameters in layers alone"
