"""`layers:` of a spec: entries of the library, and layers written as equations."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace
from typing import Any

from symprop.spec import records
from symprop.spec.formulas import OwnNames, check_equations
from symprop.spec.kinds import shown
from symprop.spec.model import FunctionSpec, InputSpec, LayerSpec, Pick
from symprop.spec.nodes import Mapping, Node, Scalar, Sequence, plain
from symprop.spec.ownlayers import EQUATIONS, LayerType, integer_arguments, names_are_apart, own_parts
from symprop.spec.places import instead
from symprop.spec.reader import Reader, Values, is_broken, shown_key
from symprop.spec.scalars import BROKEN
from symprop.spec.sections import frozen, whole

PICKS = {"activation": "activations", "initialiser": "initialisers"}


@dataclass(frozen=True)
class UserFunction:
    """A formula of the spec in the place of an activation; it has no options."""

    name: str
    options: MappingType[str, Any] = field(default_factory=dict)


class Layers:
    """Reads the layers one after the other.

    Args:
        reader: where faults go.
        functions: the formulas of the spec, which can be activations.
        inputs: the inputs of the spec.
        types: layers of the spec's own that others use by name.
    """

    def __init__(
        self,
        reader: Reader,
        functions: MappingType[str, FunctionSpec],
        inputs: list[InputSpec],
        types: MappingType[str, LayerType],
    ) -> None:
        self.reader, self.functions, self.inputs, self.types = reader, functions, inputs, types
        self.used: set[str] = set()
        own = {name: UserFunction(name) for name, function in functions.items()}
        self.registries: dict[str, MappingType[str, Any]] = {
            "activation": ChainMap(own, dict(reader.catalog.activations)),
            "initialiser": reader.catalog.initialisers,
        }
        self.found: list[LayerSpec] = []

    def read(self, node: Node | None) -> list[LayerSpec]:
        """All layers; one at fault is kept as far as others can refer to it."""
        if node is None or is_broken(node):
            self.reader.graph_is_whole = self.reader.names_are_whole = False
            return []
        if not isinstance(node, Sequence) or not node.items:
            got = "an empty list" if isinstance(node, Sequence) else shown(plain(node))
            self.reader.note(node.place, f"layers: expected a list of layers, got {got}")
            self.reader.graph_is_whole = self.reader.names_are_whole = False
            return []
        most = self.reader.limits.layers
        if len(node.items) > most:
            at = node.items[most].place
            self.reader.note(at, f"layers: expected at most {most} layers, got {len(node.items)}")
        for number, item in enumerate(node.items[:most], 1):
            self.found.append(self._layer(item, number))
        for name, kind in self.types.items() if self.reader.names_are_whole else ():
            if name not in self.used:
                self.reader.note(kind.place, f"layer type '{name}': no layer uses it", "Use it, or remove it.")
        return self.found

    def _layer(self, node: Node, number: int) -> LayerSpec:
        id_ = _raw_id(node)
        context = f"layer '{id_}'" if id_ else f"layer {number}"
        if not isinstance(node, Mapping):
            self.reader.section(records.LAYER_ANY, node, context)
            self.reader.graph_is_whole = self.reader.names_are_whole = False
            return LayerSpec(number, "", "", (), place=node.place)
        if node.get(EQUATIONS) is not None:
            return self._equations(node, number, id_, context)
        return self._entry(node, number, id_, context)

    def _entry(self, node: Mapping, number: int, id_: str, context: str) -> LayerSpec:
        entry = self._type(node, context)
        if entry is None:
            # the references are still checked
            common = node.only(records.LAYER_ANY_KEYS)
            made = self.reader.section(records.LAYER_ANY, common, context)
            return LayerSpec(number, id_, "", self._inputs(made), place=node.place)
        if isinstance(entry, LayerType):
            return self._use(entry, node, number, id_, context)
        made = self.reader.section(self.reader.record(entry, "layer", records.layer_fields(entry)), node, context) or {}
        options = {key: self._option(key, option, node, made, context) for key, option in entry.options.items()}
        activation = options.pop("activation", None)
        if activation is BROKEN or (not isinstance(activation, Pick) and node.get("activation") is not None):
            activation = Pick("")  # one that was refused is not the same as none
        inputs = _in_order(self._inputs(made), entry.args)
        self._check_arity(node, entry, inputs, context)
        tie = self._tie(node, made, entry.form(options, inputs).params, context)
        return LayerSpec(number, id_, entry.name, inputs, activation, frozen(options), place=node.place, tie=tie)

    def _tie(self, node: Mapping, made: Values, params: Iterable[str], context: str) -> MappingType[str, str]:
        """Parameters of other layers by parameters of this one, "" for the first."""
        given, known = made.get("tie"), list(params)
        if not isinstance(given, dict):
            return frozen({})
        at = node.get("tie") or node
        for name in given:
            if name not in ("", *known) or not known:
                place = ((at.key(name) if isinstance(at, Mapping) else None) or at).place
                word = f"unknown parameter {shown_key(name)}; {instead(name, known)}" if known else "it learns nothing"
                self.reader.note(place, f"{context}: tie: {word}")
        return frozen({known[0] if name == "" and known else name: other for name, other in given.items()})

    def _type(self, node: Mapping, context: str) -> Any:
        name = node.get("type")
        if name is None:
            expected = "expected the name of a layer, or equations"
            self.reader.note(node.place, f"{context}: key 'type' is missing; {expected}")
        elif isinstance(name, Scalar) and isinstance(name.value, str):
            known = ChainMap[str, Any](dict(self.types), dict(self.reader.catalog.layers))
            return self.reader.entry(name, known, "layer type", context)
        elif not is_broken(name):
            self.reader.note(name.place, f"{context}: type: expected the name of a layer, got {shown(plain(name))}")
        return None

    def _option(self, key: str, option: Any, node: Mapping, made: Values, context: str) -> Any:
        """Value of an option; activations and initialisers become `Pick` values."""
        value = made.get(key, BROKEN)
        if option.kind not in PICKS or value is None or value is BROKEN:
            return tuple(value) if isinstance(value, list) else value
        given = node.get(key)
        if given is None:
            given = Scalar(node.place, value, str(value))
        return self._pick(given, option.kind, context)

    def _pick(self, node: Node, noun: str, context: str) -> Pick | None:
        made = self.reader.pick(node, self.registries[noun], noun, context)
        function = self.functions.get(made.name) if made is not None and noun == "activation" else None
        if function is not None and function.args and len(function.args) != 1:
            count = len(function.args)
            self.reader.note(node.place, f"{context}: activation '{function.name}' takes {count} arguments; expected 1")
        return made

    def _inputs(self, made: Values | None) -> tuple[str, ...] | MappingType[str, str]:
        given: Any = made.get("in") if made is not None else BROKEN
        if given is BROKEN:
            self.reader.graph_is_whole = False
            return ()
        if given is None:
            return self._default_inputs()
        return frozen(given) if isinstance(given, dict) else tuple(given)

    def _default_inputs(self) -> tuple[str, ...]:
        """The layer above; of the first layer, the only feature input, () where there are several."""
        if self.found:
            return (self.found[-1].reference,)
        features = [entry.name for entry in self.inputs if entry.role == "input"]
        if not self.reader.names_are_whole:
            self.reader.graph_is_whole = False
        return (features[0],) if len(features) == 1 else ()

    def _check_arity(self, node: Mapping, entry: Any, inputs: Any, context: str) -> None:
        args, at = list(entry.args), node.get("in") or node
        if isinstance(inputs, MappingType):
            for key in sorted(set(inputs) - set(args)):
                place = (at.key(key) or at).place if isinstance(at, Mapping) else at.place
                self.reader.note(place, f"{context}: in: unknown argument {shown_key(key)}; {instead(key, args)}")
            missing = [name for name in entry.needed if name not in inputs]
            if missing:
                self.reader.note(at.place, f"{context}: in: argument '{missing[0]}' is missing")
        elif inputs and (len(inputs) < len(entry.needed) or (len(inputs) > len(args) and not entry.variadic)):
            optional = f"{len(entry.needed)} to {len(args)}" if entry.optional else str(len(args))
            least = f"at least {len(args)}" if entry.variadic else optional
            plural = "" if least == "1" else "s"
            message = f"{context}: {entry.name} takes {least} input{plural}, got {len(inputs)} ({', '.join(inputs)})"
            self.reader.note(at.place, message, "" if node.get("in") is not None else "List them under in.")

    # -- layers written as equations -----------------------------------------------------------------------------

    def _equations(self, node: Mapping, number: int, id_: str, context: str) -> LayerSpec:
        made = self.reader.section(records.EQUATIONS_LAYER, node, context) or {}
        activation = self._pick(at, "activation", context) if (at := node.get("activation")) is not None else None
        parts = own_parts(self.reader, node, made, context)
        layer = replace(
            parts,
            number=number,
            id=id_,
            inputs=_in_order(self._inputs(made or None), made.get("args")),
            activation=activation,
            tie=self._tie(node, made, parts.params, context),
        )
        if whole(made) and made and self._arguments_are_fed(layer, node, context):
            names = OwnNames(("layers", number - 1), context, integer_arguments(layer, self.inputs))
            check_equations(self.reader, layer, names)
        return layer

    def _arguments_are_fed(self, layer: LayerSpec, node: Mapping, context: str) -> bool:
        """Every argument has a source, by name or in order, and no name stands for two things."""
        args, at = list(layer.args), (node.get("in") or node).place
        apart = names_are_apart(self.reader, at, layer, (), context)
        fed = list(layer.inputs) if isinstance(layer.inputs, MappingType) else args[: len(layer.inputs)]
        if sorted(fed) != sorted(args) or len(layer.sources) != len(args):
            expected = f"{len(args)} source{'' if len(args) == 1 else 's'}, for {', '.join(args)}"
            self.reader.note(at, f"{context}: in: expected {expected}, got {len(layer.sources)}")
            return False
        return apart

    def _use(self, kind: LayerType, node: Mapping, number: int, id_: str, context: str) -> LayerSpec:
        """A layer whose type is one of the spec's own."""
        self.used.add(kind.name)
        record = self.reader.record(kind, "layer", records.LAYER_TYPE_USE)
        made = (self.reader.section(record, node, context) if kind.right else None) or {}
        activation = self._pick(at, "activation", context) if (at := node.get("activation")) is not None else None
        inputs = _in_order(self._inputs(made or None), kind.args)
        if not made:
            return LayerSpec(number, id_, "", inputs, activation, place=node.place)
        self._check_arity(node, kind, inputs, context)
        parts = kind.with_options(made)
        tie = self._tie(node, made, parts.params, context)
        return replace(
            parts, number=number, id=id_, inputs=inputs, activation=activation, tie=tie, place=node.place
        )


def _in_order(inputs: tuple[str, ...] | MappingType[str, str], args: Any) -> tuple[str, ...] | MappingType[str, str]:
    """A map of arguments in the order of the arguments; what is no argument stands last."""
    if not isinstance(inputs, MappingType) or not isinstance(args, MappingType):
        return inputs
    rank = {name: number for number, name in enumerate(args)}
    return frozen(dict(sorted(inputs.items(), key=lambda item: rank.get(item[0], len(rank)))))


def _raw_id(node: Node) -> str:
    id_ = node.get("id") if isinstance(node, Mapping) else None
    if not isinstance(id_, Scalar) or not isinstance(id_.value, str):
        return ""
    return shown_key(id_.value, quote="")
