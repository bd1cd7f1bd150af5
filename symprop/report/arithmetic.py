"""Sums, products, fractions and numerals as LaTeX.

Enters: printed terms and factors.  Leaves: `Math` in which lines end at signs first and between factors second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symprop.language import expressions as ex
from symprop.language.printer import decimal
from symprop.report.layout import Math, Part
from symprop.report.symbols import SEPARATOR

# How tightly an expression binds; whatever binds less than its surroundings is put in parentheses.
SUM, PRODUCT, POWER, ATOM = range(4)
# A numerator wider than this is set beside its fraction, so that a line can end inside it.
WIDEST_FRACTION_POINTS = 220.0
LARGEST_DENOMINATOR = 10_000
LARGEST_BINARY = 64
Piece = tuple[Math, int]


@dataclass(frozen=True)
class Fractions:
    """A product as a rational number, factors above and factors below the line."""

    coefficient: Fraction
    over: tuple[ex.Expr, ...]
    under: tuple[ex.Expr, ...]

    @staticmethod
    def of(factors: Iterable[ex.Expr]) -> Fractions:
        """Factors with a negative exponent go below."""
        coefficient, over, under = Fraction(1), [], []
        for factor in factors:
            value = ex.number(factor)
            exponent = ex.number(factor.exponent) if isinstance(factor, ex.Pow) else None
            if value is not None:
                coefficient *= value
            elif isinstance(factor, ex.Pow) and exponent is not None and exponent < 0:
                under.append(ex.power(factor.base, ex.Number(-exponent)))
            else:
                over.append(factor)
        return Fractions(coefficient, tuple(over), tuple(under))


def fraction(coefficient: Fraction, over: Sequence[Math], under: Sequence[Math], beside: Sequence[Math] = ()) -> Math:
    """coefficient * over / under * beside, without the sign; one fraction unless its numerator is too wide."""
    top, bottom = _integers(coefficient) if under else number_parts(abs(coefficient))
    below = [*([Math.of(bottom)] if bottom else []), *under]
    above = [*([Math.of(top)] if top else []), *over]
    if not below:
        return product_math([*above, *beside] or [Math.of("1")])
    wide = sum(m.points for m in above) > WIDEST_FRACTION_POINTS
    if wide or not under:
        above, beside = ([Math.of(top)] if top else []), [*over, *beside]
    line = r"\frac" if under else r"\tfrac"
    numerator = _bare(product_math(above)) if above else "1"
    return product_math([Math.of(rf"{line}{{{numerator}}}{{{_bare(product_math(below))}}}"), *beside])


def _integers(value: Fraction) -> tuple[str, str]:
    """Numerator and denominator of a fraction that has other factors below its line."""
    if value.denominator > LARGEST_DENOMINATOR:
        return number_parts(abs(value))
    above = abs(value.numerator)
    return ("" if above == 1 else str(above)), ("" if value.denominator == 1 else str(value.denominator))


def _bare(math: Math) -> str:
    """The text, without parentheses around the whole of it."""
    text = math.text
    for size in ("", r"\big", r"\Big", r"\bigg"):
        opening, closing = (f"{size}l(", f"{size}r)") if size else ("(", ")")
        start, end = len(opening), len(text) - len(closing)
        if text.startswith(opening) and text.endswith(closing) and _matches(text, start, end):
            return text[start:end]
    return text


def _matches(text: str, start: int, end: int) -> bool:
    """True where the parenthesis before `start` is closed at `end` and not earlier."""
    depth = 1
    for character in text[start:end]:
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return False
    return depth == 1


def product_math(factors: Sequence[Math]) -> Math:
    """Factors side by side, a dot between two numerals; a sign stands in front of the first or in parentheses."""
    whole = factors[0]
    for factor in factors[1:]:
        factor = factor.parenthesised() if factor.text.startswith("-") else factor
        text = factor.text
        numerals = text[:1].isdigit() and whole.text[-1:].isdigit()
        gap = r" \cdot " if numerals else SEPARATOR + " " if text.startswith(r"\mathrm{") else " "
        whole = whole.then(gap).then(factor, 2, r"\cdot ")
    return whole


def sum_math(terms: Sequence[Math]) -> Math:
    """Terms with their signs between them."""
    whole = terms[0]
    for term in terms[1:]:
        negative = term.parts[0].text.startswith("-")
        sign, rest = (" - ", term.parts[0].text[1:]) if negative else (" + ", term.parts[0].text)
        signed = Math((Part(sign + rest.lstrip(), 0), *term.parts[1:]))
        whole = whole.then(signed, 0, "{}")
    return whole


def number_parts(value: Fraction) -> tuple[str, str]:
    """Numerator and denominator of a positive number as text, empty where it is 1.

    1/2, 1/3 and 1/64 are fractions; what has a factor of 5 below is a decimal, as somebody wrote it: 0.05.
    """
    short = decimal(value)
    if short is None or (value.denominator % 5 and value.denominator <= LARGEST_BINARY):
        above = "" if value.numerator == 1 else _scientific(decimal(Fraction(value.numerator)) or "")
        return above, "" if value.denominator == 1 else str(value.denominator)
    return _scientific(short), ""


def _scientific(short: str) -> str:
    """1e-8 as 10^{-8}, 0.0002 as 2 10^{-4}; other decimals as they are."""
    first, marked, exponent = short.partition("e")
    if not marked:
        digits = short.removeprefix("0.")
        mantissa = digits.lstrip("0")
        leading = len(digits) - len(mantissa)
        if not short.startswith("0.") or leading < 3:
            return short
        first, exponent = mantissa[0] + ("." + mantissa[1:] if mantissa[1:] else ""), str(-leading - 1)
    power = f"10^{{{exponent}}}"
    return power if first == "1" else rf"{first} \cdot {power}"


def number_piece(value: Fraction) -> Piece:
    """A number, small fractions in small print."""
    top, bottom = number_parts(abs(value))
    body = rf"\tfrac{{{top or '1'}}}{{{bottom}}}" if bottom else top or "1"
    return Math.of(("-" if value < 0 else "") + body), PRODUCT if value < 0 or bottom or r"\cdot" in body else ATOM


def inline_number(value: Fraction) -> str:
    """A number for an exponent, with a slash."""
    return str(value)
