"""What is 0 identically: gradients by a bias before a normalisation or of the keys of an attention, and why.

Enters: a derivation.  Leaves: sentences.  All follow from one fact, that an adjoint sums to 0 along an axis: the loss
does not change when one number is added to all entries of the tensor along it.  It is proved from the equations of the
adjoint, as are sums of rows anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from symprop.algebra.terms import Facts, Term, eliminate, terms_of
from symprop.derivation.rows import RowSum, RowSums
from symprop.derivation.values import Adjoint, Derivation
from symprop.language import Tensor, ranges


def truths(derivation: Derivation) -> tuple[str, ...]:
    """Gradients that are identically 0, and shifts that do not change the loss."""
    rows = _row_sums(derivation)
    return (*_unused(derivation), *_zero_gradients(derivation, rows), *_shifts(derivation, rows))


def _row_sums(derivation: Derivation) -> RowSums:
    """The sums of rows of forward values and of adjoints alike."""
    network = derivation.network
    adjoints = {a.equation.target: replace(network.tensors[a.tensor], name=a.equation.target) for a in derivation}
    tensors: dict[str, Tensor] = {**network.tensors, **{n: replace(t, simplex=None) for n, t in adjoints.items()}}
    equations = (*network.equations, *(a.equation for a in derivation))
    whole = replace(network, tensors=tensors, equations=equations, updates=(), inference=())
    return RowSums(whole, Facts({name: t.axes for name, t in tensors.items()}, ranges(tensors.values())))


def _unused(derivation: Derivation) -> Iterator[str]:
    for tensor in derivation.network.params:
        if tensor.name not in derivation:
            yield f"{derivation.prefix}{tensor.name} = 0 identically: the loss does not depend on {tensor.name}."


def _zero_gradients(derivation: Derivation, rows: RowSums) -> Iterator[str]:
    for tensor in derivation.network.params:
        if tensor.name in derivation:
            adjoint = derivation[tensor.name]
            terms = (term for term in terms_of(adjoint.equation.body, expand=True) if term.coefficient)
            reasons = [_reason(term, rows) for term in terms]
            if all(reasons):
                why = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
                yield f"{adjoint.equation.target} = 0 identically: {why or 'its terms cancel'}."


def _reason(term: Term, rows: RowSums) -> str | None:
    """Why a term is 0, None where nothing says so."""
    solved = eliminate(term, rows.facts)
    left = None if solved is None else rows.bare(solved)
    while left is not None and (found := rows.summable(left)) is not None:
        indices, read, row = found
        if row.value == 0:
            return _vanishing(read.tensor, [i.name for i in indices], row)
        rest = tuple(f for f in left.factors if f[0] != read)
        left = Term(left.coefficient, tuple(i for i in left.bound if i not in indices), left.domain, rest)
    return None


def _shifts(derivation: Derivation, rows: RowSums) -> Iterator[str]:
    """One sentence for each tensor at which an invariance begins; what is linear in it inherits it."""
    for adjoint in derivation:
        if len(terms_of(adjoint.equation.body, expand=True)) > 1:
            for axes in _least_axes(adjoint, rows):
                yield _shift(adjoint, axes, rows)


def _least_axes(adjoint: Adjoint, rows: RowSums) -> Iterator[tuple[int, ...]]:
    """Sets of axes along which the adjoint sums to 0, none of which holds another."""
    plain = [axis for axis, position in enumerate(adjoint.equation.indices) if position.index is not None]
    kept: list[tuple[int, ...]] = []
    for count in range(1, len(plain) + 1):
        for axes in combinations(plain, count):
            if not any(set(k) <= set(axes) for k in kept):
                found = rows.row_sum(adjoint.equation.target, axes)
                kept += [axes] if found is not None and found.value == 0 else []
    yield from kept


def _shift(adjoint: Adjoint, axes: tuple[int, ...], rows: RowSums) -> str:
    indices = adjoint.equation.indices
    at = ",".join("." if k in axes else str(p) for k, p in enumerate(indices))
    row = rows.row_sum(adjoint.equation.target, axes)
    total = _vanishing(adjoint.equation.target, [str(indices[k]) for k in axes], row)
    return f"The loss does not change when one number is added to all {adjoint.tensor}[{at}]: {total}."


def _vanishing(name: str, indices: Sequence[str], row: RowSum | None) -> str:
    assumed = f", as {row.assumption}" if row is not None and row.assumption else ""
    return f"{name} sums to 0 over {', '.join(indices)}{assumed}"
