"""What would give a claim of another shape the right one, and the right value.

Enters: a claim and two scenes.  Leaves: a sentence that holds at both.  Where the claim reads what is wrong itself, no
change of its shape makes it true; what would make it right given the earlier lines is said to be so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import permutations

import numpy as np

from symprop.errors import InputError
from symprop.language import Equation, Index, Position
from symprop.language import expressions as ex
from symprop.verification.case import same
from symprop.verification.points import Array
from symprop.verification.scene import Scene
from symprop.verification.values import Claim
from symprop.verification.views import ADDED
from symprop.verification.wording import plain_names

Way = tuple[str, list[Array]]
"""In words, with its values at all points."""


def shape_hints(claim: Claim, scenes: Sequence[Scene]) -> tuple[str, ...]:
    """Sentences for a claim of another shape: what would make it the true value, checked at two points."""
    assert claim.view is not None
    ways = [*_summed_otherwise(claim, scenes), *_changed(claim, scenes)]
    truths: list[Array | None] = [scene.truth[claim.target] for scene in scenes]
    local = [scene.local(claim) for scene in scenes]
    for start, found in (("It is the true value", truths), ("Given the earlier lines, it is right", local)):
        true = [claim.view.shown(a, s.point.sizes) for a, s in zip(found, scenes, strict=True) if a is not None]
        if len(true) == len(scenes) >= 2:
            for words, arrays in ways:
                if all(map(same, arrays, true)):
                    return (f"{start} if you {words}.",)
    return ()


# -- the array as it is ----------------------------------------------------------------------------------------------


def _changed(claim: Claim, scenes: Sequence[Scene]) -> Iterator[Way]:
    """The claimed array with its axes in another order, or with one more or less."""
    values = [scene.values(claim) for scene in scenes]
    mine = [pair[0] for pair in values if pair is not None]
    if len(mine) == len(scenes):
        for change, words in _changes(mine[0].ndim):
            yield words, [np.asarray(change(array)) for array in mine]


def _changes(rank: int) -> Iterator[tuple[Callable[[Array], Array], str]]:
    yield lambda a: a.T, "transpose it"
    for axis in range(rank):
        yield partial(_squeezed, axis=axis), f"drop axis {axis}, of extent 1 (no keepdims)"
        yield partial(np.sum, axis=axis), f"sum it over axis {axis}"
        yield partial(np.sum, axis=axis, keepdims=True), f"sum it over axis {axis} with keepdims=True"
    for axis in range(rank + 1):
        yield partial(np.expand_dims, axis=axis), f"give it an axis {axis} of extent 1"


def _squeezed(array: Array, axis: int) -> Array:
    return array.squeeze(axis) if array.shape[axis] == 1 else array


# -- the sum that it is ----------------------------------------------------------------------------------------------


def _summed_otherwise(claim: Claim, scenes: Sequence[Scene]) -> Iterator[Way]:
    """The sum that a claim is, times a constant, over other axes than its own; a mean as a mean, and as a sum."""
    assert claim.view is not None
    equation = claim.formulas[-1]
    factors = equation.body.factors if isinstance(equation.body, ex.Mul) else (equation.body,)
    sums = [f for f in factors if isinstance(f, ex.Reduce) and f.op == "sum" and not f.domain]
    rest = [f for f in factors if f not in sums]
    if len(sums) != 1 or any(map(ex.free_indices, rest)):
        return
    own, free = sums[0], ex.free_indices(sums[0])
    every = (*(i for p in equation.indices for i in p.index_atoms() if i in free), *own.indices)
    wanted = [axis for axis in claim.view.axes if axis.constant != 1]
    for kept in permutations(every, len(wanted)):
        over = [i for i in every if i not in kept]
        if [i.extent for i in kept] != wanted or not over or set(over) == set(own.indices):
            continue
        left = iter(kept)
        indices = [Position.of(ADDED if axis.constant == 1 else next(left)) for axis in claim.view.axes]
        moved = ex.mul(*rest, ex.reduce_("sum", over, own.body))
        for words, scale in _kinds(rest, own, over):
            other = Equation(f"{equation.target} otherwise", tuple(indices), ex.mul(scale, moved))
            arrays = [_value(other, claim, scene) for scene in scenes]
            if all(array is not None for array in arrays):
                lost = len(equation.indices) > len(every) - len(own.indices) and len(wanted) == len(indices)
                said = f"{words}{', without keepdims' if lost else ''}"
                yield said, [array for array in arrays if array is not None]


def _value(equation: Equation, claim: Claim, scene: Scene) -> Array | None:
    try:
        chosen = [*claim.formulas[:-1], equation]
        return scene.evaluated(chosen, {**scene.truth, **scene.claimed})[equation.target]
    except InputError:
        return None


def _kinds(rest: Sequence[ex.Expr], own: ex.Reduce, over: Sequence[Index]) -> Iterator[tuple[str, ex.Expr]]:
    """In words, and the factor that makes it of the same sum over other axes."""
    new, old, whose = _axes(own, over)
    if not _divided(rest, own.indices):
        alone = set(over) < set(own.indices)
        yield f"sum over {new}{' alone' if alone else f'{whose[0]}, not over {old}{whose[1]}'}", ex.ONE
        return
    count, other = (ex.mul(*(ex.size(Position.of(i.extent)) for i in axes)) for axes in (own.indices, over))
    yield f"take the mean over {new}{whose[0]}, not over {old}{whose[1]}", ex.divide(count, other)
    yield f"take the sum over {new}{whose[0]}, not the mean over {old}{whose[1]}", count


def _divided(rest: Sequence[ex.Expr], indices: Sequence[Index]) -> bool:
    """Whether a sum over some indices is divided by their number."""
    sizes = [ex.size(Position.of(i.extent)) for i in indices]
    number = math.prod(size.value for size in sizes if isinstance(size, ex.Number))
    named = [ex.power(size, ex.MINUS_ONE) for size in sizes if not isinstance(size, ex.Number)]
    below = math.prod(f.value.denominator for f in rest if isinstance(f, ex.Number))
    return all(f in rest for f in named) and below % number == 0


def _axes(own: ex.Reduce, over: Sequence[Index]) -> tuple[str, str, tuple[str, str]]:
    """The axes of the new sum and of the old one, and whose they are; their extents where no array has all of them."""
    read = next((r for r in ex.reads(own.body) if {*over, *own.indices} <= {p.index for p in r.indices}), None)
    if read is None:
        new, old = (" and ".join(str(i.extent) for i in axes) for axes in (over, own.indices))
        return f"what has the extent {new}", f"what has {old}", ("", "")
    at = {p.index: axis for axis, p in enumerate(read.indices)}
    numbers = [sorted(at[i] for i in axes) for axes in (over, own.indices)]
    new, old = (f"axis {n[0]}" if len(n) == 1 else f"axes {' and '.join(map(str, n))}" for n in numbers)
    name = plain_names(read.tensor)
    return new, old, (f" of {name}", "") if read == own.body else ("", f" (those of {name})")
