"""Claims that rest on a gradient which is not claimed itself: it is taken from the derivation, and said so."""

from __future__ import annotations

from pathlib import Path

import pytest

import symprop
from symprop.session import parse_source
from symprop.verification import verify
from symprop.verification.claimsfile import parse_claims
from symprop.verification.text import report_text

NET = """
symprop: 1
name: rectified
inputs: {x: {shape: [4]}, y: {role: target, shape: [3]}}
layers:
  - {id: fc, in: x, type: dense, units: 5, activation: relu}
  - {id: out, in: fc, type: dense, units: 3}
loss: {type: mse, from: out, target: y}
"""
CLAIMS = """
given: [dZ_out]
claims:
  dW_out: A_fc.T @ dZ_out
  dA_fc: |
    g = dZ_out @ W_out.T
    g + 0*g
  dW_fc: x.T @ (dA_fc * (Z_fc >= 0))
  db_out: 2*sum(dZ_out, axis=0)
"""
SAID = "dZ_out is what the network makes it: it is given, and not claimed"


def test_what_rests_on_a_given_gradient_says_so() -> None:
    found = verify(parse_source(NET).network, parse_claims(CLAIMS))
    verdicts = {v.name: v.verdict for v in found.given}
    assert verdicts == {
        "dW_out": "PROVED",
        "dA_fc": "PROVED",
        "dW_fc": "PROVED EXCEPT AT KINKS",
        "db_out": "PROPORTIONAL",
    }
    assert all(SAID in found[name].assumptions for name in ("dW_out", "dA_fc", "dW_fc"))
    assert f"Assumed:\n- {SAID}\n" in report_text(found)


@pytest.mark.parametrize(("scale", "verdict"), [("", "PROPORTIONAL"), ("/N", "PROVED")])
def test_a_given_gradient_has_the_scale_of_the_convention(scale: str, verdict: str) -> None:
    """Per example, dZ lacks the 1/N that the gradients of the parameters have."""
    text = f"given: dZ_out\nclaims: {{dW_out: A_fc.T @ dZ_out{scale}}}\n"
    found = verify(parse_source(NET).network, parse_claims(text), convention={"adjoints": "per_example"})
    assert found["dW_out"].verdict == verdict


def test_a_document_names_what_is_given(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET)
    document = tmp_path / "hand.tex"
    settings = "% symprop: net: net.yaml\n% symprop: given: dZ_out, dA_fc\n"
    line = r"\[ \frac{\partial L}{\partial W_{out}} = A_{fc}^\top \frac{\partial L}{\partial Z_{out}} \]"
    document.write_text(settings + line + "\n")
    assert symprop.verify(tmp_path / "net.yaml", document)["dW_out"].verdict == "PROVED"
