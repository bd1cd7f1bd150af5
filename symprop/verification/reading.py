"""Formulas of a claims file as claims: equations over names of their own, each after what it reads.

Enters: a claims file and a derivation.  Leaves: `Claim` values.  Whatever cannot be read is a fault with its place, all
of them at once; only shapes that do not fit belong to the verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symprop.derivation import Derivation
from symprop.errors import ClaimError, Fault, FormulaError, InputError
from symprop.frontends import Assigned, IndexNotation, Meaning, Names, Notation, ShapeError
from symprop.language import Extent, Scope, Tensor, parse_extent
from symprop.verification.claimsfile import ClaimsFile, Formula
from symprop.verification.recurrences import joined
from symprop.verification.targets import plain, suggestion, target_of
from symprop.verification.values import Claim

READERS: dict[str, type[Notation | IndexNotation]] = {"numpy": Notation, "index": IndexNotation}
"""What reads a formula of each notation."""

MARK = "'"
"""The user's dW1 is stored as dW1', beside the true dW1."""


def claims_of(file: ClaimsFile, derivation: Derivation) -> tuple[Claim, ...]:
    """The claims of a file.

    Raises:
        ClaimError: a formula cannot be read, or a name means nothing; all faults are listed.
    """
    reader = _Reader(file, derivation)
    found = reader.program() if file.is_program else reader.formulas()
    faults = [*reader.faults, *(_unused(found, file, derivation) if not reader.faults else [])]
    if faults:
        # what a formula may read ahead can be at fault itself
        raise ClaimError(dict.fromkeys(faults))
    found, faults = joined(found)
    if faults:
        raise ClaimError(faults)
    if not any(claim.target for claim in found):
        hint = suggestion("", derivation)
        raise ClaimError(Fault(file.name, "there is no claim on a gradient or a value of the network", hint))
    return tuple(found)


def _unused(claims: list[Claim], file: ClaimsFile, derivation: Derivation) -> list[Fault]:
    """A name that means nothing and that nobody reads is a mistake, and no claim at all."""
    read = {label for claim in claims for label in claim.reads}
    faults = []
    for claim in claims:
        idle = not claim.target and claim.tensor is not None and claim.tensor.name not in read
        if idle and (not file.is_program or claim.name.startswith(derivation.prefix)):
            message = f"'{claim.name}' is no gradient and no tensor of the network, and no later claim reads it"
            faults.append(Fault(claim.where, message, suggestion(claim.name, derivation)))
    return faults


class _Reader:
    """Claims read so far, and what names mean by now."""

    def __init__(self, file: ClaimsFile, derivation: Derivation) -> None:
        self.file, self.derivation = file, derivation
        self.faults: list[Fault] = []
        network = derivation.network
        known = {name: Meaning(tensor, "of the network") for name, tensor in network.tensors.items()}
        for alias, name in file.aliases.items():
            if plain(name, {}) in known:
                known[plain(alias, {})] = known[plain(name, {})]
        self.known: dict[str, Meaning] = known
        self.functions = {f.name: len(f.args) + len(f.params) for f in network.functions.values()}
        extents = {name for tensor in network.tensors.values() for axis in tensor.axes for name in axis.names}
        self.extents = frozenset(extents)
        self.indices = {name: self._extent(formula) for name, formula in file.indices.items()}

    def _extent(self, formula: Formula) -> Extent:
        try:
            return parse_extent(formula.text, Scope({}, extents=self.extents), f"{formula.place} ({formula.name})")
        except FormulaError as error:
            self.faults += error.faults
            return Extent.of(1)

    @property
    def names(self) -> Names:
        return Names(dict(self.known), self.extents, self.functions, self.indices)

    def formulas(self) -> list[Claim]:
        """Claims by name, each of which may read those above it."""
        found = []
        for formula in self.file.formulas:
            try:
                found.append(self._formula(formula))
            except InputError as error:
                self.faults += error.faults
        return found

    def _formula(self, formula: Formula) -> Claim:
        name = formula.name.replace(".", "_")
        target = target_of(formula.name, self.derivation, self.file.aliases, formula.place)
        claim = Claim(formula.name, target, None, (), (), formula.text, formula.place)
        names = self._ahead(formula, target) if formula.notation == "index" else self.names
        notation = READERS[formula.notation](formula.text, names, _labels(name), formula.name, formula.locate)
        try:
            assigned = notation.formula(name + formula.indices)
        except ShapeError as error:
            self._block([name, target], formula.name)
            return replace(claim, problem=error.faults[0])
        claim = _claim(claim, assigned)
        assert claim.tensor is not None
        for known in filter(None, (name, target)):
            self.known[known] = Meaning(claim.tensor, f"by your claim {formula.name}")
        return claim

    def _ahead(self, formula: Formula, target: str) -> Names:
        """The names a recurrence may read besides: its own, and the gradients that are claimed below with indices."""
        found = dict(self.known)
        below = self.file.formulas[self.file.formulas.index(formula) :]
        for other in (f for f in below if f.notation == "index"):
            about = target_of(other.name, self.derivation, self.file.aliases, other.place)
            stem = about.removeprefix(self.derivation.prefix) if about not in found else about
            own = self.derivation.network.tensors.get(stem)
            if own is not None and (other is formula or stem != about):
                name = other.name.replace(".", "_")
                stored = Tensor(_labels(name)(name, 0), own.axes, own.dtype, high=own.high)
                found |= dict.fromkeys((name, about), Meaning(stored, f"by your claim {other.name}"))
        return Names(found, self.extents, self.functions, self.indices)

    def _block(self, names: list[str], claim: str) -> None:
        """What reads a claim without a value has none either."""
        tensor = next(iter(self.known.values())).tensor
        for name in filter(None, names):
            self.known[name] = Meaning(tensor, "", f"the shapes of claim {claim} do not fit", unfit=True)

    def program(self) -> list[Claim]:
        """One claim for the last value of every name that is assigned to; earlier values are helpers."""
        formula = self.file.formulas[0]
        notation = Notation(formula.text, self.names, _program_label, "claims", formula.locate)
        try:
            assigned = notation.program()
        except ShapeError as error:
            return [*self._assigned(notation.found, formula), _broken(error, formula)]
        except InputError as error:
            self.faults += error.faults
            return []
        return self._assigned(assigned, formula)

    def _assigned(self, assigned: list[Assigned], formula: Formula) -> list[Claim]:
        last = {value.name: value.tensor.name for value in assigned}
        claims = []
        for value in assigned:
            where = formula.locate(value.place)
            is_last = last[value.name] == value.tensor.name
            try:
                target = target_of(value.name, self.derivation, self.file.aliases, where) if is_last else ""
            except InputError as error:
                self.faults += error.faults
                continue
            line = formula.text.split("\n")[value.place.line - 1].strip()
            claim = Claim(value.name, target, value.tensor, value.equations, value.reads, line, where)
            claims.append(claim)
        return claims


def _broken(error: ShapeError, formula: Formula) -> Claim:
    """The statement of a program whose shapes do not fit; NumPy would stop there."""
    fault = error.faults[0]
    return Claim("program", "program", None, (), (), formula.text, fault.where, fault)


def _claim(claim: Claim, assigned: list[Assigned]) -> Claim:
    """The claim with the value that was assigned last."""
    equations = tuple(e for value in assigned for e in value.equations)
    own = {e.target for e in equations}
    reads = tuple(dict.fromkeys(n for value in assigned for n in value.reads if n not in own))
    return replace(claim, tensor=assigned[-1].tensor, equations=equations, reads=reads)


def _labels(claim: str) -> Callable[[str, int], str]:
    def label(name: str, count: int) -> str:
        if name == claim:
            return f"{claim}{MARK}" + (f".{count}" if count else "")
        return f"{claim}{MARK}.{name}" + (f".{count}" if count else "")

    return label


def _program_label(name: str, count: int) -> str:
    return f"{name}{MARK}" + (f".{count}" if count else "")
