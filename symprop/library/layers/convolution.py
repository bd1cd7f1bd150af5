"""Convolutions over one, two and three axes: cross-correlations, as networks have them.

Weights are W[o, c, u, v], o the channels of the result; of a transposed convolution W[c, o, u, v], of a depthwise one
W[c, m, u, v].
"""

from __future__ import annotations

from typing import Any

from symprop.library.layers.basic import ACTIVATION
from symprop.library.layers.entry import Parameter, Requirement, layer
from symprop.library.layers.windows import (
    CHANNELS,
    IMAGE,
    KERNEL,
    MADE,
    PADDING,
    channels_last,
    each,
    fit,
    last,
    option,
    padding,
    result,
    sizes,
    span,
    window,
)
from symprop.library.options import Option, Options
from symprop.library.variants import Variant

LECUN = "LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86, 2278-2324 (1998)"
MOBILE = "Howard et al., MobileNets, arXiv:1704.04861 (2017)"
ZEILER = "Zeiler, Krishnan, Taylor, Fergus, Deconvolutional networks, CVPR, 2528-2535 (2010)"


def learnt(axes: int) -> Options:
    """Options of every convolution."""
    return {
        "kernel": sizes(3, 1, axes, "extents of the kernel"),
        "stride": sizes(1, 1, axes, "distance of neighbouring windows"),
        "padding": sizes("valid", 0, axes, "zeros on both sides; same gives ceil(extent/stride) windows", PADDING),
        "dilation": sizes(1, 1, axes, "distance of neighbouring entries of the kernel"),
        **ACTIVATION,
        "bias": Option("flag", True, doc="whether b is there"),
        "init": Option("initialiser", "glorot_uniform", doc="how W is drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how b is drawn"),
        "channels": CHANNELS,
    }


def kernel(axes: int) -> tuple[str, str]:
    """Extents of a kernel, as a list and as a product."""
    return each(axes, lambda k: option("kernel", axes, k)), "*".join(option("kernel", axes, k) for k in range(axes))


def convolution(axes: int) -> None:
    """conv1d, conv2d, conv3d."""
    extents, variants = padding(axes)
    made, inside = ", ".join(MADE[:axes]), ", ".join(KERNEL[:axes])
    read = each(axes, lambda k: window(axes, k))
    plain = f"Z[n, o, {made}] = sum[c, {inside}](x[n, c, {read}]*W[o, c, {inside}]) + b[o]"
    grouped = f"Z[n, (g, o), {made}] = sum[c, {inside}](x[n, (g, c), {read}]*W[(g, o), c, {inside}]) + b[(g, o)]"
    image, shape = f"N, C, {', '.join(IMAGE[axes])}", f"N, units, {each(axes, lambda k: result(axes, k))}"
    kernels, area = kernel(axes)
    layer(
        f"conv{axes}d",
        grouped,
        args={"x": image},
        shape=shape,
        params={
            "W": Parameter(f"units, C//groups, {kernels}", "init", fans=f"C//groups*{area}, units//groups*{area}"),
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
            Variant({"channels": "last"}, equations=(last(grouped, "Z", "x"),), **channels_last(image, shape)),
            Variant({"channels": "last", "groups": 1}, equations=(last(plain, "Z", "x"),)),
        ),
        source=LECUN,
        options={
            "units": Option("extent", doc="channels of the result"),
            "groups": Option("integer", 1, low=1, doc="parts of the channels that are convolved apart"),
            **learnt(axes),
        },
    )


def depthwise(axes: int) -> None:
    """depthwise_conv2d: every channel on its own, `multiplier` results of each."""
    extents, variants = padding(axes)
    made, inside = ", ".join(MADE[:axes]), ", ".join(KERNEL[:axes])
    read = each(axes, lambda k: window(axes, k))
    single = f"Z[n, c, {made}] = sum[{inside}](x[n, c, {read}]*W[c, {inside}]) + b[c]"
    several = f"Z[n, (c, m), {made}] = sum[{inside}](x[n, c, {read}]*W[c, m, {inside}]) + b[(c, m)]"
    image, shape = f"N, C, {', '.join(IMAGE[axes])}", f"N, C*multiplier, {each(axes, lambda k: result(axes, k))}"
    kernels, area = kernel(axes)
    one = Parameter(f"C, {kernels}", "init", fans=f"{area}, {area}")
    layer(
        f"depthwise_conv{axes}d",
        several,
        args={"x": image},
        shape=shape,
        params={
            "W": Parameter(f"C, multiplier, {kernels}", "init", fans=f"{area}, multiplier*{area}"),
            "b": Parameter("C*multiplier", "bias_init", when="bias"),
        },
        extents=extents,
        indices={"c": "C", "m": "multiplier"},
        requires=fit(axes),
        variants=(
            *variants,
            Variant({"multiplier": 1}, equations=(single,), params={"W": one}),
            Variant({"channels": "last"}, equations=(last(several, "Z", "x"),), **channels_last(image, shape)),
            Variant({"channels": "last", "multiplier": 1}, equations=(last(single, "Z", "x"),)),
        ),
        source=MOBILE,
        options={
            "multiplier": Option("integer", 1, low=1, doc="results of each channel"),
            **learnt(axes),
        },
    )


def spread(axes: int, k: int) -> str:
    """How far the images of neighbouring entries reach: extent of a transposed convolution before it is cut."""
    return f"({IMAGE[axes][k]} - 1)*{option('stride', axes, k)} + {span(axes, k)}"


def transposed(axes: int) -> None:
    """conv_transpose2d: the adjoint of a convolution as a layer; stride*p + dilation*u - before is where x[p] goes."""
    image = f"N, C, {', '.join(IMAGE[axes])}"
    at, inside, of = ("h", "w")[:axes], KERNEL[:axes], MADE[:axes]
    steps = [{n: option(n, axes, k) for n in ("stride", "dilation", "before", "after")} for k in range(axes)]
    here = " and ".join(f"{window(axes, k)} == {at[k]}" for k in range(axes))
    kernel_at = ", ".join(f"{at[k]} + {s['before']} - {s['stride']}*{of[k]}" for k, s in enumerate(steps))
    image_at = ", ".join(f"{at[k]} + {s['before']} - {s['dilation']}*{inside[k]}" for k, s in enumerate(steps))
    left, p, u = f"Z[n, o, {', '.join(at)}]", ", ".join(of), ", ".join(inside)
    general = f"{left} = sum[c, {p}, {u}: {here}](x[n, c, {p}]*W[c, o, {u}]) + b[o]"
    undilated = f"{left} = sum[c, {p}](x[n, c, {p}]*W[c, o, {kernel_at}]) + b[o]"
    unstrided = f"{left} = sum[c, {u}](x[n, c, {image_at}]*W[c, o, {u}]) + b[o]"
    forms = {"general": general, "undilated": undilated, "unstrided": unstrided}
    conditions: dict[str, dict[str, Any]] = {"general": {}, "undilated": {"dilation": 1}, "unstrided": {"stride": 1}}
    extents, variants = _cut(axes)
    shape = f"N, units, {each(axes, lambda k: option('extent', axes, k))}"
    kernels, area = kernel(axes)
    options = learnt(axes)
    layer(
        f"conv_transpose{axes}d",
        general,
        args={"x": image},
        shape=shape,
        params={
            "W": Parameter(f"C, units, {kernels}", "init", fans=f"C*{area}, units*{area}"),
            "b": Parameter("units", "bias_init", when="bias"),
        },
        extents=extents,
        variants=(
            *variants,
            *(Variant(conditions[name], equations=(text,)) for name, text in forms.items() if conditions[name]),
            Variant({"channels": "last"}, **channels_last(image, shape)),
            *(
                Variant({**conditions[name], "channels": "last"}, equations=(last(text, "Z", "x"),))
                for name, text in forms.items()
            ),
        ),
        source=ZEILER,
        options={
            "units": Option("extent", doc="channels of the result"),
            **options,
            "padding": sizes("valid", 0, axes, "entries cut off on both sides; same gives extent*stride", PADDING),
            "output_padding": sizes(0, 0, axes, "entries added behind"),
        },
    )


def _cut(axes: int) -> tuple[dict[str, str], tuple[Variant, ...]]:
    """Entries cut off before and behind, and the extents that are left."""
    extents: dict[str, str] = {}
    valid: dict[str, str] = {}
    same: dict[str, str] = {}
    for k in range(axes):
        before, after, more = (option(name, axes, k) for name in ("before", "after", "more"))
        over = f"({span(axes, k)} - {option('stride', axes, k)})"
        extents |= {n: option("padding", axes, k) for n in (before, after)}
        extents |= {more: option("output_padding", axes, k)}
        valid |= {before: "0", after: "0"}
        same |= {before: f"max({over}, 0)//2", after: f"(max({over}, 0) + 1)//2"}
        same |= {more: f"{option('output_padding', axes, k)} + max(-{over}, 0)"}
        extents[option("extent", axes, k)] = f"{spread(axes, k)} - {before} - {after} + {more}"
    return extents, (Variant({"padding": "valid"}, extents=valid), Variant({"padding": "same"}, extents=same))


for _axes in IMAGE:
    convolution(_axes)
depthwise(2)
transposed(2)
