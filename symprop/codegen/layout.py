"""Where arrays lie: parameters in one flat array, scratch buffers in another.

Enters: tensors and buffers.  Leaves: offsets.  One argument in place of thirty is what keeps compilation short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symprop.errors import Fault, FormulaError
from symprop.language import Extent, Tensor
from symprop.plan.values import Buffer, Program


@dataclass(frozen=True)
class Slice:
    """Entries start ... stop - 1 of a flat array, seen with a shape."""

    name: str
    start: int
    stop: int
    shape: tuple[int, ...]


def shape_of(tensor: Tensor) -> tuple[int, ...]:
    """The extents of a parameter.

    Raises:
        FormulaError: an extent is a name.
    """
    sizes = [a.constant for a in tensor.axes]
    if None in sizes:
        message = f"axes ({', '.join(map(str, tensor.axes))}) have no value; expected integers"
        raise FormulaError(Fault(f"parameter '{tensor.name}'", message, "Give every axis a number."))
    return tuple(s for s in sizes if s is not None)


def flat(tensors: Sequence[Tensor]) -> tuple[Slice, ...]:
    """Tensors one behind the other."""
    found: list[Slice] = []
    start = 0
    for tensor in tensors:
        shape = shape_of(tensor)
        size = 1
        for extent in shape:
            size *= extent
        found.append(Slice(tensor.name, start, start + size, shape))
        start += size
    return tuple(found)


@dataclass(frozen=True)
class Workspace:
    """Scratch buffers in one array of `per_row*N + fixed` entries.

    Args:
        offsets: (row entries a, fixed entries b) of each buffer: it starts at a*N where it has a batch axis, at
            per_row*N + b where it has none.
        per_row, fixed: total size.
    """

    offsets: tuple[tuple[str, int], ...]
    per_row: int
    fixed: int


def workspace(program: Program) -> Workspace:
    """Places for the work buffers of a program; buffers that are never in use together may share one."""
    batch = [b for b in program.buffers if packed(b) and b.entries.names]
    fixed = [b for b in program.buffers if packed(b) and not b.entries.names]
    rows, per_row = _pack(batch)
    rest, size = _pack(fixed)
    return Workspace(tuple(rows + rest), per_row, size)


def packed(buffer: Buffer) -> bool:
    """True of a buffer that lies in the workspace: scratch, real, of a*N or b entries, with axes."""
    simple = len(buffer.entries.terms) == 1 and buffer.entries.terms[0][0] in ((), ("N",))
    return buffer.role == "work" and buffer.dtype == "real" and simple and bool(buffer.axes)


def _size(entries: Extent) -> int:
    return entries.terms[0][1]


def _pack(buffers: Sequence[Buffer]) -> tuple[list[tuple[str, int]], int]:
    """First fit in order of first use: the lowest place that no buffer alive at the same time overlaps."""
    placed: list[tuple[Buffer, int]] = []
    total = 0
    for buffer in sorted(buffers, key=lambda b: b.first):
        alive = sorted((at, at + _size(b.entries)) for b, at in placed if b.last >= buffer.first)
        start, size = 0, _size(buffer.entries)
        for low, high in alive:
            if start + size <= low:
                break
            start = max(start, high)
        placed.append((buffer, start))
        total = max(total, start + size)
    return [(b.name, at) for b, at in placed], total
