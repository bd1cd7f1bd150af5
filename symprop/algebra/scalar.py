"""Scalar expressions to SymPy and back, and the partial derivatives of the scalar primitives.

Enters: expressions of the language.  Leaves: SymPy expressions over plain symbols, one for each *atom* (a read, a
reduction, a guarded term, a condition), and the way back.  Nothing of tensors reaches SymPy, and no text ever does:
expressions are built node by node.

The only derivatives typed in symprop stand in `PRIMITIVES` below; those of all other functions follow from their
formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from symprop.algebra.choices import choice, choice_of
from symprop.errors import Fault, FormulaError
from symprop.language import expressions as ex
from symprop.language.equations import Function
from symprop.language.indices import Position


class Primitive(sp.Function):  # type: ignore[misc]
    """A function SymPy is told nothing about but its partial derivatives."""

    is_real = True

    @classmethod
    def eval(cls, *args: Any) -> None:
        """Never evaluated: the expression stays as it was written."""
        return


class Magnitude(Primitive):
    """|x|, with derivative sign(x), 0 at the kink."""

    def fdiff(self, argindex: int = 1) -> Any:
        """sign(x)."""
        return Signum(self.args[0])


class Signum(Primitive):
    """sign(x), with derivative 0 everywhere."""

    def fdiff(self, argindex: int = 1) -> Any:
        """0."""
        return sp.S.Zero


class Floor(Primitive):
    """The largest whole number not above x, with derivative 0 everywhere."""

    def fdiff(self, argindex: int = 1) -> Any:
        """0."""
        return sp.S.Zero


class Choice(Primitive):
    """where(c, a, b): the derivative is that of the branch taken; the condition is an opaque symbol."""

    @classmethod
    def eval(cls, condition: Any, then: Any, otherwise: Any) -> Any:
        """Of two equal branches, that branch."""
        return then if then == otherwise else None

    def _eval_derivative(self, symbol: Any) -> Any:
        condition, then, otherwise = self.args
        return Choice(condition, then.diff(symbol), otherwise.diff(symbol))


# name -> how SymPy builds it; exp, log, erf, sin and cos bring SymPy's derivatives, tests check every one with mpmath
PRIMITIVES: Mapping[str, Callable[..., Any]] = {
    "exp": sp.exp,
    "log": sp.log,
    "erf": sp.erf,
    "sin": sp.sin,
    "cos": sp.cos,
    "abs": Magnitude,
    "sign": Signum,
    "floor": Floor,
}
NAMES = {builder: name for name, builder in PRIMITIVES.items()}


class Atoms:
    """The correspondence between atoms of one expression and SymPy symbols.

    Args:
        functions: library functions by name; their derivatives are taken from `rule`.
        rule: (function, position of the argument) -> its partial derivative as a formula over the function's arguments.
    """

    def __init__(
        self,
        functions: Mapping[str, Function] | None = None,
        rule: Callable[[Function, int], ex.Expr] | None = None,
    ) -> None:
        self.functions = functions or {}
        self.rule = rule
        self.symbols: dict[ex.Expr, Any] = {}
        self.meaning: dict[Any, ex.Expr] = {}
        self.classes: dict[str, Any] = {}

    def symbol(self, atom: ex.Expr, **assumptions: bool) -> Any:
        """The SymPy symbol of an atom; the same atom has the same symbol."""
        found = self.symbols.get(atom)
        if found is None:
            found = sp.Symbol(f"a{len(self.symbols):04d}", **assumptions)
            self.symbols[atom] = found
            self.meaning[found] = atom
        return found

    def function(self, name: str) -> Any:
        """The SymPy class of a library function, whose derivative is the rule found from its formula."""
        if name not in self.classes:
            self.classes[name] = type(name, (_Library,), {"owner": self, "entry": self.functions.get(name)})
        return self.classes[name]


class _Library(Primitive):
    """A library function inside SymPy."""

    owner: Atoms
    entry: Function | None

    def fdiff(self, argindex: int = 1) -> Any:
        """The rule of the function, at these arguments."""
        entry, rule = self.entry, self.owner.rule
        if entry is None or rule is None:
            raise ValueError(f"function {type(self).__name__} has no definition")
        partial = rule(entry, argindex - 1)
        names = (*entry.args, *(name for name, _ in entry.params))
        inner = Atoms(self.owner.functions, self.owner.rule)
        inner.classes = self.owner.classes
        built = to_sympy(partial, inner, conditions=self.owner, arguments=dict(zip(names, self.args, strict=True)))
        return built


def to_sympy(
    expr: ex.Expr, atoms: Atoms, conditions: Atoms | None = None, arguments: Mapping[str, Any] | None = None
) -> Any:
    """The SymPy expression of a scalar expression.

    Args:
        expr: the expression.
        atoms: where its atoms are kept.
        conditions: where symbols of conditions are kept, if not in `atoms`.
        arguments: SymPy values of formula arguments, by name.
    """
    given = arguments or {}

    def build(node: ex.Expr) -> Any:
        match node:
            case ex.Number():
                return sp.Rational(node.value.numerator, node.value.denominator)
            case ex.Constant():
                return sp.pi
            case ex.Add():
                return sp.Add(*map(build, node.terms))
            case ex.Mul():
                return sp.Mul(*map(build, node.factors))
            case ex.Pow():
                return sp.Pow(build(node.base), build(node.exponent))
            case ex.Call():
                return call(node)
            case ex.Where():
                return Choice(condition(node.condition), build(node.then), build(node.otherwise))
            case ex.Read() if node.tensor in given and not node.indices:
                return given[node.tensor]
            case ex.IndexValue():
                return atoms.symbol(node, positive=True) if _positive(node.position) else atoms.symbol(node, real=True)
        return atoms.symbol(node, real=True)

    def call(node: ex.Call) -> Any:
        if node.name in ("max", "min"):
            return build(choice_of(node))
        builder = PRIMITIVES.get(node.name) or atoms.function(node.name)
        return builder(*map(build, node.args))

    def condition(node: ex.Expr) -> Any:
        owner = conditions or atoms
        values = {name: from_sympy(value, owner) for name, value in given.items()}
        return owner.symbol(ex.transform(node, lambda part: _argument(part, values)) if values else node)

    return build(expr)


def _argument(node: ex.Expr, values: Mapping[str, ex.Expr]) -> ex.Expr:
    return values.get(node.tensor, node) if isinstance(node, ex.Read) and not node.indices else node


def _positive(position: Position) -> bool:
    return not position.terms and position.offset.at_least(1)


def from_sympy(value: Any, atoms: Atoms) -> ex.Expr:
    """The expression of the language that a SymPy expression stands for."""
    if value in atoms.meaning:
        return atoms.meaning[value]
    if value.is_Rational:
        return ex.Number(Fraction(int(value.p), int(value.q)))
    if value == sp.pi:
        return ex.Constant("pi")
    if value == sp.E:
        return ex.Call("exp", [ex.ONE])
    args = value.args
    if value.is_Add:
        return _sum(args, atoms)
    if value.is_Mul:
        return _product(args, atoms)
    if value.is_Pow:
        return ex.power(from_sympy(args[0], atoms), from_sympy(args[1], atoms))
    if isinstance(value, Choice):
        return choice(*(from_sympy(a, atoms) for a in args))
    name = NAMES.get(value.func) or ("abs" if value.func is sp.Abs else "sign" if value.func is sp.sign else None)
    if name is None and isinstance(value, _Library):
        name = type(value).__name__
    if name is None:
        raise TypeError(f"SymPy node {value.func.__name__} has no counterpart in the language")
    return ex.Call(name, [from_sympy(a, atoms) for a in args])


def _product(args: tuple[Any, ...], atoms: Atoms) -> ex.Expr:
    """A product with one choice for each condition, and roots below the bar: 1/sqrt(2), not sqrt(2)/2."""
    factors = [from_sympy(a, atoms) for a in args]
    value = next((f.value for f in factors if isinstance(f, ex.Number)), Fraction(1))
    for k, factor in enumerate(factors):
        base = ex.number(factor.base) if isinstance(factor, ex.Pow) else None
        if isinstance(factor, ex.Pow) and base and factor.exponent == HALF and value.denominator % base == 0:
            factors[k] = ex.mul(ex.Number(base), ex.power(factor.base, ex.Number(-HALF.value)))
    return ex.mul(*_joined_choices(factors))


HALF = ex.Number(Fraction(1, 2))


def _joined_choices(factors: list[ex.Expr]) -> list[ex.Expr]:
    """where(c, a, 0)*where(c, b, 0) as where(c, a*b, 0)."""
    joined: dict[ex.Expr, ex.Where] = {}
    rest = []
    for factor in factors:
        if isinstance(factor, ex.Where):
            old = joined.get(factor.condition)
            then, other = (old.then, old.otherwise) if old else (ex.ONE, ex.ONE)
            new = ex.Where(factor.condition, ex.mul(then, factor.then), ex.mul(other, factor.otherwise))
            joined[factor.condition] = new
        else:
            rest.append(factor)
    return [*rest, *joined.values()]


def _sum(args: tuple[Any, ...], atoms: Atoms) -> ex.Expr:
    """A sum with its rational content in front: SymPy writes 2*(x - m) as 2*x - 2*m by itself."""
    parts = [arg.as_coeff_Mul() for arg in args]
    fractions = [Fraction(int(c.p), int(c.q)) if c.is_Rational else Fraction(1) for c, _ in parts]
    # only what SymPy has distributed is drawn out again: v + 0.001 stays as it is
    content = abs(fractions[0]) if len({abs(f) for f in fractions}) == 1 else Fraction(1)
    if all(f < 0 for f in fractions):
        content = -content
    terms = [
        ex.mul(ex.Number(f / content), from_sympy(rest if c.is_Rational else arg, atoms))
        for f, (c, rest), arg in zip(fractions, parts, args, strict=True)
    ]
    # SymPy puts numerals first; of a small one, added against a division by 0, one writes var + 1e-5
    small = [t for t in terms if isinstance(t, ex.Number) and 0 < t.value <= SMALL]
    return ex.mul(ex.Number(content), positive_first([*(t for t in terms if t not in small), *small]))


SMALL = Fraction(1, 100)


def positive_first(terms: list[ex.Expr]) -> ex.Expr:
    """A sum that opens with a term that has no minus sign, where there is one: A - y, not -y + A."""
    start = next((k for k, term in enumerate(terms) if not is_negative(term)), 0)
    return ex.add(terms[start], *terms[:start], *terms[start + 1 :])


def is_negative(term: ex.Expr) -> bool:
    """True where a term is written with a minus sign."""
    if isinstance(term, ex.Guard):
        return is_negative(term.body)
    head = term.factors[0] if isinstance(term, ex.Mul) else term
    value = ex.number(head)
    return value is not None and value < 0


UNREAL = (sp.I, sp.nan, sp.zoo, sp.oo, -sp.oo)


def require_real(derivative: Any, where: str) -> Any:
    """The derivative, if it is a real expression.

    Raises:
        FormulaError: it divides by a constant that is 0 or takes a root or a logarithm of a negative one.
    """
    if derivative.has(*UNREAL):
        message = "its derivative is not a real number for any argument; expected real constants inside it"
        hint = "Look for a division by 0, or a root, log or power of a constant <= 0."
        raise FormulaError(Fault(where, message, hint))
    return derivative


class Partials:
    """Partial derivatives of scalar expressions, found by SymPy once for all expressions of one shape.

    Args:
        functions: library functions by name.
        rule: (function, position of the argument) -> its partial derivative as a formula over its arguments.
    """

    def __init__(self, functions: Mapping[str, Function], rule: Callable[[Function, int], ex.Expr]) -> None:
        self.functions, self.rule = functions, rule
        self._known: dict[ex.Expr, list[ex.Expr]] = {}

    def __call__(self, expr: ex.Expr) -> list[tuple[ex.Expr, ex.Expr]]:
        """(atom, derivative by it) for every atom that holds a real tensor and does not have derivative 0."""
        skeleton, atoms = _skeleton(expr)
        if skeleton not in self._known:
            self._known[skeleton] = self._derive(expr, skeleton, [_blank(k) for k in range(len(atoms))])
        values = (_filled(value, atoms) for value in self._known[skeleton])
        pairs = zip(atoms, values, strict=True)
        return [(a, v) for a, v in pairs if v != ex.ZERO and any(True for _ in ex.reads(a))]

    def _derive(self, expr: ex.Expr, skeleton: ex.Expr, blanks: list[ex.Expr]) -> list[ex.Expr]:
        atoms = Atoms(self.functions, self.rule)
        built = to_sympy(skeleton, atoms)
        slopes = (sp.diff(built, atoms.symbol(blank, real=True)) for blank in blanks)
        return [from_sympy(require_real(slope, f"formula '{expr}'"), atoms) for slope in slopes]


def _blank(place: int) -> ex.Read:
    """A stand-in for an atom; no tensor has such a name."""
    return ex.Read(f"'{place}")


def _skeleton(expr: ex.Expr) -> tuple[ex.Expr, list[ex.Expr]]:
    """The expression with its atoms numbered in the order of the text, and the atoms."""
    atoms: dict[ex.Expr, int] = {}

    def visit(node: ex.Expr) -> ex.Expr:
        if isinstance(node, ex.Read | ex.Reduce | ex.Guard):
            return _blank(atoms.setdefault(node, len(atoms)))
        children = node.children()
        return node.rebuild(tuple(visit(child) for child in children)) if children else node

    return visit(expr), list(atoms)


def _filled(expr: ex.Expr, atoms: list[ex.Expr]) -> ex.Expr:
    def change(node: ex.Expr) -> ex.Expr:
        return atoms[int(node.tensor[1:])] if isinstance(node, ex.Read) and node.tensor[0] == "'" else node

    return ex.transform(expr, change)
