"""`blocks:`, named lists of layers, written out wherever `layers:` uses one.

Enters: the tree of a spec.  Leaves: the same tree without uses of blocks.  What is written out keeps the places of the
block's own lines, so that a fault of a block is reported there.

A use `{block: enc, repeat: 3, id: e, in: x}` gives the ids of the block the prefixes `e1.`, `e2.`, `e3.`, or `e.`
without `repeat`.  Inside, `input` is what the block reads: what `in:` names, else the layer above; the next repetition
reads the last layer of the one before.  Outside, `e` and `e3` are last layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from collections.abc import Sequence as SequenceType
from dataclasses import dataclass, field, replace
from typing import Any

from symprop.spec import records
from symprop.spec.nodes import Mapping, Node, Scalar, Sequence
from symprop.spec.places import Place, instead
from symprop.spec.reader import Reader, is_broken, shown_key
from symprop.spec.scalars import BROKEN
from symprop.spec.sections import entries

INPUT, DEEPEST = "input", 8


def expanded(reader: Reader) -> Mapping:
    """The root of a spec with every use of a block written out; faults of the uses go to the reader."""
    root, layers, blocks = reader.root, reader.root.get("layers"), reader.root.get("blocks")
    if not isinstance(layers, Sequence) or not (blocks is not None or any(map(_is_use, layers.items))):
        return root
    known = dict(_blocks(reader, blocks))
    reader.shared_places = frozenset(place for node in known.values() for place in _places(node))
    work = _Writer(reader, known)
    top = _Inside()
    work.layers(layers.items, top)
    for key, _ in entries(blocks) if reader.names_are_whole else ():
        if key.text in known and key.text not in work.used:
            reader.note(key.place, f"block '{key.text}': no layer uses it", "Use it, or remove it.")
    changed: dict[str, Node] = {"layers": Sequence(layers.place, tuple(work.made))}
    if (loss := root.get("loss")) is not None:
        changed["loss"] = work.terms(loss, top)
    return _with(root, changed)


def _places(node: Node) -> Iterator[Place]:
    """Places of all values and keys."""
    yield node.place
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _places(item)
    elif isinstance(node, Mapping):
        for key, value in entries(node):
            yield key.place
            yield from _places(value)


def _blocks(reader: Reader, node: Node | None) -> Iterator[tuple[str, Sequence]]:
    for key, value in entries(node):
        if isinstance(value, Sequence) and value.items:
            yield key.text, value
        elif not is_broken(value):
            reader.note(value.place, f"block '{key.text}': expected a list of layers")


@dataclass
class _Inside:
    """One writing out of a block, or the list of layers itself.

    Args:
        prefix: what its ids begin with.
        names: what references in it stand for.
        path: the blocks it is in.
        numbers: number in the whole list of every layer written so far, by its number here; 0 of one with an id.
    """

    prefix: str = ""
    names: dict[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    numbers: list[int] = field(default_factory=list)

    def reference(self, name: str) -> str | None:
        """What a reference stands for in the whole list; None of a number that is no layer above."""
        if not name.isdecimal():
            return self.names.get(name, name)
        known = int(name) <= len(self.numbers) if len(name) < 6 else False
        return str(self.numbers[int(name) - 1] or name) if known and int(name) else None


class _Writer:
    """Writes layers one after the other."""

    def __init__(self, reader: Reader, blocks: MappingType[str, Sequence]) -> None:
        self.reader, self.blocks = reader, blocks
        self.made: list[Node] = []
        self.used: set[str] = set()
        self.full = False

    def layers(self, items: SequenceType[Node], inside: _Inside) -> None:
        """Write a list of layers."""
        inside.names.update({id_: inside.prefix + id_ for id_ in map(_id, items) if id_})
        for number, item in enumerate(items):
            if self._is_full(item):
                return
            first = number == 0 and bool(inside.path)
            if isinstance(item, Mapping) and _is_use(item):
                self._use(item, inside, first)
            else:
                self.made.append(self._layer(item, inside, first) if isinstance(item, Mapping) else item)
            inside.numbers.append(0 if _is_use(item) or _id(item) else len(self.made))

    def terms(self, node: Node, inside: _Inside) -> Node:
        """`loss:`, with `from` naming the last layer of a block where it names the block."""
        if isinstance(node, Sequence):
            return replace(node, items=tuple(self.terms(item, inside) for item in node.items))
        source = node.get("from") if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping) or source is None:
            return node
        return _with(node, {"from": self._renamed(source, inside, "loss: from")})

    def _layer(self, node: Mapping, inside: _Inside, first: bool) -> Mapping:
        changed: dict[str, Node] = {}
        id_, given, tie = node.get("id"), node.get("in"), node.get("tie")
        if isinstance(id_, Scalar) and _id(node):
            changed["id"] = replace(id_, value=inside.prefix + id_.text, text=inside.prefix + id_.text)
        if given is not None:
            changed["in"] = self._renamed(given, inside, "layers: in")
        elif first and INPUT in inside.names:
            changed["in"] = Scalar(node.place, inside.names[INPUT], inside.names[INPUT])
        if tie is not None:
            changed["tie"] = self._renamed(tie, inside, "layers: tie", owner=True)
        return _with(node, changed)

    def _renamed(self, node: Node, inside: _Inside, context: str, owner: bool = False) -> Node:
        """References, alone, in a list or in a mapping, as the whole list calls them; of a parameter, its owner."""
        match node:
            case Scalar(value=str() | int()) if not isinstance(node.value, bool):
                text = str(node.value)
                name, dot, rest = text.rpartition(".") if owner else (text, "", "")
                found = inside.reference(name)
                if found is None:
                    self._lost()
                    message = f"{context}: layer {name} does not stand above; expected the id of a layer, or a number"
                    self.reader.note(node.place, message)
                    return node
                return replace(node, value=found + dot + rest, text=found + dot + rest)
            case Sequence():
                return replace(node, items=tuple(self._renamed(i, inside, context, owner) for i in node.items))
            case Mapping():
                values = tuple(self._renamed(v, inside, context, owner) for v in node.values)
                return Mapping(node.place, node.keys, values)
        return node

    def _use(self, node: Mapping, inside: _Inside, first: bool) -> None:
        made = self.reader.section(records.BLOCK_USE, node, "layers: block")
        name = str(made["block"]) if made and made["block"] is not BROKEN else ""
        fault = ""
        if name and name not in self.blocks:
            fault = f"layers: unknown block {shown_key(name)}; {instead(name, self.blocks)}"
        elif name in inside.path:
            fault = f"block '{name}' is used inside itself, {' -> '.join([*inside.path, name])}"
        elif len(inside.path) >= DEEPEST:
            fault = f"block '{name}': blocks are nested too deeply; expected at most {DEEPEST} levels"
        if fault:
            self.reader.note(node.place, fault)
        if fault or made is None or BROKEN in made.values():
            self._lost()
            self.made.append(Scalar(node.place, BROKEN, ""))
        else:
            self._repeat(node, made, inside, first)

    def _is_full(self, node: Node) -> bool:
        most = self.reader.limits.layers
        if len(self.made) == most and not self.full:
            self.full = True
            self._lost()
            self.reader.note(node.place, f"layers: with their blocks written out these are more than {most} layers")
        return self.full

    def _lost(self) -> None:
        self.reader.graph_is_whole = self.reader.names_are_whole = False

    def _repeat(self, node: Mapping, made: MappingType[str, Any], inside: _Inside, first: bool) -> None:
        name, own = str(made["block"]), str(made["id"] or made["block"])
        self.used.add(name)
        names = self._inputs(node, inside, first)
        for number in range(1, (made["repeat"] or 1) + 1):
            called = own + (str(number) if made["repeat"] is not None else "")
            there = _Inside(f"{inside.prefix}{called}.", {**inside.names, **names}, (*inside.path, name))
            self.layers(self.blocks[name].items, there)
            if self.full or not self.made:
                return
            names[INPUT] = self._reference(len(self.made))
            inside.names[called] = inside.names[own] = names[INPUT]

    def _inputs(self, node: Mapping, inside: _Inside, first: bool) -> dict[str, str]:
        """What a block reads, by the names it has inside."""
        given = node.get("in")
        if given is not None:
            renamed = self._renamed(given, inside, "layers: in")
            pairs = entries(renamed) if isinstance(renamed, Mapping) else [(Scalar(given.place, INPUT, INPUT), renamed)]
            found = {key.text: str(value.value) for key, value in pairs if isinstance(value, Scalar)}
            if not found:
                message = "layers: block: in: expected one source, or a mapping from names in the block to sources"
                self.reader.note(given.place, message)
            return found
        if first and INPUT in inside.names:
            return {INPUT: inside.names[INPUT]}
        if self.made:
            return {INPUT: self._reference(len(self.made))}
        features = [key.text for key, value in entries(self.reader.root.get("inputs")) if _is_feature(value)]
        return {INPUT: features[0]} if len(features) == 1 else {}

    def _reference(self, number: int) -> str:
        """What the whole list calls a layer that was written."""
        return _id(self.made[number - 1]) or str(number)


def _is_use(node: Node) -> bool:
    return isinstance(node, Mapping) and node.get("block") is not None


def _id(node: Node) -> str:
    """The id of a layer, "" where it has none and of a use of a block."""
    id_ = node.get("id") if isinstance(node, Mapping) and not _is_use(node) else None
    return id_.value if isinstance(id_, Scalar) and isinstance(id_.value, str) else ""


def _is_feature(node: Node) -> bool:
    role = node.get("role") if isinstance(node, Mapping) else None
    return not isinstance(role, Scalar) or role.value == "input"


def _with(node: Mapping, changed: MappingType[str, Node]) -> Mapping:
    """A mapping with other values; a key it did not have is added behind."""
    keys = [*node.keys, *(Scalar(node.place, key, key) for key in changed if node.get(key) is None)]
    values = {key.text: value for key, value in zip(node.keys, node.values, strict=True)} | dict(changed)
    return Mapping(node.place, tuple(keys), tuple(values[key.text] for key in keys))
