"""Names: those a person chose, those that are made from them, and no two of them alike.

Outputs are `Z_<id>` and `A_<id>`, parameters `W_<id>` and so on, an adjoint is `d` and a name; a layer without an id
has its number in place of `_<id>`.  `N` is the batch extent and `L` the loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from symprop.spec.formulas import words_of_the_language
from symprop.spec.losses import layer_words
from symprop.spec.model import FunctionSpec, InputSpec, LayerSpec, LossFunctionSpec, LossSpec
from symprop.spec.places import Finding, Place, instead
from symprop.spec.reader import Reader, shown_key

RESERVED = {"N": "the batch extent", "L": "the loss"}
TARGET_OF_EQUATION = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class Claim:
    """A name, and what it stands for.

    Args:
        name: the name.
        what: what it belongs to, in words.
        place: where it comes from.
        tensor: whether it is a tensor, which has an adjoint.
        rank: 0 of a loss, which cannot be renamed, 1 of a layer, 2 where a person chose this very name.
    """

    name: str
    what: str
    place: Place
    tensor: bool = True
    rank: int = 2


def check_names(
    reader: Reader,
    functions: Mapping[str, FunctionSpec],
    losses: Mapping[str, LossFunctionSpec],
    inputs: list[InputSpec],
    layers: list[LayerSpec],
    loss: list[LossSpec],
) -> list[str]:
    """Note every collision; the names of all tensors and extents, for `symbols`."""
    chosen = [
        *(Claim(name, f"extent '{name}'", _key(reader, "dims", name), False) for name in reader.known.dims),
        *(Claim(f.name, f"function '{f.name}'", f.place, False) for f in functions.values()),
        *(Claim(f.name, f"loss function '{f.name}'", f.place, False) for f in losses.values()),
        *(Claim(entry.name, f"input '{entry.name}'", entry.place) for entry in inputs),
    ]
    _reserved(reader, chosen, functions, losses, layers)
    made = [claim for layer in layers for claim in _of_layer(reader, layer, functions)]
    made += _of_loss(reader, loss, inputs)
    taken = _distinct(reader, chosen + made)
    for claim in taken.values():
        base = taken.get(claim.name[1:]) if claim.name.startswith("d") else None
        if base is not None and base.tensor:
            message = f"{claim.what}: '{claim.name}' is the name of the adjoint of {base.what}; expected another name"
            reader.note(claim.place, message)
    return list(taken)


def check_symbols(reader: Reader, symbols: Mapping[str, str], known: list[str]) -> None:
    """Note symbols of names that do not exist, and one symbol given twice."""
    seen: dict[str, str] = {}
    for name, symbol in symbols.items():
        if name not in known:
            message = f"symbols: unknown name {shown_key(name)}; {instead(name, known)}"
            reader.note(_key(reader, "symbols", name), message, "`symprop show` prints every name.")
        first = seen.setdefault(str(symbol), name)
        if first != name:
            place = reader.place("symbols", name)
            reader.note(place, f"symbols: '{symbol}' already stands for {first}; expected another symbol")


def _key(reader: Reader, *path: str) -> Place:
    return reader.place(*path, "[key]")


def _reserved(
    reader: Reader,
    chosen: list[Claim],
    functions: Mapping[str, FunctionSpec],
    losses: Mapping[str, LossFunctionSpec],
    layers: list[LayerSpec],
) -> None:
    """Note chosen names that shadow a word of the language or a library entry, or are reserved."""
    words = words_of_the_language(reader.catalog)
    inner = [*_inner(reader, functions, "functions", "function"), *_inner(reader, losses, "losses", "loss function")]
    for layer in layers:
        for name in (*layer.args, *layer.params, *layer.states, *([layer.output] if layer.output else [])):
            groups = {"args": layer.args, "params": layer.params, "states": layer.states}
            section = next((key for key, names in groups.items() if name in names), "output")
            tail = (name, "[key]") if section != "output" else ()
            place = reader.place("layers", layer.number - 1, section, *tail)
            inner.append(Claim(name, f"{layer_words(layer)}: {section}", place))
    for claim in (*chosen, *inner):
        if claim.name in words:
            message = f"{claim.what}: '{claim.name}' is a function of the language; expected another name"
            reader.note(claim.place, message)
        elif claim.name in RESERVED and claim not in inner:
            message = f"{claim.what}: '{claim.name}' is the name of {RESERVED[claim.name]}; expected another name"
            reader.note(claim.place, message)
    for name, function in losses.items():
        if name in reader.catalog.losses:
            message = f"loss function '{name}': the library has a loss of this name; expected another name"
            reader.note(function.place, message)


def _inner(
    reader: Reader, functions: Mapping[str, FunctionSpec] | Mapping[str, LossFunctionSpec], section: str, noun: str
) -> Iterator[Claim]:
    for function in functions.values():
        for number, name in enumerate(function.args):
            yield Claim(name, f"{noun} '{function.name}': args", reader.place(section, function.name, "args", number))
        named = {"params": getattr(function, "params", {}), "constants": function.constants}
        for key, names in named.items():
            for name in names:
                yield Claim(name, f"{noun} '{function.name}': {key}", _key(reader, section, function.name, key, name))


def _of_layer(reader: Reader, layer: LayerSpec, functions: Mapping[str, FunctionSpec]) -> Iterator[Claim]:
    """Tensors of a layer."""

    def claim(stem: str) -> Claim:
        return Claim(layer.tensor(stem), f"{layer_words(layer)}", place, rank=1)

    place = reader.place("layers", layer.number - 1, "id") if layer.id else layer.place
    entry = reader.catalog.layers.get(layer.type)
    if layer.type == "equations":
        yield claim("Z")
    if layer.activation is not None:
        yield claim("A")
        own = functions.get(layer.activation.name)
        yield from map(claim, own.params if own is not None else ())
    if entry is not None:
        form = entry.form(layer.options, layer.inputs)
        kept = [n for n, p in form.params.items() if not p.when or layer.options.get(p.when) is not False]
        held = [name for name in kept if name not in layer.tie]
        yield from map(claim, [*_targets(form.equations), *held, *form.samples, *form.state])
    own_targets = _targets(equation.text for equation in layer.equations)
    learnt = [name for name in layer.params if name not in layer.tie]
    yield from map(claim, [*learnt, *layer.states, *(name for name in own_targets if name != layer.output)])


def _targets(equations: Iterable[str]) -> list[str]:
    """Names that equations define, each once."""
    matches = (TARGET_OF_EQUATION.match(equation) for equation in equations)
    return list(dict.fromkeys(match.group(1) for match in matches if match))


def _of_loss(reader: Reader, loss: list[LossSpec], inputs: list[InputSpec]) -> list[Claim]:
    """Tensors that losses introduce, each once."""
    labels = {entry.name for entry in inputs if entry.classes is not None}
    found: dict[str, Claim] = {}
    for term in loss:
        entry = reader.catalog.losses.get(term.type)
        names = ["Y"] if entry is not None and entry.target == "labels" and term.target in labels else []
        names += _targets(entry.equations[:-1]) if entry is not None else []
        for given in entry.given if entry is not None else ():
            if not given.when or term.options.get(given.when):
                names += _targets([given.equation])
        for name in names:
            found.setdefault(name, Claim(name, f"loss {term.type}", term.place, rank=0))
    return list(found.values())


def _distinct(reader: Reader, claims: list[Claim]) -> dict[str, Claim]:
    """Claims by name; where two are alike, the one that is easier to rename is noted, or the later one."""
    taken: dict[str, Claim] = {}
    found: dict[Place, Finding] = {}
    for claim in sorted(claims, key=lambda c: (c.rank, c.place)):
        first = taken.setdefault(claim.name, claim)
        if first is not claim and first.place != claim.place:
            message = f"{claim.what}: name '{claim.name}' is taken by {first.what}; expected another"
            found.setdefault(claim.place, Finding(claim.place, message, f"See line {first.place.line}."))
    # an id that is taken has been noted, and all names made from it are taken with it
    noted = {finding.place for finding in reader.findings}
    for finding in found.values():
        if finding.place not in noted:
            reader.note(finding.place, finding.message, finding.hint)
    return taken
