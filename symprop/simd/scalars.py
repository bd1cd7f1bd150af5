"""Arithmetic of single numbers by the rules of NumPy's types, written as LLVM IR.

    i64, u64 ─ with float or double ─► double          float with double ─► double          i1 with integers ─► i64

Products and sums that follow each other may be rounded once; no other rule of real numbers is used.

Enters: numbers.  Leaves: lines of instructions, and numbers.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from symprop.simd.lanes import SHORT, number
from symprop.simd.reading import Unsupported

WHOLE = ("i64", "u64")
REALS = ("float", "double")
LLVM = {"i64": "i64", "u64": "i64", "i1": "i1", "float": "float", "double": "double"}
FOLDED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}
OF_REALS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
OF_WHOLE = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitXor: "xor", ast.BitAnd: "and", ast.BitOr: "or",
    ast.LShift: "shl",
}
TESTS = {
    ast.Lt: ("slt", "ult", "olt"), ast.LtE: ("sle", "ule", "ole"), ast.Gt: ("sgt", "ugt", "ogt"),
    ast.GtE: ("sge", "uge", "oge"), ast.Eq: ("eq", "eq", "oeq"), ast.NotEq: ("ne", "ne", "une"),
}
"""Comparisons of i64, of u64 and of real numbers."""
OF_LLVM = {"sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "fabs": "fabs", "abs": "fabs"}
OF_C = ("exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "erf", "erfc")
LONGEST_POWER = 64


class Number(NamedTuple):
    """A number: its type, its register, and its value where that is known beforehand; None is one of type "none"."""

    kind: str
    text: str
    value: float | None = None


def constant(value: float) -> Number:
    """A number of the text: a bool, an int or a float."""
    if isinstance(value, bool):
        return Number("i1", str(value).lower(), value)
    if isinstance(value, int):
        return Number("i64", str((value + 2**63) % 2**64 - 2**63), value)
    return Number("double", number(value, "double"), value)


def common(first: str, second: str) -> str:
    """The type that holds numbers of two types."""
    kinds = {first, second}
    if "none" in kinds:
        raise Unsupported("None as a number")
    if len(kinds) == 1:
        return first
    if kinds == {"i64", "u64"}:
        raise Unsupported("integers with a sign and without")
    if kinds <= {"i1", *WHOLE}:
        return "u64" if "u64" in kinds else "i64"
    return "double"


class Scalars:
    """Instructions on single numbers.

    Args:
        real: "float" or "double", the type `real` stands for.
        declared: declarations of functions that are called.
    """

    def __init__(self, real: str, declared: set[str]) -> None:
        self.real, self.declared = real, declared
        self.lines: list[str] = []
        self.count = 0

    def fresh(self) -> str:
        """A name nobody has."""
        self.count += 1
        return f"v{self.count}"

    def do(self, text: str) -> None:
        """An instruction without a result."""
        self.lines.append(f"  {text}")

    def put(self, text: str) -> str:
        """An instruction with one."""
        name = f"%{self.fresh()}"
        self.lines.append(f"  {name} = {text}")
        return name

    def call(self, kind: str, name: str, arguments: Sequence[tuple[str, str]]) -> str:
        """A call of a function that is no part of the text."""
        self.declared.add(f"declare {kind} @{name}({', '.join(k for k, _ in arguments)})")
        return self.put(f"call {kind} @{name}({', '.join(f'{k} {text}' for k, text in arguments)})")

    # -- types -------------------------------------------------------------------------------------------------------

    def convert(self, a: Number, kind: str) -> Number:
        """The number in another type; what is no whole number loses its fraction in one of integers."""
        if a.kind == kind:
            return a
        if a.kind == "none":
            raise Unsupported("None as a number")
        if a.value is not None and kind in REALS:
            return Number(kind, number(float(a.value), kind), float(a.value))
        if a.value is not None and kind in WHOLE and a.kind in WHOLE:
            return Number(kind, a.text, a.value)
        return Number(kind, self._converted(a, kind))

    def _converted(self, a: Number, kind: str) -> str:
        if kind == "i1":
            zero = Number(a.kind, number(0.0, a.kind) if a.kind in REALS else "0")
            return self.compare(a, ast.NotEq(), zero).text
        if a.kind in WHOLE and kind in WHOLE:
            return a.text
        if a.kind in REALS and kind in REALS:
            return self.put(f"{'fpext' if kind == 'double' else 'fptrunc'} {a.kind} {a.text} to {kind}")
        if kind in REALS:
            return self.put(f"{'sitofp' if a.kind == 'i64' else 'uitofp'} {LLVM[a.kind]} {a.text} to {kind}")
        word = "zext" if a.kind == "i1" else "fptosi" if kind == "i64" else "fptoui"
        return self.put(f"{word} {a.kind} {a.text} to i64")

    def together(self, a: Number, b: Number) -> tuple[Number, Number]:
        """Two numbers in the type of their sum."""
        kind = common("i64" if a.kind == "i1" else a.kind, b.kind)
        return self.convert(a, kind), self.convert(b, kind)

    # -- operations --------------------------------------------------------------------------------------------------

    def binary(self, a: Number, op: ast.operator, b: Number) -> Number:
        """An operation on two numbers."""
        if a.value is not None and b.value is not None and type(op) in FOLDED and a.kind != "u64" != b.kind:
            return constant(FOLDED[type(op)](a.value, b.value))
        if isinstance(op, ast.Pow):
            return self._power(a, b)
        if isinstance(op, ast.RShift):
            return Number(a.kind, self.put(f"{'lshr' if a.kind == 'u64' else 'ashr'} i64 {a.text}, {b.text}"))
        a, b = self.together(a, b)
        if isinstance(op, ast.Div) and a.kind in WHOLE:
            a, b = self.convert(a, "double"), self.convert(b, "double")
        if a.kind in REALS and type(op) in OF_REALS:
            return Number(a.kind, self.put(f"{OF_REALS[type(op)]} contract {a.kind} {a.text}, {b.text}"))
        if a.kind in WHOLE and type(op) in OF_WHOLE:
            return Number(a.kind, self.put(f"{OF_WHOLE[type(op)]} i64 {a.text}, {b.text}"))
        if a.kind in WHOLE and isinstance(op, ast.FloorDiv | ast.Mod):
            return self._quotient(a, isinstance(op, ast.Mod), b)
        raise Unsupported(f"{type(op).__name__} of {a.kind}")

    def _quotient(self, a: Number, rest: bool, b: Number) -> Number:
        """The quotient rounded down, or what is left; 0 where the divisor is 0, which would end the process."""
        none = self.put(f"icmp eq i64 {b.text}, 0")
        by = self.put(f"select i1 {none}, i64 1, i64 {b.text}")
        sign = "u" if a.kind == "u64" else "s"
        left = self.put(f"{sign}rem i64 {a.text}, {by}")
        found = left if rest else self.put(f"{sign}div i64 {a.text}, {by}")
        if sign == "s":
            apart = self.put(f"icmp slt i64 {self.put(f'xor i64 {left}, {by}')}, 0")
            some = self.put(f"icmp ne i64 {left}, 0")
            down = self.put(f"and i1 {apart}, {some}")
            other = self.put(f"add i64 {left}, {by}" if rest else f"sub i64 {found}, 1")
            found = self.put(f"select i1 {down}, i64 {other}, i64 {found}")
        return Number(a.kind, self.put(f"select i1 {none}, i64 0, i64 {found}"))

    def _power(self, a: Number, b: Number) -> Number:
        """A power; one whose exponent is a small integer of the text as products."""
        if isinstance(b.value, int) and not isinstance(b.value, bool) and 0 <= b.value <= LONGEST_POWER:
            found, left = self.convert(constant(1), a.kind), b.value
            while left:
                found = self.binary(found, ast.Mult(), a) if left & 1 else found
                left >>= 1
                a = self.binary(a, ast.Mult(), a) if left else a
            return found
        a, b = self.together(a, b)
        a, b = (self.convert(n, "double") if n.kind in WHOLE else n for n in (a, b))
        name = "powf" if a.kind == "float" else "pow"
        return Number(a.kind, self.call(a.kind, name, [(a.kind, a.text), (b.kind, b.text)]))

    def negative(self, a: Number) -> Number:
        """-a."""
        if a.value is not None:
            return constant(-a.value)
        if a.kind in REALS:
            return Number(a.kind, self.put(f"fneg {a.kind} {a.text}"))
        return Number(a.kind, self.put(f"sub i64 0, {self.convert(a, 'i64').text}"))

    def compare(self, a: Number, op: ast.cmpop, b: Number) -> Number:
        """Whether a comparison holds."""
        if type(op) not in TESTS:
            raise Unsupported(type(op).__name__)
        a, b = self.together(a, b)
        words = dict(zip(("i64", "u64", "float"), TESTS[type(op)], strict=True))
        if a.kind in REALS:
            return Number("i1", self.put(f"fcmp {words['float']} {a.kind} {a.text}, {b.text}"))
        return Number("i1", self.put(f"icmp {words[a.kind]} i64 {a.text}, {b.text}"))

    def opposite(self, a: Number) -> Number:
        """Whether a condition does not hold."""
        return Number("i1", self.put(f"xor i1 {self.convert(a, 'i1').text}, true"))

    def choose(self, test: Number, a: Number, b: Number) -> Number:
        """One of two numbers."""
        a, b = self.together(a, b)
        kind = LLVM[a.kind]
        return Number(a.kind, self.put(f"select i1 {test.text}, {kind} {a.text}, {kind} {b.text}"))

    def extreme(self, name: str, numbers: Sequence[Number]) -> Number:
        """The largest or smallest, the first of equal ones."""
        found = numbers[0]
        for other in numbers[1:]:
            found = self.choose(self.compare(other, ast.Gt() if name == "max" else ast.Lt(), found), other, found)
        return found

    def function(self, name: str, numbers: Sequence[Number]) -> Number:
        """A function of one number, LLVM's or the C library's."""
        if len(numbers) != 1 or (name not in OF_LLVM and name not in OF_C):
            raise Unsupported(f"function {name}")
        a = numbers[0] if numbers[0].kind in REALS else self.convert(numbers[0], "double")
        if name in OF_LLVM:
            return Number(a.kind, self.call(a.kind, f"llvm.{OF_LLVM[name]}.{SHORT[a.kind]}", [(a.kind, a.text)]))
        return Number(a.kind, self.call(a.kind, name + ("f" if a.kind == "float" else ""), [(a.kind, a.text)]))


KNOWN = {"pi": math.pi, "inf": math.inf, "e": math.e, "nan": math.nan}
