"""Mistakes that many people make, each named; on layers whose extents are equal, so that shapes give nothing away."""

from __future__ import annotations

import pytest

from symprop.session import parse_source
from symprop.verification import Report, verify
from symprop.verification.claimsfile import parse_claims

HEAD = "symprop: 1\nname: net\ninputs: {x: {shape: [4]}, y: {role: target, shape: [4]}}\nlayers:\n"
FIRST = "  - {id: fc, in: x, type: dense, units: 4, activation: tanh}\n"
MSE = "loss: {type: mse, from: out, target: y}\n"
SQUARE = f"{HEAD}{FIRST}  - {{id: out, in: fc, type: dense, units: 4}}\n{MSE}"
NORM = f"{HEAD}{FIRST}  - {{id: out, in: fc, type: layer_norm}}\n{MSE}"
SOFTMAX = f"{HEAD}{FIRST.replace('tanh', 'softmax')}  - {{id: out, in: fc, type: dense, units: 4}}\n{MSE}"
SUM = SQUARE.replace("target: y}\n", "target: y, reduce: sum}\n")
ABOVE = "  dZ_out: 2*(Z_out - y)/(N*4)\n"
IN_NORM = f"{ABOVE}  dxhat_out: dZ_out*gamma_out\n"


def judged(net: str, claims: str) -> Report:
    return verify(parse_source(net).network, parse_claims(f"claims:\n{claims}"))


def norm(axis: int, below: str) -> str:
    mean = f"mean(dxhat_out, axis={axis}, keepdims=True)"
    prod = f"mean(dxhat_out*xhat_out, axis={axis}, keepdims=True)"
    return f"{IN_NORM}  dA_fc: (dxhat_out - {mean} - xhat_out*{prod})/{below}[:, None]\n"


CASES = {
    "N - 1": (SQUARE, "  dZ_out: 2*(Z_out - y)/((N - 1)*4)\n", "Consistent with N - 1 in place of N."),
    "half": (SQUARE, "  dZ_out: (Z_out - y)/(N*4)\n", "Consistent with a missing factor of 2."),
    "mean": (
        SQUARE,
        "  dZ_out: 2*(Z_out - y)/4\n",
        "Consistent with a missing 1/N: the loss is a mean over the N rows.",
    ),
    "sum": (SUM, "  dZ_out: 2*N*(Z_out - y)\n", "Consistent with a factor of N too many."),
    "axis": (
        SQUARE,
        f"{ABOVE}  db_out: sum(dZ_out, axis=1)\n",
        "It is the true value if you sum over axis 0 instead.",
    ),
    "axis below a mistake": (
        SQUARE,
        f"{ABOVE}  dA_fc: dZ_out @ W_out\n  db_fc: sum(dA_fc*(1 - A_fc**2), axis=1)\n",
        "Given dA_fc, it is the true value if you sum over axis 0 instead.",
    ),
    "softmax": (
        SOFTMAX,
        f"{ABOVE}  dA_fc: dZ_out @ W_out.T\n  dZ_fc: A_fc*(1 - A_fc)*dA_fc\n",
        "Yours equals ours if of sum(dA_fc*A_fc, axis=1) only the entry k = j is taken.",
    ),
    "both sums": (
        NORM,
        norm(0, "sqrt(var_out + 1e-5)"),
        "Yours equals ours if the sums run along the other axis, all of them.",
    ),
    "epsilon outside": (
        NORM,
        norm(1, "(sqrt(var_out) + 1e-5)"),
        "Yours equals ours if sqrt(var_out) + 1e-5 stands in place of sqrt(var_out + 1e-5).",
    ),
    "epsilon": (NORM, norm(1, "sqrt(var_out + 1e-3)"), "Yours equals ours if 0.001 stands in place of 1e-5."),
}


@pytest.mark.parametrize(("net", "claims", "hint"), CASES.values(), ids=CASES.keys())
def test_a_common_mistake_is_named(net: str, claims: str, hint: str) -> None:
    wrong = judged(net, claims).given[-1]
    assert wrong.verdict in ("REFUTED", "PROPORTIONAL", "SHAPE")
    assert hint in wrong.hints


@pytest.mark.parametrize("net", [SQUARE, NORM], ids=["square", "norm"])
def test_the_right_formulas_of_these_are_proved(net: str) -> None:
    claims = norm(1, "sqrt(var_out + 1e-5)") if net is NORM else f"{ABOVE}  db_out: sum(dZ_out, axis=0)\n"
    assert {v.verdict for v in judged(net, claims).given} == {"PROVED"}


def test_a_loss_that_is_a_sum_has_no_other_scale() -> None:
    """N times its gradient is the gradient under no convention."""
    found = judged(SUM, "  dZ_out: 2*N*(Z_out - y)\n")
    assert found.conventions.right_under == ()
    assert judged(SQUARE, "  dZ_out: 2*(Z_out - y)/4\n").conventions.right_under != ()
