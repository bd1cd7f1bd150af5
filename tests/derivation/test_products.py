"""Products of curvature with a vector, Hessians and Jacobians, against complex steps of their equations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from symprop.derivation import (
    Derivation,
    Quantity,
    compact,
    derive,
    fisher_product,
    gauss_newton_product,
    hessian,
    hessian_vector_product,
    jacobian,
)
from symprop.errors import InputError
from symprop.language import Equation, Network
from symprop.language import expressions as ex
from symprop.language.printer import equation_text
from symprop.network import build
from symprop.oracle import evaluate, relative_error
from symprop.spec import parse_spec
from tests.cases.equations import BY_NAME, CASES, Case
from tests.derivation.test_textbook import network as textbook

TOLERANCE = 1e-12
STEP = 1e-30
WITH_PARAMS = [c for c in CASES if c.network.params and c.name != "pairs"]
LOGISTIC = """\
symprop: 1
name: logistic
inputs: {x: {shape: [3]}, y: {shape: [1], role: target}}
layers: [{id: out, type: dense, units: 1, activation: sigmoid, bias: false}]
loss: {type: binary_cross_entropy, from: out, target: y}
"""
PERCEPTRON = """\
symprop: 1
name: perceptron
inputs: {x: {shape: [3]}, y: {classes: 5, role: target}}
layers:
  - {id: h, type: dense, units: 4, activation: tanh}
  - {id: o, type: dense, units: 5}
loss: {type: softmax_cross_entropy, from: o, target: y, l2: 0.3}
"""
TWO_LOSSES = """\
symprop: 1
name: pair
inputs: {x: {shape: [3]}, y: {shape: [4], role: target}, s: {shape: [5], role: target}}
layers:
  - {id: a, type: dense, in: x, units: 2, activation: tanh}
  - {id: p, type: dense, in: a, units: 4}
  - {id: q, type: dense, in: a, units: 5, activation: sigmoid}
loss: [{type: mse, from: p, target: y}, {type: mse, from: q, target: s, weight: 0.5}]
"""


def network(spec: str) -> Network:
    return build(parse_spec(spec))


def arrays_of(net: Network, rows: int = 6, seed: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shapes = {t.name: tuple(a.value({"N": rows}) for a in t.axes) for t in net.of_role("input", "target", "param")}
    integers = {t.name: t.high.constant for t in net.tensors.values() if t.high is not None}
    return {
        name: rng.integers(0, integers[name], shape) if name in integers else rng.uniform(0.1, 0.9, shape)
        for name, shape in shapes.items()
    }


def values(
    equations: Any, net: Network, arrays: dict[str, Any], sizes: dict[str, int], dtype: Any = float
) -> dict[str, Any]:
    return evaluate(equations, arrays, sizes, dtype, functions=net.functions, tensors=net.tensors)


def both_forms(quantity: Quantity, arrays: dict[str, Any], sizes: dict[str, int]) -> list[dict[str, Any]]:
    """Values by the equations of readers, of kernels, and of the closed form."""
    net, closed = quantity.derivation.network, compact(quantity)
    shown = [*net.equations, *(a.equation for a in quantity.derivation)]
    short = [*closed.network.equations, *(a.equation for a in closed)]
    return [values(form, net, arrays, sizes) for form in (shown, quantity.equations, short)]


def directions(quantity: Quantity, arrays: dict[str, Any]) -> dict[str, Any]:
    rng = np.random.default_rng(11)
    return {v: rng.standard_normal(np.shape(arrays[p])) for p, v in quantity.directions}


def slope(first: Derivation, arrays: dict[str, Any], moves: dict[str, Any], sizes: dict[str, int]) -> dict[str, Any]:
    """How values and adjoints of a network move, by a complex step of all of its equations."""
    moved = {**arrays, **{name: arrays[name] + 1j * STEP * v for name, v in moves.items()}}
    equations = [*first.network.equations, *(a.equation for a in first)]
    found = values(equations, first.network, moved, sizes, complex)
    return {name: np.imag(value) / STEP for name, value in found.items() if np.iscomplexobj(value)}


def close(found: Any, expected: Any) -> None:
    assert np.shape(found) == np.shape(expected)
    assert np.linalg.norm(np.ravel(expected)) > 0
    assert relative_error(found, expected) < TOLERANCE


@pytest.mark.parametrize("case", WITH_PARAMS, ids=str)
def test_hessian_vector_product_is_how_the_gradient_moves(case: Case) -> None:
    first = derive(case.network)
    product = hessian_vector_product(first)
    arrays = case.arrays()
    given = directions(product, arrays)
    expected = slope(first, arrays, {p: given[v] for p, v in product.directions}, dict(case.sizes))
    for found in both_forms(product, {**arrays, **given}, dict(case.sizes)):
        for parameter, target in product.results:
            wanted = expected[f"d{parameter}"]
            scale = max(1.0, float(np.abs(wanted).max()))
            np.testing.assert_allclose(found[target], wanted, rtol=0, atol=TOLERANCE * scale)


@pytest.mark.parametrize("name", ["two_layers", "layer_norm", "elman", "tied_weights"])
def test_the_comparison_notices_a_wrong_tangent(name: str) -> None:
    case = BY_NAME[name]
    first = derive(case.network)
    product = hessian_vector_product(first)
    broken = product.derivation.adjoints[0].equation
    wrong = [
        e.with_body(ex.mul(ex.Number(2), e.body)) if e.target == broken.target else e for e in product.equations
    ]
    arrays = case.arrays() | directions(product, case.arrays())
    right = values(product.equations, product.derivation.network, arrays, dict(case.sizes))
    found = values(wrong, product.derivation.network, arrays, dict(case.sizes))
    assert max(relative_error(found[t], right[t]) for _, t in product.results) > 1e-3


@pytest.mark.parametrize("name", ["two_layers", "layer_norm", "elman", "tied_weights", "dense"])
def test_hessian_is_symmetric_and_its_columns_are_products(name: str) -> None:
    case = BY_NAME[name]
    first = derive(case.network)
    wrt = case.network.params[0].name
    full = hessian(first, wrt)
    ((_, target),) = full.results
    arrays, size = case.arrays(), np.size(case.arrays()[wrt])
    for found in both_forms(full, arrays, dict(case.sizes)):
        matrix = found[target].reshape(size, size)
        np.testing.assert_allclose(matrix, matrix.T, rtol=0, atol=TOLERANCE * np.abs(matrix).max())
        for k, unit in enumerate(np.eye(size)):
            moved = slope(first, arrays, {wrt: unit.reshape(np.shape(arrays[wrt]))}, dict(case.sizes))
            column, scale = moved[f"d{wrt}"].ravel(), float(np.abs(matrix).max())
            np.testing.assert_allclose(matrix[:, k], column, rtol=0, atol=TOLERANCE * scale)


@pytest.mark.parametrize(
    ("name", "of", "wrt"),
    [
        ("two_layers", "A2", "W1"),
        ("two_layers", "Z1", "b1"),
        ("two_layers", "dW2", "W1"),
        ("elman", "H", "U"),
        ("convolution", "y", "w"),
        ("embedding", "e", "E"),
        ("lstm", "H", "Uf"),
        ("double_recurrence", "h", "a"),
        ("double_recurrence", "da", "b"),
    ],
)
def test_jacobian_by_a_parameter(name: str, of: str, wrt: str) -> None:
    case = BY_NAME[name]
    first = derive(case.network)
    found = both_forms(jacobian(first, of, wrt), case.arrays(), dict(case.sizes))
    arrays = case.arrays()
    columns = [
        slope(first, arrays, {wrt: unit.reshape(np.shape(arrays[wrt]))}, dict(case.sizes))[of]
        for unit in np.eye(np.size(arrays[wrt]))
    ]
    expected = np.moveaxis(np.array(columns), 0, -1)
    for form in found:
        close(form[f"J{of}"], np.reshape(expected, (*expected.shape[:-1], *np.shape(arrays[wrt]))))


@pytest.mark.parametrize(
    ("name", "of", "wrt"),
    [
        ("two_layers", "A2", "X"),
        ("layer_norm", "y", "x"),
        ("elman", "H", "X"),
        ("convolution", "y", "x"),
        ("causal_attention", "y", "k"),
        ("softmax", "P", "Z"),
        ("flatten", "y", "x"),
        ("dense", "dX", "X"),
    ],
)
def test_jacobian_by_an_input_is_that_of_each_row(name: str, of: str, wrt: str) -> None:
    case = BY_NAME[name]
    first = derive(case.network)
    arrays = case.arrays()
    found = both_forms(jacobian(first, of, wrt), arrays, dict(case.sizes))
    row = np.shape(arrays[wrt])[1:]
    columns = [
        slope(first, arrays, {wrt: np.broadcast_to(unit.reshape(row), np.shape(arrays[wrt]))}, dict(case.sizes))[of]
        for unit in np.eye(int(np.prod(row)))
    ]
    expected = np.moveaxis(np.array(columns), 0, -1)
    for form in found:
        close(form[f"J{of}"], expected.reshape(*expected.shape[:-1], *row))


def test_jacobian_by_rows_that_are_not_apart_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        jacobian(derive(BY_NAME["batch_norm"].network), "y", "x")
    assert str(caught.value) == (
        "jacobian of y by x: a row of m depends on other rows, m[i] = sum[n](x[n,i])/N; expected rows that stand alone"
    )


def test_jacobian_of_what_is_not_there_is_refused() -> None:
    first = derive(BY_NAME["embedding"].network)
    with pytest.raises(InputError) as caught:
        jacobian(first, "f", "E")
    assert str(caught.value) == "f: there is no tensor 'f'; expected one of E, e, G, L"
    with pytest.raises(InputError) as caught:
        jacobian(first, "e", "tok")
    assert str(caught.value) == "tok: tok holds integers; expected one of E, e, G, L"


def test_a_jacobian_that_is_zero_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        jacobian(derive(BY_NAME["layer_norm"].network), "h", "gamma")
    assert str(caught.value) == "jacobian of h: it is zero everywhere: nothing in it depends on what moves"


def test_a_product_that_is_zero_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        hessian_vector_product(derive(BY_NAME["pairs"].network))
    assert str(caught.value) == "hvp of dw: it is zero everywhere: nothing in it depends on what moves"


def test_a_tangent_whose_name_is_taken_is_refused() -> None:
    net = BY_NAME["dense"].network
    tensors = {**net.tensors, "vZ": replace(net.tensors["Z"], name="vZ", role="input")}
    with pytest.raises(InputError) as caught:
        hessian_vector_product(derive(replace(net, tensors=tensors)))
    assert str(caught.value) == (
        "tensor 'vZ': the tangent of Z would have this name as well. Choose another name for the tensor."
    )


# -- curvature of the loss by what it compares ---------------------------------------------------------------------


def test_gauss_newton_is_the_hessian_of_a_linear_model() -> None:
    first = derive(network(LOGISTIC))
    full, half = hessian_vector_product(first), gauss_newton_product(first)
    arrays = arrays_of(first.network)
    arrays |= directions(full, arrays)
    for found, other in zip(both_forms(full, arrays, {"N": 6}), both_forms(half, arrays, {"N": 6}), strict=True):
        close(other["vdW_out"], found["vdW_out"])


def jacobians(first: Derivation, arrays: dict[str, Any], of: str) -> dict[str, Any]:
    """d of / d parameter by complex step, (N, outputs, entries of the parameter)."""
    made = {}
    for parameter in (t.name for t in first.network.params):
        shape = np.shape(arrays[parameter])
        units = np.eye(int(np.prod(shape)))
        columns = [slope(first, arrays, {parameter: u.reshape(shape)}, {"N": 6})[of] for u in units]
        made[parameter] = np.moveaxis(np.array(columns), 0, -1)
    return made


@pytest.mark.parametrize("penalties", [True, False])
def test_gauss_newton_and_fisher_of_a_perceptron_by_hand(penalties: bool) -> None:
    first = derive(network(PERCEPTRON))
    product = gauss_newton_product(first) if penalties else fisher_product(first)
    arrays = arrays_of(first.network)
    given = directions(product, arrays)
    by = jacobians(first, arrays, "Z_o")
    p = values(first.network.equations, first.network, arrays, {"N": 6})["P_loss"]
    moved = sum(by[name] @ given[v].ravel() for name, v in product.directions)
    curved = (p * moved - p * (p * moved).sum(axis=1, keepdims=True)) / 6
    for found in both_forms(product, {**arrays, **given}, {"N": 6}):
        for name, target in product.results:
            expected = np.einsum("nck,nc->k", by[name], curved).reshape(np.shape(arrays[name]))
            expected = expected + 0.3 * given[f"v{name}"] * (penalties and name.startswith("W"))
            close(found[target], expected)


def test_gauss_newton_of_two_losses_is_taken_where_each_compares() -> None:
    first = derive(network(TWO_LOSSES))
    product = gauss_newton_product(first)
    assert product.words == "The Gauss-Newton product J^T H J v, H the Hessian of the loss by A_q, Z_p."
    arrays = arrays_of(first.network)
    given = directions(product, arrays)
    expected = {name: 0.0 for name, _ in product.results}
    for of, curvature in (("Z_p", 2 / (4 * 6)), ("A_q", 0.5 * 2 / (5 * 6))):
        by = jacobians(first, arrays, of)
        moved = sum(by[name] @ given[v].ravel() for name, v in product.directions)
        for name in expected:
            expected[name] = expected[name] + np.einsum("nck,nc->k", by[name], curvature * moved)
    for found in both_forms(product, {**arrays, **given}, {"N": 6}):
        for name, target in product.results:
            close(found[target], np.reshape(expected[name], np.shape(arrays[name])))


def test_gauss_newton_differs_from_the_hessian_of_a_network_with_a_hidden_layer() -> None:
    first = derive(network(PERCEPTRON))
    full, half = hessian_vector_product(first), gauss_newton_product(first)
    arrays = arrays_of(first.network)
    arrays |= directions(full, arrays)
    found, other = both_forms(full, arrays, {"N": 6})[1], both_forms(half, arrays, {"N": 6})[1]
    assert relative_error(other["vdW_h"], found["vdW_h"]) > 0.01


def test_the_true_fisher_is_refused_where_the_curvature_knows_the_targets() -> None:
    spec = LOGISTIC.replace("binary_cross_entropy", "huber")
    with pytest.raises(InputError, match=r"^fisher: the curvature of the loss depends on the target"):
        fisher_product(derive(network(spec)))


def test_the_logistic_product_and_hessian_read_as_in_a_textbook() -> None:
    first = derive(network(LOGISTIC))
    assert texts(compact(hessian_vector_product(first)))[-1] == (
        "vdW_out[i,j] = sum[n](x[n,i]*A_out[n,j]*(1 - A_out[n,j])*sum[k](vW_out[k,j]*x[n,k]))/N"
    )
    assert texts(compact(hessian(first, "W_out")))[-1] == (
        "JdW_out[i,j,k,l] = sum[n](x[n,i]*A_out[n,j]*x[n,k]*(1 - A_out[n,j]))/N"
    )


def test_the_tangent_of_a_softmax_reads_as_its_adjoint() -> None:
    found = hessian_vector_product(derive(network(PERCEPTRON))).derivation
    assert equation_text(found["P_loss"].equation) == (
        "vP_loss[n,c] = P_loss[n,c]*(vZ_o[n,c] - sum[k](vZ_o[n,k]*P_loss[n,k]))"
    )


def test_a_recurrence_has_products_of_constant_length() -> None:
    product = hessian_vector_product(derive(BY_NAME["elman"].network))
    assert equation_text(product.derivation["H"].equation) == "vH[n,t,j] = vZ[n,t,j]*(1 - H[n,t,j]**2)"
    steps = product.derivation["dZ"].equation
    assert "vdH[n,t,j]" in equation_text(steps)


def test_assumptions_and_kinks_are_those_of_the_first_order() -> None:
    lines = ["P[n,c] = exp(Z[n,c])/sum[k](exp(Z[n,k]))", "L = -sum[n,c](Y[n,c]*log(P[n,c]))/N"]
    given = textbook(["Z[n,c] = abs(x[n,0]*W[c])", *lines], x="N 2", W="5", Z="N 5", P="N 5", Y="N 5 +rows")
    net = replace(given, tensors={**given.tensors, "W": replace(given.tensors["W"], role="param")})
    product = hessian_vector_product(derive(net))
    for derivation in (product.derivation, compact(product)):
        assert {a for t in derivation for a in t.assumptions} == {"rows of Y sum to 1"}
    assert ("abs", (1,)) in [(k.function, k.equations) for k in jacobian(derive(net), "Z", "W").derivation.kinks]


def test_equations_are_numbered_on() -> None:
    product = hessian_vector_product(derive(network(PERCEPTRON)))
    numbers = [e.number for e in [*product.derivation.network.equations, *(a.equation for a in product.derivation)]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [e.number for e in product.equations] == numbers


def texts(derivation: Derivation) -> list[str]:
    equations: list[Equation] = [*derivation.network.equations, *(a.equation for a in derivation)]
    return [equation_text(e) for e in equations]
