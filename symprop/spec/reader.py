"""One spec being read: nodes against records, with every fault noted at its place and reading going on.

A section whose values are at fault is read again with those values marked `BROKEN`, so that what is right in it still
takes part in the checks across sections.  Nothing here knows what the sections mean.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from symprop.spec.catalog import Catalog
from symprop.spec.kinds import Known, shown
from symprop.spec.limits import Limits
from symprop.spec.model import Pick
from symprop.spec.nodes import Mapping, Node, Scalar, Sequence, plain
from symprop.spec.places import Enough, Finding, Place, close, instead
from symprop.spec.records import PICKED, Fields, Record, entry_record, keys, values
from symprop.spec.scalars import BROKEN

Values = dict[str, Any]


class Reader:
    """Findings so far, and what names can mean.

    Args:
        root: the whole spec.
        catalog: registries of the library.
        limits: bounds on what is read.
    """

    def __init__(self, root: Mapping, catalog: Catalog, limits: Limits) -> None:
        self.root, self.catalog, self.limits = root, catalog, limits
        self.known = Known(limits=limits)
        self.findings: list[Finding] = []
        # formulas under `functions:`, with their number of arguments
        self.functions: dict[str, int] = {}
        self.callable: dict[str, int] = {}
        self._records: dict[tuple[str, str], Record] = {}
        # False once a reference is unknown or broken: then nothing can be said of what is used
        self.graph_is_whole = True
        # False once an input or a layer could not be read: then a name that is not there may have been meant to be
        self.names_are_whole = True
        # places of blocks that are written out more than once, and those of them at which a fault was noted
        self.shared_places: frozenset[Place] = frozenset()
        self.shared_noted: set[Place] = set()

    def note(self, place: Place, message: str, hint: str = "") -> None:
        """Keep a fault; of a block that is written out several times, the first at each place."""
        if place in self.shared_places:
            if place in self.shared_noted:
                return
            self.shared_noted.add(place)
        self.findings.append(Finding(place, message, hint))
        if len(self.findings) >= self.limits.faults:
            raise Enough

    def place(self, *path: str | int) -> Place:
        """Place of a value by its path, or of what would hold it."""
        return locate(self.root, path)

    def section(self, model: Record, node: Node, context: str = "") -> Values | None:
        """Values of a mapping by key, defaults included, those at fault as `BROKEN`; None if it is no mapping."""
        if not isinstance(node, Mapping):
            if not is_broken(node):
                expected = f"{context}: expected a mapping" if context else "expected a mapping, symprop: 1 and so on"
                self.note(node.place, f"{expected}, got {shown(plain(node))}")
            return None
        data: Values = plain(node)
        try:
            return values(model.model_validate(data, context=self.known))
        except ValidationError as error:
            items = error.errors(include_url=False, include_input=True)
            meant = {close(str(i["loc"][0]), keys(model)) for i in items if i["type"] == "extra_forbidden"}
            for item in items:
                # a key that is only misspelt is not reported as missing too
                if item["type"] != "missing" or item["loc"][0] not in meant:
                    self._note(item, node, keys(model), context)
                self._mark(data, item)
        return values(model.model_validate(data, context=self.known))

    @staticmethod
    def _mark(data: Values, item: MappingType[str, Any]) -> None:
        key = item["loc"][0]
        if item["type"] == "extra_forbidden":
            data.pop(key, None)
        else:
            data[key] = BROKEN

    def _note(self, item: MappingType[str, Any], node: Mapping, known: list[str], context: str) -> None:
        loc, prefix = item["loc"], f"{context}: " if context else ""
        match item["type"]:
            case "extra_forbidden":
                key = node.key(str(loc[0])) or node
                self.note(key.place, f"{prefix}unknown key {shown_key(str(loc[0]))}; {instead(str(loc[0]), known)}")
            case "missing":
                self.note(node.place, f"{prefix}key '{loc[0]}' is missing")
            case "list_type":
                self.note(*self._at(loc, node, prefix, f"expected a list, got {shown(item['input'])}"))
            case "dict_type":
                self.note(*self._at(loc, node, prefix, f"expected a mapping, got {shown(item['input'])}"))
            case _:
                ctx = item.get("ctx", {})
                self.note(*self._at(loc, node, prefix, ctx.get("sentence", item["msg"])), ctx.get("hint", ""))

    @staticmethod
    def _at(loc: tuple[str | int, ...], node: Mapping, prefix: str, message: str) -> tuple[Place, str]:
        words = [shown_key(str(part), quote="") for part in loc if isinstance(part, str) and part != "[key]"]
        return locate(node, loc), prefix + ": ".join([*words, message])

    def pick(
        self, node: Node, registry: MappingType[str, Any], noun: str, context: str = "", base: Fields = PICKED
    ) -> Pick | None:
        """An entry by name, or by a mapping with `type` and options; None where that failed.

        `base` are the keys that every entry of the registry has beside its own options.
        """
        prefix = f"{context}: " if context else ""
        name = self._type_of(node, noun, prefix)
        entry = self.entry(name, registry, noun, context) if name is not None else None
        if name is None or entry is None:
            return None
        bare = Mapping(node.place, (Scalar(node.place, "type", "type"),), (name,))
        given = node if isinstance(node, Mapping) else bare
        made = self.section(self.record(entry, noun, base), given, f"{prefix}{noun} '{name.value}'")
        options = {key: value for key, value in (made or {}).items() if key != "type"}
        return Pick(entry.name, MappingProxyType(options), node.place)

    def _type_of(self, node: Node, noun: str, prefix: str) -> Scalar | None:
        """The scalar that names an entry; None, noted, where there is no text."""
        name = node.get("type") if isinstance(node, Mapping) else node
        if isinstance(name, Scalar) and isinstance(name.value, str):
            return name
        if isinstance(node, Mapping) and name is None:
            self.note(node.place, f"{prefix}{noun}: key 'type' is missing; expected the name of {article(noun)}")
        elif name is not None and not is_broken(name):
            also = "" if isinstance(node, Mapping) else ", or a mapping with its type"
            message = f"expected the name of {article(noun)}{also}, got {shown(plain(name))}"
            self.note(name.place, f"{prefix}{message}")
        return None

    def record(self, entry: Any, family: str, base: Fields) -> Record:
        """The model of an entry, made once for each spec."""
        if (family, entry.name) not in self._records:
            self._records[family, entry.name] = entry_record(entry, base)
        return self._records[family, entry.name]

    def entry(self, name: Scalar, registry: MappingType[str, Any], noun: str, context: str) -> Any:
        """The entry of a name; None, with a suggestion noted, if there is none."""
        entry = registry.get(name.value)
        if entry is None:
            prefix = f"{context}: " if context else ""
            self.note(name.place, f"{prefix}unknown {noun} {shown_key(name.value)}; {instead(name.value, registry)}")
        return entry


def is_broken(node: Node) -> bool:
    """True of a scalar that was reported when the text was read."""
    return isinstance(node, Scalar) and node.value is BROKEN


def article(noun: str) -> str:
    """`an activation`, `a loss`."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def shown_key(word: str, quote: str = "'") -> str:
    """A name from the spec as messages show it: bounded, and on one line."""
    short = word if len(word) <= 60 else word[:57] + "..."
    return quote + "".join(c if c.isprintable() else "?" for c in short) + quote


def locate(node: Node, loc: tuple[str | int, ...]) -> Place:
    """Place of the value at the end of a path, of its key if the path ends so, else of what holds it."""
    for part, after in zip(loc, (*loc[1:], None), strict=True):
        if isinstance(node, Mapping) and isinstance(part, str):
            key, value = node.key(part), node.get(part)
            if after == "[key]" and key is not None:
                return key.place
            node = value if value is not None else node
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
    return node.place
