"""Layers of feed-forward networks: dense, its activation, dropout, flattening, and what joins branches."""

from __future__ import annotations

from symprop.library.layers.entry import ONE, Parameter, layer
from symprop.library.options import Option
from symprop.library.variants import Variant

_ROSENBLATT = "Rosenblatt, Psychol. Rev. 65, 386-408 (1958)"
_RESIDUAL = "He, Zhang, Ren, Sun, CVPR, 770-778 (2016), arXiv:1512.03385"
ACTIVATION = {"activation": Option("activation", None, doc="function applied to the result")}

layer(
    "dense",
    "Z[..., j] = sum[i](x[..., i]*W[i, j]) + b[j]",
    args={"x": "..., D"},
    shape="..., units",
    params={"W": Parameter("D, units", "init"), "b": Parameter("units", "bias_init", when="bias")},
    source="Rumelhart, Hinton, Williams, Nature 323, 533-536 (1986)",
    options={
        "units": Option("extent", doc="number of outputs"),
        **ACTIVATION,
        "bias": Option("flag", True, doc="whether b is there"),
        "init": Option("initialiser", "glorot_uniform", doc="how W is drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how b is drawn"),
    },
)
layer(
    "activation",
    args={"x": "..."},
    shape="...",
    source=_ROSENBLATT,
    options={"activation": Option("activation", doc="function applied to every entry, or to the last axis")},
)
layer(
    "dropout",
    "Z[...] = x[...]*mask[...]",
    args={"x": "..."},
    shape="...",
    samples={"mask": ("...", "dropout", "rate")},
    source="Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, J. Mach. Learn. Res. 15, 1929-1958 (2014)",
    options={"rate": Option("number", 0.5, low=0.0, high=0.99, doc="probability of an entry to be dropped")},
)
layer(
    "gaussian_sample",
    "Z[...] = mu[...] + exp(log_var[...]/2)*eps[...]",
    args={"mu": "...", "log_var": "..."},
    shape="...",
    samples={"eps": ("...", "noise", "")},
    source="Kingma, Welling, ICLR (2014), arXiv:1312.6114",
)
layer(
    "flatten",
    "Z[n, (...)] = x[n, ...]",
    args={"x": "N, ..."},
    shape="N, (...)",
    source="LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86, 2278-2324 (1998)",
)
layer(
    "add",
    "Z[...] = a[...] + b[...]",
    args={"a": "...", "b": "..."},
    shape="...",
    variadic=True,
    source=_RESIDUAL,
    options=ACTIVATION,
    same="shape",
)
layer(
    "multiply",
    "Z[...] = a[...]*b[...]",
    args={"a": "...", "b": "..."},
    shape="...",
    variadic=True,
    source="Dauphin, Fan, Auli, Grangier, ICML 34, 933-941 (2017), arXiv:1612.08083",
    options=ACTIVATION,
    same="shape",
)
layer(
    "concat",
    "Z[n, ...<axis, k, ...>axis] = a[n, ...<axis, k, ...>axis] + b[n, ...<axis, k - A, ...>axis]",
    args={"a": "N, ...<axis, A, ...>axis", "b": "N, ...<axis, B, ...>axis"},
    shape="N, ...<axis, A + B, ...>axis",
    requires=(ONE,),
    variants=(
        Variant(
            {"axis": -1},
            equations=("Z[..., j] = a[..., j] + b[..., j - A]",),
            args={"a": "..., A", "b": "..., B"},
            shape="..., A + B",
        ),
    ),
    variadic=True,
    source="Huang, Liu, van der Maaten, Weinberger, CVPR, 4700-4708 (2017), arXiv:1608.06993",
    options={"axis": Option("axes", -1, doc="the axis they are joined along"), **ACTIVATION},
    same="the axes beside the joined one",
)
