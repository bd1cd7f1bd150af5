"""Gradients that are 0 identically are found, with a reason, and no others; each is checked by evaluating it."""

from __future__ import annotations

import numpy as np
import pytest

from symprop.derivation import Derivation, derive, truths
from symprop.language import Network
from symprop.network import build
from symprop.oracle import evaluate
from symprop.oracle.differences import gradient
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
inputs: {x: {shape: [3, 6]}, MORE y: {role: target, shape: [3, 6]}}
layers:
  - {id: a, type: attention, OPTIONS}
loss: {type: mse, from: a, target: y}
"""
MEMORY = "z: {shape: [5, 4]},"
SEEN = {
    "all": ("", "heads: 2, in: x"),
    "dropout": ("", "heads: 2, in: x, dropout: 0.2"),
    "causal": ("", "heads: 2, in: x, causal: true"),
    "masked": ("m: {shape: [3], vocabulary: 2},", "heads: 2, in: {x: x, mask: m}"),
    "causal_masked": ("m: {shape: [3], vocabulary: 2},", "heads: 2, in: {x: x, mask: m}, causal: true"),
    "memory": (MEMORY, "heads: 3, in: [x, z]"),
    "memory_causal": (MEMORY, "heads: 3, in: [x, z], causal: true"),
    "memory_masked": (MEMORY + "m: {shape: [5], vocabulary: 2},", "heads: 3, in: {x: x, memory: z, mask: m}"),
}


def heads(more: str, options: str) -> Network:
    return build(parse_spec(HEADS.replace("MORE", more).replace("OPTIONS", options)))


def slopes(network: Network, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Gradients by complex step; of the rows of a mask one sees nothing, one its last step and one all but the first.

    With `causal`, the first step of the second and third row sees nothing then.
    """
    rng = np.random.default_rng(5)
    shapes = {t.name: [a.constant or 4 for a in t.axes] for t in network.of_role("input", "target", "param", "sample")}
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    if "m" in arrays:
        m = np.zeros(shapes["m"], dtype=int)
        m[1, -1], m[2, 1:], m[3, ::2] = 1, 1, 1
        arrays["m"] = m
    return gradient(network, arrays, {"N": 4}, names)


@pytest.mark.parametrize("name", SEEN)
def test_the_key_bias_of_several_heads(name: str) -> None:
    """An entry of a head is a pair of indices, and what a step may not see is a condition; a step may see nothing."""
    network = heads(*SEEN[name])
    derivation = derive(network)
    assert zero_gradients(derivation) == ["dbk_a"]
    assert any("added to all S_a[n,a,t,.]: dS_a sums to 0 over s" in text for text in truths(derivation))
    found = slopes(network, ("bk_a", "bq_a", "bv_a", "Wk_a", "S_a"))
    assert np.abs(found["bk_a"]).max() < 1e-14 < 1e-3 < min(np.abs(found[k]).max() for k in ("bq_a", "bv_a", "Wk_a"))
    assert np.abs(found["S_a"].sum(axis=3)).max() < 1e-14 < 1e-3 < np.abs(found["S_a"]).max()


def test_the_key_bias_before_rotary_positions_is_not_said_to_be_0() -> None:
    network = heads("m: {shape: [3], vocabulary: 2},", "in: {x: x, mask: m}, rotary: true")
    assert zero_gradients(derive(network)) == []
    assert np.abs(slopes(network, ("bk_a",))["bk_a"]).max() > 1e-3


def weights(kept: str, of: str) -> Case:
    """Weights of scores that are the same for all steps s, and what they leave of c."""
    axes = {"b": "T", "c": "T", "v": "N S", "G": "N T", "m": "N S < 2", "q": "N T < 2"}
    axes |= {"S": "N T S", "A": "N T S", "O": "N T"}
    text = f"""
    S[n,t,s] = G[n,t]*b[t]
    A[n,t,s] = [{kept}]*exp(S[n,t,s])/({of})
    O[n,t] = sum[s](A[n,t,s]*(v[n,s] + c[t])) - c[t]
    L = sum[n,t](G[n,t]*O[n,t]**2)
    """
    return Case("weights", axes, text, "b c", {"N": 4, "T": 3, "S": 5})


@pytest.mark.parametrize(
    ("kept", "of", "said"),
    [
        ("m[n,s] == 1", "sum[u: m[n,u] == 1](exp(S[n,t,u]))", ["db"]),
        ("m[n,s] == 1 and q[n,t] == 1", "sum[u: m[n,u] == 1](exp(S[n,t,u]))", ["db"]),
        ("m[n,s] == 1 and s <= t", "sum[u: m[n,u] == 1 and u <= t](exp(S[n,t,u]))", ["db"]),
        ("s <= t", "sum[u: u <= t](exp(S[n,t,u]))", ["db", "dc"]),
        # a part of a whole does not change either, but its sum does
        ("m[n,s] == 1", "sum[u](exp(S[n,t,u]))", ["db"]),
        ("m[n,s] == 1", "sum[u: u <= t](exp(S[n,t,u]))", ["db"]),
        ("m[n,s] == 1", "1 + sum[u: m[n,u] == 1](exp(S[n,t,u]))", []),
    ],
)
def test_a_row_without_an_entry_is_no_row_that_sums_to_1(kept: str, of: str, said: list[str]) -> None:
    case = weights(kept, of)
    derivation = derive(case.network)
    assert zero_gradients(derivation) == said
    assert ("dc = 0 identically: its terms cancel." in truths(derivation)) == ("dc" in said)
    arrays = case.arrays(3)
    arrays["m"] = np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [1, 0, 1, 1, 0], [0, 1, 1, 0, 1]])
    arrays["q"] = np.array([[1, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 1]])
    for name, slope in gradient(case.network, arrays, case.sizes, ("b", "c")).items():
        assert np.abs(slope).max() < 1e-14 if f"d{name}" in said else np.abs(slope).max() > 1e-3


def test_the_sum_of_masked_weights_is_not_replaced_by_1() -> None:
    """It is 0 in a row that sees nothing."""
    axes = {"S": "N T", "A": "N T", "m": "N T < 2", "w": "", "G": "N"}
    text = """
    A[n,s] = [m[n,s] == 1]*exp(S[n,s])/sum[u: m[n,u] == 1](exp(S[n,u]))
    L = sum[n,s](G[n]*w*A[n,s])
    """
    case = Case("sum_of_weights", axes, text, "w", {"N": 3, "T": 4})
    arrays = case.arrays(1) | {"m": np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]])}
    derivation = derive(case.network)
    values = evaluate(case.network, arrays, case.sizes)
    found = evaluate([derivation["w"].equation], {**arrays, **values}, case.sizes, tensors=case.network.tensors)
    assert found["dw"] == pytest.approx(arrays["G"][1:].sum(), rel=1e-14)


TIED = """
symprop: 1
name: tied
inputs: {tok: {shape: [], vocabulary: 3}, y: {role: target, classes: 3}}
layers:
  - {id: emb, type: embedding, units: 5}
  - {id: norm, type: layer_norm}
  - {id: out, type: unembed, tie: emb.W}
loss: {type: softmax_cross_entropy, from: out, target: y}
"""


def test_a_sum_over_the_places_of_a_token_may_be_empty() -> None:
    """W is read before a layer norm over d, and its rows are summed before a softmax over the tokens."""
    network = build(parse_spec(TIED))
    assert "The loss does not change when one number is added to all W_emb[.,.]: dW_emb sums to 0 over i, d." in truths(
        derive(network)
    )
    rng = np.random.default_rng(2)
    arrays = {t.name: rng.standard_normal([a.constant or 0 for a in t.axes]) for t in network.params}
    arrays |= {"tok": np.array([0, 2, 2, 0]), "y": np.array([0, 1, 2, 1])}
    found = gradient(network, arrays, {"N": 4}, ("W_emb",))["W_emb"]
    assert abs(found.sum()) < 1e-14 < 1e-3 < min(np.abs(found.sum(axis=k)).max() for k in (0, 1))


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
