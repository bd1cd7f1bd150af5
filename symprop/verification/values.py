"""What was claimed and what became of it.

Enters: what the comparison found.  Leaves: frozen values, as text, as JSON, and as an exit code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from symprop.errors import Fault
from symprop.language import Equation, Tensor
from symprop.verification.conventions import Convention
from symprop.verification.views import View

if TYPE_CHECKING:
    from symprop.algebra.canonical import Proof

PROVED, AT_KINKS, AGREES = "PROVED", "PROVED EXCEPT AT KINKS", "AGREES"
PROPORTIONAL, REFUTED, SHAPE = "PROPORTIONAL", "REFUTED", "SHAPE"
NOT_EVALUABLE, VACUOUS, NOT_CHECKED = "NOT EVALUABLE", "VACUOUS", "NOT CHECKED"
GIVEN_EARLIER, IMPURE = "given earlier claims", "IMPURE"
RIGHT, WRONG = (PROVED, AT_KINKS), (PROPORTIONAL, REFUTED, SHAPE)


@dataclass(frozen=True)
class Claim:
    """One value that a user wrote down.

    Args:
        name: as the claims give it.
        target: the adjoint (`dW1`) or tensor of the network (`A1`) it is about; "" for a helper.
        tensor: what it is stored under, with the shape it has; None where its shapes do not fit.
        equations: of the value; the last one is its own.
        reads: names of the tensors it reads, other claims under the names they are stored under.
        text: the formula as it was written.
        where: its place.
        problem: why it cannot be evaluated, or None.
        read_as: the equations it was read as, of a notation that has to be interpreted; else "".
        written: the tensor as the user has it, which later claims read; `tensor` is the same as the network has it.
        view: how the user writes what it is about; None of a helper.
        group: what the claims of its recurrence are stored under, itself included; () where it is none.
    """

    name: str
    target: str
    tensor: Tensor | None
    equations: tuple[Equation, ...]
    reads: tuple[str, ...]
    text: str
    where: str
    problem: Fault | None = None
    read_as: str = ""
    written: Tensor | None = None
    view: View | None = None
    group: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What later claims read it under, "" where it has no value."""
        return self.written.name if self.written is not None else ""

    @property
    def fits(self) -> bool:
        """True where its shape is that of what it is about."""
        return self.written is not None and self.view is not None and self.view.axes == self.written.axes

    @property
    def formulas(self) -> tuple[Equation, ...]:
        """The equations of what the user wrote, without the one that makes the network's tensor of it."""
        is_converted = self.tensor is not None and self.tensor.name != self.label
        return self.equations[:-1] if is_converted else self.equations


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on.

    Args:
        method: "proof", "high precision" or "shapes".
        digits: decimal digits of the evaluation, 0 for none; "float64" for a comparison in double precision.
        points: number of points compared.
        worst: largest distance of an entry, relative to the largest entry.
    """

    method: str
    digits: int | str = 0
    points: int = 0
    worst: float = 0.0


@dataclass(frozen=True)
class Counterexample:
    """A point, in small numbers, at which a claim and the truth differ.

    Args:
        extents: sizes of the named extents.
        values: the tensors that are given, in words or entry by entry.
        entry: the first entry that differs, `dW1[0, 1]`.
        yours: its value by the claim.
        ours: its true value.
    """

    extents: Mapping[str, int]
    values: Mapping[str, str]
    entry: str
    yours: str
    ours: str


@dataclass(frozen=True)
class Verdict:
    """What became of one claim.

    Args:
        name: as the claims give it; of a gradient that they do not mention, its own.
        target: the adjoint or tensor it is about.
        verdict: one of PROVED, PROVED EXCEPT AT KINKS, AGREES, PROPORTIONAL, REFUTED, SHAPE, NOT EVALUABLE, VACUOUS,
            NOT CHECKED.
        reason: one sentence.
        flags: "given earlier claims" where it is right if the claims above it were; "IMPURE" where the claimed function
            changed its inputs.
        extents: "all", or the sizes that it was proved for or compared at.
        assumptions: facts on the data that it holds under.
        kinks: points at which there is no derivative.
        evidence: what the verdict rests on.
        ratio: of a proportional claim, what it is times the truth; else "".
        first_wrong: the first wrong claim among those it is made of, itself included; else "".
        counterexample: for a refuted claim.
        difference: claimed minus true, simplified; "" where that is no formula to read.
        differing: how many entries differ, and of how many, at a random point.
        ours: the truth in NumPy notation, or in index notation.
        hints: what the claim is consistent with; each was checked at two independent points.
        steps: of the proof.
        proofs: the proof itself, whose steps `recheck` evaluates; of a recurrence, one for each of its equations.
        where: place of the claim.
        read_as: how its notation was understood, as equations with the shape; "" where there is nothing to understand.
    """

    name: str
    target: str
    verdict: str
    reason: str = ""
    flags: tuple[str, ...] = ()
    extents: str | tuple[str, ...] = "all"
    assumptions: tuple[str, ...] = ()
    kinks: tuple[str, ...] = ()
    evidence: Evidence | None = None
    ratio: str = ""
    first_wrong: str = ""
    counterexample: Counterexample | None = None
    difference: str = ""
    differing: tuple[int, int] | None = None
    ours: str = ""
    hints: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    where: str = ""
    read_as: str = ""


@dataclass(frozen=True)
class Conventions:
    """Under which convention claims were read, and under which they are right.

    Args:
        declared: what was declared, None where nothing was.
        used: what they were read under.
        right_under: other conventions under which all of them are right, those that differ least; they are not used.
        fitting: ways to read them of which none was taken, since more than one fits their shapes.
        usual: ways in which they are read where nothing is declared, as the network lies.
    """

    declared: Convention | None = None
    used: Convention = field(default_factory=Convention)
    right_under: tuple[Convention, ...] = ()
    fitting: tuple[Convention, ...] = ()
    usual: tuple[Convention, ...] = (Convention(),)


@dataclass(frozen=True)
class Report:
    """The verdicts on all claims, in their order; gradients that are not mentioned come last.

    Args:
        network: name of the network.
        loss: its loss, as an equation.
        claims: the verdicts.
        accept_agrees: whether a claim that only agrees counts as right.
        notes: conventions of the network's loss.
        conventions: of the claims.
        extents: names of the extents that a proof holds for, whatever they are.
    """

    network: str
    loss: str
    claims: tuple[Verdict, ...]
    accept_agrees: bool = False
    notes: tuple[str, ...] = field(default=())
    conventions: Conventions = field(default_factory=Conventions)
    extents: tuple[str, ...] = ("N",)

    def __getitem__(self, name: str) -> Verdict:
        """The verdict on a claim, by its name or its target."""
        for verdict in self.claims:
            if name in (verdict.name, verdict.target):
                return verdict
        raise KeyError(name)

    @property
    def given(self) -> tuple[Verdict, ...]:
        """The verdicts on what was claimed."""
        return tuple(v for v in self.claims if v.verdict != NOT_CHECKED)

    @property
    def exit_code(self) -> int:
        """0: all proved; 1: one is wrong; 5: undecided."""
        verdicts = [v.verdict for v in self.given]
        if any(v in WRONG for v in verdicts):
            return 1
        accepted = (*RIGHT, AGREES) if self.accept_agrees else RIGHT
        return 0 if all(v in accepted for v in verdicts) else 5

    @property
    def ok(self) -> bool:
        """True if and only if the exit code is 0."""
        return self.exit_code == 0

    def as_json(self) -> dict[str, Any]:
        """The object that `verify --json` prints."""
        from symprop.verification.jsonform import report_json

        return report_json(self)

    def __str__(self) -> str:
        from symprop.verification.text import report_text

        return report_text(self)
