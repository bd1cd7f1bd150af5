"""Our own adjoint equations, printed and read back as claims in index notation; each with a mistake as well."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from symprop.derivation import derive
from symprop.errors import ClaimError
from symprop.language import Equation, Extent, Index, Network, Position, extent_names
from symprop.language import expressions as ex
from symprop.network import laid_out
from symprop.verification import Report, verify
from symprop.verification.claimsfile import parse_claims
from symprop.verification.values import WRONG
from tests.algebra.mutations import mutants
from tests.algebra.test_canonical_mutants import Derived, same
from tests.cases.equations import CASES, Case

RECURRENCES = {"elman", "elman_in_one_equation_last_step", "lstm", "bidirectional", "double_recurrence"}


def network(case: Case) -> Network:
    """The network of a case, with positive tensors declared so."""
    tensors = {n: replace(t, low=0.0) if n in case.positive.split() else t for n, t in case.network.tensors.items()}
    return replace(case.network, tensors=tensors)


def own_letters(equation: Equation, number: int) -> Equation:
    """The equation with names of its own for the free indices, so that each of them has one extent in a file."""
    places = {i: Position.of(Index(f"{i.name}{number}", i.extent)) for i in equation.free}
    indices = tuple(p.substitute(places) for p in equation.indices)
    body, domain = ex.substitute(equation.body, places), equation.domain.substitute(places)
    return replace(equation, indices=indices, body=ex.guard(domain, body), domain=Equation("", (), ex.ZERO).domain)


def claims(equations: list[Equation]) -> str:
    """A file of claims."""
    lines = [str(equation).partition(" = ") for equation in equations]
    pairs = [(left if "[" in left else f"{left}[]", right) for left, _, right in lines]
    extents = {i.name: str(i.extent) for e in equations for i in (*e.free, *bound(e, equations))}
    written = [*("  " + f"{name}: {json.dumps(size)}" for name, size in extents.items())]
    return "\n".join(["indices:", *written, "claims:", *(f"  {json.dumps(a)}: {json.dumps(b)}" for a, b in pairs)])


def bound(equation: Equation, equations: list[Equation]) -> list[Index]:
    """The bound indices whose name has one extent in all equations."""
    everywhere: dict[str, set[Extent]] = {}
    for index in (i for e in equations for i in ex.all_indices(e.body)):
        everywhere.setdefault(index.name, set()).add(index.extent)
    return [i for i in ex.all_indices(equation.body) if len(everywhere[i.name]) == 1]


def report(case: Case, equations: list[Equation]) -> Report:
    return verify(network(case), parse_claims(claims(equations), case.name))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_adjoint_is_proved(case: Case) -> None:
    adjoints = [own_letters(a.equation, k) for k, a in enumerate(Derived(case).derivation)]
    found = report(case, adjoints)
    assert len(found.given) == len(adjoints)
    assert {v.name: v.verdict for v in found.given} == {v.name: "PROVED" for v in found.given}


@pytest.mark.parametrize("case", [case for case in CASES if "N" in extent_names(case.network)], ids=str)
def test_every_adjoint_in_columns_is_proved(case: Case) -> None:
    columns = laid_out(network(case), "columns")
    adjoints = [own_letters(a.equation, k) for k, a in enumerate(derive(columns))]
    found = verify(columns, parse_claims(claims(adjoints), case.name))
    assert {v.name: v.verdict for v in found.given} == {a.target: "PROVED" for a in adjoints}


@pytest.mark.parametrize("case", [case for case in CASES if "N" in extent_names(case.network)], ids=str)
def test_adjoints_in_rows_are_proved_of_columns_where_they_are_declared(case: Case) -> None:
    derivation = derive(network(case))
    adjoints = [own_letters(a.equation, k) for k, a in enumerate(derivation)]
    file, in_rows = parse_claims(claims(adjoints), case.name), {"batch": "rows", "weights": "in_out"}
    columns = laid_out(network(case), "columns")
    if case.name in RECURRENCES:
        with pytest.raises(ClaimError, match="is a recurrence, which cannot be read under this convention"):
            verify(columns, file, convention=in_rows)
        return
    found = verify(columns, file, convention=in_rows)
    assert {v.name: v.verdict for v in found.given} == {a.target: "PROVED" for a in adjoints}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_mistake_is_refuted(case: Case) -> None:
    derived, draw = Derived(case), random.Random(case.name)
    adjoints = [a.equation for a in derived.derivation]
    places = list(range(len(adjoints)))
    draw.shuffle(places)
    place, mutant = next((k, m) for k in places for m in wrong(derived, adjoints[k], draw))
    changed = [e.with_body(mutant) if k == place else e for k, e in enumerate(adjoints)]
    found = report(case, [own_letters(e, k) for k, e in enumerate(changed)])
    verdict = found[adjoints[place].target]
    assert verdict.verdict in WRONG, f"{adjoints[place]} as {mutant}"
    assert verdict.flags == () and found.exit_code == 1


def wrong(derived: Derived, equation: Equation, draw: random.Random) -> list[ex.Expr]:
    """Right sides with one change that have other values, finite ones; in a random order."""
    known = {t.name for t in derived.derivation.network.tensors.values() if t.role != "loss"}
    known |= set(ex.tensors_read(equation.body))
    found = [m for _, m in mutants(equation.body, derived.tensors) if m != equation.body]
    found = [m for m in found if known.issuperset(ex.tensors_read(m))]
    draw.shuffle(found)
    truth = derived.values[equation.target]
    out = []
    for mutant in found[:6]:
        with np.errstate(all="ignore"):
            value = derived.value(equation, mutant)
        if not same(truth, value) and np.isfinite(np.asarray(value, dtype=float)).all():
            out.append(mutant)
    return out
