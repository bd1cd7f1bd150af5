"""Every matrix form has the value of the index form it was recognised from, in both of its notations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from symprop.derivation import Derivation, derive
from symprop.frontends import formula_network
from symprop.language import LAYOUTS, Equation, Extent, Index, Network
from symprop.language import expressions as ex
from symprop.network import laid_out
from symprop.oracle import evaluate
from symprop.report import matrix as mx
from symprop.report.matrix import hadamard, times
from symprop.report.matrixmath import MatrixPrinter
from symprop.report.matrixtext import left_text, numpy_text
from symprop.report.recognise import matrix_form
from symprop.report.scalarmath import ScalarPrinter
from symprop.report.symbols import Symbols
from tests.cases.equations import CASES, Case
from tests.report.matrix_values import NodeValues, NumpyText
from tests.report.networks import EXAMPLES, Values, example, logistic, mlp, network, tensor, values_of

TOLERANCE = 1e-11


def forms(derivation: Derivation) -> dict[str, Any]:
    """Matrix forms by target, where there is one."""
    equations = [*derivation.network.equations, *(a.equation for a in derivation)]
    found = {e.target: matrix_form(e, derivation.network) for e in equations}
    return {target: form for target, form in found.items() if form is not None}


def numpy_forms(net: Network) -> dict[str, str | None]:
    return {target: numpy_text(right) for target, (_, right) in forms(derive(net)).items()}


def latex_forms(net: Network) -> dict[str, str]:
    printer = MatrixPrinter(ScalarPrinter(Symbols(net), net.functions))
    return {t: f"{printer.math(a).text} = {printer.math(b).text}" for t, (a, b) in forms(derive(net)).items()}


def compare(derivation: Derivation, sizes: Mapping[str, int], arrays: Values | None = None) -> int:
    """Evaluate all matrix forms of a derivation; the number of them."""
    values = values_of(derivation, sizes, arrays)
    functions = derivation.network.functions
    node_value = NodeValues(values, sizes, functions)
    text_value = NumpyText(values, sizes, calls(derivation, sizes))
    found = forms(derivation)
    for target, (left, right) in found.items():
        np.testing.assert_allclose(node_value(right), node_value(left), rtol=TOLERANCE, atol=TOLERANCE, err_msg=target)
        text = numpy_text(right)
        if text is not None:
            got = np.broadcast_to(text_value(text), values[target].shape)
            np.testing.assert_allclose(got, values[target], rtol=TOLERANCE, atol=TOLERANCE, err_msg=text)
    return len(found)


def calls(derivation: Derivation, sizes: Mapping[str, int]) -> dict[str, Any]:
    """The functions of a network, entry by entry, and onehot of the width of the network."""

    def function(name: str) -> Any:
        def apply(*args: Any) -> Any:
            entries = np.broadcast_arrays(*args)
            names = [f"a{k}" for k in range(len(args))]
            body = ex.Call(name, [ex.Read(n) for n in names])
            return np.reshape(
                [
                    evaluate(
                        [Equation("v", (), body)],
                        dict(zip(names, point, strict=True)),
                        {},
                        functions=derivation.network.functions,
                    )["v"]
                    for point in zip(*(e.ravel() for e in entries), strict=True)
                ],
                entries[0].shape,
            )

        return apply

    labels = derivation.network.tensors.get("y")
    width = labels.high.value(sizes) if labels is not None and labels.high is not None else 0
    table = {name: function(name) for name in (*derivation.network.functions, "erf", "floor")}
    return table | {"onehot": lambda y: np.eye(width)[y]}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_matrix_form_of_a_case_has_its_value(case: Case) -> None:
    compare(derive(case.network), case.sizes, case.arrays())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_matrix_form_of_a_case_in_columns_has_its_value(case: Case) -> None:
    columns = laid_out(case.network, "columns")
    arrays = case.arrays()
    compare(derive(columns), case.sizes, {name: in_columns(case.network, name, a) for name, a in arrays.items()})


def in_columns(net: Network, name: str, array: Any) -> Any:
    t = net.tensors[name]
    if t.axes and t.axes[0] == Extent.of("N"):
        return np.moveaxis(array, 0, -1)
    return array.T if t.role == "param" and len(t.axes) == 2 else array


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_equation_of_an_example_has_a_matrix_form_of_its_value(path: Any, layout: str) -> None:
    derivation = derive(laid_out(example(path), layout))
    count = compare(derivation, {"N": 3})
    # images and derivatives inside a network are no matrices: they have further axes
    flat = all(len(t.axes) <= 2 for t in derivation.network.tensors.values())
    assert flat == (path.stem not in ("poisson", "digits_cnn", "characters_lstm", "characters_transformer"))
    assert count >= (len(derivation.network.equations) if flat else 1)


@pytest.mark.parametrize("net", [mlp(), logistic(), laid_out(mlp(), "columns")], ids=lambda n: n.name + n.layout)
def test_a_matrix_form_of_a_small_network_has_its_value(net: Network) -> None:
    derivation = derive(net)
    assert compare(derivation, {"N": 6}) == len(derivation.network.equations) + len(derivation.adjoints)


def test_a_wrong_form_is_noticed() -> None:
    derivation = derive(logistic())
    values = values_of(derivation, {"N": 6})
    left, _ = forms(derivation)["dW"]
    _, wrong = forms(derivation)["db"]
    value = NodeValues(values, {"N": 6}, derivation.network.functions)
    assert value(left).shape != value(wrong).shape


def test_textbook_gradients_in_numpy() -> None:
    assert numpy_forms(mlp()) == {
        "Z1": "x @ W1 + b1",
        "A1": "tanh(Z1)",
        "Z2": "A1 @ W2 + b2",
        "P": "softmax(Z2)",
        "Y": "onehot(y)",
        "L": "-sum(Y*log(P))/N + sum(W1**2)/20",
        "dP": "-Y/(N*P)",
        "dZ2": "(P - Y)/N",
        "dW2": "A1.T @ dZ2",
        "db2": "sum(dZ2, axis=0)",
        "dA1": "dZ2 @ W2.T",
        "dZ1": "dA1*(1 - A1**2)",
        "dW1": "x.T @ dZ1 + W1/10",
        "db1": "sum(dZ1, axis=0)",
        "dx": "dZ1 @ W1.T",
    }


def test_textbook_gradients_in_latex() -> None:
    found = latex_forms(mlp())
    assert found["Z1"] == r"Z_{1} = x W_{1} + \mathbf{1} b_{1}^{\top}"
    assert found["dZ2"] == r"\mathrm{d}Z_{2} = \frac{P - Y}{N}"
    assert found["dW2"] == r"\mathrm{d}W_{2} = A_{1}^{\top}\thinspace \mathrm{d}Z_{2}"
    assert found["db2"] == r"\mathrm{d}b_{2}^{\top} = \mathbf{1}^{\top}\thinspace \mathrm{d}Z_{2}"
    assert found["dA1"] == r"\mathrm{d}A_{1} = \mathrm{d}Z_{2} W_{2}^{\top}"
    assert found["dZ1"] == r"\mathrm{d}Z_{1} = \mathrm{d}A_{1} \odot (1 - A_{1}^{\odot 2})"
    assert found["dW1"] == r"\mathrm{d}W_{1} = x^{\top}\thinspace \mathrm{d}Z_{1} + 0.1 W_{1}"


ROWS = [tensor("P", "N", "C", role="input"), tensor("Q", "N", "C", role="input"), tensor("R", "N", "C")]


def test_row_sums_and_scaled_rows() -> None:
    line = "R[n,c] = P[n,c]*(Q[n,c] - sum[k](Q[n,k]*P[n,k]))"
    net = network("rows", ROWS, line, "L = sum[n,c](R[n,c]**2)")
    expected = r"R = P \odot \bigl(Q - (Q \odot P) \mathbf{1} \mathbf{1}^{\top}\bigr)"
    assert latex_forms(net)["R"] == expected
    assert numpy_forms(net)["R"] == "P*(Q - sum(Q*P, axis=1)[:, None])"


def test_layer_norm_scales_rows_and_columns() -> None:
    case = next(c for c in CASES if c.name == "layer_norm")
    found = numpy_forms(case.network)
    assert found["v"] == "sum((x - m[:, None])**2, axis=1)/D"
    assert found["y"] == "h*gamma + beta"
    assert found["dgamma"] == "sum(dy*h, axis=0)"


@pytest.mark.parametrize(
    "name",
    ["convolution", "first_difference", "reversal", "diagonal", "slice", "embedding", "flatten", "concatenation"],
)
def test_what_is_shifted_cut_or_gathered_has_no_matrix_form(name: str) -> None:
    case = next(c for c in CASES if c.name == name)
    first = case.network.equations[0]
    assert matrix_form(first, case.network) is None


def test_a_part_of_an_axis_is_no_matrix_product() -> None:
    """sum over three of four columns reads as A B only at first sight."""
    case = Case("part", {"A": "N 4", "B": "3 J", "C": "N J"}, "C[n,j] = sum[k](A[n,k]*B[k,j])", "", {}, {"k": "3"})
    assert matrix_form(case.network.equations[0], case.network) is None


def test_products_of_matrices_that_do_not_fit_cannot_be_made() -> None:
    net = mlp()
    z, w = forms(derive(net))["Z1"][0], forms(derive(net))["dW1"][0]
    with pytest.raises(ValueError, match=r"^columns j meet rows i in a matrix product$"):
        times(z, w)
    with pytest.raises(ValueError, match=r"^a product entry by entry of different axes$"):
        hadamard([z, w])


def test_what_broadcasting_alone_would_not_shape_has_no_numpy_form() -> None:
    tensors = [tensor("b", "C", role="input"), tensor("R", "N", "C")]
    net = network("repeated", tensors, "R[n,c] = b[c]", "L = sum[n,c](R[n,c]**2)")
    assert latex_forms(net)["R"] == r"R = \mathbf{1} b^{\top}"
    assert numpy_forms(net)["R"] is None


def test_the_left_side_of_numpy_text_has_no_transpose() -> None:
    left, _ = forms(derive(logistic()))["db"]
    assert left_text(left) == "db"


def test_an_extent_that_is_a_product_or_a_sum_is_one_factor() -> None:
    net = formula_network("sum((z - t)**2)/(2*len(z)) + sum(t)*(len(z) - 1)", {"z": "N", "t": "N"}, ("z",))
    assert numpy_forms(net)["L"] == "sum((z - t)**2)/(2*N) + (N - 1)*sum(t)"
    assert numpy_forms(net)["dz"] == "2*(z - t)/(2*N)"
    assert compare(derive(net), {"N": 4}) == 3


def test_a_transpose_is_moved_inwards_where_that_leaves_fewer() -> None:
    tensors = [tensor("x", "N", "D", role="input"), tensor("t", "N", "C", role="target")]
    tensors += [
        tensor("W", "D", "H", role="param"),
        tensor("b", "H", role="param"),
        tensor("V", "H", "C", role="param"),
    ]
    inside = "tanh(sum[i](x[n,i]*W[i,j]) + b[j])"
    net = network("inline", tensors, f"L = sum[n,c]((sum[j]({inside}*V[j,c]) - t[n,c])**2)")
    found = numpy_forms(net)
    assert found["dV"] == "2*(tanh(x @ W + b).T @ (tanh(x @ W + b) @ V - t))"
    assert found["dW"] == "2*(x.T @ ((1 - tanh(x @ W + b)**2)*((tanh(x @ W + b) @ V - t) @ V.T)))"
    assert compare(derive(net), {"N": 4, "D": 2, "H": 3, "C": 5}) > 2


@pytest.mark.parametrize("order", ["AuBv", "uAvB", "AuBvC", "uv", "AuvB", "u"])
def test_diagonal_matrices_anywhere_in_a_product(order: str) -> None:
    i, j, k, m = (Index(name, Extent.of(name.upper())) for name in "ijkm")
    sizes = {"I": 2, "J": 3, "K": 5, "M": 4}
    chains = {"AuBv": "ijk", "uAvB": "ijk", "AuBvC": "ijkm", "uv": "i", "AuvB": "ijk", "u": "i"}
    axes, nodes = iter({"i": i, "j": j, "k": k, "m": m}[letter] for letter in chains[order]), list[mx.Node]()
    rows = next(axes)
    rng, values = np.random.default_rng(1), {}
    for letter in order:
        if letter.isupper():
            columns = next(axes)
            values[letter] = rng.normal(size=(sizes[rows.name.upper()], sizes[columns.name.upper()]))
            nodes.append(mx.Named((rows, columns), letter))
            rows = columns
        else:
            values[letter] = rng.normal(size=sizes[rows.name.upper()])
            nodes.append(mx.Diagonal((rows, rows), mx.Named((rows, None), letter)))
    whole = mx.Product((nodes[0].axes[0], nodes[-1].axes[1]), tuple(nodes)) if len(nodes) > 1 else nodes[0]
    text = numpy_text(whole)
    assert text is not None
    expected = NodeValues(values, sizes, {})(whole)
    np.testing.assert_allclose(NumpyText(values, sizes, {"diag": np.diag})(text), expected, rtol=1e-12, err_msg=text)
    if order == "AuBvC":
        assert text == "(((A*u) @ B)*v) @ C"
