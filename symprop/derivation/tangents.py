"""Forward mode: the tangent of every tensor, as equations like any others.

Enters: a normalised network and the tensors that move.  Leaves: for every equation y[i] = e that depends on them

    ty[i] = sum over reads x[a] in e of  de/dx[a] * tx[a]

where the tangent tx of a moving tensor is given, or a unit direction: a Kronecker delta, the place of its 1 being
further indices of every tangent, which are Jacobians then.  The scalar derivatives are those of the reverse sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symprop.algebra.simplify import arranged, assemble, tidy
from symprop.algebra.terms import Term, eliminate, term_expr
from symprop.derivation.exact import unfolded
from symprop.derivation.folding import Folding
from symprop.derivation.sweep import Sweep
from symprop.derivation.values import Adjoint, Step
from symprop.errors import Fault, InputError
from symprop.language import Domain, Equation, Expr, Index, Network, Position, Tensor
from symprop.language import expressions as ex
from symprop.network.layout import rest_of, with_further

Part = tuple[Expr, Callable[[str], bool]]


@dataclass(frozen=True)
class Moving:
    """What moves, and how.

    Args:
        tensors: names of the tensors that move.
        prefix: the tangent of x is named prefix + x.
        unit: indices that name the entry that moves, of a single tensor; None where directions are given tensors.
        alone: whether no index is for the axis of the batch: the rows of that tensor move together.
        known: tangents under this prefix that the network has already.
        adjoint_of: of equations that are adjoints, the tensor each belongs to.
        parts: how a right side is cut into terms, each with the tensors by which it is differentiated.
    """

    tensors: tuple[str, ...]
    prefix: str
    unit: tuple[Index, ...] | None = None
    alone: bool = False
    known: frozenset[str] = frozenset()
    adjoint_of: Mapping[str, str] = field(default_factory=dict)
    parts: Callable[[Equation], Iterable[Part]] = field(default=lambda equation: [(equation.body, lambda name: True)])

    @property
    def further(self) -> tuple[Index, ...]:
        """Indices that a tangent has behind those of its tensor."""
        return self.unit or ()


def moved(network: Network, moving: Moving, wanted: Iterable[str]) -> tuple[Adjoint, ...]:
    """The tangents of real tensors that depend on what moves and are needed for those wanted, in order.

    Raises:
        InputError: the name of a tangent is the name of another tensor.
    """
    tangents = _Tangents(network, moving)
    needed = network.upstream(wanted)
    return tuple(
        tangents.numbered(found, number)
        for number, found in enumerate(tangents.found(needed), len(network.equations) + 1)
    )


class _Tangents:
    def __init__(self, network: Network, moving: Moving) -> None:
        self.network, self.moving = network, moving
        self.sweep = Sweep(network, moving.prefix)
        self.fold = Folding((e for e in network.equations if e.target != network.loss), self.sweep.facts)
        self.moves = _dependent(network, moving.tensors)
        names = sorted(moving.prefix + name for name in self.moves)
        there = {*moving.known, *self._given()}
        taken = next((name for name in names if name in network.tensors and name not in there), None)
        if taken is not None:
            message = f"the tangent of {taken.removeprefix(moving.prefix)} would have this name as well"
            raise InputError(Fault(f"tensor '{taken}'", message, "Choose another name for the tensor."))

    def _given(self) -> list[str]:
        return [] if self.moving.unit is not None else [self.moving.prefix + name for name in self.moving.tensors]

    def found(self, needed: frozenset[str]) -> list[Adjoint]:
        """Tangents that are not zero everywhere; one that turns out to be is left out of the others as well."""
        while True:
            moves = (self.moves & needed).difference(self.moving.tensors)
            new = (e for e in self.network.equations if e.target in moves and self._named(e) not in self.moving.known)
            tangents = [self._tangent(e) for e in new]
            zero = {t.tensor for t in tangents if t.equation.body == ex.ZERO}
            if not zero:
                return tangents
            self.moves -= zero

    def _named(self, equation: Equation) -> str:
        return self.moving.prefix + equation.target

    def numbered(self, tangent: Adjoint, number: int) -> Adjoint:
        """The tangent under its number."""
        own, exact = replace(tangent.equation, number=number), replace(tangent.exact, number=number)
        return replace(tangent, equation=own, exact=exact)

    def _tangent(self, equation: Equation) -> Adjoint:
        raw = list(self._terms(equation))
        names = [i.name for i in (*equation.free, *self.moving.further)]
        solved = [t for t in (eliminate(term, self.sweep.facts) for term in raw) if t is not None and t.coefficient]
        plain = assemble(solved)
        body = assemble(self.fold(t) for t in solved)
        uses = [equation.number] if equation.number else []
        steps = [Step("tangent", ex.add(*map(term_expr, raw)), tuple(uses))]
        steps += [Step("delta elimination", tidy(plain, names))] if self.moving.further else []
        body = arranged(tidy(body, names), names)
        if body not in (plain, steps[-1].after):
            steps.append(Step("named values", body, self._values_used(plain, body)))
        indices = self._behind(equation.target, equation.indices)
        made = Equation(self._named(equation), indices, body, domain=equation.domain, origin=equation.origin)
        return Adjoint(equation.target, made, made.with_body(self._exact(equation, body)), tuple(steps))

    def _behind(self, name: str, indices: Sequence[Position]) -> tuple[Position, ...]:
        """The indices of a tensor's tangent."""
        further = tuple(map(Position.of, self.moving.further))
        return with_further(self.network.tensors[name], indices, further, self.network.layout)

    def _terms(self, equation: Equation) -> Iterator[Term]:
        for body, by in self.moving.parts(equation):
            for name in dict.fromkeys(read.tensor for read in ex.reads(body)):
                if name in self.moves and by(name):
                    yield from (self._times(term, read) for term, read in self.sweep.sites(body, name))

    def _times(self, term: Term, read: ex.Read) -> Term:
        term, read = _apart(term, read)
        unit = tuple(map(Position.of, self.moving.further))
        if self.moving.unit is None or read.tensor not in self.moving.tensors:
            return term.times(ex.Read(self.moving.prefix + read.tensor, self._behind(read.tensor, read.indices)))
        own = rest_of(read.indices, self.network.layout) if self.moving.alone else read.indices
        places = zip(own, unit, strict=True)
        deltas = Domain(c for at, own in places for c in Domain.equal(at, own).constraints)
        return replace(term, domain=deltas & term.domain)

    def _exact(self, equation: Equation, body: Expr) -> Expr:
        """The right side for kernels, in which pointwise functions of what the equation depends on are written out."""
        for name in dict.fromkeys(r.tensor for r in ex.reads(equation.body)):
            body = unfolded(body, name, [equation])
        primal = self.moving.adjoint_of.get(equation.target, "")
        return unfolded(body, primal, self.sweep.consumers.get(primal, ()))

    def _values_used(self, before: Expr, after: Expr) -> tuple[int, ...]:
        new = set(ex.tensors_read(after)) - set(ex.tensors_read(before))
        return tuple(e.number for e in self.network.equations if e.target in new)


def _apart(term: Term, read: ex.Read) -> tuple[Term, ex.Read]:
    """The term with bound indices named apart from those of sums inside its factors: sum[k](exp(Z[k]))*exp(Z[k1])."""
    sums = (node for base, _ in term.factors for node in ex.walk(base) if isinstance(node, ex.Reduce))
    inner = {i.name for node in sums for i in node.indices}
    taken, renaming = term.indices(), dict[Index, Position]()
    for index in term.bound:
        if index.name in inner:
            new = ex.fresh(index, taken)
            taken.add(new.name)
            renaming[index] = Position.of(new)
    bound = tuple(renaming[i].index or i if i in renaming else i for i in term.bound)
    return (
        replace(term.substitute(renaming), bound=bound),
        ex.Read(read.tensor, [p.substitute(renaming) for p in read.indices]),
    )


def _dependent(network: Network, tensors: Iterable[str]) -> set[str]:
    """Real tensors that depend on some, these included; more than one pass where a recurrence reads what follows."""
    found = set(tensors)
    real = [e for e in network.equations if network.tensors[e.target].dtype == "real"]
    while True:
        new = {e.target for e in real if e.target not in found and any(r.tensor in found for r in ex.reads(e.body))}
        if not new:
            return found
        found |= new


LETTERS = "klabpqrsuvwdefghijmo"


def unit_indices(network: Network, tensor: Tensor, alone: bool) -> tuple[Index, ...]:
    """An index for each axis of a tensor, or of a row of it alone, under names that no equation uses."""
    taken = {i.name for e in network.equations for i in (*e.free, *ex.all_indices(e.body))}
    found = []
    for axis in rest_of(tensor.axes, network.layout) if alone else tensor.axes:
        letter = next((c for c in LETTERS if c not in taken), None)
        index = Index(letter, axis) if letter else ex.fresh(Index("k1", axis), taken)
        taken.add(index.name)
        found.append(index)
    return tuple(found)
