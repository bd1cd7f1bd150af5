"""Functions of loops as LLVM IR.

    Python text ─ ast ─► statements ─ order of loops ─► registers, tiles of steps, vectors ─► IR text

Enters: the source of a function whose loops run over arrays of known shapes.  Leaves: the text of one LLVM function.
An order of loops is tried after the other; the last one, without vectors, knows every construct.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from symprop.simd.functions import FUNCTIONS
from symprop.simd.lanes import SHORT, Lanes, number
from symprop.simd.reading import Unsupported, subscripts
from symprop.simd.values import LANES, Integer, Key, Shape, Target, Value

NONE: frozenset[str] = frozenset()
ORDERED = {ast.Lt: "olt", ast.LtE: "ole", ast.Gt: "ogt", ast.GtE: "oge", ast.Eq: "oeq", ast.NotEq: "une"}
SIGNED = {ast.Lt: "slt", ast.LtE: "sle", ast.Gt: "sgt", ast.GtE: "sge", ast.Eq: "eq", ast.NotEq: "ne"}
ARITHMETIC = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
FLAGS = "contract "
HINTS = itertools.count(1_000_000)
"""Numbers for the marks of loops, each given once in a process, so that no module has one twice."""


class Array(NamedTuple):
    """An array argument: the type of its entries, and its extents, integers or names of integer arguments."""

    kind: str
    shape: tuple[int | str, ...]


def array_of(text: str, kind: str) -> Array:
    """The array of a text such as "N, 64", or "N: integer", or "N, 64: short" of integers of 32 bits."""
    extents, _, word = text.partition(":")
    shape = tuple(int(w) if w.strip().isdigit() else w.strip() for w in extents.split(","))
    return Array({"": kind, "integer": "i64", "short": "i32"}[word.strip()], shape)


class Writer:
    """The text of one function, written front to back.

    Args:
        real: "float" or "double", the type `real` stands for.
        target: the machine.
    """

    def __init__(self, real: str, target: Target) -> None:
        self.real, self.target = real, target
        self.lines: list[str] = []
        self.head: list[str] = []
        self.declared: set[str] = set()
        self.count, self.label = 0, "entry"
        self.shape = Shape()
        self.masks: list[Value] = []
        self.wide: dict[tuple[str, str, int], tuple[str, str]] = {}

    # -- text --------------------------------------------------------------------------------------------------------

    def fresh(self) -> str:
        """A register nobody has."""
        self.count += 1
        return f"%v{self.count}"

    def put(self, text: str) -> str:
        """An instruction with a result."""
        name = self.fresh()
        self.lines.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """An instruction without."""
        self.lines.append(f"  {text}")

    def block(self) -> str:
        """A label nobody has."""
        self.count += 1
        return f"b{self.count}"

    def enter(self, label: str) -> None:
        """Go on in a new block."""
        self.lines.append(f"{label}:")
        self.label = label

    def hint(self) -> str:
        """A mark for a loop that LLVM leaves as it is: what is to have lanes and tiles has them.

        Optimising once more what it has vectorised and unrolled itself takes LLVM a minute for a small convolution.
        """
        return f"!{next(HINTS)}"

    def hints(self) -> str:
        """The meaning of the marks, behind the function."""
        used = [line.rsplit("!", 1)[1] for line in self.lines if "!llvm.loop" in line]
        if not used:
            return ""
        lanes, unrolled = next(HINTS), next(HINTS)
        marks = [f"!{mark} = distinct !{{!{mark}, !{lanes}, !{unrolled}}}" for mark in used]
        no_lanes = f'!{lanes} = !{{!"llvm.loop.vectorize.enable", i1 false}}'
        return "\n".join([*marks, no_lanes, f'!{unrolled} = !{{!"llvm.loop.unroll.disable"}}', ""])

    def type_of(self, kind: str, width: int) -> str:
        """The type of a vector, of an entry at width 1."""
        return f"<{width} x {kind}>" if width > 1 else kind

    def width(self, dims: frozenset[str], v: int) -> int:
        """The entries of a register."""
        return self.shape.widths[v] if LANES in dims else 1

    # -- values ------------------------------------------------------------------------------------------------------

    def const(self, value: float, kind: str) -> Value:
        """A constant."""
        return Value(kind, NONE, {(0, 0): number(value, kind)}, value)

    def register(self, value: Value, r: int, v: int, width: int) -> str:
        """A register of a value with as many entries as asked for."""
        text = value.at(r, v)
        if width == 1 or LANES in value.dims:
            return text
        if value.constant is not None:
            return f"splat ({value.kind} {text})"
        key = (text, value.kind, width)
        if key not in self.wide or self.wide[key][0] != self.label:
            kind = self.type_of(value.kind, width)
            one = self.put(f"insertelement {kind} poison, {value.kind} {text}, i64 0")
            all_ = self.put(f"shufflevector {kind} {one}, {kind} poison, <{width} x i32> zeroinitializer")
            self.wide[key] = self.label, all_
        return self.wide[key][1]

    def each(self, kind: str, parts: Sequence[Value], write: Callable[[str, list[str], int], str]) -> Value:
        """A value computed register by register: `write(type, operands, width)`, the type being the operands'."""
        dims = NONE.union(*(p.dims for p in parts))
        regs = {}
        for r, v in self.shape.keys(dims):
            width = self.width(dims, v)
            operands = [self.register(p, r, v, width) for p in parts]
            regs[r, v] = write(self.type_of(parts[0].kind, width), operands, width)
        return Value(kind, dims, regs)

    def spread(self, value: Value, dims: frozenset[str]) -> Value:
        """The value with registers for dims in which it does not differ."""
        if value.dims >= dims:
            return value
        dims = value.dims | dims
        return Value(value.kind, dims, {
            (r, v): self.register(value, r, v, self.width(dims, v)) for r, v in self.shape.keys(dims)
        })

    def convert(self, value: Value | Integer, kind: str) -> Value:
        """The value as a floating-point number."""
        if isinstance(value, Integer):
            if value.known is not None:
                return self.const(float(value.known), kind)
            value = self.integer(value)
        if value.kind == kind:
            return value
        if value.constant is not None:
            return self.const(value.constant, kind)
        word = {"i64": "sitofp", "i1": "uitofp", "float": "fpext", "double": "fptrunc"}[value.kind]

        def write(own: str, operands: list[str], width: int) -> str:
            return self.put(f"{word} {own} {operands[0]} to {self.type_of(kind, width)}")

        return self.each(kind, [value], write)

    def float_of(self, value: Value | Integer) -> Value:
        """A number as it stands, integers as doubles."""
        if isinstance(value, Value) and value.kind in ("float", "double"):
            return value
        return self.convert(value, "double")

    def both(self, left: Value | Integer, right: Value | Integer) -> tuple[Value, Value]:
        """Two numbers of one type, the wider one."""
        a, b = self.float_of(left), self.float_of(right)
        kind = "float" if a.kind == b.kind == "float" else "double"
        return self.convert(a, kind), self.convert(b, kind)

    # -- integers ----------------------------------------------------------------------------------------------------

    def index(self, value: Integer, r: int, v: int) -> str:
        """The number for a step of the tile and the first lane of a vector."""
        constant = value.constant + value.step(r) + value.lane(self.shape.start(v))
        text = ""
        for part, factor in value.terms.items():
            own = part.at(r, v)
            own = own if factor == 1 else self.put(f"mul nsw i64 {own}, {factor}")
            text = self.put(f"add nsw i64 {text}, {own}") if text else own
        if not text:
            return str(constant)
        return self.put(f"add nsw i64 {text}, {constant}") if constant else text

    def integer(self, value: Integer | Value) -> Value:
        """An integer in registers."""
        if isinstance(value, Value):
            return value
        if value.known is not None:
            return self.const(value.known, "i64")
        dims = value.dims
        regs = {}
        for r, v in self.shape.keys(dims):
            width = self.width(dims, v)
            if width == 1:
                regs[r, v] = self.index(value, r, v)
                continue
            regular = value._replace(terms={p: k for p, k in value.terms.items() if LANES not in p.dims})
            base = Value("i64", NONE, {(0, 0): self.index(regular, r, v)})
            text, kind = self.register(base, 0, 0, width), self.type_of("i64", width)
            if value.lanes or value.offsets:
                steps = ", ".join(f"i64 {place}" for place in self._lane_places(value, v))
                text = self.put(f"add nsw {kind} {text}, <{steps}>")
            for part, factor in value.terms.items():
                if LANES in part.dims:
                    own = part.at(r, v)
                    own = own if factor == 1 else self.put(f"mul nsw {kind} {own}, splat (i64 {factor})")
                    text = self.put(f"add nsw {kind} {text}, {own}")
            regs[r, v] = text
        return Value("i64", dims, regs)

    def resized(self, value: Value, kind: str) -> Value:
        """Integers in more bits, or in fewer."""
        if value.kind == kind:
            return value
        if value.constant is not None:
            return self.const(value.constant, kind)
        word = "sext" if kind == "i64" else "trunc"

        def write(own: str, operands: list[str], width: int) -> str:
            return self.put(f"{word} {own} {operands[0]} to {self.type_of(kind, width)}")

        return self.each(kind, [value], write)

    def opaque(self, value: Value) -> Integer:
        """An integer that is held in registers."""
        if value.constant is not None:
            return Integer(constant=int(value.constant))
        return Integer({value: 1})

    def integers(self, left: Integer, word: str, right: Integer) -> Integer:
        """An operation of integers that is not affine."""
        a, b = left.known, right.known
        if a is not None and b is not None and (b or word not in ("//", "%")):
            return Integer(constant={"*": a * b, "//": a // (b or 1), "%": a % (b or 1)}[word])
        if word == "*" and (a is not None or b is not None):
            return right.times(a) if a is not None else left.times(b or 0)
        whole = not left.steps and left.tile % (b or 1) == 0
        if b and word in ("//", "%") and whole and all(factor % b == 0 for factor in left.terms.values()):
            return self._divided(left, word, b)
        parts = [self.integer(left), self.integer(right)]
        if word == "*":
            return self.opaque(self.each("i64", parts, lambda t, o, w: self.put(f"mul nsw {t} {o[0]}, {o[1]}")))
        return self.opaque(self.each("i64", parts, self._floored if word == "//" else self._remainder))

    def _divided(self, left: Integer, word: str, by: int) -> Integer:
        """Quotient or remainder of an integer whose terms are multiples of the divisor, for lanes one by one."""
        places = [left.constant + left.lane(k) for k in range(sum(self.shape.counts))]
        if word == "%":
            return Integer.of_lanes([place % by for place in places])
        terms = {value: factor // by for value, factor in left.terms.items()}
        return Integer(terms, tile=left.tile // by).plus(Integer.of_lanes([place // by for place in places]))

    def _remainder(self, kind: str, operands: list[str], width: int) -> str:
        """Python's remainder, of the divisor's sign."""
        rest = self.put(f"srem {kind} {operands[0]}, {operands[1]}")
        zero = "0" if width == 1 else "zeroinitializer"
        flag = self.type_of("i1", width)
        mixed = self.put(f"xor {kind} {rest}, {operands[1]}")
        negative = self.put(f"icmp slt {kind} {mixed}, {zero}")
        left = self.put(f"icmp ne {kind} {rest}, {zero}")
        wrong = self.put(f"and {flag} {negative}, {left}")
        moved = self.put(f"add {kind} {rest}, {operands[1]}")
        return self.put(f"select {flag} {wrong}, {kind} {moved}, {kind} {rest}")

    def _floored(self, kind: str, operands: list[str], width: int) -> str:
        rest = self._remainder(kind, operands, width)
        whole = self.put(f"sub {kind} {operands[0]}, {rest}")
        return self.put(f"sdiv {kind} {whole}, {operands[1]}")

    # -- arithmetic --------------------------------------------------------------------------------------------------

    def arithmetic(self, word: str, left: Value | Integer, right: Value | Integer) -> Value:
        """fadd, fsub, fmul or fdiv."""
        a, b = self.both(left, right)
        return self.each(a.kind, [a, b], lambda t, o, w: self.put(f"{word} {FLAGS}{t} {o[0]}, {o[1]}"))

    def negative(self, value: Value | Integer) -> Value | Integer:
        """Its negative."""
        if isinstance(value, Integer):
            return value.times(-1)
        if value.constant is not None:
            return self.const(-value.constant, value.kind)
        return self.each(value.kind, [value], lambda t, o, w: self.put(f"fneg {t} {o[0]}"))

    def compare(self, left: Value | Integer, op: ast.cmpop, right: Value | Integer) -> Value:
        """A comparison."""
        if isinstance(left, Integer) and isinstance(right, Integer):
            difference = left.plus(right, -1)
            gap = difference.known
            if gap is not None:
                truth = {ast.Lt: gap < 0, ast.LtE: gap <= 0, ast.Gt: gap > 0, ast.GtE: gap >= 0, ast.Eq: gap == 0}
                return self.const(float(truth.get(type(op), gap != 0)), "i1")
            # what both have is left out, and the rest is known beforehand more often
            apart = {v: k for v, k in difference.terms.items() if v.dims}
            side = -1 if any(k < 0 for k in apart.values()) else 1
            left, right = Integer(apart).times(side), Integer(apart).plus(difference, -1).times(side)
            left, right = (left, right) if side > 0 else (right, left)
            parts, word = (self.integer(left), self.integer(right)), f"icmp {SIGNED[type(op)]}"
        else:
            parts, word = self.both(left, right), f"fcmp {ORDERED[type(op)]}"
        return self.each("i1", parts, lambda t, o, w: self.put(f"{word} {t} {o[0]}, {o[1]}"))

    def logical(self, word: str, left: Value, right: Value) -> Value:
        """"and", "or" or "xor" of conditions."""
        if word == "and" and left.constant is not None:
            return right if left.constant else left
        if word == "and" and right.constant is not None:
            return left if right.constant else right
        return self.each("i1", [left, right], lambda t, o, w: self.put(f"{word} {t} {o[0]}, {o[1]}"))

    def choose(self, condition: Value, then: Value | Integer, otherwise: Value | Integer) -> Value | Integer:
        """One of two values."""
        if condition.constant is not None:
            return then if condition.constant else otherwise
        if isinstance(then, Integer) and isinstance(otherwise, Integer):
            return self.opaque(self._select(condition, self.integer(then), self.integer(otherwise)))
        if isinstance(then, Value) and isinstance(otherwise, Value) and then.kind == otherwise.kind == "i1":
            return self._select(condition, then, otherwise)
        return self._select(condition, *self.both(then, otherwise))

    def _select(self, condition: Value, then: Value, otherwise: Value) -> Value:
        dims = condition.dims | then.dims | otherwise.dims
        regs = {}
        for r, v in self.shape.keys(dims):
            width = self.width(dims, v)
            kind, flag = self.type_of(then.kind, width), self.type_of("i1", width)
            c, a, b = (self.register(part, r, v, width) for part in (condition, then, otherwise))
            regs[r, v] = self.put(f"select {flag} {c}, {kind} {a}, {kind} {b}")
        return Value(then.kind, dims, regs)

    def function(self, name: str, args: Sequence[Value | Integer]) -> Value:
        """A function of the table, on vectors."""
        parts = [self.float_of(a) for a in args]
        kind = "float" if all(p.kind == "float" for p in parts) else "double"
        parts = [self.convert(p, kind) for p in parts]

        def write(_: str, operands: list[str], width: int) -> str:
            lanes = Lanes(kind, width, self.lines, self.fresh, self.declared)
            return FUNCTIONS[name](lanes, *operands)

        return self.each(kind, parts, write)

    def unary(self, name: str, value: Value) -> Value:
        """An LLVM intrinsic of one argument."""

        def write(own: str, operands: list[str], width: int) -> str:
            short = {"float": "f32", "double": "f64"}[value.kind]
            full = f"llvm.{name}.{f'v{width}' if width > 1 else ''}{short}"
            self.declared.add(f"declare {own} @{full}({own})")
            return self.put(f"call {own} @{full}({own} {operands[0]})")

        return self.each(value.kind, [value], write)

    # -- memory ------------------------------------------------------------------------------------------------------

    def safe(self) -> str:
        """Zeros to read in place of what must not be read."""
        zeros = "  %safe = alloca [64 x double], align 64"
        if zeros not in self.head:
            self.head += [zeros, "  store [64 x double] zeroinitializer, ptr %safe, align 64"]
        return "%safe"

    def room(self, kind: str, size: int) -> str:
        """An array of the function's own."""
        self.count += 1
        name = f"room{self.count}"
        self.head.append(f"  %a.{name} = alloca [{size} x {kind}], align 64")
        return name

    def alias(self, text: str) -> str:
        """The pointer an instruction gives, as the name of an array."""
        self.count += 1
        name = f"rows{self.count}"
        self.lines.append(f"  %a.{name} = {text}")
        return name

    def place(self, name: str, kind: str, at: str) -> str:
        """A pointer to an entry."""
        return f"%a.{name}" if at == "0" else self.put(f"getelementptr inbounds {kind}, ptr %a.{name}, i64 {at}")

    def load(self, name: str, kind: str, at: Integer) -> Value:
        """Entries of an array at a flat index; under a mask only where it holds."""
        mask = self.masks[-1] if self.masks else None
        if mask is not None and mask.constant is not None:
            if not mask.constant:
                return self.const(0.0, kind)
            mask = None
        if mask is not None and LANES in mask.dims and LANES not in at.dims:
            mask = self.any(mask)
        dims = at.dims | (mask.dims if mask is not None else NONE)
        align = 4 if kind in ("float", "i32") else 8
        if mask is None and self._turned(at):
            return Value(kind, dims, self._transposed(name, kind, at, align))
        regs = {}
        for r, v in self.shape.keys(dims):
            width = self.width(dims, v)
            if width == 1 or at.side_by_side:
                regs[r, v] = self._whole(name, kind, self.index(at, r, v), width, mask, (r, v), align)
            elif mask is None and self._is_near(at, v):
                regs[r, v] = self._picked(name, kind, at, (r, v), align)
            else:
                regs[r, v] = self._gather(name, kind, at, (r, v), mask, align)
        return Value(kind, dims, regs)

    def _lies_across(self, at: Integer) -> bool:
        """True of entries side by side along a tile and apart along the lanes."""
        if at.tile != 1 or at.steps or at.side_by_side or LANES not in at.dims or self.shape.flags:
            return False
        return self.shape.tile > 1 and all(not value.dims for value in at.terms)

    def _store_turned(self, name: str, kind: str, at: Integer, value: Value, align: int) -> None:
        """Vectors along the lanes for every step of a tile, turned to one along the tile for every lane."""
        steps = self.shape.tile
        size = 1 << (steps - 1).bit_length()
        for v, width in enumerate(self.shape.widths):
            own = self.type_of(kind, width)
            parts = [self.register(value, min(r, steps - 1), v, width) for r in range(size)]
            for _ in range(size.bit_length() - 1 if width > 1 else 0):
                pairs = zip(parts, parts[size // 2 :], strict=False)
                parts = [self._interleaved(own, width, *pair, side) for pair in pairs for side in (0, 1)]
            for lane, place in enumerate(self._lane_places(at, v)[: self.shape.counts[v]]):
                first = self.index(at._replace(constant=at.constant + place), 0, v)
                self._store_row(self.place(name, kind, first), kind, parts, width, lane * size, steps, align)

    def _store_row(
        self, pointer: str, kind: str, parts: Sequence[str], width: int, start: int, count: int, align: int
    ) -> None:
        """Write entries from a place on of vectors that stand one behind the other."""
        whole = 1 << (count - 1).bit_length()
        if self.target.masks and width > 1 and whole > count:
            text = self._cut(kind, parts, width, start, whole)
            self._store_some(pointer, kind, text, self._first(count, whole), whole, align)
            return
        while count:
            size = 1 << (count.bit_length() - 1) if width > 1 else 1
            text = self._cut(kind, parts, width, start, size) if width > 1 else parts[start]
            self.do(f"store {self.type_of(kind, size)} {text}, ptr {pointer}, align {align}")
            start, count = start + size, count - size
            if count:
                pointer = self.put(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {size}")

    def _store_some(self, pointer: str, kind: str, text: str, flags: str, width: int, align: int) -> None:
        """Write the entries of a vector that have a flag."""
        own, flag = self.type_of(kind, width), self.type_of("i1", width)
        full = f"llvm.masked.store.v{width}{SHORT[kind]}.p0"
        self.declared.add(f"declare void @{full}({own}, ptr, i32, {flag})")
        self.do(f"call void @{full}({own} {text}, ptr {pointer}, i32 {align}, {flag} {flags})")

    def _first(self, count: int, width: int) -> str:
        """Flags of a vector, true for so many lanes."""
        return "<" + ", ".join(f"i1 {'true' if lane < count else 'false'}" for lane in range(width)) + ">"

    def _turned(self, at: Integer) -> bool:
        """True of entries side by side along a tile of 2, 4, 8, ... steps, and equally far apart along the lanes."""
        steps = self.shape.tile
        regular = all(not value.dims for value in at.terms) and not self.shape.flags
        if at.tile != 1 or at.lanes < 2 or at.offsets or at.steps:
            return False
        return regular and steps > 1 and not steps & (steps - 1)

    def _transposed(self, name: str, kind: str, at: Integer, align: int) -> dict[Key, str]:
        """A vector along the tile for every lane, interleaved to one along the lanes for every step."""
        steps, regs = self.shape.tile, dict[Key, str]()
        row = self.type_of(kind, steps)
        for v, width in enumerate(self.shape.widths):
            parts = []
            for lane in (min(k, self.shape.counts[v] - 1) for k in range(width)):
                # a step of the lanes is `lanes` entries
                pointer = self.place(name, kind, self.index(at._replace(constant=at.constant + lane * at.lanes), 0, v))
                parts.append(self.put(f"load {row}, ptr {pointer}, align {align}"))
            if width == steps:
                parts = self._turned_square(kind, parts)
            else:
                for _ in range(width.bit_length() - 1):
                    pairs = zip(parts, parts[len(parts) // 2 :], strict=False)
                    parts = [self._interleaved(row, steps, *pair, side) for pair in pairs for side in (0, 1)]
            for r in range(steps):
                regs[r, v] = self._cut(kind, parts, steps, r * width, width)
        return regs

    def _turned_square(self, kind: str, rows: Sequence[str]) -> list[str]:
        """The columns of as many rows as a row has entries.

        Entries change places within pieces of 128 bits first, then the pieces do: each is one fast instruction.
        """
        count = len(rows)
        piece, found = min(count, 4 if kind == "float" else 2), list(rows)
        groups = [self._dealt(kind, count, rows[k : k + piece], 1, piece) for k in range(0, count, piece)]
        for place, column in enumerate(zip(*groups, strict=True)):
            found[place::piece] = self._dealt(kind, count, column, piece, count)
        return found

    def _dealt(self, kind: str, length: int, rows: Sequence[str], unit: int, span: int) -> list[str]:
        """Rows turned within every span of a vector: round by round, of two the even units, then the odd ones."""
        row, found = self.type_of(kind, length), list(rows)
        for _ in range(len(rows).bit_length() - 1):
            pairs, after = list(zip(found[::2], found[1::2], strict=True)), []
            for side in (0, unit):
                own = [k + u for k in range(side, span, 2 * unit) for u in range(unit)]
                picks = [base + start + k for base in range(0, length, span) for start in (0, length) for k in own]
                text = ", ".join(f"i32 {k}" for k in picks)
                after += [self.put(f"shufflevector {row} {a}, {row} {b}, <{length} x i32> <{text}>") for a, b in pairs]
            found = after
        return found

    def _interleaved(self, row: str, steps: int, first: str, second: str, side: int) -> str:
        """The lower or the upper half of two vectors, entry by entry."""
        half = steps // 2
        picks = ", ".join(f"i32 {k}, i32 {steps + k}" for k in range(side * half, (side + 1) * half))
        return self.put(f"shufflevector {row} {first}, {row} {second}, <{steps} x i32> <{picks}>")

    def _cut(self, kind: str, parts: Sequence[str], length: int, start: int, width: int) -> str:
        """Entries from a place on of vectors that stand one behind the other."""
        row = self.type_of(kind, length)
        if width == 1:
            return self.put(f"extractelement {row} {parts[start // length]}, i64 {start % length}")
        if width == length:
            return parts[start // length]
        if width < length:
            picks = ", ".join(f"i32 {start % length + k}" for k in range(width))
            return self.put(f"shufflevector {row} {parts[start // length]}, {row} poison, <{width} x i32> <{picks}>")
        halves = [self._cut(kind, parts, length, start + side * width // 2, width // 2) for side in (0, 1)]
        half, picks = self.type_of(kind, width // 2), ", ".join(f"i32 {k}" for k in range(width))
        return self.put(f"shufflevector {half} {halves[0]}, {half} {halves[1]}, <{width} x i32> <{picks}>")

    def _meant(self, flags: str, v: int) -> str:
        """Flags of lanes, false for those that mean nothing."""
        if self.shape.is_whole(v):
            return flags
        kind = self.type_of("i1", self.shape.widths[v])
        return self.put(f"select {kind} {self._some(v)}, {kind} {flags}, {kind} zeroinitializer")

    def _some(self, v: int) -> str:
        """True for the lanes of a vector that mean something."""
        if self.shape.flags:
            return self.shape.flags[v]
        return self._first(self.shape.counts[v], self.shape.widths[v])

    def meaning(self) -> Value:
        """Which lanes mean something."""
        return Value("i1", frozenset({LANES}), {(0, v): self._some(v) for v in range(len(self.shape.counts))})

    def first_lanes(self, count: str, width: int) -> str:
        """Flags of a vector, true for as many lanes as asked for."""
        some = self.put(f"icmp slt i64 {count}, {width}")
        few = self.put(f"trunc i64 {self.put(f'select i1 {some}, i64 {count}, i64 {width}')} to i32")
        all_ = self.register(Value("i32", NONE, {(0, 0): few}), 0, 0, width)
        places = ", ".join(f"i32 {lane}" for lane in range(width))
        return self.put(f"icmp slt <{width} x i32> <{places}>, {all_}")

    def any(self, mask: Value) -> Value:
        """Whether a mask holds for one of the lanes at least, of all vectors."""
        dims = mask.dims - {LANES}
        regs = {}
        for r, _ in self.shape.keys(dims):
            found = ""
            for v, width in enumerate(self.shape.widths):
                flag = self._meant(mask.at(r, v), v)
                if width > 1:
                    full = f"llvm.vector.reduce.or.v{width}i1"
                    self.declared.add(f"declare i1 @{full}({self.type_of('i1', width)})")
                    flag = self.put(f"call i1 @{full}({self.type_of('i1', width)} {flag})")
                found = self.put(f"or i1 {found}, {flag}") if found else flag
            regs[r, 0] = found
        return Value("i1", dims, regs)

    def _whole(
        self, name: str, kind: str, at: str, width: int, mask: Value | None, key: tuple[int, int], align: int
    ) -> str:
        pointer, own = self.place(name, kind, at), self.type_of(kind, width)
        part = width > 1 and not self.shape.is_whole(key[1])
        if mask is not None and (LANES not in mask.dims or width == 1):
            pointer, mask = self.put(f"select i1 {mask.at(*key)}, ptr {pointer}, ptr {self.safe()}"), None
        if mask is None and not part:
            return self.put(f"load {own}, ptr {pointer}, align {align}")
        flags = self._some(key[1]) if mask is None else self._meant(mask.at(*key), key[1])
        full, flag = f"llvm.masked.load.v{width}{SHORT[kind]}.p0", self.type_of("i1", width)
        self.declared.add(f"declare {own} @{full}(ptr, i32, {flag}, {own})")
        arguments = f"ptr {pointer}, i32 {align}, {flag} {flags}, {own} zeroinitializer"
        return self.put(f"call {own} @{full}({arguments})")

    def _lane_places(self, at: Integer, v: int) -> list[int]:
        """What every lane of a vector has more than the first; one that means nothing has what the last one has."""
        start, count = self.shape.start(v), self.shape.counts[v]
        last = start + count - 1
        return [at.lane(min(start + lane, last)) - at.lane(start) for lane in range(self.shape.widths[v])]

    def _is_near(self, at: Integer, v: int) -> bool:
        """True where the entries for the lanes are within two vectors, at places known beforehand."""
        places = self._lane_places(at, v)
        return not at.gathers and not self.shape.flags and max(places) - min(places) < 2 * len(places)

    def _picked(self, name: str, kind: str, at: Integer, key: Key, align: int) -> str:
        """Entries picked from a vector, or from two, that begin and end where the entries do."""
        places = self._lane_places(at, key[1])
        low, span = min(places), max(places) - min(places) + 1
        size = min(span, len(places))
        starts, whole = sorted({low, low + span - size}), size
        if self.target.masks:
            size = 1 << (size - 1).bit_length()
        own, parts = self.type_of(kind, size), []
        for start in starts:
            pointer = self.place(name, kind, self.index(at._replace(constant=at.constant + start), *key))
            parts.append(self._first_entries(pointer, kind, whole, size, align))
        if size == 1:
            parts = [self.put(f"insertelement <1 x {kind}> poison, {kind} {parts[0]}, i64 0")]
            own = f"<1 x {kind}>"
        last = starts[-1] - size
        picks = ", ".join(f"i32 {p - low if p - low < size else p - last}" for p in places)
        both = f"{own} {parts[0]}, {own} {parts[1] if len(parts) > 1 else 'poison'}"
        return self.put(f"shufflevector {both}, <{len(places)} x i32> <{picks}>")

    def _first_entries(self, pointer: str, kind: str, count: int, width: int, align: int) -> str:
        """A vector whose first entries are read from memory."""
        own = self.type_of(kind, width)
        if count == width:
            return self.put(f"load {own}, ptr {pointer}, align {align}")
        full, flag = f"llvm.masked.load.v{width}{SHORT[kind]}.p0", self.type_of("i1", width)
        self.declared.add(f"declare {own} @{full}(ptr, i32, {flag}, {own})")
        flags = self._first(count, width)
        return self.put(f"call {own} @{full}(ptr {pointer}, i32 {align}, {flag} {flags}, {own} zeroinitializer)")

    def _lane_indices(self, at: Integer, key: tuple[int, int]) -> list[str]:
        """The flat index of every lane."""
        r, v = key
        width = self.shape.widths[v]
        if at.gathers:
            whole = self.integer(at).at(r, v)
            return [self.put(f"extractelement <{width} x i64> {whole}, i64 {lane}") for lane in range(width)]
        first = self.index(at, r, v)
        places = self._lane_places(at, v)
        return [self.put(f"add nsw i64 {first}, {place}") if place else first for place in places]

    def _gather(
        self, name: str, kind: str, at: Integer, key: tuple[int, int], mask: Value | None, align: int
    ) -> str:
        width = self.shape.widths[key[1]]
        own, text = self.type_of(kind, width), "zeroinitializer"
        if self.shape.flags:
            mask = self.meaning() if mask is None else self.logical("and", self.meaning(), mask)
        for lane, place in enumerate(self._lane_indices(at, key)[: self.shape.counts[key[1]]]):
            pointer = self.place(name, kind, place)
            if mask is not None:
                flag = mask.at(*key)
                if LANES in mask.dims:
                    flag = self.put(f"extractelement <{width} x i1> {flag}, i64 {lane}")
                pointer = self.put(f"select i1 {flag}, ptr {pointer}, ptr {self.safe()}")
            entry = self.put(f"load {kind}, ptr {pointer}, align {align}")
            text = self.put(f"insertelement {own} {text}, {kind} {entry}, i64 {lane}")
        return text

    def prefetch(self, name: str, kind: str, at: Integer) -> None:
        """Ask for entries that may be read later, side by side for all lanes; there may be none."""
        first = self.index(at, 0, 0)
        starts = [self.shape.start(v) for v in range(len(self.shape.counts))]
        # vectors that begin within a line of the cache end in the next one
        for lane in (*starts, sum(self.shape.counts) - 1):
            place = self.put(f"add i64 {first}, {lane}")
            pointer = self.put(f"getelementptr {kind}, ptr %a.{name}, i64 {place}")
            self.do(f"call void @llvm.prefetch.p0(ptr {pointer}, i32 0, i32 3, i32 1)")
        self.declared.add("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")

    def store(self, name: str, kind: str, at: Integer, value: Value) -> None:
        """Write entries of an array."""
        if self.masks:
            raise Unsupported("a store that only some of the steps do")
        if value.dims - at.dims:
            raise Unsupported("several steps that write one entry")
        align = 4 if kind in ("float", "i32") else 8
        if self._lies_across(at):
            self._store_turned(name, kind, at, value, align)
            return
        for r, v in self.shape.keys(at.dims):
            width = self.width(at.dims, v)
            text = self.register(value, r, v, width)
            if width == 1 or at.side_by_side:
                pointer = self.place(name, kind, self.index(at, r, v))
                self._store_lanes(pointer, kind, text, width, v, align)
                continue
            if self.shape.flags:
                raise Unsupported("entries apart, of lanes whose number is known only when it is run")
            for lane, place in enumerate(self._lane_indices(at, (r, v))[: self.shape.counts[v]]):
                entry = self.put(f"extractelement {self.type_of(kind, width)} {text}, i64 {lane}")
                self.do(f"store {kind} {entry}, ptr {self.place(name, kind, place)}, align {align}")

    def _store_lanes(self, pointer: str, kind: str, text: str, width: int, v: int, align: int) -> None:
        """Write what means something of a vector."""
        if width == 1 or self.shape.is_whole(v):
            self.do(f"store {self.type_of(kind, width)} {text}, ptr {pointer}, align {align}")
        else:
            self._store_some(pointer, kind, text, self._some(v), width, align)

    # -- loops -------------------------------------------------------------------------------------------------------

    def loop(
        self,
        count: str,
        carried: Sequence[tuple[str, str]],
        body: Callable[[str, list[str]], Sequence[str]],
        sure: bool = False,
    ) -> list[str]:
        """`body(k, values)` for k = 0, 1, ..., count - 1; it gives the values for the next step.

        Args:
            count: how often.
            carried: (type, register) of the values before the first step.
            body: writer of a step.
            sure: whether there is at least one.
        """
        top, end = self.block(), self.block()
        before = self.label
        if sure:
            self.do(f"br label %{top}")
        else:
            some = self.put(f"icmp sgt i64 {count}, 0")
            self.do(f"br i1 {some}, label %{top}, label %{end}")
        self.enter(top)
        step, names = self.fresh(), [self.fresh() for _ in carried]
        place = len(self.lines)
        out = list(body(step, names))
        following = self.put(f"add nuw nsw i64 {step}, 1")
        more = self.put(f"icmp slt i64 {following}, {count}")
        last = self.label
        self.do(f"br i1 {more}, label %{top}, label %{end}, !llvm.loop {self.hint()}")
        phis = [f"  {step} = phi i64 [ 0, %{before} ], [ {following}, %{last} ]"]
        for (kind, first), name, after in zip(carried, names, out, strict=True):
            phis.append(f"  {name} = phi {kind} [ {first}, %{before} ], [ {after}, %{last} ]")
        self.lines[place:place] = phis
        self.enter(end)
        if sure:
            return out
        found = [
            self.put(f"phi {kind} [ {first}, %{before} ], [ {after}, %{last} ]")
            for (kind, first), after in zip(carried, out, strict=True)
        ]
        return found


def flat(writer: Writer, array: Array, sizes: Mapping[str, Integer], indices: Sequence[Integer]) -> Integer:
    """The place of an entry in an array of rows."""
    found = Integer()
    for extent, index in zip(array.shape, indices, strict=True):
        size = Integer(constant=extent) if isinstance(extent, int) else sizes[extent]
        found = writer.integers(found, "*", size).plus(index)
    return found


def index_nodes(node: ast.Subscript, array: Array) -> list[ast.expr]:
    """The indices of a read or a write.

    Raises:
        Unsupported: they are not one for each axis.
    """
    found = subscripts(node)
    if len(found) != len(array.shape):
        raise Unsupported(f"{len(found)} indices for {len(array.shape)} axes")
    return found

