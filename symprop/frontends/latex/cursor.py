r"""A way through the tokens of one formula: what means nothing in mathematics is passed over.

Enters: tokens.  Leaves: the next one that means something.  `&` and `\\` only count inside cases and matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from symprop.frontends.latex.tokens import Fail, Token, group_end
from symprop.frontends.latex.vocabulary import GAPS, LABELS, SPACES, TABLES, TEXT

END = ""


class Cursor:
    """Tokens from one place on.

    Args:
        found: the tokens.
        fail: raises a fault at an offset.
        length: offset of the end of the text.
    """

    def __init__(self, found: Sequence[Token], fail: Fail, length: int) -> None:
        self._fail, self.length = fail, length
        self.tokens = _meaningful(found)
        self.place = 0

    def fail(self, at: Token | int, message: str, hint: str = "") -> NoReturn:
        """Raise a fault."""
        self._fail(at if isinstance(at, int) else at.start, message, hint)

    def peek(self, ahead: int = 0) -> Token:
        """The token to come; one without text at the end."""
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else Token(END, self.length)

    def next(self) -> Token:
        """The token to come, which is passed."""
        found = self.peek()
        self.place += 1
        return found

    def take(self, *texts: str) -> Token | None:
        """The token to come if it is one of these."""
        return self.next() if self.peek().text in texts else None

    def expect(self, text: str, what: str) -> Token:
        """The token to come, which must be this."""
        found = self.next()
        if found.text != text:
            self.fail(found, f"{what}; expected {shown(text)}, got {shown(found.text)}")
        return found


def shown(text: str) -> str:
    """A token in a message."""
    return f"'{text}'" if text else "the end of the formula"


def _meaningful(found: Sequence[Token]) -> list[Token]:
    """The tokens without blanks, labels and row breaks; cases and matrices keep theirs."""
    kept: list[Token] = []
    place, cases = 0, 0
    while place < len(found):
        token = found[place]
        text, place = token.text, place + 1
        if text in (r"\left", r"\right") and place < len(found) and found[place].text == ".":
            place += 1
        elif text in LABELS:
            place = group_end(found, place) + 1 if place < len(found) else place
        elif text in GAPS or (text in TEXT and _is_remark(found, place, kept)):
            place = place if text in GAPS else group_end(found, place) + 1
            kept.append(Token(r"\quad", token.start))
        elif text == "\\\\" and not cases:
            place = behind_break(found, place)
        elif text == "{" and _is_empty_group(found, place, kept):
            place += 1
        elif not (text in SPACES or (text == "&" and not cases)):
            if text in (r"\begin", r"\end") and _environment(found, place) in TABLES:
                cases += 1 if text == r"\begin" else -1
            kept.append(token)
    return kept


def _environment(found: Sequence[Token], place: int) -> str:
    """The name of the environment in the braces at a place."""
    letters = (t.text for t in found[place + 1 : group_end(found, place)]) if place < len(found) else ()
    return "".join(letters)


def _is_empty_group(found: Sequence[Token], place: int, kept: Sequence[Token]) -> bool:
    """True of `{}` that only keeps scripts or signs apart; behind a command or a mark it would be an argument."""
    closes = place < len(found) and found[place].text == "}"
    before = kept[-1].text if kept else ""
    if before == "}":
        return closes and place + 1 < len(found) and found[place + 1].text in ("^", "'")
    return closes and not (before in ("_", "^") or (before.startswith("\\") and before != r"\quad"))


def _is_remark(found: Sequence[Token], place: int, kept: Sequence[Token]) -> bool:
    r"""True of a \text that is no name: words behind a gap, or anything that is not one word."""
    inner = "".join(t.text for t in found[place + 1 : group_end(found, place)])
    return (bool(kept) and kept[-1].text == r"\quad") or not inner.replace(r"\_", "").isalnum()


def behind_break(found: Sequence[Token], place: int) -> int:
    r"""The place behind `\\*[4pt]`."""
    if place < len(found) and found[place].text == "*":
        place += 1
    if place < len(found) and found[place].text == "[":
        inside = [k for k in range(place, min(place + 8, len(found))) if found[k].text == "]"]
        length = "".join(t.text for t in found[place + 1 : inside[0]]) if inside else ""
        if inside and length.strip("-.0123456789") in ("pt", "em", "ex", "mm", "cm", "in", r"\jot"):
            return inside[0] + 1
    return place
