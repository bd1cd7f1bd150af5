"""The one place where the prover is called.

Enters: a claim and the truth as equations.  Leaves: a proof, or None.  Claims that were proved before stand as the
tensors they are equal to; what is not needed for a proof is unfolded only if a first attempt without it fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from time import monotonic

from symprop.algebra.canonical import Assumption, IsOneOf, Proof, RowsSumToOne, prove_equal
from symprop.algebra.terms import Facts
from symprop.derivation import Derivation
from symprop.language import Compound, Equation, Expr, Extent, Function, Index, Position, Read, ranges
from symprop.language import expressions as ex
from symprop.verification.recurrences import ends
from symprop.verification.values import Claim
from symprop.verification.views import View, plain_view
from symprop.verification.writtenout import FEW, MANY, at, entries, written_out


@dataclass(frozen=True)
class Proved:
    """A proof: its steps, what it assumes of the data, the points it leaves out, and what it is made of."""

    steps: tuple[str, ...]
    assumptions: tuple[str, ...]
    kinks: tuple[str, ...]
    proofs: tuple[Proof, ...] = ()

    @property
    def strays(self) -> tuple[str, ...]:
        """Those of the points left out at which the truth does not go from one branch to another."""
        return tuple(dict.fromkeys(text for proof in self.proofs for text in proof.strays))


@dataclass(frozen=True)
class _Way:
    """One way to look for a proof.

    Args:
        left, right: what is to be equal.
        definitions: what may be unfolded.
        apart: the values of small free indices that are looked at one by one; a single empty one for all at once.
    """

    left: Expr
    right: Expr
    definitions: Mapping[str, Equation]
    apart: Sequence[Mapping[Index, Position]]


def _written(way: _Way, most: int = FEW) -> Iterator[_Way]:
    """The same with short sums written out, as a loop computes them, where there are some."""
    sides = [written_out(side, most) for side in (way.left, way.right)]
    bodies = {name: written_out(e.body, most) for name, e in way.definitions.items()}
    spelt = {n: e if (b := bodies[n]) is None else e.with_body(b) for n, e in way.definitions.items()}
    changed = sides != [way.left, way.right] or spelt != way.definitions
    if changed and sides[0] is not None and sides[1] is not None:
        yield _Way(sides[0], sides[1], spelt, way.apart)


class Prover:
    """Proofs about one derivation.

    Args:
        derivation: the truth.
        functions: scalar functions by name.
        claims: all claims.
    """

    def __init__(
        self, derivation: Derivation, functions: Mapping[str, Function], claims: Iterable[Claim] = ()
    ) -> None:
        self.derivation, self.functions = derivation, functions
        self.assumed = tuple(_assumed(derivation))
        network = derivation.network
        self.forward = {e.target: e for e in network.equations}
        self.adjoints = {a.equation.target: a.equation for a in derivation}
        self.own: dict[str, Equation] = {}
        self.known: dict[str, tuple[str, View]] = {}
        self.supposed: dict[str, tuple[str, View]] = {}
        self.steps: set[str] = set()
        self.claims = {c.label: c.target for c in claims if c.tensor is not None and c.target}
        self.inductions: dict[tuple[str, ...], dict[str, Proved]] = {}
        axes = {t.name: t.axes for t in network.tensors.values()}
        prefixed = {derivation.prefix + name: extents for name, extents in axes.items()}
        self.axes = {**prefixed, **axes}

    def learn(self, claim: Claim, proved: bool, is_step: bool = False) -> None:
        """Take up a claim's equations; a proved claim is the tensor it is about, and so is a step that is one."""
        self._take(claim)
        if is_step and claim.tensor is not None:
            self.steps.add(claim.label)
        if proved and claim.tensor is not None:
            self.known[claim.label] = claim.target, claim.view or plain_view(claim.tensor.axes)

    def suppose(self, claim: Claim) -> None:
        """Keep a claim that only agrees, for what follows from it."""
        if claim.tensor is not None:
            self.supposed[claim.label] = claim.target, claim.view or plain_view(claim.tensor.axes)

    def follows(self, claim: Claim, deadline: float) -> bool:
        """True where a claim is proved if the claims it reads that only agree are right."""
        if claim.group or self.supposed.keys().isdisjoint(claim.reads):
            return False
        known, self.known = self.known, {**self.known, **self.supposed}
        try:
            return self.prove(claim, deadline) is not None
        finally:
            self.known = known

    def _take(self, claim: Claim) -> None:
        self.own |= {e.target: e for e in claim.equations}
        self.axes |= {e.target: tuple(map(_extent, e.indices)) for e in claim.equations}

    def prove(self, claim: Claim, deadline: float) -> Proved | None:
        """A proof that a claim is the value it is about, None where none is found in time."""
        if claim.tensor is None:
            return None
        truth = self.adjoints.get(claim.target) or self.forward.get(claim.target)
        truth = truth if truth is None or claim.view is None else entry_of(truth, claim.view)
        if truth is None:
            return None
        self._take(claim)
        if claim.group:
            return self._by_induction(claim, deadline)
        found = self._directly(claim, truth, deadline)
        if found is not None or not self.steps or monotonic() > deadline:
            return found
        known, self.known = self.known, {k: v for k, v in self.known.items() if k not in self.steps}
        try:
            return self._directly(claim, truth, deadline)
        finally:
            self.known = known

    def vanishes(self, target: str, deadline: float) -> Proved | None:
        """A proof that the truth is 0."""
        truth = self.adjoints.get(target) or self.forward.get(target)
        if truth is None:
            return None
        return self._staged(single(truth.body), ex.ZERO, self._stages(target, ""), deadline)

    def _directly(self, claim: Claim, truth: Equation, deadline: float) -> Proved | None:
        sides = aligned(claim.equations[-1], truth)
        if sides is None:
            return None
        left, right = self._read(sides[0]), single(sides[1])
        view = claim.view or plain_view(claim.tensor.axes if claim.tensor else ())
        if left == Read(claim.target, view.inside(truth.indices) if view.at_axis >= 0 else truth.indices):
            return Proved((f"It is a step that was proved to be {claim.target}.",), (), ())
        for way in self._ways(left, right, truth.free, claim):
            found = self._entry_by_entry(way, deadline) if monotonic() < deadline else None
            if found is not None:
                return found
        return None

    def _ways(self, left: Expr, right: Expr, free: Sequence[Index], claim: Claim) -> Iterator[_Way]:
        """How a proof may be looked for, what is soon decided first: what is unfolded, sums and entries written out."""
        mine, *others = self._stages(claim.target, claim.equations[-1].target)
        whole, apart = [dict[Index, Position]()], entries(free)
        yield _Way(left, right, mine, whole)
        yield from _written(_Way(left, right, mine, whole))
        yield from _written(_Way(left, right, mine, whole), MANY)
        if any(apart):
            yield _Way(left, right, mine, apart)
            yield from _written(_Way(left, right, mine, apart))
        for definitions in others:
            yield _Way(left, right, definitions, whole)
        for definitions in others[:-1]:
            yield from _written(_Way(left, right, definitions, whole), MANY)
        yield from _written(_Way(left, right, others[-1], apart))

    def _staged(
        self, left: Expr, right: Expr, stages: Iterable[Mapping[str, Equation]], deadline: float
    ) -> Proved | None:
        for definitions in stages:
            if monotonic() > deadline:
                return None
            found = self._attempt(left, right, definitions, deadline)
            if found is not None:
                return found
        return None

    def _entry_by_entry(self, way: _Way, deadline: float) -> Proved | None:
        """A proof for all of the entries that are looked at apart."""
        proofs = []
        for values in way.apart:
            left, right = (at(side, values) if values else side for side in (way.left, way.right))
            proof = self._attempt(left, right, way.definitions, deadline) if monotonic() < deadline else None
            if proof is None:
                return None
            proofs.append(proof)
        return _together(proofs)

    def _by_induction(self, claim: Claim, deadline: float) -> Proved | None:
        """A proof for all claims of a recurrence at once: the truth satisfies it, and it has one solution."""
        if claim.group not in self.inductions:
            equations = {e.target: e for e in claim.equations}
            self.inductions[claim.group] = self._satisfied(claim, equations, deadline) if ends(equations) else {}
        return self.inductions[claim.group].get(claim.equations[-1].target)

    def _satisfied(self, claim: Claim, equations: Mapping[str, Equation], deadline: float) -> dict[str, Proved]:
        """Proofs that the truth satisfies each equation of a recurrence; none where one is missing."""
        named = {name: self.claims[name] for name in claim.group if name in self.claims}
        views = {name: (target, plain_view(self.axes[name])) for name, target in named.items()}
        before, self.known = self.known, {**self.known, **views}
        found: dict[str, Proved] = {}
        for name, target in named.items():
            truth = self.adjoints.get(target) or self.forward.get(target)
            own = replace(claim, equations=(equations[name],), target=target)
            proof = None if truth is None else self._directly(own, truth, deadline)
            if proof is None:
                break
            found[name] = proof
        self.known = before
        if len(found) < len(named):
            return {}
        steps = tuple(s for proof in found.values() for s in proof.steps)
        steps = (*steps, f"by induction: {', '.join(named.values())} satisfy the claimed recurrence, which has an end")
        assumptions = tuple(dict.fromkeys(a for proof in found.values() for a in proof.assumptions))
        kinks = tuple(dict.fromkeys(k for proof in found.values() for k in proof.kinks))
        proofs = tuple(p for proof in found.values() for p in proof.proofs)
        return dict.fromkeys(found, Proved(steps, assumptions, kinks, proofs))

    def _attempt(self, left: Expr, right: Expr, definitions: Mapping[str, Equation], deadline: float) -> Proved | None:
        network = self.derivation.network
        found = prove_equal(
            left,
            right,
            Facts(self.axes, ranges(network.tensors.values())),
            self.functions,
            definitions,
            self.assumed,
            time_limit_seconds=max(0.1, deadline - monotonic()),
            computed={**self.forward, **self.adjoints, **self.own},
        )
        if found is None:
            return None
        return Proved(tuple(map(str, found.steps)), found.assumptions, found.kinks, (found,))

    def _stages(self, target: str, last: str) -> Iterator[dict[str, Equation]]:
        """What may be unfolded: the user's own steps, then named values entry by entry, then everything.

        An adjoint that is another one under its own name, as those of a sum are, is unfolded at once.
        """
        renamed = {k: v for k, v in self.adjoints.items() if k != target and _renames(v)}
        own = {name: e for name, e in self.own.items() if name not in {*self.known, last}}
        mine = {name: self._equation(e) for name, e in {**renamed, **own}.items()}
        forward = {k: v for k, v in self.forward.items() if k != target and k != self.derivation.network.loss}
        pointwise = {k: v for k, v in forward.items() if not _contracts(v.body)}
        yield mine
        yield {**mine, **{k: self._equation(v) for k, v in pointwise.items()}}
        adjoints = {k: v for k, v in self.adjoints.items() if k != target}
        yield {**mine, **{k: self._equation(v) for k, v in {**pointwise, **adjoints}.items()}}
        yield {**mine, **{k: self._equation(v) for k, v in {**forward, **adjoints}.items()}}

    def _equation(self, equation: Equation) -> Equation:
        return equation.with_body(self._read(equation.body))

    def _read(self, expr: Expr) -> Expr:
        """Proved claims read as what they are equal to, as the user has it."""

        def change(node: Expr) -> Expr:
            if not (isinstance(node, Read) and node.tensor in self.known):
                return node
            target, view = self.known[node.tensor]
            return ex.mul(view.factor, Read(target, view.inside(node.indices)))

        return single(ex.transform(expr, change))


def _together(proofs: Sequence[Proved]) -> Proved | None:
    """The proofs of all entries as one."""
    if not proofs:
        return None
    steps, assumed, kinks = (
        tuple(dict.fromkeys(text for proof in proofs for text in part(proof))) for part in (_STEPS, _ASSUMED, _KINKS)
    )
    return Proved(steps, assumed, kinks, tuple(p for proof in proofs for p in proof.proofs))


_STEPS, _ASSUMED, _KINKS = attrgetter("steps"), attrgetter("assumptions"), attrgetter("kinks")


def aligned(own: Equation, truth: Equation) -> tuple[Expr, Expr] | None:
    """Both right sides over the same indices, None where the left sides split an axis in different ways."""
    mine, true = dict[Index, Position](), dict[Index, Position]()
    for one, other in zip(own.indices, truth.indices, strict=True):
        if one.index is not None:
            mine[one.index] = other
        elif other.index is not None:
            true[other.index] = one
        elif isinstance(one.atom, Compound) and isinstance(other.atom, Compound):
            if one.atom.radices != other.atom.radices:
                return None
            mine |= {i: p for part, p in zip(one.atom.parts, other.atom.parts, strict=True) for i in part.index_atoms()}
    return ex.substitute(own.body, mine), ex.substitute(ex.guard(truth.domain, truth.body), true)


def entry_of(equation: Equation, view: View) -> Equation | None:
    """The equation of what a view has one entry of, at this entry; None where the axis is no plain index there."""
    if view.at_axis < 0:
        return equation
    index = equation.indices[view.at_axis].index
    if index is None:
        return None
    at_entry = {index: Position.of(view.entry)}
    kept = tuple(p for axis, p in enumerate(equation.indices) if axis != view.at_axis)
    body = at(ex.guard(equation.domain, equation.body), at_entry)
    return Equation(equation.target, kept, body, equation.number)


def _extent(position: Position) -> Extent:
    """The extent of an axis on the left of an equation."""
    bounds = position.bounds()
    return Extent.of(1) if bounds is None else bounds[1] + 1


def _assumed(derivation: Derivation) -> Iterator[Assumption]:
    """What may be assumed of what is given; of computed rows of probabilities it is proved."""
    for tensor in derivation.network.tensors.values():
        if derivation.network.defining(tensor.name) is None and tensor.simplex is not None:
            yield RowsSumToOne(tensor.name, tensor.simplex)
        if tensor.values is not None:
            yield IsOneOf(tensor.name, *tensor.values)


def single(expr: Expr) -> Expr:
    """Indices of extent 1 written as 0, bound ones too."""
    ones = {index: Position.of(0) for index in ex.all_indices(expr) if index.extent.constant == 1}
    return _without(expr, ones) if ones else expr


def _without(expr: Expr, ones: Mapping[Index, Position]) -> Expr:
    def change(node: Expr) -> Expr:
        if isinstance(node, ex.Reduce) and node.op in ("sum", "max", "min"):
            kept = [index for index in node.indices if index not in ones]
            if len(kept) < len(node.indices):
                body, domain = ex.substitute(node.body, ones), node.domain.substitute(ones)
                return ex.reduce_(node.op, kept, body, domain) if kept else ex.guard(domain, body)
        return node

    return ex.substitute(ex.transform(expr, change), ones)


def _renames(equation: Equation) -> bool:
    """True of one tensor under the name of another, entry by entry."""
    return isinstance(equation.body, Read) and equation.body.indices == equation.indices and not equation.domain


def _contracts(expr: Expr) -> bool:
    """True of a matrix product: a sum over a product of two tensors."""
    return any(isinstance(n, ex.Reduce) and len({r.tensor for r in ex.reads(n.body)}) > 1 for n in ex.walk(expr))
