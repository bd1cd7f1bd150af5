"""Right and wrong claims by the hundred; all of them with -m slow, or `python -m tests.verification.harness`."""

from __future__ import annotations

import re

import numpy as np
import pytest

from symprop.derivation import derive
from symprop.verification.conventions import Convention, views_of
from symprop.verification.difference import truth_text
from tests.verification.harness import oracle
from tests.verification.harness.judging import Outcome, judged
from tests.verification.harness.subjects import BY_NAME, SUBJECTS
from tests.verification.harness.table import right_table, wrong_table
from tests.verification.harness.trials import right, sampled, wrong
from tests.verification.harness.values import Mistake, Subject, Trial

FEW = ("tanh", "tied", "attention", "gated")
KINDS = {
    "= for +=",
    "constant",
    "derivative at the activated value",
    "dropped term",
    "elementwise for matrix product",
    "extra factor",
    "gradient of another loss",
    "mean for sum",
    "missing factor",
    "order of a product",
    "penalty",
    "sign",
    "sign of a term",
    "softmax entry by entry",
    "sum over the wrong axis",
    "time index",
    "transpose",
    "wrong form",
    "wrong operand",
}


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_the_chains_are_right_by_the_oracle(subject: Subject) -> None:
    for target, text in subject.chain.items():
        assert oracle.verdict(subject, target, text) == "right", (target, text)


def test_the_oracle_tells_right_from_wrong() -> None:
    subject = BY_NAME["tanh"]
    assert oracle.verdict(subject, "dZ1", "dA1 * (1 - tanh(Z1)**2)") == "right"
    assert oracle.verdict(subject, "dZ1", "dA1 * (1 - tanh(A1)**2)") == "wrong"
    assert oracle.verdict(subject, "db1", "sum(dZ1, axis=0, keepdims=True)") == "shape"
    assert oracle.verdict(subject, "dW1", "x @ dZ1") == "unfit"


@pytest.mark.parametrize("subject", [s for s in SUBJECTS if s.name != "residual"], ids=str)
def test_our_formulas_in_numpy_notation_are_numpy(subject: Subject) -> None:
    """What is printed as `ours` is run by NumPy, each gradient over the true values of the others."""
    derivation = derive(subject.make())
    views = views_of(Convention(), derivation.network, derivation.prefix)
    values = dict(oracle.values(subject, 1))
    values |= {target: oracle.truth(subject, target, 1) for target in subject.chain}
    compared = 0
    for target in subject.chain:
        name, _, formula = truth_text(derivation, target, views).partition(" = ")
        names = set(re.findall(r"\bd[A-Z]\w*", formula)) - set(values)
        if name == target and not names:
            assert np.allclose(oracle.run(formula, values)["_"], values[target], rtol=1e-9), (target, formula)
            compared += 1
    assert compared >= len(subject.chain) - 2


def test_a_hint_that_is_true_of_another_mistake_is_no_diagnosis() -> None:
    mistake = Mistake("wrong operand", ("stands in place of",), frozenset({"A1", "x"}))
    outcome = judged(Trial("tanh", "dW1", "A1.T @ dZ1", mistake.kind, mistake))
    assert outcome.diagnosed
    other = Mistake("wrong operand", ("stands in place of",), frozenset({"P", "dZ1"}))
    silent = Outcome(Trial("tanh", "dW1", "x.T @ P", other.kind, other), outcome.verdict, 0.0)
    assert not silent.diagnosed


def test_a_sample_of_wrong_claims_is_refuted_and_diagnosed() -> None:
    trials = sampled(wrong(BY_NAME[name] for name in FEW), 20, seed=3)
    outcomes = [judged(trial) for trial in trials]
    assert [str(o.trial) for o in outcomes if not o.refuted] == []
    assert sum(o.diagnosed for o in outcomes) >= 18, wrong_table(outcomes)


def test_a_sample_of_right_claims_is_proved() -> None:
    trials = sampled(right(BY_NAME[name] for name in FEW), 20, seed=3)
    outcomes = [judged(trial) for trial in trials]
    assert [str(o.trial) for o in outcomes if o.refuted] == []
    assert sum(o.proved for o in outcomes) >= 19, right_table(outcomes)


@pytest.mark.slow
def test_no_wrong_claim_is_accepted_and_most_mistakes_are_named() -> None:
    trials = wrong()
    assert len(trials) >= 500 and {t.kind for t in trials} == KINDS
    outcomes = [judged(trial) for trial in trials]
    assert [str(o.trial) for o in outcomes if o.accepted] == []
    assert sum(o.diagnosed for o in outcomes) >= 0.9 * len(outcomes), wrong_table(outcomes)
    for kind in KINDS:
        own = [o.diagnosed for o in outcomes if o.trial.kind == kind]
        assert sum(own) >= 0.6 * len(own), wrong_table(outcomes)


@pytest.mark.slow
def test_no_right_claim_is_refuted_and_nearly_all_are_proved() -> None:
    trials = right()
    assert len(trials) >= 200
    outcomes = [judged(trial) for trial in trials]
    assert [str(o.trial) for o in outcomes if o.refuted] == []
    assert sum(o.proved for o in outcomes) >= 0.95 * len(outcomes), right_table(outcomes)
