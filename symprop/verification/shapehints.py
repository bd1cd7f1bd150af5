"""What would give a claim of another shape the right one, and the right value.

Enters: a claim and two scenes.  Leaves: a sentence that holds at both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations

import numpy as np

from symprop.errors import InputError
from symprop.language import Equation, Expr, Index, Position
from symprop.language.expressions import Reduce, reads, reduce_
from symprop.verification.case import given_those_above, same
from symprop.verification.points import Array
from symprop.verification.scene import Scene
from symprop.verification.values import Claim


def shape_hints(claim: Claim, scenes: Sequence[Scene], above: str = "") -> tuple[str, ...]:
    """Sentences for a claim of another shape: what would make it the true value, checked at two points.

    Args:
        claim: of the other shape.
        scenes: two of them.
        above: the first wrong claim that it rests on, "" where there is none.
    """
    assert claim.view is not None
    it = f"Given {above}, it" if above else "It"
    summed = _summed(claim, scenes)
    if summed:
        return (f"{it} is the true value if you {summed}.",)
    known = [(scene, pair) for scene in scenes if (pair := given_those_above(claim, scene)) is not None]
    pairs = [(mine, claim.view.shown(true, scene.point.sizes)) for scene, (mine, true) in known]
    if len(pairs) < 2:
        return ()
    changes = list(_changes(pairs[0][0].ndim))
    good = [words for change, words in changes if all(same(np.asarray(change(mine)), true) for mine, true in pairs)]
    return tuple(f"{it} is the true value if you {words}." for words in good[:1])


def _changes(rank: int) -> Iterator[tuple[Callable[[Array], Array], str]]:
    yield lambda a: a.T, "transpose it"
    for axis in range(rank):
        yield partial(_squeezed, axis=axis), f"drop axis {axis}, of extent 1 (no keepdims)"
        yield partial(np.sum, axis=axis), f"sum it over axis {axis}"
        yield partial(np.sum, axis=axis, keepdims=True), f"sum it over axis {axis} with keepdims=True"
    for axis in range(rank + 1):
        yield partial(np.expand_dims, axis=axis), f"give it an axis {axis} of extent 1"


def _summed(claim: Claim, scenes: Sequence[Scene]) -> str:
    """Which axes to sum over, where a sum over others is the true value: fewer of them, or another one."""
    equation = claim.formulas[-1]
    body, free = equation.body, [p.index for p in equation.indices]
    plain = all(index is not None and index.extent.constant != 1 for index in free)
    if not (isinstance(body, Reduce) and body.op == "sum" and not body.domain) or not plain:
        return ""
    every = _in_order([*(i for i in free if i is not None), *body.indices], body.body)
    for count in range(1, len(every)):
        for summed in combinations(every, count):
            left = [index for index in every if index not in summed]
            kept = Equation(f"{equation.target} kept", tuple(map(Position.of, left)), reduce_("sum", summed, body.body))
            if set(summed) != set(body.indices) and all(_is_true(kept, claim, scene) for scene in scenes):
                axes = tuple(map(every.index, summed))
                shown = str(axes[0]) if count == 1 else str(axes)
                less = set(summed) < set(body.indices)
                return f"sum over axis {shown} {'alone' if less else 'instead'}"
    return ""


def _in_order(indices: Sequence[Index], body: Expr) -> list[Index]:
    """The indices as they stand in an array that has them all."""
    for read in reads(body):
        found = [p.index for p in read.indices if p.index is not None]
        if set(found) == set(indices) and len(found) == len(indices):
            return found
    return list(indices)


def _is_true(kept: Equation, claim: Claim, scene: Scene) -> bool:
    assert claim.view is not None
    local = scene.local(claim)
    true = claim.view.shown(scene.truth[claim.target] if local is None else local, scene.point.sizes)
    try:
        found = scene.evaluated([*claim.formulas[:-1], kept], {**scene.truth, **scene.claimed})[kept.target]
    except InputError:
        return False
    return same(found, true)


def _squeezed(array: Array, axis: int) -> Array:
    return array.squeeze(axis) if array.shape[axis] == 1 else array
