"""A file of claims, YAML or LaTeX, with the places of its formulas.

Enters: text.  Leaves: a `ClaimsFile`.  The reader of YAML is the one of net.yaml: no tags, no anchors, no second
document, and bounds on everything.  What the formulas mean is found elsewhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from symprop.errors import ClaimError, Fault, SpecError
from symprop.frontends.latex.document import Line, lines
from symprop.frontends.latex.tokens import place_of
from symprop.language.syntax import NAME
from symprop.language.syntax import Place as TextPlace
from symprop.spec import nodes
from symprop.spec.places import Finding, Place, faults, instead
from symprop.spec.source import check_characters, read_text
from symprop.verification.conventions import MEANINGS, joined

DOCUMENT = ".tex"
SETTING = re.compile(r"^[ \t]*%[ \t]*symprop:[ \t]*(\w+):[ \t]*(\S[^\n]*)$", re.MULTILINE)
SETTINGS = ("net", "convention", "first_index", "given")
KEYS = ("symprop", "net", "aliases", "convention", "indices", "given", "claims")
EXPECTED = "a mapping with claims, one formula a name"


@dataclass(frozen=True)
class Formula:
    """A formula as it stands in the file.

    Args:
        name: the claim, "" for a program.
        text: the formula or the statements.
        place: where it begins.
        locate: the words for a place of the text.
        notation: how it is written: "numpy", "latex", or "index" where indices stand behind the name.
        indices: `[n,t,j]`, as they stand behind the name, or "".
    """

    name: str
    text: str
    place: str
    locate: Callable[[TextPlace], str]
    notation: str = "numpy"
    indices: str = ""


@dataclass(frozen=True)
class ClaimsFile:
    """What a file of claims holds.

    Args:
        name: of the file, for messages.
        net: the network's file, as it is written there, or "".
        formulas: the claims in order, or programs.
        is_program: whether every assignment of the formulas is a claim.
        aliases: names of the user's and the network's names they stand for.
        convention: words of the convention it declares, of which there may be none.
        indices: extents of indices in index notation, where no tensor tells them, as text with its place.
        first: the number a document gives the first entry of an axis, 0 or 1; None where it does not say.
        given: names of gradients that the claims may read without claiming them, with their places.
    """

    name: str
    net: str
    formulas: tuple[Formula, ...]
    is_program: bool
    aliases: Mapping[str, str]
    convention: Mapping[str, str] = field(default_factory=dict)
    indices: Mapping[str, Formula] = field(default_factory=dict)
    first: int | None = None
    given: Mapping[str, str] = field(default_factory=dict)


def is_python(path: str | os.PathLike[str]) -> bool:
    """True of the path of a Python file, whose functions are the claims."""
    return Path(path).suffix == ".py"


def read_claims(path: str | os.PathLike[str]) -> ClaimsFile:
    """The claims of a file, or of standard input for `-`.

    Raises:
        ClaimError: the file is at fault; the message names line and column.
        MachineError: it cannot be read.
    """
    try:
        name, text = read_text(path, expected="claims such as hand.yaml, hand.tex or hand.py")
    except SpecError as error:
        raise ClaimError(error.faults) from None
    return parse_document(text, name) if Path(name).suffix == DOCUMENT else parse_claims(text, name)


def parse_claims(text: str, name: str = "claims") -> ClaimsFile:
    """The claims of a text; as `read_claims`."""
    try:
        check_characters(text, name)
    except SpecError as error:
        raise ClaimError(error.faults) from None
    root, findings = nodes.compose(text)
    if root is None or findings:
        shown = [Finding(f.place, _of_claims(f.message), f.hint) for f in findings]
        raise ClaimError(faults(shown, name))
    return _File(name, text).read(root)


def _of_claims(message: str) -> str:
    """What is said of a spec, said of claims."""
    return message.replace("the spec", "the file").replace("a mapping that begins with symprop: 1", EXPECTED)


def parse_document(text: str, name: str = "claims.tex") -> ClaimsFile:
    """The claims of a document in LaTeX, one formula a line.

    Raises:
        ClaimError: it has no line of mathematics, or a delimiter is not closed.
    """
    try:
        check_characters(text, name)
    except SpecError as error:
        raise ClaimError(error.faults) from None
    found = tuple(_line(line, text, name) for line in lines(text, name))
    if not found:
        hint = r"Write \[ \frac{\partial L}{\partial W} = X^\top \delta \], say."
        raise ClaimError(Fault(name, "there is no claim; expected mathematics with a left side and =", hint))
    settings = _settings(text, name)
    convention = settings.get("convention")
    declared = joined([convention], f"{name}: convention") if convention else {}
    first = settings.get("first_index")
    if first not in (None, "0", "1"):
        raise ClaimError(Fault(f"{name}: first_index", f"expected 0 or 1, got '{first[:20]}'"))
    given = {part.strip(): f"{name}: given" for part in settings.get("given", "").split(",") if part.strip()}
    number = None if first is None else int(first)
    return ClaimsFile(name, settings.get("net", ""), found, True, {}, declared, first=number, given=given)


def _settings(text: str, name: str) -> dict[str, str]:
    """What the comments `% symprop: KEY: value` of a document set."""
    found: dict[str, str] = {}
    for setting in SETTING.finditer(text):
        key, value = setting.group(1), setting.group(2).strip()
        if key not in SETTINGS or key in found:
            place = place_of(text, setting.start(1))
            wrong = f"'{key}' is set twice" if key in found else f"unknown key '{key[:60]}'; {instead(key, SETTINGS)}"
            raise ClaimError(Fault(f"{name}:{place.line}:{place.column}", wrong))
        found[key] = value
    return found


def _line(line: Line, text: str, name: str) -> Formula:
    """A line of a document, its places those of the document."""

    def locate(place: TextPlace) -> str:
        offset = sum(len(row) + 1 for row in line.text.split("\n")[: place.line - 1]) + place.column - 1
        at = place_of(text, line.origin(offset))
        return f"{name}:{at.line}:{at.column}"

    return Formula("", line.text, locate(TextPlace(1, 1)), locate, "latex")


def network_path(file: ClaimsFile, net: str | os.PathLike[str] | None) -> str:
    """Path of the network: the one given, or the one the claims name, which counts from their folder.

    Raises:
        ClaimError: there is neither.
    """
    if net is not None:
        return os.fspath(net)
    if not file.net:
        is_document = file.name.endswith(DOCUMENT)
        expected = "a comment % symprop: net: net.yaml" if is_document else "net: net.yaml beside claims:"
        message = f"the claims name no network; expected {expected}"
        raise ClaimError(Fault(file.name, message, "Add it, or give --net NET.yaml."))
    return str(Path(file.name).parent / file.net)


class _File:
    """One file being read."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.lines = name, text.split("\n")

    def fail(self, place: Place, message: str, hint: str = "") -> NoReturn:
        raise ClaimError(Finding(place, message, hint).fault(self.name))

    def read(self, root: nodes.Node) -> ClaimsFile:
        if not isinstance(root, nodes.Mapping):
            self.fail(root.place, f"expected {EXPECTED}")
        if root.get("layers") is not None and root.get("claims") is None:
            hint = f"Give the claims, and --net {self.name}."
            self.fail(root.place, f"this is a network and not a derivation of it; expected {EXPECTED}", hint)
        for key in root.keys:
            if key.text not in KEYS:
                self.fail(key.place, f"unknown key '{key.text[:60]}'; {instead(key.text, KEYS)}")
        version = root.get("symprop")
        if version is not None and getattr(version, "value", None) != 1:
            self.fail(version.place, "symprop: expected version 1")
        claims = root.get("claims")
        if claims is None:
            self.fail(root.place, "key 'claims' is missing", "Write claims:, and below it one formula a name.")
        is_program = isinstance(claims, nodes.Scalar)
        formulas = (self._formula("", claims),) if is_program else self._formulas(claims)
        name, net, aliases = self.name, self._net(root), self._aliases(root)
        convention, indices = self._convention(root), self._indices(root)
        return ClaimsFile(
            name, net, formulas, is_program, aliases, convention, indices, given=self._given(root)
        )

    def _net(self, root: nodes.Mapping) -> str:
        node = root.get("net")
        if node is None:
            return ""
        if not isinstance(node, nodes.Scalar) or not isinstance(node.value, str) or not node.value:
            self.fail(node.place, "net: expected the path of a net.yaml")
        return node.value

    def _convention(self, root: nodes.Mapping) -> dict[str, str]:
        node = root.get("convention")
        if node is None:
            return {}
        if not isinstance(node, nodes.Mapping):
            self.fail(node.place, "convention: expected a mapping such as {batch: columns, weights: out_in}")
        for key, value in zip(node.keys, node.values, strict=True):
            known = MEANINGS.get(key.text)
            if known is None:
                self.fail(key.place, f"convention: unknown key '{key.text[:60]}'; {instead(key.text, MEANINGS)}")
            shown = value.text if isinstance(value, nodes.Scalar) else ""
            if shown not in known:
                self.fail(value.place, f"convention: {key.text}: unknown value '{shown[:60]}'; {instead(shown, known)}")
        return {key.text: getattr(value, "text", "") for key, value in zip(node.keys, node.values, strict=True)}

    def _aliases(self, root: nodes.Mapping) -> dict[str, str]:
        node = root.get("aliases")
        if node is None:
            return {}
        if not isinstance(node, nodes.Mapping):
            self.fail(node.place, "aliases: expected a mapping from your names to those of the network")
        found = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if not isinstance(value, nodes.Scalar) or not isinstance(value.value, str):
                self.fail(value.place, f"aliases: {key.text}: expected a name of the network")
            self._check_name(key)
            found[key.text] = value.value
        return found

    def _given(self, root: nodes.Mapping) -> dict[str, str]:
        node = root.get("given")
        if node is None:
            return {}
        items = node.items if isinstance(node, nodes.Sequence) else (node,)
        if not items or not all(isinstance(i, nodes.Scalar) and isinstance(i.value, str) for i in items):
            self.fail(node.place, "given: expected the names of gradients, such as [dZ_out]")
        return {getattr(item, "value", ""): f"{self.name}:{item.place}" for item in items}

    def _indices(self, root: nodes.Mapping) -> dict[str, Formula]:
        node = root.get("indices")
        if node is None:
            return {}
        if not isinstance(node, nodes.Mapping):
            self.fail(node.place, "indices: expected a mapping from the names of indices to their extents")
        for key in node.keys:
            self._check_name(key)
        return {k.text: self._formula(k.text, v) for k, v in zip(node.keys, node.values, strict=True)}

    def _check_name(self, key: nodes.Scalar, name: str = "") -> None:
        if not NAME.fullmatch((name or key.text).replace(".", "_")):
            shown = key.text if len(key.text) < 40 else key.text[:37] + "..."
            self.fail(key.place, f"'{shown}' is not a name; expected letters, digits, _ and dots")

    def _formulas(self, node: nodes.Node) -> tuple[Formula, ...]:
        if not isinstance(node, nodes.Mapping):
            self.fail(node.place, f"claims: expected {EXPECTED.partition(' with claims, ')[2]}, or one | program")
        if not node.keys:
            self.fail(node.place, "claims: there is no claim")
        found: list[Formula] = []
        for key, value in zip(node.keys, node.values, strict=True):
            name, bracket, rest = key.text.partition("[")
            self._check_name(key, name)
            if any(name == other.name for other in found):
                self.fail(key.place, f"'{name}' is claimed twice; expected one formula a name")
            formula = self._formula(name, value)
            found.append(replace(formula, notation="index", indices=bracket + rest) if bracket else formula)
        return tuple(found)

    def _formula(self, name: str, node: nodes.Node) -> Formula:
        if not isinstance(node, nodes.Scalar):
            self.fail(node.place, f"{name}: expected a formula", "Quote it if it begins with [ or {.")
        text = node.value if isinstance(node.value, str) else node.text
        if not text.strip():
            self.fail(node.place, f"{name}: the formula is empty" if name else "claims: there is no claim")
        return Formula(name, text, f"{self.name}:{node.place}", self._locator(node, text, name))

    def _locator(self, node: nodes.Scalar, text: str, name: str) -> Callable[[TextPlace], str]:
        """Lines and columns of the text as those of the file."""
        claim = f" ({name})" if name else ""

        def locate(place: TextPlace) -> str:
            if node.inside is not None:
                at = Place(node.inside.line, node.inside.column + place.column - 1)
                return f"{self.name}:{at}{claim}"
            number = node.place.line + place.line
            lines = text.split("\n")
            line = lines[place.line - 1] if place.line <= len(lines) else ""
            shown = self.lines[number - 1] if number <= len(self.lines) else ""
            indent = shown.find(line)
            if indent < 0 or (not line and shown.strip()):
                return f"{self.name}:{node.place}{claim}: line {place.line}, column {place.column}"
            return f"{self.name}:{number}:{indent + place.column}{claim}"

        return locate
