"""Partial sums and extremes in lanes, put together into one number.

Enters: values with lanes.  Leaves: values without.
"""

from __future__ import annotations

from symprop.simd.values import LANES, Value
from symprop.simd.writing import Writer


def collected(write: Writer, kind: str, start: Value, partial: Value) -> Value:
    """The lanes of a partial result put together with what there was before."""
    dims = start.dims | (partial.dims - {LANES})
    regs = {}
    for r, _ in write.shape.keys(dims):
        text = write.register(start, r, 0, 1)
        vectors = [(partial.at(r, v), w) for v, w in enumerate(write.shape.widths)]
        for reg, width in _merged_vectors(write, kind, partial.kind, vectors):
            text = _two(write, kind, partial.kind, text, _across(write, kind, partial.kind, reg, width))
        regs[r, 0] = text
    return Value(start.kind, dims, regs)


def _two(write: Writer, kind: str, own: str, left: str, right: str) -> str:
    if kind == "sum":
        return write.put(f"fadd contract {own} {left}, {right}")
    word = "ogt" if kind == "max" else "olt"
    width = int(own[1:].split(" ")[0]) if own.startswith("<") else 1
    flag = write.put(f"fcmp {word} {own} {right}, {left}")
    return write.put(f"select {write.type_of('i1', width)} {flag}, {own} {right}, {own} {left}")


def _merged_vectors(write: Writer, kind: str, own: str, vectors: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Vectors of one width put together pairwise."""
    by_width: dict[int, list[str]] = {}
    for reg, width in vectors:
        by_width.setdefault(width, []).append(reg)
    found = []
    for width, regs in by_width.items():
        while len(regs) > 1:
            regs = [
                _two(write, kind, write.type_of(own, width), *pair) if len(pair) == 2 else pair[0]
                for pair in (regs[k : k + 2] for k in range(0, len(regs), 2))
            ]
        found.append((regs[0], width))
    return found


def _across(write: Writer, kind: str, own: str, reg: str, width: int) -> str:
    """One number of all lanes."""
    while width > 1:
        half = width // 2
        source, sides = f"<{width} x {own}>", []
        for start in (0, half):
            picks = ", ".join(f"i32 {start + k}" for k in range(half))
            if half > 1:
                pair = f"{source} {reg}, {source} poison"
                sides.append(write.put(f"shufflevector {pair}, <{half} x i32> <{picks}>"))
            else:
                sides.append(write.put(f"extractelement {source} {reg}, i64 {start}"))
        reg, width = _two(write, kind, write.type_of(own, half), *sides), half
    return reg
