"""Points at which a check cannot fail, and facts that are not given: none of them makes a wrong claim right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symprop.derivation import derive, second_order
from symprop.language import Network, Scope, Tensor, parse_equation
from symprop.verification import Report, Verdict, verify
from symprop.verification.claimsfile import parse_claims
from symprop.verification.values import WRONG
from tests.verification.published import norms, products, scalars
from tests.verification.published.form import Form, as_yaml, given_tensor

FORMS = {form.name: form for form in (*scalars.FORMS, *norms.FORMS, *products.FORMS)}


def with_loss(name: str, loss: str, **more: str) -> Form:
    form = FORMS[name]
    lines = [line for line in form.forward.strip().splitlines() if not line.strip().startswith("L =")]
    return replace(form, forward="\n".join([*lines, f"L = {loss}"]), given={**form.given, **more})


def report(form: Form, claims: dict[str, str]) -> Report:
    return verify(form.network, parse_claims(as_yaml(claims), form.name))


# -- square extents --------------------------------------------------------------------------------------------------

SQUARE = Form(
    "square",
    "",
    {"X": "4 4", "W": "4 4", "V": "4 4", "U": "4 4"},
    {"Y": "4 4"},
    "Y[n,j] = sum[i,k](X[n,i]*W[i,k]*V[k,j])\nL = sum[n,j](U[n,j]*Y[n,j])",
    {"dW": "X.T @ U @ V.T", "dV": "(X @ W).T @ U", "dX": "U @ (W @ V).T"},
    {},
)


def test_square_products_are_proved() -> None:
    assert {v.verdict for v in SQUARE.report().given} == {"PROVED"}


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("dW", "X @ U @ V.T"),
        ("dW", "X.T @ U @ V"),
        ("dW", "(X.T @ U @ V.T).T"),
        ("dW", "V.T @ U.T @ X"),
        ("dW", "X.T * U @ V.T"),
        ("dV", "(W @ X).T @ U"),
        ("dV", "U.T @ X @ W"),
        ("dX", "U @ W @ V"),
        ("dX", "U @ V @ W"),
        ("dX", "U @ (V @ W).T"),
    ],
)
def test_square_products_the_wrong_way_round_are_refuted(name: str, formula: str) -> None:
    found = SQUARE.report({name: formula})[name]
    assert found.verdict in WRONG
    assert found.differing is not None and found.differing[0] > 0


# -- a loss that is a plain sum --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        (
            with_loss("batch_norm", "sum[n,i](y[n,i])"),
            "(N*dh - dh.sum(axis=0) - h*(dh*h).sum(axis=0))/(N*sqrt(v + eps))",
            "dh/sqrt(v + eps)",
        ),
        (with_loss("batch_norm", "sum[n,i](y[n,i])"), "0*x", "(N*dh - h @ (dh.T @ h))/(N*sqrt(v + eps))"),
        (
            with_loss("batch_norm", "sum[n,i](h[n,i]**2)", eps=">= 0"),
            "2*h*eps/(v + eps)/sqrt(v + eps)",
            "2*h*eps/(v + eps)",
        ),
        (
            with_loss("softmax_jacobian_vector_product", "sum[n,c](P[n,c])"),
            "P*(1 - P.sum(axis=1, keepdims=True))",
            "P*(1 - P)",
        ),
    ],
    ids=["batch_norm", "zero", "squares", "softmax"],
)
def test_a_truth_that_is_zero_accepts_nothing(form: Form, right: str, wrong: str) -> None:
    name = "dZ" if "Z" in form.given else "dx"
    above = {"dh": "0*h + gamma"} if "dh" in right + wrong else {}
    good, bad = report(form, {**above, name: right})[name], report(form, {**above, name: wrong})[name]
    assert bad.verdict in WRONG
    if "eps/(" in right:
        assert good.verdict == "PROVED"
        return
    assert good.verdict == "VACUOUS"
    assert good.reason == "The truth is proved to be zero, so that this comparison would accept any zero."
    assert good.steps and good.evidence is not None and good.evidence.method == "proof"


def test_a_truth_that_is_zero_at_the_points_alone_is_not_said_to_be_proved() -> None:
    """A bend so far out that no point reaches it."""
    tensors = {"x": given_tensor("x", "N"), "L": Tensor("L", (), role="loss")}
    line = parse_equation("L = sum[n](max(x[n] - 1000, 0))", Scope(tensors))
    found = verify(Network("far", tensors, (line,)), parse_claims("claims: {dx: 0*x}", "far"))["dx"]
    assert found.verdict == "VACUOUS"
    assert found.reason == "The truth is zero at every point tried, so that this comparison would accept any zero."
    assert found.evidence is not None and found.evidence.method == "high precision" and not found.steps


# -- weights of one, a single row, targets ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm"])
def test_a_gain_that_is_left_out_is_seen(name: str) -> None:
    """At gamma = 1 the two are the same."""
    form = FORMS[name]
    formula = form.claims["dx"].replace("dh", "U")
    found = form.report({"dx": formula})["dx"]
    assert found.verdict == "REFUTED"
    assert found.counterexample is not None


def test_a_mean_over_one_row_is_no_mean() -> None:
    form = FORMS["softmax_cross_entropy"]
    assert form.report({"dZ": "P - onehot(y)"})["dZ"].ratio == "N"
    assert form.report({"dZ": "(P - onehot(y))/N + 0*P"})["dZ"].verdict == "PROVED"


def test_targets_that_do_not_sum_to_one() -> None:
    """P - Y needs rows of Y that sum to 1: refuted where they are free, an assumption where they are given so."""
    free = FORMS["softmax_cross_entropy_of_free_targets"]
    assert free.report({"dZ": "U[:, None]*(P - Y)"})["dZ"].verdict == "REFUTED"
    assert free.report()["dZ"].assumptions == ()
    rows = FORMS["softmax_cross_entropy_of_given_rows"].report()["dZ"]
    assert (rows.verdict, rows.assumptions) == ("PROVED", ("rows of Y sum to 1",))


# -- second derivatives ----------------------------------------------------------------------------------------------


def hessian_vector_product(name: str, parameter: str, axes: str) -> Network:
    """Of sum(r * gradient), a network whose gradient is the Hessian times r."""
    form = FORMS[name]
    first = derive(form.network, prefix="g")
    vector = given_tensor("r", axes)
    tensors = {"r": vector, f"g{parameter}": replace(vector, name=f"g{parameter}"), "Q": Tensor("Q", (), role="loss")}
    index = ",".join("ij"[: len(vector.axes)])
    scalar = parse_equation(f"Q = sum[{index}](r[{index}]*g{parameter}[{index}])", Scope(tensors))
    return second_order(first, [vector], scalar)


def claimed(net: Network, name: str, formula: str) -> Verdict:
    return verify(net, parse_claims(as_yaml({name: formula}), net.name))[name]


LOGISTIC = hessian_vector_product("logistic_gradient", "w", "D")
SOFTMAX = hessian_vector_product("softmax_cross_entropy", "Z", "N C")


@pytest.mark.parametrize(
    ("net", "name", "right", "wrong"),
    [
        (LOGISTIC, "dw", "X.T @ (p*(1 - p)*(X @ r))/N", ("X.T @ (p*(1 - p)*r.sum())/N", "X.T @ (p*(X @ r))/N")),
        (LOGISTIC, "dw", "(X.T*(p - p**2)) @ X @ r/N", ("X.T @ X @ r/N", "(X.T*(p - p**2)) @ X @ r")),
        (
            SOFTMAX,
            "dZ",
            "P*(r - (P*r).sum(axis=1, keepdims=True))/N",
            ("P*(1 - P)*r/N", "(P - onehot(y))*(r - (P*r).sum(axis=1, keepdims=True))/N"),
        ),
    ],
    ids=["logistic", "logistic_by_matrices", "softmax"],
)
def test_hessian_vector_products(net: Network, name: str, right: str, wrong: tuple[str, ...]) -> None:
    assert claimed(net, name, right).verdict == "PROVED"
    assert [claimed(net, name, formula).verdict in WRONG for formula in wrong] == [True] * len(wrong)


# -- wrong, and where ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "name", "formula"),
    [
        ("batch_norm", "dx", "(N*dh - dh.sum(axis=0) - h @ (dh.T @ h))/(N*sqrt(v + eps))"),
        ("layer_norm", "dx", "(dh - h*(dh*h).mean(1, keepdims=True))/sqrt(v + eps)[:, None]"),
        ("layer_norm", "dx", "(dh - dh.mean(1, keepdims=True) - h*(dh*h).mean(1, keepdims=True))/sqrt(v)[:, None]"),
        ("rms_norm", "dx", "(U*g - g*x*(U*x).mean(axis=1, keepdims=True)/r[:, None]**2)/r[:, None]"),
    ],
    ids=["matrix_product", "mean_dropped", "eps_dropped", "weight_outside"],
)
def test_known_mistakes_of_norms_are_located(form: str, name: str, formula: str) -> None:
    """The wrong claim is the one named, those above it stay proved, and a small point shows it."""
    found = FORMS[form].report({name: formula})
    assert {v.name: v.verdict for v in found.given} == {
        v.name: "REFUTED" if v.name == name else "PROVED" for v in found.given
    }
    wrong = found[name]
    assert (wrong.first_wrong, wrong.flags) == (name, ())
    assert wrong.counterexample is not None and wrong.counterexample.yours != wrong.counterexample.ours
    assert wrong.ours.startswith("dx")
    assert wrong.hints or wrong.difference
