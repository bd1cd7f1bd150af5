"""Ours and yours, one mistake apart: one planted in our derivation that gives the claim, or one taken out of the claim.

Enters: a wrong claim.  Leaves: `Yours equals ours if ...` and `Yours is right if ...`.  A mutant is tried in double
precision at one point; what is left is evaluated in all digits at both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from time import monotonic

from symprop.language import Equation
from symprop.language import expressions as ex
from symprop.oracle.order import downstream, upstream
from symprop.verification.activationforms import forms
from symprop.verification.case import Case, holds
from symprop.verification.mistakes import Change
from symprop.verification.mutations import mutants, scope_of
from symprop.verification.wording import plain_names

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
    wanted, last = [true for _, true in case.pairs], case.own[-1].target
    for words, equations in (*_accumulated(case.own), *_added(case)):
        if _gives(case, equations, last, wanted):
            yield f"Yours is right if {words}."
            return
    for place, equation in reversed(list(enumerate(case.own))):
        name = plain_names(equation.target)
        where = f"in {name}, " if name != case.claim.name else ""
        tried = _tried(case, equation, equation.body)
        good = (c for c in tried if _gives(case, _with(case.own, place, c.expr), last, wanted))
        if found := _alike(good):
            yield from (f"Yours is right if {where}{_words(case, c, equation)}." for c in found)
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
            f"{name} += stands in place of {name} =, which keeps the last contribution and loses {' and '.join(lost)}",
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
        yield (
            f"{name}[...] += stands in place of {name}[...] =, which keeps the last contribution to an entry",
            new,
        )


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
    """Mistakes in the formula of a name that give the claimed values."""
    equation, target = _equation(case, name), case.claim.target
    assert equation is not None
    claimed = [mine for mine, _ in case.pairs]
    path = _path(case, name)
    where = "" if name == target else f"in {name}, "
    for body in _bodies(case, name, equation):
        tried = _tried(case, equation, body, forms(body, case.derivation))
        good = (c for c in tried if _gives(case, [equation.with_body(c.expr), *path], target, claimed))
        if found := _alike(good):
            yield from (f"Yours equals ours if {where}{_words(case, c, equation)}." for c in found)
            return


def _tried(case: Case, equation: Equation, body: ex.Expr, derivatives: Iterable[Change] = ()) -> Iterator[Change]:
    """Mutants of a right side, each once, as long as there is time."""
    known = {body}
    for change in mutants(body, scope_of(equation, case.derivation, case.claim.target), derivatives):
        if monotonic() > case.deadline:
            return
        if change.expr not in known:
            known.add(change.expr)
            yield change


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
