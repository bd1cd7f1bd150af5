"""Gradients that are 0 identically are found, with a reason, and no others; each is checked by evaluating it."""

from __future__ import annotations

import numpy as np
import pytest

from symprop.derivation import Derivation, derive, truths
from symprop.network import build
from symprop.oracle import evaluate
from symprop.spec import parse_spec
from tests.cases.equations import CASES, Case
from tests.report.networks import normalised

BY_NAME = {case.name: case for case in CASES}
ATTENTION = Case(
    "attention_with_biases",
    {"x": "N T D", "WQ": "D E", "WK": "D E", "WV": "D E", "bQ": "E", "bK": "E", "bV": "E", "Q": "N T E", "K": "N T E"}
    | {"V": "N T E", "S": "N T T", "P": "N T T", "O": "N T E", "G": "N T E"},
    """
    Q[n,t,e] = sum[i](x[n,t,i]*WQ[i,e]) + bQ[e]
    K[n,t,e] = sum[i](x[n,t,i]*WK[i,e]) + bK[e]
    V[n,t,e] = sum[i](x[n,t,i]*WV[i,e]) + bV[e]
    S[n,s,t] = sum[e](Q[n,s,e]*K[n,t,e])/sqrt(E)
    P[n,s,t] = exp(S[n,s,t])/sum[k](exp(S[n,s,k]))
    O[n,s,e] = sum[t](P[n,s,t]*V[n,t,e])
    L = sum[n,t,e](G[n,t,e]*O[n,t,e]**2)
    """,
    "WQ WK WV bQ bK bV",
    {"N": 2, "T": 3, "D": 4, "E": 5},
)
IMAGES = """
symprop: 1
name: images
inputs: {x: {shape: [2, 5, 4]}, y: {role: target, shape: [3]}}
layers:
  - {id: conv, type: conv2d, units: 3, kernel: 2}
  - {id: bn, type: batch_norm, activation: relu}
  - {type: flatten}
  - {id: out, type: dense, units: 3}
loss: {type: mse, from: out, target: y}
"""


def zero_gradients(derivation: Derivation) -> list[str]:
    return [line.split(" = ")[0] for line in truths(derivation) if " = 0 identically" in line]


def evaluated(derivation: Derivation, case: Case) -> dict[str, np.ndarray]:
    values = evaluate(derivation.network, case.arrays(1), case.sizes)
    equations = [a.equation for a in derivation]
    given = {**case.arrays(1), **values}
    return evaluate(
        equations, given, case.sizes, functions=derivation.network.functions, tensors=derivation.network.tensors
    )


def test_the_bias_before_a_batch_norm() -> None:
    found = truths(derive(normalised()))
    assert found[0] == "db_fc = 0 identically: dZ_fc sums to 0 over n."
    assert zero_gradients(derive(normalised())) == ["db_fc"]
    assert "The loss does not change when one number is added to all Z_fc[.,j]: dZ_fc sums to 0 over n." in found
    # along the features of a layer norm it is the sum of the gradient by the bias that is 0, not the gradient
    assert "The loss does not change when one number is added to all Z_hid[n,.]: dZ_hid sums to 0 over j." in found


def test_the_bias_of_a_convolution_before_a_batch_norm() -> None:
    found = truths(derive(build(parse_spec(IMAGES))))
    assert found == (
        "db_conv = 0 identically: dZ_conv sums to 0 over n, p, q.",
        "The loss does not change when one number is added to all Z_conv[.,o,.,.]: dZ_conv sums to 0 over n, p, q.",
    )


def test_the_key_bias_of_an_attention_and_no_other() -> None:
    derivation = derive(ATTENTION.network)
    assert zero_gradients(derivation) == ["dbK"]
    values = evaluated(derivation, ATTENTION)
    assert np.abs(values["dbK"]).max() < 1e-13 < 1e-3 < min(np.abs(values[n]).max() for n in ("dbQ", "dbV", "dWK"))
    assert np.abs(values["dS"].sum(axis=2)).max() < 1e-13


HEADS = """
symprop: 1
name: heads
inputs: {x: {shape: [3, 6]}, MASK y: {role: target, shape: [3, 6]}}
layers:
  - {id: a, type: attention, heads: 2, OPTIONS}
loss: {type: mse, from: a, target: y}
"""


@pytest.mark.parametrize("options", ["in: x", "in: x, causal: true", "in: x, dropout: 0.2"])
def test_the_key_bias_of_several_heads(options: str) -> None:
    """An entry of a head is a pair of indices, and what a step may not see is a condition."""
    derivation = derive(build(parse_spec(HEADS.replace("MASK", "").replace("OPTIONS", options))))
    assert zero_gradients(derivation) == ["dbk_a"]
    assert any("added to all S_a[n,a,t,.]: dS_a sums to 0 over s" in text for text in truths(derivation))


def test_nothing_is_said_of_weights_that_may_all_be_masked() -> None:
    """They sum to 1 or, where nothing is seen, to 0."""
    text = HEADS.replace("MASK", "m: {shape: [3], vocabulary: 2},").replace("OPTIONS", "in: {x: x, mask: m}")
    assert not any("S_a" in text for text in truths(derive(build(parse_spec(text)))))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_said_is_so_and_nothing_is_missed_among_the_parameters(case: Case) -> None:
    derivation = derive(case.network)
    values, said = evaluated(derivation, case), zero_gradients(derivation)
    for tensor in case.network.params:
        gradient = values.get(f"d{tensor.name}", np.zeros(1))
        assert (np.abs(gradient).max() < 1e-12) == (f"d{tensor.name}" in said)


def test_the_assumption_of_a_sum_is_said() -> None:
    text = IMAGES.replace("type: mse", "type: softmax_cross_entropy").replace("name: images", "name: rows")
    found = truths(
        derive(build(parse_spec(text.replace("y: {role: target, shape: [3]}", "y: {role: target, classes: 3}"))))
    )
    assert found[1] == "The loss does not change when one number is added to all Z_out[n,.]: dZ_out sums to 0 over j."
    given = BY_NAME["softmax_cross_entropy"]
    assert truths(derive(given.network))


def test_a_parameter_the_loss_does_not_read() -> None:
    case = Case(
        "unused",
        {"x": "N D", "w": "D", "u": "D", "z": "N D", "v": "N D", "G": "N D"},
        """
        z[n,i] = x[n,i]*w[i]
        v[n,i] = x[n,i]*u[i]
        L = sum[n,i](G[n,i]*z[n,i]**2)
        """,
        "w u",
        {"N": 2, "D": 3},
    )
    assert truths(derive(case.network)) == ("du = 0 identically: the loss does not depend on u.",)
