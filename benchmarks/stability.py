"""How accurate the lowered activations, their derivatives and the losses are; beside them the naive SymPy derivative.

    python -m benchmarks.stability          # prints the tables and writes docs/stability.md

Every activation and its first derivative at 600 points, |x| log-uniform in 1e-20 ... 1e4 of both signs, and at 0 and
-0, in double precision through NumPy, against the mpmath references of the tests in 60 digits.  The naive column is
`sympy.lambdify` of the formula as it is written and of `sympy.diff` of it.  A last table has the functions of vectors,
as the kernels call them, in units of the last place.
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from mpmath import mp, mpf

from benchmarks.machine import describe
from symprop.algebra.rules import Rules
from symprop.language import Scope, parse_expression
from symprop.language import expressions as ex
from symprop.library.activations import ACTIVATIONS
from symprop.plan.stable import stabilise_scalar
from symprop.plan.stable_unfold import unfold_functions
from tests.plan import stable_references as references
from tests.plan.stable_evaluator import evaluate
from tests.simd.compiled_functions import TYPES, compiled

COMMAND = "python -m benchmarks.stability"
EPS = 2.0**-52
BOUND = 4
POINTS, PLACES, SEED = 600, 5000, 20240229
LOGITS = (1e4, -1e4, 745.0, -745.0, 40.0, -40.0, 1.0, -1.0, 1e-8, -1e-8, 0.0)
FUNCTIONS = {name: entry.function() for name, entry in ACTIVATIONS.items() if entry.elementwise}


@dataclass(frozen=True)
class Score:
    """Errors of one function: the worst in units of eps*max(|f|, |x*f'|), points beyond 4, and NaN or inf."""

    worst: float
    beyond: int
    broken: int

    def cells(self) -> str:
        """Three cells of a table."""
        return f"{self.worst:.2g} | {self.beyond} | {self.broken}"


@dataclass(frozen=True)
class Row:
    """The scores of a function: value, derivative, naive value, naive derivative."""

    name: str
    scores: tuple[Score, ...]


def points() -> np.ndarray[Any, Any]:
    """|x| log-uniform in 1e-20 ... 1e4, both signs, and both zeros."""
    x = 10 ** np.random.default_rng(SEED).uniform(-20, 4, POINTS // 2 - 1)
    return np.concatenate([x, -x, [0.0, -0.0]])


def score(found: Any, value: references.Scalar, slope: references.Scalar, x: np.ndarray[Any, Any]) -> Score:
    """Errors of computed values against exact ones."""
    found = np.broadcast_to(found, x.shape)
    worst, beyond, broken = 0.0, 0, 0
    for point, computed in zip(x.tolist(), found.tolist(), strict=True):
        if not math.isfinite(computed):
            broken += 1
            continue
        z = mpf(point)
        exact = value(z)
        # results among the subnormal numbers have no relative accuracy to give
        allowed = EPS * max(abs(exact), abs(z * slope(z))) + mpf(2) ** -1074 * max(4, z * z)
        error = float(abs(mpf(computed) - exact) / allowed)
        worst, beyond = max(worst, error), beyond + (error > BOUND)
    return Score(worst, beyond, broken)


def curvature(slope: references.Scalar) -> references.Scalar:
    """The second derivative by a difference, for the bound of the first."""

    def value(x: mpf) -> mpf:
        h = x * mpf(10) ** -20
        return (slope(x + h) - slope(x - h)) / (2 * h) if x else mpf(0)

    return value


def together(scores: list[Score]) -> Score:
    """The worst of all, and the counts summed."""
    return Score(max(s.worst for s in scores), sum(s.beyond for s in scores), sum(s.broken for s in scores))


# -- the naive way -------------------------------------------------------------------------------------------------


Symbols = Mapping[str, Any]


def plain_sympy(expr: ex.Expr, symbols: Symbols) -> Any:
    """The formula in SymPy's own functions, as one would type it."""
    children = [plain_sympy(child, symbols) for child in expr.children() if not isinstance(child, ex.Compare)]
    match expr:
        case ex.Number():
            return sp.Rational(expr.value.numerator, expr.value.denominator)
        case ex.Constant():
            return sp.pi
        case ex.Read():
            return symbols[expr.tensor]
        case ex.Add():
            return sp.Add(*children)
        case ex.Mul():
            return sp.Mul(*children)
        case ex.Pow():
            return sp.Pow(*children)
        case ex.Where():
            return sp.Piecewise((children[0], _relation(expr.condition, symbols)), (children[1], True))
        case ex.Call():
            named = {"abs": sp.Abs, "max": sp.Max, "min": sp.Min}
            return (named.get(expr.name) or getattr(sp, expr.name))(*children)
    raise TypeError(type(expr).__name__)


def _relation(condition: ex.Expr, symbols: Symbols) -> Any:
    left, right = (plain_sympy(side, symbols) for side in condition.children())
    relations = {"<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge}
    return relations[condition.op](left, right) if isinstance(condition, ex.Compare) else sp.true


def naive(body: ex.Expr, *names: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """(value, derivative in the first name) by lambdify."""
    symbols = {name: sp.Symbol(name, real=True) for name in names}
    formula = plain_sympy(unfold_functions(body, FUNCTIONS), symbols)
    slope = sp.diff(formula, symbols[names[0]])
    arguments = tuple(symbols.values())
    return sp.lambdify(arguments, formula, ["scipy", "numpy"]), sp.lambdify(arguments, slope, ["scipy", "numpy"])


# -- tables --------------------------------------------------------------------------------------------------------


def activation_rows() -> list[Row]:
    """Every activation in the library that is a scalar function."""
    x, rules, rows = points(), Rules(FUNCTIONS), []
    for name, function in FUNCTIONS.items():
        reference = references.ACTIVATIONS[name]
        second = curvature(reference.slope)
        value = stabilise_scalar(function.body, FUNCTIONS)
        slope = stabilise_scalar(rules(function, 0), FUNCTIONS)
        plain, plain_slope = naive(function.body, "z")
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [evaluate(value, {"z": x}), evaluate(slope, {"z": x}), plain(x), plain_slope(x)]
        of_value = [score(v, reference.value, reference.slope, x) for v in (found[0], found[2])]
        of_slope = [score(v, reference.slope, second, x) for v in (found[1], found[3])]
        rows.append(Row(name, (of_value[0], of_slope[0], of_value[1], of_slope[1])))
    return rows


@dataclass(frozen=True)
class Entrywise:
    """A loss of one logit and one target, with its value and its derivative in the logit by hand."""

    name: str
    formula: str
    derivative: str
    value: Callable[[mpf, mpf], mpf]
    slope: Callable[[mpf, mpf], mpf]


def _binary(z: mpf, y: mpf) -> mpf:
    return y * references.softplus(-z) + (1 - y) * references.softplus(z)


def _binary_slope(z: mpf, y: mpf) -> mpf:
    return (1 - y) * references.sigmoid(z) - y * references.sigmoid(-z)


LOSSES = (
    Entrywise(
        "binary cross-entropy of sigmoid(z)",
        "-(y*log(sigmoid(z)) + (1 - y)*log(1 - sigmoid(z)))",
        "sigmoid(z) - y",
        _binary,
        _binary_slope,
    ),
    Entrywise("softplus(z) - y*z", "softplus(z) - y*z", "sigmoid(z) - y", _binary, _binary_slope),
    Entrywise(
        "log cosh(z - y)",
        "log((exp(z - y) + exp(y - z))/2)",
        "tanh(z - y)",
        lambda z, y: references.log_cosh(z - y),
        lambda z, y: mp.tanh(z - y),
    ),
    Entrywise(
        "softmax cross-entropy, logits (z, -z)",
        "-(y*log(exp(z)/(exp(z) + exp(-z))) + (1 - y)*log(exp(-z)/(exp(z) + exp(-z))))",
        "2*(exp(z)/(exp(z) + exp(-z)) - y)",
        lambda z, y: _binary(2 * z, y),
        lambda z, y: 2 * _binary_slope(2 * z, y),
    ),
)


def loss_rows() -> list[Row]:
    """As `activation_rows`, for losses at logits up to 1e4 and targets 0, 1 and 1/4."""
    rows = []
    for loss in LOSSES:
        scores: list[list[Score]] = [[], [], [], []]
        for target in (Fraction(0), Fraction(1), Fraction(1, 4)):
            _add_scores(scores, loss, target)
        rows.append(Row(loss.name, tuple(map(together, scores))))
    return rows


def _add_scores(scores: list[list[Score]], loss: Entrywise, target: Fraction) -> None:
    z, y = np.array(LOGITS), mpf(target.numerator) / target.denominator
    names = Scope(functions=dict.fromkeys(FUNCTIONS, 1))
    formulas = [parse_expression(text, names) for text in (loss.formula, loss.derivative)]
    fixed = {"z": z, "y": np.full(z.shape, float(target))}
    with np.errstate(all="ignore"):
        found = [evaluate(stabilise_scalar(formula, FUNCTIONS), fixed) for formula in formulas]
        found += [f(z, fixed["y"]) for f in naive(formulas[0], "z", "y")]
    value, slope = (lambda p: loss.value(p, y)), (lambda p: loss.slope(p, y))
    exact = [(value, slope), (slope, curvature(slope))] * 2
    for group, computed, (f, df) in zip(scores, found, exact, strict=True):
        group.append(score(computed, f, df, z))


def table(title: str, rows: list[Row]) -> list[str]:
    """A Markdown table."""
    head = [""]
    for column in ("value", "derivative", "naive value", "naive derivative"):
        head += [column, ">4", "NaN"]
    lines = [f"## {title}", "", "| " + " | ".join(head) + " |", "| --- |" + " ---: |" * 12]
    lines += [f"| {row.name} | " + " | ".join(s.cells() for s in row.scores) + " |" for row in rows]
    totals = [together([row.scores[k] for row in rows]) for k in range(4)]
    return [*lines, "| **all** | " + " | ".join(s.cells() for s in totals) + " |", ""]


RANGES = {
    "exp": ((-0.5, 0.5), (-87, 88)),
    "expm1": ((-0.5, 0.5), (-20, 88)),
    "log": ((0.5, 2), (0, 1e6)),
    "log1p": ((-0.5, 0.5), (-1, 1e6)),
    "tanh": ((-0.5, 0.5), (-20, 20)),
    "sin": ((-4, 4), (-400, 400)),
    "cos": ((-4, 4), (-400, 400)),
    "erf": ((-1, 1), (-6, 6)),
    "erfc": ((-6, 0.5), (0.5, 1), (1, 9)),
}


def last_places(name: str, kind: str, low: float, high: float) -> float:
    """The largest error of a function of vectors between two places, in units of the last place of its value."""
    real = TYPES[kind]
    x = np.random.default_rng(SEED).uniform(low, high, PLACES).astype(real)
    worst = 0.0
    for place, found in zip(x.tolist(), compiled(name, kind, 8)(x).tolist(), strict=True):
        exact = getattr(mp, name)(mpf(place))
        worst = max(worst, float(abs(mpf(found) - exact) / mpf(float(np.spacing(real(abs(float(exact))))))))
    return worst


def vectors() -> list[str]:
    """The table of the functions of vectors."""
    lines = [f"## Functions of vectors, {PLACES} points of each interval", ""]
    lines += ["Largest error in units of the last place of the value.", ""]
    lines += ["|  | x from | to | float32 | float64 |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, intervals in RANGES.items():
        for low, high in intervals:
            cells = (f"{last_places(name, kind, low, high):.2f}" for kind in TYPES)
            lines.append(f"| {name} | {low:g} | {high:g} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def document() -> str:
    """The text of docs/stability.md."""
    lines = [
        "# Numerical stability",
        "",
        "Worst error in units of eps*max(|f|, |x f'|) with eps = 2**-52 (of a derivative: with f' and f''), the number",
        "of points at which it is above 4, and the number of points that came out NaN or inf where the true value is",
        "finite.  The bound to keep is 4.  An infinite error is a value that is not 0 where the true one is: at 0",
        "`sympy.diff` gives relu and relu6 the slope 1/2, where the library states 0.",
        "The right half is what `sympy.diff` and `sympy.lambdify` make of the same formulas.",
        "",
        f"Made by `{COMMAND}` on:",
        "",
        *("    " + line for line in describe().splitlines()),
        "",
        *table(f"Activations, {POINTS} points, |x| from 1e-20 to 1e4 and both zeros", activation_rows()),
        *table("Losses, logits up to 1e4, targets 0, 1 and 1/4", loss_rows()),
        *vectors(),
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the tables and write them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(__file__).resolve().parent.parent / "docs" / "stability.md"
    parser.add_argument("--out", type=Path, default=default, help="file to write")
    out = parser.parse_args().out
    with mp.workdps(references.DIGITS):
        text = document()
    print(text)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
