"""`=` for `+=`: of several contributions to one array only the last is kept.

Enters: a wrong claim of several statements.  Leaves: a sentence where adding, and not assigning, makes it right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symprop.language import Equation
from symprop.language import expressions as ex
from symprop.verification.case import TRUE, Case, exchanged_at
from symprop.verification.wording import plain_name


def overwritten(case: Case) -> Iterator[str]:
    """`=` in the claim where `+=` would make it right."""
    last = case.own[-1].target
    for words, equations in (*_accumulated(case.own), *_added(case)):
        if case.gives(equations, last, TRUE):
            yield f"Yours is right if {words}."
            return


def _added(case: Case) -> Iterator[tuple[str, list[Equation]]]:
    """`+=` where `=` threw away what the same name held, in one place or in all."""
    places = [k for k in range(len(case.own)) if _earlier(case.own, k) is not None]
    for chosen in [[k] for k in places] + ([places] if len(places) > 1 else []):
        equations, lost = list(case.own), []
        for k in chosen:
            earlier = _earlier(case.own, k)
            assert earlier is not None
            equations = exchanged_at(equations, k, ex.add(earlier[0], equations[k].body))
            lost.append(case.words(earlier[1], case.own[k]))
        name = plain_name(case.own[chosen[0]].target)
        effect = f"which keeps the last contribution and loses {' and '.join(lost)}"
        yield f"{name} += stands in place of {name} =, {effect}", equations


def _earlier(equations: Sequence[Equation], place: int) -> tuple[ex.Expr, ex.Expr] | None:
    """The value of the same name before an assignment that does not read it, as a read and written out."""
    own = equations[place]
    for other in reversed(equations[:place]):
        if plain_name(other.target) == plain_name(own.target) and len(other.indices) == len(own.indices):
            at = {i: p for p, q in zip(own.indices, other.indices, strict=True) if (i := q.index) is not None}
            lost = other.target not in ex.tensors_read(own.body)
            return (ex.Read(other.target, own.indices), ex.substitute(other.body, at)) if lost else None
    return None


def _accumulated(equations: Sequence[Equation]) -> Iterator[tuple[str, list[Equation]]]:
    """`d[a:b] +=` for `d[a:b] =`, in all assignments to parts of an array."""
    new = [e.with_body(_kept(e.body)) for e in equations]
    changed = [plain_name(e.target) for e, other in zip(equations, new, strict=True) if e != other]
    if changed:
        name, effect = f"{changed[0]}[...]", "which keeps the last contribution to an entry"
        yield f"{name} += stands in place of {name} =, {effect}", new


def _kept(body: ex.Expr) -> ex.Expr:
    """old + [place]*(new - old) as old + [place]*new."""
    if not isinstance(body, ex.Add) or len(body.terms) != 2 or not isinstance(body.terms[1], ex.Guard):
        return body
    old, guarded = body.terms[0], body.terms[1]
    inner = guarded.body.terms if isinstance(guarded.body, ex.Add) else (guarded.body,)
    kept = [t for t in inner if t != ex.negate(old)]
    return ex.add(old, ex.guard(guarded.domain, ex.add(*kept))) if len(kept) < len(inner) else body
