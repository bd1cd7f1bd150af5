"""What people write for the derivative of an activation, and where they take it.

Enters: the right side of an adjoint.  Leaves: the same with another derivative: that of another activation, one taken
of the activated value, or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from symprop.derivation import Derivation
from symprop.language import Read
from symprop.language import expressions as ex
from symprop.verification.mistakes import COMMON, LIKELY, Change, exchanged


def activations(derivation: Derivation) -> dict[str, str]:
    """Activated values with the values they are computed from, entry by entry: A1 from Z1."""
    found = {}
    for equation in derivation.network.equations:
        reads = list(ex.reads(equation.body))
        plain = all(r.indices == equation.indices for r in reads) and len({r.tensor for r in reads}) == 1
        if reads and plain and not isinstance(equation.body, Read) and not equation.domain:
            found[equation.target] = reads[0].tensor
    return found


def forms(body: ex.Expr, derivation: Derivation) -> Iterator[Change]:
    """The body with another derivative at one place."""
    pairs = activations(derivation)
    for node in ex.walk(body):
        whole = node is body and not any(isinstance(n, ex.Reduce) for n in ex.walk(body))
        if not isinstance(node, ex.Mul) and not whole:
            continue
        for activated in dict.fromkeys(r.tensor.removeprefix(derivation.prefix) for r in ex.reads(node)):
            if activated in pairs:
                for change in _at(node, derivation.prefix + activated, activated, pairs[activated]):
                    yield replace(change, expr=exchanged(body, node, change.expr))


def _at(node: ex.Expr, upstream: str, activated: str, before: str) -> Iterator[Change]:
    """Of dA * f'(Z) * rest, other factors for f'(Z)."""
    factors = node.factors if isinstance(node, ex.Mul) else (node,)
    read = next((f for f in factors if _reads(f, upstream)), None)
    if read is None and len(factors) == 1:
        read = next((r for r in ex.reads(node) if r.tensor == upstream), None)
    own = [f for f in factors if set(ex.tensors_read(f)) & {activated, before}]
    own = [f for f in own if set(ex.tensors_read(f)) <= {activated, before, upstream}]
    if read is None or not own or any(isinstance(n, ex.Reduce) for f in own for n in ex.walk(f)):
        return
    rest = [*(f for f in factors if f not in own and f != read), read]
    # an adjoint is linear in the one that it is made of
    derivative = ex.mul(*(ex.transform(f, lambda n: ex.ONE if _reads(n, upstream) else n) for f in own))
    yield Change(LIKELY, ex.mul(*rest), "the derivative {} is left out", (derivative,))
    at_value = ex.transform(derivative, lambda n: Read(activated, n.indices) if _reads(n, before) else n)
    if at_value != derivative:
        words = f"the derivative {{}} is taken at {activated}, not at {before}"
        yield Change(LIKELY, ex.mul(*rest, at_value), words, (derivative,))
    for form in _others(Read(activated, read.indices), Read(before, read.indices)):
        yield Change(COMMON, ex.mul(*rest, form), "{} stands in place of the derivative {}", (form, derivative))
    yield Change(COMMON, ex.mul(*rest, ex.power(derivative, ex.MINUS_ONE)), "it is divided by {}", (derivative,))


def _reads(node: ex.Expr, tensor: str) -> TypeGuard[Read]:
    return isinstance(node, Read) and node.tensor == tensor


def _others(a: Read, z: Read) -> Iterator[ex.Expr]:
    """Derivatives of other activations, and wrong ones of the usual three."""
    for x in (a, z):
        square = ex.power(x, ex.Number(2))
        less = ex.add(ex.ONE, ex.negate(x))
        yield ex.mul(x, less)
        yield ex.add(ex.ONE, ex.negate(square))
        yield from (less, x, ex.power(less, ex.Number(2)), ex.add(ex.ONE, square), ex.add(ex.ONE, x))
        yield ex.mul(x, ex.add(ex.ONE, x))
        yield ex.mul(x, ex.power(less, ex.Number(2)))
        yield ex.mul(square, less)
        yield from (square, ex.Call("abs", (x,)), ex.Call("max", (x, ex.ZERO)))
        yield ex.where(ex.Compare(x, ">", ex.ZERO), ex.ONE, ex.ZERO)
        yield ex.where(ex.Compare(x, "<", ex.ZERO), ex.ONE, ex.ZERO)
