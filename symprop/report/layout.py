"""Formulas that can be broken into lines.

Enters: pieces of LaTeX.  Leaves: `Math` values, which join, nest in delimiters and break at the outermost
operators.  A piece is never broken inside: what stands in a fraction, a root or an index stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from symprop.report.width import width_points

# Estimated indent of a continued line, the \quad it starts with.
INDENT_POINTS = 11.0
ENDS_IN_WORD = re.compile(r"\\[A-Za-z]+$")
# Delimiters for the four heights of `Math.tall`.
SIZES = ("", r"\big", r"\Big", r"\bigg")


@dataclass(frozen=True)
class Part:
    """A piece of a formula before which a line may end.

    Args:
        text: its LaTeX.
        level: how deep in delimiters it stands; lines end at low levels rather than at high ones.
        lead: what is written before it where it starts a line, such as a multiplication sign.
    """

    text: str
    level: int = 0
    lead: str = ""

    @cached_property
    def points(self) -> float:
        """Estimated width."""
        return width_points(self.text)


@dataclass(frozen=True)
class Math:
    """A formula as pieces in order."""

    parts: tuple[Part, ...]

    @staticmethod
    def of(text: str) -> Math:
        """A formula that is not broken."""
        return Math((Part(text),))

    @property
    def text(self) -> str:
        """The formula on one line."""
        return "".join(part.text for part in self.parts)

    @property
    def points(self) -> float:
        """Estimated width on one line."""
        return sum(part.points for part in self.parts)

    @property
    def tall(self) -> int:
        """0 for the height of a letter, 1 with nested delimiters or small fractions, 2 with fractions, 3 with sums."""
        text = self.text
        if r"\sum" in text or r"\begin" in text:
            return 3
        if r"\frac" in text:
            return 2
        return 1 if "(" in text or r"\tfrac" in text or r"\bigl" in text else 0

    def then(self, other: Math | str, level: int | None = None, lead: str = "") -> Math:
        """This formula followed by another; with a level, a line may end between them."""
        right = Math.of(other) if isinstance(other, str) else other
        if level is None:
            last, first = self.parts[-1], right.parts[0]
            joined = replace(last, text=_joined(last.text, first.text))
            return Math((*self.parts[:-1], joined, *right.parts[1:]))
        first = replace(right.parts[0], level=level, lead=lead)
        last = self.parts[-1]
        return Math((*self.parts[:-1], replace(last, text=_joined(last.text, first.text, "")), first, *right.parts[1:]))

    def inside(self, opening: str, closing: str) -> Math:
        """The formula between two pieces of text, its breaks one level deeper."""
        deeper = Math(tuple(replace(p, level=p.level + 1) for p in self.parts))
        return Math.of(opening).then(deeper).then(closing)

    def parenthesised(self) -> Math:
        """The formula in parentheses that fit its height."""
        size = SIZES[self.tall]
        return self.inside(f"{size}l(" if size else "(", f"{size}r)" if size else ")")

    def lines(self, room_points: float, end_points: float = 0.0) -> list[str]:
        """The formula in lines of at most a width, as far as its breaks allow.

        Args:
            room_points: width of a line.
            end_points: what the last line leaves free, for a tag beside it.
        """
        if self.points <= room_points - end_points or len(self.parts) == 1:
            return [self.text]
        cuts = _best_cuts(self.parts, room_points, end_points)
        rows = [self.parts[a:b] for a, b in zip([0, *cuts], [*cuts, len(self.parts)], strict=True)]
        return [(row[0].lead if k else "") + "".join(p.text for p in row) for k, row in enumerate(rows)]


def _joined(left: str, right: str, appended: str | None = None) -> str:
    """`left` with what is appended (`right` itself by default), a blank keeping a control word apart from a letter."""
    gap = " " if right[:1].isalpha() and ENDS_IN_WORD.search(left) else ""
    return left + gap + (right if appended is None else appended)


def _best_cuts(parts: tuple[Part, ...], room_points: float, end_points: float) -> list[int]:
    """Places of breaks with the least total cost, by dynamic programming over the ends of lines."""
    count = len(parts)
    reach = list(accumulate((p.points for p in parts), initial=0.0))
    best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * count
    for end in range(1, count + 1):
        for start in range(end):
            limit = room_points - INDENT_POINTS * (start > 0) - end_points * (end == count)
            used = reach[end] - reach[start]
            cost = best[start][0] + _line_cost(used, limit) + (_break_cost(parts[start]) if start else 0.0)
            if cost < best[end][0]:
                best[end] = (cost, start)
    cuts, place = [], best[count][1]
    while place:
        cuts.append(place)
        place = best[place][1]
    return cuts[::-1]


def _line_cost(used: float, limit: float) -> float:
    """Overfull lines cost most; every line costs something, and a nearly empty one a little more."""
    overfull = max(0.0, used - limit)
    return 1000.0 * overfull + 1.0 + 0.5 * max(0.0, 1.0 - used / max(limit, 1.0)) ** 2


def _break_cost(part: Part) -> float:
    return 0.7 * 3.0**part.level


def joined(items: Iterable[Math], separator: str, level: int) -> Math:
    """Formulas with a separator between them, a line ending before a separator where it must."""
    whole: Math | None = None
    for item in items:
        whole = item if whole is None else whole.then(Math.of(separator).then(item), level)
    return whole if whole is not None else Math.of("")
