"""Claims in index notation, recurrences among them: proved by induction where they have an end."""

from __future__ import annotations

import pytest

from symprop.errors import ClaimError
from symprop.language import Network, Scope, Tensor, parse_equation
from symprop.network import build
from symprop.spec import parse_spec
from symprop.verification import Report, verify
from symprop.verification.claimsfile import parse_claims
from symprop.verification.recurrences import ends
from tests.cases.equations import BY_NAME
from tests.verification.hand import classifier, linear
from tests.verification.published.form import as_yaml
from tests.verification.published.recurrences import ELMAN, LSTM


def report(net: Network, claims: dict[str, str], head: str = "") -> Report:
    return verify(net, parse_claims(head + as_yaml(claims), "hand.yaml"))


def test_formulas_with_indices_stand_beside_numpy() -> None:
    found = report(
        classifier(),
        {
            "dZ2[n,c]": "(P[n,c] - [y[n] == c])/N",
            "W2.grad[j,c]": "sum[n](A1[n,j]*dZ2[n,c])",
            "dA1": "dZ2 @ W2.T",
            "dZ1[a,b]": "dA1[a,b]*(1 - tanh(Z1[a,b])**2)",
            "P[n,c]": "exp(Z2[n,c])/sum[k](exp(Z2[n,k]))",
        },
    )
    assert [(v.name, v.target, v.verdict) for v in found.given] == [
        ("dZ2", "dZ2", "PROVED"),
        ("W2.grad", "dW2", "PROVED"),
        ("dA1", "dA1", "PROVED"),
        ("dZ1", "dZ1", "PROVED"),
        ("P", "P", "PROVED"),
    ]


def test_a_wrong_formula_with_indices_is_refuted() -> None:
    found = report(linear(), {"dZ[n,j]": "2*(Z[n,j] - t[n,j])", "dW[i,j]": "sum[n](x[n,i]*dZ[n,j])"})
    assert [(v.verdict, v.ratio) for v in found.given] == [("PROPORTIONAL", "N"), ("PROPORTIONAL", "N")]
    assert found["dW"].first_wrong == "dZ" and found["dW"].flags


def test_another_order_of_axes_is_another_shape() -> None:
    tensors = {"d": "sum[n](2*(Z[n,j] - t[n,j])*x[n,i])"}
    found = report(linear(), {"q[j,i]": tensors["d"] + "/N", "dW": "q"})
    assert found["dW"].verdict == "SHAPE" and found["dW"].hints == ("It is the true value if you transpose it.",)


def test_an_alias_and_a_scalar() -> None:
    found = report(linear(), {"delta[n,k]": "2*(Z[n,k] - target[n,k])/N"}, "aliases: {delta: dZ, target: t}\n")
    assert found["delta"].verdict == "PROVED"
    case = BY_NAME["double_recurrence"]
    assert report(case.network, {"da[]": "sum[n,t](G[n,t]*h[n,t])*0 + 1"})["da"].verdict == "REFUTED"


# -- recurrences -----------------------------------------------------------------------------------------------------


def test_a_recurrence_is_proved_by_induction() -> None:
    found = ELMAN.report()["dZ"]
    assert found.verdict == "PROVED"
    assert found.steps[-1] == "by induction: dZ satisfy the claimed recurrence, which has an end"
    several = LSTM.report()
    for name in ("dY", "dC", "dZi", "dZf", "dZo", "dZg"):
        assert several[name].steps[-1].startswith("by induction: dY, dC, dZi, dZf, dZo, dZg satisfy")


def test_the_wrong_claim_of_a_recurrence_is_the_one_that_is_named() -> None:
    """Through the recurrence all of them have wrong values; one of them has a wrong step."""
    wrong = {"dZf[n,t,j]": "dC[n,t,j]*C[n,t,j]*Af[n,t,j]*(1 - Af[n,t,j])"}
    found = LSTM.report(wrong)
    assert {v.verdict for v in found.given} == {"REFUTED"}
    assert {v.first_wrong for v in found.given} == {"dZf"}
    assert [v.name for v in found.given if not v.flags] == ["dZf"]
    assert found["dY"].reason == "It is right given the other claims of its recurrence; the first wrong one is dZf."
    assert "begin with dZf" in str(found)


def test_a_recurrence_without_an_end_cannot_be_evaluated() -> None:
    for formula in ("dZ[n,t,j] + 0*U[n,t,j]", "U[n,t,j]*dZ[n,t,j]"):
        found = report(ELMAN.network, {"dZ[n,t,j]": formula})["dZ"]
        assert found.verdict == "NOT EVALUABLE"
        assert found.reason == "the entry dZ'[0, 0, 0] depends on itself."


def test_what_the_truth_satisfies_too_is_not_proved_without_an_end() -> None:
    """dZ = dZ is satisfied by the truth, and by anything else."""
    found = report(ELMAN.network, {"dZ[n,t,j]": "dZ[n,t,j]"})["dZ"]
    assert found.verdict == "NOT EVALUABLE"


RECURRENCES = {
    "h[t] = x[t] + h[t-1]": True,
    "h[t] = x[t] + h[t+2] + h[t+1]": True,
    "h[t] = h[t]": False,
    "h[t] = h[t-1] + h[t+1]": False,
    "h[t] = h[2*t+1]": False,
    "h[t] = h[T-1-t]": False,
    "h[t] = sum[s: s < t](h[s])": False,
    "h[t] = sum[s](x[s]*h[s])": False,
}


@pytest.mark.parametrize(("text", "expected"), RECURRENCES.items())
def test_an_end_is_proved_or_not_claimed(text: str, expected: bool) -> None:
    tensors = {name: Tensor(name, BY_NAME["reversal"].network.tensors["x"].axes[1:]) for name in "hx"}
    equation = parse_equation(text, Scope(tensors))
    assert ends({"h": equation}) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("a[n,t-1]", True),
        ("a[n,t+1] + a[n,t-1]", False),
        ("a[n,t+1]", True),
        ("a[n-1,t]", True),
        ("b[n,t-3]*a[n,t-1]", True),
    ],
)
def test_an_end_of_two_that_read_each_other(second: str, expected: bool) -> None:
    axes = BY_NAME["reversal"].network.tensors["x"].axes
    scope = Scope({name: Tensor(name, axes) for name in "abx"})
    pair = (parse_equation("a[n,t] = b[n,t] + x[n,t]", scope), parse_equation(f"b[n,t] = {second}", scope))
    assert ends({e.target: e for e in pair}) == expected


def test_an_end_is_looked_for_in_every_part() -> None:
    """Equations that are no part of the recurrence say nothing of it."""
    axes = BY_NAME["reversal"].network.tensors["x"].axes
    scope = Scope({name: Tensor(name, axes) for name in "abx"})
    pair = (parse_equation("a[n,t] = x[n,t]", scope), parse_equation("b[n,t] = b[n,T-1-t] + a[n,t]", scope))
    assert not ends({e.target: e for e in pair})


def test_the_difference_of_a_step_is_shown() -> None:
    wrong = "(U[n,t,j] + sum[k](dZ[n,t+1,k]*V[j,k]))*(1 - A[n,t,j])"
    found = ELMAN.report({"dZ[n,t,j]": wrong})["dZ"]
    assert found.verdict == "REFUTED" and "dZ[n,t + 1,k]*V[j,k]" in found.difference


# -- faults ----------------------------------------------------------------------------------------------------------

FAULTS = {
    "claims:\n  dW[i,j]: sum[n](x[n,i]*dQ[n,j])": "hand.yaml:2:26 (dW): unknown tensor 'dQ'",
    "claims:\n  dW[i,j]: x[i,n]": "hand.yaml:2:14 (dW): index i runs over 3 elsewhere, but this axis has N",
    "claims:\n  dW[i,j]: x[n,i]*t[n,j]": "hand.yaml:2:12 (dW): index n of the right side is free but is not "
    "on the left, dW[i, j]. Sum over n or write it on the left.",
    "claims:\n  dW[i]: W[i,0]": "hand.yaml:2:10 (dW): dW has 2 axes, but 1 is given",
    "claims:\n  dW[i,j]: x @ W": "hand.yaml:2:12 (dW): x has 2 axes, but no indices are given",
    "claims:\n  dW[i,j]: 1; 2": "hand.yaml:2:12 (dW): one formula is expected. "
    "Write what stands to the right of the =.",
    "claims:\n  dW[i,j: W[i,j]": "hand.yaml:2:11 (dW): this is not a formula: '[' was never closed",
    "claims:\n  dW[i,j]: W[i,j]\n  dW: W": "hand.yaml:3:3: 'dW' is claimed twice; expected one formula a name",
    "claims:\n  db[j]: sum[n](dZ[n,j])\n  dZ[n,j]: Z[n,j]": "hand.yaml:2:10: 'db' reads 'dZ', which is claimed below. "
    "Put db below dZ.",
    "indices: {u: x}\nclaims:\n  dW[i,j]: W[i,j]": "hand.yaml:1:14 (u): column 1: the extent "
    "of index 'x' is not known here",
    "indices: 3\nclaims:\n  dW[i,j]: W[i,j]": "hand.yaml:1:10: indices: expected a mapping from the names of "
    "indices to their extents",
    "claims:\n  dW[i,j]: sum[u](W[u+i,j])": "hand.yaml:2:21 (dW): the extent of index 'u' is not known here",
}


@pytest.mark.parametrize(("text", "sentence"), FAULTS.items(), ids=range(len(FAULTS)))
def test_a_fault_has_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ClaimError) as caught:
        verify(linear(), parse_claims(text, "hand.yaml"))
    assert str(caught.value) == sentence


def test_a_fault_of_a_claim_below_is_said_once() -> None:
    text = "claims:\n  dW1[i,j]: W1[i,j]\n  db1[j]: b1[j]\n  y.grad[n]: 1"
    with pytest.raises(ClaimError) as caught:
        verify(classifier(), parse_claims(text, "hand.yaml"))
    assert str(caught.value) == "hand.yaml:4:14: y has no gradient; no parameter or input comes into it"


def test_extents_can_be_declared() -> None:
    claims = {"dW[i,j]": "2*sum[n](x[n,i]*(Z[n,j] - t[n,j]))/N + sum[u](W[u+i+3,j])"}
    assert report(linear(), claims, "indices: {u: 2}\n")["dW"].verdict == "PROVED"


def test_several_lines_and_comments() -> None:
    text = "claims:\n  dW[i,j]: |\n    2*sum[n](x[n,i]   # the input\n      *(Z[n,j] - t[n,j]))/N\n"
    assert verify(linear(), parse_claims(text, "hand.yaml"))["dW"].verdict == "PROVED"
    broken = text.replace("Z[n,j] -", "Q[n,j] -")
    with pytest.raises(ClaimError) as caught:
        verify(linear(), parse_claims(broken, "hand.yaml"))
    assert str(caught.value) == "hand.yaml:4:9 (dW): unknown tensor 'Q'"


def test_a_declared_extent_is_for_an_index_that_stands_on_no_axis() -> None:
    net = build(parse_spec("""
symprop: 1
name: windows
inputs: {x: {shape: [2, 6]}, y: {shape: [3], role: target}}
layers:
  - {id: c, type: conv1d, units: 3, kernel: 3}
  - {id: g, type: global_average_pool}
loss: {type: mse, from: g, target: y}
"""))
    text = """
indices: {u: 2, v: 2}
given: [dZ_c]
claims:
  dW_c[o,c,u]: sum[n,p](dZ_c[n,o,p]*x[n,c,p + u])
  dx[n,c,h]: sum[o,u](dZ_c[n,o,h - u]*W_c[o,c,u])
  db_c[o]: sum[n,p,v](dZ_c[n,o,p])/2
"""
    found = verify(net, parse_claims(text, "hand.yaml"))
    assert [found[name].verdict for name in ("dW_c", "dx", "db_c")] == ["PROVED"] * 3
