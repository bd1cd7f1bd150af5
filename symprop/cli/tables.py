"""Tables as plain text: what is printed on standard output looks the same on a terminal, in a pipe and in a test.

Enters: rows of text.  Leaves: lines.  A column of numbers stands to the right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[str] = ()) -> str:
    """Columns two spaces apart under their heads.

    Args:
        heads: names of the columns.
        rows: cells, as many a row as there are heads.
        right: heads of the columns that stand to the right.
    """
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    flush = set(right)
    return "\n".join(_line(line, widths, [head in flush for head in heads]) for line in lines)


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """`name  value` lines, the values below each other."""
    found = list(rows)
    width = max((len(name) for name, _ in found), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in found)


def number(value: float | None) -> str:
    """A measured number in four digits, `-` for none."""
    return "-" if value is None else f"{value:.4g}"


def count(value: int) -> str:
    """A whole number with commas."""
    return f"{value:,}"


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    aligned = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
    return "  ".join(aligned).rstrip()
