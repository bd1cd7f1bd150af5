"""Ours and yours, one mistake apart: one planted in our derivation that gives the claim, or one taken out of the claim.

Enters: a wrong claim.  Leaves: `Yours equals ours if ...` and `Yours is right if ...`.  A mutant is tried in double
precision at one point; what is left is evaluated in all digits at both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from symprop.language import Equation
from symprop.language import expressions as ex
from symprop.oracle.order import downstream, upstream
from symprop.verification.activationforms import forms
from symprop.verification.case import CLAIMED, TRUE, Case, exchanged_at
from symprop.verification.mistakes import Change, Scope
from symprop.verification.mistakes_in_numbers import numbers_in
from symprop.verification.mutations import mutants, scope_of, together
from symprop.verification.wording import plain_name, plain_names

MOST, DEPTH = 2, 6
PLAIN_STEPS = ("delta elimination", "named values", "composition", "sum of rows")


def planted_in_ours(case: Case) -> Iterator[str]:
    """Our formula for this very gradient or value, with one mistake."""
    if _equation(case, case.claim.target) is not None:
        yield from _ours(case, case.claim.target)


def planted_before(case: Case) -> Iterator[str]:
    """The formulas that ours rests on and that no claim gives, with one mistake, nearest first."""
    for name in _before(case)[:DEPTH]:
        found = list(_ours(case, name))
        if found:
            yield from found
            return


def taken_out_of_yours(case: Case) -> Iterator[str]:
    """The claim itself, with one change that makes it right."""
    last = case.own[-1].target
    written = {e.target for e in case.claim.formulas}
    for place, equation in reversed(list(enumerate(case.own))):
        if equation.target not in written and equation is case.own[-1]:
            continue
        name = plain_name(equation.target)
        where = f"in {name}, " if name != case.claim.name else ""
        tried = _tried(case, equation, equation.body)
        good = (c for c in tried if case.gives(exchanged_at(case.own, place, c.expr), last, TRUE))
        if found := _alike(good):
            yield from (f"Yours is right if {where}{_words(case, c, equation)}." for c in found)
            return
    yield from _habit_of_yours(case, last)


def _habit_of_yours(case: Case, last: str) -> Iterator[str]:
    """One change made in all equations of the claim: a step and the formula that reads it forget the same epsilon."""
    bodies = [(e.body, _scope(case, e, e.body)) for e in case.own] if len(case.own) > 1 else []
    for change, changed in together(bodies):
        if case.limit.reached:
            return
        equations = [e.with_body(body) for e, body in zip(case.own, changed, strict=True)]
        if equations != case.own and case.gives(equations, last, TRUE):
            place = next(k for k, e in enumerate(case.own) if e != equations[k])
            yield f"Yours is right if {_words(case, change, case.own[place])}."
            return


# -- ours ----------------------------------------------------------------------------------------------------------


def _ours(case: Case, name: str) -> Iterator[str]:
    """Mistakes in the formula of a name that give the claimed values."""
    equation, target = _equation(case, name), case.claim.target
    if equation is None:  # an input is given, not made
        return
    path = _path(case, name)
    where = "" if name == target else f"in {name}, "
    for body in _bodies(case, name, equation):
        tried = _tried(case, equation, body, forms(body, case.derivation))
        good = (c for c in tried if case.gives([equation.with_body(c.expr), *path], target, CLAIMED))
        if found := _alike(good):
            yield from (f"Yours equals ours if {where}{_words(case, c, equation)}." for c in found)
            return


def _tried(case: Case, equation: Equation, body: ex.Expr, derivatives: Iterable[Change] = ()) -> Iterator[Change]:
    """Mutants of a right side, each once, as long as there is time."""
    known = {body}
    for change in mutants(body, _scope(case, equation, body), derivatives):
        if case.limit.reached:
            return
        if change.expr not in known:
            known.add(change.expr)
            yield change


def _scope(case: Case, equation: Equation, body: ex.Expr) -> Scope:
    """What could stand in a right side by mistake: of numbers, those that only the other side has."""
    scope, ours = scope_of(equation, case.derivation, case.claim.target), _equation(case, case.claim.target)
    known = [*(e.body for e in case.own), *([] if ours is None else [ours.body])]
    numbers = {*(n for expr in known for n in numbers_in(expr)), *(n for added in scope.added.values() for n in added)}
    other = sorted(numbers - numbers_in(body), key=lambda n: n.value)
    return replace(scope, numbers=tuple(other), steps_of_yours=case.steps)


def _alike(changes: Iterator[Change]) -> list[Change]:
    """The first of some changes, and one more where it is as likely."""
    found = list[Change]()
    for change in changes:
        if found and (change.rank > found[0].rank or len(found) == MOST):
            break
        found.append(change)
    return found


def _equation(case: Case, name: str) -> Equation | None:
    """Ours: of a value of the forward pass, or an adjoint."""
    if name in case.derivation.network.tensors:
        return case.derivation.network.defining(name)
    return case.derivation[name].equation if name in case.derivation else None


def _bodies(case: Case, name: str, equation: Equation) -> list[ex.Expr]:
    """The right side as it stands, and as it stood after the steps of its derivation that can be read."""
    steps = () if name in case.derivation.network.tensors else case.derivation[name].steps
    return list(dict.fromkeys([equation.body, *(s.after for s in reversed(steps) if s.rule in PLAIN_STEPS)]))


def _path(case: Case, changed: str) -> list[Equation]:
    """The equations that carry a change to the target."""
    target = case.claim.target
    adjoints = [a.equation for a in case.derivation] if changed not in case.derivation.network.tensors else []
    given = _used(case)
    later = downstream(adjoints, changed)
    needed = {e.target for e in upstream(adjoints, [target])}
    return [e for e in adjoints if e.target in later & needed and e.target not in given and e.target != changed]


def _before(case: Case) -> list[str]:
    """Adjoints that the target rests on; those that the claim takes from others and those behind them left out."""
    given = _used(case)
    found, pending = list[str](), [case.claim.target]
    while pending:
        name = pending.pop(0)
        equation = _equation(case, name)
        for read in ex.tensors_read(equation.body) if equation is not None else ():
            is_adjoint = read.startswith(case.derivation.prefix) and read in case.derivation
            if is_adjoint and read not in given and read not in found and read != case.claim.target:
                found.append(read)
                pending.append(read)
    return found


def _used(case: Case) -> set[str]:
    """What earlier claims give, and this one reads: what it does not read it has found anew."""
    read = {name for e in case.own for name in ex.tensors_read(e.body)}
    return read & set(case.scenes[0].overridden(case.claim))


# -- both ----------------------------------------------------------------------------------------------------------


def _words(case: Case, change: Change, equation: Equation) -> str:
    shown = [case.words(part, equation) for part in change.parts]
    return plain_names(change.words).format(*shown)
