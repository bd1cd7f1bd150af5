"""Programs of quantities beside the gradient, as functions of either backend.

Enters: a plan with one program, and its quantity.  Leaves: lines of a function that takes the parameters, a direction
where there is one, and the data, and gives a tuple of arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from symprop.codegen.array_program import ArrayProgram
from symprop.codegen.blocks import Block
from symprop.codegen.layout import Slice
from symprop.codegen.loop_program import LoopProgram, View, shape_text
from symprop.codegen.naming import RESERVED
from symprop.derivation.values import Quantity
from symprop.language import Tensor
from symprop.plan.values import KernelPlan

DIRECTION = "direction"


def _data(plan: KernelPlan, labelled: bool) -> list[Tensor]:
    return [*plan.inputs, *(plan.targets if labelled else ())]


class QuantityArrays(ArrayProgram):
    """A quantity as a NumPy function; `labelled` where it takes the targets as well."""

    reserved = RESERVED | {DIRECTION}

    def __init__(
        self, plan: KernelPlan, quantity: Quantity, labelled: bool, params: Sequence[Slice], dtype: str
    ) -> None:
        super().__init__(plan, plan.programs[0], params, dtype)
        self.quantity, self.labelled = quantity, labelled

    def title(self) -> str:
        """What the function gives."""
        return self.quantity.words

    def arguments(self) -> list[str]:
        """Names of the function's arguments."""
        given = [DIRECTION] if self.quantity.directions else []
        return ["params", *given, *(self.names.tensor(t.name) for t in _data(self.plan, self.labelled))]

    def _unpack(self, body: list[str]) -> None:
        super()._unpack(body)
        moving = [(p, v) for p, v in self.quantity.directions if v in self.program.reads]
        body += [f"{self.names.tensor(v)} = {DIRECTION}.{p}" for p, v in moving]

    def _results(self) -> str:
        return f"return ({', '.join(map(self.names.tensor, self.program.results))},)"


class QuantityLoops(LoopProgram):
    """A quantity as a compiled function over flat arrays."""

    flat_arrays = ("theta", DIRECTION, "work")
    reserved = RESERVED | {DIRECTION}

    def __init__(
        self, plan: KernelPlan, quantity: Quantity, labelled: bool, params: Sequence[Slice], dtype: str
    ) -> None:
        self.quantity, self.labelled = quantity, labelled
        super().__init__(plan, plan.programs[0], params, dtype)

    def title(self) -> str:
        """What the function gives."""
        return self.quantity.words

    def arguments(self) -> list[str]:
        """Names of the arrays the function takes, theta first."""
        given = [DIRECTION] if self.quantity.directions else []
        data = (self.names.tensor(t.name) for t in _data(self.plan, self.labelled))
        return ["theta", *given, *data, "work", *self.allocated]

    def _given(self) -> list[str]:
        return [*super()._given(), *(v for _, v in self.quantity.directions)]

    @cached_property
    def _slices(self) -> dict[str, tuple[int, View]]:
        found = super()._slices
        parts = {p.name: p for p in self.params}
        moving = [(v, parts[p]) for p, v in self.quantity.directions]
        views = [View(v, DIRECTION, p.start, p.stop - p.start, "", shape_text(p.shape)) for v, p in moving]
        return {**found, **{view.tensor: (len(found) + k, view) for k, view in enumerate(views)}}

    def _results(self, body: Block) -> None:
        self._copies(body)
