"""What the statements of a loop assign: names, the values these depend on, sums and extremes.

Enters: the syntax tree of a function of loops.  Leaves: names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence


def has_chain(node: ast.stmt) -> bool:
    """True of loops right inside one another, which find an order of their own."""
    return isinstance(node, ast.For) and len(node.body) == 1 and isinstance(node.body[0], ast.For)


def words_in(node: ast.AST) -> set[str]:
    """All names of a piece of syntax."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def runs_downwards(loop: ast.For) -> bool:
    """True of a loop whose steps are given."""
    return isinstance(loop.iter, ast.Call) and len(loop.iter.args) == 3


def assigned(body: Sequence[ast.stmt]) -> list[str]:
    """Names a body assigns, loop variables excluded."""
    found: dict[str, None] = {}
    for node in body:
        for child in ast.walk(node):
            if isinstance(child, ast.Assign | ast.AugAssign):
                targets = child.targets if isinstance(child, ast.Assign) else [child.target]
                found.update((t.id, None) for t in targets if isinstance(t, ast.Name))
    return list(found)


def flows(body: Sequence[ast.stmt], tests: frozenset[str] = frozenset()) -> Iterator[tuple[str, set[str]]]:
    """Every name that is assigned, with the names its value depends on, conditions around it included."""
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, words_in(value) | tests
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                yield name, words_in(value) | tests | {name}
            case ast.If(test=test, body=then, orelse=otherwise):
                inner = tests | words_in(test)
                yield from flows(then, inner)
                yield from flows(otherwise, inner)
            case ast.For(body=inner_body):
                yield from flows(inner_body, tests)


def reductions(body: Sequence[ast.stmt]) -> dict[str, str] | None:
    """Names that a body adds to ("sum") or keeps the largest or smallest of ("max", "min"); None of another body."""
    found: dict[str, str] = {}
    plain: set[str] = set()
    for node in body:
        match node:
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add() | ast.Sub()):
                found[name] = "sum"
            case ast.Assign(targets=[ast.Name(id=name)]):
                plain.add(name)
            case ast.If(
                test=ast.Compare(left=ast.Name(id=value), ops=[op], comparators=[ast.Name(id=best)]),
                body=[ast.Assign(targets=[ast.Name(id=target)], value=ast.Name(id=taken))],
                orelse=[],
            ) if target == best and taken == value and isinstance(op, ast.Gt | ast.Lt):
                found[best] = "max" if isinstance(op, ast.Gt) else "min"
            case _:
                return None
    read = [w for node in body for w in _words_read(node)]
    if not found or plain & set(found) or any(name in read for name in found):
        return None
    return found


def _words_read(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.AugAssign(value=value) | ast.Assign(value=value):
            yield from words_in(value)
