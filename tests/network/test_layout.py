"""Networks in columns: the same numbers as in rows, gradients by complex step, textbook forms, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from symprop import derive as derived
from symprop.derivation import (
    derive,
    empirical_fisher_product,
    gauss_newton_product,
    hessian_vector_product,
    jacobian,
    per_example_gradients,
)
from symprop.errors import FormulaError, InputError
from symprop.language import Extent, Network, Tensor
from symprop.network import build, laid_out
from symprop.network.layout import NOTE
from symprop.oracle import evaluate
from symprop.oracle.differences import compare, relative_error
from symprop.session import parse_source
from symprop.spec import parse_spec
from tests.layers.cases import CASES
from tests.layers.kinds import Case
from tests.report.networks import EXAMPLES, example, mlp, normalised, tensor, values_of
from tests.report.networks import network as of_lines

Array = np.ndarray
BY_NAME = {case.name: case for case in CASES}
MOVED = ("conv2d_pairs", "layer_norm", "embedding", "lstm", "attention", "bilinear")
PERCEPTRON = """\
symprop: 1
name: perceptron
inputs: {X: {shape: [3]}, y: {classes: 5, role: target}}
layers:
  - {id: h, type: dense, units: 4, activation: tanh}
  - {id: o, type: dense, units: 5, activation: softmax}
loss: {type: cross_entropy, from: o, target: y, l2: 0.1}
layout: columns
"""


def turned(tensor: Tensor, array: Any) -> Array:
    """An array of a network in rows, as columns have it."""
    if tensor.axes and tensor.axes[0] == Extent.of("N"):
        return np.moveaxis(np.asarray(array), 0, -1)
    return np.asarray(array).T if tensor.role == "param" and len(tensor.axes) == 2 else np.asarray(array)


def turned_all(network: Network, arrays: Mapping[str, Any]) -> dict[str, Array]:
    return {name: turned(network.tensors[name], array) for name, array in arrays.items() if name in network.tensors}


def with_fans(network: Network) -> Network:
    """The network, its initialisers' fans in full: they may be left out where they are the outer extents."""
    tensors = {
        t.name: replace(t, fans=t.fans or (t.axes[0].constant, t.axes[-1].constant)) if t.axes else t
        for t in network.tensors.values()
    }
    return replace(network, tensors=tensors)


def given(case: Case) -> dict[str, Array]:
    return {**case.params, **{f"x{k}": x for k, x in enumerate(case.rows)}, "goal": case.goal}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_layer_is_the_same_function_with_transposed_gradients(case: Case) -> None:
    columns = laid_out(case.network, "columns")
    assert columns.layout == "columns" and with_fans(laid_out(columns, "rows")) == with_fans(case.network)
    expected = values_of(derive(case.network), {"N": case.batch}, given(case))
    found = values_of(derive(columns), {"N": case.batch}, turned_all(case.network, given(case)))
    assert relative_error(found["L"], expected["L"]) < 1e-13
    for name in (*(t.name for t in case.network.params), *(e.target for e in case.network.equations)):
        tensor = case.network.tensors[name]
        assert relative_error(found[name], turned(tensor, expected[name])) < 1e-12, name
        assert (f"d{name}" in found) is (f"d{name}" in expected)
        if f"d{name}" in expected and name not in case.flat:
            assert relative_error(found[f"d{name}"], turned(tensor, expected[f"d{name}"])) < 1e-9, name


@pytest.mark.parametrize("name", MOVED)
def test_gradients_of_layers_by_complex_step(name: str) -> None:
    case = BY_NAME[name]
    derivation = derive(laid_out(case.network, "columns"))
    wrt = [t.name for t in case.network.params if t.name not in case.flat]
    rows = compare(derivation, turned_all(case.network, given(case)), {"N": case.batch}, wrt)
    assert all(row.error < 1e-11 and row.scale > 0 for row in rows), rows


@pytest.mark.parametrize("network", [mlp(), normalised()], ids=lambda n: n.name)
def test_gradients_of_networks_by_complex_step(network: Network) -> None:
    """Softmax cross-entropy, batch norm, dropout, layer norm, in a batch of another size than every layer."""
    columns = laid_out(network, "columns")
    derivation = derive(columns)
    sizes = {"N": 7}
    values = values_of(derivation, sizes)
    arrays = {t.name: values[t.name] for t in columns.of_role("input", "target", "param", "sample", "state")}
    rows = compare(derivation, arrays, sizes)
    flat = {"b_fc", "b_hid"}  # a norm takes the mean away
    assert all(row.error < 1e-9 for row in rows if row.tensor not in flat), rows
    assert {row.tensor for row in rows if row.scale > 1e-12} >= {t.name for t in columns.params} - flat


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_way_back_is_exact(path: Any) -> None:
    network = example(path)
    columns = laid_out(network, "columns")
    assert with_fans(laid_out(columns, "rows")) == with_fans(network)
    assert laid_out(columns, "columns") is columns
    assert columns.notes == (NOTE, *network.notes)
    for t in columns.params:  # the initialiser's fans are those of the rows
        assert with_fans(columns).tensors[t.name].fans == with_fans(network).tensors[t.name].fans


def test_a_perceptron_reads_as_in_the_textbook() -> None:
    network = build(parse_spec(PERCEPTRON, "net.yaml"))
    shapes = {t.name: tuple(map(str, t.axes)) for t in network.tensors.values()}
    assert (shapes["X"], shapes["W_h"], shapes["b_h"], shapes["Z_h"]) == (("3", "N"), ("4", "3"), ("4",), ("4", "N"))
    assert str(network.equations[0]) == "Z_h[j,n] = sum[i](W_h[j,i]*X[i,n]) + b_h[j]"
    rows = laid_out(network, "rows")
    assert derived(rows, layout="columns").text() == derived(network).text() != derived(rows).text()
    latex = derived(network).latex(notation="matrix", closed_form=True, standalone=True)
    for line in (
        r"Z_{h} & = W_{h} X + b_{h} \mathbf{1}^{\top}",
        r"A_{o} & = \operatorname{softmax}(Z_{o})",
        r"\mathrm{d}Z_{o} & = \frac{A_{o} - Y}{N}",
        r"\mathrm{d}A_{h} & = W_{o}^{\top}\thinspace \mathrm{d}Z_{o}",
        r"\frac{\partial L}{\partial W_{h}} & = \mathrm{d}Z_{h} X^{\top} + 0.1 W_{h}",
        r"\frac{\partial L}{\partial b_{h}} & = \mathrm{d}Z_{h} \mathbf{1}",
    ):
        assert line in latex, line
    assert r"$\mathrm{softmax}$ acts along the last axis but that of the examples." in latex
    assert "Rows are examples" not in latex and "Examples are columns" in latex
    text = derived(network).text()
    for line in ("A_o = softmax(Z_o, axis=0)", "dW_h = dZ_h @ X.T + W_h/10", "db_h = sum(dZ_h, axis=1)"):
        assert line in text, line


def test_two_factors_keep_their_order_on_the_left() -> None:
    tensors = [
        tensor("x", "N", 3, role="input"),
        tensor("g", 3, role="param"),
        tensor("u", "N", role="input"),
        tensor("v", 4, role="param"),
        tensor("Z", "N", 3),
        tensor("O", "N", 4),
    ]
    lines = ("Z[n,j] = x[n,j]*g[j]", "O[n,k] = u[n]*v[k]", "L = sum[n,j](Z[n,j]**2) + sum[n,k](O[n,k]**3)")
    network = of_lines("factors", tensors, *lines)
    columns = laid_out(network, "columns")
    assert [str(e) for e in columns.equations[:2]] == ["Z[j,n] = x[j,n]*g[j]", "O[k,n] = v[k]*u[n]"]
    assert laid_out(columns, "rows") == network


def test_products_and_gradients_by_row_are_those_of_the_rows() -> None:
    network = mlp()
    rows, columns = derive(network), derive(laid_out(network, "columns"))
    sizes = {"N": 7}
    at = values_of(rows, sizes)
    direction = {f"v{t.name}": np.random.default_rng(3).standard_normal(at[t.name].shape) for t in network.params}
    as_columns = {f"v{t.name}": turned(t, direction[f"v{t.name}"]) for t in network.params}
    names = [t.name for t in network.of_role("input", "target", "param")]
    for product in (hessian_vector_product, gauss_newton_product, empirical_fisher_product, per_example_gradients):
        one, other = product(rows), product(columns)
        expected = values_at(one, {**{n: at[n] for n in names}, **direction}, sizes)
        found = values_at(other, {**{n: turned(network.tensors[n], at[n]) for n in names}, **as_columns}, sizes)
        for owner, target in one.results:
            array = expected[target]
            by_row = product is per_example_gradients
            wanted = np.moveaxis(array, 0, -1) if by_row else array
            if array.ndim - by_row == 2:
                wanted = np.swapaxes(wanted, 0, 1)
            assert relative_error(found[target], wanted) < 1e-12, (product.__name__, owner)


def values_at(quantity: Any, arrays: Mapping[str, Any], sizes: Mapping[str, int]) -> dict[str, Any]:
    network = quantity.derivation.network
    return evaluate(quantity.equations, arrays, sizes, functions=network.functions, tensors=network.tensors)


def test_a_jacobian_of_columns_is_column_by_column() -> None:
    network = mlp()
    columns = laid_out(network, "columns")
    found = jacobian(derive(columns), "Z1", "x")
    (target,) = [target for _, target in found.results]
    equation = found.derivation[target].equation
    assert str(equation) == "JZ1[j,k,n] = W1[j,k]"
    with pytest.raises(InputError, match="a row of mu_bn depends on other rows"):
        jacobian(derive(laid_out(normalised(), "columns")), "Z_bn", "x")


def test_derivatives_in_formulas_are_of_one_column() -> None:
    tensors = [
        tensor("x", "N", 3, role="input"),
        tensor("w", 3, role="param"),
        tensor("u", "N"),
        tensor("g", "N", 3),
    ]
    lines = (
        "u[n] = sum[i](w[i]*x[n,i]**3)",
        "g[n,i] = derivative(u[n], x[n,i], x[n,i])",
        "L = sum[n,i](g[n,i]**2)/N",
    )
    network = of_lines("slope", tensors, *lines)
    rows, columns = derive(network), derive(laid_out(network, "columns"))
    at = values_of(rows, {"N": 5})
    found = values_of(columns, {"N": 5}, {"x": at["x"].T, "w": at["w"]})
    assert relative_error(found["dw"], at["dw"]) < 1e-13


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(FormulaError) as caught:
        laid_out(mlp(), "column")
    assert str(caught.value) == "layout: unknown layout 'column'; expected one of rows, columns"


def test_a_module_of_columns_is_that_of_rows() -> None:
    from symprop.codegen import generate_module
    from symprop.session import module_source

    columns = parse_source(PERCEPTRON).network
    rows = parse_source(PERCEPTRON.replace("columns", "rows")).network
    assert module_source(columns) == module_source(replace(rows, text=columns.text))
    assert "Arrays lie in rows, whatever the layout of the spec" in module_source(columns)
    with pytest.raises(FormulaError) as caught:
        generate_module(derive(columns))
    assert str(caught.value) == (
        "network 'perceptron': its examples are columns; expected rows, as the arrays of a module have them. "
        'Derive laid_out(network, "rows").'
    )
