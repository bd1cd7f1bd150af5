"""How the axes of one shape become those of another when entries keep their row-major order.

Enters: two shapes.  Leaves: groups of axes, several of one side for one of the other; extents may hold names.
"""

from __future__ import annotations

from collections.abc import Sequence

from symprop.language import Extent
from symprop.language.extents import ONE

Group = tuple[list[Extent], list[Extent]]


def completed(old: Sequence[Extent], wanted: Sequence[Extent | None]) -> list[Extent] | None:
    """The wanted shape with its -1, here None, found; None where nothing fits."""
    known = [extent for extent in wanted if extent is not None]
    if len(known) == len(wanted):
        return known
    rest = quotient(_product(old), _product(known))
    return None if rest is None else [rest if extent is None else extent for extent in wanted]


def regrouped(old: Sequence[Extent], new: Sequence[Extent]) -> list[Group] | None:
    """Groups of axes with the same product, axes of extent 1 left out; None where there are none.

    A group has one axis on at least one side: what would mix two axes on both sides has no index form.
    """
    before = [extent for extent in old if extent != ONE]
    after = [extent for extent in new if extent != ONE]
    groups: list[Group] = []
    while before and after:
        group = _group(before, after)
        if group is None:
            return None
        groups.append(group)
        before, after = before[len(group[0]) :], after[len(group[1]) :]
    return None if before or after else groups


def _group(before: list[Extent], after: list[Extent]) -> Group | None:
    for size in range(1, len(after) + 1):
        if _product(after[:size]) == before[0]:
            return before[:1], after[:size]
    for size in range(2, len(before) + 1):
        if _product(before[:size]) == after[0]:
            return before[:size], after[:1]
    return None


def _product(shape: Sequence[Extent]) -> Extent:
    whole = ONE
    for extent in shape:
        whole = whole * extent
    return whole


def quotient(whole: Extent, part: Extent) -> Extent | None:
    """whole / part where both are products of names and a number."""
    if len(whole.terms) != 1 or len(part.terms) != 1:
        return ONE if whole == part else None
    (names, above), (less, below) = whole.terms[0], part.terms[0]
    rest = list(names)
    for name in less:
        if name not in rest:
            return None
        rest.remove(name)
    return Extent({tuple(rest): above // below}) if above % below == 0 else None
