"""Proofs of equality: two expressions are equal if the canonical form of their difference is 0.

Enters: two expressions, what is known of their tensors, definitions to unfold, assumptions.  Leaves: a `Proof`, or None
where none was found; a refutation is never given.  What is proved: at every point where both sides are defined they
have the same value, for all extents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from symprop.algebra.canonical.atoms import Poly, Undecided, plus, scaled
from symprop.algebra.canonical.deciding import Kinks, kinks_of, vanishes
from symprop.algebra.canonical.reading import unfoldable
from symprop.algebra.canonical.writing import Writing
from symprop.algebra.matching import target_read, unify
from symprop.algebra.rules import RECOGNISED
from symprop.algebra.terms import Facts
from symprop.language import expressions as ex
from symprop.language.equations import Equation, Function
from symprop.language.indices import Domain
from symprop.language.printer import text

UNFOLDED = "unfolded"


@dataclass(frozen=True)
class RowsSumToOne:
    """An assumption: the entries of a tensor sum to 1 along an axis."""

    tensor: str
    axis: int

    def __str__(self) -> str:
        return f"rows of {self.tensor} sum to 1"


@dataclass(frozen=True)
class IsPositive:
    """An assumption: all entries of a tensor are above 0."""

    tensor: str

    def __str__(self) -> str:
        return f"entries of {self.tensor} are positive"


@dataclass(frozen=True)
class IsOneOf:
    """An assumption: every entry of a tensor is one of two numbers."""

    tensor: str
    low: int
    high: int

    def __str__(self) -> str:
        return f"entries of {self.tensor} are {self.low} or {self.high}"


Assumption = RowsSumToOne | IsPositive | IsOneOf


@dataclass(frozen=True)
class ProofStep:
    """One line of a proof: two expressions that have the same value.

    Args:
        rule: what was done.
        before: the expression it was done to.
        after: the expression it led to.
    """

    rule: str
    before: ex.Expr
    after: ex.Expr

    def __str__(self) -> str:
        left = f"{text(self.before)} = " if self.rule == UNFOLDED else ""
        return f"{self.rule}: {left}{text(self.after)}"


@dataclass(frozen=True)
class Question:
    """What was asked: are two expressions equal."""

    left: ex.Expr
    right: ex.Expr
    facts: Facts
    functions: Mapping[str, Function] = field(default_factory=dict)
    definitions: Mapping[str, Equation] = field(default_factory=dict)
    assumptions: tuple[Assumption, ...] = ()
    computed: Mapping[str, Equation] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """Why two expressions are equal.

    Args:
        steps: the lines of the proof, the last of which is a difference of 0.
        assumptions: the assumptions it used, in words.
        kinks: conditions `e == 0` under which the two may differ; everywhere else they are equal.
        question: what was proved, with the definitions and assumptions the proof was given.
        strays: those of the kinks at which the right side does not go from one branch to another.
    """

    steps: tuple[ProofStep, ...]
    assumptions: tuple[str, ...]
    kinks: tuple[str, ...]
    question: Question
    strays: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))


def prove_equal(
    left: ex.Expr,
    right: ex.Expr,
    facts: Facts,
    functions: Mapping[str, Function],
    definitions: Mapping[str, Equation] | None = None,
    assumptions: Iterable[Assumption] = (),
    time_limit_seconds: float = 60.0,
    computed: Mapping[str, Equation] | None = None,
) -> Proof | None:
    """A proof that two expressions have the same value wherever both are defined, or None where none was found.

    Args:
        left: the one expression.
        right: the other.
        facts: extents of the tensors' axes and ranges of integer tensors.
        functions: library functions by name.
        definitions: equations of intermediate tensors, unfolded where that is needed.
        assumptions: what may be used where nothing is proved without it.
        time_limit_seconds: no proof is looked for after this time.
        computed: equations of all tensors that are not given, by which it is told whether entries of theirs are equal
            to a number at a kink or on many points; the definitions are among them.
    """
    deadline = monotonic() + time_limit_seconds
    given, known = tuple(assumptions), dict(definitions or {})
    made = {**known, **(computed or {})}
    for assumed in [(), given] if given else [()]:
        for used in [{}, known] if known else [{}]:
            question = Question(left, right, facts, functions, used, assumed, made)
            proof = _Attempt(question, deadline).proof()
            if proof is not None:
                return proof
    return None


def replay(proof: Proof, time_limit_seconds: float = 60.0) -> bool:
    """True where every step of a proof is found again, from the question alone.

    This is the prover once more; `symprop.verification.recheck` evaluates the steps without it.
    """
    again = _Attempt(proof.question, monotonic() + time_limit_seconds).proof()
    return again is not None and (again.steps, again.assumptions) == (proof.steps, proof.assumptions)


def canonical(
    expr: ex.Expr,
    facts: Facts,
    functions: Mapping[str, Function] | None = None,
    definitions: Mapping[str, Equation] | None = None,
    time_limit_seconds: float = 60.0,
) -> ex.Expr | None:
    """An expression in canonical form, or None where it is outside what the form covers or too large."""
    question = Question(expr, ex.ZERO, facts, functions or {}, definitions or {})
    return _Attempt(question, monotonic() + time_limit_seconds).form()


class _Attempt:
    """One attempt at a proof: with or without definitions, with or without assumptions."""

    def __init__(self, question: Question, deadline: float) -> None:
        simplex = {(a.tensor, a.axis): str(a) for a in question.assumptions if isinstance(a, RowsSumToOne)}
        positive = {a.tensor: str(a) for a in question.assumptions if isinstance(a, IsPositive)}
        choices = {a.tensor: (a.low, a.high, str(a)) for a in question.assumptions if isinstance(a, IsOneOf)}
        functions = {**RECOGNISED, **question.functions}
        unfolded = unfoldable(question.definitions)
        self.question = question
        recurrent = (e for n, e in question.definitions.items() if n not in unfolded and not e.domain)
        self.folds = [e for e in recurrent if not isinstance(e.body, ex.Read | ex.Number)]
        self.algebra = Writing(functions, unfolded, question.facts, simplex, positive, choices, deadline)

    def _folded(self, expr: ex.Expr) -> ex.Expr:
        """The right side of a recurrence replaced by its target, which is not unfolded."""
        for equation in self.folds:
            expr = ex.transform(expr, partial(self._target, equation))
        return expr

    def _target(self, equation: Equation, node: ex.Expr) -> ex.Expr:
        found = unify(equation.body, node, {}, {})
        read = None if found is None else target_read(equation, found)
        if found is None or read is None or not self.question.facts.in_range(read):
            return node
        places = (Domain.inside(found[i], i.extent) for i in equation.free)
        everywhere = all(c.verdict(self.question.facts.ranges) for d in places for c in d.constraints)
        return read if everywhere else node

    def form(self) -> ex.Expr | None:
        try:
            return self.algebra.expression(self.algebra.polynomial(self.question.left))
        except Undecided:
            return None

    def proof(self) -> Proof | None:
        try:
            return self._proof()
        except Undecided:
            return None

    def _proof(self) -> Proof | None:
        algebra = self.algebra
        question = self.question
        left, right = (algebra.polynomial(self._folded(e)) for e in (question.left, question.right))
        difference = algebra.reduced(plus(left, scaled(right, -1)))
        kinks = Kinks()
        if not vanishes(algebra, difference):
            found = kinks_of(algebra, difference, right, question.computed)
            if found is None:
                return None
            kinks = found
        steps = self._steps(left, right, difference, (*kinks.shared, *kinks.strays))
        return Proof(tuple(steps), tuple(algebra.used), (*kinks.shared, *kinks.strays), question, kinks.strays)

    def _steps(self, left: Poly, right: Poly, difference: Poly, kinks: tuple[str, ...]) -> Iterator[ProofStep]:
        """The lines of a proof that was found."""
        question, algebra = self.question, self.algebra
        one, other = algebra.expression(left), algebra.expression(right)
        yield ProofStep("left side", question.left, question.left)
        yield ProofStep("right side", question.right, question.right)
        for name in algebra.unfolded:
            equation = question.definitions[name]
            yield ProofStep(UNFOLDED, ex.Read(name, equation.indices), ex.guard(equation.domain, equation.body))
        yield ProofStep("left side in canonical form", question.left, one)
        yield ProofStep("right side in canonical form", question.right, other)
        rest = ex.add(one, ex.negate(other))
        if difference:
            yield ProofStep("difference", rest, algebra.expression(difference))
            rest = algebra.expression(difference)
        yield ProofStep("difference" + (f" except where {' or '.join(kinks)}" if kinks else ""), rest, ex.ZERO)
