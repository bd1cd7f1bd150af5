r"""A document as the lines of mathematics that are claims; prose is passed over.

    display   align, equation, gather, multline, flalign, alignat, eqnarray (and with *), \[ \], $$ $$: every line that
              has a relation = or := belongs to the derivation; a line that begins with one goes on with the line above
    inline    $ $ and \( \) are prose, but for gradients: \frac{\partial L}{\partial W} = ..., \nabla_W L = ...

A text without any of these is read as lines of mathematics.

Enters: text.  Leaves: lines with their offsets.  The document's own commands are written out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from symprop.errors import ClaimError, Fault
from symprop.frontends.latex.cursor import behind_break
from symprop.frontends.latex.macros import EndlessMacroError, Text, expanded
from symprop.frontends.latex.tokens import CLOSING, OPENING, Token, group_end, place_of, tokens, without_comments
from symprop.frontends.latex.vocabulary import ENTRYWISE, EQUALS, GAPS, LABELS, PRODUCTS, SPACES, TEXT

DISPLAYS = "align equation gather multline flalign alignat eqnarray displaymath"
BEGIN = re.compile(
    r"\\begin\{(?P<verbatim>verbatim\*?|lstlisting|comment)\}|\\begin\{(?P<env>(?:"
    + DISPLAYS.replace(" ", "|")
    + r")\*?)\}"
    r"|(?P<escaped>\\[\\$])|(?P<double>\$\$)|(?P<single>\$)|(?P<square>\\\[)|(?P<round>\\\()"
)
CLOSES = {"double": "$$", "single": "$", "square": "\\]", "round": "\\)"}
INSIDE = re.compile(r"\\(?:begin|end)\{(?:aligned|split|gathered|alignedat|subequations)\*?\}(?:\[[tbc]\]|\{\d+\})?")
GRADIENT = re.compile(
    r"\s*(?:\\[dt]?frac\s*\{\s*(?:\\partial|d|\\mathrm\{d\})\s*(?:\\mathcal\s*)?\{?\s*(?:[LJEC]|\\ell)\b|\\partial\s*"
    r"(?:\\mathcal\s*)?\{?(?:[LJEC]|\\ell)\}?\s*/|\\nabla\s*_)"
)
MOST = 1000


@dataclass(frozen=True)
class Line:
    """One formula of a document: its text, and the offset in the document that each character stands for."""

    text: str
    origins: Sequence[int]

    @property
    def start(self) -> int:
        """The offset at which it begins."""
        return self.origins[0]

    def origin(self, offset: int) -> int:
        """The offset in the document of one in the line."""
        return self.origins[offset] if offset < len(self.origins) else self.origins[-1] + 1


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    kind: str


def lines(text: str, name: str) -> list[Line]:
    """The lines of mathematics of a document.

    Args:
        text: of the document.
        name: of its file, for messages.

    Raises:
        ClaimError: a delimiter is not closed, a command is defined by itself, or there are more than 1000 lines.
    """

    def fail(at: int, message: str) -> NoReturn:
        place = place_of(text, at)
        raise ClaimError(Fault(f"{name}:{place.line}:{place.column}", message))

    try:
        whole = expanded(without_comments(text))
    except EndlessMacroError as error:
        fail(error.at, f"command {error.name} has no end, or one that is far; expected a definition without itself")
    body = whole.characters.find(r"\begin{document}")
    found: list[Line] = []
    for span in _spans(whole, max(0, body), fail):
        found += _formulas(whole, span)
        if len(found) > MOST:
            fail(found[MOST].start, f"there are too many lines of mathematics; expected at most {MOST}")
    return found


def _spans(whole: Text, start: int, fail: Callable[[int, str], NoReturn]) -> list[_Span]:
    """The parts of a document that are mathematics; the whole of it where no part is marked."""
    found, place, plain = list[_Span](), start, whole.characters
    while (opening := BEGIN.search(plain, place)) is not None:
        kind = str(opening.lastgroup)
        place = opening.end()
        if kind == "escaped":
            continue
        env = opening.group("env") or opening.group("verbatim")
        closing = rf"\end{{{env}}}" if env else CLOSES[kind]
        end = plain.find(closing, place)
        if end < 0:
            fail(whole.origins[opening.start()], f"'{opening.group()}' is not closed; expected '{closing}'")
        if kind != "verbatim":
            found.append(_Span(place, end, "inline" if kind in ("single", "round") else env or "display"))
        place = end + len(closing)
    if not found and "\\begin{document}" not in plain:
        return [_Span(start, len(plain), "bare")]
    return found


def _formulas(whole: Text, span: _Span) -> Iterator[Line]:
    """The formulas of one part."""
    source = _flattened(whole.characters, span)

    def line(start: int, end: int) -> Line:
        return Line(source[start:end], whole.origins[start:end])

    if span.kind == "inline":
        if GRADIENT.match(source, span.start, span.end) and _relation(list(tokens(source, span.start, span.end))):
            yield line(span.start, span.end)
        return
    start = end = -1
    for piece in _pieces(source, span):
        if _is_empty(piece.tokens):
            continue
        at = _relation(piece.tokens)
        if at > 0 or (at < 0 and (piece.column or not _continues(piece.tokens))):
            if start >= 0:
                yield line(start, end)
            start = piece.start if at > 0 or start >= 0 else -1
        end = piece.end
    if start >= 0:
        yield line(start, end)


def _flattened(plain: str, span: _Span) -> str:
    """The document with blanks in place of inner alignments and frames, every offset as it was."""
    inner = INSIDE.sub(lambda m: " " * len(m.group()), plain[span.start : span.end])
    if span.kind.startswith("alignat"):
        inner = re.sub(r"\A\{\d+\}", lambda m: " " * len(m.group()), inner)
    while (frame := re.search(r"\\(?:boxed|fbox|ensuremath)\s*\{", inner)) is not None:
        found = list(tokens(inner, frame.end() - 1))
        closing = found[group_end(found, 0)].start
        inner = inner[: frame.start()] + " " * len(frame.group()) + inner[frame.end() :]
        inner = inner[:closing] + " " + inner[closing + 1 :]
    return plain[: span.start] + inner + plain[span.end :]


@dataclass
class _Piece:
    """A part of a row: its tokens, and whether it is a further column."""

    start: int
    end: int
    tokens: list[Token]
    column: bool


def _pieces(source: str, span: _Span) -> Iterator[_Piece]:
    """Rows, split where an alignment has further columns and where a gap stands between two equations."""
    found = list(tokens(source, span.start, span.end))
    single = span.kind.startswith("eqnarray")
    piece = _Piece(span.start, span.start, [], False)
    depth = marks = 0
    behind = 0
    for number, token in enumerate(found):
        if number < behind:
            continue
        depth = max(0, depth + _deeper(found, number))
        if span.kind == "bare" and not depth and source.count("\n", piece.end, token.start) and piece.tokens:
            yield piece
            piece, marks = _Piece(token.start, token.start, [], False), 0
        if not depth and token.text == "\\\\":
            yield piece
            piece, marks = _Piece(token.end, token.end, [], False), 0
            behind = behind_break(found, number + 1)
            continue
        if not depth and token.text == "&":
            marks += 1
            if marks % 2 == 0 and not single:
                yield piece
                piece = _Piece(token.end, token.end, [], True)
                continue
        if not depth and token.text in GAPS and _relation(piece.tokens) >= 0 and _opens_equation(found, number + 1):
            yield piece
            piece = _Piece(token.end, token.end, [], True)
            continue
        if not piece.tokens and token.text != "&":
            piece.start = token.start
        piece.tokens.append(token)
        piece.end = token.end
    yield piece


def _deeper(found: Sequence[Token], number: int) -> int:
    r"""What a token does to the depth of brackets; \left( counts once, and \right. closes."""
    text = found[number].text
    before = found[number - 1].text if number else ""
    if before in (r"\left", r"\right"):
        return 0
    if text in (r"\left", r"\begin") or text in OPENING:
        return 1
    return -1 if text in (r"\right", r"\end") or text in CLOSING else 0


def _opens_equation(found: Sequence[Token], place: int) -> bool:
    """True where an equation with a left side begins."""
    ahead: list[Token] = []
    depth = 0
    for number in range(place, len(found)):
        depth = max(0, depth + _deeper(found, number))
        if not depth and found[number].text in ("\\\\", "&", *GAPS):
            break
        ahead.append(found[number])
    return _relation(ahead) > 0 and not _is_empty(ahead[: _relation(ahead)])


def _relation(found: Sequence[Token]) -> int:
    """The number of tokens before the first relation, blanks not counted; -1 where there is none."""
    depth = seen = 0
    for number, token in enumerate(found):
        depth = max(0, depth + _deeper(found, number))
        if not depth and token.text in EQUALS:
            return seen
        seen += token.text not in (*SPACES, *GAPS, "&")
    return -1


def _continues(found: Sequence[Token]) -> bool:
    """True where a row without a relation begins with an operator, and so goes on with the one above."""
    first = next((t.text for t in found if t.text not in (*SPACES, *GAPS, "&", "{", "}")), "")
    return first in ("+", "-", *PRODUCTS, *ENTRYWISE)


def _is_empty(found: Sequence[Token]) -> bool:
    """True where nothing stands but blanks, labels, remarks and stops."""
    place = 0
    while place < len(found):
        text = found[place].text
        if text in LABELS or text in TEXT:
            place = group_end(found, place + 1) + 1 if place + 1 < len(found) else place + 1
        elif text in SPACES or text in GAPS or text in ("&", ",", ".", ";", "*"):
            place += 1
        else:
            return False
    return True
