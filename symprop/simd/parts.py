"""What follows the sums of a tile, step by step.

An activation or its derivative behind a matrix product is a loop over the steps of the tile.  Written for all of them
at once, it would have more values at a time than there are registers, and be as many times longer.

Enters: values of a tile.  Leaves: those of one of its steps.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from symprop.simd.expressions import Env
from symprop.simd.reading import Unsupported
from symprop.simd.values import LANES, TILE, Integer, Value
from symprop.simd.writing import Writer

MANY = 8
"""Operations from which the values between them are more than there are registers."""


def last_operations(body: Sequence[ast.stmt]) -> int:
    """Where the statements without loops at the end of a body begin; behind all where they do little."""
    cut = len(body)
    while cut and not any(isinstance(node, ast.For) for node in ast.walk(body[cut - 1])):
        cut -= 1
    work = sum(isinstance(n, ast.BinOp | ast.Call) for node in body[cut:] for n in ast.walk(node))
    return cut if work >= MANY else len(body)


class Steps:
    """The values that some statements read, kept so that a loop over the steps of a tile finds its own.

    Args:
        write: the function's text, at the end of the tile.
        env: what names stand for there.
        words: the names that are read.

    Raises:
        Unsupported: one of the values is neither a number nor an index.
    """

    def __init__(self, write: Writer, env: Env, words: Iterable[str]) -> None:
        self.write, self.env = write, env
        self.kept: dict[str, tuple[str, Value, int]] = {}
        for name in sorted(set(words) & set(env)):
            value = env[name]
            if isinstance(value, Integer):
                if value.steps or any(TILE in part.dims for part in value.terms):
                    raise Unsupported("an index that is looked up in every step")
            elif TILE in value.dims:
                self.kept[name] = self._stored(value)

    def _stored(self, value: Value) -> tuple[str, Value, int]:
        write, shape = self.write, self.write.shape
        if value.kind not in ("float", "double"):
            raise Unsupported("a flag of every step")
        lanes = int(LANES in value.dims)
        width = sum(shape.counts) if lanes else 1
        room = write.room(value.kind, width * shape.tile)
        write.store(room, value.kind, Integer(tile=width, lanes=lanes), value)
        return room, value, width

    def of(self, step: str) -> Env:
        """What the names stand for in a step, whose number is in a register."""
        number = Value("i64", frozenset(), {(0, 0): step})
        found: Env = {}
        for name, value in self.env.items():
            if isinstance(value, Integer):
                at = value._replace(tile=0)
                found[name] = at.plus(Integer({number: value.tile})) if value.tile else at
            elif TILE not in value.dims:
                found[name] = value
        for name, (room, value, width) in self.kept.items():
            at = Integer({number: width}, lanes=int(LANES in value.dims))
            found[name] = self.write.load(room, value.kind, at)
        return found
