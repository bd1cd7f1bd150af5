"""`loss:` of a spec, one term or a list of them, and whether each fits what it is computed from."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Any

from symprop.spec import records
from symprop.spec.kinds import shown
from symprop.spec.model import InputSpec, LayerSpec, LossFunctionSpec, LossSpec
from symprop.spec.nodes import Mapping, Node, Scalar, Sequence, plain
from symprop.spec.reader import Reader, is_broken
from symprop.spec.scalars import BROKEN
from symprop.spec.sections import frozen

REFERENCES = ("from", "target", "mask")
EXPECTED = {
    "probabilities": "probabilities, from 0 to 1",
    "log_probabilities": "logarithms of probabilities, 0 or less",
    "logits": "logits, any real numbers",
}


@dataclass(frozen=True)
class UserLoss:
    """A formula of the spec in the place of a loss of the library."""

    name: str
    options: MappingType[str, Any] = field(default_factory=dict)
    expects: str = "any"
    target: str = "any"
    args: MappingType[str, str] = field(default_factory=dict)
    has_target: bool = True
    further: MappingType[str, Any] = field(default_factory=dict)


def read_loss(reader: Reader, node: Node | None, functions: MappingType[str, LossFunctionSpec]) -> list[LossSpec]:
    """Terms of the loss; one at fault is kept as far as its references can be checked."""
    if node is None or is_broken(node):
        reader.graph_is_whole = False
        return []
    if isinstance(node, Sequence) and not node.items:
        reader.note(node.place, "loss: expected at least one loss, got an empty list")
    terms = node.items if isinstance(node, Sequence) else (node,)
    contexts = ["loss"] if len(terms) == 1 else [f"loss {number}" for number in range(1, len(terms) + 1)]
    return [_term(reader, term, functions, context) for term, context in zip(terms, contexts, strict=True)]


def _term(reader: Reader, node: Node, functions: MappingType[str, LossFunctionSpec], context: str) -> LossSpec:
    entry = _entry(reader, node, functions, context)
    if entry is None or not isinstance(node, Mapping):
        reader.graph_is_whole = False
        return LossSpec("", _text(node, "from"), _text(node, "target"), place=node.place)
    made = reader.section(reader.record(entry, "loss", records.loss_fields(entry)), node, context) or {}
    references = (*REFERENCES, *entry.further)
    if any(made.get(key) is BROKEN for key in references):
        reader.graph_is_whole = False
    function = functions.get(entry.name)
    given = {key: value for key, value in made.items() if value is not BROKEN and key not in ("type", *references)}
    own = {key: value for key, value in given.items() if key in entry.options}
    common = {key: value for key, value in given.items() if key not in own}
    common["reduce"] = common.get("reduce") or (function.reduce if function is not None else "mean")
    target, mask = (made[key] if isinstance(made.get(key), str) else "" for key in ("target", "mask"))
    source = _source(reader, entry, node, made.get("from"), context)
    further = frozen({key: made[key] for key in entry.further if isinstance(made.get(key), str)})
    return LossSpec(
        entry.name, source, target, options=frozen(own), place=node.place, mask=mask, further=further, **common
    )


def _source(reader: Reader, entry: Any, node: Mapping, value: Any, context: str) -> str | tuple[str, ...] | Any:
    """What `from:` names; a list or a map of a loss of several layers."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list | MappingType):
        return ""
    names = list(entry.args)
    fits = sorted(value) == sorted(names) if isinstance(value, MappingType) else len(value) == len(names)
    if not fits:
        got = ", ".join(map(str, value)) if isinstance(value, MappingType) else f"{len(value)}"
        message = f"{context}: from: {entry.name} reads {', '.join(names)}; expected {len(names)} layers, got {got}"
        at = node.get("from")
        reader.note(at.place if at is not None else node.place, message, "List them in this order, or by these names.")
        reader.graph_is_whole = False
    return frozen(dict(value)) if isinstance(value, MappingType) else tuple(value)


def _entry(reader: Reader, node: Node, functions: MappingType[str, LossFunctionSpec], context: str) -> Any:
    if not isinstance(node, Mapping):
        if not is_broken(node):
            message = f"{context}: expected a mapping with type, from and target, got {shown(plain(node))}"
            reader.note(node.place, message)
        return None
    name = node.get("type")
    registry = ChainMap({key: UserLoss(key) for key in functions}, dict(reader.catalog.losses))
    if name is None:
        reader.note(node.place, f"{context}: key 'type' is missing; expected the name of a loss")
    elif isinstance(name, Scalar) and isinstance(name.value, str):
        return reader.entry(name, registry, "loss", "")
    elif not is_broken(name):
        reader.note(name.place, f"{context}: type: expected the name of a loss, got {shown(plain(name))}")
    return None


def _text(node: Node, key: str) -> str:
    value = node.get(key) if isinstance(node, Mapping) else None
    return str(value.value) if isinstance(value, Scalar) and isinstance(value.value, str | int) else ""


def check_fit(reader: Reader, term: LossSpec, layer: LayerSpec, target: InputSpec | None, context: str) -> None:
    """Note a loss on logits after a softmax, on probabilities before one, and of real numbers on class labels."""
    entry = reader.catalog.losses.get(term.type)
    expects = entry.expects if entry is not None else "any"
    bounds = _range(reader, layer)
    if bounds is not None and not _fits(expects, bounds):
        got = f"the output of {layer_words(layer)}, {_output_words(layer)}"
        message = f"{context}: {term.type} takes {EXPECTED[expects]}, got {got}"
        reader.note(term.place, message, _remedy(reader, entry, layer, bounds))
    labelled = entry is not None and entry.target == "labels"
    if target is not None and target.classes is not None and not labelled and term.type:
        message = f"{context}: {term.type} takes numbers as target, got class labels, '{target.name}'"
        hint = "Use a loss over classes such as softmax_cross_entropy, or give the target a shape instead of classes."
        reader.note(term.place, message, hint)


def layer_words(layer: LayerSpec) -> str:
    """`layer 'fc'`, or `layer 2` of one without an id."""
    return f"layer '{layer.id}'" if layer.id else f"layer {layer.number}"


def _output_words(layer: LayerSpec) -> str:
    name = layer.activation.name if layer.activation is not None else ""
    return f"after {name}" if name and name != "identity" else "which has no activation"


def _range(reader: Reader, layer: LayerSpec) -> tuple[float | None, float | None] | None:
    """Closed range of a layer's output, None where it is not known: a formula, or a layer that passes values on."""
    if layer.activation is not None:
        entry = reader.catalog.activations.get(layer.activation.name)
        return entry.range if entry is not None else None
    kind = reader.catalog.layers.get(layer.type)
    return (None, None) if kind is not None and kind.params else None


def _fits(expects: str, bounds: tuple[float | None, float | None]) -> bool:
    low, high = bounds
    probabilities = low is not None and high is not None and low >= 0 and high <= 1
    match expects:
        case "logits":
            return not probabilities
        case "probabilities":
            return probabilities
        case "log_probabilities":
            return high is not None and high <= 0
    return True


def _remedy(reader: Reader, entry: Any, layer: LayerSpec, bounds: tuple[float | None, float | None]) -> str:
    """What to write instead: the same loss on the other side of the activation, or the activation itself."""
    wanted = "probabilities" if entry.expects == "logits" else "logits"
    same = (e for e in reader.catalog.losses.values() if e.formula == entry.formula and e.expects == wanted)
    other = next(same, None)
    if entry.expects == "logits":
        return f"Remove the activation{f', or use {other.name}' if other is not None else ''}."
    activation = "softmax" if entry.per == "rows" else "sigmoid"
    if entry.expects == "log_probabilities":
        activation, other = f"log_{activation}", None
    plain_output = bounds == (None, None)
    use = f", or use {other.name}" if other is not None and plain_output else ""
    return f"Give {layer_words(layer)} the activation {activation}{use}."
