"""Mistakes planted in right formulas: the text of a claim with one thing wrong, and what was done.

Works on Python's syntax tree of the claim, one node at a time.  Whether the result is wrong indeed is for the oracle to
say: a factor of 1 can be dropped without harm.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy

from tests.verification.harness import oracle
from tests.verification.harness.values import Mistake, Subject

Planted = tuple[ast.expr, Mistake]
NAMES_OF_FUNCTIONS = frozenset(oracle.FUNCTIONS)
OUT = ("Yours equals ours if .*left out", "missing factor", "missing division", "only the contribution")
CHANGED = ("sign",)
OPERAND = ("stands in place of", "taken at")
TWICE = ("in place of the derivative", "Yours is right if .*left out", "applied twice", "stands twice", "extra factor")


def planted(subject: Subject, target: str, text: str) -> Iterator[tuple[str, Mistake]]:
    """Wrong texts, each with its mistake; statements are changed in their last right side."""
    tree = ast.parse(text, mode="exec")
    last = tree.body[-1]
    for new, mistake in (*_whole(last.value), *_inside(subject, target, last.value)):  # type: ignore[attr-defined]
        changed = deepcopy(tree)
        changed.body[-1].value = new  # type: ignore[attr-defined]
        yield ast.unparse(ast.fix_missing_locations(changed)), mistake


def _whole(expr: ast.expr) -> Iterator[Planted]:
    yield ast.UnaryOp(ast.USub(), expr), Mistake("sign", CHANGED, ratio="-1")
    for over, under, ratio in (("2", "", "2"), ("", "2", "1/2"), ("N", "", "N"), ("", "N", "1/N")):
        new = ast.BinOp(_parse(over), ast.Mult(), expr) if over else ast.BinOp(expr, ast.Div(), _parse(under))
        yield new, Mistake("constant", (f"factor {re.escape(ratio)} is left out",), ratio=ratio)


def _inside(subject: Subject, target: str, expr: ast.expr) -> Iterator[Planted]:
    """Every mistake at every node."""
    for node in ast.walk(expr):
        if isinstance(node, ast.expr):
            for new, mistake in _here(subject, target, node):
                yield replaced(expr, node, new), mistake


def _here(subject: Subject, target: str, node: ast.expr) -> Iterator[Planted]:
    match node:
        case ast.BinOp(left, ast.Mult(), right):
            yield left, _left_out(right)
            yield right, _left_out(left)
            if not isinstance(right, ast.Constant):
                mistake = Mistake("extra factor", TWICE, _names(right))
                yield ast.BinOp(node, ast.Mult(), right), mistake
        case ast.BinOp(left, ast.Div(), right):
            if not _names(right) - {"N"}:
                yield left, Mistake("missing factor", OUT, ratio=ast.unparse(right).strip("()"), tokens=_names(right))
            else:
                yield left, _left_out(right)
        case ast.BinOp(left, ast.Add() | ast.Sub(), right):
            yield from _terms(node, left, right)
        case ast.BinOp(left, ast.MatMult(), right):
            yield (
                ast.BinOp(left, ast.Mult(), right),
                Mistake("elementwise for matrix product", ("entry by entry, not",), _names(node)),
            )
            yield from _transposed(subject, left, right, node)
        case ast.Name(name) if name not in NAMES_OF_FUNCTIONS and not name.isdigit():
            yield from _others(subject, target, name)
        case ast.Call(func=ast.Name("sum" | "mean" as name), keywords=keywords):
            yield from _reductions(node, name, keywords)
        case ast.Compare(left, [ast.Gt()], _):
            yield ast.Call(ast.Name("abs"), [left], []), Mistake("wrong form", OUT + OPERAND, _names(left))


def _left_out(factor: ast.expr) -> Mistake:
    if isinstance(factor, ast.Constant):
        words = (*OUT, "penalty", "is halved")
        return Mistake("missing factor", words, ratio={2: "1/2"}.get(factor.value, ""))  # type: ignore[call-overload]
    return Mistake("missing factor", OUT, _names(factor))


def _terms(node: ast.BinOp, left: ast.expr, right: ast.expr) -> Iterator[Planted]:
    """A term dropped or of the wrong sign; the derivative of tanh in its wrong forms."""
    minus = isinstance(node.op, ast.Sub)
    penalty = isinstance(right, ast.BinOp) and isinstance(right.left, ast.Constant)
    words = (*OUT, "penalty") if penalty else (*OUT, "stands in place of the derivative")
    kind = "penalty" if penalty else "dropped term"
    for kept, gone in ((left, right), (right, left)):
        if not isinstance(gone, ast.Constant):
            kept = ast.UnaryOp(ast.USub(), kept) if minus and gone is left else kept
            yield kept, Mistake(kind if gone is right else "dropped term", words, _names(gone), term=ast.unparse(gone))
    if penalty:
        twice = Mistake("penalty", (*TWICE, "penalty"), _names(right), term=ast.unparse(right))
        yield ast.BinOp(node, ast.Add(), right), twice
    flipped = ast.BinOp(left, ast.Add() if minus else ast.Sub(), right)
    is_square = isinstance(right, ast.BinOp) and isinstance(right.op, ast.Pow)
    if isinstance(left, ast.Constant) and is_square and minus:
        base = right.left  # type: ignore[attr-defined]
        names = _names(right)
        yield flipped, Mistake("wrong form", (*CHANGED, *OPERAND), names)
        inner = ast.BinOp(left, ast.Sub(), base)
        yield inner, Mistake("wrong form", (*OPERAND, *OUT), names)
        yield ast.BinOp(inner, ast.Pow(), ast.Constant(2)), Mistake("wrong form", OPERAND, names)
    else:
        yield flipped, Mistake("sign of a term", (*CHANGED, "stands in place of the derivative"), _names(right))


def _transposed(subject: Subject, left: ast.expr, right: ast.expr, node: ast.BinOp) -> Iterator[Planted]:
    for side in (left, right):
        new = side.value if isinstance(side, ast.Attribute) else ast.Attribute(side, "T")
        changed = ast.BinOp(new, ast.MatMult(), right) if side is left else ast.BinOp(left, ast.MatMult(), new)
        yield changed, Mistake("transpose", ("transpose",), _names(side))
    mistake = Mistake("order of a product", ("multiplied in the other order",))
    yield ast.BinOp(right, ast.MatMult(), left), mistake


def _others(subject: Subject, target: str, name: str) -> Iterator[Planted]:
    """Another tensor of the same shape, at most four of them: the nearest in the network first."""
    known = {k: v for k, v in oracle.values(subject, 1).items() if isinstance(v, oracle.np.ndarray)}
    shapes = {k: v.shape for k, v in known.items() if k in subject.forward and k not in NAMES_OF_FUNCTIONS}
    before = list(subject.chain)[: list(subject.chain).index(target)]
    shapes |= {d: shapes[d[1:]] for d in before if d[1:] in shapes}
    if name not in shapes:
        return
    same = [k for k, shape in shapes.items() if shape == shapes[name] and k != name and k not in subject.labels]
    order = list(shapes)
    same.sort(key=lambda k: (k.startswith("d") != name.startswith("d"), abs(order.index(k) - order.index(name))))
    for other in same[:3]:
        yield ast.Name(other), Mistake("wrong operand", OPERAND, frozenset({name, other}))


def _reductions(node: ast.Call, name: str, keywords: list[ast.keyword]) -> Iterator[Planted]:
    if name == "sum":
        changed = ast.Call(ast.Name("mean"), node.args, keywords)
        ratio = "1/N|1/4" if keywords else "1/(4*N)"
        yield changed, Mistake("mean for sum", ("mean", "divided by N", "factor 1/"), ratio=ratio)
    for keyword in keywords:
        if keyword.arg == "axis":
            other = ast.keyword("axis", ast.Constant(1 - keyword.value.value))  # type: ignore[attr-defined]
            rest = [k for k in keywords if k is not keyword]
            yield ast.Call(node.func, node.args, [other, *rest]), Mistake("sum over the wrong axis", ("axis",))


def _names(node: ast.expr) -> frozenset[str]:
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return frozenset(found - NAMES_OF_FUNCTIONS)


def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def replaced(expr: ast.expr, old: ast.expr, new: ast.expr) -> ast.expr:
    """The expression with one node exchanged, by its place in the walk."""
    place = next(k for k, node in enumerate(ast.walk(expr)) if node is old)
    root = deepcopy(expr)
    found = next(node for k, node in enumerate(ast.walk(root)) if k == place)
    if found is root:
        return deepcopy(new)
    for parent in ast.walk(root):
        for field, value in ast.iter_fields(parent):
            if value is found:
                setattr(parent, field, deepcopy(new))
                return root
            if isinstance(value, list) and any(v is found for v in value):
                value[:] = [deepcopy(new) if v is found else v for v in value]
                return root
    raise AssertionError(ast.dump(expr))


def inlined(chain: Mapping[str, str], target: str, steps: int = 1) -> str:
    """A formula with earlier claims written out in it, as people who skip steps write it."""
    text = chain[target]
    for _ in range(steps):
        tree = ast.parse(text, mode="eval")
        known = {k: v for k, v in chain.items() if k != target and "\n" not in v}
        text = ast.unparse(_Inline(known).visit(tree))
    return text


class _Inline(ast.NodeTransformer):
    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _parse(self.known[node.id]) if node.id in self.known else node
