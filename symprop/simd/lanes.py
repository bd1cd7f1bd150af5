"""Arithmetic of vectors, written as LLVM IR.

Enters: registers.  Leaves: lines of instructions.  The classes that lie above this know no LLVM names of operations.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable

SHORT = {"float": "f32", "double": "f64", "i32": "i32", "i64": "i64"}


def number(value: float, kind: str) -> str:
    """A constant as LLVM reads it: the bits of a double, those of the nearest float for a float."""
    if kind in ("i32", "i64"):
        return str(int(value))
    if kind == "i1":
        return "true" if value else "false"
    if kind == "float" and value == value and abs(value) != float("inf"):
        value = struct.unpack("f", struct.pack("f", value))[0]
    return "0x" + struct.pack(">d", value).hex().upper()


class Lanes:
    """Operations on `width` numbers of type `kind`, or on one where the width is 1.

    Args:
        kind: "float" or "double".
        width: entries of a register.
        lines: where instructions are added.
        fresh: gives names of registers.
        declared: declarations of functions that are called.
    """

    def __init__(
        self, kind: str, width: int, lines: list[str], fresh: Callable[[], str], declared: set[str]
    ) -> None:
        self.kind, self.width, self.lines, self.fresh, self.declared = kind, width, lines, fresh, declared
        self.whole = "i32" if kind == "float" else "i64"
        self.type, self.integers, self.flags = (self._type(k) for k in (kind, self.whole, "i1"))

    def _type(self, kind: str) -> str:
        return f"<{self.width} x {kind}>" if self.width > 1 else kind

    def put(self, text: str) -> str:
        """An instruction with a result."""
        name = self.fresh()
        self.lines.append(f"  {name} = {text}")
        return name

    def _same(self, text: str, kind: str) -> str:
        return f"splat ({kind} {text})" if self.width > 1 else text

    def const(self, value: float) -> str:
        """A number in every lane."""
        return self._same(number(value, self.kind), self.kind)

    def iconst(self, value: int) -> str:
        """An integer in every lane."""
        return self._same(str(value), self.whole)

    def _binary(self, word: str, a: str, b: str) -> str:
        return self.put(f"{word} contract {self.type} {a}, {b}")

    def add(self, a: str, b: str) -> str:
        """a + b."""
        return self._binary("fadd", a, b)

    def sub(self, a: str, b: str) -> str:
        """a - b."""
        return self._binary("fsub", a, b)

    def mul(self, a: str, b: str) -> str:
        """a * b."""
        return self._binary("fmul", a, b)

    def div(self, a: str, b: str) -> str:
        """a / b."""
        return self._binary("fdiv", a, b)

    def exact(self, word: str, a: str, b: str) -> str:
        """fadd, fsub or fmul that is rounded by itself, whatever stands around it."""
        return self.put(f"{word} {self.type} {a}, {b}")

    def intrinsic(self, name: str, *args: str) -> str:
        """An LLVM intrinsic of arguments of one type."""
        full = f"llvm.{name}.{f'v{self.width}' if self.width > 1 else ''}{SHORT[self.kind]}"
        self.declared.add(f"declare {self.type} @{full}({', '.join([self.type] * len(args))})")
        return self.put(f"call {self.type} @{full}({', '.join(f'{self.type} {a}' for a in args)})")

    def fma(self, a: str, b: str, c: str) -> str:
        """a*b + c, in one rounding where the machine has that."""
        return self.intrinsic("fmuladd", a, b, c)

    def poly(self, x: str, coefficients: list[float]) -> str:
        """A polynomial by Horner's rule, the highest power first."""
        found = self.const(coefficients[0])
        for c in coefficients[1:]:
            found = self.fma(found, x, self.const(c))
        return found

    def neg(self, a: str) -> str:
        """-a."""
        return self.put(f"fneg {self.type} {a}")

    def abs(self, a: str) -> str:
        """|a|."""
        return self.intrinsic("fabs", a)

    def copysign(self, a: str, sign: str) -> str:
        """a with the sign of another."""
        return self.intrinsic("copysign", a, sign)

    def nearest(self, a: str) -> str:
        """The nearest whole number, the even one of two."""
        return self.intrinsic("rint", a)

    def compare(self, word: str, a: str, b: str) -> str:
        """A comparison: "olt", "ogt", "oge", "oeq", "uno" (one of them is NaN)."""
        return self.put(f"fcmp {word} {self.type} {a}, {b}")

    def select(self, flag: str, a: str, b: str) -> str:
        """a where the flag is set, else b."""
        return self.put(f"select {self.flags} {flag}, {self.type} {a}, {self.type} {b}")

    def clamp(self, a: str, low: float, high: float) -> str:
        """a between two numbers; NaN stays."""
        return self.at_most(self.select(self.compare("olt", a, self.const(low)), self.const(low), a), high)

    def at_most(self, a: str, high: float) -> str:
        """The smaller of a and a number; NaN stays."""
        return self.select(self.compare("ogt", a, self.const(high)), self.const(high), a)

    def bits(self, a: str) -> str:
        """The bits of a number as an integer."""
        return self.put(f"bitcast {self.type} {a} to {self.integers}")

    def from_bits(self, i: str) -> str:
        """The number of some bits."""
        return self.put(f"bitcast {self.integers} {i} to {self.type}")

    def to_int(self, a: str) -> str:
        """A whole number below 2**31 as an integer."""
        if self.kind == "float":
            return self.put(f"fptosi {self.type} {a} to {self.integers}")
        short = self._type("i32")
        return self.put(f"sext {short} {self.put(f'fptosi {self.type} {a} to {short}')} to {self.integers}")

    def from_int(self, i: str) -> str:
        """An integer below 2**31 as a number."""
        if self.kind == "double":
            short = self._type("i32")
            i = self.put(f"trunc {self.integers} {i} to {short}")
            return self.put(f"sitofp {short} {i} to {self.type}")
        return self.put(f"sitofp {self.integers} {i} to {self.type}")

    def integer(self, word: str, a: str, b: str) -> str:
        """add, sub, and, or, shl, lshr, ashr of integers."""
        return self.put(f"{word} {self.integers} {a}, {b}")

    def except_where(self, flag: str, name: str, found: str, x: str) -> str:
        """`found`, but a function of the C library, name(x), where the flag is set, which is seldom.

        It is a function of its own, as a branch would end the block that instructions are added to.
        """
        own = f"{name}.{self.kind}.{self.width}.where"
        numbers = itertools.count()
        inner = Lanes(self.kind, self.width, [], lambda: f"%v{next(numbers)}", self.declared)
        value = inner.select("%flag", inner.each(name, "%x"), "%found")
        reduced = f"llvm.vector.reduce.or.v{self.width}i1"
        several = self.width > 1
        if several:
            self.declared.add(f"declare i1 @{reduced}({self.flags})")
        given = f"{self.flags} %flag, {self.type} %found, {self.type} %x"
        lines = [
            f"define internal {self.type} @{own}({given}) {{",
            *([f"  %any = call i1 @{reduced}({self.flags} %flag)"] if several else []),
            f"  br i1 {'%any' if several else '%flag'}, label %some, label %none",
            "some:",
            *inner.lines,
            f"  ret {self.type} {value}",
            "none:",
            f"  ret {self.type} %found",
            "}",
        ]
        self.declared.add("\n".join(lines))
        return self.put(f"call {self.type} @{own}({self.flags} {flag}, {self.type} {found}, {self.type} {x})")

    def each(self, name: str, *args: str) -> str:
        """A function of the C library, lane by lane."""
        own = name + ("f" if self.kind == "float" else "")
        self.declared.add(f"declare {self.kind} @{own}({', '.join([self.kind] * len(args))})")
        found = "poison"
        for lane in range(self.width):
            parts = args
            if self.width > 1:
                parts = tuple(self.put(f"extractelement {self.type} {a}, i64 {lane}") for a in args)
            value = self.put(f"call {self.kind} @{own}({', '.join(f'{self.kind} {p}' for p in parts)})")
            if self.width == 1:
                return value
            found = self.put(f"insertelement {self.type} {found}, {self.kind} {value}, i64 {lane}")
        return found
