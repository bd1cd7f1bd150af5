"""The program of a step of training as a compiled function: parameters and the optimizer's state change in place.

Enters: a plan with a step.  Leaves: lines of the function, and those that compute the update's scalars.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from symprop.codegen.blocks import Block
from symprop.codegen.layout import Slice
from symprop.codegen.loop_program import LoopProgram, StageFunction, View, shape_text
from symprop.codegen.naming import RESERVED, Names
from symprop.codegen.updates import once_a_step
from symprop.plan.values import KernelPlan, Step

TITLE = "A step of training: the loss; parameters and the optimizer's state are changed in place."


class StepLoops(LoopProgram):
    """The optimizer's update stands where a gradient is found; slots lie in flat arrays as the parameters do."""

    def __init__(
        self, plan: KernelPlan, params: Sequence[Slice], dtype: str, vector: dict[tuple[str, ...], StageFunction]
    ) -> None:
        assert plan.step is not None
        self.step: Step = plan.step
        self.states = list(dict.fromkeys(f"state_{slot}" for _, slot, _ in self.step.slots))
        self.flat_arrays = ("theta", *self.states, "work")
        self.reserved = RESERVED | set(self.states)
        super().__init__(plan, plan.program("step"), params, dtype, vector)

    @property
    def scalars(self) -> list[str]:
        """Identifiers of what is computed once a step."""
        return [self.names.tensor(name) for name, _ in self.step.scalars]

    def title(self) -> str:
        """What the function gives."""
        return TITLE

    def arguments(self) -> list[str]:
        """Names of the arrays the function takes, theta first, and of the scalars behind them."""
        data = [self.names.tensor(t.name) for t in (*self.plan.inputs, *self.plan.targets)]
        return ["theta", *self.states, *data, "key", "work", *self.scalars, *self.allocated, "team"]

    def scalar_lines(self) -> list[str]:
        """What computes the scalars of step t, whose rate is `rate`."""
        names = Names(["t", "rate"], self.reserved - {"t", "rate"}, {"lr": "rate"})
        expressions = [expr for _, expr in self.step.scalars]
        return once_a_step(list(zip(self.scalars, expressions, strict=True)), names)

    def _names(self) -> Names:
        arrays = {new: old for new, old in self.step.in_place if self.plan.tensor(old).axes}
        return Names(self._given(), self.reserved, arrays)

    def _given(self) -> list[str]:
        beside = [*(name for name, _, _ in self.step.slots), *(name for name, _ in self.step.scalars)]
        return [*super()._given(), *beside]

    @cached_property
    def _slices(self) -> dict[str, tuple[int, View]]:
        found = [view for _, view in super()._slices.values()]
        places = {p.name: p for p in self.params}
        for name, slot, param in self.step.slots:
            p = places[param]
            found.append(View(name, f"state_{slot}", p.start, p.stop - p.start, "", shape_text(p.shape)))
        views = {view.tensor: view for view in found}
        for new, old in self.step.in_place:
            if self.plan.tensor(old).axes:
                own = views[old]
                found.append(View(new, own.array, own.start, own.size, own.unit, own.shape))
        return {view.tensor: (place, view) for place, view in enumerate(found)}

    def _results(self, body: Block) -> None:
        for new, old in self.step.in_place:
            if not self.plan.tensor(old).axes:
                body.write(f"{self._slices[old][1].text()} = {self.names.tensor(new)}")
        body.write(f"return {self.names.tensor(self.program.results[0])}")
