"""Formulas of a spec, read once for their faults; what they mean is found when equations are made."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from symprop.errors import Fault, FormulaError
from symprop.language import (
    PRIMITIVES,
    Equation,
    Extent,
    Scope,
    Tensor,
    arithmetic,
    declared,
    parse_definition,
    parse_expression,
)
from symprop.language.expressions import Reduce, tensors_read, walk
from symprop.spec.catalog import Catalog
from symprop.spec.model import FunctionSpec, LayerSpec, LossFunctionSpec, Shape, Text, place_in
from symprop.spec.nodes import Scalar
from symprop.spec.reader import Reader

BATCH = Extent.of("N")
IDENTIFIER = re.compile(r"[A-Za-z]\w*")


def text_of(node: Scalar) -> Text:
    """A formula of the spec with its place."""
    return Text(str(node.value), node.place, node.inside)


def callable_functions(reader: Reader) -> dict[str, int]:
    """Functions that a formula can call beside the primitives, with their number of arguments."""
    if not reader.callable:
        library = {name: 1 for name, entry in reader.catalog.activations.items() if entry.elementwise}
        reader.callable = library | reader.functions
    return reader.callable


def words_of_the_language(catalog: Catalog) -> set[str]:
    """Names that no tensor, extent or argument may have."""
    return {*PRIMITIVES, *catalog.activations, "sum", "argmax", "argmin", "pi", "derivative"}


def check_function(reader: Reader, function: FunctionSpec | LossFunctionSpec, params: Iterable[str]) -> None:
    """Note the fault of a scalar formula, if it has one."""
    names = [*function.args, *params, *function.constants]
    scope = Scope({name: Tensor(name, ()) for name in names}, functions=callable_functions(reader))
    kind = "loss function" if isinstance(function, LossFunctionSpec) else "function"
    try:
        parse_expression(function.formula.text, scope, "formula")
    except FormulaError as error:
        note(reader, function.formula, error, f"{kind} '{function.name}'")


@dataclass(frozen=True)
class OwnNames:
    """What the equations of a layer can name beside its tensors.

    Args:
        path: of the layer in the spec.
        context: what messages call it.
        integers: arguments that are fed from labels or tokens, with their number of values.
        scalars: options that are numbers.
        free: extents that a use of the layer gives.
    """

    path: tuple[str | int, ...]
    context: str
    integers: Mapping[str, Extent] = field(default_factory=dict)
    scalars: Collection[str] = ()
    free: Collection[str] = ()


def check_equations(reader: Reader, layer: LayerSpec, names: OwnNames) -> None:
    """Note the first fault of a layer's equations; later ones may follow from it."""
    _OwnEquations(reader, layer, names).check()


class _OwnEquations:
    """The equations of one layer, read in their order."""

    def __init__(self, reader: Reader, layer: LayerSpec, names: OwnNames) -> None:
        self.reader, self.layer, self.names = reader, layer, names
        self.tensors = {name: _argument(name, s, names.integers.get(name)) for name, s in layer.args.items()}
        held = (*layer.params.values(), *layer.states.values())
        self.tensors |= {spec.name: Tensor(spec.name, _axes(spec.shape)) for spec in held}
        self.tensors |= {name: Tensor(name, ()) for name in names.scalars}
        self.indices = self._index_extents()
        # tensors that equations define, with what stands before them
        self.before: dict[str, set[str]] = {}

    def check(self) -> None:
        """Note the first fault."""
        if all(map(self._definition, self.layer.equations)) and self._output():
            self._updates()
            self._inference()

    def _definition(self, text: Text) -> bool:
        known = set(self.tensors)
        made = self._read(text)
        if made is None:
            return False
        equation, tensor = made
        if equation.target in known:
            again = "again" if equation.target in self.before else "although it is given"
            return self._fault(text, f"{equation.target} is defined {again}; expected a new name")
        self.before[equation.target], self.tensors[equation.target] = known, tensor
        return True

    def _output(self) -> bool:
        if not self.layer.output or self.layer.output in self.before:
            return True
        known = ", ".join(sorted(self.before)) or "nothing"
        message = f"output '{self.layer.output}' is not defined by its equations, which define {known}"
        self.reader.note(self.layer.place, f"{self.names.context}: {message}")
        return False

    def _updates(self) -> None:
        """Every state has one update."""
        states, seen = self.layer.states, set[str]()
        for text in self.layer.updates:
            name = self._beside(text, "update", list(states), seen)
            if name is None:
                return
            seen.add(name)
        for name in states:
            if name not in seen:
                message = f"{self.names.context}: state '{name}' has no update; expected one under updates"
                self.reader.note(states[name].place, message, f"Such as {name}[...] = 0.9*{name}[...] + ...")

    def _inference(self) -> None:
        """An equation of inference stands in the place of one of the forward pass."""
        seen = set[str]()
        for text in self.layer.inference:
            name = self._beside(text, "inference", list(self.before), seen)
            if name is None:
                return
            seen.add(name)

    def _beside(self, text: Text, kind: str, targets: list[str], seen: Collection[str]) -> str | None:
        """Target of an equation beside the forward pass; None, and noted, where it is at fault."""
        made = self._read(text)
        if made is None:
            return None
        equation, tensor = made
        name = equation.target
        if name not in targets:
            noun = "a state" if kind == "update" else "defined by its equations"
            known = ", ".join(targets) or "nothing"
            self._fault(text, f"{kind}: {name} is not {noun}; expected one of {known}")
        elif name in seen:
            self._fault(text, f"{kind}: {name} has two such equations; expected one")
        elif tensor.axes != self.tensors[name].axes:
            shown = ", ".join(map(str, self.tensors[name].axes))
            self._fault(text, f"{kind}: {name} has axes ({shown}), but this gives ({', '.join(map(str, tensor.axes))})")
        elif any(isinstance(node, Reduce) and node.op != "sum" for node in walk(equation.body)):
            hint = "Give that an equation of its own under equations."
            self._fault(text, f"{kind}: {name}: a maximum over an index cannot stand here", hint)
        elif kind == "inference" and (late := [n for n in tensors_read(equation.body) if self._late(n, name)]):
            self._fault(text, f"{kind}: it reads {late[0]}, which is not computed before {name}")
        else:
            return name
        return None

    def _late(self, read: str, target: str) -> bool:
        return read in self.before and read not in self.before[target]

    def _read(self, text: Text) -> tuple[Equation, Tensor] | None:
        extents = ["N", *self.reader.known.dims, *self.names.free]
        indices = {**declared(text.text, self.tensors), **self.indices}
        scope = Scope(self.tensors, indices, extents=extents, functions=callable_functions(self.reader))
        try:
            return parse_definition(text.text, scope, "equation")
        except FormulaError as error:
            note(self.reader, text, error, self.names.context)
            return None

    def _fault(self, text: Text, message: str, hint: str = "") -> bool:
        self.reader.note(text.place, f"{self.names.context}: {message}", hint)
        return False

    def _index_extents(self) -> dict[str, Extent]:
        """Extents that are declared for indices; one at fault is noted, and is 1 from then on."""
        found = {}
        known = {name: Extent.of(name) for name in self.names.free}
        known |= {name: Extent.of(size) for name, size in self.reader.known.dims.items()}
        for name, text in self.layer.extents.items():
            place, context = self.reader.place(*self.names.path, "extents", name), f"{self.names.context}: extents"
            mentioned = set(IDENTIFIER.findall(text))
            try:
                found[name] = index_extent(text, known)
            except FormulaError as error:
                # what a use of the layer gives is a number only there
                free = mentioned <= known.keys() and mentioned & set(self.names.free)
                found[name] = Extent.of(name if free else 1)
                for fault in () if free else error.faults:
                    self.reader.note(place, f"{context}: {name}: {fault.message}", fault.hint)
            if name in self.tensors or name in known:
                self.reader.note(place, f"{context}: '{name}' already has a meaning; expected another name")
        return found


def index_extent(text: str, dims: Mapping[str, Extent]) -> Extent:
    """The extent of an index from arithmetic over numbers and names of `dims`; at least 1.

    Raises:
        FormulaError: it is no such arithmetic, or less than 1.
    """
    value = arithmetic(text, dims)
    if not value.at_least(1):
        raise FormulaError(Fault("extent", f"expected an extent of at least 1, got {value}"))
    return value


def note(reader: Reader, text: Text, error: FormulaError, context: str) -> None:
    """Note the faults of a formula at their places in the file."""
    for fault in error.faults:
        place, inner = place_in(text, fault.where)
        reader.note(place, f"{context}: {inner}{fault.message}", fault.hint)


def _axes(shape: Shape) -> tuple[Extent, ...]:
    return tuple(Extent.of(extent) for extent in shape)


def _argument(name: str, shape: Shape, high: Extent | None) -> Tensor:
    tensor = Tensor(name, (BATCH, *_axes(shape)))
    return tensor if high is None else replace(tensor, dtype="integer", high=high)
