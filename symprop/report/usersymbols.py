r"""Symbols and function names that a user writes in LaTeX, checked against a grammar that can only typeset.

Enters: text such as `\bar{W}_1` or `\operatorname{snake}(#)`.  Leaves: the same text, split into nucleus,
subscript and superscript where it is a symbol.  Commands outside a short list, unbalanced braces and doubled
scripts are refused, so that no name can read a file, define a macro or leave mathematics.

    sequence = item+     item = nucleus [scripts]     nucleus = character | letter command | accent argument | group
"""

from __future__ import annotations

from collections.abc import Sequence

from symprop.errors import Fault, InputError
from symprop.report.escape import one_line
from symprop.report.tex import group_end, tokens

LONGEST = 80
_LETTERS = (
    r"\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa \lambda \mu \nu \xi \pi "
    r"\rho \varrho \sigma \varsigma \tau \upsilon \phi \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi "
    r"\Sigma \Upsilon \Phi \Psi \Omega \ell \hbar \nabla \partial \infty \star \ast \prime \dagger \top \perp \cdot "
    r"\exp \log \ln \sin \cos \tan \tanh \sinh \cosh \max \min \arctan \| \, \! \;"
)
_ACCENTS = (
    r"\hat \bar \tilde \vec \dot \ddot \breve \check \acute \grave \overline \underline \widehat \widetilde \mathbf "
    r"\mathrm \mathcal \mathbb \mathfrak \mathsf \mathit \mathtt \bm \boldsymbol \operatorname"
)
_WORDS, _WITH_ARGUMENT = frozenset(_LETTERS.split()), frozenset(_ACCENTS.split())
_CHARACTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789()[]+-*/,.|=")


def split_symbol(name: str, tex: str) -> tuple[str, str, str]:
    """Nucleus, subscript and superscript of a symbol.

    Raises:
        InputError: the text is not a symbol of letters, accents and scripts.
    """
    source = _checked(f"symbols: {name}", tex)
    end = len(source)
    scripts = {"_": "", "^": ""}
    while True:
        start = _script_start(source, end)
        if start is None or scripts[source[start]]:
            break
        scripts[source[start]] = _unbraced(source[start + 1 : end])
        end = start
    return _spelled(source[:end]), scripts["_"], scripts["^"]


def checked_function(name: str, tex: str) -> str:
    """The text of a function with `#` for its argument.

    Raises:
        InputError: the text holds more than letters, accents and scripts.
    """
    _checked(f"function '{name}'", tex.replace("#", "x"))
    return tex


def _checked(where: str, tex: str) -> list[str]:
    source = tokens(tex)
    if not tex.isascii() or len(tex) > LONGEST or not source or not _is_sequence(source):
        expected = f"expected letters, accents and one subscript and superscript each, at most {LONGEST} characters"
        message = f"'{one_line(tex[:LONGEST])}' is not a symbol in LaTeX; {expected}"
        raise InputError(Fault(where, message, r"Write \bar{W}_1, say."))
    return source


def _is_sequence(source: Sequence[str]) -> bool:
    place = 0
    while place < len(source):
        end = _nucleus_end(source, place)
        if end is None:
            return False
        place, seen = end, ""
        while place < len(source) and source[place] in "_^":
            if source[place] in seen:
                return False
            seen += source[place]
            end = _nucleus_end(source, place + 1)
            if end is None:
                return False
            place = end
    return True


def _nucleus_end(source: Sequence[str], place: int) -> int | None:
    """The place behind a nucleus, None where none stands."""
    if place >= len(source):
        return None
    token = source[place]
    if token in _WORDS or token in _CHARACTERS:
        return place + 1
    if token in _WITH_ARGUMENT:
        return _nucleus_end(source, place + 1) if place + 1 < len(source) and source[place + 1] == "{" else None
    if token == "{":
        end = group_end(source, place)
        inner = source[place + 1 : end - 1]
        return end if source[end - 1] == "}" and inner and _is_sequence(inner) else None
    return None


def _script_start(source: Sequence[str], end: int) -> int | None:
    """The place of the `_` or `^` whose argument ends the text, None where it has none."""
    for place in range(1, end):
        before = source[:place]
        balanced = before.count("{") == before.count("}")
        if source[place] in "_^" and balanced and _nucleus_end(source[:end], place + 1) == end:
            return place
    return None


def _unbraced(argument: Sequence[str]) -> str:
    inner = argument[1:-1] if argument[0] == "{" and group_end(argument, 0) == len(argument) else argument
    return _spelled(inner)


def _spelled(source: Sequence[str]) -> str:
    """Tokens as text, with a blank between a control word and a letter."""
    out = ""
    for token in source:
        gap = " " if token[:1].isalpha() and out and source and _word_ends(out) else ""
        out += gap + token
    return out


def _word_ends(text: str) -> bool:
    stem = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return len(stem) < len(text) and stem.endswith("\\")
