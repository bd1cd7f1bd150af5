"""Claims on a network whose examples are columns: under every convention, declared and found."""

from __future__ import annotations

import pytest

from symprop.network import laid_out
from symprop.verification import Convention
from symprop.verification.conventions import shapes
from symprop.verification.values import WRONG
from tests.verification.hand import classifier
from tests.verification.test_conventions import MISTAKES, OPTION, TRIED, claims, judged


@pytest.mark.parametrize("convention", TRIED, ids=OPTION)
def test_right_claims_on_a_network_in_columns_are_proved_under_the_convention_declared(convention: Convention) -> None:
    found = judged(claims(convention), convention, laid_out(classifier(), "columns"))
    assert [v.verdict for v in found.given] == ["PROVED"] * 7
    assert (found.conventions.declared, found.conventions.used) == (convention, convention)


@pytest.mark.parametrize("convention", shapes(), ids=OPTION)
def test_how_arrays_lie_is_found_for_a_network_in_columns(convention: Convention) -> None:
    found = judged(claims(convention), None, laid_out(classifier(), "columns"))
    assert [v.verdict for v in found.given] == ["PROVED"] * 7
    assert (found.conventions.declared, found.conventions.used) == (None, convention)
    said = "as the network lies" if convention in found.conventions.usual else "no other way fits the shapes"
    assert said in " ".join(str(found).split())
    assert found.loss == "L = -sum[n,c](Y[c,n]*log(P[c,n]))/N"


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_claim_on_a_network_in_columns_stays_wrong(name: str) -> None:
    written = claims(Convention("columns", "out_in"))
    written[name] = MISTAKES[name].format(written[name])
    found = judged(written, None, laid_out(classifier(), "columns"))
    assert found[name].verdict in WRONG
    assert found[name].first_wrong == name
    assert found.conventions.used == Convention("columns", "out_in")
    ours = {"dW2": "dZ2 @ A1.T", "dA1": "W2.T @ dZ2", "dZ1": "dA1*(1 - A1**2)", "dW1": "dZ1 @ x.T"}
    assert ours.get(name, "") in found[name].ours


def test_what_is_not_declared_is_as_the_network_lies() -> None:
    written = {"dZ2": "(Y - P)/N", "dW2": "dZ2 @ A1.T", "db2": "sum(dZ2, axis=1)"}
    found = judged(written, {"sign": "descent"}, laid_out(classifier(), "columns"))
    assert found.conventions.used == Convention("columns_vectors", "out_in", sign="descent")
    assert found.exit_code == 0
    found = judged(written, None, laid_out(classifier(), "columns"))
    assert found.exit_code == 1 and "Declare it: --convention sign=descent." in str(found)
