r"""The grammar of formulas: sums of products of factors, with what binds closer below.

    expression = [-] term {(+ | -) term}          term = product {(\odot | \oslash) product}
    product = factor {[\cdot | \times | * | /] factor}          factor = atom {^script | 'primes}

Enters: a formula's text.  Leaves: sides and relations, or a FormulaError with line and column.  Juxtaposition binds as
\cdot does, and closer than \odot: W^\top \delta \odot f'(z) is (W^\top \delta) \odot f'(z).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symprop.frontends.latex.cursor import END, shown
from symprop.frontends.latex.nodes import (
    Bars,
    Binary,
    Call,
    Cases,
    Comparison,
    Differential,
    Gradient,
    Group,
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
    Transpose,
)
from symprop.frontends.latex.scripts import Scripts
from symprop.frontends.latex.tokens import Fail, Token, bounded
from symprop.frontends.latex.vocabulary import (
    BARS,
    BRACKETS,
    COMPARISONS,
    ENTRYWISE,
    EQUALS,
    FONTS,
    FRACTIONS,
    GENERIC,
    OPERATORS,
    PRODUCTS,
)

DEEPEST = 120
HINT = "Write it with brackets."


class Grammar(Scripts):
    """One formula.

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
            self.fail(token, f"{shown(token.text)} cannot be read here", self._advice(token.text))
        return found

    def side(self) -> Node:
        """One side, with the remarks in front of it passed over."""
        while self.take(r"\quad"):
            pass
        return self.expression()

    @staticmethod
    def _advice(text: str) -> str:
        if text in (r"\newcommand", r"\def", r"\input", r"\include"):
            return "Macros are not expanded; write them out."
        return "Macros of your own are not expanded; write them out." if text.startswith("\\") else ""

    # -- sums and products ---------------------------------------------------------------------------------------

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
            self._pass_gap()
            op = self.take("+", "-")
            if op is None:
                break
            self._pass_empty()
            found = Binary(op.start, op.text, found, self.term())
        self.depth -= 1
        return found

    def _pass_empty(self) -> None:
        """`{}` before a sign that begins a line."""
        while self.peek().text == "{" and self.peek(1).text == "}":
            self.place += 2

    def _pass_gap(self) -> None:
        r"""A \quad within a formula: an operator stands behind it, or nothing does."""
        start = self.place
        while self.take(r"\quad"):
            pass
        self._pass_empty()
        token = self.peek()
        ends = (END, "+", "-", "}", ")", "]", "&", "\\\\", ",", ".", ";", *EQUALS, *COMPARISONS)
        if self.place > start and token.text not in (*ends, *ENTRYWISE, *PRODUCTS):
            message = rf"{shown(token.text)} stands behind \quad; expected an operator or the end of the formula"
            self.fail(token, message, "Give every equation a line of its own.")

    def term(self) -> Node:
        """Products joined entry by entry."""
        self._pass_empty()
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
            elif self._begins(self.peek()):
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
            if not differential and self._begins(token) and token.text != r"\sum":
                message = "it is not clear what stands below the stroke; expected brackets"
                self.fail(token, message, r"Write \frac{a}{b} c, or a/(b c).")
        return Binary(op.start, PRODUCTS[op.text], left, right)

    def _check_beside(self, left: Node, token: Token) -> None:
        last = left.right if isinstance(left, Binary) else left
        if token.is_number and isinstance(last, Numeral):
            self.fail(token, "two numbers stand side by side", r"Write \cdot between them.")

    def _begins(self, token: Token) -> bool:
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

    # -- factors -------------------------------------------------------------------------------------------------

    def factor(self) -> Node:
        """An atom with what stands above it."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(self.peek(), "the formula is nested too deeply")
        found = self._atom()
        while self.peek().text in ("^", "'", r"\prime", "_"):
            mark = self.peek()
            if mark.text != "^":
                self.fail(mark, f"{shown(mark.text)} cannot stand behind brackets or a second superscript")
            found = self._raised(found)
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
            return self._applied(Symbol(token.start, OPERATORS[text]))
        if text in FONTS and self.peek(1).text in ("{", "1") and self._is_one():
            return self._ones()
        if text in FONTS and self._is_upright_d():
            self.place += 4
            return self._differential(token, False)
        if token.is_letter and text == "d" and self._is_differential():
            self.next()
            return self._differential(token, False)
        if self.is_symbol(token):
            return self._named()
        if text == "{":
            return self._braced()
        if text in BRACKETS:
            return self._bracketed()
        if text in BARS and not self.bars:
            return self._barred()
        return self._command()

    def _command(self) -> Node:
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
                return self._differential(token, True)
            case r"\nabla":
                return self._gradient(token)
            case r"\begin":
                return self._cases(token)
        if token.text == END:
            self.fail(token, "the formula ends too early; expected an expression")
        unknown = token.text.startswith("\\") and len(token.text) > 1
        kind = "command " if unknown else ""
        self.fail(token, f"{kind}{shown(token.text)} cannot be read in a formula", self._advice(token.text))

    def _argument_of(self) -> Node:
        """The argument of a command: a group, or one symbol or digit."""
        token = self.peek()
        if token.text == "{":
            return self._braced()
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

    def _braced(self) -> Node:
        self.expect("{", "a group begins with a brace")
        found = self.expression()
        self._pass_gap()
        self.expect("}", "a brace is not closed")
        return found

    def _bracketed(self) -> Node:
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
        found = self._chain(first)
        self.expect(BRACKETS[opening.text], "a bracket is not closed")
        return Indicator(opening.start, found)

    def _chain(self, first: Node) -> tuple[Comparison, ...]:
        """`a < b < c`."""
        found = []
        while (op := self.take(*COMPARISONS)) is not None:
            right = self.expression()
            found.append(Comparison(op.start, first, COMPARISONS[op.text], right))
            first = right
        if not found:
            self.fail(self.peek(), "a condition is expected, such as z > 0")
        return tuple(found)

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

    # -- names and functions -------------------------------------------------------------------------------------

    def _named(self) -> Node:
        """A symbol, or a function of its arguments."""
        symbol = self.symbol()
        found = self.scripted(symbol)
        core = found.base if isinstance(found, Power | Transpose) and not isinstance(found, Transpose) else found
        if isinstance(core, Symbol) and (core.primes or self._is_called(core.base)):
            return self._applied(core, found)
        return found

    def _is_called(self, base: str) -> bool:
        """True of a function; a single letter is one only with brackets behind it."""
        return self.is_function(base) and (self.peek().text in BRACKETS or base not in (*GENERIC, "sigma"))

    def _applied(self, function: Symbol, scripted: Node | None = None) -> Node:
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
        if not self._begins(token):
            self.fail(token, f"{function.base} needs an argument", f"Write {function.base}(z).")
        if token.text == "{":
            return (self._braced(),)
        found = [self.factor()]
        if self._begins(self.peek()):
            message = f"it is not clear where the argument of {function.base} ends; expected brackets"
            self.fail(self.peek(), message, f"Write {function.base}(...).")
        return tuple(found)

    def _is_one(self) -> bool:
        inner = (self.peek(1), self.peek(2), self.peek(3))
        if inner[0].text == "1" or self.peek().text == r"\mathds":
            return True
        return (
            inner[0].text == "{"
            and inner[1].text in ("1", "I")
            and inner[2].text == "}"
            and (inner[1].text == "1" or self.peek().text == r"\mathbb")
        )

    def _ones(self) -> Node:
        r"""`\mathbf 1`, or the indicator of the condition that follows it."""
        token = self.next()
        self.place += 3 if self.peek().text == "{" else 1
        if self.peek().text == "_":
            self.next()
            return self._indicator_below(token)
        if self.peek().text in BRACKETS:
            found = self._bracketed()
            if isinstance(found, Indicator):
                return replace(found, at=token.start)
            return Binary(token.start, "", Ones(token.start), found)
        return Ones(token.start)

    def _indicator_below(self, token: Token) -> Node:
        """A condition, or a length, which follows from the formula anyway, in a subscript."""
        if self.take("{") is None:
            self._item()
            return Ones(token.start)
        inner = self.take(*BRACKETS)
        first = self.expression()
        conditions = self._chain(first) if self.peek().text in COMPARISONS else ()
        if inner is not None:
            self.expect(BRACKETS[inner.text], "a bracket is not closed")
        while self.peek().text not in ("}", END) and not conditions:
            self.next()
        self.expect("}", "a subscript is not closed")
        return Indicator(token.start, conditions) if conditions else Ones(token.start)

    # -- derivatives ---------------------------------------------------------------------------------------------

    def _is_upright_d(self) -> bool:
        return [self.peek(k).text for k in (1, 2, 3)] == ["{", "d", "}"] and self.is_symbol(self.peek(4))

    def _is_differential(self) -> bool:
        """True of dW, where d is no name; its scripts would make it one."""
        return self.is_symbol(self.peek(1)) and not self.is_name("d")

    def _differential(self, token: Token, partial: bool) -> Node:
        if not self.is_symbol(self.peek()):
            if self.take("{") is not None:
                found = self._differential(token, partial)
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

    # -- sums and cases ------------------------------------------------------------------------------------------

    def _sum(self, token: Token) -> Node:
        upper: Node | None = None
        letters: tuple[Item, ...] = ()
        unequal: Item | None = None
        while (mark := self.take("_", "^")) is not None:
            if mark.text == "^":
                upper = self._argument_of()
            else:
                letters, unequal = self._letters(token)
        if not letters:
            self.fail(token, "it is not clear what the sum runs over", r"Write \sum_{i}.")
        return Summation(token.start, letters, upper, unequal, self.term())

    def _letters(self, token: Token) -> tuple[tuple[Item, ...], Item | None]:
        """`i`, `{i=1}`, `{i,j}`, `{k \\ne i}`."""
        if self.take("{") is None:
            return (self._item(),), None
        found: list[Item] = []
        unequal = None
        while not self.take("}"):
            item = self._item()
            if item.kind != "letter" or item.shift:
                self.fail(item.at, "a sum runs over letters; expected one")
            found.append(item)
            if self.take(r"\ne", r"\neq"):
                unequal = self._item()
            elif self.take("="):
                self._start()
            self.take(",")
            if self.peek().text in (r"\in", "<", r"\le", r"\leq", ">", END):
                message = f"{shown(self.peek().text)} cannot stand below a sum; expected letters, i=1 or k \\ne i"
                self.fail(self.peek(), message)
        if unequal is not None and len(found) > 1:
            self.fail(token, r"a sum with \ne runs over one letter")
        return tuple(found), unequal

    def _start(self) -> None:
        token = self.next()
        if token.text != "1":
            message = f"a sum that begins at {shown(token.text)} cannot be read; expected 1, the first entry"
            self.fail(token, message, "Leave the limits out to sum over the whole axis.")

    def _cases(self, token: Token) -> Node:
        name = self._environment()
        if name != "cases":
            self.fail(token, f"environment '{name}' cannot be read in a formula; expected cases")
        values: list[Node] = []
        conditions: list[Comparison] = []
        while True:
            values.append(self.expression())
            self.take(",", ";")
            otherwise = self._case(conditions)
            self.take(",", ".", ";")
            self._pass_gap()
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
        chain = self._chain(self.expression())
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
