"""What a layer of one's own is made of, and `layer_types:`, such layers under a name that others use.

Enters: the mapping that holds the equations.  Leaves: a `LayerSpec` without a place among the layers; of a type also
its options, so that a use of it is read as that of an entry of the library.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from collections.abc import Mapping as MappingType
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from symprop.language import Extent
from symprop.library.options import REQUIRED, Option
from symprop.spec import records
from symprop.spec.formulas import OwnNames, check_equations, text_of
from symprop.spec.kinds import IDENTIFIER, shown
from symprop.spec.model import InputSpec, LayerSpec, ParamSpec, Text
from symprop.spec.nodes import Mapping, Node, Scalar, Sequence, plain
from symprop.spec.places import TOP, Place
from symprop.spec.reader import Reader, Values
from symprop.spec.scalars import BROKEN
from symprop.spec.sections import entries, frozen, whole

EQUATIONS = "equations"


@dataclass(frozen=True)
class LayerType:
    """A layer of one's own that others use by its name.

    Args:
        name: what `type:` calls it.
        layer: what it is made of.
        options: what a use can set.
        place: of its name.
        right: False where it is at fault, so that its uses are not judged.
    """

    name: str
    layer: LayerSpec
    options: MappingType[str, Option] = field(default_factory=dict)
    place: Place = TOP
    right: bool = True
    variadic: bool = False

    @property
    def args(self) -> MappingType[str, Any]:
        """Shapes of its arguments."""
        return self.layer.args

    @property
    def optional(self) -> MappingType[str, float]:
        """Arguments that may be left out."""
        return self.layer.optional

    @property
    def needed(self) -> tuple[str, ...]:
        """Arguments that have to be given."""
        return tuple(name for name in self.args if name not in self.optional)

    def with_options(self, given: MappingType[str, Any]) -> LayerSpec:
        """What it is made of, with the values of a use."""
        sizes = {name: given[name] for name, option in self.options.items() if option.kind == "extent"}
        others = {name: given[name] for name in self.options if name not in sizes}
        return replace(self.layer, options=frozen(others), sizes=frozen(sizes))


def own_parts(reader: Reader, node: Mapping, made: Values, context: str) -> LayerSpec:
    """Equations, and what they name."""
    output, extents = made.get("output"), made.get("extents")
    return LayerSpec(
        0,
        "",
        EQUATIONS,
        (),
        equations=_texts(node.get(EQUATIONS)),
        args=_shapes(made.get("args")),
        params=frozen(_held(reader, node.get("params"), f"{context}: parameter")),
        output=str(output) if output is not BROKEN and output is not None else "",
        place=node.place,
        extents=frozen(extents),
        states=frozen(_held(reader, node.get("states"), f"{context}: state")),
        updates=_texts(node.get("updates")),
        inference=_texts(node.get("inference")),
    )


def names_are_apart(reader: Reader, place: Place, layer: LayerSpec, options: Collection[str], context: str) -> bool:
    """False, and noted, where a name stands for two things."""
    groups = {"an argument": layer.args, "a parameter": layer.params, "a state": layer.states, "an option": options}
    nouns: dict[str, list[str]] = {}
    for noun, names in groups.items():
        for name in names:
            nouns.setdefault(name, []).append(noun)
    twice = sorted(name for name, found in nouns.items() if len(found) > 1)
    for name in twice:
        reader.note(place, f"{context}: '{name}' is {' and '.join(nouns[name])}; expected two names")
    return not twice


def integer_arguments(layer: LayerSpec, inputs: list[InputSpec]) -> dict[str, Extent]:
    """Arguments that are fed from labels or tokens, with their number of values."""
    highs = {entry.name: entry.vocabulary or entry.classes for entry in inputs}
    names = layer.inputs if isinstance(layer.inputs, MappingType) else layer.args
    found = {name: highs.get(source) for name, source in zip(names, layer.sources, strict=True)}
    return {name: Extent.of(high) for name, high in found.items() if high is not None}


def read_layer_types(reader: Reader, node: Node | None) -> dict[str, LayerType]:
    """`layer_types:`."""
    return {key.text: _layer_type(reader, key, value) for key, value in entries(node)}


def _layer_type(reader: Reader, key: Scalar, node: Node) -> LayerType:
    context, before = f"layer type '{key.text}'", len(reader.findings)
    if key.text in reader.catalog.layers:
        message = f"{context}: the library has a layer of this name; expected another name"
        reader.note(key.place, message)
    options = _options(reader, node.get("options") if isinstance(node, Mapping) else None, context)
    free = _free(reader, node, options)
    with _extents(reader, free):
        made = reader.section(records.LAYER_TYPE, node, context)
        if made is None or not isinstance(node, Mapping):
            return LayerType(key.text, LayerSpec(0, "", EQUATIONS, ()), options, key.place, right=False)
        layer = replace(own_parts(reader, node, made, context), optional=frozen(made["optional"]))
    _check_optional(reader, node, layer, context)
    if whole(made) and len(reader.findings) == before and names_are_apart(reader, key.place, layer, options, context):
        scalars = [name for name, option in options.items() if option.kind != "extent"]
        names = OwnNames(("layer_types", key.text), context, scalars=scalars, free=free)
        check_equations(reader, layer, names)
    return LayerType(key.text, layer, options, key.place, right=len(reader.findings) == before)


def _check_optional(reader: Reader, node: Mapping, layer: LayerSpec, context: str) -> None:
    for key, _ in entries(node.get("optional")):
        if key.text not in layer.args:
            known = ", ".join(layer.args)
            reader.note(key.place, f"{context}: optional: '{key.text}' is no argument; expected one of {known}")


def _free(reader: Reader, node: Node, options: MappingType[str, Option]) -> list[str]:
    """Extents that a use gives: names of the shapes of arguments that are not in dims, and options."""
    found = [name for name, option in options.items() if option.kind == "extent"]
    for _, shape in entries(node.get("args") if isinstance(node, Mapping) else None):
        items = shape.items if isinstance(shape, Sequence) else ()
        words = [item.value for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]
        found += [word for word in words if IDENTIFIER.fullmatch(word) and word != "N"]
    return [name for name in dict.fromkeys(found) if name not in reader.known.dims]


@contextmanager
def _extents(reader: Reader, names: Collection[str]) -> Iterator[None]:
    """Let shapes name extents that have no value yet."""
    known = reader.known
    reader.known = replace(known, dims={**known.dims, **dict.fromkeys(names, 1)})
    try:
        yield
    finally:
        reader.known = known


def _options(reader: Reader, node: Node | None, context: str) -> dict[str, Option]:
    found = {}
    taken = records.LAYER_TYPE_USE
    for key, value in entries(node):
        where = f"{context}: option '{key.text}'"
        if key.text in taken or key.text in reader.known.dims:
            noun = "a key of every layer" if key.text in taken else "an extent of dims"
            reader.note(key.place, f"{where}: this is the name of {noun}; expected another name")
        option = _option(reader, value, where)
        if option is not None:
            found[key.text] = option
            fault = None if option.required else option.fault(option.default)
            named = option.kind == "extent" and isinstance(option.default, str)
            if fault is None and named and option.default not in reader.known.dims:
                fault = f"unknown extent '{option.default}'"
            if fault is not None:
                at = (value.get("default") if isinstance(value, Mapping) else None) or value
                reader.note(at.place, f"{where}: default: {fault}")
    return found


def _option(reader: Reader, node: Node, context: str) -> Option | None:
    """An option from its default, or from a mapping with its kind."""
    if isinstance(node, Scalar):
        if isinstance(node.value, bool):
            return Option("flag", node.value)
        if isinstance(node.value, int | float):
            return Option("number", node.value)
        if node.value is not BROKEN:
            expected = "expected a number, true, false, or a mapping with kind and default"
            reader.note(node.place, f"{context}: {expected}, got {shown(plain(node))}")
        return None
    made = reader.section(records.OPTION, node, context)
    if made is None or not whole(made):
        return None
    default = REQUIRED if made["default"] is None else made["default"]
    return Option(made["kind"], default, made["low"], made["high"], doc=made["doc"] or "")


def _held(reader: Reader, node: Node | None, context: str) -> dict[str, ParamSpec]:
    """Parameters or states."""
    found = {}
    for key, value in entries(node):
        where = f"{context} '{key.text}'"
        made = reader.section(records.LAYER_PARAM, value, where) or {}
        at = value.get("init") if isinstance(value, Mapping) else None
        init = reader.pick(at, reader.catalog.initialisers, "initialiser", where) if at is not None else None
        shape = tuple(made["shape"]) if isinstance(made.get("shape"), list) else ()
        found[key.text] = ParamSpec(key.text, shape, init, key.place)
    return found


def _texts(node: Node | None) -> tuple[Text, ...]:
    items = node.items if isinstance(node, Sequence) else ()
    return tuple(text_of(item) for item in items if isinstance(item, Scalar))


def _shapes(given: Any) -> MappingType[str, Any]:
    return frozen({name: tuple(shape) for name, shape in given.items()} if isinstance(given, dict) else {})
