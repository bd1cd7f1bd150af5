"""A text in NumPy notation as bounded statements, with the place of everything wrong.

Enters: text.  Leaves: syntax nodes of Python's own parser, which builds a tree and runs nothing, or a FormulaError with
line and column.  Comments are blanked out, so that columns stay what they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NoReturn

from symprop.errors import Fault, FormulaError
from symprop.language.syntax import MAX_CHARACTERS, MAX_NODES, Place, Syntax, kind_of

MAX_PROGRAM, MAX_STATEMENTS = 50_000, 1000
COMMENT = re.compile(r"#[^\n]*")
KEYWORD = re.compile(r"\s*(for|while|if|else|elif|def|class|return|import|from|with|try|lambda|del|assert|print)\b")
Locate = Callable[[Place], str]


class ShapeError(FormulaError):
    """A formula that is well formed, whose shapes do not fit: NumPy would refuse to evaluate it."""


class Program(Syntax):
    """One text and its statements.

    Args:
        text: an expression, or statements.
        where: what is read, for messages.
        locate: the words for a place of the text, `hand.yaml:4:9`; by default line and column behind `where`.
    """

    def __init__(self, text: str, where: str, locate: Locate | None = None) -> None:
        super().__init__(COMMENT.sub(lambda found: " " * len(found.group()), text), where)
        self.locate = locate

    def fail(self, node: ast.AST | Place | None, message: str, hint: str = "") -> NoReturn:
        """Raise the fault at a place of the text."""
        raise FormulaError(self._fault(node, message, hint))

    def shape_fail(self, node: ast.AST, message: str, hint: str = "") -> NoReturn:
        """Raise that shapes do not fit."""
        raise ShapeError(self._fault(node, message, hint))

    def _fault(self, node: ast.AST | Place | None, message: str, hint: str) -> Fault:
        at = node if isinstance(node, Place) else Place.of(node)
        if self.locate is not None:
            return Fault(self.locate(at), message, hint)
        line = "" if at.line == 1 else f"line {at.line}, "
        return Fault(f"{self.where}: {line}column {at.column}", message, hint)

    def statements(self) -> list[ast.stmt]:
        """The statements, each bounded as a formula is."""
        body = self.tree("exec").body
        assert isinstance(body, list)
        if len(body) > MAX_STATEMENTS:
            self.fail(body[MAX_STATEMENTS], f"there are too many statements; expected at most {MAX_STATEMENTS}")
        for statement in body:
            self._bound(statement)
        return body

    def _bound(self, statement: ast.stmt) -> None:
        if sum(1 for _ in ast.walk(statement)) > 3 * MAX_NODES:
            self.fail(statement, f"the formula has too many parts; expected at most {MAX_NODES}")
        segment = ast.get_source_segment(self.text, statement) or ""
        if len(segment) > MAX_CHARACTERS:
            self.fail(statement, f"the formula has {len(segment)} characters; expected at most {MAX_CHARACTERS}")

    def tree(self, mode: str) -> ast.Module:
        """The syntax tree of all statements; `mode` is "exec"."""
        if len(self.text) > MAX_PROGRAM:
            self.fail(None, f"the text has {len(self.text)} characters; expected at most {MAX_PROGRAM}")
        lines = self.text.split("\n")
        trees = []
        for first, last in _blocks(lines):
            self._refuse_keyword(lines, first)
            part = Program("\n".join(lines[first:last]), self.where, self._shifted(first))
            found = Syntax.tree(part, mode)
            trees += [ast.increment_lineno(s, first) for s in found.body]
        if not trees:
            self.fail(None, "the formula is empty")
        return ast.Module(trees, [])

    def _refuse_keyword(self, lines: list[str], first: int) -> None:
        """A word that begins a statement of Python other than an assignment."""
        start = next(k for k in range(first, len(lines)) if lines[k].strip())
        found = KEYWORD.match(lines[start])
        if found:
            place = Place(start + 1, found.start(1) + 1)
            message = f"`{found.group(1)}` cannot stand in a claim; expected assignments and formulas"
            self.fail(place, message, "Write the whole array at once, in NumPy notation.")

    def _shifted(self, lines: int) -> Locate:
        return lambda place: self._fault(Place(place.line + lines, place.column), "", "").where

    def segment(self, node: ast.AST) -> str:
        """The text of a node on one line, at most 60 characters of it."""
        found = " ".join((ast.get_source_segment(self.text, node) or kind_of(node)).split())
        return found if len(found) <= 60 else found[:57] + "..."


def _blocks(lines: list[str]) -> list[tuple[int, int]]:
    """Ranges of lines that belong together: a line whose brackets stay open goes on in the next."""
    found, start, depth = [], 0, 0
    for number, line in enumerate(lines, 1):
        depth = max(0, depth + sum((c in "([{") - (c in ")]}") for c in line))
        if not depth and not line.rstrip().endswith("\\"):
            if any(part.strip() for part in lines[start:number]):
                found.append((start, number))
            start = number
    if start < len(lines) and any(part.strip() for part in lines[start:]):
        found.append((start, len(lines)))
    return found
