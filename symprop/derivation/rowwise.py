"""Rows of a batch one by one: which equations keep them apart, and a network whose loss is of each row alone.

Enters: a network.  Leaves: a refusal where a row depends on other rows; or the network at N = 1, written for all rows
at once: what was summed over the batch is taken at its one row, and N as a number is 1.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from symprop.errors import Fault, InputError
from symprop.language import Domain, Equation, Expr, Extent, Index, Network, Position, Tensor
from symprop.language import expressions as ex
from symprop.network.layout import by_rows, rest_of, row_of, with_row
from symprop.network.rewrite import Renaming
from symprop.network.shapes import BATCH

ONE_ROW = Renaming(extents={"N": Extent.of(1)})


def refuse_mixed_rows(network: Network, of: str, wrt: str) -> None:
    """Refuse a Jacobian by row where a row of `of` depends on other rows of `wrt`.

    Raises:
        InputError: an equation between the two reads another row than the one it defines.
    """
    between = {wrt}
    for equation in network.equations:
        reads = [r for r in ex.reads(equation.body) if r.tensor in between]
        if not reads or equation.target == wrt:
            continue
        between.add(equation.target)
        row = row_of(equation.indices, network.layout).index if equation.indices else None
        if row is None or any(row_of(r.indices, network.layout).index != row for r in reads):
            raise _mixed(f"jacobian of {of} by {wrt}", equation)


def _mixed(what: str, equation: Equation) -> InputError:
    message = f"a row of {equation.target} depends on other rows, {equation}; expected rows that stand alone"
    return InputError(Fault(what, message))


def rows_alone(network: Network, own: Collection[str], loss: str) -> Network:
    """The network at N = 1 for every row, its loss a tensor over the rows.

    Args:
        network: normalised.
        own: parameters of which every row has its own, so that derivatives by them stay apart.
        loss: the name of the loss of a row.

    Raises:
        InputError: an equation reads another row by its place, such as x[n-1].
    """
    data = [t.name for t in network.of_role("input", "target", "sample") if by_rows(t, network.layout)]
    split = network.downstream([*data, *own])
    layout = network.layout
    tensors = {t.name: _with_rows(t, layout) if t.name in split else t for t in network.tensors.values()}
    equations = [_Alone(e, network, split).equation if e.target in split else e for e in network.equations]
    tensors[loss] = replace(tensors.pop(network.loss), name=loss, role="intermediate")
    *rest, last = equations
    return replace(network, tensors=tensors, equations=(*rest, replace(last, target=loss)), loss=loss)


def shared(expr: Expr, own: Collection[str], layout: str) -> Expr:
    """The right side with reads of parameters that every row had to itself: W[n,i,j] is W[i,j] again."""

    def change(node: Expr) -> Expr:
        if isinstance(node, ex.Read) and node.tensor in own:
            return ex.Read(node.tensor, rest_of(node.indices, layout))
        return node

    return ex.transform(expr, change)


def _with_rows(tensor: Tensor, layout: str) -> Tensor:
    return tensor if by_rows(tensor, layout) else replace(tensor, axes=with_row(BATCH, tensor.axes, layout))


@dataclass
class _Alone:
    """One equation of `rows_alone`."""

    source: Equation
    network: Network
    split: Collection[str]

    def __post_init__(self) -> None:
        self.layout = self.network.layout
        first = row_of(self.source.indices, self.layout).index if self.source.indices else None
        inside = ex.all_indices(self.source.body)
        fresh = ex.fresh(Index("n", BATCH), {i.name for i in (*self.source.free, *inside)})
        self.row = next((i for i in (first, *inside) if i is not None and i.extent == BATCH), fresh)

    @property
    def equation(self) -> Equation:
        """The equation for every row."""
        indices = self.source.indices
        if Position.of(self.row) not in indices:
            indices = with_row(Position.of(self.row), indices, self.layout)
        made = replace(self.source, indices=indices, body=self._of(self.source.body))
        others = [i for i in (*made.free, *ex.all_indices(made.body)) if i.extent == BATCH and i != self.row]
        if others or self.row in self.source.domain.index_atoms():
            raise _mixed("loss of each row", self.source)
        return made

    def _of(self, expr: Expr) -> Expr:
        match expr:
            case ex.Read():
                return self._read(expr)
            case ex.IndexValue():
                return self._number(expr)
            case ex.Reduce():
                return self._reduced(expr)
            case ex.Guard():
                return self._guarded(expr.domain, expr.body)
        children = expr.children()
        return expr.rebuild(tuple(map(self._of, children))) if children else expr

    def _read(self, read: ex.Read) -> Expr:
        positions = read.indices
        if read.tensor in self.split and not self._has_rows(read.tensor):
            positions = with_row(Position.of(self.row), positions, self.layout)
        if read.tensor in self.split and row_of(positions, self.layout).index != self.row:
            raise _mixed("loss of each row", self.source)
        for position in rest_of(positions, self.layout) if positions else ():
            self._check(position)
        return ex.Read(read.tensor, positions)

    def _has_rows(self, name: str) -> bool:
        return by_rows(self.network.tensors[name], self.layout)

    def _check(self, position: Position) -> None:
        """Refuse a position that knows the number of its row other than to look into that row of an integer tensor."""
        gathers = list(position.gathers())
        rows = sum(index == self.row for index in position.index_atoms())
        within = sum(row_of(g.positions, self.layout).index == self.row for g in gathers if g.positions)
        without = any(g.tensor in self.split and not self._has_rows(g.tensor) for g in gathers)
        if rows != within or without:
            raise _mixed("loss of each row", self.source)

    def _number(self, value: ex.IndexValue) -> Expr:
        position = value.position
        self._check(position)
        return ex.size(position - position.offset + ONE_ROW.extent(position.offset))

    def _guarded(self, domain: Domain, body: Expr) -> Expr:
        for constraint in domain.constraints:
            self._check(constraint.position)
        return ex.guard(domain, self._of(body))

    def _reduced(self, expr: ex.Reduce) -> Expr:
        batch = {i: Position.of(self.row) for i in expr.indices if i.extent == BATCH}
        if batch and expr.op != "sum":
            raise _mixed("loss of each row", self.source)
        rest = [i for i in expr.indices if i not in batch]
        inner = self._guarded(expr.domain.substitute(batch), ex.substitute(expr.body, batch))
        if not isinstance(inner, ex.Guard) or not rest:
            return ex.reduce_(expr.op, rest, inner, pick=expr.pick) if rest else inner
        return ex.reduce_(expr.op, rest, inner.body, inner.domain, expr.pick)
