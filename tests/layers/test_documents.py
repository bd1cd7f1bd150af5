"""What is printed of every layer: its derivation as a golden text, and LaTeX that is whole and has no raw names."""

from __future__ import annotations

import pytest

from symprop import report
from symprop.library import LAYERS
from tests import documents
from tests.layers.cases import CASES
from tests.layers.kinds import Case

GOLDEN = documents.GOLDEN / "layers"


def own_lines(case: Case) -> str:
    """Equations and adjoints of the layer, and the adjoint of what it reads."""
    shown = [e for e in case.network.equations if e.origin == "a"]
    adjoints = [a.equation for a in case.derivation if a.tensor.endswith("_a") or a.tensor.startswith("Z_s")]
    return "\n".join(map(str, [*shown, *adjoints])) + "\n"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_derivation_is_its_golden_text(case: Case) -> None:
    documents.assert_golden(own_lines(case), GOLDEN / f"{case.name}.txt")


def test_no_golden_text_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {case.name for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_latex_is_whole(case: Case) -> None:
    documents.assert_whole(report.render(case.derivation, "latex"), case.network.tensors)


@pytest.mark.parametrize("name", sorted({case.type for case in CASES}))
def test_every_layer_names_its_source(name: str) -> None:
    case = next(c for c in CASES if c.type == name)
    assert LAYERS[name].source in {e.source for e in case.network.equations}
