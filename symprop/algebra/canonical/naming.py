"""Canonical names for indices: the same polynomial under other names of its indices gets the same template.

Enters: a polynomial, the indices bound in it.  Leaves: a template and the indices in its slots.  Indices are told
apart by how they occur, refined by what they occur with; ties are searched through, up to a limit.  Beyond the limit
the names depend on the spelling, which can cost a proof and cannot give a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, permutations, product
from math import factorial, prod

from symprop.algebra.canonical.atoms import Atom, Atoms, Monomial, Poly, Template
from symprop.language.indices import Compound, Gather, Index, Position

MAX_CANDIDATES = 720
MAX_ROUNDS = 4

Key = tuple[object, ...]
Names = Mapping[Index, str]


class Naming(Atoms):
    """Atoms with templates that do not depend on names."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._closed: dict[tuple[object, ...], tuple[Template, tuple[Index, ...]]] = {}
        self._by_key: dict[Key, Template] = {}

    def close(self, poly: Poly, bound: tuple[Index, ...] = (), tag: str = "") -> tuple[Template, tuple[Index, ...]]:
        """The template of a polynomial, and the free indices in its slots.

        Args:
            poly: the polynomial.
            bound: indices bound in it, in any order for a sum.
            tag: what tells templates apart besides the polynomial; with one, the order of `bound` matters.
        """
        request = (tuple(sorted(poly.items())), bound, tag)
        if request not in self._closed:
            self._closed[request] = self._close(poly, bound, tag)
        return self._closed[request]

    def _close(self, poly: Poly, bound: tuple[Index, ...], tag: str) -> tuple[Template, tuple[Index, ...]]:
        names = {i.name: i for m in poly for n, _ in m for i in self.atoms[n].indices()}
        indices = [names[name] for name in sorted(names)]
        indices += [i for i in bound if i not in indices]
        best: Key | None = None
        orders: list[list[Index]] = []
        for order in self._orders(poly, indices, bound, bool(tag)):
            key = self._key(poly, _slots(order, bound))
            if best is None or key < best:
                best, orders = key, [order]
            elif key == best:
                orders.append(order)
        assert best is not None
        free = tuple(i for i in orders[0] if i not in bound)
        extents = tuple(str(i.extent) for i in orders[0])
        full = (tag, len(bound), extents, best)
        if full not in self._by_key:
            self._by_key[full] = self._template(poly, orders, bound)
            self.templates[self._by_key[full].name] = self._by_key[full]
        return self._by_key[full], free

    def _template(self, poly: Poly, orders: list[list[Index]], bound: tuple[Index, ...]) -> Template:
        names = _slots(orders[0], bound)
        renaming = {i: Index(name, i.extent) for i, name in names.items()}
        free = [i for i in orders[0] if i not in bound]
        turns = dict.fromkeys(tuple(free.index(i) for i in order if i not in bound) for order in orders)
        body = {self.renamed(m, renaming): c for m, c in poly.items()}
        inside = tuple(renaming[i] for i in orders[0] if i in bound)
        return Template(f"T{len(self.templates)}", body, tuple(renaming[i] for i in free), inside, tuple(turns))

    def renamed(self, monomial: Monomial, renaming: Mapping[Index, Index]) -> Monomial:
        """A monomial with indices renamed one to one, to indices of the same extents."""
        places = {old: Position.of(new) for old, new in renaming.items()}
        out = []
        for number, exponent in monomial:
            atom = self.atoms[number]
            args = tuple(p.substitute(places) for p in atom.args)
            out.append((number if args == atom.args else self.intern(atom._replace(args=args)), exponent))
        return tuple(sorted(out))

    # -- the search ---------------------------------------------------------------------------------------------

    def _orders(
        self, poly: Poly, indices: list[Index], bound: tuple[Index, ...], ordered: bool
    ) -> Iterator[list[Index]]:
        colors = self._colors(poly, indices, bound, ordered)
        groups = [[i for i in indices if colors[i] == color] for color in sorted(set(colors.values()))]
        count = prod(factorial(len(group)) for group in groups)
        candidates = product(*(permutations(group) for group in groups))
        for candidate in islice(candidates, count if count <= MAX_CANDIDATES else 1):
            yield [i for group in candidate for i in group]

    def _colors(self, poly: Poly, indices: list[Index], bound: tuple[Index, ...], ordered: bool) -> dict[Index, int]:
        place = {i: bound.index(i) if ordered else 0 for i in bound}
        colors = _ranked({i: (i in bound, place.get(i, 0), str(i.extent)) for i in indices})
        for _ in range(MAX_ROUNDS):
            if len(set(colors.values())) == len(indices):
                break
            names = {i: f"{c}" for i, c in colors.items()}
            seen: dict[Index, list[Key]] = {i: [] for i in indices}
            for monomial, coefficient in poly.items():
                whole = self._monomial_key(monomial, names)
                for number, exponent in monomial:
                    for index in self.indices_of(number):
                        marked = self._atom_key(self.atoms[number], {**names, index: "*"})
                        seen[index].append((marked, exponent, whole, coefficient))
            refined = _ranked({i: (colors[i], tuple(sorted(seen[i]))) for i in indices})
            if refined == colors:
                break
            colors = refined
        return colors

    def _key(self, poly: Poly, names: Names) -> Key:
        rows = ((len(m), self._monomial_key(m, names), -c) for m, c in poly.items())
        return tuple(sorted(rows))

    def _monomial_key(self, monomial: Monomial, names: Names) -> Key:
        return tuple(sorted((self._atom_key(self.atoms[n], names), e) for n, e in monomial))

    def _atom_key(self, atom: Atom, names: Names) -> Key:
        args = [_position_key(p, names) for p in atom.args]
        template = self.templates.get(atom.name)
        if template is not None and len(template.symmetries) > 1:
            args = min([args[k] for k in order] for order in template.symmetries)
        if atom.kind == "eq":
            args = [min(_position_key(p, names) for p in (atom.args[0], atom.args[0] * -1))]
        return (atom.kind, atom.name, atom.value, *args)


def _slots(order: list[Index], bound: tuple[Index, ...]) -> dict[Index, str]:
    free = [i for i in order if i not in bound]
    inside = [i for i in order if i in bound]
    return {i: f"#{k}" for k, i in enumerate(free)} | {i: f"@{k}" for k, i in enumerate(inside)}


def _ranked(keys: Mapping[Index, Key]) -> dict[Index, int]:
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys.values())))}
    return {index: ranks[key] for index, key in keys.items()}


def _position_key(position: Position, names: Names) -> str:
    parts = sorted(f"{c}*{_index_key(atom, names)}" for atom, c in position.terms)
    return "+".join([*parts, str(position.offset)])


def _index_key(atom: Index | Compound | Gather, names: Names) -> str:
    if isinstance(atom, Index):
        return names.get(atom, atom.name)
    if isinstance(atom, Gather):
        return f"{atom.tensor}[{','.join(_position_key(p, names) for p in atom.positions)}]"
    parts = ",".join(_position_key(p, names) for p in atom.parts)
    return f"({parts};{','.join(map(str, atom.radices))})"
