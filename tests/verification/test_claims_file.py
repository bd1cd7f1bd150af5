"""Files of claims: what is wrong in one is said with its line and column, all of it at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import symprop
from symprop.errors import ClaimError
from symprop.session import parse_source
from symprop.verification import Report
from symprop.verification.claimsfile import network_path, parse_claims, read_claims
from tests.verification.hand import linear, report

FAULTS = {
    "": "hand.yaml:1:1: the file is empty; expected a mapping with claims, one formula a name",
    "symprop: 1\nname: net\nlayers: []": "hand.yaml:1:1: this is a network and not a derivation of it; expected a "
    "mapping with claims, one formula a name. Give the claims, and --net hand.yaml.",
    "[1]": "hand.yaml:1:1: expected a mapping with claims, one formula a name",
    "claim: {}": "hand.yaml:1:1: unknown key 'claim'; did you mean 'claims'?",
    "net: a.yaml": "hand.yaml:1:1: key 'claims' is missing. Write claims:, and below it one formula a name.",
    "claims: {}": "hand.yaml:1:9: claims: there is no claim",
    "claims:": "hand.yaml:1:8: claims: there is no claim",
    "claims: [dW]": "hand.yaml:1:9: claims: expected one formula a name, or one | program",
    "claims: {dW: [x]}": "hand.yaml:1:14: dW: expected a formula. Quote it if it begins with [ or {.",
    "claims: {d-W: x}": "hand.yaml:1:10: 'd-W' is not a name; expected letters, digits, _ and dots",
    "claims: {dW: &a x}": "hand.yaml:1:14: anchor &a is refused; expected the value alone. Remove it.",
    "claims: {dW: x}\nnet: [1]": "hand.yaml:2:6: net: expected the path of a net.yaml",
    "symprop: 2\nclaims: {dW: x}": "hand.yaml:1:10: symprop: expected version 1",
    "claims: {dW: x}\naliases: 3": "hand.yaml:2:10: aliases: expected a mapping from your names to those of "
    "the network",
    "claims:\n  dW: x +": "hand.yaml:2:10 (dW): this is not a formula: invalid syntax",
    "claims:\n  dW: x.T @ foo": "hand.yaml:2:13 (dW): unknown name 'foo'",
    "claims:\n  dW: |\n    d = x\n    d = d +* 2": "hand.yaml:4:12 (dW): this is not a formula: invalid syntax",
    "claims: |\n  d = x\n  e = open(d)": "hand.yaml:3:7: function 'open' is not known here. Did you mean 'append'?",
    "claims: {dV: x, dW: x}": "hand.yaml:1:14: 'dV' is no gradient and no tensor of the network, and no later claim "
    "reads it. The gradients are dZ, dW, db, dx, dt.",
    "claims: {dW: x.T @ dZ}": "hand.yaml:1:20 (dW): dZ is read before it is given. Write the line for dZ above this "
    "one, or name it under given: to take the true one.",
    "claims: {dW: 0*W}\ngiven: [dZz]": "hand.yaml:2:9: given: 'dZz' is no gradient of the network. Did you mean "
    "'dZ'?",
    "claims: {dW: x.T @ dZ}\ngiven: []": "hand.yaml:2:8: given: expected the names of gradients, such as [dZ_out]",
    "claims: {dZ: dZ}\ngiven: [dZ]": "hand.yaml:1:14: dZ is given, and claimed. Leave out one of the two.",
    "claims: {dL: 1}": "hand.yaml:1:14: L is the loss itself, whose derivative by itself is 1: no claim",
    # a claim that reads one that cannot be read is no fault of its own
    "claims: {dZ: (Z - t)/m, dW: x.T @ dZ, 'dx[n,i]': 'sum[j](dZ[n,j])'}": "hand.yaml:1:22 (dZ): unknown name 'm'. "
    "The number of examples is N.",
    "claims: {q: x, r: q}": "hand.yaml:1:19: 'r' is no gradient and no tensor of the network, and no later claim reads "
    "it. The gradients are dZ, dW, db, dx, dt.",
    "claims: |\n  q = x * 2": "hand.yaml: there is no claim on a gradient or a value of the network. "
    "The gradients are dZ, dW, db, dx, dt.",
    "claims:\n  dW: foo\n  db: bar": "hand.yaml:2:7 (dW): unknown name 'foo'\nhand.yaml:3:7 (db): unknown name 'bar'",
}


@pytest.mark.parametrize(("text", "sentence"), FAULTS.items(), ids=range(len(FAULTS)))
def test_a_fault_of_the_file_has_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ClaimError) as caught:
        report(linear(), text)
    assert str(caught.value) == sentence


def test_the_network_counts_from_the_folder_of_the_claims() -> None:
    file = read_claims("examples/claims/digits.yaml")
    assert Path(network_path(file, None)) == Path("examples/claims/../digits.yaml")
    assert network_path(file, "other.yaml") == "other.yaml"
    with pytest.raises(ClaimError) as caught:
        network_path(parse_claims("claims: {dW: x}", "hand.yaml"), None)
    expected = "hand.yaml: the claims name no network; expected net: net.yaml beside claims:. "
    assert str(caught.value) == expected + "Add it, or give --net NET.yaml."


def test_the_function_is_there_before_and_after_the_package_is() -> None:
    code = "import symprop; f = 'examples/breast_cancer.yaml', 'examples/claims/breast_cancer.yaml'; "
    code += "print(symprop.verify(*f).ok); import symprop.verification; print(symprop.verify(*f).ok)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_every_example_has_claims() -> None:
    assert {p.stem for p in Path("examples").glob("*.yaml")} == set(EXAMPLES)


EXAMPLES = [
    "digits",
    "spam",
    "breast_cancer",
    "regression",
    "residual",
    "poisson",
    "digits_cnn",
    "characters_lstm",
    "characters_transformer",
]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_proved(name: str) -> None:
    found = symprop.verify(f"examples/{name}.yaml", f"examples/claims/{name}.yaml", timeout=600)
    assert {v.verdict for v in found.claims} == {"PROVED"}
    assert found.ok


def test_the_wrong_example_is_answered_claim_by_claim() -> None:
    found = symprop.verify("examples/digits.yaml", "examples/claims/wrong.yaml")
    assert {v.name: v.verdict for v in found.given} == {
        "dZ_out": "PROVED",
        "dW_out": "PROVED",
        "db_out": "SHAPE",
        "dZ_fc2": "PROVED",
        "dW_fc2": "REFUTED",
        "dZ_fc1": "REFUTED",
        "dW_fc1": "REFUTED",
    }
    assert found["dW_fc1"].flags == ("given earlier claims",)
    assert found["dZ_fc1"].hints[0] == "Yours equals ours if the derivative Z_fc1 > 0 is left out."
    assert found["dW_fc2"].hints == (
        "Consistent with a penalty term: it is 0.001*W_fc2 less than the true value, as if the penalty were left out.",
    )


@pytest.mark.parametrize(
    ("right", "wrong", "first"),
    [
        ("2 * (Z_r - f) / N", "(Z_r - f) / N", "dZ_r"),
        ("(1 - 3*A_h**2)", "(1 - A_h**2)", "dZ_h"),
        (" + 2 * dg2 * W_h * a2", "", "dW_h"),
        ("2 * (1 - 2*x)", "(1 - 2*x)", "dW_g"),
    ],
)
def test_mistakes_in_the_gradient_of_second_derivatives_are_located(right: str, wrong: str, first: str) -> None:
    text = Path("examples/claims/poisson.yaml").read_text()
    assert text.count(right) == 1
    network = symprop.load("examples/poisson.yaml")
    found = symprop.verify(network, parse_claims(text.replace(right, wrong)))
    wrong_ones = [v.name for v in found.given if v.verdict in ("REFUTED", "PROPORTIONAL")]
    assert wrong_ones[0] == first
    names = [v.name for v in found.given]
    assert all(v.verdict == "PROVED" for v in found.given[: names.index(first)])


def test_a_block_may_end_with_a_formula() -> None:
    text = "claims:\n  dZ: |\n    e = Z - t\n    2*e/N\n  dW: |\n    g = x.T @ dZ\n    g += 0\n  db: sum(dZ, axis=0)\n"
    assert [v.verdict for v in report(linear(), text).given] == ["PROVED"] * 3


STRAY = "where(b_out == 0, 0, sum(dZ_out, axis=0))"


def test_a_mistake_on_few_points_is_found_there(tmp_path: Path) -> None:
    """The bias is 0 where training begins; the loss has a derivative there."""
    claims = tmp_path / "claims.yaml"
    claims.write_text(f"claims: {{dZ_out: (A_out - y)/N, db_out: '{STRAY}'}}\n")
    found = symprop.verify("examples/breast_cancer.yaml", claims)
    assert {v.name: v.verdict for v in found.given} == {"dZ_out": "PROVED", "db_out": "REFUTED"}
    assert "except where b_out[0] == 0. No kink of the loss is known there" in found["db_out"].reason
    assert found["db_out"].counterexample is not None
    assert "stands in place of where(b_out[0] == 0, 0, " in found["db_out"].hints[0]


RELU = """
symprop: 1
name: rectified
inputs: {x: {shape: [4]}, y: {role: target, shape: [3]}}
layers:
  - {id: fc, in: x, type: dense, units: 5, activation: relu}
  - {id: out, in: fc, type: dense, units: 3}
loss: {type: mse, from: out, target: y}
"""
AHEAD = "claims:\n  dZ_out: 2*(Z_out - y)/(N*3)\n  dA_fc: dZ_out @ W_out.T\n"


def rectified(text: str) -> Report:
    return report(parse_source(RELU).network, AHEAD + text)


def test_of_a_loss_with_kinks_only_its_own_may_be_left_out() -> None:
    found = rectified(f"  dZ_fc: dA_fc * (Z_fc >= 0)\n  db_out: {STRAY}\n  db_fc: {STRAY.replace('out', 'fc')}\n")
    assert found["dZ_fc"].verdict == "PROVED EXCEPT AT KINKS"
    assert found["db_out"].verdict == "REFUTED"
    # it rests on a claim that may differ at kinks, so that no single point refutes it
    assert found["db_fc"].verdict == "AGREES"


def test_a_counterexample_is_not_at_a_kink() -> None:
    """At Z_fc = 0 the claim and the truth differ by what was chosen there, and not by the mistake."""
    example = rectified("  dZ_fc: 2*dA_fc * (Z_fc >= 0)\n")["dZ_fc"].counterexample
    assert example is not None
    assert (example.yours, example.ours) == ("20", "10")


def test_a_hint_on_a_claim_that_is_seldom_wrong_holds_where_it_is() -> None:
    found = rectified("  db_out: where(Z_out[0,0] > 1.7, N, 1)*sum(dZ_out, axis=0)\n")["db_out"]
    assert found.verdict == "REFUTED"
    assert found.hints == ("Yours is right if the factor where(Z_out[0,0] > 1.7, N, 1) is left out.",)


def test_a_claim_under_the_name_of_a_parameter_leaves_the_parameter_its_name() -> None:
    found = rectified("  W_out: A_fc.T @ dZ_out\n  dW_fc: x.T @ ((dZ_out @ W_out.T) * (Z_fc > 0))\n")
    assert [v.verdict for v in found.given] == ["PROVED"] * 4


UPDATED = """claims: |
  dZ_out = 2*(Z_out - y)/(N*3)
  dW_out = A_fc.T @ dZ_out
  W_out = W_out - 0.1*dW_out
  dA_fc = dZ_out @ W_out.T
"""


def test_a_parameter_that_is_updated_too_early_is_named_apart() -> None:
    found = report(parse_source(RELU).network, UPDATED)
    assert [v.name for v in found.given] == ["dZ_out", "dW_out", "dA_fc"]
    wrong = found["dA_fc"]
    assert wrong.verdict == "REFUTED"
    assert wrong.difference == "dZ_out @ W_out'.T - (dZ_out @ W_out.T); W_out' is the 2nd value of W_out"
    assert wrong.hints == ("Yours is right if in W_out, the term -dW_out/10 is left out.",)


@pytest.mark.parametrize(
    ("formula", "assumed"),
    [
        ("2*(Z_out - y)/(N*3)*(N - 1)/(N - 1)", ("N - 1 is not 0",)),
        ("2*(Z_out - y)/(N*3)*(b_out**2/b_out)/b_out", ("b_out is not 0",)),
        ("2*(Z_out - y)/(N*3)*exp(log(y**2))/y**2", ("y**2 is positive", "y is not 0")),
        ("2*(Z_out - y)/(N*3)*sqrt(y**2 + 1)/sqrt(1 + y*y)", ()),
    ],
)
def test_where_a_claim_has_no_value_is_listed(formula: str, assumed: tuple[str, ...]) -> None:
    found = report(parse_source(RELU).network, f"claims: {{dZ_out: '{formula}'}}")["dZ_out"]
    assert found.verdict == "PROVED"
    assert found.assumptions == assumed
