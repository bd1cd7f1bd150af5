"""Results across equations that textbooks print, with the assumptions they rest on."""

from __future__ import annotations

import pytest

from symprop.derivation import Derivation, derive
from symprop.language import Extent, Function, Network, Scope, Tensor, parse_equation, parse_expression, text
from symprop.language.expressions import tensors_read

FORMULAS = {
    "sigmoid": "1/(1 + exp(-z))",
    "tanh": "(exp(z) - exp(-z))/(exp(z) + exp(-z))",
    "softplus": "log(1 + exp(z))",
    "log_sigmoid": "log(sigmoid(z))",
    "silu": "z*sigmoid(z)",
    "elu": "where(z > 0, z, 1.5*(exp(z) - 1))",
    "relu": "max(0, z)",
}
SCOPE = Scope(functions=dict.fromkeys(FORMULAS, 1))
FUNCTIONS = {name: Function(name, ("z",), parse_expression(body, SCOPE)) for name, body in FORMULAS.items()}


def network(lines: list[str], **axes: str) -> Network:
    tensors = {}
    for name, shape in axes.items():
        words = shape.split()
        kept = [w for w in words if w[0] not in "<+"]
        high = next((Extent.of(int(w[1:])) for w in words if w[0] == "<"), None)
        role = "intermediate" if any(line.startswith(f"{name}[") for line in lines) else "input"
        simplex = 1 if "+rows" in words else None
        extents = tuple(Extent.of(int(w) if w.isdigit() else w) for w in kept)
        tensors[name] = Tensor(name, extents, "integer" if high else "real", role, high, simplex)
    scope = Scope(tensors, functions=dict.fromkeys(FORMULAS, 1))
    return Network("t", tensors, tuple(parse_equation(line, scope) for line in lines), functions=FUNCTIONS)


def body(derivation: Derivation, name: str) -> str:
    return text(derivation[name].equation.body)


SOFTMAX = "P[n,c] = exp(Z[n,c])/sum[k](exp(Z[n,k]))"
CROSS_ENTROPY = "L = -sum[n,c](Y[n,c]*log(P[n,c]))/N"


def test_softmax_and_cross_entropy_of_labels_need_no_assumption() -> None:
    lines = [SOFTMAX, "Y[n,c] = [y[n] == c]", CROSS_ENTROPY]
    found = derive(network(lines, Z="N 5", P="N 5", Y="N 5", y="N <5"))
    assert body(found, "Z") == "(P[n,c] - Y[n,c])/N"
    assert found.assumptions == ()


def test_softmax_and_cross_entropy_of_given_rows_state_the_assumption() -> None:
    found = derive(network([SOFTMAX, CROSS_ENTROPY], Z="N 5", P="N 5", Y="N 5 +rows"))
    assert body(found, "Z") == "(P[n,c] - Y[n,c])/N"
    assert found.assumptions == ("rows of Y sum to 1",)
    assert found["Z"].assumptions == ("rows of Y sum to 1",)


def test_without_the_assumption_the_sum_of_the_row_stays() -> None:
    found = derive(network([SOFTMAX, CROSS_ENTROPY], Z="N 5", P="N 5", Y="N 5"))
    assert body(found, "Z") == "(P[n,c]*sum[k](Y[n,k]) - Y[n,c])/N"
    assert found.assumptions == ()


def test_label_smoothing_is_proved_from_its_equation() -> None:
    lines = [SOFTMAX, "Y[n,c] = [y[n] == c]", "S[n,c] = 0.9*Y[n,c] + 0.1/5", CROSS_ENTROPY.replace("Y", "S")]
    found = derive(network(lines, Z="N 5", P="N 5", Y="N 5", S="N 5", y="N <5"))
    assert body(found, "Z") == "(P[n,c] - S[n,c])/N"
    assert found.assumptions == ()


def test_wrong_smoothing_does_not_sum_to_one() -> None:
    lines = [SOFTMAX, "Y[n,c] = [y[n] == c]", "S[n,c] = 0.9*Y[n,c] + 0.1", CROSS_ENTROPY.replace("Y", "S")]
    found = derive(network(lines, Z="N 5", P="N 5", Y="N 5", S="N 5", y="N <5"))
    assert body(found, "Z") == "(1.4*P[n,c] - S[n,c])/N"


@pytest.mark.parametrize(("width", "expected"), [(1, "(A[n,j] - y[n,j])/N"), (4, "(A[n,j] - y[n,j])/(4*N)")])
def test_sigmoid_and_binary_cross_entropy(width: int, expected: str) -> None:
    loss = f"L = -sum[n,j](y[n,j]*log(A[n,j]) + (1 - y[n,j])*log(1 - A[n,j]))/(N*{width})"
    found = derive(network(["A[n,j] = sigmoid(Z[n,j])", loss], Z=f"N {width}", A=f"N {width}", y=f"N {width}"))
    assert body(found, "Z") == expected
    rules = [step.rule for step in found["Z"].steps]
    assert rules == ["chain rule", "delta elimination", "named values", "composition"]


def test_the_kernel_form_of_sigmoid_and_binary_cross_entropy_starts_from_z() -> None:
    loss = "L = -sum[n,j](y[n,j]*log(A[n,j]) + (1 - y[n,j])*log(1 - A[n,j]))/N"
    found = derive(network(["A[n,j] = sigmoid(Z[n,j])", loss], Z="N 3", A="N 3", y="N 3"))
    assert text(found["Z"].exact.body) == "(sigmoid(Z[n,j]) - y[n,j])/N"


def test_what_does_not_cancel_is_put_together_for_kernels_alone() -> None:
    lines = ["A[n,j] = softplus(Z[n,j])", "L = sum[n,j](log(A[n,j]) + G[n,j]/A[n,j])"]
    found = derive(network(lines, Z="N 3", A="N 3", G="N 3"))
    assert body(found, "Z") == "dA[n,j]*sigmoid(Z[n,j])"
    assert set(tensors_read(found["Z"].exact.body)) == {"Z", "G"}


def test_a_value_with_a_numeral_is_read_where_the_numeral_is_another() -> None:
    lines = ["u[n] = sqrt(sum[j](x[n,j]**2))", "S[n] = 10*sum[j](x[n,j]*y[n,j])/u[n]", "L = sum[n](G[n]*S[n]**2)"]
    found = derive(network(lines, x="N 3", y="N 3", u="N", S="N", G="N"))
    assert body(found, "u") == "-dS[n]*S[n]/u[n]"


def test_the_diagonal_of_a_softmax() -> None:
    lines = ["P[n,m] = exp(S[n,m])/sum[k](exp(S[n,k]))", "L = -sum[n](log(P[n,n]))/N"]
    found = derive(network(lines, S="N N", P="N N"))
    assert body(found, "S") == "(P[n,m] - [n == m])/N"
    assert found.assumptions == ()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("sigmoid", "dA[n,j]*A[n,j]*(1 - A[n,j])"),
        ("tanh", "dA[n,j]*(1 - A[n,j]**2)"),
        ("softplus", "dA[n,j]*sigmoid(Z[n,j])"),
        ("log_sigmoid", "dA[n,j]*(1 - sigmoid(Z[n,j]))"),
        ("relu", "dA[n,j]*where(Z[n,j] > 0, 1, 0)"),
        ("elu", "dA[n,j]*where(Z[n,j] > 0, 1, 1.5*exp(Z[n,j]))"),
    ],
)
def test_derivatives_in_terms_of_kept_values(function: str, expected: str) -> None:
    lines = [f"A[n,j] = {function}(Z[n,j])", "L = sum[n,j](G[n,j]*A[n,j]**2)"]
    found = derive(network(lines, Z="N 3", A="N 3", G="N 3"))
    assert body(found, "Z") == expected


def test_softmax_alone() -> None:
    lines = [SOFTMAX, "L = sum[n,c](G[n,c]*P[n,c]**2)"]
    found = derive(network(lines, Z="N 5", P="N 5", G="N 5"))
    assert body(found, "Z") == "P[n,c]*(dP[n,c] - sum[k](dP[n,k]*P[n,k]))"


def test_numbers_cite_the_equations_they_use() -> None:
    lines = [SOFTMAX, "Y[n,c] = [y[n] == c]", CROSS_ENTROPY]
    found = derive(network(lines, Z="N 5", P="N 5", Y="N 5", y="N <5"))
    assert [e.number for e in found.network.equations] == [1, 2, 3]
    assert [a.number for a in found] == [4, 5]
    assert found["Z"].steps[0].uses == (1, 4)
    assert found["Z"].steps[-1].uses == (4,)


def test_part_of_a_row_does_not_sum_to_one() -> None:
    axes = {"Z": "N 5", "P": "N 5", "Y": "N 5 +rows", "q": "N"}
    base = network([SOFTMAX], **axes)
    tensors = {**base.tensors, "q": Tensor("q", (Extent.of("N"),))}
    scope = Scope(tensors, {"r": 3})
    lines = [SOFTMAX, "L = -sum[n,r](Y[n,r]*log(P[n,r]))/N"]
    cut = Network("cut", tensors, tuple(parse_equation(line, scope) for line in lines))
    found = derive(cut)
    assert "sum" in body(found, "Z")
    assert found.assumptions == ()


@pytest.mark.parametrize("formula", ["((1 + exp(z))**64)**64", "(z + 1)**64*(z - 1)**64/(1 + exp(-z))**63"])
def test_enormous_powers_are_not_multiplied_out(formula: str) -> None:
    big = Function("big", ("z",), parse_expression(formula, Scope()))
    base = network(["A[n,j] = relu(Z[n,j])", "L = sum[n,j](G[n,j]*A[n,j])"], Z="N 3", A="N 3", G="N 3")
    scope = Scope(base.tensors, functions={"big": 1})
    equations = tuple(
        parse_equation(line, scope) for line in ["A[n,j] = big(Z[n,j])", "L = sum[n,j](G[n,j]*log(A[n,j]))"]
    )
    found = derive(Network("big", base.tensors, equations, functions={"big": big}), time_limit_seconds=2)
    assert "Z" in found


def test_a_derivative_brings_the_function_it_is_written_with() -> None:
    base = network(["A[n,j] = relu(Z[n,j])", "L = sum[n,j](G[n,j]*A[n,j]**2)"], Z="N 3", A="N 3", G="N 3")
    lines = ["A[n,j] = softplus(Z[n,j])", "L = sum[n,j](G[n,j]*A[n,j]**2)"]
    scope = Scope(base.tensors, functions={"softplus": 1})
    equations = tuple(parse_equation(line, scope) for line in lines)
    own = Network("own", base.tensors, equations, functions={"softplus": FUNCTIONS["softplus"]})
    found = derive(own)
    assert body(found, "Z") == "dA[n,j]*sigmoid(Z[n,j])"
    assert text(found.network.functions["sigmoid"].body) == "1/(1 + exp(-z))"


def test_log_softmax_reads_its_own_value() -> None:
    lines = ["A[n,c] = Z[n,c] - log(sum[k](exp(Z[n,k])))", "Y[n,c] = [y[n] == c]", "L = -sum[n,c](Y[n,c]*A[n,c])/N"]
    found = derive(network(lines, Z="N 5", A="N 5", Y="N 5", y="N <5"))
    assert body(found, "Z") == "(exp(A[n,c]) - Y[n,c])/N"
    assert [step.rule for step in found["Z"].steps][-2:] == ["named values", "composition"]


def test_log_softmax_alone() -> None:
    lines = ["A[n,c] = Z[n,c] - log(sum[k](exp(Z[n,k])))", "L = sum[n,c](G[n,c]*A[n,c]**2)"]
    found = derive(network(lines, Z="N 5", A="N 5", G="N 5"))
    assert body(found, "Z") == "dA[n,c] - exp(A[n,c])*sum[k](dA[n,k])"


def test_a_recurrence_reads_its_own_value_ahead() -> None:
    lines = [
        "H[n,t,j] = tanh(sum[k](H[n,t-1,k]*U[k,j]) + X[n,t,j])",
        "L = sum[n,t,j](G[n,t,j]*H[n,t,j]**2)",
    ]
    found = derive(network(lines, X="N T 4", H="N T 4", U="4 4", G="N T 4"))
    assert body(found, "U") == "sum[n,t](H[n,t - 1,k]*dH[n,t,j]*(1 - H[n,t,j]**2))"
    assert body(found, "H").count("tanh") == 0


def test_a_guarded_value_is_read_where_its_guard_holds() -> None:
    lines = [
        "A[n,t,s] = [s <= t]*exp(S[n,t,s])/sum[r: r <= t](exp(S[n,t,r]))",
        "L = sum[n,t,s](A[n,t,s]*G[n,t,s])",
    ]
    derivation = derive(network(lines, S="N 4 4", G="N 4 4", A="N 4 4", L=""))
    assert body(derivation, "S") == "[t >= s]*(A[n,t,s]*(dA[n,t,s] - sum[k: t >= k](dA[n,t,k]*A[n,t,k])))"


def test_a_guarded_value_is_not_read_elsewhere() -> None:
    lines = ["y[n,t] = [t >= 1]*(w[t]*exp(x[n,t]))", "L = sum[n,t](y[n,t] + w[t]*exp(x[n,t]))"]
    derivation = derive(network(lines, x="N 4", w="4", y="N 4", L=""))
    assert body(derivation, "x") == "[t >= 1]*(dy[n,t]*y[n,t]) + w[t]*exp(x[n,t])"
