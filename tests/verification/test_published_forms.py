"""Closed forms as the literature prints them: each proved for all extents, wrong variants beside it refuted."""

from __future__ import annotations

import time

import pytest

from symprop.verification.values import WRONG
from tests.verification.published import norms, products, recurrences, scalars
from tests.verification.published.form import Form
from tests.verification.published.others import OTHERS

FORMS = (*scalars.FORMS, *norms.FORMS, *products.FORMS, *recurrences.FORMS)
BY_NAME = {form.name: form for form in FORMS}
CHANGED = [
    pytest.param(form, name, formula, marks=pytest.mark.slow if str(form) == "lstm" and number else ())
    for form in FORMS
    for name, wrong in form.wrong.items()
    for number, formula in enumerate(wrong)
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_published_form_is_proved_for_all_extents(form: Form) -> None:
    start = time.process_time()
    found = form.report()
    seconds = time.process_time() - start
    assert {v.name: v.verdict for v in found.given} == {v.name: form.verdict for v in found.given}
    assert len(found.given) == len(form.claims)
    assert {v.extents for v in found.given} == {"all"}
    assert set(form.assumptions) == {a for v in found.given for a in v.assumptions}
    assert seconds < form.seconds


@pytest.mark.parametrize(("form", "name", "formula"), CHANGED, ids=lambda part: str(part)[:40])
def test_a_wrong_variant_is_refuted(form: Form, name: str, formula: str) -> None:
    found = form.report({name: formula})
    verdict = found[name.partition("[")[0]]
    assert verdict.verdict in WRONG
    assert found.exit_code == 1
    assert verdict.reason or verdict.hints or verdict.difference or verdict.counterexample or verdict.ratio


@pytest.mark.parametrize(("form", "name", "formula"), OTHERS, ids=lambda part: str(part)[:40])
def test_the_same_in_another_form_is_proved(form: str, name: str, formula: str) -> None:
    found = BY_NAME[form].report({name: formula})
    assert found[name.partition("[")[0]].verdict == BY_NAME[form].verdict
    assert found.ok


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_form_has_wrong_variants(form: Form) -> None:
    assert sum(map(len, form.wrong.values())) >= 2
