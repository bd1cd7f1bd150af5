"""References between inputs, layers and losses: unknown ones, cycles, and what is never used.

A layer may read what stands above it.  Nothing is said of unused layers as long as a reference is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symprop.spec.losses import check_fit, layer_words
from symprop.spec.model import InputSpec, LayerSpec, LossSpec
from symprop.spec.nodes import Sequence
from symprop.spec.places import Place, close, instead
from symprop.spec.reader import Reader, shown_key


class Graph:
    """The layers, inputs and losses of a spec by what refers to them.

    Args:
        reader: where faults go.
        inputs, layers, loss: as read, in the order of the text.
    """

    def __init__(self, reader: Reader, inputs: list[InputSpec], layers: list[LayerSpec], loss: list[LossSpec]) -> None:
        self.reader, self.layers, self.loss = reader, layers, loss
        self.inputs = {entry.name: entry for entry in inputs}
        self.by_reference: dict[str, LayerSpec] = {}

    def check(self) -> None:
        """Note every fault of the graph."""
        self._ids()
        for layer in self.layers:
            self._layer(layer)
            self._ties(layer)
        for number, term in enumerate(self.loss):
            self._term(term, number)
        if self.reader.graph_is_whole:
            self._unused()

    def _ids(self) -> None:
        for layer in self.layers:
            at = self.reader.place("layers", layer.number - 1, "id")
            first = self.by_reference.setdefault(layer.reference, layer)
            if first is not layer:
                line = self.reader.place("layers", first.number - 1, "id").line
                message = f"{layer_words(layer)}: id '{layer.id}' is taken by layer {first.number}; expected another"
                self.reader.note(at, message, f"See line {line}.")
                self.reader.graph_is_whole = False
            if layer.id in self.inputs:
                self.by_reference.pop(layer.id, None)
                self.reader.graph_is_whole = False
                self.reader.note(at, f"{layer_words(layer)}: id '{layer.id}' is the name of an input; expected another")

    def _layer(self, layer: LayerSpec) -> None:
        path = ("layers", layer.number - 1, "in")
        if not layer.sources and self.reader.graph_is_whole and layer.type:
            features = sorted(name for name, entry in self.inputs.items() if entry.role == "input")
            expected = f"expected one of {', '.join(features)}" if features else "there is no input with role input"
            self.reader.note(layer.place, f"{layer_words(layer)}: key 'in' is missing; {expected}")
            self.reader.graph_is_whole = False
        for key, source in _numbered(layer.inputs):
            node = self.reader.place(*path, *key)
            context = f"{layer_words(layer)}: in"
            entry, target = self.by_reference.get(source), self.inputs.get(source)
            if entry is not None and entry.number >= layer.number:
                message, hint = self._order(layer, entry)
                self.reader.note(node, f"{context}: {message}", hint)
                self.reader.graph_is_whole = False
            elif entry is None and target is None:
                self._unknown(node, context, source, self._above(layer))
            elif entry is None and target is not None and target.role == "target":
                hint = "Give it role: input if the network may see it."
                self.reader.note(node, f"{context}: '{source}' is a target; expected a layer or a feature input", hint)
                self.reader.graph_is_whole = False

    def _ties(self, layer: LayerSpec) -> None:
        """Note a tie to a parameter that no layer above has."""
        for name, reference in layer.tie.items():
            other, _, stem = reference.rpartition(".")
            place, context = self.reader.place("layers", layer.number - 1, "tie", name), f"{layer_words(layer)}: tie"
            entry = self.by_reference.get(other)
            if entry is None:
                above = [other.reference for other in self.layers[: layer.number - 1]]
                if self.reader.names_are_whole:
                    self.reader.note(place, f"{context}: unknown layer {shown_key(other)}; {instead(other, above)}")
            elif entry.number >= layer.number:
                self.reader.note(place, f"{context}: '{other}' does not stand above; expected a layer above")
            elif entry.type and stem not in (known := self._learnt(entry)):
                message = f"{context}: {layer_words(entry)} has no parameter of its own {shown_key(stem)}"
                self.reader.note(place, f"{message}; {instead(stem, known)}")

    def _learnt(self, layer: LayerSpec) -> list[str]:
        """Names of the parameters that a layer has of its own."""
        entry = self.reader.catalog.layers.get(layer.type)
        params = layer.params if entry is None else entry.form(layer.options, layer.inputs).params
        gone = {n for n, p in params.items() if layer.options.get(getattr(p, "when", "")) is False}
        return [name for name in params if name not in layer.tie and name not in gone]

    def _above(self, layer: LayerSpec) -> list[str]:
        features = [name for name, entry in self.inputs.items() if entry.role == "input"]
        return features + [other.reference for other in self.layers[: layer.number - 1]]

    def _order(self, layer: LayerSpec, later: LayerSpec) -> tuple[str, str]:
        """A cycle, or only the wrong order, and what to do."""
        way = self._way(later, layer)
        if way:
            cycle = " -> ".join([layer.reference, *way])
            return f"the layers form a cycle, {cycle}; expected each to read those above it", ""
        message = f"'{later.reference}' stands below; expected a layer above"
        return message, f"Move {layer_words(later)} up."

    def _way(self, start: LayerSpec, goal: LayerSpec) -> list[str]:
        """References from `start` to `goal` against the flow of data, both included; [] if there are none."""
        before: dict[str, str] = {start.reference: ""}
        waiting = [start.reference]
        while waiting:
            name = waiting.pop()
            if name == goal.reference:
                way = [name]
                while before[way[0]]:
                    way.insert(0, before[way[0]])
                return way
            layer = self.by_reference.get(name)
            for source in layer.sources if layer is not None else ():
                if source not in before:
                    before[source] = name
                    waiting.append(source)
        return []

    def _unknown(self, place: Place, context: str, name: str, known: list[str]) -> None:
        self.reader.graph_is_whole = False
        if not self.reader.names_are_whole:
            return
        number = int(name) if name.isascii() and name.isdecimal() and len(name) < 6 else 0
        called = self.layers[number - 1] if 1 <= number <= len(self.layers) else None
        if called is not None and called.id:
            self.reader.note(place, f"{context}: layer {number} has an id; did you mean '{called.id}'?")
            return
        self.reader.note(place, f"{context}: unknown source {shown_key(name)}; {instead(name, known)}")

    def _term(self, term: LossSpec, number: int) -> None:
        listed = isinstance(self.reader.root.get("loss"), Sequence)
        path: tuple[str | int, ...] = ("loss", number) if listed else ("loss",)
        context = f"loss {number + 1}" if len(self.loss) > 1 else "loss"
        for key, source in _numbered(term.source):
            if source and source not in self.by_reference:
                place = self.reader.place(*path, "from", *key)
                self._unknown(place, f"{context}: from", source, list(self.by_reference))
        for named, given in {"target": term.target, "mask": term.mask, **term.further}.items():
            self._compared(given, (*path, named), f"{context}: {named}")
        layer = self.by_reference.get(term.source) if isinstance(term.source, str) else None
        if layer is not None:
            check_fit(self.reader, term, layer, self.inputs.get(term.target), context)

    def _compared(self, name: str, path: tuple[str | int, ...], context: str) -> None:
        """Note an input that there is not."""
        if not name or name in self.inputs:
            return
        known = [key for key, entry in self.inputs.items() if entry.role == "target"] or list(self.inputs)
        near = close(name, known)
        end = f"did you mean '{near}'?" if near else instead(name, known)
        self.reader.graph_is_whole = False
        if self.reader.names_are_whole:
            self.reader.note(self.reader.place(*path), f"{context}: unknown input {shown_key(name)}; {end}")

    def _unused(self) -> None:
        if not self.loss or not self.layers:
            return
        reached = self._reached()
        for layer in self.layers:
            if layer.reference not in reached:
                hint = "Read it in another layer, or remove it."
                self.reader.note(layer.place, f"{layer_words(layer)}: its output reaches no loss", hint)
        for name, entry in self.inputs.items():
            if name not in reached:
                kind = "target" if entry.role == "target" else "input"
                used = "no loss compares with it" if kind == "target" else "no layer that reaches a loss reads it"
                self.reader.note(entry.place, f"{kind} '{name}': {used}", "Use it, or remove it.")

    def _reached(self) -> set[str]:
        reached = {name for term in self.loss for name in term.inputs}
        waiting = [source for term in self.loss for source in term.sources]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                layer = self.by_reference.get(name)
                waiting.extend(layer.sources if layer is not None else ())
        return reached


def _numbered(named: str | tuple[str, ...] | Mapping[str, str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """References with the path to each below `in:` or `from:`, () where one stands alone."""
    if isinstance(named, str):
        yield (), named
    elif isinstance(named, Mapping):
        yield from (((key,), source) for key, source in named.items())
    else:
        yield from (((key,), source) for key, source in enumerate(named))
