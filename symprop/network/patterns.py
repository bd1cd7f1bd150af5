"""Equations with `...`, made equations with index letters for tensors of given shapes.

Enters: the equations of a library entry and the tensors they read.  Leaves: equations of the language and the
tensors they define, still under the entry's own names, so that layers alike are read once.

The letters are always the same: n is the batch, the last axis keeps the letter the entry gives it, axes between are
t, s, r, ...; where `...` stands for all axes they are n; n,j; n,t,j; n,c,h,w, and behind a channel c that is written
they are t; h,w; d,h,w.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from symprop.language import Equation, Extent, Scope, Tensor, declared, parse_definition
from symprop.library import callable_names
from symprop.library.scalars import bind, constants
from symprop.network.shapes import DOTS, Bindings, picked_of

Signature = tuple[tuple[str, tuple[Extent, ...], str], ...]
Indices = tuple[tuple[str, Extent], ...]
MIDDLE = ("t", "s", "r", "q", "p", "l", "g", "h", "w", "v")
FREE_STANDING: Mapping[int, tuple[str, ...]] = {0: (), 1: ("j",), 2: ("t", "j"), 3: ("c", "h", "w")}
BEHIND: Mapping[int, tuple[str, ...]] = {1: ("t",), 2: ("h", "w"), 3: ("d", "h", "w")}
NEW = ("c", "h", "w", "t", "j", "k", "i", "l", "m", "o")
WHOLE = re.compile(r"(?<!sum)(?<!max)(?<!min)\[\.\.\.(?![!<>\w])")


def expanded(text: str, dots: int, sizes: Mapping[str, str] | None = None, bindings: Bindings | None = None) -> str:
    """An equation's text with letters for the axes that `...` stands for, and numbers for the names in `sizes`."""
    known = bindings or Bindings()
    letters = _letters(text, dots)
    new = _new_letters(text, letters, known)

    def some(found: re.Match[str]) -> str:
        how, name = found.groups()
        if name in new:
            return ", ".join(new[name])
        return ", ".join(letters[k] for k in picked_of(dots, known.picks, how, name)) if name else ", ".join(letters)

    text = DOTS.sub(some, text)
    for name, size in (sizes or {}).items():
        text = re.sub(rf"\b{name}\b(?!\[)", size, text)
    return _tidy(text)


def _tidy(text: str) -> str:
    """Without the commas and the brackets that `...` of no axes leaves."""
    text = re.sub(r"(?:,\s*)+(?=[\]),])", "", text)
    text = re.sub(r"([\[(])\s*(?:,\s*)+", r"\1", text)
    return re.sub(r"(?<=\w)\[\s*\]", "", re.sub(r"\bsum\[\s*\]", "", text))


@dataclass(frozen=True)
class Template:
    """Equations of an entry, and what they are made for.

    Args:
        texts: the equations in order.
        tensors: what they read, by local name; a target among them has the axes given there, those of others follow
            from their indices.
        dots: number of axes that `...` stands for.
        sizes: extents that the text names.
        options: constants that the text names.
        where: the entry, for messages.
        indices: extents of indices that stand alone on no axis.
        bindings: the axes that options pick or make, where there are such.
        functions: names of functions that the text calls, beside those of the library.
    """

    texts: tuple[str, ...]
    tensors: Mapping[str, Tensor]
    dots: int
    sizes: Mapping[str, Extent] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    where: str = "equation"
    indices: Mapping[str, Extent] = field(default_factory=dict)
    bindings: Bindings | None = None
    functions: tuple[str, ...] = ()


def instance(template: Template) -> list[tuple[Equation, Tensor]]:
    """The equations of a template under their local names, each with the tensor it defines."""
    values = constants(template.options)
    signature = tuple((name, tensor.axes, tensor.dtype) for name, tensor in template.tensors.items())
    scalars = tuple((name, (), "real") for name in values if name not in template.tensors)
    sizes = {name: _atom(size) for name, size in template.sizes.items()}
    lines = tuple(expanded(text, template.dots, sizes, template.bindings) for text in template.texts)
    indices = tuple(template.indices.items())
    functions = callable_names() + template.functions
    made = _instance(lines, signature + scalars, indices, functions, template.where)
    return [(equation.with_body(bind(equation.body, values)) if values else equation, t) for equation, t in made]


def _atom(size: Extent) -> str:
    plain = size.constant is not None and size.constant >= 0
    return str(size) if plain else f"({size})"


@lru_cache(maxsize=4096)
def _instance(
    lines: tuple[str, ...], signature: Signature, indices: Indices, functions: tuple[str, ...], where: str
) -> tuple[tuple[Equation, Tensor], ...]:
    tensors = {name: Tensor(name, axes, dtype) for name, axes, dtype in signature}
    found = []
    for line in lines:
        extents = {**declared(line, tensors), **dict(indices)}
        scope = Scope(tensors, extents, functions=dict.fromkeys(functions, 1))
        equation, tensor = parse_definition(line, scope, where)
        tensors[equation.target] = tensor
        found.append((equation, tensor))
    return tuple(found)


def _letters(text: str, dots: int) -> list[str]:
    taken = set(re.findall(r"\b[a-z]\w*\b(?!\[)", text))
    alone = re.search(r"\.\.\.,", text) is None
    batch = ["n"] if WHOLE.search(text) and dots else []
    rest = dots - len(batch)
    behind = "c" in taken and rest
    for letters in (None if behind else FREE_STANDING.get(rest), BEHIND.get(rest)) if alone else ():
        if letters is not None and not taken & set(letters):
            return batch + list(letters)
    middle = [letter for letter in MIDDLE if letter not in taken and letter != "n"]
    return batch + ([*middle[: rest - 1], "j"] if alone and "j" not in taken else middle[:rest])


def _new_letters(text: str, letters: list[str], bindings: Bindings) -> dict[str, list[str]]:
    """Letters of new axes by option; letters that stand for other axes are left to them."""
    taken = set(re.findall(r"\b[a-z]\b", text)) | (set(letters) if re.search(r"\.\.\.(?!\w)", text) else set())
    free = [letter for letter in NEW if letter not in taken]
    return {name: free[: len(axes)] for name, axes in bindings.lists.items()}
