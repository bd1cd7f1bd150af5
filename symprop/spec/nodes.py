"""YAML text to a tree of values with places; everything that makes YAML a programming language is refused.

Enters: text.  Leaves: `Scalar`, `Sequence` and `Mapping` nodes, and findings.  Only ruamel's event parser is used, so
that no anchor is ever expanded and no tag ever constructs anything; plain scalars are read by `scalars.resolve`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import events as ev
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from symprop.spec.limits import DEFAULT, Limits
from symprop.spec.places import TOP, Enough, Finding, Place, more
from symprop.spec.scalars import BROKEN, resolve
from symprop.spec.source import place_of, unseen

LONGEST_WORD = 2000


@dataclass(frozen=True)
class Scalar:
    """A number, a text, true, false or nothing; `text` is how it was written.

    `inside` is the place of the first character of a text that stands on one line without escapes, else None: a column
    of the text can then be turned into a column of the file.
    """

    place: Place
    value: Any
    text: str
    inside: Place | None = None


@dataclass(frozen=True)
class Sequence:
    """A list."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Mapping:
    """A mapping with text keys; the first of two equal keys wins, and the second is a finding."""

    place: Place
    keys: tuple[Scalar, ...] = ()
    values: tuple[Node, ...] = ()

    @cached_property
    def _position(self) -> dict[str, int]:
        return {key.text: number for number, key in enumerate(self.keys)}

    def get(self, key: str) -> Node | None:
        """The value of a key, or None."""
        number = self._position.get(key)
        return None if number is None else self.values[number]

    def only(self, keys: Iterable[str]) -> Mapping:
        """The mapping with these keys alone."""
        kept = [(k, v) for k, v in zip(self.keys, self.values, strict=True) if k.text in keys]
        return Mapping(self.place, tuple(k for k, _ in kept), tuple(v for _, v in kept))

    def key(self, key: str) -> Scalar | None:
        """The node of a key, or None."""
        number = self._position.get(key)
        return None if number is None else self.keys[number]


Node = Scalar | Sequence | Mapping
Path = tuple[str | int, ...]


def plain(node: Node) -> Any:
    """The tree as Python lists, dictionaries and scalars."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
    return {k.text: plain(v) for k, v in zip(node.keys, node.values, strict=True)}


def places(node: Node, path: Path = ()) -> Iterator[tuple[Path, Place]]:
    """Path and place of every value of the tree."""
    yield path, node.place
    if isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            yield from places(item, (*path, number))
    elif isinstance(node, Mapping):
        for key, value in zip(node.keys, node.values, strict=True):
            yield from places(value, (*path, key.text))


def compose(text: str, limits: Limits = DEFAULT) -> tuple[Node | None, list[Finding]]:
    """The tree of one document, None where it could not be read to its end, and what was wrong."""
    composer = _Composer(limits)
    # ruamel takes a time quadratic in the length of a tag
    long = next((word for word in text.split() if len(word) > LONGEST_WORD and "!" in word), "")
    if long:
        return None, [Finding(place_of(text, text.index(long)), "a tag, or a text with !, is too long to be read")]
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            composer.take(event)
    except _Stop:
        return None, composer.findings
    except Enough:
        return None, [*composer.findings, more(limits)]
    except MarkedYAMLError as error:
        return None, [*composer.findings, _syntax(error)]
    except (YAMLError, ValueError, OverflowError, RecursionError):
        # an escape beyond Unicode is a bare ValueError there
        return None, [*composer.findings, Finding(composer.last, "from here on this cannot be read as YAML")]
    if not composer.documents:
        composer.note(TOP, "the spec is empty; expected a mapping that begins with symprop: 1")
    return composer.root, composer.findings


def _syntax(error: MarkedYAMLError) -> Finding:
    mark = error.problem_mark or error.context_mark
    place = Place(mark.line + 1, mark.column + 1) if mark else TOP
    problem = " ".join(str(error.problem or error.context or "unexpected text").split())
    readable = "".join(c if c.isprintable() else "?" for c in problem)
    hint = "Indent with spaces, not with tabs." if "'\\t'" in problem else ""
    opened = error.context_mark
    if not hint and opened is not None and opened.line + 1 != place.line:
        hint = f"What it belongs to begins in line {opened.line + 1}, column {opened.column + 1}."
    return Finding(place, f"this is not YAML: {readable}", hint)


class _Stop(Exception):
    """Reading on would be of no use, or would take too long."""


@dataclass
class _Open:
    """A list or mapping that is being read."""

    place: Place
    mapping: bool
    keys: list[Scalar] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    waiting: Scalar | None = None


class _Composer:
    """Takes events one by one; keeps the open collections on a stack."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.findings = limits, list[Finding]()
        self.root: Node | None = None
        self.stack: list[_Open] = []
        self.documents = self.count = 0
        self.last = TOP

    def note(self, place: Place, message: str, hint: str = "") -> None:
        self.findings.append(Finding(place, message, hint))
        if len(self.findings) >= self.limits.faults:
            raise Enough

    def stop(self, place: Place, message: str, hint: str = "") -> None:
        self.note(place, message, hint)
        raise _Stop

    def take(self, event: Any) -> None:
        place = self.last = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case ev.ScalarEvent():
                self._marks(event, place)
                self._finish(self._scalar(event, place))
            case ev.DocumentStartEvent():
                self._document(event, place)
            case ev.AliasEvent():
                self.note(place, f"alias *{event.anchor[:40]} is refused; expected the value itself", "Write it out.")
                self._finish(Scalar(place, BROKEN, ""))
            case ev.SequenceStartEvent() | ev.MappingStartEvent():
                self._marks(event, place)
                self._start(_Open(place, isinstance(event, ev.MappingStartEvent)))
            case ev.SequenceEndEvent() | ev.MappingEndEvent():
                self._finish(self._closed(self.stack.pop()))

    def _document(self, event: Any, place: Place) -> None:
        self.documents += 1
        if self.documents > 1:
            self.stop(place, "a second document begins here; expected one document", "Remove the line with ---.")
        if event.version or event.tags:
            self.note(place, "directives such as %YAML and %TAG are refused; expected none", "Remove the line.")

    def _marks(self, event: Any, place: Place) -> None:
        """Anchors and tags, and the number of nodes."""
        self.count += 1
        if self.count > self.limits.nodes:
            self.stop(place, f"the spec has too many values; expected at most {self.limits.nodes}")
        if event.anchor:
            self.note(place, f"anchor &{event.anchor[:40]} is refused; expected the value alone", "Remove it.")
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")[:60]
            self.note(place, f"tag {tag} is refused; expected the value alone", "Remove it.")

    def _scalar(self, event: Any, place: Place) -> Scalar:
        if event.tag is not None:
            return Scalar(place, BROKEN, event.value)
        value, message, hint = resolve(event.value, self.limits) if event.style is None else (event.value, "", "")
        if isinstance(value, str) and not message:
            message = unseen(value)
        if message:
            self.note(place, message, hint)
            return Scalar(place, BROKEN, event.value)
        return Scalar(place, value, event.value, self._inside(event, place))

    @staticmethod
    def _inside(event: Any, place: Place) -> Place | None:
        quote = 1 if event.style in {"'", '"'} else 0
        on_one_line = event.start_mark.line == event.end_mark.line
        width = event.end_mark.column - event.start_mark.column
        same = on_one_line and width == len(event.value) + 2 * quote
        return Place(place.line, place.column + quote) if same else None

    def _start(self, opened: _Open) -> None:
        if len(self.stack) >= self.limits.depth:
            self.stop(opened.place, f"values are nested too deeply; expected at most {self.limits.depth} levels")
        self.stack.append(opened)

    def _closed(self, opened: _Open) -> Node:
        if not opened.mapping:
            return Sequence(opened.place, tuple(opened.items))
        first: dict[str, tuple[Scalar, Node]] = {}
        for key, value in zip(opened.keys, opened.items, strict=True):
            if key.text in first and key.value is not BROKEN:
                line = first[key.text][0].place.line
                self.note(key.place, f"key '{key.text[:60]}' stands here again; expected it once", f"See line {line}.")
            first.setdefault(key.text, (key, value))
        return Mapping(opened.place, *map(tuple, zip(*first.values(), strict=True))) if first else Mapping(opened.place)

    def _finish(self, node: Node) -> None:
        if not self.stack:
            self.root = node
        elif not (top := self.stack[-1]).mapping:
            top.items.append(node)
        elif top.waiting is None:
            top.waiting = self._as_key(node)
        else:
            self._entry(top, top.waiting, node)

    @staticmethod
    def _entry(top: _Open, key: Scalar, node: Node) -> None:
        top.waiting = None
        if key.value is not BROKEN:
            top.keys.append(key)
            top.items.append(node)

    def _as_key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self.note(node.place, "a list or a mapping stands as a key; expected a name")
            return Scalar(node.place, BROKEN, "")
        if node.text == "<<" and node.inside == node.place:
            self.note(node.place, "merge key << is refused; expected the keys themselves", "Write them out.")
            return Scalar(node.place, BROKEN, "")
        return node
