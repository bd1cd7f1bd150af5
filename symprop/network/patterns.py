"""Equations with `...`, made equations with index letters for tensors of given shapes.

Enters: the equations of a library entry and the tensors they read.  Leaves: equations of the language and the
tensors they define, still under the entry's own names, so that layers alike are read once.

The letters are always the same: n is the batch, the last axis keeps the letter the entry gives it, axes between are
t, s, r, ...; where `...` stands for all axes they are n; n,j; n,t,j; n,c,h,w.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from symprop.language import Equation, Extent, Scope, Tensor, defined, parse_equation
from symprop.library import callable_names
from symprop.library.scalars import bind, constants

Signature = tuple[tuple[str, tuple[Extent, ...], str], ...]
MIDDLE = ("t", "s", "r", "q", "p", "l", "g", "h", "w", "v")
FREE_STANDING: Mapping[int, tuple[str, ...]] = {0: (), 1: ("j",), 2: ("t", "j"), 3: ("c", "h", "w")}


def expanded(text: str, dots: int, sizes: Mapping[str, str] | None = None) -> str:
    """An equation's text with letters for the axes that `...` stands for, and numbers for the names in `sizes`."""
    for name, size in (sizes or {}).items():
        text = re.sub(rf"\b{name}\b", size, text)
    return re.sub(r",\s*\]", "]", text.replace("...", ", ".join(_letters(text, dots))))


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
    """

    texts: tuple[str, ...]
    tensors: Mapping[str, Tensor]
    dots: int
    sizes: Mapping[str, Extent] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    where: str = "equation"


def instance(template: Template) -> list[tuple[Equation, Tensor]]:
    """The equations of a template under their local names, each with the tensor it defines."""
    values = constants(template.options)
    signature = tuple((name, tensor.axes, tensor.dtype) for name, tensor in template.tensors.items())
    scalars = tuple((name, (), "real") for name in values if name not in template.tensors)
    sizes = {name: _atom(size) for name, size in template.sizes.items()}
    lines = tuple(expanded(text, template.dots, sizes) for text in template.texts)
    made = _instance(lines, signature + scalars, callable_names(), template.where)
    return [(equation.with_body(bind(equation.body, values)) if values else equation, t) for equation, t in made]


def _atom(size: Extent) -> str:
    return str(size) if size.constant is not None else f"({size})"


@lru_cache(maxsize=4096)
def _instance(
    lines: tuple[str, ...], signature: Signature, functions: tuple[str, ...], where: str
) -> tuple[tuple[Equation, Tensor], ...]:
    tensors = {name: Tensor(name, axes, dtype) for name, axes, dtype in signature}
    found = []
    for line in lines:
        scope = Scope(tensors, _declared(line, tensors), functions=dict.fromkeys(functions, 1))
        equation = parse_equation(line, scope, where)
        tensors[equation.target] = defined(equation)
        found.append((equation, tensors[equation.target]))
    return tuple(found)


def _declared(line: str, tensors: Mapping[str, Tensor]) -> dict[str, Extent]:
    """Extents of the indices of a target of known shape: they hold even where an axis that is read is shorter."""
    name, _, rest = line.partition("[")
    known = tensors.get(name.strip())
    if known is None or "(" in rest.partition("]")[0]:
        return {}
    letters = [part.strip() for part in rest.partition("]")[0].split(",")]
    return dict(zip(letters, known.axes, strict=False))


def _letters(text: str, dots: int) -> list[str]:
    whole = "[..." in text
    taken = set(re.findall(r"[a-z]\w*", text))
    alone = re.search(r"\.\.\.,", text) is None
    batch = ["n"] if whole and dots else []
    rest = dots - len(batch)
    if alone and rest in FREE_STANDING:
        return batch + list(FREE_STANDING[rest])
    middle = [letter for letter in MIDDLE if letter not in taken and letter != "n"]
    return batch + ([*middle[: rest - 1], "j"] if alone else middle[:rest])
