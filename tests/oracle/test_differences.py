import mpmath
import numpy as np
import pytest

from symprop.derivation.values import Adjoint, Derivation
from symprop.errors import InputError
from symprop.language import Scope, Tensor, parse_equation
from symprop.oracle import Agreement, compare, gradient, relative_error, vjp, vjp_check
from symprop.oracle.arithmetic import Complexes
from tests.cases.equations import BY_NAME, CASES

SMOOTH = [case for case in CASES if case.smooth]
# Differences of a long product of gates lose a few digits more than of one layer.
EXTRAPOLATED = 2e-10


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_complex_step_agrees_with_extrapolated_differences(case):
    arrays, wrt = case.arrays(), case.wrt if len(case.wrt) < 9 else case.wrt[::3]
    complex_step = gradient(case.network, arrays, case.sizes, wrt)
    differences = gradient(case.network, arrays, case.sizes, wrt, "extrapolated")
    for name in wrt:
        assert np.linalg.norm(complex_step[name]) > 1e-3, "an empty check"
        assert relative_error(differences[name], complex_step[name]) < EXTRAPOLATED, name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_complex_step_agrees_with_central_differences(case):
    """With kinks too: at a step of 6e-6 none of the cases crosses one."""
    arrays, wrt = case.arrays(seed=1), case.wrt[:3]
    complex_step = gradient(case.network, arrays, case.sizes, wrt)
    differences = gradient(case.network, arrays, case.sizes, wrt, "central")
    for name in wrt:
        assert relative_error(differences[name], complex_step[name]) < 1e-7, name


@pytest.mark.parametrize("name", ["powers", "piecewise", "erf_and_waves", "layer_norm", "double_recurrence"])
def test_complex_step_is_right_to_rounding(name):
    case = BY_NAME[name]
    arrays = case.arrays()
    truth = gradient(case.network, arrays, case.sizes, case.wrt, "decimal")
    complex_step = gradient(case.network, arrays, case.sizes, case.wrt)
    for tensor in case.wrt:
        assert relative_error(complex_step[tensor], truth[tensor]) < 2e-14, tensor


@pytest.mark.parametrize(
    "text, derivative",
    [
        ("erf(x)", lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x)),
        ("exp(-x**2)", lambda x: -2 * x * mpmath.exp(-x * x)),
        ("log(x**2)", lambda x: 2 / x),
        ("abs(x)", mpmath.sign),
        ("sin(x)*cos(x)", lambda x: mpmath.cos(2 * x)),
        ("x**(-3)", lambda x: -3 * x**-4),
        ("x**y", lambda x: 2 * x),
        ("max(x, y)", lambda x: 1 if x > 2 else 0),
        ("floor(x)*x", mpmath.floor),
        ("sign(x)*x**2", lambda x: 2 * abs(x)),
    ],
)
@pytest.mark.parametrize("x", [-5.3, -0.7, 1e-3, 0.4, 2.6, 7.5])
def test_complex_step_of_primitives(text, derivative, x):
    """erf at 7.5 included, where its derivative is 4e-25 and the function itself is 1 to all digits."""
    equation = parse_equation(f"f = {text}", Scope())
    found = vjp([equation], {"x": x, "y": 2.0}, {}, {"f": 1.0}, ["x"])["x"]
    expected = float(derivative(mpmath.mpf(x)))
    assert abs(found - expected) <= 1e-13 * abs(expected)


@pytest.mark.parametrize("z", [0.3 + 0.7j, -1.2 + 0.4j, 2.5 - 1e-30j, -0.9j])
def test_erf_off_the_real_line(z):
    assert abs(Complexes().erf(np.array(z)) - complex(mpmath.erf(z))) < 1e-14


@pytest.mark.parametrize("text", ["abs(x)", "max(x, 0)", "min(x, 0)", "sign(x)", "where(x > 0, x, 0)"])
def test_no_nan_at_a_kink(text):
    found = vjp([parse_equation(f"f = {text}", Scope())], {"x": 0.0}, {}, {"f": 1.0}, ["x"])["x"]
    assert found in (0, 1)


# -- computed tensors ----------------------------------------------------------------------------------------------


def test_the_gradient_by_a_computed_tensor_is_its_adjoint():
    case = BY_NAME["two_layers"]
    arrays = case.arrays()
    found = gradient(case.network, arrays, case.sizes, ["Z2", "A1", "Z1", "L"])
    A1 = np.tanh(arrays["X"] @ arrays["W1"] + arrays["b1"])
    A2 = 1 / (1 + np.exp(-(A1 @ arrays["W2"] + arrays["b2"])))
    dZ2 = 2 * arrays["G"] * A2**2 * (1 - A2) / len(A2)
    dA1 = dZ2 @ arrays["W2"].T
    assert relative_error(found["Z2"], dZ2) < 1e-14
    assert relative_error(found["A1"], dA1) < 1e-14
    assert relative_error(found["Z1"], dA1 * (1 - A1**2)) < 1e-14
    assert found["L"] == 1


def test_the_gradient_by_a_recurrent_tensor_follows_the_recurrence():
    """h[t] = 2*h[t-1] + x[t]: what is added to h[t] is also in 2*h[t+1], so dL/dh = dL/dx."""
    known = {name: Tensor(name, tuple(BY_NAME["running_product"].network.tensors["x"].axes)) for name in "hxg"}
    scope = Scope(known)
    equations = [parse_equation("h[t] = 2*h[t-1] + x[t]", scope), parse_equation("L = sum[t](g[t]*h[t]**2)", scope)]
    arrays = {"x": np.array([0.3, -1.2, 0.7]), "g": np.array([1.1, 0.4, -0.6])}
    found = vjp(equations, arrays, {"T": 3}, {"L": 1.0}, ["h", "x"])
    assert np.array_equal(found["h"], found["x"])
    direct = 2 * arrays["g"] * np.array([0.3, -0.6, -0.5])
    expected = [direct[0] + 2 * direct[1] + 4 * direct[2], direct[1] + 2 * direct[2], direct[2]]
    assert np.allclose(found["h"], expected, rtol=1e-14)


def test_a_vjp_contracts_with_all_cotangents():
    lines = ("a[t] = x[t]**2", "b[t] = 3*x[t]")
    known = {name: Tensor(name, tuple(BY_NAME["running_product"].network.tensors["x"].axes)) for name in "abx"}
    equations = [parse_equation(line, Scope(known)) for line in lines]
    cotangents = {"a": np.array([1.0, 2]), "b": np.array([10.0, 20])}
    found = vjp(equations, {"x": np.array([5.0, 7])}, {"T": 2}, cotangents, ["x"])
    assert found["x"].tolist() == [2 * 5 + 30, 4 * 7 + 60]


# -- comparisons ---------------------------------------------------------------------------------------------------


def hand_derivation(dW: str) -> Derivation:
    case = BY_NAME["dense"]
    tensors = dict(case.network.tensors)
    tensors["dZ"], tensors["dW"] = Tensor("dZ", tensors["Z"].axes), Tensor("dW", tensors["W"].axes)
    lines = {"Z": "dZ[n,j] = 2*G[n,j]*Z[n,j]/N", "W": dW}
    parsed = {name: parse_equation(line, Scope(tensors)) for name, line in lines.items()}
    exact = parsed | {"W": parse_equation("dW[i,j] = sum[n](X[n,i]*dZ[n,j])", Scope(tensors))}
    adjoints = [Adjoint(name, parsed[name], exact[name]) for name in lines]
    return Derivation(case.network, tuple(adjoints))


def test_compare_accepts_a_right_derivation():
    case = BY_NAME["dense"]
    rows = compare(hand_derivation("dW[i,j] = sum[n](X[n,i]*dZ[n,j])"), case.arrays(), case.sizes)
    assert [(row.tensor, row.form) for row in rows] == [
        ("Z", "equation"),
        ("Z", "exact"),
        ("W", "equation"),
        ("W", "exact"),
    ]
    assert max(row.error for row in rows) < 1e-14
    assert min(row.scale for row in rows) > 1


def test_compare_finds_the_form_that_is_wrong():
    case = BY_NAME["dense"]
    rows = compare(hand_derivation("dW[i,j] = sum[n](X[n,i]*dZ[n,j])/N"), case.arrays(), case.sizes, ["W"])
    wrong, right = rows
    assert (wrong.form, right.form) == ("equation", "exact")
    assert wrong.error == pytest.approx(0.5)
    assert right.error < 1e-14


def test_vjp_check_measures_each_claim():
    case = BY_NAME["quadratic_form"]
    arrays = case.arrays()
    cotangent = {"q": np.array([1.5, -0.5])}
    x, A = arrays["x"], arrays["A"]
    half = cotangent["q"][:, None] * (x @ A.T)
    claims = {"x": cotangent["q"][:, None] * (x @ (A + A.T)), "A": (cotangent["q"][:, None] * x).T @ x}
    for row in vjp_check(case.network, arrays, case.sizes, cotangent, claims):
        assert row == Agreement(row.tensor, "given", row.error, row.scale)
        assert row.error < 1e-14
    (forgot_transpose,) = vjp_check(case.network, arrays, case.sizes, cotangent, {"x": half})
    assert forgot_transpose.error > 0.1


def test_relative_error():
    assert relative_error([3.0, 4.0], [3.0, 4.0]) == 0
    assert relative_error([0.0, 0.0], [3.0, 4.0]) == 1
    assert relative_error([0.0], [0.0]) == 0
    assert relative_error([[1.0, 2.0]], [1.0, 2.0]) == float("inf")
    assert relative_error([float("nan")], [1.0]) == float("inf")
    assert relative_error([1e-9], [0.0]) > 1e200


def test_integer_and_unknown_tensors_are_refused():
    case = BY_NAME["embedding"]
    with pytest.raises(InputError) as caught:
        gradient(case.network, case.arrays(), case.sizes, ["tok"])
    assert str(caught.value) == "tok: is an integer tensor; expected a real one to differentiate by"
    with pytest.raises(InputError) as caught:
        gradient(case.network, case.arrays(), case.sizes, ["Q"])
    assert str(caught.value) == "Q: no tensor of this name is read by what is differentiated"


def test_an_unknown_method_is_refused():
    case = BY_NAME["dense"]
    with pytest.raises(ValueError, match=r"^method 'guess'; expected one of complex, central, extrapolated, decimal$"):
        gradient(case.network, case.arrays(), case.sizes, ["W"], "guess")
