"""Adjoints found by derivation: their steps are proved, and no change of one at one place is."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from symprop.algebra.canonical import prove_equal
from symprop.algebra.terms import Facts
from symprop.derivation import Derivation, derive
from symprop.derivation.values import Adjoint
from symprop.language import Equation, Tensor, ranges
from symprop.language import expressions as ex
from symprop.oracle import evaluate
from tests.algebra.mutations import mutants
from tests.cases.equations import CASES, Case

FEW, MANY = 4, 40
TIME_LIMIT_SECONDS = 20.0


@dataclass(frozen=True)
class Derived:
    """A case with its derivation."""

    case: Case

    @cached_property
    def derivation(self) -> Derivation:
        return derive(self.case.network)

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        forward = dict(self.derivation.network.tensors)
        return forward | {
            a.equation.target: Tensor(a.equation.target, forward[a.tensor].axes) for a in self.derivation.adjoints
        }

    @cached_property
    def equations(self) -> dict[str, Equation]:
        forward = {e.target: e for e in self.derivation.network.equations}
        return forward | {a.equation.target: a.equation for a in self.derivation.adjoints}

    @cached_property
    def values(self) -> dict[str, Any]:
        arrays = self.case.arrays()
        with np.errstate(all="ignore"):
            found = evaluate(self.equations.values(), arrays, self.case.sizes, functions=self.functions)
        return {**arrays, **found}

    @property
    def functions(self) -> Any:
        return self.derivation.network.functions

    def value(self, equation: Equation, body: ex.Expr) -> Any:
        claim = Equation("claim", equation.indices, body)
        declared = {**self.tensors, "claim": Tensor("claim", self.tensors[equation.target].axes)}
        values = evaluate([claim], self.values, self.case.sizes, functions=self.functions, tensors=declared)
        return values["claim"]

    def proof(self, adjoint: Adjoint, claim: ex.Expr) -> Any:
        facts = Facts({t.name: t.axes for t in self.tensors.values()}, ranges(self.tensors.values()))
        others = {name: e for name, e in self.equations.items() if name != adjoint.equation.target}
        body = adjoint.equation.body
        return prove_equal(claim, body, facts, self.functions, others, time_limit_seconds=TIME_LIMIT_SECONDS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_step_of_a_derivation_is_proved(case: Case) -> None:
    derived = Derived(case)
    for adjoint in derived.derivation.adjoints:
        for claim in (adjoint.steps[0].after, adjoint.exact.body):
            proof = derived.proof(adjoint, claim)
            assert proof is not None, f"{adjoint.equation.target} = {claim}"
            assert proof.kinks == ()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_mutant_is_proved(case: Case) -> None:
    none_proved(case, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_none_of_many_mutants_is_proved(case: Case) -> None:
    none_proved(case, MANY)


def none_proved(case: Case, count: int) -> None:
    derived = Derived(case)
    random_ = random.Random(case.name)
    for adjoint in derived.derivation.adjoints:
        equation = adjoint.equation
        found = [(name, m) for name, m in mutants(equation.body, derived.tensors) if m != equation.body]
        truth = derived.values[equation.target]
        for name, mutant in random_.sample(found, min(len(found), count)):
            wrong = derived.value(equation, mutant)
            if not same(truth, wrong):
                proof = derived.proof(adjoint, mutant)
                assert proof is None, f"{name}: {equation.target} = {mutant}"


def same(left: Any, right: Any) -> bool:
    """True where two arrays agree wherever both are finite."""
    a, b = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    finite = np.isfinite(a) & np.isfinite(b)
    return bool(np.allclose(a[finite], b[finite], rtol=1e-7, atol=1e-9))
