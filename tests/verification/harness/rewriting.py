"""Right formulas in other forms: identities of algebra and of NumPy applied to the syntax tree of a claim.

Every rule here is an identity; that the result is right is checked by the oracle all the same.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from tests.verification.harness import oracle
from tests.verification.harness.values import Subject

Rule = Callable[[ast.expr, "Ranks"], ast.expr | None]


class Ranks:
    """How many axes the expressions of a claim have, from the oracle's values."""

    def __init__(self, subject: Subject, target: str) -> None:
        names = dict(oracle.values(subject, 1))
        for name, formula in subject.chain.items():
            if name == target:
                break
            names[name] = oracle.run(formula, names)["_"]
        self.names = names

    def shape(self, node: ast.expr) -> tuple[int, ...]:
        return tuple(oracle.np.shape(oracle.run(ast.unparse(node), self.names)["_"]))


def rewritten(subject: Subject, target: str, text: str) -> Iterator[tuple[str, str]]:
    """(form, text) for every rule that applies somewhere, applied wherever it does."""
    if "\n" in text:
        return
    ranks = Ranks(subject, target)
    expr = ast.parse(text, mode="eval").body
    for form, rule in RULES.items():
        new = _Everywhere(rule, ranks).visit(ast.parse(text, mode="eval").body)
        shown = ast.unparse(ast.fix_missing_locations(new))
        if shown != ast.unparse(expr):
            yield form, shown
    yield from _whole(expr, ranks, target)


def _whole(expr: ast.expr, ranks: Ranks, target: str) -> Iterator[tuple[str, str]]:
    text, shape = ast.unparse(expr), ranks.shape(expr)
    if len(shape) == 2:
        yield "transposed twice", f"({text}).T.T"
        like = target[1:]
        yield "reshaped there and back", f"({text}).reshape(-1).reshape({like}.shape)"
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.Add | ast.Sub):
        sign = "+" if isinstance(expr.op, ast.Add) else "-"
        left, right = ast.unparse(expr.left), ast.unparse(expr.right)
        yield "statements", f"d = ({left}) * 1\nd {sign}= {right}"
        yield "statements", f"d = 0 * {target[1:]}\nd += {left}\nd {sign}= {right}"
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.Mult | ast.Div | ast.MatMult):
        left, right, sign = ast.unparse(expr.left), ast.unparse(expr.right), _sign(expr.op)
        yield "a name used again", f"d = {left}\nd = d {sign} ({right})"


def _sign(op: ast.operator) -> str:
    return {ast.Mult: "*", ast.Div: "/", ast.MatMult: "@"}[type(op)]


class _Everywhere(ast.NodeTransformer):
    """Applies a rule at every node, children first."""

    def __init__(self, rule: Rule, ranks: Ranks) -> None:
        self.rule, self.ranks = rule, ranks

    def visit(self, node: ast.AST) -> ast.AST:
        node = self.generic_visit(node)
        new = self.rule(node, self.ranks) if isinstance(node, ast.expr) else None
        return node if new is None else new


# -- rules ---------------------------------------------------------------------------------------------------------


def _commuted(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.Mult() | ast.Add() as op, right):
            return ast.BinOp(right, op, left)
        case ast.BinOp(left, ast.Sub(), right):
            return ast.BinOp(ast.UnaryOp(ast.USub(), right), ast.Add(), left)
    return None


def _expanded(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.Mult(), ast.BinOp(a, ast.Add() | ast.Sub() as op, b)):
            return ast.BinOp(ast.BinOp(left, ast.Mult(), a), op, ast.BinOp(left, ast.Mult(), b))
        case ast.BinOp(ast.BinOp(a, ast.Add() | ast.Sub() as op, b), ast.Div(), right):
            return ast.BinOp(ast.BinOp(a, ast.Div(), right), op, ast.BinOp(b, ast.Div(), right))
    return None


def _squares(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(ast.Constant(1), ast.Sub(), ast.BinOp(base, ast.Pow(), ast.Constant(2))):
            return _parse(f"(1 - {ast.unparse(base)}) * (1 + {ast.unparse(base)})")
        case ast.BinOp(base, ast.Pow(), ast.Constant(2)):
            return ast.BinOp(base, ast.Mult(), base)
    return None


def _negated_twice(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.Sub(), right):
            return ast.UnaryOp(ast.USub(), ast.BinOp(right, ast.Sub(), left))
    return None


def _reciprocal(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.Div(), right):
            return ast.BinOp(left, ast.Mult(), ast.BinOp(ast.Constant(1), ast.Div(), right))
    return None


def _length(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    rows = [k for k, v in ranks.names.items() if k in "xX" and isinstance(v, oracle.np.ndarray)]
    return _parse(f"len({rows[0]})") if isinstance(node, ast.Name) and node.id == "N" and rows else None


def _einsum(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.MatMult(), right) if len(ranks.shape(left)) == len(ranks.shape(right)) == 2:
            (a, first), (b, second) = _axes(left, "ik"), _axes(right, "kj")
            return _parse(f"einsum('{first},{second}->ij', {a}, {b})")
        case ast.Call(ast.Name("sum"), [array], [ast.keyword("axis", ast.Constant(0))]):
            return _parse(f"einsum('nj->j', {ast.unparse(array)})")
    return None


def _axes(node: ast.expr, letters: str) -> tuple[str, str]:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return ast.unparse(node.value), letters[::-1]
    return ast.unparse(node), letters


def _sum_of_products(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.MatMult(), right) if len(ranks.shape(left)) == len(ranks.shape(right)) == 2:
            return _parse(f"sum(({ast.unparse(left)})[:, :, None] * ({ast.unparse(right)})[None, :, :], axis=1)")
    return None


def _transposed_product(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.MatMult(), right):
            return _parse(f"({_turned(right)} @ {_turned(left)}).T")
    return None


def _turned(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return f"({ast.unparse(node.value)})"
    return f"({ast.unparse(node)}).T"


def _dot(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.MatMult(), right):
            return _parse(f"np.dot({ast.unparse(left)}, {ast.unparse(right)})")
        case ast.BinOp(left, ast.Mult(), right):
            return _parse(f"np.multiply({ast.unparse(left)}, {ast.unparse(right)})")
    return None


def _mean(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.Call(ast.Name("sum"), [array], [ast.keyword("axis", ast.Constant(0))]) if "T" not in ranks.names:
            if isinstance(array, ast.Name) and "N" in ranks.names and _has_rows(array, ranks):
                return _parse(f"N * mean({ast.unparse(array)}, axis=0)")
    return None


def _has_rows(node: ast.expr, ranks: Ranks) -> bool:
    return bool(ranks.shape(node)[0] == ranks.names["N"])


def _keepdims(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.Call(ast.Name("sum"), [array], [ast.keyword("axis", ast.Constant(0))]):
            return _parse(f"sum({ast.unparse(array)}, axis=0, keepdims=True)[0]")
        case ast.Call(ast.Name("sum"), [array], [ast.keyword("axis", ast.Constant(1)), _]):
            return _parse(f"sum({ast.unparse(array)}, axis=1)[:, None]")
    return None


def _ones(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.Call(ast.Name("sum"), [array], [ast.keyword("axis", ast.Constant(0))]) if _has_rows(array, ranks):
            return _parse(f"ones(N) @ ({ast.unparse(array)})")
    return None


def _associated(node: ast.expr, ranks: Ranks) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.MatMult(), ast.BinOp(a, ast.MatMult(), b)):
            return ast.BinOp(ast.BinOp(left, ast.MatMult(), a), ast.MatMult(), b)
        case ast.BinOp(ast.BinOp(a, ast.Mult(), b), ast.Mult(), right):
            return ast.BinOp(a, ast.Mult(), ast.BinOp(b, ast.Mult(), right))
        case ast.BinOp(ast.BinOp(a, ast.Mult(), b), ast.Div(), right):
            return ast.BinOp(a, ast.Mult(), ast.BinOp(b, ast.Div(), right))
    return None


RULES: dict[str, Rule] = {
    "reordered": _commuted,
    "expanded": _expanded,
    "difference of squares": _squares,
    "negated twice": _negated_twice,
    "divided as multiplied": _reciprocal,
    "N as a length": _length,
    "einsum": _einsum,
    "sum of products": _sum_of_products,
    "transpose of the product": _transposed_product,
    "dot and multiply": _dot,
    "N times the mean": _mean,
    "keepdims": _keepdims,
    "sum as a product with ones": _ones,
    "associated": _associated,
}


def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
