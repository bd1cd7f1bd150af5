"""Each verdict, with the traps that a check must not fall into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import symprop
from symprop.network import build
from symprop.spec import parse_spec
from symprop.verification import proving, verify
from symprop.verification.claimsfile import parse_claims
from tests.verification.hand import classifier, linear, network, report, tensor, verdict

RIGHT = """
claims:
  dZ2: (P - onehot(y)) / N
  dW2: A1.T @ dZ2
  db2: sum(dZ2, axis=0)
  dA1: dZ2 @ W2.T
  dZ1: dA1 * (1 - A1**2)
  dW1: x.T @ dZ1
  db1: dZ1.sum(0)
"""


def test_a_right_chain_is_proved() -> None:
    found = report(classifier(), RIGHT)
    assert [v.verdict for v in found.claims] == ["PROVED"] * 7
    assert found.ok and found.exit_code == 0
    assert found["dW1"].extents == "all"
    assert found["dW1"].steps and found["dW1"].ours == "dW1 = x.T @ dZ1"


@pytest.mark.parametrize(
    "formula",
    [
        "(P - Y) / N",
        "(softmax(Z2) - onehot(y, 5)) / x.shape[0]",
        "(exp(Z2) / exp(Z2).sum(axis=1, keepdims=True) - (y[:, None] == arange(5))) / len(y)",
        "-(Y - P) / N",
        "einsum('nc->nc', P - eye(5)[y]) / N",
        "((P - Y) / N).reshape(-1).reshape(Z2.shape)",
        "((P - Y).T / N).reshape(-1).reshape(5, N).T",
    ],
)
def test_other_forms_of_a_right_formula_are_proved(formula: str) -> None:
    assert verdict(classifier(), "dZ2", formula).verdict == "PROVED"


def test_identities_of_tanh_are_proved() -> None:
    net = classifier()
    above = ("dZ2: (P - Y) / N", "dA1: dZ2 @ W2.T")
    for factor in ("(1 - tanh(Z1)**2)", "(1 - A1)*(1 + A1)", "4*sigmoid(2*Z1)*sigmoid(-2*Z1)"):
        assert verdict(net, "dZ1", f"dA1 * {factor}", *above).verdict == "PROVED"


def test_labels_subtracted_in_place() -> None:
    block = "claims:\n  dZ2: |\n    d = P.copy()\n    d[arange(N), y] -= 1\n    d /= N\n  dW2: A1.T @ dZ2\n"
    assert [v.verdict for v in report(classifier(), block).given] == ["PROVED", "PROVED"]


def test_a_convention_at_a_kink_is_named() -> None:
    net = classifier("relu")
    above = ("dZ2: (P - Y) / N", "dA1: dZ2 @ W2.T")
    assert verdict(net, "dZ1", "dA1 * (Z1 > 0)", *above).verdict == "PROVED"
    found = verdict(net, "dZ1", "dA1 * (Z1 >= 0)", *above)
    assert found.verdict == "PROVED EXCEPT AT KINKS"
    assert found.kinks and "Z1" in found.kinks[0]


def test_a_kink_is_kept_through_a_step_without_a_verdict() -> None:
    above = ("dZ2: (P - Y) / N", "dZ1: (dZ2 @ W2.T) * (Z1 >= 0)", "twice: 2*dZ1")
    found = verdict(classifier("relu"), "db1", "sum(twice/2, axis=0)", *above)
    assert found.verdict == "PROVED EXCEPT AT KINKS" and found.kinks == ("Z1[n,j] == 0",)


def test_a_computed_value_that_is_clipped_has_no_kink_there() -> None:
    net = classifier("6 - relu(6 - relu(Z1[n,j])) + 0*relu")
    above = ("dZ2: (P - Y) / N",)
    assert verdict(net, "dW2", "where(A1 == 6, 0, A1).T @ dZ2", *above).verdict == "REFUTED"
    assert verdict(net, "dA1", "where(A1 == 6, 0, dZ2 @ W2.T)", *above).verdict == "REFUTED"


def test_without_a_proof_agreement_is_not_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "prove_equal", lambda *_, **__: None)
    found = report(classifier(), "claims: {dZ2: (P - Y) / N}")
    assert found["dZ2"].verdict == "AGREES" and found.exit_code == 5
    evidence = found["dZ2"].evidence
    assert evidence is not None and evidence.digits >= 50 and evidence.points == 6 and evidence.worst < 1e-50
    assert report(classifier(), "claims: {dZ2: (P - Y) / N}", accept_agrees=True).exit_code == 0


@pytest.mark.parametrize(
    ("formula", "ratio"),
    [
        ("P - Y", "N"),
        ("(Y - P) / N", "-1"),
        ("2 * (P - Y) / N", "2"),
        ("(P - Y) / N**2", "1/N"),
        ("(Y - P) / 2", "-N/2"),
        ("(P - Y) * sqrt(3) / 2", "sqrt(3)*N/2"),
        ("-2 * (P - Y) / (N * sqrt(12))", "-sqrt(3)/3"),
    ],
)
def test_a_constant_factor_is_named(formula: str, ratio: str) -> None:
    found = verdict(classifier(), "dZ2", formula)
    assert (found.verdict, found.ratio) == ("PROPORTIONAL", ratio)


def test_a_missing_mean_is_said_to_be_one() -> None:
    found = verdict(classifier(), "dZ2", "P - onehot(y)")
    assert found.hints == ("Consistent with a missing 1/N: yours = N*ours, and the loss is a mean over the N rows.",)
    assert found.reason == "It is N times the truth."


def test_one_number_is_not_proportional_to_another() -> None:
    """On one draw any scalar is a multiple of any other."""
    net = network([tensor("w", role="param"), tensor("x", "N", role="input")], "L = sum[n]((w*x[n])**2)")
    assert verdict(net, "dw", "sum(x)").verdict == "REFUTED"
    assert verdict(net, "dw", "sum(w * x**2)").ratio == "1/2"


def test_what_is_right_for_a_batch_of_one_alone_is_refuted() -> None:
    found = verdict(linear(), "dW", "outer(x.sum(0), 2*(Z - t).sum(0)) / N")
    assert found.verdict == "REFUTED"
    assert "It is right for a single row, N = 1: look at how the rows of the batch come together." in found.hints


def test_a_square_matrix_the_wrong_way_round_is_refuted() -> None:
    net = classifier("tanh", 4, 4)
    above = ("dZ2: (P - Y) / N", "dA1: dZ2 @ W2.T", "dZ1: dA1 * (1 - A1**2)")
    found = verdict(net, "dW1", "dZ1.T @ x", *above)
    assert found.verdict == "REFUTED"
    assert found.hints[0] == "Consistent with a transpose too many or too few: it is the transpose of the true value."
    dx = verdict(net, "dx", "dZ1 @ W1", *above)
    assert dx.verdict == "REFUTED" and dx.hints == ("Yours equals ours if W1 is transposed.",)


def test_a_loss_that_is_a_plain_sum_of_probabilities_checks_nothing() -> None:
    """Its gradient is 0, and a check that compares with 0 accepts many a wrong formula."""
    tensors = [tensor("Z", "N", 3, role="param"), tensor("P", "N", 3)]
    net = network(tensors, "P[n,c] = exp(Z[n,c])/sum[k](exp(Z[n,k]))", "L = sum[n,c](P[n,c])")
    found = report(net, "claims:\n  dZ: P * (1 - sum(P, axis=1, keepdims=True))")
    assert found["dZ"].verdict == "VACUOUS" and found.exit_code == 5
    wrong = verdict(net, "dZ", "P * (1 - P)")
    assert wrong.verdict == "REFUTED"


def test_targets_that_need_not_sum_to_one_are_not_assumed_to() -> None:
    tensors = [tensor("Z", "N", 3, role="param"), tensor("T", "N", 3, role="target"), tensor("P", "N", 3)]
    lines = ("P[n,c] = exp(Z[n,c])/sum[k](exp(Z[n,k]))", "L = -sum[n,c](T[n,c]*log(P[n,c]))")
    assert verdict(network(tensors, *lines), "dZ", "P - T").verdict == "REFUTED"
    full = verdict(network(tensors, *lines), "dZ", "P * sum(T, axis=1, keepdims=True) - T")
    assert (full.verdict, full.assumptions) == ("PROVED", ())
    rows = [t if t.name != "T" else tensor("T", "N", 3, role="target", simplex=1, low=0.0, top=1.0) for t in tensors]
    found = verdict(network(rows, *lines), "dZ", "P - T")
    assert (found.verdict, found.assumptions) == ("PROVED", ("rows of T sum to 1",))


@pytest.mark.parametrize(
    ("formula", "hint"),
    [
        ("sum(dZ2, axis=0, keepdims=True)", "It is the true value if you drop axis 0, of extent 1 (no keepdims)."),
        ("dZ2", "It is the true value if you sum it over axis 0."),
        ("sum(dZ2, axis=1)", "It is the true value if you sum over axis 0 of dZ2, not over axis 1."),
        ("sum(dZ2*P, axis=1)", ""),
    ],
)
def test_another_shape_says_which_one_was_expected(formula: str, hint: str) -> None:
    found = verdict(classifier(), "db2", formula, "dZ2: (P - Y) / N")
    assert found.verdict == "SHAPE" and found.reason.endswith("expected (5,), since b2 is (5,) in the network.")
    assert found.hints == ((hint,) if hint else ())


def test_a_transpose_in_a_claim_of_another_shape() -> None:
    found = verdict(classifier(), "dW2", "dZ2.T @ A1", "dZ2: (P - Y) / N")
    assert found.reason == "Its shape is (5, 4); expected (4, 5), since W2 is (4, 5) in the network."
    assert found.hints == ("It is the true value if you transpose it.",)


def test_shapes_that_do_not_fit_cannot_be_evaluated() -> None:
    found = report(classifier(), "claims:\n  dZ2: (P - Y) / N\n  dW2: A1 @ dZ2\n  dA1: dW2 @ b2\n  db2: sum(dZ2, 0)\n")
    assert [v.verdict for v in found.given] == ["PROVED", "NOT EVALUABLE", "NOT EVALUABLE", "PROVED"]
    reason = "`A1 @ dZ2`: shapes (N, 4) and (N, 5) do not fit: 4 columns on the left meet N rows on the right."
    assert found["dW2"].reason == reason
    assert found["dW2"].hints == ("A1 (N, 4) is of the network; dZ2 (N, 5) is by your claim dZ2.",)
    assert found["dA1"].reason == "'dW2' has no value: the shapes of claim dW2 do not fit."
    assert found.exit_code == 5


def test_a_value_that_is_no_number_cannot_be_evaluated() -> None:
    found = verdict(linear(), "db", "sum(log(-abs(Z)), axis=0)")
    assert found.verdict == "NOT EVALUABLE" and found.reason.startswith("It is no finite number at any of the points")


def test_later_claims_are_judged_given_the_earlier_ones() -> None:
    text = RIGHT.replace("dA1 * (1 - A1**2)", "dA1 * (1 - tanh(A1)**2)")
    found = report(classifier(), text)
    assert [v.verdict for v in found.given] == ["PROVED"] * 4 + ["REFUTED"] * 3
    assert found["dZ1"].first_wrong == "dZ1" and found["dZ1"].flags == ()
    assert found["dW1"].flags == ("given earlier claims",) and found["dW1"].first_wrong == "dZ1"
    assert found["dW1"].reason == "It is right given the claims it reads; the first wrong one is dZ1."


def test_a_name_used_again_is_another_value() -> None:
    text = "claims: |\n  d = (P - Y) / N\n  dW2 = A1.T @ d\n  d = d @ W2.T\n  d = d * (1 - A1**2)\n  dW1 = x.T @ d\n"
    found = report(classifier(), text)
    assert [(v.name, v.verdict) for v in found.given] == [("dW2", "PROVED"), ("dW1", "PROVED")]


def test_values_of_the_forward_pass_can_be_claimed() -> None:
    found = report(classifier(), "claims: {P: softmax(Z2), A1: tanh(x @ W1 + b1), dZ2: (P - Y)/N}")
    assert [v.verdict for v in found.given] == ["PROVED", "PROVED", "PROVED"]
    wrong = report(classifier(), "claims: {P: 'softmax(Z2, axis=0)', dZ2: (P - Y)/N}")
    assert [v.verdict for v in wrong.given] == ["REFUTED", "REFUTED"]
    assert wrong["dZ2"].first_wrong == "P"


def test_gradients_that_are_not_mentioned_are_listed() -> None:
    found = report(linear(), "claims: {dW: x.T @ (2*(Z - t)) / N}")
    assert [(v.name, v.verdict) for v in found.claims] == [("dW", "PROVED"), ("db", "NOT CHECKED")]
    assert found.exit_code == 0


@pytest.mark.parametrize("name", ["dW", "W.grad", "W_grad", "grad_W", "dL_dW", "dLdW", "W"])
def test_names_of_a_gradient(name: str) -> None:
    assert report(linear(), f"claims: {{{name}: x.T @ (2*(Z - t)) / N}}")[name].target == "dW"


def test_aliases_are_other_names() -> None:
    text = "aliases: {delta: dZ, target: t, V: W}\nclaims: {delta: 2*(Z - target)/N, dV: x.T @ delta}"
    found = report(linear(), text)
    assert [(v.name, v.target, v.verdict) for v in found.given] == [("delta", "dZ", "PROVED"), ("dV", "dW", "PROVED")]


@pytest.mark.parametrize(
    ("formula", "hint"),
    [
        ("dA1", "Yours equals ours if the derivative 1 - A1**2 is left out."),
        ("dA1 * (1 + A1**2)", "Yours equals ours if 1 + A1**2 stands in place of the derivative 1 - A1**2."),
        ("dA1 * (1 - A1)", "Yours equals ours if 1 - A1 stands in place of the derivative 1 - A1**2."),
        ("dA1 * (1 - Z1**2)", "Yours equals ours if 1 - Z1**2 stands in place of the derivative 1 - A1**2."),
        (
            "dA1 * (1 - tanh(A1)**2)",
            "Yours equals ours if the derivative 1 - tanh(Z1)**2 is taken at A1, not at Z1.",
        ),
    ],
)
def test_a_planted_mistake_is_named(formula: str, hint: str) -> None:
    found = verdict(classifier(), "dZ1", formula, "dZ2: (P - Y) / N", "dA1: dZ2 @ W2.T")
    assert found.verdict == "REFUTED" and hint in found.hints


def test_softmax_taken_entry_by_entry() -> None:
    found = verdict(classifier(), "dZ2", "-Y * (1 - P) / N")
    assert found.verdict == "REFUTED"
    assert any("only the entry" in hint for hint in found.hints)


def test_a_missing_penalty() -> None:
    net = linear("sum[n,j]((Z[n,j] - t[n,j])**2)/N + 0.05*sum[i,j](W[i,j]**2)")
    assert verdict(net, "dW", "x.T @ (2*(Z - t))/N + 0.1*W").verdict == "PROVED"
    missing = verdict(net, "dW", "x.T @ dZ", "dZ: 2*(Z - t)/N")
    assert missing.hints == (
        "Consistent with a penalty term: it is 0.1*W less than the true value, as if the penalty were left out.",
    )
    assert missing.difference == "-W/10"


def test_a_counterexample_is_small_and_exact() -> None:
    found = verdict(linear(), "db", "2*(Z - t).sum(axis=0)")
    example = found.counterexample
    assert found.ratio == "N" and example is not None
    assert example.extents == {"N": 2} and example.entry.startswith("db[")
    assert float(example.yours) == 2 * float(example.ours)
    found = verdict(linear(), "db", "(Z - t).sum(axis=0)**2")
    assert found.counterexample is not None and found.counterexample.extents == {"N": 1}


def test_how_many_entries_differ() -> None:
    found = verdict(linear(), "dZ", "2*(Z - t) / N * (Z > t) + 2*(Z - t) / N * (Z < t) * (Z > 0)")
    assert found.differing is not None and 0 < found.differing[0] < found.differing[1]


def test_a_huber_loss_is_compared_beyond_its_bend() -> None:
    """At points of order 1 alone the linear branch, from 9 on, would never be seen."""
    loss = "sum[n,j](where(abs(Z[n,j] - t[n,j]) <= 9, (Z[n,j] - t[n,j])**2/2, 9*abs(Z[n,j] - t[n,j]) - 81/2))/N"
    assert verdict(linear(loss), "dZ", "(Z - t)/N").verdict == "REFUTED"
    right = verdict(linear(loss), "dZ", "clip(Z - t, -9, 9)/N")
    assert right.verdict in ("PROVED", "PROVED EXCEPT AT KINKS", "AGREES")


def test_what_rests_on_a_claim_without_a_proof_says_so() -> None:
    """exp(z) is never below z, which no identity says."""
    lines = ["claims:", "  dZ2: (P - Y)/N", "  dA1: dZ2 @ W2.T", "  dZ1: dA1*(1 - A1**2) + (exp(Z1) < Z1)"]
    found = report(classifier(), "\n".join([*lines, "  dW1: x.T @ dZ1", "  db2: sum(dZ2, axis=0)"]))
    assert [v.verdict for v in found.given] == ["PROVED", "PROVED", "AGREES", "AGREES", "PROVED"]
    assert found["dW1"].reason.endswith("it is proved given dZ1, which only agrees.")


def test_a_difference_does_not_name_the_claim_for_an_earlier_value_of_its_name() -> None:
    found = report(classifier(), "claims: |\n  dZ2 = P.copy()\n  dZ2[arange(N), y] -= 1\n")["dZ2"]
    assert found.verdict == "PROPORTIONAL" and found.difference == "P - Y - P/N + Y/N"


DROPOUT = """
symprop: 1
name: drop
inputs: {x: {shape: [3]}, y: {shape: [2], role: target}}
layers:
  - {id: h, type: dense, units: 4}
  - {id: d, type: dropout, rate: 0.3}
  - {id: out, type: dense, units: 2}
loss: {type: mse, from: out, target: y}
"""


@pytest.mark.parametrize(
    ("formula", "verdict", "mask"),
    [("dZ_out @ W_out.T", "REFUTED", "all 0"), ("(dZ_out @ W_out.T)*mask_d/0.7", "PROPORTIONAL", "all 10/7")],
)
def test_a_counterexample_has_values_of_a_mask_that_can_be_drawn(formula: str, verdict: str, mask: str) -> None:
    text = json.dumps({"claims": {"dZ_out": "(Z_out - y)/N", "dZ_h": formula}})
    found = verify(build(parse_spec(DROPOUT)), parse_claims(text, "hand.yaml"))["dZ_h"]
    assert found.verdict == verdict and found.counterexample is not None
    assert found.counterexample.values["mask_d"] == mask


def test_a_mask_has_its_value_in_all_digits() -> None:
    text = json.dumps({"claims": {"dZ_d": "2*(Z_out - y)@W_out.T/(2*N)", "dZ_h": "dZ_d*(mask_d > 0)/(1 - 0.3)"}})
    found = verify(build(parse_spec(DROPOUT)), parse_claims(text, "hand.yaml"))["dZ_h"]
    assert found.verdict == "AGREES", "1/0.7 is no double: what is right must not be refuted for that"


def test_a_statement_whose_shapes_do_not_fit_is_a_verdict_whatever_its_name() -> None:
    text = "claims: |\n  dZ2 = (P - Y)/N\n  q = x @ A1\n  dW2 = A1.T @ dZ2\n"
    assert [v.verdict for v in report(classifier(), text).given] == ["PROVED", "NOT EVALUABLE"]
    text = "claims: |\n  dZ2 = (P - Y)/N\n  dW2 = A1.T @ dZ2\n  dW2[5, 2:4] += x @ A1\n"
    assert "NOT EVALUABLE" in [v.verdict for v in report(classifier(), text).given]


def test_the_difference_of_a_product_with_several_diagonal_matrices_is_shown(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "symprop: 1\nname: siamese\ninputs: {a: {shape: [3]}, b: {shape: [3]}}\nlayers:\n"
        "  - {id: u, type: dense, units: 4, in: a}\n"
        "  - {id: v, type: dense, units: 4, in: b, tie: {W: u.W, b: u.b}}\n"
        "loss: {type: info_nce, from: [u, v], temperature: 0.5}\n"
    )
    (tmp_path / "hand.yaml").write_text("claims:\n  dW_u: a.T @ Z_u\n")
    found = symprop.verify(tmp_path / "net.yaml", tmp_path / "hand.yaml")["dW_u"]
    assert found.verdict == "REFUTED" and found.ours


def test_a_factor_is_named_where_some_points_have_zeros() -> None:
    net = network([tensor("w", role="param")], "L = max(0, w)")
    found = verdict(net, "dw", "-3 * (w > 0)")
    assert (found.verdict, found.ratio) == ("PROPORTIONAL", "-3")
