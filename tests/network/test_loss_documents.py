"""What is printed of every loss: its derivation as a golden text that is so, and LaTeX that is whole."""

from __future__ import annotations

import numpy as np
import pytest

from symprop import report
from symprop.language.expressions import ZERO
from symprop.library import LOSSES
from symprop.oracle import evaluate
from symprop.oracle.differences import gradient, relative_error
from tests import documents
from tests.network.loss_cases import CASES, ROWS, Case

GOLDEN = documents.GOLDEN / "losses"


def test_every_loss_has_a_case() -> None:
    assert {case.type for case in CASES} == {*LOSSES, ""}
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_derivation_is_its_golden_text(case: Case) -> None:
    documents.assert_golden(case.text, GOLDEN / f"{case.name}.txt")


def test_no_golden_text_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {case.name for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_latex_is_whole(case: Case) -> None:
    documents.assert_whole(report.render(case.derivation, "latex"), case.network.tensors)


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=pytest.mark.slow if str(c) == "ctc_last_blank_sum" else ()) for c in CASES], ids=str
)
def test_what_is_printed_is_the_slope_of_the_loss(case: Case) -> None:
    """By complex step from the forward equations alone.

    The adjoints are evaluated as they are printed, in a precision in which exp(-1e30) is not 0.
    """
    network, arrays, sizes = case.network, case.arrays, {"N": ROWS}
    names = [adjoint.tensor for adjoint in case.derivation]
    truth = gradient(network, arrays, sizes, names)
    given = {**arrays, **evaluate(network, arrays, sizes, object)}
    known = {"functions": case.derivation.network.functions, "tensors": network.tensors}
    found = evaluate([a.equation for a in case.derivation], given, sizes, object, **known)
    for adjoint in case.derivation:
        slope, value = truth[adjoint.tensor], found[adjoint.equation.target].astype(float)
        assert np.any(slope) == (adjoint.equation.body != ZERO), adjoint.tensor
        assert relative_error(value, slope) < 1e-11, adjoint.tensor
