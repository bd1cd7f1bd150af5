"""Each kind of hint, on a claim that has this one mistake; and claims of which nothing may be said."""

from __future__ import annotations

import pytest

from symprop.network import build
from symprop.spec import parse_spec
from symprop.verification import Verdict, verify
from symprop.verification.claimsfile import parse_claims
from tests.verification.hand import classifier, linear, report, verdict
from tests.verification.harness.judging import judged
from tests.verification.harness.values import Trial


def hints(subject: str, target: str, text: str) -> tuple[str, ...]:
    return judged(Trial(subject, target, text, "")).verdict.hints


HINTS = {
    ("tanh", "dZ1", "dA1"): "Yours equals ours if the derivative 1 - A1**2 is left out.",
    ("tanh", "dW1", "x.T @ (dA1 * (1 - tanh(A1)**2))"): "Yours is right if Z1 stands in place of A1.",
    (
        "sigmoid",
        "dZ1",
        "dA1 * (1 - A1**2)",
    ): "Yours equals ours if 1 - A1**2 stands in place of the derivative A1*(1 - A1).",
    ("relu", "dZ1", "dA1 * (Z1 < 0)"): "Yours equals ours if Z1 < 0 stands in place of the derivative Z1 > 0.",
    (
        "gelu",
        "dZ1",
        "dA1 * (1 + erf(Z1 / sqrt(2))) / 2",
    ): "Yours equals ours if the term sqrt(2)*Z1*exp(-Z1**2/2)/sqrt(pi) is left out.",
    (
        "penalised",
        "dW1",
        "x.T @ dZ1 - 0.1 * W1",
    ): "Consistent with a penalty term: it is 0.2*W1 less than the true value, "
    "as if the sign of the penalty were changed.",
    ("penalised", "dW1", "x.T @ dZ1 + W1"): "Consistent with a penalty term: it is 0.9*W1 more than the true value, "
    "as if the penalty were 1*W1 and not 0.1*W1.",
    ("penalised", "dZ2", "(A2 - t) / N"): "Yours equals ours if the derivative A2*(1 - A2) is left out.",
    (
        "penalised",
        "dA2",
        "sign(A2 - t) / N",
    ): "Consistent with the gradient of another loss: of the absolute error between A2 and t.",
    ("tied", "dW", "X.T @ dZ"): "Yours equals ours if the term dR.T @ H is left out.",
    ("tied", "dW", "d = X.T @ dZ\nd = dR.T @ H"): "Yours is right if d += stands in place of d =, which keeps the last "
    "contribution and loses X.T @ dZ.",
    (
        "convolution",
        "dx",
        "d = zeros((N, 6))\nd[:, 0:4] = dz*w[0]\nd[:, 1:5] = dz*w[1]\nd[:, 2:6] = dz*w[2]",
    ): "Yours is right if d[...] += stands in place of d[...] =, which keeps the last contribution to an entry.",
    (
        "convolution",
        "dw",
        "d = zeros(3)\nd[2] = sum(x[:, 0:4]*dz)\nd[1] = sum(x[:, 1:5]*dz)\nd[0] = sum(x[:, 2:6]*dz)",
    ): ("Consistent with a reversed axis: it is the true value read backwards along axis 0."),
    (
        "elman",
        "dU",
        "H3.T @ dZ3 + H2.T @ dZ2",
    ): "Yours equals ours if the time index is one off: H2 stands in place of H1, H3 stands in place of H2.",
    ("elman", "dU", "H1.T @ dZ2"): "Yours equals ours if the term H2.T @ dZ3 is left out.",
    ("attention", "dS", "A * (1 - A) * dA"): "Yours equals ours if of sum(dA*A, axis=1) only the entry k = s is taken, "
    "the diagonal alone.",
    (
        "attention",
        "dS",
        "A * (dA - sum(dA * A, axis=0))",
    ): "Yours equals ours if the sum of dA*A runs along the other axis.",
    ("layer_norm", "dx", "dh / sqrt(v + 0.001)[:, None]"): "Yours equals ours if only the contribution "
    "dh is kept, and the other paths are lost.",
    (
        "batch_norm",
        "dx",
        "N * dh - sum(dh, axis=0) - h * sum(dh * h, axis=0)",
    ): "Consistent with an extra factor, or a missing "
    "division: it is the true value times N*sqrt(v + 0.001), entry by entry.",
    ("batch_norm", "dv", "-sum(dh * h, axis=0) / (2 * v)"): "Yours equals ours if the term 0.001 is left out.",
    ("square", "dU", "dW * V.T"): "Yours equals ours if dW and V are multiplied entry by entry, not as matrices.",
    ("square", "dW", "dZ @ x.T"): "Yours equals ours if x and dZ are multiplied in the other order.",
    ("square", "dx", "dZ @ W"): "Yours equals ours if W is transposed.",
    ("gated", "dx", "dZ1 @ W1.T + dZ2 @ W1.T"): "Yours equals ours if W1 stands in place of W2.",
}


@pytest.mark.parametrize(("claim", "hint"), HINTS.items(), ids=range(len(HINTS)))
def test_a_mistake_is_named(claim: tuple[str, str, str], hint: str) -> None:
    assert hint in hints(*claim)


WINDOWS = """
symprop: 1
name: windows
inputs: {x: {shape: [2, 9]}, y: {shape: [3], role: target}}
layers:
  - {id: c, type: conv1d, units: 3, kernel: 3, stride: 2, padding: 1, activation: tanh}
  - {id: g, type: global_average_pool}
loss: {type: mse, from: g, target: y}
"""


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        ("p + u - 1", "Yours equals ours if the stride is left out, x[n,c,p + u - 1] stands in place of "),
        ("2*p + u", "Yours equals ours if the padding is left out, x[n,c,2*p + u] stands in place of "),
    ],
)
def test_a_stride_and_a_padding_that_are_forgotten_are_named(place: str, hint: str) -> None:
    net = build(parse_spec(WINDOWS))
    text = "claims: {'dW_c[o,c,u]': 'sum[n,p](dZ_c[n,o,p]*x[n,c,PLACE])'}\ngiven: [dZ_c]"
    right = verify(net, parse_claims(text.replace("PLACE", "2*p + u - 1"), "hand.yaml"))["dW_c"]
    assert right.verdict == "PROVED"
    wrong = verify(net, parse_claims(text.replace("PLACE", place), "hand.yaml"))["dW_c"]
    assert wrong.verdict == "REFUTED" and wrong.hints[0].startswith(hint)


BRANCHES = """
symprop: 1
name: branches
inputs: {x: {shape: [3]}, y: {shape: [3], role: target}}
layers:
  - {id: a, type: activation, activation: hard_sigmoid}
  - {id: s, type: add, in: [a, x]}
loss: {type: mse, from: s, target: y}
"""


@pytest.mark.parametrize("threshold", ["2.5", "10"])
def test_nothing_is_said_that_another_branch_refutes(threshold: str) -> None:
    net = build(parse_spec(BRANCHES))
    text = f"claims: {{dx: dZ_s * (1 + (abs(x) < {threshold}) / 6)}}\ngiven: [dZ_s]"
    found = verify(net, parse_claims(text, "hand.yaml"))["dx"]
    assert found.verdict == "REFUTED" and found.hints == ()


TIED = """
symprop: 1
name: tied
inputs: {a: {shape: [3]}, b: {shape: [3]}}
layers:
  - {id: u, type: dense, units: 4, in: a}
  - {id: v, type: dense, units: 4, in: b, tie: {W: u.W, b: u.b}}
loss: {type: info_nce, from: [u, v], temperature: 0.5}
"""


def test_a_hint_rests_on_no_wrong_claim_that_is_not_read() -> None:
    found = verify(build(parse_spec(TIED)), parse_claims("claims: {dZ_u: Z_u, db_u: 'sum(Z_u, axis=0)'}", "hand.yaml"))
    assert [(v.verdict, v.hints) for v in found.given] == [("REFUTED", ())] * 2


def test_entries_that_differ_have_something_in_common() -> None:
    above = ("dZ2: (P - Y) / N", "dA1: dZ2 @ W2.T")
    found = verdict(classifier(), "dZ1", "(Z1 > 0) * dA1 * (1 - A1**2) + (Z1 <= 0) * exp(Z1)", *above)
    assert found.hints[-1].startswith("Only some entries differ: ") and found.hints[-1].endswith("where Z1 <= 0.")


def test_a_value_of_the_forward_pass_is_diagnosed_too() -> None:
    found = report(classifier(), "claims: {Z1: x @ W1 - b1, A1: tanh(Z1)}")["Z1"]
    assert found.verdict == "REFUTED" and found.hints == ("Yours equals ours if the sign of b1 is changed.",)


def test_a_claim_with_nothing_in_common_gets_no_hint() -> None:
    found = verdict(linear(), "dW", "exp(W) + sum(t**3)", "dZ: 2*(Z - t)/N")
    assert found.verdict == "REFUTED" and found.hints == ()


def test_a_reshape_that_mixes_the_entries_up_is_refuted() -> None:
    found = verdict(classifier(), "dZ2", "((P - Y).T / N).reshape(-1).reshape(Z2.shape)")
    assert found.verdict == "REFUTED"


def test_hints_count_from_the_claims_above() -> None:
    """dZ1 is wrong by itself, beside being wrong through dZ2."""
    above = ("dZ2: P - Y", "dA1: dZ2 @ W2.T")
    found = verdict(classifier(), "dZ1", "dA1 * (1 + A1**2)", *above)
    assert found.hints == ("Yours equals ours if 1 + A1**2 stands in place of the derivative 1 - A1**2.",)
    assert found.flags == ()


def test_a_shape_is_put_right_given_the_claims_above() -> None:
    found = verdict(classifier(), "db2", "sum(dZ2, axis=0, keepdims=True)", "dZ2: P - Y")
    assert found.hints == ("Given the earlier lines, it is right if you drop axis 0, of extent 1 (no keepdims).",)


def shown(net_claim: Verdict) -> str:
    return net_claim.difference


def test_a_sum_over_all_axes_is_told_over_which() -> None:
    found = verdict(classifier(), "db2", "sum((P - Y)/N)")
    assert (found.verdict, found.hints) == ("SHAPE", ("It is the true value if you sum over axis 0 alone.",))
    assert verdict(classifier(), "db2", "sum(P - Y)").hints == ()


def test_differences_are_in_the_notation_of_the_claims() -> None:
    above = ("dZ2: (P - Y) / N", "dA1: dZ2 @ W2.T")
    assert shown(verdict(classifier(), "dZ1", "dA1", *above)) == "dA1*A1**2"
    block = "g = dA1 * A1\nd = dA1 - g"
    assert shown(verdict(classifier(), "dZ1", block, *above)) == "dA1*A1*(A1 - 1)"
    assert shown(verdict(classifier(), "dW1", "x.T @ dA1", *above)) == "x.T @ (dA1*A1**2)"
    assert shown(verdict(classifier(), "dZ2", "P - onehot(y)")) == "P - Y - P/N + Y/N"


def test_labels_at_the_ends_of_their_range() -> None:
    text = """
symprop: 1
name: labels
inputs: {x: {shape: [3]}, y: {shape: [1], role: target}}
layers: [{id: o, type: dense, units: 1, activation: sigmoid}]
loss: {type: binary_cross_entropy, from: o, target: y}
"""
    net = build(parse_spec(text))
    found = verify(net, parse_claims("claims: {dZ_o: 'where(y == 1, A_o - 1, A_o) / N'}", "hand.yaml"))["dZ_o"]
    assert found.verdict == "REFUTED" and found.hints == ("It is right where the entries of y are 0 or 1.",)
    wrong = verify(net, parse_claims("claims: {dZ_o: '(A_o - where(y > 0, y, 0.1)) / N'}", "hand.yaml"))["dZ_o"]
    assert wrong.verdict == "REFUTED"
    hinge = text.replace("activation: sigmoid}", "activation: identity}").replace("binary_cross_entropy", "hinge")
    claim = "claims: {dZ_o: '-y**3 * (1 - y * Z_o > 0) / N'}"
    found = verify(build(parse_spec(hinge)), parse_claims(claim, "hand.yaml"))["dZ_o"]
    assert (found.verdict, found.assumptions) == ("PROVED", ("entries of y are -1 or 1",))


TRIPLET = """
symprop: 1
name: triplet
inputs: {a: {shape: [3]}, p: {shape: [3]}, m: {shape: [3]}}
layers:
  - {id: ea, type: dense, units: 2, in: a}
  - {id: ep, type: dense, units: 2, in: p, tie: {W: ea.W, b: ea.b}}
  - {id: en, type: dense, units: 2, in: m, tie: {W: ea.W, b: ea.b}}
loss: {type: triplet, from: {anchor: ea, positive: ep, negative: en}, margin: 0.5}
"""


def test_minus_the_gradient_of_a_loss_that_is_often_zero() -> None:
    net = build(parse_spec(TRIPLET))
    text = "claims: {dZ_en: 'SIGN2*(Z_ea - Z_en)*(P_loss - M_loss + 0.5 > 0)[:, None]/N'}"
    right = verify(net, parse_claims(text.replace("SIGN", ""), "hand.yaml"))["dZ_en"]
    assert right.verdict == "PROVED"
    found = verify(net, parse_claims(text.replace("SIGN", "-"), "hand.yaml"))["dZ_en"]
    assert (found.verdict, found.ratio) == ("PROPORTIONAL", "-1")


def test_a_constant_that_is_rounded() -> None:
    found = verdict(linear("sum[n,j](exp(-Z[n,j]**2/2))/(N*sqrt(2*pi))"), "dZ", "-0.3989423 * Z * exp(-Z**2 / 2) / N")
    assert found.verdict == "REFUTED"
    assert found.hints == ("It is ours but for 5e-08 of the largest entry: look for a constant that is rounded.",)
