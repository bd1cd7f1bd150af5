r"""Symbols with their scripts: `\hat{W}_{2,ij}^{\top}`.

Enters: a cursor before a letter, a word or an accent.  Leaves: a `Symbol`, wrapped in what its superscripts do to it.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from symprop.frontends.latex.cursor import END, Cursor, shown
from symprop.frontends.latex.nodes import Item, Node, Numeral, Power, Symbol, Transpose
from symprop.frontends.latex.tokens import Token
from symprop.frontends.latex.vocabulary import ACCENTS, FONTS, GREEK, TRANSPOSES
from symprop.language.syntax import MAX_BITS

LARGEST = 1_000_000
LABELLED = {"[": "]", "(": ")"}


class Scripts(Cursor):
    """A formula whose symbols are read."""

    def expression(self) -> Node:
        """A whole expression."""
        raise TypeError

    def number(self, token: Token) -> Fraction:
        """The value of a numeral."""
        if len(token.text) > 150:
            self.fail(token, f"a numeral of this size cannot stand in a formula; expected at most {MAX_BITS} bits")
        return Fraction(token.text + ("0" if token.text.endswith(".") else ""))

    # -- nuclei --------------------------------------------------------------------------------------------------

    def is_symbol(self, token: Token) -> bool:
        """True where a symbol begins."""
        return token.is_letter or token.text in GREEK or token.text in FONTS or token.text in ACCENTS

    def symbol(self) -> Symbol:
        """A letter, a word or an accented one, without what stands behind it."""
        token = self.next()
        if token.is_letter:
            return Symbol(token.start, token.text)
        if token.text in GREEK:
            return Symbol(token.start, GREEK[token.text])
        if token.text in ACCENTS:
            inner = self._argument(token)
            return replace(inner, at=token.start, base=f"{inner.base}_{ACCENTS[token.text]}")
        if token.text in FONTS:
            return self._word(token)
        self.fail(token, f"{shown(token.text)} cannot stand here; expected a name")

    def _argument(self, command: Token) -> Symbol:
        """The symbol a command is about, in braces or not."""
        if self.take("{") is None:
            return self.symbol()
        inner = self.symbol()
        while self.peek().text in ("_", "^"):
            found = self.script(inner)
            if not isinstance(found, Symbol):
                self.fail(command, f"an accent over {shown('^')} cannot be read", "Put the script behind the accent.")
            inner = found
        self.expect("}", f"{shown(command.text)} covers one symbol")
        return inner

    def _word(self, command: Token) -> Symbol:
        r"""`\mathrm{fc}`; a font means nothing around a single symbol."""
        if self.peek().text != "{":
            return replace(self.symbol(), at=command.start)
        start = self.place
        word = self.word()
        if word:
            return Symbol(command.start, word)
        self.place = start
        return replace(self._argument(command), at=command.start)

    def word(self) -> str:
        """The letters and digits of a braced group; nothing, and nothing passed, if there is more in it."""
        start, text = self.place, ""
        self.expect("{", "a word stands in braces")
        while self.peek().text not in ("}", END):
            piece = self.next().text.replace(r"\_", "_").replace(r"\-", "").replace("-", "_").replace(",", "_")
            text += piece
        self.next()
        if text and text.replace("_", "").isalnum():
            return text
        self.place = start
        return ""

    # -- scripts -------------------------------------------------------------------------------------------------

    def scripted(self, symbol: Symbol) -> Node:
        """The symbol with all scripts behind it."""
        found: Node = symbol
        while self.peek().text in ("_", "^", "'", r"\prime"):
            if isinstance(found, Transpose) and isinstance(found.inner, Symbol) and self.peek().text == "_":
                found = Transpose(found.at, self.script(found.inner))
            elif isinstance(found, Symbol):
                found = self.script(found)
            else:
                return found
        return found

    def script(self, symbol: Symbol) -> Node:
        """The symbol with one script more."""
        mark = self.next()
        if mark.text == "'" or mark.text == r"\prime":
            return replace(symbol, primes=symbol.primes + 1)
        if mark.text == "_":
            if symbol.below:
                self.fail(mark, "a second subscript stands here; expected one")
            return replace(symbol, below=self.items())
        return self._above(symbol, mark)

    def items(self) -> tuple[Item, ...]:
        """What stands in a subscript."""
        if self.take("{") is None:
            return (self.bare_item(),)
        found: list[Item] = []
        apart = False
        while not self.take("}"):
            token = self.peek()
            if token.text == END:
                self.fail(token, "a subscript is not closed; expected '}'")
            comma = self.take(",", r"\quad")
            if comma is None:
                found.append(self._entry(apart))
            apart = comma is not None
        if not found:
            self.fail(self.peek(), "a subscript is empty")
        return tuple(found)

    def bare_item(self) -> Item:
        """A script without braces, which is one token: u_i + 1 and u_i' are not about i + 1 and i'."""
        token = self.peek()
        if not (token.is_letter or token.text in GREEK):
            return self._item()
        self.next()
        return Item(token.start, GREEK.get(token.text, token.text), "letter")

    def _entry(self, apart: bool) -> Item:
        """One index: a letter, or a sum of several; a number begins one where a comma keeps it from being a label."""
        start, token = self.place, self.peek()
        if apart and token.is_number and self.is_symbol(self.peek(1)):
            return self._index_sum()
        item = self._item()
        if item.kind == "letter" and self.peek().text in ("+", "-"):
            self.place = start
            return self._index_sum()
        return item

    def _index_sum(self) -> Item:
        """`2p+u-1`: whole numbers, letters, and integer tensors with their indices."""
        first = self.peek()
        terms: list[tuple[int, Symbol]] = []
        shift, sign = 0, 1
        while True:
            sign = -1 if self.take("-") is not None else 1
            count = self._whole() if self.peek().is_number else None
            if self.is_symbol(self.peek()):
                symbol = self.scripted(self.symbol())
                if not isinstance(symbol, Symbol):
                    self.fail(symbol.at, "an index is a sum of letters and whole numbers")
                terms.append((sign * (1 if count is None else count), symbol))
            elif count is not None:
                shift += sign * count
            else:
                self.fail(self.peek(), f"{shown(self.peek().text)} cannot stand in the sum of an index")
            if self.peek().text == "-":
                continue
            if self.take("+") is None:
                break
        text = "".join(token.text for token in self.tokens if first.start <= token.start < self.peek().start)
        return Item(first.start, text, "sum", shift, tuple(terms))

    def _whole(self) -> int:
        token = self.next()
        value = self.number(token)
        if value.denominator != 1 or value > LARGEST:
            self.fail(token, f"a number in an index is whole, and at most {LARGEST}")
        return int(value)

    def _item(self) -> Item:
        token = self.next()
        if token.is_number:
            return Item(token.start, token.text, "number")
        if token.is_letter or token.text in GREEK:
            return self._letter(token)
        if token.text in FONTS:
            word = self.word() if self.peek().text == "{" else self.next().text
            if word.replace("_", "").isalnum():
                return Item(token.start, word, "word")
        if token.text in (r"\langle", "<"):
            inner = self._item()
            self.next()
            return inner
        if token.text in ("{", "(", "["):
            inner = self._item()
            closing = self.next()
            if closing.text in ("}", ")", "]"):
                return inner
        hint = "A row or a column is written with an index, W_{ij}." if token.text in (":", r"\cdot", "*") else ""
        self.fail(
            token, f"{shown(token.text)} cannot stand in a subscript; expected indices or the name of a layer", hint
        )

    def _letter(self, token: Token) -> Item:
        """An index letter with its primes and what is added to it."""
        text = GREEK.get(token.text, token.text)
        while self.take("'", r"\prime"):
            text += "'"
        if self.peek().text == "^" and self.peek(1).text in ("'", r"\prime"):
            self.place += 2
            text += "'"
        if self.peek().text == "_":
            self.next()
            text += "_" + "".join(item.text for item in self.items())
        sign = self.peek().text
        if sign in ("+", "-") and self.peek(1).is_number:
            self.next()
            value = self.number(self.next())
            if value.denominator != 1 or value > 64:
                self.fail(token, "an index is moved by a whole number of at most 64")
            return Item(token.start, text, "letter", int(value) if sign == "+" else -int(value))
        return Item(token.start, text, "letter")

    def _above(self, symbol: Symbol, mark: Token) -> Node:
        """The symbol under a superscript."""
        if self.take("{") is None:
            return self._single(symbol, mark)
        found: Node = symbol
        while not self.take("}"):
            symbol = found if isinstance(found, Symbol) else symbol
            found = self._part(found, symbol, mark)
        return found

    def _single(self, symbol: Symbol, mark: Token) -> Node:
        """A superscript without braces."""
        if self._takes_transpose():
            return Transpose(symbol.at, symbol)
        token = self.next()
        if token.text == r"\prime":
            return replace(symbol, primes=symbol.primes + 1)
        if token.is_number:
            self.place -= 1
            first = self._digit()
            return replace(symbol, plain=Item(first.start, first.text, "number"))
        if token.is_letter and self.peek().text == "_" and symbol.label is None:
            return replace(symbol, label=Item(token.start, token.text, "letter"))
        if token.is_letter:
            return Power(symbol.at, symbol, Symbol(token.start, token.text))
        self.fail(mark, f"the superscript {shown(token.text)} cannot be read", "Put it in braces.")

    def _takes_transpose(self) -> bool:
        r"""Pass \top, T, \mathsf T or \mathsf{T}; False where none stands."""
        start = self.place
        if self.take(*FONTS) is not None:
            braced = self.take("{") is not None
            if self.take(*TRANSPOSES) and (not braced or self.take("}")):
                return True
        elif self.take(*TRANSPOSES):
            return True
        self.place = start
        return False

    def _digit(self) -> Token:
        """The first digit of a numeral: x^23 is x^{2}3."""
        token = self.next()
        if len(token.text) > 1:
            self.fail(token, f"the superscript {shown(token.text)} has no braces", f"Write ^{{{token.text}}}.")
        return token

    def _part(self, found: Node, symbol: Symbol, mark: Token) -> Node:
        """One part of a braced superscript: a label, a time, primes, a transpose, or an exponent."""
        token = self.peek()
        if token.text in LABELLED and isinstance(found, Symbol) and found.example is None and self._is_label():
            label = self._bracketed()
            if found.label is None:
                return replace(found, label=label)
            if label.kind != "letter":
                self.fail(token, "a second label stands here; expected the letter of an example, as in z^{[2](i)}")
            return replace(found, example=label)
        if token.text in (r"\langle", "<") and isinstance(found, Symbol):
            self.next()
            time = self._item()
            if self.next().text not in (r"\rangle", ">"):
                self.fail(token, r"the superscript \langle is not closed; expected \rangle")
            return replace(found, time=time)
        if token.text in ("'", r"\prime") and isinstance(found, Symbol):
            self.next()
            return replace(found, primes=found.primes + 1)
        if token.text == "^" and isinstance(found, Symbol):
            return self._nested(symbol)
        start = self.place
        if self._takes_transpose():
            if self.peek().text == "}":
                return Transpose(symbol.at, found)
            self.place = start
        if token.text in (r"\odot", r"\circ"):
            self.next()
            return Power(symbol.at, found, self.expression(), True)
        return self._exponent(found, mark)

    def _bracketed(self) -> Item:
        """What stands in a pair of brackets, as one item."""
        closing = LABELLED[self.next().text]
        label = self._item()
        while self.peek().text != closing:
            label = replace(label, text=label.text + self._item().text)
        self.next()
        return label

    def _nested(self, symbol: Symbol) -> Node:
        r"""`W^{[2]^\top}`."""
        mark = self.next()
        braced = self.take("{") is not None
        if not self._takes_transpose() or (braced and self.take("}") is None):
            self.fail(mark, "a superscript of a superscript cannot be read; expected a transpose")
        return Transpose(symbol.at, symbol)

    def _exponent(self, found: Node, mark: Token) -> Node:
        token = self.peek()
        if token.text == END:
            self.fail(mark, "a superscript is not closed; expected '}'")
        if isinstance(found, Symbol) and token.is_number and self.peek(1).text == "}":
            self.next()
            return replace(found, plain=Item(token.start, token.text, "number"))
        before = self.place
        exponent = self.expression()
        if self.peek().text != "}" or self.place == before:
            self.fail(self.peek(), f"{shown(self.peek().text)} cannot stand in a superscript")
        return Power(found.at, found, exponent)

    def _is_label(self) -> bool:
        """True of (2), [l], (out): one item in brackets."""
        closing, place = LABELLED[self.peek().text], 1
        if self.peek(place).text in FONTS:
            while self.peek(place).text not in ("}", END):
                place += 1
        elif not (self.peek(place).is_number or self.is_symbol(self.peek(place))):
            return False
        while (
            self.peek(place + 1).is_letter
            or self.peek(place + 1).is_number
            or self.peek(place + 1).text in ("'", "-", "+")
        ):
            place += 1
        return self.peek(place + 1).text == closing

    def numeral(self, token: Token) -> Node:
        """A numeral as a node."""
        return Numeral(token.start, self.number(token))
