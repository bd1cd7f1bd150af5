r"""LaTeX as tokens with their places, bounded before anything is read.

Enters: text.  Leaves: control words, numerals, and single characters.  No macro is expanded and no category code is
modelled; comments are blanked out, so that places stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from symprop.errors import Fault, FormulaError
from symprop.language.syntax import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES, Place

TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|:=|[0-9]+(?:\.[0-9]+)?|\.[0-9]+|[ -~]|\s+|.", re.DOTALL)
NUMERAL = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*")
PRINTABLE = re.compile(r"[ -~]+")
OPENING, CLOSING = ("{", "[", "(", r"\{", r"\lbrace"), ("}", "]", ")", r"\}", r"\rbrace")


@dataclass(frozen=True)
class Token:
    """A piece of text, where it stands, and whether blanks stand before it."""

    text: str
    start: int
    spaced: bool = False

    @property
    def end(self) -> int:
        """The place behind it."""
        return self.start + len(self.text)

    @property
    def is_letter(self) -> bool:
        """True of a single letter."""
        return len(self.text) == 1 and self.text.isascii() and self.text.isalpha()

    @property
    def is_number(self) -> bool:
        """True of a numeral."""
        return NUMERAL.fullmatch(self.text) is not None


Fail = Callable[[int, str, str], NoReturn]


def without_comments(text: str) -> str:
    """The text with blanks in place of its comments."""
    return COMMENT.sub(lambda found: found.group(1) + " " * (len(found.group()) - len(found.group(1))), text)


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """The tokens of a part of a text, blanks left out."""
    spaced = False
    for found in TOKEN.finditer(text, start, len(text) if end is None else end):
        piece = found.group()
        if piece.isspace():
            spaced = True
            continue
        # a star belongs to \begin and \\ only; behind \alpha it is a product
        if piece.endswith("*") and len(piece) > 1 and piece[:-1] not in (r"\tag", r"\operatorname"):
            yield Token(piece[:-1], found.start(), spaced)
            piece, spaced = "*", False
            yield Token(piece, found.end() - 1)
            continue
        yield Token(piece, found.start(), spaced)
        spaced = False


def place_of(text: str, at: int) -> Place:
    """Line and column of an offset, from 1."""
    return Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def bounded(text: str, fail: Fail) -> list[Token]:
    """The tokens of one formula.

    Raises:
        FormulaError: it is empty, too long, too deep, or holds characters other than printable ASCII.
    """
    text = without_comments(text)
    if len(text.strip()) > MAX_CHARACTERS:
        fail(0, f"the formula has {len(text.strip())} characters; expected at most {MAX_CHARACTERS}", "")
    found = list(tokens(text))
    depth = 0
    for token in found:
        if not PRINTABLE.fullmatch(token.text):
            code = next(c for c in token.text if not PRINTABLE.fullmatch(c))
            fail(token.start, f"character U+{ord(code):04X} cannot stand in a formula; expected plain ASCII", "")
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth > MAX_DEPTH:
            fail(token.start, f"brackets are nested more than {MAX_DEPTH} deep", "")
    if len(found) > 3 * MAX_NODES:
        fail(0, f"the formula has too many parts; expected at most {3 * MAX_NODES}", "")
    return found


def group_end(found: Sequence[Token], start: int) -> int:
    """The number of the token that closes the brace at `start`; the last one where none does."""
    depth = 0
    for place in range(start, len(found)):
        depth += (found[place].text == "{") - (found[place].text == "}")
        if depth == 0:
            return place
    return len(found) - 1


def refuse(where: str) -> Fail:
    """What raises a fault of a formula, at a place in words."""

    def fail(at: int, message: str, hint: str = "") -> NoReturn:
        raise FormulaError(Fault(where, message, hint))

    return fail
