"""Derivatives inside formulas, against complex steps and differences of what they are derivatives of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from symprop.derivation import derive
from symprop.derivation.normalise import normalise
from symprop.errors import FormulaError, InputError
from symprop.language import Extent, Network, Scope, Tensor, parse_equation
from symprop.language.printer import equation_text
from symprop.oracle import evaluate, relative_error
from symprop.oracle.differences import gradient
from tests.cases.equations import ARITY, FUNCTIONS, extent

STEP = 1e-30
AXES = {
    "x": "N 3",
    "t": "N 2",
    "W": "3 4",
    "V": "2 4",
    "b": "4",
    "c": "4 5",
    "Z": "N 4",
    "A": "N 4",
    "u": "N 5",
    "G": "N 5",
}
FIELD = [
    "Z[n,j] = sum[i](x[n,i]*W[i,j]) + sum[k](t[n,k]*V[k,j]) + b[j]",
    "A[n,j] = tanh(Z[n,j])",
    "u[n,o] = sum[j](A[n,j]*c[j,o]) + x[n,1]**2*t[n,0]",
]


def net(lines: list[str], **more: str) -> Network:
    """The field u(x, t) of a small network, and equations over it."""
    axes = {**AXES, **more}
    defined = {line.split("[")[0] for line in [*FIELD, *lines]}
    roles = {"x": "input", "t": "input", "s": "input", "G": "input"}
    tensors = {
        name: Tensor(
            name,
            tuple(map(extent, shape.split())),
            role=roles.get(name, "intermediate" if name in defined else "param"),
        )
        for name, shape in axes.items()
    }
    tensors["L"] = Tensor("L", (), role="loss")
    scope = Scope(tensors, functions=ARITY)
    return Network("field", tensors, tuple(parse_equation(e, scope) for e in [*FIELD, *lines]), functions=FUNCTIONS)


def arrays(network: Network) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    given = network.of_role("input", "param")
    return {t.name: rng.standard_normal([a.value({"N": 3}) for a in t.axes]) for t in given}


def field(network: Network, given: dict[str, Any], dtype: Any = float) -> Any:
    fields = replace(network, equations=network.equations[:3], loss="u")
    return evaluate(fields.equations, given, {"N": 3}, dtype, functions=network.functions)["u"]


def slope(network: Network, given: dict[str, Any], name: str, column: int) -> Any:
    moved = given[name].astype(complex)
    moved[:, column] += 1j * STEP
    return field(network, {**given, name: moved}, complex).imag / STEP


def second(network: Network, given: dict[str, Any], name: str, column: int, other: str, place: int) -> Any:
    h = 1e-5
    ahead, behind = given[other].copy(), given[other].copy()
    ahead[:, place] += h
    behind[:, place] -= h
    ways = [slope(network, {**given, other: a}, name, column) for a in (ahead, behind)]
    return (ways[0] - ways[1]) / (2 * h)


def test_first_derivatives_of_all_entries() -> None:
    network = net(["D[n,o,i] = derivative(u[n,o], x[n,i])", "L = sum[n,o,i](D[n,o,i]**2)"], D="N 5 3")
    given = arrays(network)
    found = evaluate(normalise(network), given, {"N": 3})["D"]
    expected = np.stack([slope(network, given, "x", i) for i in range(3)], axis=-1)
    assert relative_error(found, expected) < 1e-13


@pytest.mark.parametrize(
    ("formula", "name", "column", "other", "place"),
    [
        ("derivative(u[n,o], x[n,1], x[n,2])", "x", 1, "x", 2),
        ("derivative(u[n,o], x[n,1], x[n,1])", "x", 1, "x", 1),
        ("derivative(derivative(u[n,o], x[n,1]), t[n,0])", "x", 1, "t", 0),
        ("derivative(u[n,o], t[n,1], x[n,0])", "t", 1, "x", 0),
    ],
)
def test_second_derivatives(formula: str, name: str, column: int, other: str, place: int) -> None:
    network = net([f"r[n,o] = {formula}", "L = sum[n,o](r[n,o]**2)"], r="N 5")
    given = arrays(network)
    found = evaluate(normalise(network), given, {"N": 3})["r"]
    assert relative_error(found, second(network, given, name, column, other, place)) < 1e-9


def test_third_derivative_by_differences_of_the_second() -> None:
    lines = ["r[n,o] = derivative(u[n,o], x[n,0], x[n,1], t[n,1])", "L = sum[n,o](r[n,o]**2)"]
    low = net(["r[n,o] = derivative(u[n,o], x[n,0], x[n,1])", "L = sum[n,o](r[n,o]**2)"], r="N 5")
    network = net(lines, r="N 5")
    given, h = arrays(network), 1e-30
    moved = given["t"].astype(complex)
    moved[:, 1] += 1j * h
    expected = evaluate(normalise(low), {**given, "t": moved}, {"N": 3}, complex)["r"].imag / h
    assert relative_error(evaluate(normalise(network), given, {"N": 3})["r"], expected) < 1e-13


RESIDUAL = [
    "r[n,o] = derivative(u[n,o], t[n,0]) + u[n,o]*derivative(u[n,o], x[n,0])"
    " - sum[i](derivative(u[n,o], x[n,i], x[n,i]))",
    "L = sum[n,o](G[n,o]*r[n,o]**2)/N",
]


def test_the_loss_is_differentiated_through_derivatives() -> None:
    network = net(RESIDUAL, r="N 5")
    derivation, given = derive(network), arrays(network)
    wrt = ["W", "V", "b", "c", "x", "t"]
    expected = gradient(derivation.network, given, {"N": 3}, wrt)
    values = evaluate(derivation.network, given, {"N": 3})
    equations = {form: [getattr(a, form) for a in derivation] for form in ("equation", "exact")}
    for form in equations.values():
        found = evaluate(
            form,
            {**given, **values},
            {"N": 3},
            functions=derivation.network.functions,
            tensors=derivation.network.tensors,
        )
        for name in wrt:
            assert relative_error(found[f"d{name}"], expected[name]) < 1e-12, name


def test_the_residual_itself_by_differences() -> None:
    network = net(RESIDUAL, r="N 5")
    given = arrays(network)
    laplacian = sum(second(network, given, "x", i, "x", i) for i in range(3))
    expected = slope(network, given, "t", 0) + field(network, given) * slope(network, given, "x", 0) - laplacian
    assert relative_error(evaluate(normalise(network), given, {"N": 3})["r"], expected) < 1e-8


def test_an_input_of_one_number_a_row() -> None:
    lines = ["q[n] = sin(s[n])*exp(W[0,0]*s[n])", "r[n] = derivative(q[n], s[n], s[n])", "L = sum[n](r[n]**2)"]
    network = net(lines, s="N", q="N", r="N")
    given = arrays(network)
    s, a = given["s"], given["W"][0, 0]
    expected = np.exp(a * s) * ((a**2 - 1) * np.sin(s) + 2 * a * np.cos(s))
    assert relative_error(evaluate(normalise(network), given, {"N": 3})["r"], expected) < 1e-13


def test_each_tangent_is_defined_once() -> None:
    lines = ["r[n,o] = derivative(u[n,o], x[n,0]) + derivative(u[n,o], x[n,1], x[n,1])", "L = sum[n,o](r[n,o]**2)"]
    found = normalise(net(lines, r="N 5"))
    targets = [e.target for e in found.equations]
    assert len(targets) == len(set(targets))
    assert targets == ["Z", "A", "u", "Dx_Z", "Dx_A", "Dx_u", "Dx_Dx_A", "Dx_Dx_u", "r", "L"]
    assert equation_text(found.equations[-2]) == "r[n,o] = Dx_u[n,o,0] + Dx_Dx_u[n,o,1,1]"
    assert normalise(found) == found


def test_a_second_derivative_that_vanishes_is_0() -> None:
    lines = ["r[n,o] = u[n,o] + derivative(Z[n,o], x[n,0], x[n,0])", "L = sum[n,o](r[n,o]**2)"]
    network = net([line.replace("Z[n,o]", "Z[n,0]") for line in lines], r="N 5")
    assert equation_text(normalise(network).equations[-2]) == "r[n,o] = u[n,o]"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "r[n,o] = derivative(u[n,o], G[n,0])",
            "equation: the derivative of u by G; expected a tensor of numbers that u depends on",
        ),
        (
            "r[n,o] = sum[m](derivative(u[n,o], x[m,0]))",
            "equation: derivative(u[n,o], x[m,0]) is not of one row; expected both to begin with the same index",
        ),
    ],
)
def test_a_derivative_that_is_none_is_refused(line: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        derive(net([line, "L = sum[n,o](r[n,o]**2)"], r="N 5"))
    assert str(caught.value) == message


def test_a_derivative_across_rows_is_refused() -> None:
    lines = ["m[n,o] = u[n,o] - sum[k](u[k,o])/N", "r[n,o] = derivative(m[n,o], x[n,0])", "L = sum[n,o](r[n,o]**2)"]
    with pytest.raises(InputError, match=r"a row of m depends on other rows"):
        derive(net(lines, r="N 5", m="N 5"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "derivative(u[n], 2)",
            "column 8: derivative takes an entry of a tensor and the entries it is differentiated by. "
            "Write derivative(u[n], x[n,0]), say.",
        ),
        (
            "derivative(u[n])",
            "column 8: derivative takes an entry of a tensor and the entries it is differentiated by. "
            "Write derivative(u[n], x[n,0]), say.",
        ),
        (
            "derivative(u[n], x[n,0], x[n,0], x[n,0], x[n,0], x[n,0])",
            "column 8: a derivative of order 5; expected at most 4",
        ),
    ],
)
def test_formulas_that_are_no_derivative(text: str, message: str) -> None:
    batch = Extent.of("N")
    scope = Scope({"u": Tensor("u", (batch,)), "x": Tensor("x", (batch, Extent.of(2)))})
    with pytest.raises(FormulaError) as caught:
        parse_equation(f"r[n] = {text}", scope)
    assert str(caught.value) == f"equation: {message}"


def test_derivative_prints_as_it_is_written() -> None:
    network = net(RESIDUAL, r="N 5")
    assert equation_text(network.equations[3]) == RESIDUAL[0]
