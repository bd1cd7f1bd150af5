"""A program as NumPy: one statement for each equation, matrix products with @, maps by broadcasting.

Enters: equations.  Leaves: lines of a Python function.  An expression is written as an array whose axes are exactly the
indices it depends on, in the order of its context: the free indices of the equation, then the bound ones.  Where an
index stands in anything but a plain place, the text falls back on grids of indices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from symprop.codegen.grids import ATOM, POWER, PRODUCT, SUM, UNARY, Grids, Value
from symprop.codegen.naming import Names
from symprop.codegen.rewriting import apart, negated, solve
from symprop.language import Equation, Expr, Index, Position, Read, Tensor
from symprop.language import expressions as ex

CALLS = {
    "exp": "np.exp",
    "log": "np.log",
    "erf": "erf",
    "erfc": "erfc",
    "sin": "np.sin",
    "cos": "np.cos",
    "abs": "np.abs",
    "sign": "np.sign",
    "floor": "np.floor",
    "max": "np.maximum",
    "min": "np.minimum",
    "expm1": "np.expm1",
    "log1p": "np.log1p",
    "tanh": "np.tanh",
    "sqrt": "np.sqrt",
}


class Arrays(Grids):
    """Writer of array expressions in one function.

    Args:
        names: identifiers of the function.
        tensors: every tensor by name.
        elementwise: scalars stand for arrays of one shape, as in the update of all parameters at once.
    """

    def __init__(self, names: Names, tensors: Mapping[str, Tensor], elementwise: bool = False) -> None:
        super().__init__(names, tensors)
        self.elementwise = elementwise
        self.lines: list[str] = []
        self._known: dict[tuple[Expr, tuple[Index, ...]], Value] = {}
        self._counts: Counter[Expr] = Counter()

    # -- equations ---------------------------------------------------------------------------------------------------

    def statement(self, equation: Equation) -> None:
        """The lines that compute an equation."""
        self._known.clear()
        body = apart(ex.guard(equation.domain, equation.body), frozenset(i.name for i in equation.free))
        self._counts = Counter(n for n in ex.walk(body) if not isinstance(n, ex.Compare))
        free = tuple(i for i in equation.free if i not in self.steps)
        scattered = self._scatter(equation, body, free)
        value = scattered or self.value(body, free)
        target = self.names.tensor(equation.target)
        if self.steps & set(equation.free):
            places = [self.at.position(p) if self.steps & set(p.index_atoms()) else ":" for p in equation.indices]
            self.lines.append(f"{target}[{', '.join(places)}] = {self.aligned(value, free, SUM)}")
            return
        self.lines.append(f"{target} = {self._whole(value, free, equation)}")

    def _whole(self, value: Value, free: tuple[Index, ...], equation: Equation) -> str:
        """An array with all axes of the target."""
        if not free:
            return value.text
        shape = self.shape(i.extent for i in free)
        if not value.own:
            text = f"np.full({shape}, {value.text}, real)"
        elif value.own != free:
            text = f"np.broadcast_to({self.aligned(value, free, SUM)}, {shape})"
        else:
            text = value.text
        if any(p.index is None for p in equation.indices):
            axes = self.tensors[equation.target].axes
            return f"np.reshape({text}, {self.shape(axes)})"
        return text

    # -- expressions -------------------------------------------------------------------------------------------------

    def value(self, expr: Expr, context: tuple[Index, ...]) -> Value:
        """An expression in a context of axes; what occurs twice gets a name."""
        key = (expr, context)
        if key in self._known:
            return self._known[key]
        value = self._write(expr, context)
        plain = isinstance(expr, ex.Number | ex.Constant | ex.IndexValue | Read | ex.Compare)
        if self._counts[expr] > 1 and not plain and not value.text.isidentifier():
            name = self.names.fresh("v")
            self.lines.append(f"{name} = {value.text}")
            value = Value(name, ATOM, value.own)
            self._known[key] = value
        return value

    def _write(self, expr: Expr, context: tuple[Index, ...]) -> Value:
        match expr:
            case ex.Number():
                return _numeral(expr.value)
            case ex.Constant():
                return Value("math.pi", ATOM)
            case ex.IndexValue():
                return self._index_value(expr.position, context)
            case Read():
                return self.read(expr, context)
            case ex.Add():
                return self._sum(expr, context)
            case ex.Mul():
                return self._product(expr, context)
            case ex.Pow():
                return self._power(expr, context)
            case ex.Call():
                values = [self.value(a, context) for a in expr.args]
                union = self.union(values, context)
                args = ", ".join(self.aligned(v, union, SUM) for v in values)
                return Value(f"{CALLS[expr.name]}({args})", ATOM, union)
            case ex.Compare():
                return self._binary(expr.op, expr.left, expr.right, context)
            case ex.Where():
                return self._choice(self.value(expr.condition, context), expr.then, expr.otherwise, context)
            case ex.Guard():
                condition = self.domain(expr.domain, context)
                if condition is None:
                    return self.value(expr.body, context)
                return self._choice(condition, expr.body, ex.ZERO, context)
            case ex.Reduce():
                return self._reduce(expr, context)
        raise TypeError(type(expr).__name__)

    def _binary(self, op: str, left: Expr, right: Expr, context: tuple[Index, ...]) -> Value:
        values = [self.value(left, context), self.value(right, context)]
        union = self.union(values, context)
        sides = [self.aligned(v, union, PRODUCT) for v in values]
        return Value(f"{sides[0]} {op} {sides[1]}", SUM, union)

    def _sum(self, expr: ex.Add, context: tuple[Index, ...]) -> Value:
        signs = [negated(term) for term in expr.terms]
        values = [self.value(rest, context) for _, rest in signs]
        union = self.union(values, context)
        text = ""
        for (negative, _), value in zip(signs, values, strict=True):
            body = self.aligned(value, union, PRODUCT)
            text += (" - " if negative else " + ") + body if text else ("-" if negative else "") + body
        return Value(text, SUM, union)

    def _product(self, expr: ex.Mul, context: tuple[Index, ...]) -> Value:
        over, under, sign = [], [], ""
        for factor in expr.factors:
            power = ex.number(factor.exponent) if isinstance(factor, ex.Pow) else None
            number = ex.number(factor)
            if isinstance(factor, ex.Pow) and power is not None and power < 0:
                under.append(self.value(ex.power(factor.base, ex.Number(-power)), context))
            elif number is not None and number < 0:
                sign = "-"
                over += [] if number == -1 else [_numeral(-number)]
            else:
                over.append(self.value(factor, context))
        union = self.union([*over, *under], context)
        head = " * ".join(self.aligned(v, union, UNARY) for v in over) or "1.0"
        below = [self.aligned(v, union, POWER) for v in under]
        tail = "" if not below else f" / {below[0]}" if len(below) == 1 else f" / ({' * '.join(below)})"
        return Value(sign + head + tail, PRODUCT, union)

    def _power(self, expr: ex.Pow, context: tuple[Index, ...]) -> Value:
        exponent = ex.number(expr.exponent)
        base = self.value(expr.base, context)
        if exponent is None:
            other = self.value(expr.exponent, context)
            union = self.union([base, other], context)
            text = f"{self.aligned(base, union, ATOM)} ** {self.aligned(other, union, ATOM)}"
            return Value(text, POWER, union)
        if exponent < 0:
            below = self.value(ex.power(expr.base, ex.Number(-exponent)), context)
            return Value(f"1.0 / {below.at(POWER)}", PRODUCT, below.own)
        if exponent == Fraction(1, 2):
            return Value(f"np.sqrt({base.text})", ATOM, base.own)
        power = str(exponent) if exponent.denominator == 1 else repr(float(exponent))
        return Value(f"{base.at(ATOM)} ** {power}", POWER, base.own)

    def _choice(self, condition: Value, then: Expr, otherwise: Expr, context: tuple[Index, ...]) -> Value:
        values = [condition, self.value(then, context), self.value(otherwise, context)]
        union = self.union(values, context)
        if not condition.own and not self.elementwise:
            # a condition on loop steps alone: what stands under it may lie out of bounds elsewhere
            branches = [self.aligned(v, union, SUM) for v in values[1:]]
            return Value(f"({branches[0]} if {condition.text} else {branches[1]})", ATOM, union)
        if not values[1].own and not values[2].own:
            # two numbers would make an array of doubles
            values[1:] = [Value(f"real({v.text})", ATOM) for v in values[1:]]
        args = ", ".join(self.aligned(v, union, SUM) for v in values)
        return Value(f"np.where({args})", ATOM, union)

    # -- indices -----------------------------------------------------------------------------------------------------

    def _index_value(self, position: Position, context: tuple[Index, ...]) -> Value:
        value = self.grid(position, context)
        return Value(f"{value.at(ATOM)}.astype(real)", ATOM, value.own) if value.own else value

    # -- reductions --------------------------------------------------------------------------------------------------

    def _reduce(self, expr: ex.Reduce, context: tuple[Index, ...]) -> Value:
        free = ex.free_indices(expr)
        inner = tuple(i for i in context if i in free) + expr.indices
        body = self.value(expr.body, inner)
        condition = self.domain(expr.domain, inner)
        if expr.op == "sum":
            return self._total(expr, body, condition, inner)
        outer = tuple(i for i in inner if i not in expr.indices)
        if condition is None and set(expr.indices) <= set(body.own) and (len(expr.indices) == 1 or expr.pick is None):
            own = tuple(i for i in body.own if i not in expr.indices)
            axes = [body.own.index(i) for i in expr.indices]
            over = f"axis={axes[0] if len(axes) == 1 else tuple(axes)}" if own or expr.pick else ""
            return Value(f"{body.at(ATOM)}.{expr.op}({over})", ATOM, own)
        union = outer + expr.indices
        shape = self.shape(i.extent for i in union)
        values = f"np.broadcast_to({self.aligned(body, union, SUM)}, {shape})" if body.own != union else body.text
        where = "True" if condition is None else self.aligned(condition, union, SUM)
        count = len(expr.indices)
        text = f"extreme({expr.op!r}, {values}, {where}, {count}"
        if expr.pick is not None and count > 1:
            text += f", {expr.indices.index(expr.pick)}"
        return Value(text + ")", ATOM, outer)

    def _total(self, expr: ex.Reduce, body: Value, condition: Value | None, inner: tuple[Index, ...]) -> Value:
        if condition is not None:
            union = self.union([condition, body], inner)
            args = f"{self.aligned(condition, union, SUM)}, {self.aligned(body, union, SUM)}, 0.0"
            body = Value(f"np.where({args})", ATOM, union)
        missing = [i for i in expr.indices if i not in body.own]
        axes = [str(body.own.index(i)) for i in expr.indices if i in body.own]
        own = tuple(i for i in body.own if i not in expr.indices)
        text = body.at(ATOM)
        if axes:
            over = "" if not own else f"axis={axes[0]}" if len(axes) == 1 else f"axis=({', '.join(axes)})"
            text += f".sum({over})"
        factors = [self.at.extent(i.extent) for i in missing]
        return Value(" * ".join([*factors, text]), PRODUCT if factors else ATOM, own)

    def _scatter(self, equation: Equation, body: Expr, free: tuple[Index, ...]) -> Value | None:
        """dE[v,d] = sum[n,t: tok[n,t] == v](de[n,t,d]): terms added at the places an integer tensor names."""
        if not isinstance(body, ex.Reduce) or body.op != "sum" or self.steps or len(body.domain.constraints) != 1:
            return None
        constraint = body.domain.constraints[0]
        tied = next((i for i in free if constraint.position.solvable(i)), None)
        places = None if tied is None else solve(constraint.position, tied)
        if places is None or tied is None or not any(places.gathers()) or constraint.kind != "eq":
            return None
        if any(p.index is None for p in equation.indices) or tied in ex.free_indices(body.body):
            return None
        rest = tuple(i for i in free if i != tied)
        context = body.indices + rest
        union = tuple(i for i in context if i in {*rest, *places.index_atoms(), *ex.free_indices(body.body)})
        if set(union) != set(context):
            return None
        grids = [self.grid(places if i == tied else Position.of(i), context) for i in free]
        where = ", ".join(self.spread(g, union) for g in grids)
        values = self.aligned(self.value(body.body, context), union, SUM)
        return Value(f"scatter({self.shape(i.extent for i in free)}, ({where},), {values})", ATOM, free)


def _numeral(value: Fraction) -> Value:
    text = repr(float(value))
    return Value(text, UNARY if value < 0 else ATOM)
