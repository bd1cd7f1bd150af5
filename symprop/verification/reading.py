"""Formulas of a claims file as claims: equations over names of their own, each after what it reads.

Enters: a claims file and a derivation.  Leaves: `Claim` values.  Whatever cannot be read is a fault with its place, all
of them at once; only shapes that do not fit belong to the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from symprop.algebra.rules import Rules
from symprop.derivation import Derivation
from symprop.errors import ClaimError, Fault, FormulaError, InputError
from symprop.frontends import Assigned, IndexNotation, Latex, Meaning, Names, Notation, ShapeError
from symprop.frontends.arrays import shape_text
from symprop.frontends.latex.notation import Left
from symprop.language import PRIMITIVES, Extent, Function, Position, Read, Scope, Tensor, parse_extent
from symprop.language.expressions import Call
from symprop.language.extents import ONE
from symprop.report.symbols import Symbols
from symprop.verification.claimsfile import ClaimsFile, Formula
from symprop.verification.converting import over_network
from symprop.verification.proving import single
from symprop.verification.recurrences import joined
from symprop.verification.scene import library
from symprop.verification.shortnames import short_names
from symprop.verification.targets import plain, suggestion, target_of
from symprop.verification.values import Claim
from symprop.verification.views import Views

READERS: Mapping[str, type[Notation] | type[IndexNotation]] = {"numpy": Notation, "index": IndexNotation}
"""Who reads one formula, by the notation it is written in."""
PROGRAMS: Mapping[str, type[Notation] | type[Latex]] = {"numpy": Notation, "latex": Latex}
"""Who reads lines of formulas."""
MARK = "'"
"""The user's dW1 is stored as dW1', beside the true dW1."""


def claims_of(
    file: ClaimsFile, derivation: Derivation, views: Views, has_columns: bool = False
) -> tuple[Claim, ...]:
    """The claims of a file.

    Args:
        file: the formulas.
        derivation: what they are about.
        views: how the user writes its tensors.
        has_columns: whether examples are columns there.

    Raises:
        ClaimError: a formula cannot be read, or a name means nothing; all faults are listed.
    """
    reader = _Reader(file, derivation, views, has_columns)
    found = reader.program() if file.is_program else reader.formulas()
    again = [c for c in found if c.target in reader.given]
    reader.faults += [Fault(c.where, f"{c.name} is given, and claimed", "Leave out one of the two.") for c in again]
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
        idle = not claim.target and claim.tensor is not None and claim.label not in read
        if idle and (not file.is_program or claim.name.startswith(derivation.prefix)):
            message = f"'{claim.name}' is no gradient and no tensor of the network, and no later claim reads it"
            faults.append(Fault(claim.where, message, suggestion(claim.name, derivation)))
    return faults


class _Reader:
    """Claims read so far, and what names mean by now."""

    def __init__(self, file: ClaimsFile, derivation: Derivation, views: Views, has_columns: bool) -> None:
        self.file, self.derivation, self.views, self.has_columns = file, derivation, views, has_columns
        self.faults: list[Fault] = []
        network = derivation.network
        written = views.written(network)
        known = {name: Meaning(tensor, "of the network") for name, tensor in written.items()}
        for alias, name in file.aliases.items():
            if plain(name, {}) in known:
                known[plain(alias, {})] = known[plain(name, {})]
        self.given: set[str] = set()
        for name, place in file.given.items():
            known |= self._given(name, place)
        self.known: dict[str, Meaning] = known
        self.functions = {f.name: len(f.args) + len(f.params) for f in network.functions.values()}
        symbols = Symbols(network, derivation.prefix)
        self.symbols = {name: symbols[name].tex for name in network.tensors}
        self.slope = slopes(network.functions)
        own = {formula.name for formula in file.formulas}
        self.short = {short: name for short, name in short_names(network).items() if short not in own}
        self.labels: set[str] = set()
        self.lines: list[Left | None] = []
        extents = {name for tensor in written.values() for axis in tensor.axes for name in axis.names}
        self.extents = frozenset(extents)
        self.indices = {name: self._extent(formula) for name, formula in file.indices.items()}

    def _given(self, name: str, place: str) -> dict[str, Meaning]:
        """A gradient that is taken from the derivation: what is claimed about others rests on the true one."""
        try:
            target = target_of(name, self.derivation, self.file.aliases, place)
        except InputError as error:
            self.faults += error.faults
            return {}
        if not target or target in self.derivation.network.tensors:
            message = f"given: '{name}' is no gradient of the network"
            self.faults.append(Fault(place, message, suggestion(name, self.derivation)))
            return {}
        self.given.add(target)
        meaning = Meaning(Tensor(target, self.views[target].axes), "given")
        return dict.fromkeys((target, plain(name, {})), meaning)

    def _extent(self, formula: Formula) -> Extent:
        try:
            return parse_extent(formula.text, Scope({}, extents=self.extents), f"{formula.place} ({formula.name})")
        except FormulaError as error:
            self.faults += error.faults
            return Extent.of(1)

    @property
    def names(self) -> Names:
        return self._names(self.known)

    def _names(self, known: Mapping[str, Meaning]) -> Names:
        known = dict(known)
        return Names(
            known,
            self.extents,
            self.functions,
            self.symbols,
            self.slope,
            self.indices,
            self.file.first,
            self.has_columns,
            {short: name for short, name in self.short.items() if name in known and short not in known},
        )

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
            self._block([name, target], formula.name, error)
            return replace(claim, problem=error.faults[0])
        except InputError as error:
            # one fault is told once: what reads this claim is not judged
            self._block([name, target], formula.name, error)
            raise
        claim = self._valued(claim, assigned)
        assert claim.written is not None
        # below a claim W1, which is about dW1, W1 is still the parameter
        for known in filter(None, ("" if self._is_learnt(name) else name, target)):
            self.known[known] = Meaning(claim.written, f"by your claim {formula.name}")
        return claim

    def _is_learnt(self, name: str) -> bool:
        """True of a parameter's own name."""
        tensor = self.derivation.network.tensors.get(plain(name, self.file.aliases))
        return tensor is not None and tensor.role == "param"

    def _valued(self, claim: Claim, assigned: list[Assigned]) -> Claim:
        """The claim with the value that was assigned last."""
        equations = tuple(e for value in assigned for e in value.equations)
        claim = replace(claim, tensor=assigned[-1].tensor, equations=equations)
        return over_network(claim, self.derivation, self.views)

    def _ahead(self, formula: Formula, target: str) -> Names:
        """The names a recurrence may read besides: its own, gradients claimed below, and steps below with indices."""
        found = dict(self.known)
        below = self.file.formulas[self.file.formulas.index(formula) :]
        steps = []
        for other in below:
            about = target_of(other.name, self.derivation, self.file.aliases, other.place)
            stem = about.removeprefix(self.derivation.prefix) if about not in found else about
            own = self.derivation.network.tensors.get(stem)
            if own is not None and (other is formula or stem != about):
                name = other.name.replace(".", "_")
                stored = Tensor(_labels(name)(name, 0), self.views[about].axes, own.dtype, high=own.high)
                found |= dict.fromkeys((name, about), Meaning(stored, f"by your claim {other.name}"))
            elif own is None and other is not formula and other.notation == "index":
                steps.append(other)
        return self._names({**found, **self._steps_ahead(steps, found)})

    def _steps_ahead(self, steps: Sequence[Formula], known: Mapping[str, Meaning]) -> dict[str, Meaning]:
        """The user's own steps of a recurrence, as far as their shapes are found."""
        unseen = [step.name for step in steps if step.name not in known]
        found: dict[str, Meaning] = {}
        for step in (s for s in steps if s.name in unseen):
            reader = IndexNotation(step.text, self._names(known), _labels(step.name), step.name, step.locate)
            try:
                stored = Tensor(_labels(step.name)(step.name, 0), reader.axes(step.name + step.indices, unseen))
            except InputError:
                # what is wrong with it is said where it is read
                continue
            found[step.name] = Meaning(stored, f"by your claim {step.name}")
        return found

    def _block(self, names: list[str], claim: str, error: InputError) -> None:
        """What reads a claim without a value has none either, for the reason that this one has none."""
        tensor = next(iter(self.known.values())).tensor
        above = (m.blocked for m in self.known.values() if m.unfit and m.blocked in error.faults[0].message)
        reason = next(above, f"the shapes of claim {claim} do not fit")
        for name in filter(None, names):
            self.known[name] = Meaning(tensor, "", reason, unfit=True)

    def program(self) -> list[Claim]:
        """One claim for every value, or the last one of every name that is assigned to; earlier ones are helpers."""
        found = []
        for formula in self.file.formulas:
            found += self._program(formula)
        return found

    def _below(self, formula: Formula) -> Names:
        """The names of a line of a document, with the adjoints that it and later lines are about: of a recurrence."""
        if not self.lines:
            self.lines = [Latex(f.text, self.names, self._label).about() for f in self.file.formulas]
        found = dict(self.known)
        for left in self.lines[self.file.formulas.index(formula) :]:
            if left is not None and left.shape is not None and left.name not in found:
                stored = Tensor(f"{left.name}{MARK}", left.shape)
                found[left.name] = Meaning(stored, f"by your claim {left.name}")
        return self._names(found)

    def _program(self, formula: Formula) -> list[Claim]:
        names = self._below(formula) if formula.notation == "latex" else self.names
        reader = PROGRAMS[formula.notation](formula.text, names, self._label, "claims", formula.locate)
        try:
            reader.program()
        except ShapeError as error:
            self._block([reader.name], reader.name, error)
            return [*self._assigned(reader, formula), self._broken(error, reader.name, formula)]
        except InputError as error:
            self._block([reader.name], reader.name, error)
            self.faults += error.faults
            return []
        return self._assigned(reader, formula)

    def _label(self, name: str, count: int) -> str:
        """A name that no value of the file is stored under yet."""
        while (label := f"{name}{MARK}" + (f".{count}" if count else "")) in self.labels:
            count += 1
        self.labels.add(label)
        return label

    def _assigned(self, reader: Notation | Latex, formula: Formula) -> list[Claim]:
        last = {value.name: value.tensor.name for value in reader.found}
        claims = []
        for value in reader.found:
            where = formula.locate(value.place)
            # an assignment to a parameter is an update, and no gradient
            is_last = reader.restates or last[value.name] == value.tensor.name
            is_last = is_last and not self._is_learnt(value.name)
            try:
                target = target_of(value.name, self.derivation, self.file.aliases, where) if is_last else ""
            except InputError as error:
                self.faults += error.faults
                continue
            claim = self._valued(Claim(value.name, target, None, (), (), reader.line(value.place), where), [value])
            claims.append(replace(claim, read_as=_read_as(claim, self.views) if formula.notation != "numpy" else ""))
            meaning = self._alias(reader, value) or Meaning(value.tensor, f"by your claim {value.name}")
            for known in filter(None, (value.name, target, *reader.also)):
                self.known[known] = meaning
        return claims

    def _alias(self, reader: Notation | Latex, value: Assigned) -> Meaning | None:
        """What `w = W_1` makes w: another name of the tensor, where names are not assigned to again."""
        equation = value.equations[-1]
        body = single(equation.body)
        axes = value.tensor.axes
        left = tuple(Position.of(0) if extent == ONE else p for p, extent in zip(equation.indices, axes, strict=True))
        if not (reader.restates and isinstance(body, Read) and body.indices == left):
            return None
        if value.name in self.derivation.network.tensors:
            return None
        known = self.known.get(body.tensor)
        return known if known is not None and known.tensor.axes == value.tensor.axes else None

    def _broken(self, error: ShapeError, name: str, formula: Formula) -> Claim:
        """The statement of a program whose shapes do not fit; NumPy would stop there."""
        fault = error.faults[0]
        target = target_of(name, self.derivation, self.file.aliases, fault.where) if name else ""
        return Claim(name or "program", target or name or "program", None, (), (), formula.text, fault.where, fault)


def _labels(claim: str) -> Callable[[str, int], str]:
    def label(name: str, count: int) -> str:
        if name == claim:
            return f"{claim}{MARK}" + (f".{count}" if count else "")
        return f"{claim}{MARK}.{name}" + (f".{count}" if count else "")

    return label


def _read_as(claim: Claim, views: Views) -> str:
    """The equations of a claim, over arrays as the user has them, with the shape of its value."""
    assert claim.written is not None
    equations = "; ".join(str(e.with_body(views.outside(e.body))) for e in claim.formulas).replace(MARK, "")
    return f"{equations} of shape {shape_text(claim.written.axes)}"


def slopes(functions: Mapping[str, Function]) -> Callable[[str, int], Function | None]:
    """Derivatives of the functions of a network and of the library, found by differentiating their formulas."""
    known = {**library(), **functions}
    rules = Rules(known)

    def slope(name: str, order: int) -> Function | None:
        own = Function(name, ("z",), Call(name, (Read("z"),))) if name in PRIMITIVES else None
        function = known.get(name, own)
        for step in range(order if function is not None else 0):
            assert function is not None
            function = replace(function, name=f"{name} derived {step + 1} times", body=rules(function, 0))
        return function

    return slope
