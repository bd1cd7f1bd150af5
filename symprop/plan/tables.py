"""Products with looked-up rows of a table, made once for every row of the table.

    sum[d](E[x[n,t],d]*W[d,m])                      T[x[n,t],m]               T[v,m] = sum[d](E[v,d]*W[d,m])
    sum[n,t](E[x[n,t],d]*G[n,t,m])                  sum[v](E[v,d]*S[v,m])     S[v,m] = sum[n,t: x[n,t] == v](G[n,t,m])
    sum[n,t: x[n,t] == v](sum[m](G[n,t,m]*W[d,m]))  sum[m](S[v,m]*W[d,m])     S as above, made once for both

Multiplying is linear, so that rows can be multiplied before they are looked up, and added up before they are
multiplied.  It pays where more rows are looked up than the table has: that is asked with 32 rows in a batch.

Enters: equations.  Leaves: equations of the same results.  A row that is not in the table is 0 before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from symprop.language import Domain, Equation, Expr, Index, Position, Read, Tensor
from symprop.language.expressions import (
    Add,
    Mul,
    Reduce,
    add,
    all_indices,
    free_indices,
    fresh,
    mul,
    number,
    substitute,
    tensors_read,
)
from symprop.language.indices import Gather
from symprop.plan.contraction import outermost, scratch, work
from symprop.plan.recurrence import same


class Row(NamedTuple):
    """A read E[x[n,t], d] of a table at a looked-up row.

    Args:
        read: the read itself.
        axis: the one that is looked up.
        gather: x[n,t].
    """

    read: Read
    axis: int
    gather: Gather

    @property
    def at(self) -> frozenset[Index]:
        """The indices of the lookup."""
        return frozenset(self.gather.index_atoms())

    @property
    def plain(self) -> list[Index]:
        """The other indices, in the order of the table."""
        return [p.index for p in self.read.indices if p.index is not None]

    def of(self, row: Index) -> Read:
        """The same entries of a given row."""
        places = [Position.of(row) if k == self.axis else p for k, p in enumerate(self.read.indices)]
        return Read(self.read.tensor, places)


def through_tables(
    equations: Sequence[Equation], results: Iterable[str], tensors: dict[str, Tensor]
) -> list[Equation]:
    """The equations with products of looked-up rows as lookups of products, where that is less work.

    Args:
        equations: of one program.
        results: tensors that are wanted; what is left without a reader among others is still in the list.
        tensors: every tensor by name; those this takes are added.
    """
    return _Tables(equations, results, tensors).made()


class _Tables:
    def __init__(self, equations: Sequence[Equation], results: Iterable[str], tensors: dict[str, Tensor]) -> None:
        self.equations, self.results, self.tensors = equations, set(results), tensors
        self.defined = {e.target: e for e in equations}
        self.lookups = {e.target: e for e in equations if _is_lookup(e)}
        self.new: list[Equation] = []
        self.sums: list[Equation] = []

    def made(self) -> list[Equation]:
        found: list[Equation] = []
        for equation in self.equations:
            changed = self._collected(equation)
            if changed is None and not equation.domain:
                body = outermost(equation.body, lambda node, own=equation: self._product(node, own))  # type: ignore[misc]
                changed = equation.with_body(body)
            found += [*self.new, changed or equation]
            self.new = []
        return found

    def _row(self, factor: Expr) -> Row | None:
        """The lookup a factor is, itself or by the equation that defines it."""
        if not isinstance(factor, Read):
            return None
        equation = self.lookups.get(factor.tensor)
        if equation is not None:
            own = {p.index: at for p, at in zip(equation.indices, factor.indices, strict=True) if p.index is not None}
            factor = substitute(equation.body, own)
        return _row_of(factor)

    def _pays(self, row: Row) -> bool:
        axis = self.tensors[row.read.tensor].axes[row.axis]
        return not axis.names and 2 * work([Index("", axis)]) <= work(tuple(row.at))

    def _product(self, node: Reduce, equation: Equation) -> Expr:
        if node.op != "sum" or node.domain:
            return node
        factors = list(node.body.factors) if isinstance(node.body, Mul) else [node.body]
        for place, factor in enumerate(factors):
            row = self._row(factor)
            others = factors[:place] + factors[place + 1 :]
            if row is None or not others or not self._pays(row):
                continue
            ahead, behind = self._ahead(node, row, others, equation), self._behind(node, row, others, equation)
            if ahead is not None or behind is not None:
                return ahead or behind or node
        return node

    def _ahead(self, node: Reduce, row: Row, others: Sequence[Expr], equation: Equation) -> Expr | None:
        """The product of all rows of the table, looked up."""
        inner, free = set(node.indices), _free(others)
        if not inner <= set(row.plain) & free or row.at & (inner | free) or any(i.extent.names for i in free):
            return None
        index = self._row_index(row, node, equation)
        rest = _in_order(equation, (set(row.plain) | free) - inner)
        body = Reduce("sum", node.indices, mul(row.of(index), *others))
        name = self._define(equation, (index, *rest), body)
        return Read(name, [Position.of(row.gather), *map(Position.of, rest)])

    def _behind(self, node: Reduce, row: Row, others: Sequence[Expr], equation: Equation) -> Expr | None:
        """The product of the table with what was added up for each of its rows."""
        inner, free = set(node.indices), _free(others)
        if inner != row.at or not inner <= free or set(row.plain) & (inner | free):
            return None
        index = self._row_index(row, node, equation)
        added = self._added(row.gather, index, node.indices, others, _in_order(equation, free - inner), equation)
        return None if added is None else Reduce("sum", (index,), mul(row.of(index), added))

    def _collected(self, equation: Equation) -> Equation | None:
        """A sum of products for each row of a table as products of sums, None of another equation."""
        total = equation.body
        gather = _collects(equation)
        if gather is None or not isinstance(total, Reduce) or not isinstance(total.body, Read):
            return None
        index = next(p.index for p in equation.indices if p.index is not None and _ties(total.domain, p.index))
        source = self.defined.get(total.body.tensor)
        if source is None or source.domain or not self._only_for(source.target, equation):
            return None
        own = {p.index: at for p, at in zip(source.indices, total.body.indices, strict=True) if p.index is not None}
        if len(own) != len(source.indices) or 2 * work([index]) > work(total.indices):
            return None
        body = substitute(source.body, own)
        kept = len(self.new)
        parts = [
            self._part(term, gather, index, total.indices, equation)
            for term in (body.terms if isinstance(body, Add) else (body,))
        ]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts):
            del self.new[kept:]
            return None
        return replace(equation, body=add(*found))

    def _only_for(self, name: str, equation: Equation) -> bool:
        readers = [e.target for e in self.equations if name in tensors_read(e.body)]
        return name not in self.results and readers == [equation.target]

    def _part(
        self, term: Expr, gather: Gather, index: Index, bound: tuple[Index, ...], equation: Equation
    ) -> Expr | None:
        factors = list(term.factors) if isinstance(term, Mul) else [term]
        sums = [f for f in factors if isinstance(f, Reduce)]
        constant = [f for f in factors if number(f) is not None]
        if len(sums) != 1 or len(constant) + 1 != len(factors) or sums[0].op != "sum" or sums[0].domain:
            return None
        node, at = sums[0], set(bound)
        inside = list(node.body.factors) if isinstance(node.body, Mul) else [node.body]
        left = [f for f in inside if free_indices(f) & at]
        right = [f for f in inside if f not in left]
        if not right or not at <= _free(left) <= at | set(node.indices) or index in _free(right):
            return None
        order = [i for i in node.indices if i in _free(left)]
        added = self._added(gather, index, bound, left, order, equation)
        return None if added is None else mul(*constant, Reduce("sum", node.indices, mul(added, *right)))

    def _added(
        self, gather: Gather, index: Index, bound: tuple[Index, ...], terms: Sequence[Expr], order: Sequence[Index],
        equation: Equation,
    ) -> Read | None:
        """What is added up for each row: S[v,m] = sum[n,t: x[n,t] == v](G[n,t,m])."""
        if any(i.extent.names for i in order):
            return None
        body = Reduce("sum", bound, mul(*terms), Domain.equal(Position.of(gather), Position.of(index)))
        indices = (index, *order)
        made = Equation("", tuple(map(Position.of, indices)), body)
        for known in self.sums:
            if same(made, known):
                return Read(known.target, made.indices)
        name = self._define(equation, indices, body)
        self.sums.append(self.new[-1])
        return Read(name, made.indices)

    def _define(self, equation: Equation, indices: Sequence[Index], body: Expr) -> str:
        name = scratch(equation.target, self.tensors)
        self.tensors[name] = Tensor(name, tuple(i.extent for i in indices))
        positions = tuple(map(Position.of, indices))
        self.new.append(Equation(name, positions, body, equation.number, origin=equation.origin))
        return name

    def _row_index(self, row: Row, node: Reduce, equation: Equation) -> Index:
        taken = {i.name for i in (*all_indices(node), *equation.free, *row.at)}
        return fresh(Index("v", self.tensors[row.read.tensor].axes[row.axis]), taken)


def _is_lookup(equation: Equation) -> bool:
    """True of Z[n,t,d] = E[x[n,t],d]."""
    free = [p.index for p in equation.indices]
    row = _row_of(equation.body)
    return row is not None and not equation.domain and None not in free and {*row.at, *row.plain} == set(free)


def _row_of(expr: Expr) -> Row | None:
    """The row that an expression reads, None of another expression."""
    if not isinstance(expr, Read):
        return None
    looked_up = [(k, p.atom) for k, p in enumerate(expr.indices) if isinstance(p.atom, Gather)]
    if len(looked_up) != 1:
        return None
    axis, gather = looked_up[0]
    places = [p for k, p in enumerate(expr.indices) if k != axis] + list(getattr(gather, "positions", ()))
    indices = [p.index for p in places]
    if None in indices or len(set(indices)) != len(indices) or not isinstance(gather, Gather):
        return None
    return Row(expr, axis, gather)


def _collects(equation: Equation) -> Gather | None:
    """x[n,t] of D[v,d] = sum[n,t: x[n,t] == v](dZ[n,t,d]), None of another equation."""
    body = equation.body
    if equation.domain or any(p.index is None for p in equation.indices) or not isinstance(body, Reduce):
        return None
    constraints = body.domain.constraints
    if body.op != "sum" or len(constraints) != 1 or constraints[0].kind != "eq":
        return None
    found = list(constraints[0].position.gathers())
    own = [i for p in equation.indices if (i := p.index) is not None and _ties(body.domain, i)]
    indices = [p.index for p in found[0].positions] if len(found) == 1 else []
    return found[0] if len(own) == 1 and None not in indices and set(indices) == set(body.indices) else None


def _ties(domain: Domain, index: Index) -> bool:
    """True where the one constraint is x[n,t] == index."""
    position = domain.constraints[0].position
    gathers = [atom for atom, _ in position.terms if isinstance(atom, Gather)]
    return len(gathers) == 1 and any(
        position == way for way in (Position.of(gathers[0]) - index, Position.of(index) - Position.of(gathers[0]))
    )


def _free(factors: Iterable[Expr]) -> set[Index]:
    return {i for f in factors for i in free_indices(f)}


def _in_order(equation: Equation, indices: set[Index]) -> list[Index]:
    return [i for i in equation.free if i in indices]
