"""Library functions and stored intermediates replaced by their formulas.

Enters: expressions, definitions.  Leaves: expressions in primitives.
"""

from __future__ import annotations

from collections.abc import Mapping

from symprop.language import expressions as ex
from symprop.language.equations import Function, Network, ranges
from symprop.language.extents import Extent
from symprop.language.indices import within


def unfold_functions(expr: ex.Expr, functions: Mapping[str, Function]) -> ex.Expr:
    """The expression with every call of a library function replaced by its formula; sqrt(x) is x**(1/2)."""
    if isinstance(expr, ex.Read | ex.IndexValue | ex.Number | ex.Constant):
        return expr
    children = tuple(unfold_functions(child, functions) for child in expr.children())
    if isinstance(expr, ex.Call) and expr.name in functions:
        return _formula(functions[expr.name], children, functions)
    return expr.rebuild(children) if children else expr


PIECEWISE = ("abs", "max", "min", "sign")


def _formula(function: Function, args: tuple[ex.Expr, ...], functions: Mapping[str, Function]) -> ex.Expr:
    names = (*function.args, *(name for name, _ in function.params))
    values = dict(zip(names, args, strict=True))

    # first its own calls, then the arguments: an argument may bear the name of another function's argument
    return _filled(unfold_functions(function.body, functions), values)


def _filled(expr: ex.Expr, values: Mapping[str, ex.Expr]) -> ex.Expr:
    """The formula with values for its arguments; the values themselves are left as they are."""
    if isinstance(expr, ex.Read):
        return values.get(expr.tensor, expr) if not expr.indices else expr
    children = expr.children()
    return expr.rebuild(tuple(_filled(child, values) for child in children)) if children else expr


# -- stored intermediates ----------------------------------------------------------------------------------------


def unfold_reads(expr: ex.Expr, network: Network) -> ex.Expr:
    """Reads of intermediates replaced by their equations, inside log and below a fraction line.

    A stored softmax or sigmoid has rounded to 0 or 1 where its logarithm is still finite; a read is replaced where the
    equation is entrywise, or a quotient of exponentials over their row, and holds at every entry that is read.
    """
    extents_of = ranges(network.tensors.values())

    def visit(node: ex.Expr, inside: bool) -> ex.Expr:
        if isinstance(node, ex.Read):
            found = _definition(node, network, extents_of) if inside else None
            return node if found is None else visit(found, True)
        if isinstance(node, ex.Reduce | ex.Guard | ex.Compare):
            inside = False
        if isinstance(node, ex.Call):
            # an exponent that is off by its rounding is what any argument is
            inside = node.name == "log" or (inside and node.name in PIECEWISE)
        if isinstance(node, ex.Pow):
            exponent = ex.number(node.exponent)
            below = inside or (exponent is not None and exponent < 0)
            return node.rebuild((visit(node.base, below), visit(node.exponent, False)))
        children = node.children()
        return node.rebuild(tuple(visit(child, inside) for child in children)) if children else node

    return visit(expr, False)


def _definition(read: ex.Read, network: Network, extents_of: Mapping[str, Extent]) -> ex.Expr | None:
    equation = network.defining(read.tensor)
    tensor = network.tensors.get(read.tensor)
    if equation is None or tensor is None or tensor.role != "intermediate" or equation.domain:
        return None
    indices = [position.index for position in equation.indices]
    if any(i is None for i in indices):
        return None
    if not all(within(p, axis, extents_of) for p, axis in zip(read.indices, tensor.axes, strict=True)):
        return None
    body = unfold_functions(equation.body, network.functions)
    if read.tensor in ex.tensors_read(body) or not _worthwhile(body):
        return None
    mapping = {i: p for i, p in zip(indices, read.indices, strict=True) if i is not None}
    return ex.substitute(body, mapping)


def _worthwhile(body: ex.Expr) -> bool:
    """True where exponentials are in it, and nothing that is dear to compute again."""
    calls = {n.name for n in ex.walk(body) if isinstance(n, ex.Call)}
    reductions = [n for n in ex.walk(body) if isinstance(n, ex.Reduce)]
    return bool(calls & {"exp", "erf"}) and all(_row_sum(r) for r in reductions)


def _row_sum(reduction: ex.Reduce) -> bool:
    body = reduction.body
    return reduction.op == "sum" and isinstance(body, ex.Call) and body.name == "exp"
