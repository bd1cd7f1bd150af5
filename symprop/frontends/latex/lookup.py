r"""Which tensor a symbol is: `W_2`, `W^{[2]}` and `W_{\mathrm{fc}}` by their labels, `\delta^{[2]}` as an adjoint.

Enters: symbols and the names there are.  Leaves: the name of a tensor and the items of the subscript that are indices.
All readings are looked for; two that differ are refused with both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from symprop.errors import FormulaError
from symprop.frontends.latex.grammar import Grammar
from symprop.frontends.latex.nodes import Item, Power, Symbol
from symprop.frontends.latex.tokens import refuse
from symprop.frontends.names import Names
from symprop.language import Tensor

LOWER = frozenset("zaxwhpXY")
"""Letters that single examples have where the network has the other case."""
PREFIX, DELTA, PREACTIVATION = "d", "delta", "Z"
FEW = 4
Key = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """A tensor by its name, and what is left of a subscript as indices."""

    name: str
    items: tuple[Item, ...]
    power: Item | None = None


class Lookup:
    """The names of one text."""

    def __init__(self, names: Names) -> None:
        self.names = names

    @cached_property
    def symbols(self) -> Mapping[Key, str]:
        """Tensors by the symbols that documents print."""
        return _table(tuple(self.names.symbols.items()))

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Ids of the layers with parameters, in order: layer 1, layer 2, ..."""
        of_network = (t for t in self.tensors() if t.role == "param" and t.origin)
        return tuple(dict.fromkeys(t.origin for t in of_network))

    def tensors(self) -> Iterator[Tensor]:
        """The tensors of the network."""
        return (m.tensor for name, m in self.names.tensors.items() if self.is_of_network(name))

    def is_of_network(self, name: str) -> bool:
        """True of a tensor of the network, whether it has been claimed or not; of no other name for one."""
        meaning = self.names.tensor(name)
        return meaning is not None and (meaning.tensor.name == name or name in self.names.symbols)

    def choices(self, base: str) -> str:
        """The tensors of one letter, whatever their labels: P_loss for P, Z1 or Z2 for z; "" for more than a few."""
        stems = (base, base.swapcase()) if base in LOWER else (base,)
        found = [t.name for t in self.tensors() if t.name.partition("_")[0].rstrip("0123456789") in stems]
        return " or ".join(filter(None, [", ".join(found[:-1]), *found[-1:]])) if len(found) <= FEW else ""

    def find(
        self, symbol: Symbol, is_index: Callable[[str], bool], by_itself: bool = True, short: bool = False
    ) -> list[Found]:
        """All readings of a symbol; those with a whole superscript as a label come first.

        Args:
            symbol: what is written.
            is_index: whether a letter is an index here.
            by_itself: whether adjoints are found by a letter of their own.
            short: whether names are looked for that stand for longer ones.
        """
        below, label = symbol.below, symbol.label
        example = () if symbol.example is None else (symbol.example,)
        if label is not None and label.kind == "letter" and is_index(label.text):
            example, label = (label,), None
        found: list[Found] = []
        for text, rest in self._splits(below, label):
            # the batch comes first, then the time
            items = (*example, *rest)
            items = items if symbol.time is None else (*items[:1], symbol.time, *items[1:])
            known = self.short if short else self.tensor if by_itself else self.adjoint
            name = known(symbol.base, text)
            if name:
                found.append(Found(name, items, symbol.plain))
        if symbol.plain is not None and label is None and not short:
            whole = self._whole(symbol)
            if by_itself and whole is not None:
                return [whole]
            labelled = (self.tensor if by_itself else self.adjoint)(symbol.base, symbol.plain.text)
            if labelled and all(i.kind == "letter" for i in below):
                found.append(Found(labelled, below))
        # where W_{fc} may be an entry or the layer fc, it is an entry only if f and c are indices here
        read = [f for f in found if all(is_index(letter) for item in f.items for letter in item.letters)]
        return self._with_room(read or found)

    def _whole(self, symbol: Symbol) -> Found | None:
        r"""A name that a line above defined with a power in it, `\sigma_B^2`."""
        assert symbol.plain is not None
        items = tuple(item for item in symbol.below if item.kind == "letter" and item.text.islower())
        words = [item.text for item in symbol.below if item not in items]
        name = "_".join([symbol.base, *words, symbol.plain.text])
        return Found(name, items) if name in self.names.tensors and not self.is_of_network(name) else None

    def _with_room(self, found: list[Found]) -> list[Found]:
        """One reading of every name: the first with no more indices than axes (labels have one more), or the first."""
        best: dict[str, Found] = {}
        for reading in found:
            meaning = self.names.tensor(reading.name) or self.names.tensor(reading.name.removeprefix(PREFIX))
            axes = 0 if meaning is None else len(meaning.tensor.axes) + (meaning.tensor.dtype == "integer")
            known = best.setdefault(reading.name, reading)
            if len(known.items) > axes >= len(reading.items):
                best[reading.name] = reading
        return list(best.values())

    @staticmethod
    def _splits(below: Sequence[Item], label: Item | None) -> Iterator[tuple[str, tuple[Item, ...]]]:
        """A subscript as a label and indices, in every way that leaves letters as indices."""
        if label is not None:
            yield label.text, tuple(below)
            return
        for cut in range(len(below) + 1):
            rest = below[cut:]
            if all(item.is_index for item in rest) and not any(item.shift or item.terms for item in below[:cut]):
                yield "".join(item.text for item in below[:cut]), tuple(rest)

    def tensor(self, base: str, label: str) -> str:
        """The name of a tensor with a label, "" for none."""
        known = self.symbols.get((base, label))
        if known is not None:
            return known
        for name in self._spellings(base, label):
            meaning = self.names.tensor(name)
            if meaning is not None:
                # another name of a tensor of the network is that tensor, so that it has its adjoint
                return meaning.tensor.name if meaning.tensor.name in self.names.tensors else name
        return ""

    def short(self, base: str, label: str) -> str:
        """The tensor that a shorter name stands for, "" for none."""
        return next((self.names.short[s] for s in self._spellings(base, label) if s in self.names.short), "")

    def _spellings(self, base: str, label: str) -> Iterator[str]:
        """W and 2 as W2, W_2 and, of the second layer fc, W_fc; z as Z where there is no z."""
        bases = [base, base.swapcase()] if base in LOWER else [base, base.replace("_hat", "hat")]
        for stem in bases:
            yield f"{stem}_{label}" if label else stem
            if label:
                yield stem + label
            if label == "0" and base.lower() in ("a", "x"):
                yield from (t.name for t in self.tensors() if t.role == "input")
            if label.isdigit() and 0 < int(label[:6]) <= len(self.layers):
                yield f"{stem}_{self.layers[int(label) - 1]}"

    def adjoint(self, base: str, label: str) -> str:
        """The name of the adjoint that a delta or a bar stands for, "" for none."""
        if base == DELTA:
            of = self._preactivation(label)
            return PREFIX + of if of else ""
        if base.endswith("_bar"):
            of = self.tensor(base.removesuffix("_bar"), label)
            meaning = self.names.tensor(of) if of else None
            return PREFIX + of if meaning is not None and meaning.tensor.role == "param" else ""
        if len(base) > 1 and base[0] == PREFIX and base[1:2].isalpha():
            of = self.tensor(base[1:], label)
            return PREFIX + of if of else ""
        return ""

    def _preactivation(self, label: str) -> str:
        """Z of a layer; without a label, the only one there is."""
        if label:
            of = self.tensor(PREACTIVATION, label)
            return of if of and self.is_of_network(of) else ""
        names = [name for name in self.names.tensors if self.is_of_network(name)]
        inner = [n for n in names if n.rstrip("0123456789") == PREACTIVATION or n.startswith(f"{PREACTIVATION}_")]
        return inner[0] if len(inner) == 1 else ""


@lru_cache(maxsize=8)
def _table(given: tuple[tuple[str, str], ...]) -> Mapping[Key, str]:
    found: dict[Key, str] = {}
    for name, tex in given:
        try:
            side = Grammar(tex, refuse(name), _no, _no).side()
        except FormulaError:
            continue  # a symbol beyond this grammar is simply not one that can be written
        if isinstance(side, Power) and isinstance(side.base, Symbol) and isinstance(side.exponent, Symbol):
            found[(side.base.base, side.exponent.base)] = name
        if isinstance(side, Symbol):
            script = (*side.below, *(i for i in (side.label, side.plain) if i is not None))
            found[(side.base, "".join(item.text for item in script))] = name
    return found


def _no(name: str) -> bool:
    return False
