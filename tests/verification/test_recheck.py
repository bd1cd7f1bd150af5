"""Proofs checked without the prover: every step holds, and a step that was tampered with is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symprop.algebra.canonical import Proof, RowsSumToOne
from symprop.language import expressions as ex
from symprop.verification import recheck
from tests.algebra.test_canonical_claims import ATTENTION, LAYER_NORM, LAYER_NORM_DX, RIGHT, SOFTMAX, Setting
from tests.verification.hand import classifier, report
from tests.verification.published import norms, products, recurrences, scalars
from tests.verification.published.form import Form
from tests.verification.test_verdicts import RIGHT as CHAIN

FORMS = (*scalars.FORMS, *norms.FORMS, *products.FORMS, *recurrences.FORMS)


@pytest.mark.parametrize(("setting", "left", "right"), RIGHT, ids=str)
def test_the_steps_of_a_proof_hold_by_themselves(setting: Setting, left: str, right: str) -> None:
    proof = setting.proof(left, right)
    assert proof is not None and len(proof.steps) >= 5
    assert recheck(proof) == ()


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_proofs_of_published_forms_hold_by_themselves(form: Form) -> None:
    for verdict in form.report().given:
        assert verdict.proofs
        for proof in verdict.proofs:
            assert recheck(proof, shapes=2) == ()


def test_a_verdict_carries_its_proofs() -> None:
    for verdict in report(classifier(), CHAIN).given:
        assert tuple(str(step) for proof in verdict.proofs for step in proof.steps) == verdict.steps


def layer_norm() -> Proof:
    right = "(a[n,i] - sum[k](a[n,k])/D - h[n,i]*sum[k](a[n,k]*h[n,k])/D)/sqrt(v[n] + eps)"
    proof = LAYER_NORM.proof(LAYER_NORM_DX, right)
    assert proof is not None
    return proof


@pytest.mark.parametrize("number", range(len(layer_norm().steps)))
def test_a_step_that_was_tampered_with_is_found(number: int) -> None:
    """Its value is changed a little, as a wrong rule would."""
    proof = layer_norm()
    step = proof.steps[number]
    wrong = replace(step, after=ex.add(step.after, ex.mul(ex.Number(3), ex.Read("eps"))))
    found = recheck(replace(proof, steps=(*proof.steps[:number], wrong, *proof.steps[number + 1 :])))
    assert f"step {number + 1} ({step.rule}): its two sides differ at a random point." in found


def test_a_step_that_follows_from_nothing_is_found() -> None:
    """Both sides were changed alike: the step holds, but it is no step of this proof."""
    proof = layer_norm()
    more = ex.Read("eps")
    wrong = replace(proof.steps[-1], before=ex.add(proof.steps[-1].before, more), after=ex.add(ex.ZERO, more))
    assert recheck(replace(proof, steps=(*proof.steps[:-1], wrong)))[0].endswith(
        "it does not follow on from an earlier one."
    )
    assert "the last step does not end with 0." in recheck(replace(proof, steps=proof.steps[:-1]))


def test_another_definition_is_no_step() -> None:
    proof = ATTENTION.proof("sum[r](A[t,r])", "1")
    assert proof is not None
    number = next(k for k, step in enumerate(proof.steps) if step.rule == "unfolded")
    wrong = replace(proof.steps[number], after=ex.mul(ex.Number(2), proof.steps[number].after))
    found = recheck(replace(proof, steps=(*proof.steps[:number], wrong, *proof.steps[number + 1 :])))
    assert len(found) == 2


def test_what_is_assumed_is_kept_at_the_points() -> None:
    proof = SOFTMAX.proof("P[n,c]*sum[k](U[n,k]) - U[n,c]", "P[n,c] - U[n,c]", [RowsSumToOne("U", 1)])
    assert proof is not None
    assert recheck(proof) == ()
    without = replace(proof, question=replace(proof.question, assumptions=()))
    assert recheck(without) != ()
