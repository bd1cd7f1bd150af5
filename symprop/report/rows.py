r"""Equations as rows of LaTeX displays, broken to the width of a page.

Enters: entries of a view.  Leaves: `Display` values, each an `align*` with one or two equations in a row, whose
rows fit the line as estimated; numbers and rules are tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from symprop.report.escape import latex_text
from symprop.report.layout import Math
from symprop.report.matrixmath import MatrixPrinter
from symprop.report.scalarmath import ScalarPrinter
from symprop.report.view import Entry

LINE_POINTS = 450.0
GAP_POINTS = 30.0
NUMBER_POINTS = 30.0
# Width of a letter in footnotes, in which rules are set.
LETTER_POINTS = 4.4
RULE_GAP_POINTS = 10.0
RELATION_POINTS = 15.0


@dataclass(frozen=True)
class Row:
    """One row: pairs of what stands before and behind the alignment, and the tag."""

    cells: tuple[tuple[str, str], ...]
    tag: str = ""

    @property
    def tex(self) -> str:
        """The row without its end."""
        body = " & ".join(f"{left} & {right}" for left, right in self.cells)
        return body + (rf" \tag*{{{self.tag}}}" if self.tag else "")


def _end(following: Row | None) -> str:
    """The end of a row; no page ends before a row that continues an equation."""
    if following is None:
        return ""
    return r" \\" if following.tag and following.cells[0][0] else r" \\*"


@dataclass(frozen=True)
class Display:
    """Rows under one alignment."""

    rows: tuple[Row, ...]

    @property
    def lines(self) -> list[str]:
        """The rows as lines of text."""
        after = [*self.rows[1:], None]
        return [row.tex + _end(following) for row, following in zip(self.rows, after, strict=True)]


@dataclass(frozen=True)
class Side:
    """An equation as left and right side."""

    left: Math
    right: Math

    @property
    def points(self) -> float:
        """Estimated width."""
        return self.left.points + self.right.points + RELATION_POINTS


@dataclass(frozen=True)
class RowMaker:
    """Makes rows of one document.

    Args:
        scalars: how index notation is printed.
        linked: whether numbers are targets and citations links, for which hyperref is needed.
    """

    scalars: ScalarPrinter
    linked: bool = False

    @property
    def matrices(self) -> MatrixPrinter:
        """How matrices are printed."""
        return MatrixPrinter(self.scalars)

    def number(self, number: int) -> str:
        """The number of an equation where it stands."""
        return rf"\hypertarget{{eq.{number}}}{{({number})}}" if self.linked else f"({number})"

    def citation(self, numbers: Iterable[int]) -> str:
        """Numbers of equations where they are used."""
        shown = (rf"\hyperlink{{eq.{n}}}{{({n})}}" if self.linked else f"({n})" for n in numbers)
        return ", ".join(shown)

    def matrix_side(self, entry: Entry) -> Side | None:
        """The matrix form, None where there is none."""
        if entry.matrix is None:
            return None
        left, right = (self.matrices.math(node) for node in entry.matrix)
        return Side(left, right)

    def index_side(self, entry: Entry) -> Side:
        """The index form."""
        return Side(*self.scalars.equation(entry.equation))

    # -- lists of equations --------------------------------------------------------------------------------------

    def listed(self, entries: Sequence[Entry], targets: bool = True) -> list[Display]:
        """Equations one below the other, both notations in a row where they fit."""
        displays: list[Display] = []
        pending: list[tuple[Entry, Side, Side]] = []
        for entry in entries:
            matrix = self.matrix_side(entry)
            pair = None if matrix is None or not entry.indexed else (entry, matrix, self.index_side(entry))
            if pair and pair[1].left.text == pair[2].left.text and pair[1].right.text == pair[2].right.text:
                pair = None
            if pair and _fits([*pending, pair]):
                pending.append(pair)
                continue
            if pending:
                displays.append(self._paired(pending, targets))
                pending = []
            if pair and _fits([pair]):
                pending = [pair]
            else:
                displays.append(Display(tuple(self._stacked(entry, targets))))
        if pending:
            displays.append(self._paired(pending, targets))
        return _merged(displays)

    def _tag(self, entry: Entry, target: bool) -> str:
        return self.number(entry.number) if target else self.citation([entry.number])

    def _paired(self, pairs: Sequence[tuple[Entry, Side, Side]], targets: bool) -> Display:
        rows = (
            Row(((m.left.text, f"= {m.right.text}"), (i.left.text, f"= {i.right.text}")), self._tag(entry, targets))
            for entry, m, i in pairs
        )
        return Display(tuple(rows))

    def _stacked(self, entry: Entry, targets: bool) -> list[Row]:
        sides = [s for s in (self.matrix_side(entry), self.index_side(entry) if entry.indexed else None) if s]
        if len(sides) == 2 and sides[0].right.text == sides[1].right.text:
            sides = sides[:1]
        rows = [row for side in sides for row in broken(side, NUMBER_POINTS)]
        return [replace(rows[0], tag=self._tag(entry, targets)), *rows[1:]]

    # -- steps ---------------------------------------------------------------------------------------------------

    def derived(self, entry: Entry) -> Display:
        """The steps of an adjoint, each with its rule; the last row carries the number."""
        side = self.index_side(entry)
        rows: list[Row] = []
        for k, step in enumerate(entry.steps):
            printer = replace(self.scalars, deltas=k == 0)
            left = side.left if k == 0 else Math.of("")
            beside = _rule_points(step.rule, step.uses)
            new = broken(Side(left, printer.math(step.after)), beside, indent=side.left.points)
            rule = latex_text(step.rule) + (f" {self.citation(step.uses)}" if step.uses else "")
            rows += [*new[:-1], replace(new[-1], tag=rf"\footnotesize {rule}")]
        matrix = self.matrix_side(entry)
        if matrix is not None and (matrix.left.text, matrix.right.text) != (side.left.text, side.right.text):
            rows += broken(matrix, NUMBER_POINTS, indent=side.left.points)
        last = rows[-1]
        old = rf"{last.tag}\enspace\normalsize " if last.tag else ""
        return Display((*rows[:-1], replace(last, tag=old + self.number(entry.number))))


def _rule_points(rule: str, uses: tuple[int, ...]) -> float:
    return LETTER_POINTS * (len(rule) + 5 * len(uses)) + RULE_GAP_POINTS


def broken(side: Side, tag_points: float, indent: float = 0.0) -> list[Row]:
    """An equation in as many rows as it needs beside a tag of the given width."""
    room = LINE_POINTS - max(side.left.points, indent) - RELATION_POINTS
    lines = side.right.lines(room, tag_points)
    first = Row(((side.left.text, f"= {lines[0]}"),))
    return [first, *(Row((("", rf"\quad {line.lstrip()}"),)) for line in lines[1:])]


def _fits(pairs: Sequence[tuple[Entry, Side, Side]]) -> bool:
    """Whether the columns of these equations fit a line beside each other."""
    widths = (max(s.left.points for s in column) + max(s.right.points for s in column) for column in _columns(pairs))
    return sum(widths) + 2 * RELATION_POINTS + 2 * GAP_POINTS + NUMBER_POINTS <= LINE_POINTS


def _columns(pairs: Sequence[tuple[Entry, Side, Side]]) -> tuple[list[Side], list[Side]]:
    return [m for _, m, _ in pairs], [i for _, _, i in pairs]


def _merged(displays: Sequence[Display]) -> list[Display]:
    """Neighbours of one alignment become one display."""
    merged: list[Display] = []
    for display in displays:
        single = all(len(row.cells) == 1 for row in display.rows)
        if merged and single and all(len(row.cells) == 1 for row in merged[-1].rows):
            merged[-1] = Display((*merged[-1].rows, *display.rows))
        else:
            merged.append(display)
    return merged
