"""Schedules of the learning rate, one call per entry: a factor as a formula in t and total.

Enters: formulas as text.  Leaves: the registry `SCHEDULES`.  `t` is the number of the optimizer step, from 1;
`total` the number of steps of the whole run; a step is one batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symprop.language import Expr
from symprop.library.options import Option, Options, completed
from symprop.library.registry import Registry
from symprop.library.scalars import bind, constants, parsed


@dataclass(frozen=True)
class Schedule:
    """A factor on the learning rate.

    Args:
        name: its name in a spec.
        formula: the factor over `t`, `total` and the options.
        source: where it is published.
        options: constants a spec can set.
    """

    name: str
    formula: str
    source: str
    options: Options = field(default_factory=dict)

    def expression(self, **options: Any) -> Expr:
        """The factor over `Read("t")` and `Read("total")`, with the options put in."""
        values = constants(completed(self.options, options))
        return bind(parsed(self.formula, (), f"schedule '{self.name}'"), values)


SCHEDULES: Registry[Schedule] = Registry("schedule")


def schedule(name: str, formula: str, *, source: str, options: Options | None = None) -> Schedule:
    """Register a schedule; see `Schedule`.

    Raises:
        InputError: the name is taken or no name.
        FormulaError: the formula is none.
    """
    parsed(formula, (), f"schedule '{name}'")
    return SCHEDULES.register(Schedule(name, formula, source, dict(options or {})))


_COSINE = "min_factor + (1 - min_factor)*(1 + cos(pi*(t - warmup_steps)/max(1, total - warmup_steps)))/2"

schedule("constant", "1", source="Robbins, Monro, Ann. Math. Statist. 22, 400-407 (1951)")
schedule(
    "step",
    "gamma**floor((t - 1)/step_size)",
    source="Krizhevsky, Sutskever, Hinton, NeurIPS 25, 1097-1105 (2012)",
    options={
        "step_size": Option("integer", low=1, doc="optimizer steps between two drops"),
        "gamma": Option("number", 0.1, low=0.0, doc="factor of a drop"),
    },
)
schedule(
    "cosine",
    f"where(warmup_steps == 0, {_COSINE}, where(t <= warmup_steps, t/max(1, warmup_steps), {_COSINE}))",
    source="Loshchilov, Hutter, ICLR (2017), arXiv:1608.03983; warm-up: Goyal et al., arXiv:1706.02677 (2017)",
    options={
        "warmup_steps": Option("integer", 0, low=0, doc="optimizer steps of linear growth from 0"),
        "min_factor": Option("number", 0.0, low=0.0, high=1.0, doc="factor at the end of the run"),
    },
)
