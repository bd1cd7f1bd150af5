"""KernelPlan: what is computed in which order into which buffer, as a value that can be printed and compared.

Enters: equations, grouped by `build`.  Leaves: frozen values.  No text of any programming language stands in a plan; a
backend writes one down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from symprop.language import Equation, Expr, Extent, Index, Tensor

FORMS = ("contraction", "map", "rows", "reduction", "gather", "scatter", "loops")
LARGE = 8192
"""Entries of a matrix that no longer stays in the first-level cache."""


@dataclass(frozen=True)
class Buffer:
    """An array of a program.

    Args:
        name: the tensor it holds.
        axes: its extents.
        dtype: "real" or "integer".
        role: "local" (a scalar inside one loop body, no array), "passing" (a product that the loop body behind it
            alone reads: no array where both are one loop nest), "work" (scratch), or "result".
        first, last: places of the first and the last stage that touch it.
    """

    name: str
    axes: tuple[Extent, ...]
    dtype: str
    role: str
    first: int
    last: int

    @cached_property
    def entries(self) -> Extent:
        """Number of entries."""
        total = Extent.of(1)
        for axis in self.axes:
            total = total * axis
        return total

    def __str__(self) -> str:
        axes = ", ".join(map(str, self.axes))
        return f"{self.name} ({axes}) {self.dtype} {self.role}, stages {self.first} to {self.last}"


@dataclass(frozen=True)
class Product:
    """out = left @ right of matrices, (rows, inner) by (inner, columns), axes of the tensors merged where needed.

    Args:
        left, right, out: tensors read and written.
        left_transposed: left is stored as (inner, rows).
        right_transposed: right is stored as (columns, inner).
        rows, inner, columns: extents after merging.
        equation: the same product as an equation, `out[...] = sum[...](left[...]*right[...])`.
    """

    left: str
    right: str
    out: str
    left_transposed: bool
    right_transposed: bool
    rows: Extent
    inner: Extent
    columns: Extent
    equation: Equation

    @property
    def large(self) -> bool:
        """True where the right factor no longer stays in the first-level cache."""
        return (self.inner * self.columns).value({"N": LARGE}) > LARGE

    def __str__(self) -> str:
        left = self.left + ("^T" if self.left_transposed else "")
        right = self.right + ("^T" if self.right_transposed else "")
        return f"{self.out} = {left} @ {right}   ({self.rows} x {self.inner} x {self.columns})"


@dataclass(frozen=True)
class Stage:
    """One loop nest, or one matrix product followed by a loop nest.

    Args:
        form: one of `FORMS`.
        groups: equations by innermost loop body; the equations of a group share all their loops, and groups share the
            loops over `shared`.
        shared: the outer loops all groups stand in.
        product: the product that is computed first, of a contraction.
        downwards: the shared loop of a recurrence runs from the last step to the first.
        numbers: numbers of the derivation's equations the stage computes, in order.
        inputs, outputs: tensors read from earlier stages, and tensors written.
        flops: arithmetic operations, a function call counted as one.
    """

    form: str
    groups: tuple[tuple[Equation, ...], ...]
    shared: tuple[Index, ...]
    numbers: tuple[int, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    flops: Extent
    product: Product | None = None
    downwards: bool = False

    @property
    def equations(self) -> Iterator[Equation]:
        """All equations in order, the product's own excluded."""
        return (equation for group in self.groups for equation in group)

    def __str__(self) -> str:
        numbers = ", ".join(map(str, self.numbers))
        loops = " over " + ", ".join(i.name for i in self.shared) if self.shared else ""
        way = " downwards" if self.downwards else ""
        lines = [f"{self.form}{loops}{way} ({numbers}), {self.flops} flops"]
        lines += [f"  {self.product}"] if self.product else []
        lines += [f"  {'| ' if len(group) > 1 else ''}{equation}" for group in self.groups for equation in group]
        return "\n".join(lines)


@dataclass(frozen=True)
class Program:
    """Stages in order, with the buffers between them.

    Args:
        name: "forward", "loss", "gradient", "training_forward" or "step".
        stages: in an order in which they can run.
        buffers: every tensor the stages define.
        results: tensors the caller gets.
        reads: tensors the caller gives: inputs, targets, parameters, states and samples.
        equations: the derivation's own equations it computes, as a reader knows them.
    """

    name: str
    stages: tuple[Stage, ...]
    buffers: tuple[Buffer, ...]
    results: tuple[str, ...]
    reads: tuple[str, ...]
    equations: tuple[Equation, ...]

    @property
    def training(self) -> bool:
        """Whether it is run as in a step of training: with samples drawn, and no inference equations."""
        return self.name in ("gradient", "training_forward", "step")

    @property
    def labelled(self) -> bool:
        """Whether it is given the targets."""
        return self.name in ("loss", "gradient", "step")

    @property
    def flops(self) -> Extent:
        """Arithmetic operations of one run."""
        return sum((stage.flops for stage in self.stages), Extent.of(0))

    def buffer(self, name: str) -> Buffer | None:
        """The buffer of a tensor, None of one the caller gives."""
        return next((b for b in self.buffers if b.name == name), None)

    def __str__(self) -> str:
        head = f"{self.name}: {', '.join(self.reads)} -> {', '.join(self.results)}, {self.flops} flops"
        body = "\n".join(f"[{i}] {stage}" for i, stage in enumerate(self.stages))
        return "\n".join([head, body, *(f"  {b}" for b in self.buffers)])


@dataclass(frozen=True)
class Step:
    """What the program "step" has beside the gradient's: the optimizer.

    Args:
        scalars: names of what is computed once a step, with expressions of `t` and `lr`.
        slots: (tensor, slot of the optimizer's state, parameter).
        in_place: (new, old): tensors that are written where others lie.
    """

    scalars: tuple[tuple[str, Expr], ...]
    slots: tuple[tuple[str, str, str], ...]
    in_place: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class KernelPlan:
    """The programs of a network.

    Args:
        network: its name.
        tensors: every tensor by name, adjoints and scratch tensors included, as sorted pairs.
        inputs, targets, params, states, samples: tensors the caller gives.
        outputs: tensors a prediction returns.
        adjoints: parameters with the tensors that hold their adjoints.
        successors: states with the tensors that hold their next values.
        programs: forward and loss, as outside training; gradient; training_forward, where that differs from forward;
            step, where the optimizer's update is better fused with the gradient.
        step: what belongs to that last one.
    """

    network: str
    tensors: tuple[tuple[str, Tensor], ...]
    inputs: tuple[Tensor, ...]
    targets: tuple[Tensor, ...]
    params: tuple[Tensor, ...]
    states: tuple[Tensor, ...]
    samples: tuple[Tensor, ...]
    outputs: tuple[str, ...]
    adjoints: tuple[tuple[str, str], ...]
    successors: tuple[tuple[str, str], ...]
    programs: tuple[Program, ...]
    step: Step | None = None

    def program(self, name: str) -> Program:
        """A program by name."""
        return next(p for p in self.programs if p.name == name)

    @property
    def two_modes(self) -> bool:
        """Whether training and predicting differ."""
        return any(p.name == "training_forward" for p in self.programs)

    def found_for(self, name: str) -> str:
        """What the gradient program finds for a parameter or a state: the tensor of its adjoint, of its next value.

        It is "" where the loss does not depend on a parameter.
        """
        return dict((*self.adjoints, *self.successors)).get(name, "")

    def tensor(self, name: str) -> Tensor:
        """A tensor by name."""
        return dict(self.tensors)[name]

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.programs))
