"""Where something stands in a text, and what was found there; no file is read here.

Line and column count from 1, as editors do.  A `Finding` becomes a `Fault` of symprop.errors once the file's name is
known; findings sort by place, so that a report reads from top to bottom.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from symprop.errors import Fault
from symprop.spec.limits import Limits


@dataclass(frozen=True, order=True)
class Place:
    """Line and column, both from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


TOP = Place(1, 1)
END = Place(2**62, 1)


@dataclass(frozen=True, order=True)
class Finding:
    """A fault at a place of the text at hand."""

    place: Place
    message: str
    hint: str = ""

    def fault(self, name: str) -> Fault:
        """The same with the file's name in front."""
        where = name if self.place == END else f"{name}:{self.place}"
        return Fault(where, self.message, self.hint)


class Enough(Exception):
    """So many faults have been found that looking for more is of no use."""


def faults(findings: Iterable[Finding], name: str) -> list[Fault]:
    """Findings as faults, in the order of the text, each once."""
    return [finding.fault(name) for finding in sorted(set(findings))]


def more(limits: Limits) -> Finding:
    """The last line of a report that was ended."""
    return Finding(END, f"there may be more faults than these {limits.faults}", "Mend these first.")


def close(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one, or ""; upper and lower case count as alike, and the
    beginning of a word as much like it, the shortest first."""
    words = sorted(known)
    folded = {other.lower(): other for other in reversed(words)}
    begun = [other for other in sorted(folded, key=len) if len(word) > 2 and other.startswith(word.lower())]
    near = begun or difflib.get_close_matches(word.lower()[:80], list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def instead(word: str, known: Iterable[str], limit: int = 12) -> str:
    """`did you mean 'relu'?`, or else `expected one of a, b, c`: the end of a sentence on an unknown word."""
    words = sorted(known)
    near = close(word, words)
    if near:
        return f"did you mean '{near}'?"
    if not words:
        return "expected none"
    shown = ", ".join(words[:limit])
    more = f" and {len(words) - limit} more" if len(words) > limit else ""
    return f"expected {'one of ' if len(words) > 1 else ''}{shown}{more}"
