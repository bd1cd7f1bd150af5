"""A formula as a syntax tree: bounded before it is read, with exact places for everything wrong.

Enters: text.  Leaves: Python's own syntax tree of it (`ast.parse` builds a tree and runs nothing), or a FormulaError
with line and column.  What the nodes mean is decided elsewhere; a node that is not looked for there is refused.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, NoReturn

from symprop.errors import Fault, FormulaError

MAX_CHARACTERS, MAX_NODES, MAX_DEPTH, MAX_BITS, MAX_EXPONENT, MAX_ORDER = 2000, 400, 40, 512, 64, 4
NUMERAL = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
ALLOWED_TEXT = re.compile(r"[ -~\n\t]*")


class Place(NamedTuple):
    """A place in a text; lines and columns count from 1."""

    line: int
    column: int

    @staticmethod
    def of(node: ast.AST | None) -> Place:
        """Where a syntax node begins, or the beginning of the text."""
        return Place(getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1)


class Syntax:
    """One text and its syntax nodes.

    Args:
        text: the formula.
        where: its place, for messages.
    """

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where = text, where

    def fail(self, node: ast.AST | Place | None, message: str, hint: str = "") -> NoReturn:
        """Raise the fault at a place of the text."""
        at = node if isinstance(node, Place) else Place.of(node)
        line, column = at.line, at.column
        place = f"{self.where}: column {column}" if line == 1 else f"{self.where}: line {line}, column {column}"
        raise FormulaError(Fault(place, message, hint))

    def tree(self, mode: str) -> Any:
        """The syntax tree, bounded in depth and size."""
        self._bound_text()
        try:
            with warnings.catch_warnings():
                # Python only warns of `1if` and of "\\d"; here both are faults
                warnings.simplefilter("error")
                tree = ast.parse(self.text, mode=mode)
        except SyntaxError as error:
            # Python's own columns count from 1; 0 is the end of the text
            end = len(self.text.splitlines()[-1]) + 1
            self.fail(Place(error.lineno or 1, error.offset or end), f"this is not a formula: {_plain(error.msg)}")
        except (RecursionError, MemoryError, ValueError):
            self.fail(None, "the formula is nested too deeply")
        if _depth(tree) > MAX_NODES:
            self.fail(None, "the formula is nested too deeply")
        if sum(1 for _ in ast.walk(tree)) > 3 * MAX_NODES:
            self.fail(None, f"the formula has too many parts; expected at most {MAX_NODES}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and not NAME.fullmatch(node.id):
                shown = node.id if len(node.id) < 20 else node.id[:17] + "..."
                self.fail(node, f"'{shown}' is not a name; expected a letter, then at most 63 letters, digits or _")
        return tree

    def _bound_text(self) -> None:
        if not self.text.strip():
            self.fail(None, "the formula is empty")
        if len(self.text) > MAX_CHARACTERS:
            self.fail(None, f"the formula has {len(self.text)} characters; expected at most {MAX_CHARACTERS}")
        good = ALLOWED_TEXT.match(self.text)
        stop = good.end() if good else 0
        if stop < len(self.text):
            self.fail(
                self._place(stop),
                f"character U+{ord(self.text[stop]):04X} cannot stand in a formula; expected plain ASCII",
            )
        depth = 0
        for column, character in enumerate(self.text):
            depth += (character in "([{") - (character in ")]}")
            if depth > MAX_DEPTH:
                self.fail(self._place(column), f"brackets are nested more than {MAX_DEPTH} deep")

    def _place(self, at: int) -> Place:
        return Place(self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at))

    def numeral(self, node: ast.Constant) -> Fraction:
        """The exact value of a numeral, bounded in size."""
        written = ast.get_source_segment(self.text, node) or ""
        if not NUMERAL.fullmatch(written):
            self.fail(node, f"{kind_of(node)} cannot stand in a formula")
        mantissa, _, exponent = written.lower().partition("e")
        if len(mantissa) > 160 or len(exponent) > 4 or abs(int(exponent or 0)) > 150:
            self.fail(node, f"a numeral of this size cannot stand in a formula; expected at most {MAX_BITS} bits")
        value = Fraction(written)
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
            self.fail(node, f"a numeral of this size cannot stand in a formula; expected at most {MAX_BITS} bits")
        return value

    def subscripts(self, node: ast.Subscript) -> list[ast.expr]:
        """What stands on each axis; Python drops the difference between f[c,h] and the compound f[(c,h)]."""
        inside = node.slice
        if isinstance(inside, ast.Tuple) and not _enclosed(ast.get_source_segment(self.text, inside) or ""):
            return list(inside.elts)
        return [inside]


def _enclosed(text: str) -> bool:
    """True where the bracket a text begins with is closed by its last character."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place > 0 and place == len(text) - 1
    return False


def _plain(message: str | None) -> str:
    """Python's own words on a syntax error, without its advice about Python."""
    return (message or "invalid syntax").split(". ")[0].split("; ")[0].lower()


_NAMES: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute",
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.Dict: "a dictionary",
    ast.Tuple: "a tuple",
    ast.Set: "a set",
    ast.BoolOp: "`and` or `or`",
    ast.IfExp: "`if`",
    ast.Starred: "a star",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Slice: "a slice",
    ast.UnaryOp: "this operator",
}


def kind_of(node: ast.AST) -> str:
    """What a node is called in a message."""
    if isinstance(node, ast.Constant):
        kinds: list[tuple[Callable[[object], bool], str]] = [
            (lambda v: isinstance(v, bool), "a truth value"),
            (lambda v: v is None, "None"),
            (lambda v: v is Ellipsis, "`...`"),
            (lambda v: isinstance(v, str | bytes), "a string"),
            (lambda v: isinstance(v, complex), "a complex number"),
        ]
        return next((name for test, name in kinds if test(node.value)), "this numeral")
    return _NAMES.get(type(node), f"{type(node).__name__.lower()}")


_OPERATORS: dict[type[ast.AST], str] = {
    ast.Div: "/",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.MatMult: "@",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def operator_of(op: ast.AST) -> str:
    """An operator as it is written, quoted."""
    return f"'{_OPERATORS.get(type(op), type(op).__name__)}'"


def _depth(tree: ast.AST) -> int:
    """Number of levels of a syntax tree, counted without recursion."""
    levels, level = 0, [tree]
    while level:
        levels, level = levels + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return levels
