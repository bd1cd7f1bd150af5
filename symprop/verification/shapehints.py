"""What would give a claim of another shape the right one, and the right value.

Enters: a claim and two scenes.  Leaves: a sentence that holds at both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations

import numpy as np

from symprop.errors import InputError
from symprop.language import Equation, Position
from symprop.language.expressions import Reduce, reduce_
from symprop.verification.case import given_those_above, same
from symprop.verification.points import Array
from symprop.verification.scene import Scene
from symprop.verification.values import Claim


def shape_hints(claim: Claim, scenes: Sequence[Scene]) -> tuple[str, ...]:
    """Sentences for a claim of another shape: what would make it the true value, checked at two points."""
    assert claim.view is not None
    less = _summed_less(claim, scenes)
    if less:
        return (less,)
    known = [(scene, pair) for scene in scenes if (pair := given_those_above(claim, scene)) is not None]
    pairs = [(mine, claim.view.shown(true, scene.point.sizes)) for scene, (mine, true) in known]
    if len(pairs) < 2:
        return ()
    changes = list(_changes(pairs[0][0].ndim))
    good = [words for change, words in changes if all(same(np.asarray(change(mine)), true) for mine, true in pairs)]
    return tuple(f"It is the true value if you {words}." for words in good[:1])


def _changes(rank: int) -> Iterator[tuple[Callable[[Array], Array], str]]:
    yield lambda a: a.T, "transpose it"
    for axis in range(rank):
        yield partial(_squeezed, axis=axis), f"drop axis {axis}, of extent 1 (no keepdims)"
        yield partial(np.sum, axis=axis), f"sum it over axis {axis}"
        yield partial(np.sum, axis=axis, keepdims=True), f"sum it over axis {axis} with keepdims=True"
    for axis in range(rank + 1):
        yield partial(np.expand_dims, axis=axis), f"give it an axis {axis} of extent 1"


def _summed_less(claim: Claim, scenes: Sequence[Scene]) -> str:
    """What to say of a sum over all axes, where one over fewer of them is the true value; "" otherwise."""
    equation = claim.formulas[-1]
    body = equation.body
    if not (isinstance(body, Reduce) and body.op == "sum" and not equation.indices and len(body.indices) > 1):
        return ""
    for count in range(1, len(body.indices)):
        for summed in combinations(range(len(body.indices)), count):
            free = [index for k, index in enumerate(body.indices) if k not in summed]
            inner = reduce_("sum", [body.indices[k] for k in summed], body.body, body.domain)
            kept = Equation(f"{equation.target} kept", tuple(map(Position.of, free)), inner)
            if all(_is_true(kept, claim, scene) for scene in scenes):
                axes = str(summed[0]) if count == 1 else str(summed)
                return f"It is the true value if you sum over axis {axes} alone."
    return ""


def _is_true(kept: Equation, claim: Claim, scene: Scene) -> bool:
    assert claim.view is not None
    true = claim.view.shown(scene.truth[claim.target], scene.point.sizes)
    try:
        found = scene.evaluated([*claim.formulas[:-1], kept], {**scene.truth, **scene.claimed})[kept.target]
    except InputError:
        return False
    return same(found, true)


def _squeezed(array: Array, axis: int) -> Array:
    return array.squeeze(axis) if array.shape[axis] == 1 else array
