r"""Names as mathematical symbols: `W1` as W_1, `dZ_fc` as dZ_fc with an upright d, `mu` as the Greek letter.

Enters: a network.  Leaves: a `Symbol` for each tensor, all different, and the letters of indices.  A symbol
given by the user is taken as LaTeX after a check; every other name can only become letters, digits and commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from symprop.language import Network
from symprop.report.escape import latex_name
from symprop.report.usersymbols import split_symbol

_NAMES = (
    "alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi rho sigma tau phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega"
)
GREEK = tuple(_NAMES.split())
_GREEK = {name: f"\\{name}" for name in GREEK} | {"eps": r"\varepsilon", "epsilon": r"\varepsilon", "lr": r"\eta"}
_PARTS = re.compile(r"([A-Za-z]+?)(?:_(\w+)|(\d\w*))?")


@dataclass(frozen=True)
class Symbol:
    r"""A nucleus with what stands below and above it, as LaTeX: W with label `1`."""

    base: str
    label: str = ""
    above: str = ""

    @property
    def tex(self) -> str:
        """The symbol of the whole tensor."""
        return self.at("")

    def at(self, indices: str, power: str = "") -> str:
        """The symbol of one entry, of its power where one is given; a script above is kept apart from the power."""
        below = ",".join(filter(None, (self.label, indices)))
        body = self.base + _script("_", below) + _script("^", self.above)
        if power and self.above:
            return f"({body})^{{{power}}}"
        return body + _script("^", power)

    def adjoint(self, prefix: str = "d") -> Symbol:
        """The symbol of the adjoint, with the prefix of its name upright before it."""
        return replace(self, base=rf"\mathrm{{{latex_name(prefix)}}}{self.base}")


# Thin, and a control word rather than a control symbol: Markdown takes a backslash off before punctuation.
SEPARATOR = r"\thinspace"


def _script(mark: str, content: str) -> str:
    return f"{mark}{{{content}}}" if content else ""


def natural_symbol(name: str) -> Symbol:
    """The symbol that a name suggests."""
    found = _PARTS.fullmatch(name)
    if found is None:
        return Symbol(rf"\mathrm{{{latex_name(name)}}}")
    stem, word, digits = found.groups()
    label = word or digits or ""
    shown = label if label.isdigit() or (len(label) == 1 and label.isalpha()) else rf"\mathrm{{{latex_name(label)}}}"
    return Symbol(_nucleus(stem), shown if label else "")


def _nucleus(stem: str) -> str:
    """A letter, a Greek letter by its name, either under a hat, or a word."""
    inner = stem.removesuffix("hat")
    if inner != stem and (len(inner) == 1 or inner in _GREEK):
        return rf"\hat{{{_nucleus(inner)}}}"
    return _GREEK.get(stem) or (stem if len(stem) == 1 else rf"\mathit{{{stem}}}")


class Symbols:
    """The symbols of one network.

    Args:
        network: its tensors in order; `network.symbols` overrides.
        prefix: what the names of adjoints begin with.
        marks: what the names of tensors of the network begin with that are adjoints or tangents of others in it.

    Raises:
        InputError: a symbol of the user is no symbol.
    """

    def __init__(self, network: Network, prefix: str = "d", marks: Sequence[str] = ("d",)) -> None:
        self.prefix = prefix
        given = {name: Symbol(*split_symbol(name, tex)) for name, tex in network.symbols.items()}
        self._of = _distinct(network.tensors, given, marks)

    def __getitem__(self, name: str) -> Symbol:
        """The symbol of a tensor, or of an adjoint by its name `d...`."""
        if name in self._of:
            return self._of[name]
        of = name.removeprefix(self.prefix)
        if of != name and of in self._of:
            return self._of[of].adjoint(self.prefix)
        return natural_symbol(name)


def _distinct(names: Iterable[str], given: Mapping[str, Symbol], marks: Sequence[str]) -> dict[str, Symbol]:
    """A symbol for each name; one that would look like another's is written in letters."""
    found: dict[str, Symbol] = {}
    seen = {_appearance(symbol.tex) for symbol in given.values()}
    for name in names:
        symbol = given.get(name) or _first(name, found, marks)
        if name not in given:
            primes = ""
            while _appearance(symbol.tex) in seen:
                symbol = Symbol(rf"\mathrm{{{latex_name(name)}}}{primes}")
                primes += "'"
            seen.add(_appearance(symbol.tex))
        found[name] = symbol
    return found


def _first(name: str, found: Mapping[str, Symbol], marks: Sequence[str]) -> Symbol:
    """The symbol to try: of what became an equation of the network, an adjoint say, that of the adjoint."""
    of = found.get(name[1:]) if name.startswith(tuple(marks)) else None
    if of is not None:
        return of.adjoint(name[0])
    by = next((x for x in found if name.startswith(f"D{x}_") and name.removeprefix(f"D{x}_") in found), None)
    if by is None:
        return natural_symbol(name)
    of = found[name.removeprefix(f"D{by}_")]
    return replace(of, base=rf"\partial_{{{found[by].tex}}}{of.base}")


def _appearance(tex: str) -> str:
    """What a reader can tell apart: fonts and braces are not."""
    return re.sub(r"\\math(?:rm|it)|[{}\s]", "", tex)


def index_tex(name: str) -> str:
    """An index by its letter: `n1` as n', as renamed indices are; longer names upright."""
    found = re.fullmatch(r"([A-Za-z]+?)_?(\d*)", name)
    stem, digits = found.groups() if found else (name, "")
    base = _GREEK.get(stem) or (stem if len(stem) == 1 else rf"\mathrm{{{latex_name(stem)}}}")
    if digits in ("1", "2", "3"):
        return base + "'" * int(digits)
    return f"{base}_{{{digits}}}" if digits else base
