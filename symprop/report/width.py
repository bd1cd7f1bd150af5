r"""How wide a formula will be: an estimate good enough to break lines before TeX overfills them.

Enters: LaTeX.  Leaves: points at 11 pt in display style, mostly a little more than TeX uses; tests compare it
with TeX.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symprop.report.tex import group_end, tokens

SCRIPT = 0.75
# Space around a relation, which scripts do without.
TIGHT_POINTS = 5.0
_SPACES = {r"\,": 1.9, r"\;": 3.1, r"\:": 2.5, r"\!": -1.9, r"\ ": 3.7, r"\quad": 11.0, r"\qquad": 22.0}
_SPACES |= {r"\thinspace": 1.9, r"\thickspace": 3.1, r"\enspace": 5.5}
_ROMAN = {r"\mathrm", r"\operatorname", r"\text", r"\mathbf", r"\mathit", r"\mathcal", r"\boldsymbol", r"\bm"}
_NAMED = {r"\log", r"\exp", r"\tanh", r"\sin", r"\cos", r"\max", r"\min", r"\operatorname"}
_OPERATORS = {"+", "-", r"\odot", r"\oslash", r"\cdot", r"\times"}
_RELATIONS = {"=", "<", ">", ":", r"\leq", r"\geq", r"\neq", r"\le", r"\ge", r"\ne", r"\in", r"\to"}
_NOTHING = {"{", "}", "&", r"\displaystyle", r"\textstyle", r"\limits", r"\footnotesize", r"\normalsize"}
_NARROW = {"(": 4.3, ")": 4.3, "[": 3.1, "]": 3.1, ",": 5.0, ".": 3.1, "'": 3.0, r"\prime": 3.0, "|": 3.1, "/": 5.5}
_NARROW |= {"i": 3.8, "j": 4.7, "l": 3.6, "t": 4.0, "r": 5.0, "f": 6.6, "m": 9.7, "w": 8.1, r"\lbrace": 5.5}
_NARROW |= {r"\rbrace": 5.5, r"\top": 8.6, r"\{": 5.5, r"\}": 5.5, r"\lfloor": 4.9, r"\rfloor": 4.9, r"\sigma": 6.7}
_DELIMITERS = {r"\bigl": 5.1, r"\bigr": 5.1, r"\Bigl": 6.6, r"\Bigr": 6.6, r"\biggl": 8.2, r"\biggr": 8.2}


def width_points(source: str) -> float:
    """Estimated width of a formula on one line, in points."""
    return _width(tokens(source))


def _width(source: Sequence[str]) -> float:
    total, place, script = 0.0, 0, 0.0
    while place < len(source):
        if source[place] in ("_", "^"):
            place, inner = _script(source, place + 1)
            total += max(0.0, inner - script)
            script = max(script, inner)
            continue
        place, size, script = _piece(source, place)
        total += size
    return total


def _argument(source: Sequence[str], start: int) -> tuple[int, float]:
    end = group_end(source, start)
    return end, _width(source[start:end])


def _script(source: Sequence[str], start: int) -> tuple[int, float]:
    """A script is small, and has no space around its relations and operators."""
    end, inner = _argument(source, start)
    spaced = sum(token in _OPERATORS or token in _RELATIONS for token in source[start:end])
    return end, SCRIPT * max(0.0, inner - TIGHT_POINTS * spaced)


def _piece(source: Sequence[str], place: int) -> tuple[int, float, float]:
    """(the place behind, the width, the width of scripts set above and below, which later scripts share)."""
    token = source[place]
    if token in (r"\frac", r"\tfrac"):
        middle, above = _argument(source, place + 1)
        end, below = _argument(source, middle)
        return end, max(above, below) * (1.0 if token == r"\frac" else SCRIPT) + 3.0, 0.0
    if token == r"\sum":
        return _sum(source, place)
    if token == r"\sqrt":
        end, inner = _argument(source, place + 1)
        return end, inner + 10.0, 0.0
    if token == r"\begin":
        return _environment(source, place)
    if token in _ROMAN:
        end = group_end(source, place + 1)
        extra = 3.8 if token in _NAMED else 0.0
        return end, _roman("".join(source[place + 1 : end])) + extra, 0.0
    if token in _DELIMITERS:
        return place + 2, _DELIMITERS[token], 0.0
    return place + 1, _single(token), 0.0


def _sum(source: Sequence[str], place: int) -> tuple[int, float, float]:
    """A sum sign, limits above or below it."""
    end, limits = place + 1, 0.0
    while end < len(source) and source[end] in ("_", "^"):
        end, inner = _script(source, end + 1)
        limits = max(limits, inner)
    return end, max(15.9, limits) + 2.0, 0.0


def _environment(source: Sequence[str], place: int) -> tuple[int, float, float]:
    r"""`cases` or `aligned`: columns, each as wide as its widest cell."""
    name_end = group_end(source, place + 1)
    end = source.index(r"\end", place) if r"\end" in source[place:] else len(source)
    columns: dict[int, float] = {}
    column, start = 0, name_end
    for place in range(name_end, end + 1):
        if place == end or source[place] in ("&", r"\\"):
            columns[column] = max(columns.get(column, 0.0), _width(source[start:place]))
            column, start = (column + 1 if place < end and source[place] == "&" else 0), place + 1
    return group_end(source, end + 1), sum(columns.values()) + 11.0 * len(columns), 0.0


def _roman(group: str) -> float:
    letters = re.sub(r"\\[A-Za-z]+|[{}\\]", "", group)
    return sum(3.2 if c in "ijlt,.f ()" else 8.0 if c.isupper() or c in "mw" else 5.7 for c in letters)


def _single(token: str) -> float:
    if token in _SPACES:
        return _SPACES[token]
    if token in _NOTHING:
        return 0.0
    if token in _OPERATORS:
        return 13.4
    if token in _RELATIONS:
        return 14.7
    if token in _NARROW:
        return _NARROW[token]
    if token in _NAMED:
        return 5.6 * (len(token) - 1) + 2.0
    if token.isdigit():
        return 5.5
    if token.isupper():
        return 12.0 if token in "WM" else 9.3
    return 6.9
