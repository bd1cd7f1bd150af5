"""What stands in a field of a CSV file: a number, or something to be refused with advice.

Enters: the text of a field.  Leaves: a float, or a `Problem`; many problems are gathered by column in a `Tally`, so
that ten thousand gaps are one line.  Files are not opened here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from symprop.errors import Fault

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?[\d.']+,\d+([eE][+-]?\d+)?", re.ASCII)
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-", "--", "missing"})
_INFINITE = frozenset({"inf", "infinity", "+inf", "+infinity", "-inf", "-infinity"})
_SHOWN = 40


@dataclass(frozen=True)
class Problem:
    """Why a field is refused: `message; expected a number, got ...`, and what to do."""

    message: str
    advice: str


GAP = Problem("missing value", "Fill the gaps or remove those rows; symprop does not guess values.")
INFINITE = Problem("value is not finite", "Correct it or remove the row.")
COMMA = Problem("decimal comma", "Write decimal points: 1.5, not 1,5.")
TEXT = Problem("text", "Encode it as numbers, one column of 0 and 1 for each value, or leave it out with `columns`.")


def quote(text: str) -> str:
    """A field as it is shown in a message: quoted, control characters escaped, at most 40 characters."""
    return ascii(text) if len(text) <= _SHOWN else ascii(text[:_SHOWN]) + "..."


def parse_cell(text: str) -> float | Problem:
    """Read a field as a finite number; spaces around it do not matter, `1_000` and digits of other scripts are text."""
    stripped = text.strip()
    if NUMBER.fullmatch(stripped):
        value = float(stripped)
        return value if math.isfinite(value) else INFINITE
    if is_missing(stripped):
        return GAP
    if stripped.lower() in _INFINITE:
        return INFINITE
    return COMMA if _COMMA.fullmatch(stripped) else TEXT


def is_missing(text: str) -> bool:
    """Whether a field is empty or one of the usual marks of a missing value."""
    return text.strip().lower() in MISSING


class Tally:
    """Problems by column and kind: the first place, what stood there, and how many there are."""

    def __init__(self, source: str, most: int = 20) -> None:
        self._source = source
        self._most = most
        self._found: dict[tuple[str, Problem], tuple[int, str, int]] = {}

    def add(self, line: int, column: str, text: str, problem: Problem) -> None:
        """Count one field."""
        key = (column, problem)
        first, shown, count = self._found.get(key, (line, text, 0))
        self._found[key] = (first, shown, count + 1)

    def faults(self) -> list[Fault]:
        """One fault for each column and kind, by line, the first `most` of them."""
        ordered = sorted(self._found.items(), key=lambda item: item[1][0])
        faults = [self._fault(column, problem, *rest) for (column, problem), rest in ordered[: self._most]]
        left = len(ordered) - len(faults)
        if left:
            faults.append(Fault(self._source, f"{left} more columns have such faults"))
        return faults

    def _fault(self, column: str, problem: Problem, line: int, text: str, count: int) -> Fault:
        more = f" (and {count - 1} more in this column)" if count > 1 else ""
        message = f"column {quote(column)}: {problem.message}; expected a number, got {quote(text)}{more}"
        return Fault(f"{self._source}:{line}", message, problem.advice)
