"""Loops over the points of a domain.

Enters: indices, a domain and a writer of the innermost body.  Leaves: loops and conditions around it.
"""

from __future__ import annotations

from collections.abc import Mapping

from symprop.codegen.blocks import Block, BlockWriter
from symprop.codegen.naming import Names
from symprop.codegen.positions import Positions
from symprop.codegen.rewriting import solve
from symprop.language import Domain, Extent, Gather, Index, Position
from symprop.language.indices import Constraint


class Loops:
    """Writer of loops in the names of one function."""

    def __init__(self, names: Names, at: Positions) -> None:
        self.names, self.at = names, at

    def over(self, indices: tuple[Index, ...], domain: Domain, block: Block, body: BlockWriter) -> None:
        """Loops over indices within a domain, the body innermost.

        A constraint narrows the range of the first loop it can, `s <= t` gives range(t + 1); an equation is solved for
        its index and needs no loop.
        """
        wider = (w for c in domain.constraints for w in _around(c, self.at.ranges))
        open_ = [c for c in (*domain.constraints, *wider) if c.verdict(self.at.ranges) is not True]
        self._over(list(indices), open_, block, body)

    def _over(self, indices: list[Index], constraints: list[Constraint], block: Block, body: BlockWriter) -> None:
        ready = [c for c in constraints if not set(c.position.index_atoms()) & set(indices)]
        if ready:
            inner = Block(block, fence=True)
            self._over(indices, [c for c in constraints if c not in ready], inner, body)
            block.nest(f"if {' and '.join(map(self.at.condition, ready))}:", inner)
            return
        if not indices:
            body(block)
            return
        solved = self._solution(indices, constraints)
        if solved is not None:
            self._assign(*solved, indices, constraints, block, body)
            return
        single = self._single(indices, constraints)
        if single is not None:
            index, used, text, conditions = single
            left = [c for c in constraints if c not in used], [i for i in indices if i != index]
            self._set(index, text, conditions, *left, block, body)
            return
        index, rest = indices[0], indices[1:]
        mine = [c for c in constraints if c.kind == "ge" and self._bounds(c, index, rest)]
        inner = Block(block, (index,))
        self._over(rest, [c for c in constraints if c not in mine], inner, body)
        block.nest(f"for {self.names.index(index.name)} in {self._range(index, mine)}:", inner)

    def _solution(self, indices: list[Index], constraints: list[Constraint]) -> tuple[Index, Constraint] | None:
        for constraint in constraints:
            for index in indices:
                others = set(indices) - {index}
                free = not others & set(constraint.position.index_atoms())
                if constraint.kind == "eq" and free and constraint.position.solvable(index):
                    return index, constraint
        return None

    def _assign(
        self,
        index: Index,
        constraint: Constraint,
        indices: list[Index],
        constraints: list[Constraint],
        block: Block,
        body: BlockWriter,
    ) -> None:
        solution = solve(constraint.position, index)
        inside = self.at.inside(solution, index.extent)
        conditions = [f"0 <= {self.names.index(index.name)} < {self.at.extent(index.extent)}"] if inside else []
        others = [c for c in constraints if c is not constraint]
        rest = [i for i in indices if i != index]
        self._set(index, self.at.position(solution), conditions, others, rest, block, body)

    def _set(
        self,
        index: Index,
        text: str,
        conditions: list[str],
        constraints: list[Constraint],
        rest: list[Index],
        block: Block,
        body: BlockWriter,
    ) -> None:
        """The only value an index has, and what is left to loop over, under the conditions."""
        block.write(f"{self.names.index(index.name)} = {text}")
        # a new block even without a condition: the variable is bound from here on only
        inner = Block(block, (index,), fence=bool(conditions))
        self._over(rest, constraints, inner, body)
        if conditions:
            block.nest(f"if {' and '.join(conditions)}:", inner)
        else:
            block.write(*inner.lines)

    def _single(
        self, indices: list[Index], constraints: list[Constraint]
    ) -> tuple[Index, list[Constraint], str, list[str]] | None:
        """An index that two constraints leave at most one value, with the two, the value and its conditions.

        Of step*i + a >= 0 and b - step*i >= 0 with 0 <= a + b < step, i is b//step, where step*i + a >= 0.
        """
        for index in indices:
            others = [i for i in indices if i != index]
            mine = [c for c in constraints if c.kind == "ge" and self._bounds(c, index, others)]
            for low, high in ((x, y) for x in mine for y in mine):
                step = low.position.coefficient(index)
                span = (low.position + high.position).offset.constant
                if step < 2 or (low.position + high.position).terms or span is None or not 0 <= span < step:
                    continue
                above = high.position + Position.of(index) * step
                bounds, name = above.bounds(self.at.ranges), self.names.index(index.name)
                sure = bounds is not None and bounds[0].at_least(0)
                sure = sure and bounds is not None and (index.extent * step - bounds[1]).at_least(1)
                conditions = [] if sure else [f"0 <= {name} < {self.at.extent(index.extent)}"]
                if span < step - 1:
                    conditions.append(self.at.condition(low))
                return index, [low, high], f"({self.at.position(above)}) // {step}", conditions
        return None

    @staticmethod
    def _bounds(constraint: Constraint, index: Index, rest: list[Index]) -> bool:
        position = constraint.position
        alone = [a for a, _ in position.terms if index in a.index_atoms()] == [index]
        return alone and not set(rest) & set(position.index_atoms())

    def _range(self, index: Index, constraints: list[Constraint]) -> str:
        low, high = ["0"], [self.at.extent(index.extent)]
        for constraint in constraints:
            step = constraint.position.coefficient(index)
            rest = constraint.position - Position.of(index) * step
            # of step*i + rest >= 0: i >= -(rest//step), or i <= rest//-step
            if step == 1:
                low.append(self.at.position(rest * -1))
            elif step == -1:
                high.append(self.at.position(rest + 1))
            elif step > 0:
                low.append(f"-(({self.at.position(rest)}) // {step})")
            else:
                high.append(f"({self.at.position(rest)}) // {-step} + 1")
        stop = high[0] if len(high) == 1 else f"min({', '.join(high)})"
        if len(low) == 1:
            return f"range({stop})"
        return f"range(max({', '.join(low)}), {stop})"


def _around(constraint: Constraint, ranges: Mapping[str, Extent]) -> list[Constraint]:
    """What an equation of an integer tensor leaves: of 2*p + I[n,p] == h with I below 3, h - 2 <= 2*p <= h.

    The loop over p then runs over the few windows that can have taken the entry h.
    """
    low = high = Position({}, constraint.position.offset)
    for atom, step in constraint.position.terms:
        size = ranges.get(atom.tensor) if isinstance(atom, Gather) else None
        if isinstance(atom, Gather) and size is None:
            return []
        span = Position.of(atom) * step if size is None else Position.of((size - 1) * step)
        low = low + (span if size is None or step < 0 else 0)
        high = high + (span if size is None or step > 0 else 0)
    if constraint.kind != "eq" or low == high:
        return []
    return [Constraint("ge", high), Constraint("ge", low * -1)]
