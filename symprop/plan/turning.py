"""Factors of products stored the other way round, where vector code would have to do that again and again.

The right factor of sum[k](A[n,k]*W[j,k]) lies across the lanes j.  Where the product is two plain loops, over n and j,
the SIMD layer turns it on the way, a panel at a time; of one inside other loops, or of more axes, it is stored as
(inner, columns) before.

Enters: stages.  Leaves: stages, those that store a factor among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symprop.language import Equation, Read, Tensor
from symprop.language.expressions import reads, tensors_read, transform
from symprop.plan.contraction import TURNED, scratch
from symprop.plan.fusion import fuse
from symprop.plan.recurrence import Unit
from symprop.plan.values import Product, Stage

LONGEST_PANEL = 2048
"""Terms of a sum up to which a panel of its factor is not too large for the SIMD layer, whatever the vectors."""


def factors_stored(stages: Sequence[Stage], tensors: dict[str, Tensor]) -> tuple[Stage, ...]:
    """The stages with factors stored where it pays; tensors that this takes are added to `tensors`."""
    return tuple(own for stage in stages for own in _with_factor(stage, tensors))


def _with_factor(stage: Stage, tensors: dict[str, Tensor]) -> Iterator[Stage]:
    product = stage.product
    if product is not None and product.right_transposed and _pays(product) and not _as_panels(product, stage):
        equation = _stored(product, scratch(product.out, tensors))
        tensors[equation.target] = Tensor(equation.target, tuple(i.extent for i in equation.free))
        yield from fuse([Unit((equation,))])
        stage = _reading(stage, product, equation)
    yield stage


def _factor(product: Product) -> Read:
    """The right factor, the one with the last axis of the product."""
    last = product.equation.indices[-1]
    return next(read for read in reads(product.equation.body) if last in read.indices)


def _pays(product: Product) -> bool:
    """True of columns that are enough, and of a factor whose size is known."""
    named = any(p.index is None or p.index.extent.names for p in _factor(product).indices)
    return not named and (product.columns.constant or 0) >= TURNED


def _as_panels(product: Product, stage: Stage) -> bool:
    """True of a product of two plain loops, whose terms are those of one more."""
    axes = len(product.equation.indices), len(_factor(product).indices)
    length = product.inner.constant or 0
    return axes == (2, 2) and 1 < length <= LONGEST_PANEL and (product.large or not stage.shared)


def _stored(product: Product, name: str) -> Equation:
    """The right factor as (inner, columns)."""
    read, own = _factor(product), product.equation
    columns = [p for p in read.indices if p in own.indices]
    inner = [p for p in read.indices if p not in columns]
    return Equation(name, (*inner, *columns), read, own.number, origin=own.origin)


def _reading(stage: Stage, product: Product, equation: Equation) -> Stage:
    """The stage with a product that reads its right factor as it is stored."""
    old, new = _factor(product), Read(equation.target, equation.indices)
    whole = product.equation.with_body(transform(product.equation.body, lambda e: new if e == old else e))
    inputs = tuple(equation.target if name == product.right else name for name in stage.inputs)
    if product.right in {n for e in stage.equations for n in tensors_read(e.body)}:
        inputs = (*inputs, product.right)
    own = replace(product, right=equation.target, right_transposed=False, equation=whole)
    return replace(stage, product=own, inputs=inputs)
