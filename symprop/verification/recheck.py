"""A proof checked line by line without the prover: what a step leads to has the value of what it was done to.

Enters: a proof.  Leaves: what is wrong with it.  Every step is evaluated by the oracle, both sides on their own, at
random points of several shapes in many digits; and each step begins where an earlier one ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

import mpmath

from symprop.algebra.canonical import IsOneOf, IsPositive, Proof, ProofStep, RowsSumToOne
from symprop.algebra.rules import RECOGNISED
from symprop.algebra.terms import Facts
from symprop.errors import UndecidedError
from symprop.language import Equation, Extent, Index, Position, Tensor
from symprop.language import expressions as ex
from symprop.oracle import evaluate
from symprop.oracle.order import names_read, upstream
from symprop.verification.points import Array, draw_tensor
from symprop.verification.scene import DIGITS

SHAPES, TOLERANCE = 3, 1e-40


def recheck(proof: Proof, shapes: int = SHAPES) -> tuple[str, ...]:
    """What is wrong with a proof, one sentence a step; () where every step holds.

    Args:
        proof: of `prove_equal`, or one of `Verdict.proofs`.
        shapes: at how many random points, each of other extents.

    Raises:
        UndecidedError: no extents are found at which no axis is empty.
    """
    return (*_unlinked(proof), *_unequal(proof, shapes))


def _unlinked(proof: Proof) -> Iterator[str]:
    """Steps that begin with what no earlier step led to, and a proof that does not end with 0."""
    reached = {proof.question.left, proof.question.right}
    for number, step in enumerate(proof.steps, 1):
        definition = _definition(step, proof.question.definitions)
        difference = (ex.add(a, ex.negate(b)) for a in reached for b in reached)
        if not definition and step.before not in reached and step.before not in difference:
            yield f"step {number} ({step.rule}): it does not follow on from an earlier one."
        if not definition:
            reached.add(step.after)
    if not proof.steps or proof.steps[-1].after != ex.ZERO:
        yield "the last step does not end with 0."


def _definition(step: ProofStep, definitions: Mapping[str, Equation]) -> bool:
    equation = definitions.get(step.before.tensor) if isinstance(step.before, ex.Read) else None
    return equation is not None and ex.guard(equation.domain, equation.body) == step.after


def _unequal(proof: Proof, shapes: int) -> Iterator[str]:
    seen = dict.fromkeys(range(len(proof.steps)), False)
    wrong: set[int] = set()
    with mpmath.workdps(DIGITS):
        for seed in range(shapes):
            for number, found in enumerate(_differences(proof, seed)):
                seen[number] = seen[number] or bool(found)
                if number not in wrong and any(not d <= TOLERANCE for d in found):
                    wrong.add(number)
                    step = proof.steps[number]
                    yield f"step {number + 1} ({step.rule}): its two sides differ at a random point."
    for number in (n for n, known in seen.items() if not known):
        yield f"step {number + 1} ({proof.steps[number].rule}): it has no finite value at any of the points."


def _differences(proof: Proof, seed: int) -> Iterator[list[Any]]:
    """The relative differences of each step, entry by entry, where both sides are finite."""
    question = proof.question
    functions = {**RECOGNISED, **question.functions}
    pairs = [_pair(number, step) for number, step in enumerate(proof.steps)]
    needed = upstream([*question.definitions.values()], [n for pair in pairs for e in pair for n in names_read(e)])
    equations = [*needed, *(e for pair in pairs for e in pair)]
    read = {name for e in equations for name in names_read(e)} - {e.target for e in equations}
    sizes = _sizes(question.facts, {i.extent for e in equations for i in e.free}, seed)
    # every second time all entries lie between 0 and 1, where logarithms and roots are real
    declared = {name: _tensor(name, proof, seed % 2 == 1) for name in question.facts.axes}
    arrays = {name: draw_tensor(declared[name], sizes, seed) for name in sorted(read)}
    tensors = {name: tensor for name, tensor in declared.items() if name in {*read, *(e.target for e in needed)}}
    values = evaluate(equations, arrays, sizes, object, functions=functions, tensors=tensors)
    for before, after in pairs:
        yield list(_relative(values[before.target], values[after.target]))


def _pair(number: int, step: ProofStep) -> tuple[Equation, Equation]:
    free: Sequence[Index] = sorted(ex.free_indices(step.before) | ex.free_indices(step.after), key=lambda i: i.name)
    left = tuple(map(Position.of, free))
    return Equation(f"before {number}", left, step.before), Equation(f"after {number}", left, step.after)


def _relative(left: Array, right: Array) -> Iterator[Any]:
    for a, b in zip(left.ravel(), right.ravel(), strict=True):
        if mpmath.isfinite(a) and mpmath.isfinite(b):
            yield abs(a - b) / max(1, abs(a), abs(b))


def _sizes(facts: Facts, free: set[Extent], seed: int) -> dict[str, int]:
    """Sizes of the named extents, all different, at which no axis is empty."""
    axes = {axis for axes in facts.axes.values() for axis in axes} | free | set(facts.ranges.values())
    names = sorted({name for axis in axes for name in axis.names})
    taken = {axis.constant for axis in axes}
    some = [size for size in range(2, 20 + len(names)) if size not in taken][: len(names) + 2]
    some = some[seed % 3 :] + some[: seed % 3]
    for candidate in permutations(some, len(names)):
        sizes = dict(zip(names, candidate, strict=True))
        if all(axis.value(sizes) >= 1 for axis in axes):
            return sizes
    raise UndecidedError("the steps of a proof: there are no extents from 2 to 20 at which every axis has an entry.")


def _tensor(name: str, proof: Proof, positive: bool) -> Tensor:
    """A tensor of the question with what is assumed of it."""
    facts, assumptions = proof.question.facts, proof.question.assumptions
    simplex = next((a.axis for a in assumptions if isinstance(a, RowsSumToOne) and a.tensor == name), None)
    positive = positive or any(isinstance(a, IsPositive) and a.tensor == name for a in assumptions)
    high = facts.ranges.get(name)
    dtype = "real" if high is None else "integer"
    values = next(((a.low, a.high) for a in assumptions if isinstance(a, IsOneOf) and a.tensor == name), None)
    low = 0.0 if positive else None
    return Tensor(name, facts.axes[name], dtype, "input", high, simplex, low, values=values)
