"""An adjoint that is another one under its own name, as at a residual connection, stands for that one in a proof."""

from __future__ import annotations

from symprop.derivation import derive
from symprop.network import build
from symprop.spec import parse_spec
from symprop.verification import verify
from symprop.verification.claimsfile import parse_claims
from symprop.verification.proving import Prover

STACK = """
symprop: 1
name: stack
inputs: {x: {shape: [4]}, y: {role: target, shape: [4]}}
blocks:
  block:
    - {type: layer_norm}
    - {id: up, type: dense, units: 5, activation: tanh}
    - {id: down, type: dense, units: 4}
    - {id: r, type: add, in: [down, input]}
layers:
  - {block: block, id: b, repeat: 4}
loss: {type: mse, from: b, target: y}
"""


def test_what_a_branch_is_handed_is_unfolded_and_no_other_adjoint() -> None:
    network = build(parse_spec(STACK))
    first = next(iter(Prover(derive(network), network.functions)._stages("dW_b4_down", "")))
    assert set(first) == {f"dZ_b{k}_down" for k in (1, 2, 3, 4)}


def test_claims_read_the_sum_in_place_of_the_branch() -> None:
    claims = parse_claims("claims: {dZ_b4_r: (Z_b4_r - y)/2/N, dW_b4_down: A_b4_up.T @ dZ_b4_r}")
    found = verify(build(parse_spec(STACK)), claims)
    assert [v.verdict for v in found.given] == ["PROVED", "PROVED"]
