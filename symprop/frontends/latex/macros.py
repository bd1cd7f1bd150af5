r"""A document's own commands, written out.

Defined by \newcommand, \renewcommand, \providecommand, \def, \let and \DeclareMathOperator; each use is replaced by the
body that was defined above it last, as TeX does, and definitions are left out.  One of another form, \def\x(#1){...},
is none, and its uses are faults where they stand in a formula.  Two commands of the package physics, \pdv{L}{W} and
\dv{L}{W}, are known.

Enters: text without comments.  Leaves: text, and for each character the offset of what it was written as.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST_CHARACTERS, MOST_USES, DEEPEST = 1_000_000, 50_000, 20
COMMAND = re.compile(r"\\[A-Za-z]+|\\.", re.DOTALL)
DEFINITIONS = (r"\newcommand", r"\renewcommand", r"\providecommand", r"\def", r"\let", r"\DeclareMathOperator")
COUNT = re.compile(r"\s*\[([0-9])\]")
PARAMETERS = re.compile(r"\s*((?:#[1-9])*)\s*(?=\{)")
SINGLE = re.compile(r"\s*(\\[A-Za-z]+|\\.|[^\s{}])", re.DOTALL)
BLANK = re.compile(r"\s*")


class EndlessMacroError(Exception):
    """A command whose expansion has no end, or one that is enormous.

    Args:
        name: of the command.
        at: the offset of its use.
    """

    def __init__(self, name: str, at: int) -> None:
        super().__init__(name)
        self.name, self.at = name, at


@dataclass(frozen=True)
class Macro:
    """What a command stands for: a body with #1, #2; `default` is that of #1, which then stands in square brackets."""

    count: int
    body: str
    default: str | None = None


PHYSICS = {
    r"\pdv": Macro(2, r"\frac{\partial #1}{\partial #2}"),
    r"\dv": Macro(2, r"\frac{d #1}{d #2}"),
}


@dataclass(frozen=True)
class Text:
    """Characters, and the offset each came from."""

    characters: str
    origins: Sequence[int]

    def part(self, start: int, end: int) -> Text:
        """A part of it."""
        return Text(self.characters[start:end], self.origins[start:end])


def expanded(plain: str) -> Text:
    """The text with every command of its own written out.

    Raises:
        EndlessMacroError: one is defined by itself, or what it writes out is enormous.
    """
    if not any(word in plain for word in (*DEFINITIONS, *PHYSICS)):
        return Text(plain, range(len(plain)))
    reader = _Expander(dict(PHYSICS))
    reader.expand(Text(plain, range(len(plain))), 0)
    return Text("".join(reader.pieces), reader.origins)


class _Expander:
    """The state while a text is read from its beginning to its end."""

    def __init__(self, macros: dict[str, Macro]) -> None:
        self.macros = macros
        self.pieces: list[str] = []
        self.origins: list[int] = []
        self.uses = 0

    def expand(self, text: Text, depth: int) -> None:
        place = 0
        while (command := COMMAND.search(text.characters, place)) is not None:
            name, end = command.group(), command.end()
            self._write(text.part(place, command.start()))
            place = end
            if name in DEFINITIONS or name in self.macros:
                at = text.origins[command.start()]
                self.uses += 1
                if depth > DEEPEST or self.uses > MOST_USES or len(self.origins) > MOST_CHARACTERS:
                    raise EndlessMacroError(name, at)
                behind = self._define(text, name, end) if name in DEFINITIONS else self._use(text, name, end, at, depth)
                if behind is not None:
                    place = behind
                    continue
            self._write(text.part(command.start(), end))
        self._write(text.part(place, len(text.characters)))

    def _write(self, text: Text) -> None:
        # what follows a control word is no part of it: \vec#1 with x is \vec x
        if text.characters[:1].isalpha() and self.pieces and re.search(r"\\[A-Za-z]+\Z", self.pieces[-1]):
            self.pieces.append(" ")
            self.origins.append(text.origins[0])
        if text.characters:
            self.pieces.append(text.characters)
            self.origins += text.origins

    # -- definitions -------------------------------------------------------------------------------------------------

    def _define(self, text: Text, word: str, place: int) -> int | None:
        """Take a definition in; the place behind it, None where it is not of a form that is read."""
        characters = text.characters
        place += characters[place : place + 1] == "*"
        name, place = _argument(characters, place)
        if not COMMAND.fullmatch(name.strip()):
            return None
        name, count, default = name.strip(), 0, None
        if word == r"\let":
            place = _blank(characters, place)
            place = _blank(characters, place + (characters[place : place + 1] == "="))
            body, place = _argument(characters, place)
            if name == body:
                return place
            self.macros[name] = self.macros.get(body, Macro(0, body))
            return place
        if word == r"\def":
            found = PARAMETERS.match(characters, place)
            if found is None:
                return None
            count, place = len(found.group(1)) // 2, found.end()
        elif (number := COUNT.match(characters, place)) is not None:
            count, place = int(number.group(1)), number.end()
            optional = _bracketed(characters, place)
            if optional is not None:
                default, place = optional
        body, place = _argument(characters, place)
        if word == r"\DeclareMathOperator":
            body = rf"\operatorname{{{body}}}"
        if word != r"\providecommand" or name not in self.macros:
            self.macros[name] = Macro(count, body, default)
        return place

    # -- uses --------------------------------------------------------------------------------------------------------

    def _use(self, text: Text, name: str, place: int, at: int, depth: int) -> int:
        """Write a command out; the place behind its arguments."""
        macro = self.macros[name]
        arguments: list[Text] = []
        if macro.default is not None:
            given = _bracketed(text.characters, place)
            if given is None:
                arguments.append(Text(macro.default, [at] * len(macro.default)))
            else:
                arguments.append(text.part(given[1] - 1 - len(given[0]), given[1] - 1))
                place = given[1]
        while len(arguments) < macro.count:
            inner, place = _argument(text.characters, place)
            end = place - 1 if text.characters[place - 1 : place] == "}" else place
            arguments.append(text.part(end - len(inner), end))
        self.expand(_filled(macro.body, arguments, at), depth + 1)
        return place


def _filled(body: str, arguments: Sequence[Text], at: int) -> Text:
    """The body with its arguments in place."""
    pieces: list[str] = []
    origins: list[int] = []
    for number, piece in enumerate(re.split(r"#([1-9])", body)):
        argument = Text(piece, [at] * len(piece))
        if number % 2:
            argument = arguments[int(piece) - 1] if int(piece) <= len(arguments) else Text("", [])
            if re.search(r"\\[A-Za-z]+\Z", "".join(pieces)) and argument.characters[:1].isalpha():
                argument = Text(f" {argument.characters}", [at, *argument.origins])
        pieces.append(argument.characters)
        origins += argument.origins
    return Text("".join(pieces), origins)


def _blank(characters: str, place: int) -> int:
    found = BLANK.match(characters, place)
    return place if found is None else found.end()


def _argument(characters: str, place: int) -> tuple[str, int]:
    """(a group without its braces or a single symbol, the place behind it)."""
    start = _blank(characters, place)
    if characters[start : start + 1] != "{":
        single = SINGLE.match(characters, start)
        return ("", start) if single is None else (single.group(1), single.end())
    depth = 0
    for found in re.finditer(r"\\.|[{}]", characters[start:], re.DOTALL):
        depth += (found.group() == "{") - (found.group() == "}")
        if not depth:
            return characters[start + 1 : start + found.start()], start + found.end()
    return characters[start + 1 :], len(characters)


def _bracketed(characters: str, place: int) -> tuple[str, int] | None:
    """(what stands in square brackets, the place behind them), None where none stand there."""
    start = _blank(characters, place)
    end = characters.find("]", start)
    return (characters[start + 1 : end], end + 1) if characters[start : start + 1] == "[" and end > 0 else None
