"""Ours and yours, one mistake apart: a mistake planted in our derivation that gives the claim, or one taken out of yours.

Enters: a wrong claim.  Leaves: `Yours equals ours if ...` and `Yours is right if ...`.  A mutant is tried in double
precision at one point; what is left is evaluated in all digits at both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic

from symprop.language import Equation
from symprop.language import expressions as ex
from symprop.oracle.order import downstream, upstream
from symprop.verification.case import Case, holds
from symprop.verification.mistakes import Change
from symprop.verification.mutations import mutants, scope_of
from symprop.verification.wording import plain_names

MOST, DEPTH = 2, 6
PLAIN_STEPS = ("delta elimination", "named values", "composition", "sum of rows")


def planted_in_ours(case: Case) -> Iterator[str]:
    """Our formula for this very gradient, with one mistake."""
    target = case.claim.target
    if target in case.derivation:
        yield from _ours(case, target)


def planted_before(case: Case) -> Iterator[str]:
    """The formulas that ours rests on and that no claim gives, with one mistake, nearest first."""
    for name in _before(case)[:DEPTH]:
        found = list(_ours(case, name))
        if found:
            yield from found
            return


def taken_out_of_yours(case: Case) -> Iterator[str]:
    """The claim itself, with one change that makes it right."""
    wanted, last = [true for _, true in case.pairs], case.own[-1].target
    for words, equations in (*_accumulated(case.own), *_added(case)):
        if _gives(case, equations, last, wanted):
            yield f"Yours is right if {words}."
            return
    for place, equation in reversed(list(enumerate(case.own))):
        scope = scope_of(equation, case.derivation, case.claim.target)
        found, seen = dict[str, None](), {equation.body}
        for change in mutants(equation.body, scope, case.derivation):
            if monotonic() > case.deadline or len(found) == MOST:
                break
            if change.expr not in seen and _gives(case, _with(case.own, place, change.expr), last, wanted):
                name = plain_names(equation.target)
                where = f"in {name}, " if name != case.claim.name else ""
                found[f"Yours is right if {where}{_words(case, change, equation)}."] = None
            seen.add(change.expr)
        if found:
            yield from found
            return


def _with(equations: Sequence[Equation], place: int, body: ex.Expr) -> list[Equation]:
    return [*equations[:place], equations[place].with_body(body), *equations[place + 1 :]]


def _added(case: Case) -> Iterator[tuple[str, list[Equation]]]:
    """`+=` where `=` threw away what the same name held, in one place or in all."""
    places = [k for k in range(len(case.own)) if _earlier(case.own, k) is not None]
    for chosen in [[k] for k in places] + ([places] if len(places) > 1 else []):
        equations, lost = list(case.own), []
        for k in chosen:
            earlier = _earlier(case.own, k)
            assert earlier is not None
            equations = _with(equations, k, ex.add(earlier[0], equations[k].body))
            lost.append(case.wording.shown(earlier[1], case.own[k].free))
        name = plain_names(case.own[chosen[0]].target)
        yield (
            f"{name} += stands for {name} =, which keeps only the last contribution: {' and '.join(lost)} is lost",
            equations,
        )


def _earlier(equations: Sequence[Equation], place: int) -> tuple[ex.Expr, ex.Expr] | None:
    """The value of the same name before an assignment that does not read it, as a read and written out."""
    own = equations[place]
    for other in reversed(equations[:place]):
        if plain_names(other.target) == plain_names(own.target) and len(other.indices) == len(own.indices):
            at = {i: p for p, q in zip(own.indices, other.indices, strict=True) if (i := q.index) is not None}
            lost = other.target not in ex.tensors_read(own.body)
            return (ex.Read(other.target, own.indices), ex.substitute(other.body, at)) if lost else None
    return None


def _accumulated(equations: Sequence[Equation]) -> Iterator[tuple[str, list[Equation]]]:
    """`d[a:b] +=` for `d[a:b] =`, in all assignments to parts of an array."""
    new = [e.with_body(_kept(e.body)) for e in equations]
    changed = [plain_names(e.target) for e, other in zip(equations, new, strict=True) if e != other]
    if changed:
        name = changed[0]
        yield f"{name}[...] += stands for {name}[...] =, which keeps only the last contribution to an entry", new


def _kept(body: ex.Expr) -> ex.Expr:
    """old + [place]*(new - old) as old + [place]*new."""
    if not isinstance(body, ex.Add) or len(body.terms) != 2 or not isinstance(body.terms[1], ex.Guard):
        return body
    old, change = body.terms
    inner = change.body.terms if isinstance(change.body, ex.Add) else (change.body,)  # type: ignore[attr-defined]
    kept = [t for t in inner if t != ex.negate(old)]
    return ex.add(old, ex.guard(change.domain, ex.add(*kept))) if len(kept) < len(inner) else body  # type: ignore[attr-defined]


# -- ours ----------------------------------------------------------------------------------------------------------


def _ours(case: Case, name: str) -> Iterator[str]:
    """Mistakes in the adjoint of a name that give the claimed values."""
    adjoint, target = case.derivation[name], case.claim.target
    claimed = [mine for mine, _ in case.pairs]
    path = _path(case, adjoint.equation.target)
    where = "" if adjoint.equation.target == target else f"in {adjoint.equation.target}, "
    scope = scope_of(adjoint.equation, case.derivation, target)
    for body in _bodies(case, name):
        found, seen = dict[str, None](), {body}
        for change in mutants(body, scope, case.derivation):
            if monotonic() > case.deadline or len(found) == MOST:
                break
            if change.expr in seen:
                continue
            seen.add(change.expr)
            if _gives(case, [adjoint.equation.with_body(change.expr), *path], target, claimed):
                found[f"Yours equals ours if {where}{_words(case, change, adjoint.equation)}."] = None
        if found:
            yield from found
            return


def _bodies(case: Case, name: str) -> list[ex.Expr]:
    """The right side as it stands, and as it stood after the steps of its derivation that can be read."""
    adjoint = case.derivation[name]
    return list(
        dict.fromkeys([adjoint.equation.body, *(s.after for s in reversed(adjoint.steps) if s.rule in PLAIN_STEPS)])
    )


def _path(case: Case, changed: str) -> list[Equation]:
    """The equations that carry a change to the target."""
    target = case.claim.target
    adjoints = [a.equation for a in case.derivation]
    given = case.scenes[0].overridden(case.claim)
    later = downstream(adjoints, changed)
    needed = {e.target for e in upstream(adjoints, [target])}
    return [e for e in adjoints if e.target in later & needed and e.target not in given and e.target != changed]


def _before(case: Case) -> list[str]:
    """Adjoints that the target rests on, those that a claim gives and those behind them left out."""
    given = case.scenes[0].overridden(case.claim)
    found, pending = list[str](), [case.claim.target]
    while pending:
        name = pending.pop(0)
        if name not in case.derivation:
            continue
        for read in ex.tensors_read(case.derivation[name].equation.body):
            is_adjoint = read.startswith(case.derivation.prefix) and read in case.derivation
            if is_adjoint and read not in given and read not in found and read != case.claim.target:
                found.append(read)
                pending.append(read)
    return found


# -- both ----------------------------------------------------------------------------------------------------------


def _gives(case: Case, equations: Sequence[Equation], target: str, wanted: Sequence[object]) -> bool:
    """Whether equations give the wanted values, roughly at one point and then in all digits at all of them."""
    arrays = [wanted[0], *wanted]
    for scene, array in zip((case.rough, *case.scenes), arrays, strict=True):
        if not holds(case.value(equations, target, scene), array, scene):  # type: ignore[arg-type]
            return False
    return True


def _words(case: Case, change: Change, equation: Equation) -> str:
    shown = [case.wording.shown(part, equation.free) for part in change.parts]
    return plain_names(change.words.format(*shown))
