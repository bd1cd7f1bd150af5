"""Stages as loop nests and calls of np.dot.

Enters: a stage of the plan.  Leaves: statements that Numba can compile; loop variables are the index letters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symprop.codegen.blocks import Block
from symprop.codegen.naming import Names
from symprop.codegen.rewriting import apart, replaced, with_values_taken
from symprop.codegen.scalars import Scalars
from symprop.language import Equation, Expr, Index, Position, Read
from symprop.language import expressions as ex
from symprop.plan.fusion import scattered
from symprop.plan.recurrence import reductions, relabel
from symprop.plan.values import KernelPlan, Product, Program, Stage


class StageLoops:
    """The writer of a program's stages.

    Args:
        plan: the plan the program belongs to.
        program: what is written.
        names: identifiers of the function.
        dtype: "float32" or "float64".
        lanes: for the SIMD layer: products are loops too, and a sum is collected in a register.
    """

    def __init__(self, plan: KernelPlan, program: Program, names: Names, dtype: str, lanes: bool = False) -> None:
        self.program, self.names, self.lanes = program, names, lanes
        self.tensors = dict(plan.tensors)
        self.scalars = Scalars(names, self.tensors, dtype, lanes)
        self.zero = self.scalars.number(0)
        self.passing: set[str] = set()
        """Products that the loop body being written makes and alone reads: they need no array."""

    def stage(self, stage: Stage, body: Block) -> None:
        """Add the statements of a stage."""
        body.write("", "# " + ", ".join(f"({n})" for n in stage.numbers))
        body.known.clear()
        self.passing.clear()
        groups: Sequence[Sequence[Equation]] = stage.groups
        if stage.product is not None and self.lanes:
            groups = self._with_product(stage.product, stage, body)
        elif stage.product is not None:
            self._product(stage.product, body)
        way = self._downwards if stage.downwards else self._upwards
        if groups:
            self._nest(stage.shared, body, lambda block: self._groups(groups, stage.shared, block), way)

    def _groups(self, groups: Sequence[Sequence[Equation]], shared: Sequence[Index], block: Block) -> None:
        for group in groups:
            self._group(group, shared, block)

    def _with_product(self, product: Product, stage: Stage, body: Block) -> Sequence[Sequence[Equation]]:
        """The groups with the product as the first equation of the first one, or behind a nest of the product alone.

        A large product among rows of others is a nest alone: what it reads is used for many rows there.
        """
        first = stage.groups[0] if stage.groups else ()
        free = first[0].free if first else ()
        own = product.equation.free
        at = tuple(map(Position.of, free))
        reads = [r for e in first for r in ex.reads(e.body) if r.tensor == product.out]
        alike = [i.extent for i in free] == [i.extent for i in own] and all(r.indices == at for r in reads)
        if alike and not (product.large and stage.shared):
            buffer = self.program.buffer(product.out)
            self.passing = {product.out} if buffer is not None and buffer.role == "passing" else set()
            merged = relabel(product.equation, dict(zip(own, free, strict=True)))
            return ((merged, *first), *stage.groups[1:])
        self._group((product.equation,), (), body)
        body.known.clear()
        return stage.groups

    def _nest(
        self, indices: Sequence[Index], block: Block, write: Callable[[Block], None], way: Callable[[Index], str]
    ) -> None:
        if not indices:
            write(block)
            return
        inner = Block(block, (indices[0],))
        self._nest(indices[1:], inner, write, way)
        block.nest(f"for {self.names.index(indices[0].name)} in {way(indices[0])}:", inner)

    def _upwards(self, index: Index) -> str:
        return f"range({self.scalars.at.extent(index.extent)})"

    def _downwards(self, index: Index) -> str:
        return f"range({self.scalars.at.extent(index.extent - 1)}, -1, -1)"

    def _product(self, product: Product, body: Block) -> None:
        at = self.scalars.at

        def matrix(name: str, rows: str, columns: str) -> str:
            text = self.names.tensor(name)
            return text if len(self.tensors[name].axes) == 2 else f"{text}.reshape(({rows}, {columns}))"

        rows, inner, columns = at.extent(product.rows), at.extent(product.inner), at.extent(product.columns)
        left = matrix(product.left, inner, rows) + ".T" if product.left_transposed else None
        right = matrix(product.right, columns, inner) + ".T" if product.right_transposed else None
        left = left or matrix(product.left, rows, inner)
        right = right or matrix(product.right, inner, columns)
        body.write(f"np.dot({left}, {right}, {matrix(product.out, rows, columns)})")

    # -- loop nests --------------------------------------------------------------------------------------------------

    def _group(self, group: Sequence[Equation], shared: Sequence[Index], block: Block) -> None:
        inner = [i for i in group[0].free if i not in shared]
        alone = len(group) == 1 and (scattered(group[0]) or not self.lanes)
        order = _streams(group[0], inner) if alone else None
        if order is not None:
            self._accumulate(group[0], inner, order, block)
        else:
            self._nest(inner, block, lambda b: self._body(group, b), self._upwards)

    def _body(self, group: Sequence[Equation], block: Block) -> None:
        """Equations one after the other at one point; what a later one reads of an earlier one is a variable."""
        bodies = [self._expression(e) for e in group]
        bodies = with_values_taken([e.target for e in group], bodies, group[0].indices)
        for body in bodies:
            block.count(body)
        for place, (equation, body) in enumerate(zip(group, bodies, strict=True)):
            text = self.scalars.value(body, block)
            later = any(r.tensor == equation.target for b in bodies[place + 1 :] for r in ex.reads(b))
            again = any((e.target, e.indices) == (equation.target, equation.indices) for e in group[place + 1 :])
            self._assign(equation, text, later, again or equation.target in self.passing, block)
        for equation in group:
            self.scalars.local.pop(equation.target, None)

    def _assign(self, equation: Equation, text: str, later: bool, passing: bool, block: Block) -> None:
        buffer = self.program.buffer(equation.target)
        target = self.scalars.entry(equation.target, equation.indices)
        if not equation.indices or (buffer is not None and buffer.role == "local"):
            target = self.names.tensor(equation.target)
            block.write(f"{target} = {text}")
            self.scalars.local[equation.target] = target
        elif later:
            name = self.names.fresh("v")
            block.write(f"{name} = {text}", *([] if passing else [f"{target} = {name}"]))
            self.scalars.local[equation.target] = name
        else:
            block.write(f"{target} = {text}")
        # what was read of the target before, as the result of a product, has another meaning now
        stale = [e for e in block.known if equation.target in ex.tensors_read(e)]
        for expr in stale:
            del block.known[expr]

    def _expression(self, equation: Equation) -> Expr:
        body = ex.guard(equation.domain, equation.body)
        return apart(body, frozenset(i.name for i in equation.free))

    def _accumulate(self, equation: Equation, inner: Sequence[Index], order: Sequence[Index], block: Block) -> None:
        """A sum whose terms are added to the target in place, along the axis that lies in memory."""
        body = self._expression(equation)
        total = next(reductions(body))
        target = self.scalars.entry(equation.target, equation.indices)
        self._nest(inner, block, lambda b: b.write(f"{target} = {self.zero}"), self._upwards)

        def add(b: Block) -> None:
            b.count(total.body)
            b.write(f"{target} += {self.scalars.value(total.body, b)}")

        self.scalars.summed(total, tuple(order), block, add)
        read = Read(equation.target, equation.indices)
        rest = replaced(body, total, read)
        if rest != read:
            again = [Equation(equation.target, equation.indices, rest)]
            self._nest(inner, block, lambda b: self._body(again, b), self._upwards)


def _streams(equation: Equation, inner: Sequence[Index]) -> list[Index] | None:
    """An order of free and bound indices in which terms are added to the target in place, None for sums in a register.

    It pays where the last free index is the last axis of something read: the innermost loop then runs along memory.
    """
    found = list(reductions(equation.body))
    if len(found) != 1 or found[0].op != "sum" or not inner or equation.domain:
        return None
    if any(p.index is None for p in equation.indices) or isinstance(equation.body, ex.Guard | ex.Where):
        return None
    total = found[0]
    bound = list(apart(total, frozenset(i.name for i in equation.free)).indices)  # type: ignore[attr-defined]
    if scattered(equation):
        return [*bound, *inner]
    last = Position.of(inner[-1])
    if not set(inner) <= set(ex.free_indices(total)) or inner[-1] in total.domain.index_atoms():
        return None
    along = any(r.indices and r.indices[-1] == last for r in ex.reads(total.body))
    return [*inner[:-1], *bound, inner[-1]] if along else None
