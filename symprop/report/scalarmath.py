r"""Scalar expressions in index notation as LaTeX: sum[i](X[n,i]*W[i,j]) as \sum_i X_{ni} W_{ij}.

Enters: expressions of the language.  Leaves: `Math`, whose lines end at the outermost operators.  Nothing is
simplified; what is printed is the expression as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from symprop.language import Domain, Equation, Function, Position
from symprop.language import expressions as ex
from symprop.language.indices import Atom, Compound, Constraint, Gather
from symprop.report.arithmetic import (
    ATOM,
    POWER,
    PRODUCT,
    SUM,
    Fractions,
    Piece,
    fraction,
    inline_number,
    number_piece,
    product_math,
    sum_math,
)
from symprop.report.escape import latex_name
from symprop.report.layout import Math, joined
from symprop.report.symbols import SEPARATOR, Symbols, index_tex
from symprop.report.usersymbols import checked_function

COMPARISONS = {"<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq", "==": "=", "!=": r"\neq"}
UPRIGHT = {"exp", "log", "sin", "cos", "max", "min", "tanh"}
# Exponents wider than this are written with exp.
WIDEST_EXPONENT_POINTS = 90.0


@dataclass(frozen=True)
class ScalarPrinter:
    r"""Prints expressions of one network.

    Args:
        symbols: how tensors are written.
        functions: library functions, some of which have a LaTeX form.
        deltas: whether equations under a sum are written as Kronecker deltas, as the chain rule gives them.
        operator: the command for names of functions; GitHub's Markdown refuses `\operatorname`.
    """

    symbols: Symbols
    functions: Mapping[str, Function] = field(default_factory=dict)
    deltas: bool = False
    operator: str = r"\operatorname"

    def math(self, expr: ex.Expr) -> Math:
        """The expression."""
        return self._piece(expr)[0]

    def equation(self, equation: Equation) -> tuple[Math, Math]:
        """Left and right side, the domain of the equation behind the right one."""
        left = Math.of(self.entry(equation.target, equation.indices))
        right = self.math(equation.body)
        if equation.domain:
            conditions = ", ".join(self._constraint(c) for c in equation.domain.constraints)
            right = right.then(rf"\quad ({conditions})", 0)
        return left, right

    def entry(self, tensor: str, indices: Iterable[Position], power: str = "") -> str:
        """An entry of a tensor."""
        return self.symbols[tensor].at(self.positions(tuple(indices)), power)

    def positions(self, indices: Sequence[Position]) -> str:
        """Subscripts, run together where each is one letter."""
        shown = [self.position(p) for p in indices]
        plain = all(p.index is not None and not self.position(p).startswith("\\m") for p in indices)
        return ("" if plain and all(len(s) <= 4 for s in shown) else ",").join(shown)

    def position(self, position: Position) -> str:
        """An affine form in indices."""
        out = ""
        for atom, c in position.shown:
            body = ("" if abs(c) == 1 else str(abs(c))) + self._atom(atom)
            out += ("-" if c < 0 else "+" if out else "") + body
        for monomial, c in position.offset.terms:
            size = "" if abs(c) == 1 and monomial else str(abs(c))
            out += ("-" if c < 0 else "+" if out else "") + size + "".join(_spaced(index_tex(m)) for m in monomial)
        return out or "0"

    def _atom(self, atom: Atom) -> str:
        if isinstance(atom, Gather):
            return self.entry(atom.tensor, atom.positions)
        if isinstance(atom, Compound):
            return "(" + ", ".join(map(self.position, atom.parts)) + ")"
        return index_tex(atom.name)

    # -- expressions ---------------------------------------------------------------------------------------------

    def at(self, expr: ex.Expr, level: int) -> Math:
        """The expression, in parentheses where it binds less than `level`."""
        body, own = self._piece(expr)
        return body.parenthesised() if own < level else body

    def _piece(self, expr: ex.Expr) -> Piece:
        match expr:
            case ex.Number():
                return number_piece(expr.value)
            case ex.Constant():
                return Math.of(rf"\{expr.name}"), ATOM
            case ex.IndexValue():
                body = self.position(expr.position)
                return Math.of(body), SUM if "+" in body or "-" in body else PRODUCT
            case ex.Read():
                return Math.of(self.entry(expr.tensor, expr.indices)), ATOM
            case ex.Add():
                return sum_math([self.at(term, PRODUCT) for term in expr.terms]), SUM
            case ex.Mul():
                return self._product(expr)
            case ex.Pow():
                return self._power(expr)
            case ex.Call():
                return self._call(expr)
            case ex.Compare():
                left, right = self.math(expr.left), self.math(expr.right)
                return left.then(f" {COMPARISONS[expr.op]} ").then(right), SUM
            case ex.Where():
                return self._where(expr)
            case ex.Reduce():
                return self._reduce(expr)
            case ex.Guard() if expr.body == ex.ONE:
                return self._indicator(expr.domain), ATOM
            case ex.Guard():
                return self._indicated(self._indicator(expr.domain), expr.body)
        raise TypeError(type(expr).__name__)

    def _product(self, expr: ex.Mul) -> Piece:
        split = Fractions.of(expr.factors)
        beside = [f for f in split.over if split.under and self._is_tall(f)]
        inside = [f for f in split.over if f not in beside]
        over = self._row(inside, closed=bool(split.under or beside))
        under = self._row(split.under, closed=len(split.under) > 1)
        body = fraction(split.coefficient, over, under, self._row(beside))
        return (Math.of("-").then(body) if split.coefficient < 0 else body), PRODUCT

    def _is_tall(self, factor: ex.Expr) -> bool:
        """True for what reads better beside a fraction than on it: sums over indices, fractions."""
        return self.math(factor).tall >= 2

    def _row(self, factors: Sequence[ex.Expr], closed: bool = False) -> list[Math]:
        """Factors; a sum over indices needs parentheses unless nothing follows it."""
        last = len(factors) - 1
        return [self._factor(f, last=k == last and not closed) for k, f in enumerate(factors)]

    def _factor(self, expr: ex.Expr, last: bool) -> Math:
        if isinstance(expr, ex.Reduce) and not last:
            return self.math(expr).parenthesised()
        return self.at(expr, PRODUCT)

    def _power(self, expr: ex.Pow) -> Piece:
        exponent = ex.number(expr.exponent)
        if exponent is not None and exponent < 0:
            under = ex.power(expr.base, ex.Number(-exponent))
            return fraction(Fraction(1), [], [self.at(under, SUM)]), PRODUCT
        if exponent == Fraction(1, 2):
            return Math.of(rf"\sqrt{{{self.math(expr.base).text}}}"), ATOM
        shown = inline_number(exponent) if exponent is not None else self.math(expr.exponent).text
        if isinstance(expr.base, ex.Read):
            return Math.of(self.entry(expr.base.tensor, expr.base.indices, shown)), POWER
        return self.at(expr.base, ATOM).then(f"^{{{shown}}}"), POWER

    def _call(self, expr: ex.Call) -> Piece:
        args = [self.math(arg) for arg in expr.args]
        if expr.name == "exp" and args[0].tall == 0 and args[0].points < WIDEST_EXPONENT_POINTS:
            return Math.of(f"e^{{{args[0].text}}}"), POWER
        return function_piece(expr.name, args, self.functions, self.operator)

    def _where(self, expr: ex.Where) -> Piece:
        if ex.number(expr.otherwise) == 0:
            return self._chosen(expr.condition, expr.then)
        rows = [
            rf"{self.math(expr.then).text} & {self.math(expr.condition).text},",
            rf"{self.math(expr.otherwise).text} & \text{{otherwise}}",
        ]
        return Math.of(r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"), PRODUCT

    def _chosen(self, condition: ex.Expr, then: ex.Expr) -> Piece:
        indicator = Math.of(indicator_tex(self.math(condition).text))
        return (indicator, ATOM) if then == ex.ONE else self._indicated(indicator, then)

    def _indicated(self, indicator: Math, value: ex.Expr) -> Piece:
        """A value where a condition holds, its sign and numeral before the indicator."""
        numeral, rest = ex.numeral_and_rest(value)
        shown = [indicator] if rest == ex.ONE else [indicator, self.at(rest, PRODUCT)]
        if abs(numeral) != 1:
            shown = [number_piece(abs(numeral))[0], *shown]
        whole = product_math(shown)
        return (Math.of("-").then(whole) if numeral < 0 else whole), PRODUCT

    # -- reductions and domains ----------------------------------------------------------------------------------

    def _reduce(self, expr: ex.Reduce) -> Piece:
        names = ",".join(index_tex(i.name) for i in expr.indices)
        equal = [c for c in expr.domain.constraints if c.kind == "eq"] if self.deltas and expr.op == "sum" else []
        rest = [c for c in expr.domain.constraints if c not in equal]
        conditions = r",\thickspace ".join(self._constraint(c) for c in rest)
        below = names + (rf":\thickspace {conditions}" if conditions else "")
        deltas = [Math.of(self._delta(c)) for c in equal]
        if expr.op == "sum":
            body = self.at(expr.body, PRODUCT) if not isinstance(expr.body, ex.Add) else self.at(expr.body, POWER)
            whole = body if deltas and expr.body == ex.ONE else product_math([*deltas, body])
            whole = product_math(deltas) if deltas and expr.body == ex.ONE else whole
            return Math.of(rf"\sum_{{{below}}}").then(" ").then(whole), PRODUCT
        name = expr.op.removeprefix("arg")
        command = rf"\{name}" if name == expr.op else rf"\mathop{{\mathrm{{arg{SEPARATOR} {name}}}}}\limits"
        picked = f"^{{({index_tex(expr.pick.name)})}}" if expr.pick is not None and len(expr.indices) > 1 else ""
        return Math.of(f"{command}{picked}_{{{below}}}").then(" ").then(self.at(expr.body, POWER)), PRODUCT

    def _delta(self, constraint: Constraint) -> str:
        left, right = sides(constraint)
        return rf"\delta_{{{self.positions((left, right))}}}"

    def _constraint(self, constraint: Constraint) -> str:
        left, right = sides(constraint)
        sign = "=" if constraint.kind == "eq" else r"\geq"
        if not left.terms and right.terms:  # 2p + u <= 7, not 0 >= 2p + u - 7
            left, right, sign = right - right.offset, left - right.offset, sign.replace("geq", "leq")
        return f"{self.position(left)} {sign} {self.position(right)}"

    def _indicator(self, domain: Domain) -> Math:
        shown = r",\thickspace ".join(self._constraint(c) for c in domain.constraints)
        return Math.of(indicator_tex(shown))


def sides(constraint: Constraint) -> tuple[Position, Position]:
    """`t - 1 >= 0` as (t, 1): terms with a minus sign, and the offset, go to the other side."""
    left = Position({a: c for a, c in constraint.position.terms if c > 0})
    return left, left - constraint.position


def indicator_tex(condition: str) -> str:
    r"""1 where the condition holds, else 0."""
    return rf"\mathbf{{1}}\lbrace {condition}\rbrace "


def function_piece(name: str, args: Sequence[Math], functions: Mapping[str, Function], operator: str) -> Piece:
    """A function by its LaTeX form, a primitive by its usual sign, any other by its upright name."""
    inner = joined(args, r",\thinspace ", 1)
    if name == "abs":
        return inner.inside("|", "|"), ATOM
    if name == "floor":
        return inner.inside(r"\lfloor ", r"\rfloor "), ATOM
    given = functions[name].latex if name in functions else ""
    if given == "#":
        return args[0], SUM
    if given:
        head, mark, tail = checked_function(name, given).replace(r"\operatorname", operator).partition("#")
        if head.endswith("(") and tail.startswith(")"):
            return Math.of(head[:-1]).then(inner.parenthesised()).then(tail[1:] or ""), ATOM
        if mark:
            return inner.inside(head, tail), ATOM
        return Math.of(head).then(inner.parenthesised()), ATOM
    command = rf"\{name}" if name in UPRIGHT else rf"{operator}{{{latex_name(name)}}}"
    return Math.of(command).then(inner.parenthesised()), ATOM


def _spaced(text: str) -> str:
    return text + " " if text.startswith("\\") and text[-1].isalpha() else text
