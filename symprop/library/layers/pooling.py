"""Pooling: the largest entry, or the mean, of windows that move over the axes, or of all entries of a channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symprop.library.layers.entry import Requirement, layer
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
    spare,
    window,
)
from symprop.library.options import Option, Options
from symprop.library.variants import Variant

RIESENHUBER = "Riesenhuber, Poggio, Nat. Neurosci. 2, 1019-1025 (1999)"
LECUN = "LeCun, Boser, Denker, Henderson, Howard, Hubbard, Jackel, Neural Comput. 1, 541-551 (1989)"
LIN = "Lin, Chen, Yan, Network in network, ICLR (2014), arXiv:1312.4400"


def moving(axes: int, text: str) -> Options:
    """Options of every pooling."""
    return {
        "kernel": sizes(2, 1, axes, "extents of a window"),
        "stride": sizes(None, 1, axes, "distance of neighbouring windows, by default the kernel"),
        "padding": sizes("valid", 0, axes, f"entries on both sides{text}; same gives ceil(extent/stride)", PADDING),
        "channels": CHANNELS,
        "ceil_mode": Option("flag", False, doc="whether a last window may reach beyond the padding"),
    }


def pooled(axes: int, k: int) -> str:
    """Number of windows."""
    return result(axes, k, option("spare", axes, k))


Forms = Sequence[tuple[dict[str, Any], tuple[str, ...]]]


def register(axes: int, stem: str, forms: Forms, source: str, options: Options, **fixed: str) -> None:
    """A pooling; `forms` are equations by the settings that they are for, the first of them in general."""
    extents, variants = padding(axes)
    strides = {option("stride", axes, k): option("stride", axes, k) for k in range(axes)}
    kernels = {option("stride", axes, k): option("kernel", axes, k) for k in range(axes)}
    image, shape = f"N, C, {', '.join(IMAGE[axes])}", f"N, C, {each(axes, lambda k: pooled(axes, k))}"
    none, more = ({option("spare", axes, k): text(axes, k) for k in range(axes)} for text in (lambda *_: "0", spare))
    layer(
        f"{stem}{axes}d",
        *forms[0][1],
        args={"x": image},
        shape=shape,
        extents={**strides, **fixed, **extents, **none},
        indices={
            **{KERNEL[k]: option("kernel", axes, k) for k in range(axes)},
            **{MADE[k]: pooled(axes, k) for k in range(axes)},
        },
        requires=(*fit(axes), *(_less(axes, k) for k in range(axes))),
        variants=(
            *variants,
            Variant({"stride": None}, extents=kernels),
            Variant({"ceil_mode": True}, extents=more),
            *(Variant(when, equations=texts) for when, texts in forms[1:]),
            Variant({"channels": "last"}, **channels_last(image, shape)),
            *(Variant({**when, "channels": "last"}, equations=_last(texts)) for when, texts in forms),
        ),
        source=source,
        options=options,
    )


def _last(texts: tuple[str, ...]) -> tuple[str, ...]:
    return (*texts[:-1], last(texts[-1], "Z", "x"))


def _less(axes: int, k: int) -> Requirement:
    before = option("before", axes, k)
    return Requirement(
        f"{span(axes, k)} - 1 - {before}",
        f"padding of {{{before}}} is no less than a window over {{{span(axes, k)}}} entries",
        "A window would see padding alone.",
    )


def max_pool(axes: int) -> None:
    """max_pool1d, max_pool2d: padding never wins, since entries out of bounds are left out."""
    made, inside = ", ".join(MADE[:axes]), ", ".join(KERNEL[:axes])
    equation = f"Z[n, c, {made}] = max[{inside}](x[n, c, {each(axes, lambda k: window(axes, k))}])"
    dilation = {"dilation": sizes(1, 1, axes, "distance of neighbouring entries of a window")}
    register(axes, "max_pool", [({}, (equation,))], RIESENHUBER, {**moving(axes, " that are left out"), **dilation})


def average_pool(axes: int) -> None:
    """average_pool1d, average_pool2d: a mean over the window, or over the part of it that is no padding."""
    made, inside = ", ".join(MADE[:axes]), ", ".join(KERNEL[:axes])
    total = f"sum[{inside}](x[n, c, {each(axes, lambda k: window(axes, k, dilated=False))}])"
    area = "*".join(option("kernel", axes, k) for k in range(axes))
    mean = f"Z[n, c, {made}] = {total}/({area})"

    def counted(within: Callable[[int], tuple[str, str]]) -> tuple[str, ...]:
        """The mean over the entries of a window within bounds."""
        counts = [
            f"{'count' if axes == 1 else 'rows' if k == 0 else 'columns'}[{MADE[k]}] = "
            f"sum[{KERNEL[k]}: {within(k)[0]} <= {window(axes, k, dilated=False)} < {within(k)[1]}](1)"
            for k in range(axes)
        ]
        return (*counts, f"Z[n, c, {made}] = {total}/({'*'.join(text.split(' =')[0] for text in counts)})")

    inside_only = counted(lambda k: ("0", IMAGE[axes][k]))
    with_padding = counted(
        lambda k: (f"-{option('before', axes, k)}", f"{IMAGE[axes][k]} + {option('after', axes, k)}")
    )
    forms: Forms = [
        ({}, inside_only),
        ({"count_include_pad": True}, (mean,)),
        ({"padding": "valid"}, (mean,)),
        ({"ceil_mode": True}, with_padding),
        ({"ceil_mode": True, "count_include_pad": False}, inside_only),
    ]
    include = Option("flag", True, doc="whether padding counts as zeros; if not, the mean is over the entries inside")
    fixed = {option("dilation", axes, k): "1" for k in range(axes)}
    options = {**moving(axes, ""), "count_include_pad": include}
    register(axes, "average_pool", forms, LECUN, options, **fixed)


for _axes in (1, 2):
    max_pool(_axes)
    average_pool(_axes)
layer(
    "global_average_pool",
    "Z[n, c] = sum[...](x[n, c, ...])/area",
    args={"x": "N, C, ..."},
    shape="N, C",
    extents={"area": "(...)"},
    variants=(
        Variant({"channels": "last"}, args={"x": "N, ..., C"}, equations=("Z[n, c] = sum[...](x[n, ..., c])/area",)),
    ),
    source=LIN,
    options={"channels": CHANNELS},
)
layer(
    "global_max_pool",
    "Z[n, c] = max[...](x[n, c, ...])",
    args={"x": "N, C, ..."},
    shape="N, C",
    requires=(Requirement("rank - 1", "expected axes beside the batch and the channels, got none"),),
    variants=(Variant({"channels": "last"}, args={"x": "N, ..., C"}, equations=("Z[n, c] = max[...](x[n, ..., c])",)),),
    source=RIESENHUBER,
    options={"channels": CHANNELS},
)
