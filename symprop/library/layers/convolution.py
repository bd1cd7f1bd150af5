"""Convolutions over one, two and three axes: cross-correlations, as networks have them, of channels-first images.

Every entry is written for any number of axes at once; the axes of the image are h, w behind a channel c, those of the
result p, q, those of the kernel u, v.  Weights are W[o, c, u, v], o the channels of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symprop.library.layers.basic import ACTIVATION
from symprop.library.layers.entry import Parameter, Requirement, Variant, layer
from symprop.library.options import Option

LECUN = "LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86, 2278-2324 (1998)"
IMAGE: dict[int, tuple[str, ...]] = {1: ("T",), 2: ("H", "W"), 3: ("D", "H", "W")}
READ: dict[int, tuple[str, ...]] = {1: ("t",), 2: ("h", "w"), 3: ("d", "h", "w")}
MADE, KERNEL = ("p", "q", "r"), ("u", "v", "w")
PADDING = ("valid", "same")


def each(axes: int, write: Callable[[int], str]) -> str:
    """A text for every axis, with commas."""
    return ", ".join(write(k) for k in range(axes))


def option(name: str, axes: int, k: int) -> str:
    """How equations read the value of an option for axis k."""
    return name if axes == 1 else f"{name}_{k + 1}"


def sizes(default: Any, low: int, axes: int, doc: str, words: tuple[str, ...] = ()) -> Option:
    """An option with a value for every axis."""
    return Option("sizes", default, low=low, choices=words, count=axes, doc=doc)


def window(axes: int, k: int) -> str:
    """The position that element u of the window at p reads."""
    names = {name: option(name, axes, k) for name in ("stride", "dilation", "before")}
    return f"{names['stride']}*{MADE[k]} + {names['dilation']}*{KERNEL[k]} - {names['before']}"


def span(axes: int, k: int) -> str:
    """How many entries of the image a window reaches over."""
    return f"({option('dilation', axes, k)}*({option('kernel', axes, k)} - 1) + 1)"


def padded(axes: int, k: int) -> str:
    """Extent of the padded image."""
    return f"{IMAGE[axes][k]} + {option('before', axes, k)} + {option('after', axes, k)}"


def result(axes: int, k: int) -> str:
    """Number of windows."""
    return f"({padded(axes, k)} - {span(axes, k)})//{option('stride', axes, k)} + 1"


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
        start = text.index(f"{name}[") + len(name) + 1
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


def channels_last(axes: int, read: str, made: str) -> dict[str, Any]:
    """Shapes of a variant whose images have their channels last."""
    extents = ", ".join(IMAGE[axes])
    return {"args": {"x": f"N, {extents}, {read}"}, "shape": f"N, {each(axes, lambda k: result(axes, k))}, {made}"}


def convolution(axes: int) -> None:
    """conv1d, conv2d, conv3d."""
    extents, variants = padding(axes)
    made, kernel = ", ".join(MADE[:axes]), ", ".join(KERNEL[:axes])
    read = each(axes, lambda k: window(axes, k))
    plain = f"Z[n, o, {made}] = sum[c, {kernel}](x[n, c, {read}]*W[o, c, {kernel}]) + b[o]"
    grouped = f"Z[n, (g, o), {made}] = sum[c, {kernel}](x[n, (g, c), {read}]*W[(g, o), c, {kernel}]) + b[(g, o)]"
    area = "*".join(option("kernel", axes, k) for k in range(axes))
    swap = channels_last(axes, "C", "units")
    layer(
        f"conv{axes}d",
        grouped,
        args={"x": f"N, C, {', '.join(IMAGE[axes])}"},
        shape=f"N, units, {each(axes, lambda k: result(axes, k))}",
        params={
            "W": Parameter(
                f"units, C//groups, {each(axes, lambda k: option('kernel', axes, k))}",
                "init",
                fans=f"C//groups*{area}, units//groups*{area}",
            ),
            "b": Parameter("units", "bias_init", when="bias"),
        },
        extents=extents,
        indices={"g": "groups", "o": "units//groups", "c": "C//groups"},
        requires=(
            Requirement("-(C % groups)", "{C} channels are not a multiple of {groups} groups"),
            Requirement("-(units % groups)", "{units} units are not a multiple of {groups} groups"),
            *fit(axes),
        ),
        variants=(
            *variants,
            Variant({"groups": 1}, equations=(plain,)),
            Variant({"channels": "last"}, equations=(last(grouped, "Z", "x"),), **swap),
            Variant({"channels": "last", "groups": 1}, equations=(last(plain, "Z", "x"),)),
        ),
        source=LECUN,
        options={
            "units": Option("extent", doc="channels of the result"),
            "kernel": sizes(3, 1, axes, "extents of the kernel"),
            "stride": sizes(1, 1, axes, "distance of neighbouring windows"),
            "padding": sizes("valid", 0, axes, "zeros on both sides; same gives ceil(extent/stride) windows", PADDING),
            "dilation": sizes(1, 1, axes, "distance of neighbouring entries of the kernel"),
            "groups": Option("integer", 1, low=1, doc="parts of the channels that are convolved apart"),
            **ACTIVATION,
            "bias": Option("flag", True, doc="whether b is there"),
            "init": Option("initialiser", "glorot_uniform", doc="how W is drawn"),
            "bias_init": Option("initialiser", "zeros", doc="how b is drawn"),
            "channels": Option("name", "first", choices=("first", "last"), doc="where images have their channels"),
        },
    )


for _axes in IMAGE:
    convolution(_axes)
