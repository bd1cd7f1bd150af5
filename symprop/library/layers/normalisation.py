"""Normalisation: entries less their mean over their standard deviation, along some of the axes."""

from __future__ import annotations

from symprop.library.layers.basic import ACTIVATION
from symprop.library.layers.entry import Parameter, Requirement, layer
from symprop.library.layers.windows import CHANNELS
from symprop.library.options import Option, Options
from symprop.library.variants import Variant

SCALE = Option("flag", True, doc="whether gamma is there")
SHIFT = Option("flag", True, doc="whether beta is there")
SCALED = {
    "scale": SCALE,
    "bias": SHIFT,
    "scale_init": Option("initialiser", "ones", doc="how gamma is drawn"),
    "bias_init": Option("initialiser", "zeros", doc="how beta is drawn"),
}


def affine(extent: str) -> dict[str, Parameter]:
    """Scale and shift after the normalisation."""
    return {
        "gamma": Parameter(extent, "scale_init", when="scale", absent=1),
        "beta": Parameter(extent, "bias_init", when="bias"),
    }


def settings(eps: float) -> Options:
    """Options of a normalisation."""
    return {"eps": Option("number", eps, low=0.0, doc="added to the variance"), **SCALED, **ACTIVATION}


def normalised(of: str, at: str, over: str, channel: str) -> tuple[str, ...]:
    """mu, var, xhat and Z: x[at] normalised over indices, with one mean for every index of `of`."""
    return (
        f"mu[{of}] = sum[{over}](x[{at}])/count",
        f"var[{of}] = sum[{over}]((x[{at}] - mu[{of}])**2)/count",
        f"xhat[{at}] = (x[{at}] - mu[{of}])/sqrt(var[{of}] + eps)",
        f"Z[{at}] = gamma[{channel}]*xhat[{at}] + beta[{channel}]",
    )


layer(
    "batch_norm",
    *normalised("c", "n, c, ...", "n, ...", "c"),
    args={"x": "N, C, ..."},
    shape="N, C, ...",
    params=affine("C"),
    extents={"count": "N*(...)"},
    state={"rm": ("C", "zeros"), "rv": ("C", "ones")},
    updates=(
        "rm[c] = (1 - momentum)*rm[c] + momentum*mu[c]",
        "rv[c] = (1 - momentum)*rv[c] + momentum*var[c]*count/max(count - 1, 1)",
    ),
    inference=("mu[c] = rm[c]", "var[c] = rv[c]"),
    variants=(
        Variant(
            {"channels": "last"},
            args={"x": "N, ..., C"},
            shape="N, ..., C",
            equations=normalised("c", "n, ..., c", "n, ...", "c"),
        ),
    ),
    source="Ioffe, Szegedy, ICML, 448-456 (2015), arXiv:1502.03167",
    options={
        "momentum": Option("number", 0.1, low=0.0, high=1.0, doc="weight of a batch in the running mean and variance"),
        **settings(1e-5),
        "channels": CHANNELS,
    },
)
layer(
    "layer_norm",
    *normalised("...", "..., j", "j", "j"),
    args={"x": "..., D"},
    shape="..., D",
    params=affine("D"),
    extents={"count": "D"},
    source="Ba, Kiros, Hinton, Layer normalization, arXiv:1607.06450 (2016)",
    options=settings(1e-5),
)
layer(
    "rms_norm",
    "ms[...] = sum[j](x[..., j]**2)/D",
    "xhat[..., j] = x[..., j]/sqrt(ms[...] + eps)",
    "Z[..., j] = gamma[j]*xhat[..., j]",
    args={"x": "..., D"},
    shape="..., D",
    params={"gamma": affine("D")["gamma"]},
    source="Zhang, Sennrich, NeurIPS 32 (2019), arXiv:1910.07467",
    options={
        "eps": Option("number", 1e-6, low=0.0, doc="added to the mean square"),
        "scale": SCALE,
        "scale_init": SCALED["scale_init"],
        **ACTIVATION,
    },
)
layer(
    "group_norm",
    *normalised("n, g", "n, (g, c), ...", "c, ...", "(g, c)"),
    args={"x": "N, C, ..."},
    shape="N, C, ...",
    params=affine("C"),
    extents={"count": "C//groups*(...)"},
    indices={"g": "groups", "c": "C//groups"},
    requires=(Requirement("-(C % groups)", "{C} channels are not a multiple of {groups} groups"),),
    variants=(
        Variant(
            {"channels": "last"},
            args={"x": "N, ..., C"},
            shape="N, ..., C",
            equations=normalised("n, g", "n, ..., (g, c)", "c, ...", "(g, c)"),
        ),
    ),
    source="Wu, He, ECCV, 3-19 (2018), arXiv:1803.08494",
    options={
        "groups": Option("integer", low=1, doc="parts of the channels that are normalised together"),
        **settings(1e-5),
        "channels": CHANNELS,
    },
)
layer(
    "instance_norm",
    *normalised("n, c", "n, c, ...", "...", "c"),
    args={"x": "N, C, ..."},
    shape="N, C, ...",
    params=affine("C"),
    extents={"count": "(...)"},
    requires=(Requirement("count - 2", "expected at least 2 entries in a channel, got {count}"),),
    variants=(
        Variant(
            {"channels": "last"},
            args={"x": "N, ..., C"},
            shape="N, ..., C",
            equations=normalised("n, c", "n, ..., c", "...", "c"),
        ),
    ),
    source="Ulyanov, Vedaldi, Lempitsky, Instance normalization, arXiv:1607.08022 (2016)",
    options={**settings(1e-5), "channels": CHANNELS},
)
layer(
    "weight_norm",
    "norm[j] = sqrt(sum[i](v[i, j]**2))",
    "W[i, j] = g[j]*v[i, j]/norm[j]",
    "Z[..., j] = sum[i](x[..., i]*W[i, j]) + b[j]",
    args={"x": "..., D"},
    shape="..., units",
    params={
        "v": Parameter("D, units", "init"),
        "g": Parameter("units", "scale_init"),
        "b": Parameter("units", "bias_init", when="bias"),
    },
    source="Salimans, Kingma, NeurIPS 29 (2016), arXiv:1602.07868",
    options={
        "units": Option("extent", doc="number of outputs"),
        **ACTIVATION,
        "bias": Option("flag", True, doc="whether b is there"),
        "init": Option("initialiser", "glorot_uniform", doc="how v, the direction of W, is drawn"),
        "scale_init": Option("initialiser", "ones", doc="how g, the length of every column of W, is drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how b is drawn"),
    },
)
