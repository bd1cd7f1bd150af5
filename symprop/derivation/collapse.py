"""Paths that part and meet again: dx = dxhat/s + dmu/N + 2*dvar*(x - mu)/N, where dmu and dvar read dxhat themselves.

Enters: the terms of an adjoint and the adjoints found so far.  Leaves: its right side with such adjoints put in, where
that names fewer tensors in no more terms, (dxhat - sum(dxhat)/N - xhat*sum(dxhat*xhat)/N)/s; else nothing.  It is for
readers: kernels compute dmu and dvar once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from symprop.algebra.simplify import assemble, collect
from symprop.algebra.terms import Term, eliminate
from symprop.derivation.compose import Composer
from symprop.derivation.values import Adjoint
from symprop.language import expressions as ex


@dataclass(frozen=True)
class Collapsed:
    """A right side, and the numbers of the adjoints put into it."""

    body: ex.Expr
    uses: tuple[int, ...]
    assumptions: tuple[str, ...]


def collapsed(
    terms: Sequence[Term],
    sources: Sequence[str],
    found: Mapping[str, Adjoint],
    composer: Composer,
    fold: Callable[[Term], Term],
) -> Collapsed | None:
    """The terms with the adjoints put in that lead to others among those they read.

    Args:
        terms: of one adjoint, folded and solved.
        sources: the tensors whose adjoints its chain rule reads.
        found: the adjoints found so far, by the name of their tensors.
        composer: what puts an adjoint in the place of its reads.
        fold: what replaces forward values in a term by their names.
    """
    upstream = {name: found[name] for name in sources if name in found}
    met = _meeting(terms, upstream, composer)
    if not met:
        return None
    new = list(terms)
    for _ in met:
        new = [part for term in new for part in composer.put_in(term, met)]
    solved = [t for t in (eliminate(term, composer.facts) for term in new) if t is not None]
    folded = collect(fold(t) for t in solved)
    names, before = _names(folded), _names(terms)
    if len(folded) > len(collect(terms)) or len(names) >= len(before):
        return None
    assumptions = tuple(dict.fromkeys(text for adjoint in met.values() for text in adjoint.assumptions))
    uses = tuple(sorted(adjoint.number for adjoint in met.values()))
    return Collapsed(_grouped(folded, composer.prefix, upstream), uses, assumptions)


def _meeting(terms: Sequence[Term], upstream: Mapping[str, Adjoint], composer: Composer) -> dict[str, Adjoint]:
    """The adjoints that read no other adjoints but those the terms read as well; none of a recurrence does."""
    prefix, known = composer.prefix, composer.facts.axes
    read = {name for name in _names(terms) if _is_adjoint(name, upstream, prefix)}
    met = {}
    for name, adjoint in upstream.items():
        own = {n for n in ex.tensors_read(adjoint.equation.body) if _is_adjoint(n, known, prefix)}
        if prefix + name in read and own and own <= read - {prefix + name}:
            met[name] = adjoint
    return met


def _is_adjoint(name: str, of: Mapping[str, object], prefix: str) -> bool:
    return name.startswith(prefix) and name.removeprefix(prefix) in of


def _names(terms: Sequence[Term]) -> set[str]:
    return {r.tensor for term in terms for base, _ in term.factors for r in ex.reads(base)}


def _grouped(terms: Sequence[Term], prefix: str, upstream: Mapping[str, Adjoint]) -> ex.Expr:
    """The terms assembled together, or by the adjoint that they read, where that repeats less."""
    groups: dict[frozenset[str], list[Term]] = {}
    for term in terms:
        read = frozenset(n for n in _names([term]) if _is_adjoint(n, upstream, prefix))
        groups.setdefault(read, []).append(term)
    whole, parts = assemble(terms), ex.add(*(assemble(group) for group in groups.values()))
    return parts if _reads(parts) < _reads(whole) else whole


def _reads(expr: ex.Expr) -> int:
    return sum(1 for _ in ex.reads(expr))
