"""Optimizers, one call per entry: assignments for one entry of a parameter, with PyTorch's names and defaults.

Enters: lines of text `name = formula`, in order.  Leaves: the registry `OPTIMIZERS`.  A formula reads `w` (the
parameter), `g` (its gradient), `t` (the step, from 1), `lr` (the rate of this step), the options, and what lines
above assigned; a name among `state` keeps its value from the last step, 0 at first.  Lines that the options make
idle are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from symprop.errors import Fault, FormulaError
from symprop.language import Equation, Expr, Optimizer
from symprop.language.expressions import ONE, Number, Read
from symprop.library.options import Option, Options, completed
from symprop.library.registry import Registry
from symprop.library.scalars import bind, constants, parsed, scalar_names


@dataclass(frozen=True)
class Update:
    """A rule by which parameters change.

    Args:
        name: its name in a spec.
        lines: assignments in order, the last one to `w`.
        state: names that are kept between steps.
        source: where it is published.
        options: constants a spec can set, `lr` among them.
    """

    name: str
    lines: tuple[str, ...]
    state: tuple[str, ...]
    source: str
    options: Options = field(default_factory=dict)

    def optimizer(self, *, schedule: Expr = ONE, clip_norm: float | None = None, **options: Any) -> Optimizer:
        """The optimizer for given options: assignments that still do something, and the state they need."""
        values = completed(self.options, options)
        rate = float(values.pop("lr"))
        assigned = [(name, bind(body, constants(values))) for name, body in self.assignments()]
        kept = _needed(_without_copies(assigned, self.state))
        state = tuple(s for s in self.state if any(name == s for name, _ in kept))
        equations = tuple(Equation(name, (), body, source=self.source) for name, body in kept)
        return Optimizer(self.name, state, equations, rate, schedule, clip_norm, self.source)

    def assignments(self) -> Iterator[tuple[str, Expr]]:
        """Names and parsed formulas, in order."""
        for line in self.lines:
            name, _, formula = line.partition(" = ")
            yield name.strip(), parsed(formula.strip(), (), f"optimizer '{self.name}'")


OPTIMIZERS: Registry[Update] = Registry("optimizer")


def optimizer(name: str, *lines: str, source: str, state: Sequence[str] = (), options: Options | None = None) -> Update:
    """Register an optimizer; see `Update`.

    Raises:
        InputError: the name is taken or no name.
        FormulaError: a line is none, reads an unknown name, or the last one does not assign `w`.
    """
    entry = Update(name, lines, tuple(state), source, dict(options or {}))
    _check(entry)
    return OPTIMIZERS.register(entry)


def _check(entry: Update) -> None:
    where = f"optimizer '{entry.name}'"
    known = {"w", "g", "t", "lr", *entry.state, *constants({k: o.default for k, o in entry.options.items()})}
    known.update(name for name, option in entry.options.items() if option.required)
    assigned = ""
    for assigned, body in entry.assignments():
        strange = sorted(scalar_names(body) - known)
        if strange:
            raise FormulaError(Fault(where, f"unknown name '{strange[0]}' in the line of {assigned}"))
        known.add(assigned)
    if assigned != "w" or "lr" not in entry.options:
        raise FormulaError(Fault(where, "expected the option lr, and w assigned by the last line"))


def _without_copies(lines: list[tuple[str, Expr]], state: Sequence[str]) -> list[tuple[str, Expr]]:
    """Lines `d = g` are left out, and d read as g below; a state is left out only if it is constant."""
    copies: dict[str, Expr] = {}
    kept = []
    for name, body in lines:
        body = bind(body, copies)
        if isinstance(body, Number) or (isinstance(body, Read) and name not in state and name != "w"):
            copies[name] = body
        elif body != Read(name):
            kept.append((name, body))
    return kept


def _needed(lines: list[tuple[str, Expr]]) -> list[tuple[str, Expr]]:
    """The lines that `w` depends on, in this step or, through a state, in a later one."""
    wanted: set[str] = {"w"}
    reads: Mapping[str, set[str]] = {
        name: set().union(*(scalar_names(b) for n, b in lines if n == name)) for name, _ in lines
    }
    grown = True
    while grown:
        found = wanted.union(*(reads.get(name, set()) for name in wanted))
        grown, wanted = found != wanted, found
    return [(name, body) for name, body in lines if name in wanted]


def _rate(default: float) -> Option:
    return Option("number", default, low=0.0, doc="learning rate")


_DECAY = Option("number", 0.0, low=0.0, doc="factor of the parameter that is added to its gradient")
_EPS = Option("number", 1e-8, low=0.0, doc="added to the denominator")
_ADAM = (
    "m = betas_1*m + (1 - betas_1)*d",
    "v = betas_2*v + (1 - betas_2)*d**2",
)
_ADAM_STEP = "lr*(m/(1 - betas_1**t))/(sqrt(v/(1 - betas_2**t)) + eps)"


def _betas(first: float, second: float) -> Option:
    return Option("numbers", (first, second), low=0.0, high=0.999999999, doc="decay of the two running means")


optimizer(
    "sgd",
    "d = g + weight_decay*w",
    "m = where(momentum == 0, d, where(t == 1, d, momentum*m + (1 - dampening)*d))",
    "u = where(nesterov == 1, d + momentum*m, where(momentum == 0, d, m))",
    "w = w - lr*u",
    state=("m",),
    source="Robbins, Monro, Ann. Math. Statist. 22, 400-407 (1951); Sutskever, Martens, Dahl, Hinton, ICML 30 (2013)",
    options={
        "lr": _rate(1e-3),
        "momentum": Option("number", 0.0, low=0.0, doc="decay of the running sum of gradients"),
        "dampening": Option("number", 0.0, doc="part of the gradient kept from the running sum"),
        "nesterov": Option("flag", False, doc="whether the step looks ahead along the running sum"),
        "weight_decay": _DECAY,
    },
)
optimizer(
    "adagrad",
    "d = g + weight_decay*w",
    "s = where(initial_accumulator_value == 0, s, where(t == 1, initial_accumulator_value, s)) + d**2",
    "w = w - lr/(1 + (t - 1)*lr_decay)*d/(sqrt(s) + eps)",
    state=("s",),
    source="Duchi, Hazan, Singer, J. Mach. Learn. Res. 12, 2121-2159 (2011)",
    options={
        "lr": _rate(1e-2),
        "lr_decay": Option("number", 0.0, low=0.0, doc="decay of the rate, per step"),
        "weight_decay": _DECAY,
        "initial_accumulator_value": Option("number", 0.0, low=0.0, doc="sum of squares before the first step"),
        "eps": Option("number", 1e-10, low=0.0, doc="added to the denominator"),
    },
)
optimizer(
    "rmsprop",
    "d = g + weight_decay*w",
    "s = alpha*s + (1 - alpha)*d**2",
    "a = where(centered == 1, alpha*a + (1 - alpha)*d, 0)",
    "q = d/(sqrt(s - a**2) + eps)",
    "b = where(momentum == 0, q, momentum*b + q)",
    "w = w - lr*where(momentum == 0, q, b)",
    state=("s", "a", "b"),
    source="Tieleman, Hinton, Coursera lecture 6.5 (2012); centered: Graves, arXiv:1308.0850 (2013)",
    options={
        "lr": _rate(1e-2),
        "alpha": Option("number", 0.99, low=0.0, high=1.0, doc="decay of the running mean of squares"),
        "eps": _EPS,
        "weight_decay": _DECAY,
        "momentum": Option("number", 0.0, low=0.0, doc="decay of the running sum of steps"),
        "centered": Option("flag", False, doc="whether the variance is used in place of the mean square"),
    },
)
optimizer(
    "adam",
    "d = g + weight_decay*w",
    *_ADAM,
    f"w = w - {_ADAM_STEP}",
    state=("m", "v"),
    source="Kingma, Ba, ICLR (2015), arXiv:1412.6980",
    options={"lr": _rate(1e-3), "betas": _betas(0.9, 0.999), "eps": _EPS, "weight_decay": _DECAY},
)
optimizer(
    "adamw",
    "d = g",
    *_ADAM,
    f"w = (1 - lr*weight_decay)*w - {_ADAM_STEP}",
    state=("m", "v"),
    source="Loshchilov, Hutter, ICLR (2019), arXiv:1711.05101",
    options={
        "lr": _rate(1e-3),
        "betas": _betas(0.9, 0.999),
        "eps": _EPS,
        "weight_decay": Option("number", 0.01, low=0.0, doc="decay of the parameter, per step and unit of rate"),
    },
)
optimizer(
    "lion",
    "u = sign(betas_1*m + (1 - betas_1)*g)",
    "m = betas_2*m + (1 - betas_2)*g",
    "w = w - lr*(u + weight_decay*w)",
    state=("m",),
    source="Chen et al., NeurIPS 36 (2023), arXiv:2302.06675",
    options={
        "lr": _rate(1e-4),
        "betas": _betas(0.9, 0.99),
        "weight_decay": Option("number", 0.0, low=0.0, doc="decay of the parameter, per step and unit of rate"),
    },
)
