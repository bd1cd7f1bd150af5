"""What is printed of every layer: its derivation as a golden text, and LaTeX that is whole and has no raw names."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from symprop import report
from symprop.library import LAYERS
from tests.layers.cases import CASES
from tests.layers.kinds import Case

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "layers"
PAIRS = {"{": "}", "(": ")", "[": "]"}


def own_lines(case: Case) -> str:
    """Equations and adjoints of the layer, and the adjoint of what it reads."""
    shown = [e for e in case.network.equations if e.origin == "a"]
    adjoints = [a.equation for a in case.derivation if a.tensor.endswith("_a") or a.tensor.startswith("Z_s")]
    return "\n".join(map(str, [*shown, *adjoints])) + "\n"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_derivation_is_its_golden_text(case: Case) -> None:
    golden = GOLDEN / f"{case.name}.txt"
    if os.environ.get("SYMPROP_UPDATE_GOLDEN") == "1":
        golden.write_text(own_lines(case), encoding="utf-8")
    assert golden.exists(), f"{golden.name} is missing; write it with SYMPROP_UPDATE_GOLDEN=1"
    assert own_lines(case) == golden.read_text(encoding="utf-8")


def test_no_golden_text_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {case.name for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_latex_is_whole(case: Case) -> None:
    latex = report.render(case.derivation, "latex")
    bare = re.sub(r"\\(?:left|right|bigl|bigr|Bigl|Bigr)\b\s*\\?.", "", re.sub(r"\\[{}\[\]]", "", latex))
    assert bare.count("{") == bare.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")
    assert latex.count(r"\begin{") == latex.count(r"\end{")
    mathematics = re.sub(r"\\(?:text|texttt|mathrm|operatorname|tag|label|eqref|begin|end)\*?\{[^{}]*\}", "", latex)
    raw = [name for name in case.network.tensors if "_" in name and re.search(rf"(?<![\\\w]){name}(?!\w)", mathematics)]
    assert not raw


@pytest.mark.parametrize("name", sorted({case.type for case in CASES}))
def test_every_layer_names_its_source(name: str) -> None:
    case = next(c for c in CASES if c.type == name)
    assert LAYERS[name].source in {e.source for e in case.network.equations}
