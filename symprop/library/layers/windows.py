"""Windows that move over one, two or three axes, as texts of equations, extents and options.

Enters: the number of axes.  Leaves: what convolutions and poolings have in common.  The axes of an image are h, w
behind a channel c, those of the windows p, q, those inside a window u, v.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from symprop.library.layers.entry import Requirement
from symprop.library.options import Option
from symprop.library.variants import Variant

IMAGE: dict[int, tuple[str, ...]] = {1: ("T",), 2: ("H", "W"), 3: ("D", "H", "W")}
MADE, KERNEL = ("p", "q", "r"), ("u", "v", "w")
PADDING = ("valid", "same")
CHANNELS = Option(
    "name", "first", choices=("first", "last"), doc="where images have their channels, (C, H, W) or (H, W, C)"
)


def each(axes: int, write: Callable[[int], str]) -> str:
    """A text for every axis, with commas."""
    return ", ".join(write(k) for k in range(axes))


def option(name: str, axes: int, k: int) -> str:
    """How equations read the value of an option for axis k."""
    return name if axes == 1 else f"{name}_{k + 1}"


def sizes(default: Any, low: int, axes: int, doc: str, words: tuple[str, ...] = ()) -> Option:
    """An option with a value for every axis."""
    return Option("sizes", default, low=low, choices=words, count=axes, doc=doc)


def window(axes: int, k: int, dilated: bool = True) -> str:
    """The position that element u of the window at p reads."""
    inside = f"{option('dilation', axes, k)}*{KERNEL[k]}" if dilated else KERNEL[k]
    return f"{option('stride', axes, k)}*{MADE[k]} + {inside} - {option('before', axes, k)}"


def span(axes: int, k: int) -> str:
    """How many entries of the image a window reaches over."""
    return f"({option('dilation', axes, k)}*({option('kernel', axes, k)} - 1) + 1)"


def padded(axes: int, k: int) -> str:
    """Extent of the padded image."""
    return f"{IMAGE[axes][k]} + {option('before', axes, k)} + {option('after', axes, k)}"


def result(axes: int, k: int, more: str = "") -> str:
    """Number of windows, over so many more entries behind the padding."""
    entries = f"{padded(axes, k)} + {more}" if more else padded(axes, k)
    return f"({entries} - {span(axes, k)})//{option('stride', axes, k)} + 1"


def spare(axes: int, k: int) -> str:
    """Entries behind the padded image over which one more window reaches that begins before its end.

    One more than `result` fits where the windows leave a rest, and where it does not see what stands behind alone.
    """
    rest = f"((-({padded(axes, k)} - {span(axes, k)})) % {option('stride', axes, k)})"
    return f"{rest}*min(1, max(0, {span(axes, k)} - {option('after', axes, k)} - {rest}))"


def fit(axes: int) -> tuple[Requirement, ...]:
    """The kernel is no larger than the padded image."""
    return tuple(
        Requirement(
            f"{padded(axes, k)} - {span(axes, k)}",
            f"a kernel over {{{span(axes, k)}}} entries is larger than the padded input of {{{padded(axes, k)}}}",
            "Give it a smaller kernel, or padding.",
        )
        for k in range(axes)
    )


def padding(axes: int) -> tuple[dict[str, str], tuple[Variant, ...]]:
    """Entries before and after the image on every axis, as extents, and what the words for it mean.

    `same` gives ceil(extent/stride) windows; of an odd number of entries the larger half stands behind.
    """
    before = {option("before", axes, k): option("padding", axes, k) for k in range(axes)}
    after = {option("after", axes, k): option("padding", axes, k) for k in range(axes)}
    none = {name: "0" for name in [*before, *after]}
    same: dict[str, str] = {}
    for k in range(axes):
        extent, stride = IMAGE[axes][k], option("stride", axes, k)
        total = f"max(({extent} - 1)//{stride}*{stride} + {span(axes, k)} - {extent}, 0)"
        same |= {option("before", axes, k): f"{total}//2", option("after", axes, k): f"({total} + 1)//2"}
    return {**before, **after}, (
        Variant({"padding": "valid"}, extents=none),
        Variant({"padding": "same"}, extents=same),
    )


def last(text: str, *tensors: str) -> str:
    """A text with the channel of tensors, the axis behind the batch, as their last axis."""
    for name in tensors:
        found = re.search(rf"\b{name}\[", text)
        assert found is not None
        start = found.end()
        stop = _closing(text, start)
        batch, channel, rest = _split(text[start:stop])
        text = f"{text[:start]}{batch}, {rest}, {channel}{text[stop:]}"
    return text


def _split(inside: str) -> tuple[str, str, str]:
    batch, rest = inside.split(", ", 1)
    depth = 0
    for at, character in enumerate(rest):
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            return batch, rest[:at], rest[at + 2 :]
    raise ValueError(inside)


def _closing(text: str, start: int) -> int:
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == "[") - (text[at] == "]")
        if not depth:
            return at
    raise ValueError(text)


def channels_last(image: str, shape: str) -> dict[str, Any]:
    """Changes of a variant whose images have their channels last."""
    return {"args": {"x": last(f"x[{image}]", "x")[2:-1]}, "shape": last(f"Z[{shape}]", "Z")[2:-1]}
