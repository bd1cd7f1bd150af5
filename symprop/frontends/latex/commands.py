r"""What begins with a command: functions, fractions, sums, cases, derivatives.

Enters: a cursor before it.  Leaves: a node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from symprop.frontends.latex.cursor import END, shown
from symprop.frontends.latex.macros import DEFINITIONS
from symprop.frontends.latex.nodes import (
    Binary,
    Block,
    Call,
    Cases,
    Comparison,
    Differential,
    Gradient,
    Indicator,
    Item,
    Negative,
    Node,
    Numeral,
    Ones,
    Power,
    Root,
    Summation,
    Symbol,
)
from symprop.frontends.latex.scripts import Scripts
from symprop.frontends.latex.tokens import Fail, Token, bounded
from symprop.frontends.latex.vocabulary import BRACKETS, COMPARISONS, FONTS, GENERIC, MATRICES

OPENED = {r"\[": r"\]", r"\(": r"\)", r"\begin": r"\end"}


class Commands(Scripts):
    """A formula whose commands are read.

    Args:
        text: what stands in it.
        fail: raises a fault at an offset.
        is_function: whether a name is a function, so that brackets behind it hold an argument.
        is_name: whether a letter has a meaning of its own, so that `d` is no differential.
    """

    def __init__(
        self, text: str, fail: Fail, is_function: Callable[[str], bool], is_name: Callable[[str], bool]
    ) -> None:
        super().__init__(bounded(text, fail), fail, len(text.rstrip()))
        self.is_function, self.is_name = is_function, is_name
        self.depth, self.bars = 0, 0

    def term(self) -> Node:
        """A product."""
        raise TypeError

    def factor(self) -> Node:
        """A factor."""
        raise TypeError

    def begins(self, token: Token) -> bool:
        """True where a factor begins."""
        raise TypeError

    def braced(self) -> Node:
        """A group in braces."""
        raise TypeError

    def bracketed(self) -> Node:
        """An expression or a condition in brackets."""
        raise TypeError

    def pass_gap(self) -> None:
        """Pass a gap within a formula."""
        raise TypeError

    def command(self) -> Node:
        """What a control word stands for."""
        token = self.next()
        match token.text:
            case r"\frac" | r"\dfrac" | r"\tfrac" | r"\cfrac":
                above, below = self._argument_of(), self._argument_of()
                return Binary(token.start, "/", above, below)
            case r"\sqrt":
                degree = self._degree()
                return Root(token.start, self._argument_of(), degree)
            case r"\sum":
                return self._sum(token)
            case r"\partial":
                return self.differential(token, True)
            case r"\nabla":
                return self._gradient(token)
            case r"\begin":
                return self._cases(token)
        if token.text == END:
            self.fail(token, "the formula ends too early; expected an expression")
        unknown = token.text.startswith("\\") and len(token.text) > 1
        kind = "command " if unknown else ""
        self.fail(token, f"{kind}{shown(token.text)} cannot be read in a formula", self.advice(token.text))

    @staticmethod
    def advice(text: str) -> str:
        """What to do about a control word that is not read."""
        if text in DEFINITIONS:
            return r"A definition of this form is not read; expected \newcommand{\name}[1]{...}."
        if text in OPENED:
            return f"The formula that begins above is not closed; expected {OPENED[text]}."
        return r"Write it out, or define it above by \newcommand." if text.startswith("\\") else ""

    def _argument_of(self) -> Node:
        """The argument of a command: a group, or one symbol or digit."""
        token = self.peek()
        if token.text == "{":
            return self.braced()
        if token.is_number:
            if len(token.text) == 1:
                return self.numeral(self.next())
            if len(token.text) == 2 and token.text.isdigit():  # \frac12
                self.tokens[self.place : self.place + 1] = [
                    Token(token.text[0], token.start, token.spaced),
                    Token(token.text[1], token.start + 1),
                ]
                return self.numeral(self.next())
            self.fail(token, "the argument of a command stands in braces")
        if self.is_symbol(token):
            return self.symbol()
        self.fail(token, f"{shown(token.text)} cannot be the argument of a command; expected braces")

    def _degree(self) -> Node | None:
        if self.take("[") is None:
            return None
        found = self.expression()
        self.expect("]", r"the degree of \sqrt stands in brackets")
        return found

    def chain(self, first: Node) -> tuple[Comparison, ...]:
        """`a < b < c`."""
        found = []
        while (op := self.take(*COMPARISONS)) is not None:
            right = self.expression()
            found.append(Comparison(op.start, first, COMPARISONS[op.text], right))
            first = right
        if not found:
            self.fail(self.peek(), "a condition is expected, such as z > 0")
        return tuple(found)

    def named(self) -> Node:
        """A symbol, or a function of its arguments."""
        symbol = self.symbol()
        found = self.scripted(symbol)
        core = found.base if isinstance(found, Power) else found
        if isinstance(core, Symbol) and (core.primes or self._is_called(core.base)):
            return self.applied(core, found)
        return found

    def _is_called(self, base: str) -> bool:
        """True of a function; a single letter is one only with brackets behind it."""
        return self.is_function(base) and (self.peek().text in BRACKETS or base not in (*GENERIC, "sigma"))

    def applied(self, function: Symbol, scripted: Node | None = None) -> Node:
        """A function of what stands behind it; `\tanh^2 z` is a power of the value."""
        found = self.scripted(function) if scripted is None else scripted
        plain = found.plain if isinstance(found, Symbol) else None
        core = replace(found, plain=None) if isinstance(found, Symbol) else function
        call: Node = Call(function.at, core, self._arguments(core))
        if plain is not None:
            return Power(function.at, call, Numeral(plain.at, self.number(Token(plain.text, plain.at))), True)
        if isinstance(found, Power):
            if isinstance(found.exponent, Negative):
                message = "it is not clear whether this is the inverse function or one over it"
                self.fail(found.exponent.at, message, r"Write \frac{1}{...}.")
            return Power(found.at, call, found.exponent, True)
        if not isinstance(found, Symbol):
            self.fail(function.at, f"'{function.base}' is a function and needs an argument")
        return call

    def _arguments(self, function: Symbol) -> tuple[Node, ...]:
        token = self.peek()
        if token.text in BRACKETS:
            opening = self.next()
            kept, self.bars = self.bars, 0
            found = [self.expression()]
            while self.take(",", ";"):
                found.append(self.expression())
            self.bars = kept
            self.expect(BRACKETS[opening.text], f"the arguments of {function.base} are not closed")
            return tuple(found)
        if not self.begins(token):
            self.fail(token, f"{function.base} needs an argument", f"Write {function.base}(z).")
        if token.text == "{":
            return (self.braced(),)
        found = [self.factor()]
        if self.begins(self.peek()):
            message = f"it is not clear where the argument of {function.base} ends; expected brackets"
            self.fail(self.peek(), message, f"Write {function.base}(...).")
        return tuple(found)

    def is_one(self) -> bool:
        r"""True of \mathbf 1, in whatever font."""
        inner = (self.peek(1), self.peek(2), self.peek(3))
        if inner[0].text == "1" or self.peek().text == r"\mathds":
            return True
        return (
            inner[0].text == "{"
            and inner[1].text in ("1", "I")
            and inner[2].text == "}"
            and (inner[1].text == "1" or self.peek().text == r"\mathbb")
        )

    def ones(self) -> Node:
        r"""`\mathbf 1`, or the indicator of the condition that follows it."""
        token = self.next()
        self.place += 3 if self.peek().text == "{" else 1
        if self.peek().text == "_":
            self.next()
            return self._indicator_below(token)
        if self.peek().text in BRACKETS:
            found = self.bracketed()
            if isinstance(found, Indicator):
                return replace(found, at=token.start)
            return Binary(token.start, "", Ones(token.start), found)
        return Ones(token.start)

    def _indicator_below(self, token: Token) -> Node:
        """A condition, or a length, which follows from the formula anyway, in a subscript."""
        if self.take("{") is None:
            self.bare_item()
            return Ones(token.start)
        inner = self.take(*BRACKETS)
        first = self.expression()
        conditions = self.chain(first) if self.peek().text in COMPARISONS else ()
        if inner is not None:
            self.expect(BRACKETS[inner.text], "a bracket is not closed")
        while self.peek().text not in ("}", END) and not conditions:
            self.next()
        self.expect("}", "a subscript is not closed")
        return Indicator(token.start, conditions) if conditions else Ones(token.start)

    def is_upright_d(self) -> bool:
        r"""True of \mathrm{d} before a name."""
        return [self.peek(k).text for k in (1, 2, 3)] == ["{", "d", "}"] and self.is_symbol(self.peek(4))

    def is_differential(self) -> bool:
        """True of dW, where d is no name; its scripts would make it one."""
        return self.is_symbol(self.peek(1)) and not self.is_name("d")

    def differential(self, token: Token, partial: bool) -> Node:
        """The differential of the name to come."""
        if not self.is_symbol(self.peek()):
            if self.take("{") is not None:
                found = self.differential(token, partial)
                self.expect("}", "a brace is not closed")
                return found
            self.fail(self.peek(), f"{shown(token.text)} stands before a name; expected one")
        return Differential(token.start, self.scripted(self.symbol()), partial)

    def _gradient(self, token: Token) -> Node:
        if self.take("_") is None:
            self.fail(token, r"it is not clear what \nabla is taken by", r"Write \nabla_{W} L.")
        if self.take("{") is not None:
            of = self.scripted(self.symbol())
            self.expect("}", r"\nabla is taken by one tensor")
        else:
            of = self.symbol()
        return Gradient(token.start, of, self.factor())

    def _sum(self, token: Token) -> Node:
        upper: Node | None = None
        below: list[tuple[Item, Node | None]] = []
        conditions: list[Comparison] = []
        while (mark := self.take("_", "^")) is not None:
            if mark.text == "^":
                upper = self._argument_of()
            else:
                below = list(self._below_a_sum(conditions))
        if not below:
            self.fail(token, "it is not clear what the sum runs over", r"Write \sum_{i}.")
        letters, lower = zip(*below, strict=True)
        return Summation(token.start, letters, lower, upper, tuple(conditions), self.term())

    def _below_a_sum(self, conditions: list[Comparison]) -> Iterator[tuple[Item, Node | None]]:
        """The letters of `i`, `{i=1}`, `{i,j}`, `{k \\ne i}`, `{s \\le t}`, with the first value where one is given."""
        if self.take("{") is None:
            yield self.bare_item(), None
            return
        while not self.take("}"):
            item = self._item()
            if item.kind != "letter" or item.shift:
                self.fail(item.at, "a sum runs over letters; expected one")
            lower = self.expression() if self.take("=") else None
            if lower is None and self.peek().text in COMPARISONS:
                conditions += self.chain(Symbol(item.at, item.text))
            yield item, lower
            self.take(",")
            if self.peek().text in (r"\in", END):
                expected = r"expected letters, i=1, k \ne i or s \le t"
                self.fail(self.peek(), f"{shown(self.peek().text)} cannot stand below a sum; {expected}")

    def _cases(self, token: Token) -> Node:
        name = self._environment()
        if name in MATRICES:
            return self._block(token)
        if name != "cases":
            self.fail(token, f"environment '{name}' cannot be read in a formula; expected cases or bmatrix")
        values: list[Node] = []
        conditions: list[Comparison] = []
        while True:
            values.append(self.expression())
            self.take(",", ";")
            otherwise = self._case(conditions)
            self.take(",", ".", ";")
            self.pass_gap()
            last = self.take("\\\\") is None
            if last or self.peek().text == r"\end":
                break
            if otherwise:
                self.fail(self.peek(), "a case stands behind 'otherwise'")
        self.expect(r"\end", "cases are not closed")
        self._environment()
        if len(values) > 8 or len(values) not in (len(conditions), len(conditions) + 1):
            self.fail(token, "the cases have no conditions; expected one for each, or otherwise at the end")
        return Cases(token.start, tuple(values), tuple(conditions))

    def _block(self, token: Token) -> Node:
        """The rows of a block matrix."""
        rows: list[list[Node]] = [[]]
        while True:
            rows[-1].append(self.expression())
            self.pass_gap()
            if self.take("&") is not None:
                continue
            if self.take("\\\\") is None or self.peek().text == r"\end":
                break
            rows.append([])
        self.expect(r"\end", "a matrix is not closed")
        self._environment()
        return Block(token.start, tuple(map(tuple, rows)))

    def _case(self, conditions: list[Comparison]) -> bool:
        """The condition of a case; True where it is for all that is left."""
        while self.take("&", r"\quad"):
            pass
        word = self.peek().text in FONTS
        if word:
            self.next()
            text = self.word()
            if text in ("otherwise", "else"):
                return True
            if text not in ("if", "for", "when"):
                self.fail(self.peek(), f"'{text}' is no condition; expected one, or otherwise")
        if self.peek().text in ("\\\\", r"\end"):
            return True
        chain = self.chain(self.expression())
        if len(chain) > 1:
            self.fail(chain[1].at, "a chain of comparisons cannot be the condition of a case")
        conditions.append(chain[0])
        return False

    def _environment(self) -> str:
        self.expect("{", "an environment has a name")
        name = ""
        while self.peek().text not in ("}", END):
            name += self.next().text
        self.expect("}", "an environment has a name")
        return name
