"""Scalar expressions as statements of a loop body.

Enters: expressions, and the block of statements they are evaluated in.  Leaves: text of an expression, after the
statements it needs have been added to the block.  Reductions become loops, placed in the outermost loop body where all
their indices are known; a subexpression that occurs twice in a block gets a name; a guard becomes a condition, and what
stands under it is evaluated nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from symprop.codegen.blocks import Block, BlockWriter
from symprop.codegen.domains import Loops
from symprop.codegen.naming import Names
from symprop.codegen.positions import Positions
from symprop.codegen.rewriting import negated, numeral
from symprop.language import Domain, Expr, Index, Position, Read, Tensor
from symprop.language import expressions as ex

SUM, PRODUCT, UNARY, POWER, ATOM = range(5)
Text = tuple[str, int]
LARGEST_POWER = 8
LONG_SUM = 256
PART = 256
CALLS = {
    "exp": "np.exp",
    "log": "np.log",
    "erf": "math.erf",
    "erfc": "math.erfc",
    "sin": "np.sin",
    "cos": "np.cos",
    "abs": "abs",
    "sign": "np.sign",
    "floor": "np.floor",
    "max": "max",
    "min": "min",
    "expm1": "np.expm1",
    "log1p": "np.log1p",
    "tanh": "np.tanh",
    "sqrt": "np.sqrt",
}


class Scalars:
    """Writer of scalar expressions in one function.

    Args:
        names: identifiers of the function.
        tensors: every tensor by name.
        dtype: "float32" or "float64", the type arithmetic is done in.
        lanes: for the SIMD layer, where double precision costs twice the vectors.
    """

    def __init__(self, names: Names, tensors: Mapping[str, Tensor], dtype: str, lanes: bool = False) -> None:
        self.names, self.tensors, self.dtype, self.lanes = names, tensors, dtype, lanes
        ranges = {t.name: t.high for t in tensors.values() if t.dtype == "integer" and t.high is not None}
        self.at = Positions(names, ranges)
        self.loops = Loops(names, self.at)
        self.safe: set[Read] = set()
        """Reads that the loops being written keep within bounds."""
        self.local: dict[str, str] = {}
        """Targets of the loop body being written that are held in a variable, not in an array."""

    def value(self, expr: Expr, block: Block, level: int = SUM) -> str:
        """Text of an expression, bracketed where it binds weaker than `level`."""
        known = block.lookup(expr)
        if known is not None:
            return known
        if isinstance(expr, ex.Call) and block.home(expr) is not block:
            return self._invariant(expr, block.home(expr))
        text, own = self._write(expr, block)
        if block.counts[expr] > 1 and not text.isidentifier() and self._worth(expr):
            name = self.names.fresh("v")
            block.write(f"{name} = {text}")
            block.known[expr] = name
            return name
        return f"({text})" if own < level else text

    def _invariant(self, expr: Expr, home: Block) -> str:
        """A function call that does not change in the inner loops, evaluated outside them."""
        name = self.names.fresh("v")
        home.write(f"{name} = {self._write(expr, home)[0]}")
        home.known[expr] = name
        return name

    def _worth(self, expr: Expr) -> bool:
        """True of an expression that costs something to evaluate."""
        if isinstance(expr, Read):
            return bool(self._outside(expr))
        return not isinstance(expr, ex.Number | ex.Constant | ex.IndexValue | ex.Compare) and numeral(expr) is None

    def number(self, value: Fraction | float | int) -> str:
        """A numeral of the module's type."""
        text = repr(float(value))
        return text if self.dtype == "float64" else f"real({text})"

    def _write(self, expr: Expr, block: Block) -> Text:
        match expr:
            case ex.Number():
                return self.number(expr.value), ATOM if expr.value >= 0 or self.dtype == "float32" else UNARY
            case ex.Constant():
                return ("real(math.pi)" if self.dtype == "float32" else "math.pi"), ATOM
            case ex.IndexValue():
                return f"real({self.at.position(expr.position)})", ATOM
            case Read():
                return self._read(expr)
            case ex.Add():
                return self._sum(expr, block), SUM
            case ex.Mul():
                return self._product(expr, block), PRODUCT
            case ex.Pow():
                return self._power(expr, block)
            case ex.Call():
                args = ", ".join(self.value(a, block) for a in expr.args)
                return self._call(expr.name, args), ATOM
            case ex.Compare():
                sides = self.value(expr.left, block, PRODUCT), self.value(expr.right, block, PRODUCT)
                return f"{sides[0]} {expr.op} {sides[1]}", SUM
            case ex.Where():
                condition = self.value(expr.condition, block)
                return self._branches(condition, expr.then, expr.otherwise, block)
            case ex.Guard():
                condition = self.at.domain(expr.domain)
                if not condition:
                    return self._write(expr.body, block)
                return self._branches(condition, expr.body, ex.ZERO, block)
            case ex.Reduce():
                return self._reduce(expr, block), ATOM
        raise TypeError(type(expr).__name__)

    def _call(self, name: str, args: str) -> str:
        # floor and sign of the type itself; math.erf gives doubles back
        text = f"{CALLS[name]}({args})"
        return f"real({text})" if name in ("erf", "erfc") and self.dtype == "float32" else text

    # -- reads -------------------------------------------------------------------------------------------------------

    def _outside(self, read: Read) -> list[str]:
        if read in self.safe:
            return []
        axes = self.tensors[read.tensor].axes
        return [c for p, a in zip(read.indices, axes, strict=True) for c in self.at.inside(p, a)]

    def _read(self, read: Read) -> Text:
        if read.tensor in self.local:
            return self.local[read.tensor], ATOM
        text = self.entry(read.tensor, read.indices)
        if self.tensors[read.tensor].dtype == "integer":
            text = f"real({text})"
        outside = self._outside(read)
        if not outside:
            return text, ATOM
        return f"({text} if {' and '.join(outside)} else {self.number(0)})", ATOM

    def entry(self, tensor: str, indices: tuple[Position, ...]) -> str:
        """An entry of an array; a scalar is a variable."""
        name = self.names.tensor(tensor)
        return f"{name}[{', '.join(map(self.at.position, indices))}]" if indices else name

    # -- arithmetic --------------------------------------------------------------------------------------------------

    def _sum(self, expr: ex.Add, block: Block) -> str:
        text = ""
        for term in expr.terms:
            negative, rest = negated(term)
            known = block.lookup(term)
            if known is not None or not negative:
                body, sign = self.value(term, block, PRODUCT), " + "
            else:
                body, sign = self.value(rest, block, PRODUCT), " - "
            text += sign + body if text else ("-" if sign == " - " else "") + body
        return text

    def _product(self, expr: ex.Mul, block: Block) -> str:
        negative, rest = negated(expr)
        factors = _constants_merged(rest.factors) if isinstance(rest, ex.Mul) else (rest,)
        over, under = [], []
        for factor in factors:
            if isinstance(factor, float):
                over.append(self.number(factor))
                continue
            value = ex.number(factor.exponent) if isinstance(factor, ex.Pow) else None
            if isinstance(factor, ex.Pow) and value is not None and value < 0 and block.lookup(factor) is None:
                under.append(self.value(ex.power(factor.base, ex.Number(-value)), block, POWER))
            elif isinstance(factor, ex.Number) and factor.value.numerator == 1 and factor.value.denominator & 1:
                under.append(self.number(factor.value.denominator))
            else:
                over.append(self.value(factor, block, UNARY))
        head = " * ".join(over) or self.number(1)
        below = "" if not under else f" / {under[0]}" if len(under) == 1 else f" / ({' * '.join(under)})"
        return ("-" if negative else "") + head + below

    def _power(self, expr: ex.Pow, block: Block) -> Text:
        known, value = numeral(expr), ex.number(expr.exponent)
        if known is not None:
            return self.number(known), ATOM
        if value is None:
            return f"{self.value(expr.base, block, ATOM)} ** {self.value(expr.exponent, block, ATOM)}", POWER
        if value < 0:
            below = self.value(ex.power(expr.base, ex.Number(-value)), block, POWER)
            return f"{self.number(1)} / {below}", PRODUCT
        if value == Fraction(1, 2):
            return f"np.sqrt({self.value(expr.base, block)})", ATOM
        if value.denominator == 1 and value <= LARGEST_POWER:
            base = self._named(expr.base, block)
            return " * ".join([base] * int(value)), PRODUCT
        if value.denominator == 2 and value <= LARGEST_POWER:
            base = self._named(expr.base, block)
            return " * ".join([base] * int(value) + [f"np.sqrt({base})"]), PRODUCT
        return f"{self.value(expr.base, block, ATOM)} ** {self.number(value)}", POWER

    def _named(self, expr: Expr, block: Block) -> str:
        """A subexpression that is about to be used several times."""
        text = self.value(expr, block, ATOM)
        if text.replace("_", "").isalnum() or (isinstance(expr, Read) and text.endswith("]")):
            return text
        name = self.names.fresh("v")
        block.write(f"{name} = {text}")
        block.known[expr] = name
        return name

    # -- branches ----------------------------------------------------------------------------------------------------

    def _branches(self, condition: str, then: Expr, otherwise: Expr, block: Block) -> Text:
        self._before_branches((then, otherwise), block)
        blocks, texts = [], []
        for branch in (then, otherwise):
            inner = Block(block, fence=True)
            inner.count(branch)
            texts.append(self.value(branch, inner))
            blocks.append(inner)
        if not blocks[0].lines and not blocks[1].lines:
            return f"({texts[0]} if {condition} else {texts[1]})", ATOM
        name = self.names.fresh("v")
        for inner, text in zip(blocks, texts, strict=True):
            inner.write(f"{name} = {text}")
        block.nest(f"if {condition}:", blocks[0])
        block.nest("else:", blocks[1])
        return name, ATOM

    def _before_branches(self, exprs: Iterable[Expr], block: Block) -> None:
        """Give names to functions that are evaluated in any case, so that the branches do not evaluate them again."""
        for expr in exprs:
            if not isinstance(expr, ex.Call) or not block.counts[expr]:
                self._before_branches(() if isinstance(expr, ex.Reduce) else expr.children(), block)
                continue
            text = self.value(expr, block)
            if block.lookup(expr) is None:
                block.known[expr] = name = self.names.fresh("v")
                block.write(f"{name} = {text}")

    # -- reductions --------------------------------------------------------------------------------------------------

    def _reduce(self, expr: ex.Reduce, block: Block) -> str:
        home = block.home(expr)
        known = home.lookup(expr)
        if known is None:
            known = self._loops(expr, home)
            home.known[expr] = known
        return known

    def _loops(self, expr: ex.Reduce, block: Block) -> str:
        if expr.op == "sum":
            # the rounding errors of a long sum would show in single precision
            wide = _long(expr.indices)
            name = self.names.fresh("total")
            if wide and self.lanes and block.indices:
                self._in_parts(name, expr, block)
                return name
            block.write(f"{name} = {'0.0' if wide else self.number(0)}")
            self.summed(expr, expr.indices, block, lambda b: self._accumulate(name, expr.body, b))
            return f"real({name})" if wide and self.dtype == "float32" else name
        return self._extremum(expr, block)

    def _in_parts(self, name: str, expr: ex.Reduce, block: Block) -> None:
        """A long sum as a sum of shorter ones, each with a rounding error of its own size alone."""
        part = self.names.fresh("part")
        first, rest = expr.indices[0], expr.indices[1:]
        block.write(f"{name} = {self.number(0)}")
        if rest and not expr.domain:
            outer, inner = Block(block, (first,)), rest
            head = f"for {self.names.index(first.name)} in range({self.at.extent(first.extent)}):"
            outer.write(f"{part} = {self.number(0)}")
            short = ex.Reduce("sum", inner, expr.body)
            self.summed(short, inner, outer, lambda b: self._accumulate(part, expr.body, b))
        elif not rest and not expr.domain:
            outer, start = Block(block), self.names.fresh("start")
            size, own = self.at.extent(first.extent), self.names.index(first.name)
            head = f"for {start} in range(0, {size}, {PART}):"
            outer.write(f"{part} = {self.number(0)}")
            body = Block(outer, (first,))
            self._accumulate(part, expr.body, body)
            outer.nest(f"for {own} in range({start}, min({start} + {PART}, {size})):", body)
        else:
            self.summed(expr, expr.indices, block, lambda b: self._accumulate(name, expr.body, b))
            return
        outer.write(f"{name} += {part}")
        block.nest(head, outer)

    def summed(self, total: ex.Reduce, order: tuple[Index, ...], block: Block, body: BlockWriter) -> None:
        """Loops over the points at which the terms of a sum can differ from 0: no factor is read out of bounds."""
        factors = total.body.factors if isinstance(total.body, ex.Mul) else (total.body,)
        reads = [f for f in factors if isinstance(f, Read) and f.tensor not in self.local and self._outside(f)]
        axes = [pair for r in reads for pair in zip(r.indices, self.tensors[r.tensor].axes, strict=True)]
        inside = Domain(c for position, axis in axes for c in Domain.inside(position, axis).constraints)
        before, self.safe = self.safe, self.safe | set(reads)
        self.loops.over(order, total.domain & inside, block, body)
        self.safe = before

    def _accumulate(self, name: str, body: Expr, block: Block) -> None:
        block.count(body)
        negative, rest = negated(body)
        if negative and block.counts[body] == 1:
            block.write(f"{name} -= {self.value(rest, block)}")
        else:
            block.write(f"{name} += {self.value(body, block)}")

    def _extremum(self, expr: ex.Reduce, block: Block) -> str:
        """The first largest or smallest value; 0 where a domain leaves no point.

        Of an argmax, all that is asked for of it is found at once: the parts that are picked, and the value there.
        """
        best, found = self.names.fresh("best"), self.names.fresh("found") if expr.domain else ""
        wanted = [p for p in self._parts(expr) if p.pick == expr.pick or block.counts[p]]
        picks = {p.pick: self.names.fresh("pick" if p.pick else "taken") for p in wanted}
        sign, worst = (">", "-np.inf") if expr.op.endswith("max") else ("<", "np.inf")
        block.write(f"{best} = " + (self.number(0) if found else f"real({worst})"))
        block.write(*([f"{found} = False"] if found else []))
        for index, name in picks.items():
            block.write(f"{name} = {'0' if index else self._first(expr, block)}")

        def body(inner: Block) -> None:
            inner.count(expr.body)
            value = self.names.fresh("v")
            inner.write(f"{value} = {self.value(expr.body, inner)}")
            taken = Block(inner)
            taken.write(f"{best} = {value}", *([f"{found} = True"] if found else []))
            taken.write(*(f"{n} = {self.names.index(i.name) if i else value}" for i, n in picks.items()))
            first = f"not {found} or " if found else ""
            inner.nest(f"if {first}{value} {sign} {best}:", taken)

        self.loops.over(expr.indices, expr.domain, block, body)
        block.known.update({part: picks[part.pick] for part in wanted})
        return picks.get(expr.pick, best)

    @staticmethod
    def _parts(expr: ex.Reduce) -> list[ex.Reduce]:
        """What can be asked for of an argmax: the index of every axis, and, picking none, the value there."""
        if not expr.op.startswith("arg"):
            return []
        return [ex.Reduce(expr.op, expr.indices, expr.body, expr.domain, pick) for pick in (*expr.indices, None)]

    def _first(self, expr: ex.Reduce, block: Block) -> str:
        """The value at the first point, which is taken where no other one is larger, NaN for instance."""
        inner = Block(block)
        text = self.value(ex.substitute(expr.body, {i: Position.of(0) for i in expr.indices}), inner)
        block.write(*inner.lines)
        return text


def _constants_merged(factors: Sequence[Expr]) -> Sequence[Expr | float]:
    """The factors with sqrt(2), 1/sqrt(pi) and the like as one numeral, in front; numerals alone stay fractions."""
    values = {factor: value for factor in factors if (value := numeral(factor)) is not None}
    if all(isinstance(factor, ex.Number) for factor in values):
        return factors
    return [math.prod(values.values()), *(factor for factor in factors if factor not in values)]


def _long(indices: tuple[Index, ...]) -> bool:
    sizes = [i.extent.constant for i in indices]
    return None in sizes or math.prod(s for s in sizes if s is not None) > LONG_SUM
