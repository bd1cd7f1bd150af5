"""Formulas of a spec, read once for their faults; what they mean is found when equations are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from symprop.errors import Fault, FormulaError
from symprop.language import PRIMITIVES, Extent, Scope, Tensor, arithmetic, parse_definition, parse_expression
from symprop.spec.catalog import Catalog
from symprop.spec.model import FunctionSpec, LayerSpec, LossFunctionSpec, Shape, Text, place_in
from symprop.spec.nodes import Scalar
from symprop.spec.reader import Reader

BATCH = Extent.of("N")


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


def check_equations(reader: Reader, layer: LayerSpec, integers: Mapping[str, Extent], context: str) -> None:
    """Note the first fault of a layer's equations; later ones may follow from it.

    `integers` are the arguments that are fed from labels or tokens, with their number of values.
    """
    dims = dict(reader.known.dims)
    indices = _index_extents(reader, layer, context)
    tensors = {name: _argument(name, shape, integers.get(name)) for name, shape in layer.args.items()}
    tensors |= {name: Tensor(name, _axes(param.shape)) for name, param in layer.params.items()}
    defined: set[str] = set()
    for equation in layer.equations:
        scope = Scope(tensors, indices, extents=["N", *dims], functions=callable_functions(reader))
        try:
            made, tensor = parse_definition(equation.text, scope, "equation")
        except FormulaError as error:
            return note(reader, equation, error, context)
        if made.target in tensors:
            again = "again" if made.target in defined else "although it is given"
            return reader.note(equation.place, f"{context}: {made.target} is defined {again}; expected a new name")
        tensors[made.target] = tensor
        defined.add(made.target)
    if layer.output and layer.output not in defined:
        known = ", ".join(sorted(defined)) or "nothing"
        message = f"{context}: output '{layer.output}' is not defined by its equations, which define {known}"
        reader.note(layer.place, message)


def _index_extents(reader: Reader, layer: LayerSpec, context: str) -> dict[str, Extent]:
    """Extents that are declared for indices; one at fault is noted, and is 1 from then on."""
    found = {}
    for name, text in layer.extents.items():
        place = reader.place("layers", layer.number - 1, "extents", name)
        try:
            found[name] = index_extent(text, reader.known.dims)
        except FormulaError as error:
            found[name] = Extent.of(1)
            for fault in error.faults:
                reader.note(place, f"{context}: extents: {name}: {fault.message}", fault.hint)
        if name in layer.args or name in layer.params or name in reader.known.dims:
            reader.note(place, f"{context}: extents: '{name}' already has a meaning; expected another name")
    return found


def index_extent(text: str, dims: Mapping[str, int]) -> Extent:
    """The extent of an index from arithmetic over numbers and names of `dims`; at least 1.

    Raises:
        FormulaError: it is no such arithmetic, or less than 1.
    """
    value = arithmetic(text, {name: Extent.of(size) for name, size in dims.items()})
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
