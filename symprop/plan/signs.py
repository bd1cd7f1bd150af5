"""Signs that are asked of the result of max(0, z) in place of z, which need not be kept then.

    A[i] = max(0, Z[i]),  dZ[i] = dA[i]*where(Z[i] > 0, 1, 0)  ─►  dZ[i] = dA[i]*where(A[i] > 0, 1, 0)

Enters: the equations of a program.  Leaves: the same equations, of which fewer read Z.
"""

from __future__ import annotations

from collections.abc import Sequence

from symprop.language import Equation, Read
from symprop.language.expressions import ZERO, Call, Compare, Expr, tensors_read, transform


def signs_of_results(equations: Sequence[Equation]) -> list[Equation]:
    """The equations with Z > 0 as A > 0 where A is read by others anyway, and Z for its sign alone."""
    results = dict(filter(None, map(_rectified, equations)))
    for source, target in list(results.items()):
        readers = [e for e in equations if e.target != target]
        kept = any(source in tensors_read(_without_signs(e.body, source)) for e in readers)
        if kept or not any(target in tensors_read(e.body) for e in readers):
            del results[source]
    return [e.with_body(transform(e.body, lambda node: _of_result(node, results))) for e in equations]


def _rectified(equation: Equation) -> tuple[str, str] | None:
    """(Z, A) of an equation A = max(0, Z) at all points."""
    body = equation.body
    if equation.domain or not isinstance(body, Call) or body.name != "max" or ZERO not in body.args:
        return None
    others = [a for a in body.args if a != ZERO]
    read = others[0] if len(others) == 1 else None
    if not isinstance(read, Read) or read.indices != tuple(equation.indices):
        return None
    return (read.tensor, equation.target) if all(p.index is not None for p in read.indices) else None


def _source(node: Expr) -> Read | None:
    """The read of Z > 0."""
    positive = isinstance(node, Compare) and node.op == ">" and node.right == ZERO
    return node.left if positive and isinstance(node.left, Read) else None  # type: ignore[attr-defined]


def _of_result(node: Expr, results: dict[str, str]) -> Expr:
    read = _source(node)
    if read is None or read.tensor not in results:
        return node
    return Compare(Read(results[read.tensor], read.indices), ">", ZERO)


def _without_signs(body: Expr, source: str) -> Expr:
    return transform(body, lambda node: ZERO if getattr(_source(node), "tensor", "") == source else node)
