"""The stages of a pass with its gradients and of the optimizer's step, each by itself: how long it takes.

Enters: the gradient's program and the optimizer.  Leaves: lines of `timed_kernel`, which repeats one stage or runs all,
and of `timed_arguments`, which makes its arrays.  They outlive a call, so that a stage finds them as in a pass when all
stages have been run once.
"""

from __future__ import annotations

from collections.abc import Sequence

from symprop.codegen.blocks import Block
from symprop.codegen.layout import Slice
from symprop.codegen.loop_program import LoopProgram, StageFunction, wrapped
from symprop.codegen.naming import RESERVED
from symprop.language import Optimizer
from symprop.plan.values import KernelPlan


class TimedProgram(LoopProgram):
    """The writer of `timed_kernel`.

    Args:
        plan: the plan of a module.
        params: as of `LoopProgram`.
        dtype: "float32" or "float64".
        vector: the functions of the SIMD layer that the module has, among them those of the gradient.
        optimizer: whose step follows.
    """

    def __init__(
        self,
        plan: KernelPlan,
        params: Sequence[Slice],
        dtype: str,
        vector: dict[tuple[str, ...], StageFunction],
        optimizer: Optimizer,
    ) -> None:
        self.slots = [f"state_{name}" for name in optimizer.state]
        self.reserved = RESERVED | {"barrier", "clip", "repeats", "update", "which", *self.slots}
        self.steps = ["clip(grad)"] if optimizer.clip_norm is not None else []
        # a rate of 0 leaves the parameters where they are
        self.steps.append(f"update({', '.join(['theta', 'grad', *self.slots])}, 1.0, 0.0, None)")
        super().__init__(plan, plan.program("gradient"), params, dtype, vector)
        self.has_team = False
        self.own_name = "timed"

    def arguments(self) -> list[str]:
        """Those of the gradient, arrays it has of its own, the optimizer's state, a stage, and how often it runs."""
        return [*super().arguments(), *self.slots, "which", "repeats"]

    def title(self) -> str:
        """What the function does."""
        return "Stage number `which`, or all where it is negative, `repeats` times."

    def lines(self) -> list[str]:
        """The kernel, and the function that makes its arguments but the last two."""
        kernel, space = super().lines(), self.workspace
        given = ["theta", "*arrays", "np.zeros(SIZE, real)", *(["np.int64(-1)"] if self.program.training else [])]
        given.append(f"np.empty({space.per_row} * N + {space.fixed}, real)")
        kinds = {"integer": "np.int32", "real": "real"}
        given += [f"np.zeros({self._shape(b)}, {kinds[b.dtype]})" for b in self.needed()]
        given += [f"np.ones(({', '.join(map(self.at.extent, t.axes))},), real)" for _, t in self.sampled]
        given += ["np.zeros(TRAINED, real)"] * len(self.slots)
        return [
            *kernel,
            "",
            "",
            f"TIMED_STAGES = {len(self.program.stages) + len(self.steps)}",
            "",
            "",
            "def timed_arguments(theta, *arrays):",
            '    """What `timed_kernel` is given before the number of a stage."""',
            "    N = len(arrays[0])",
            *wrapped(f"    return ({', '.join(given)})", 0),
        ]

    def _arrays(self, body: Block) -> None:
        self._rows(body)
        for name in dict.fromkeys(n for stage in self.program.stages for n in self._scalars(stage)):
            body.write(f"{self.names.tensor(name)} = real(1.0)")

    def block_of(self, body: Block) -> Block:
        """A block of its own, which begins with what keeps the compiler from moving the stage out of its loop."""
        inner = Block()
        inner.write("barrier()")
        return inner

    def close(self, number: int, inner: Block, body: Block) -> None:
        """Repeat the block where it is asked for."""
        body.nest(f"for _ in range(repeats if which < 0 or which == {number} else 0):", inner)

    def _results(self, body: Block) -> None:
        for number, step in enumerate(self.steps, len(self.program.stages)):
            inner = self.block_of(body)
            inner.write(step)
            self.close(number, inner, body)
        super()._results(body)
