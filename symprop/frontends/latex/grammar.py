r"""The grammar of formulas: sums of products of factors, with what binds closer below.

    expression = [-] term {(+ | -) term}          term = product {(\odot | \oslash) product}
    product = factor {[\cdot | \times | * | /] factor}          factor = atom {^script | 'primes}

Enters: a formula's text.  Leaves: sides and relations, or a FormulaError with line and column.  Juxtaposition binds as
\cdot does, and closer than \odot: W^\top \delta \odot f'(z) is (W^\top \delta) \odot f'(z).
"""

from __future__ import annotations

from symprop.frontends.latex.commands import Commands
from symprop.frontends.latex.cursor import END, shown
from symprop.frontends.latex.nodes import (
    Bars,
    Binary,
    Call,
    Differential,
    Entry,
    Group,
    Indicator,
    Negative,
    Node,
    Numeral,
    Power,
    Symbol,
    Transpose,
)
from symprop.frontends.latex.tokens import Token
from symprop.frontends.latex.vocabulary import (
    BARS,
    BRACKETS,
    COMPARISONS,
    ENTRYWISE,
    EQUALS,
    FONTS,
    FRACTIONS,
    OPERATORS,
    PRODUCTS,
)

DEEPEST = 120
HINT = "Write it with brackets."


class Grammar(Commands):
    """One formula; arguments as of `Commands`."""

    def sides(self) -> list[Node]:
        """The sides of `a = b = c`; one that is empty, before a leading =, is left out."""
        found = [] if self.peek().text in EQUALS else [self.side()]
        while self.take(*EQUALS):
            found.append(self.side())
        token = self.peek()
        while self.take(".", ",", ";", r"\quad"):
            pass
        if self.peek().text != END:
            token = self.peek()
            self.fail(token, f"{shown(token.text)} cannot be read here", self.advice(token.text))
        return found

    def side(self) -> Node:
        """One side, with the remarks in front of it passed over."""
        while self.take(r"\quad"):
            pass
        return self.expression()

    def expression(self) -> Node:
        """A sum of terms; bounded in depth, since Python's own stack is."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(self.peek(), "the formula is nested too deeply")
        sign = self.take("-", "+")
        found = self.term()
        if sign is not None and sign.text == "-":
            found = Negative(sign.start, found)
        while True:
            self.pass_gap()
            op = self.take("+", "-")
            if op is None:
                break
            found = Binary(op.start, op.text, found, self.term())
        self.depth -= 1
        return found

    def pass_gap(self) -> None:
        r"""A \quad within a formula: an operator stands behind it, or nothing does."""
        start = self.place
        while self.take(r"\quad"):
            pass
        token = self.peek()
        ends = (END, "+", "-", "}", ")", "]", "&", "\\\\", ",", ".", ";", *EQUALS, *COMPARISONS)
        if self.place > start and token.text not in (*ends, *ENTRYWISE, *PRODUCTS):
            message = rf"{shown(token.text)} stands behind \quad; expected an operator or the end of the formula"
            self.fail(token, message, "Give every equation a line of its own.")

    def term(self) -> Node:
        """Products joined entry by entry."""
        found = self.product()
        while (op := self.take(*ENTRYWISE)) is not None:
            found = Binary(op.start, ENTRYWISE[op.text], found, self.product())
        return found

    def product(self) -> Node:
        """Factors side by side."""
        found = self.factor()
        while True:
            op = self.take(*PRODUCTS)
            if op is not None:
                found = self._joined(op, found)
            elif self.begins(self.peek()):
                self._check_beside(found, self.peek())
                found = Binary(self.peek().start, "", found, self.factor())
            else:
                return found

    def _joined(self, op: Token, left: Node) -> Node:
        sign = self.take("-")
        right = self.factor()
        right = right if sign is None else Negative(sign.start, right)
        if op.text in ("/", r"\div"):
            differential = isinstance(right, Differential) and isinstance(left, Differential)
            token = self.peek()
            if not differential and self.begins(token) and token.text != r"\sum":
                message = "it is not clear what stands below the stroke; expected brackets"
                self.fail(token, message, r"Write \frac{a}{b} c, or a/(b c).")
        return Binary(op.start, PRODUCTS[op.text], left, right)

    def _check_beside(self, left: Node, token: Token) -> None:
        last = left.right if isinstance(left, Binary) else left
        if token.is_number and isinstance(last, Numeral):
            self.fail(token, "two numbers stand side by side", r"Write \cdot between them.")

    def begins(self, token: Token) -> bool:
        """True where a factor begins."""
        text = token.text
        if text in BARS:
            return not self.bars and text != END
        return bool(text) and (
            token.is_number
            or self.is_symbol(token)
            or text in BRACKETS
            or text in FRACTIONS
            or text in OPERATORS
            or text in ("{", r"\sqrt", r"\sum", r"\prod", r"\partial", r"\nabla", r"\begin", r"\binom", r"\int")
        )

    def factor(self) -> Node:
        """An atom with what stands above it."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(self.peek(), "the formula is nested too deeply")
        found = self._atom()
        while self.peek().text in ("^", "'", r"\prime", "_"):
            mark = self.peek()
            if mark.text == "_" and is_whole(found):
                self.next()
                found = Entry(found.at, found, self.items())
                continue
            if mark.text != "^":
                self.fail(mark, f"{shown(mark.text)} cannot stand behind brackets or a second superscript")
            below, found = found, self._raised(found)
            if isinstance(below, Power) and isinstance(found, Power):
                self.fail(mark, "it is not clear what a second exponent belongs to; expected braces", "Write {a^b}^c.")
        self.depth -= 1
        return found

    def _raised(self, base: Node) -> Node:
        """Anything but a symbol under a superscript."""
        wrapped = self.script(Symbol(base.at, ""))
        return _rebased(wrapped, base, self)

    def _atom(self) -> Node:
        token = self.peek()
        text = token.text
        if token.is_number:
            return self.numeral(self.next())
        if text in OPERATORS:
            self.next()
            return self.applied(Symbol(token.start, OPERATORS[text]))
        if text in FONTS and self.peek(1).text in ("{", "1") and self.is_one():
            return self.ones()
        if text in FONTS and self.is_upright_d():
            self.place += 4
            return self.differential(token, False)
        if token.is_letter and text == "d" and self.is_differential():
            self.next()
            return self.differential(token, False)
        if self.is_symbol(token):
            return self.named()
        if text == "{":
            return self.braced()
        if text in BRACKETS:
            return self.bracketed()
        if text in BARS and not self.bars:
            return self._barred()
        return self.command()

    def braced(self) -> Node:
        """A group in braces."""
        self.expect("{", "a group begins with a brace")
        found = self.expression()
        self.pass_gap()
        self.expect("}", "a brace is not closed")
        return found

    def bracketed(self) -> Node:
        """An expression in brackets, or a condition, which is 1 where it holds and 0 elsewhere."""
        opening = self.next()
        kept, self.bars = self.bars, 0
        found = self._conditions(opening)
        self.bars = kept
        if isinstance(found, Indicator):
            return found
        if self.peek().text == ",":
            self.fail(self.peek(), "a list in brackets cannot be read; expected one expression")
        self.expect(BRACKETS[opening.text], "a bracket is not closed")
        return Group(opening.start, found)

    def _conditions(self, opening: Token) -> Node:
        first = self.expression()
        if self.peek().text not in COMPARISONS:
            return first
        found = self.chain(first)
        self.expect(BRACKETS[opening.text], "a bracket is not closed")
        return Indicator(opening.start, found)

    def _barred(self) -> Node:
        opening = self.next()
        closing, double = BARS[opening.text]
        self.bars += 1
        inner = self.expression()
        self.bars -= 1
        self.expect(closing, "a bar is not closed")
        if double and self.peek().text == "_":
            self.next()
            norm = self.items()
            if [i.text for i in norm] not in (["2"], ["F"]):
                self.fail(opening, "only the Euclidean norm can be read")
        return Bars(opening.start, inner, double)


def is_whole(node: Node) -> bool:
    """True of what is in brackets, transposed or not: a subscript behind it names entries."""
    return isinstance(node, Group | Call) or (isinstance(node, Transpose) and isinstance(node.inner, Group))


def _rebased(wrapped: Node, base: Node, grammar: Grammar) -> Node:
    """What a superscript did to a nameless symbol, done to something else."""
    if isinstance(wrapped, Transpose):
        return Transpose(base.at, _rebased(wrapped.inner, base, grammar))
    if isinstance(wrapped, Power):
        return Power(base.at, _rebased(wrapped.base, base, grammar), wrapped.exponent, wrapped.elementwise)
    assert isinstance(wrapped, Symbol)
    if wrapped.label or wrapped.time or wrapped.primes or wrapped.below:
        grammar.fail(base.at, "only a name can have such a superscript; expected a power or a transpose")
    if wrapped.plain is not None:
        token = Token(wrapped.plain.text, wrapped.plain.at)
        return Power(base.at, base, Numeral(wrapped.plain.at, grammar.number(token)))
    return base
