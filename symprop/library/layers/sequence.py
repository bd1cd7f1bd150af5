"""Tokens and positions: embeddings, their adjoint use as an output layer, and what tells positions apart."""

from __future__ import annotations

from symprop.library.layers.basic import ACTIVATION
from symprop.library.layers.entry import Parameter, Requirement, layer
from symprop.library.options import Option

layer(
    "embedding",
    "Z[..., d] = W[tok[...], d]",
    args={"tok": "... < V"},
    shape="..., units",
    params={"W": Parameter("V, units", "init")},
    source="Bengio, Ducharme, Vincent, Jauvin, J. Mach. Learn. Res. 3, 1137-1155 (2003)",
    options={
        "units": Option("extent", doc="entries of an embedding"),
        "init": Option("initialiser", "normal", doc="how W is drawn"),
    },
)
layer(
    "unembed",
    "Z[..., v] = sum[d](x[..., d]*W[v, d]) + b[v]",
    args={"x": "..., D"},
    shape="..., units",
    params={"W": Parameter("units, D", "init"), "b": Parameter("units", "bias_init", when="bias")},
    source="Press, Wolf, EACL, 157-163 (2017), arXiv:1608.05859",
    options={
        "units": Option("extent", None, doc="number of outputs, by default those of the embedding it is tied to"),
        **ACTIVATION,
        "bias": Option("flag", False, doc="whether b is there"),
        "init": Option("initialiser", "normal", doc="how W is drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how b is drawn"),
    },
)
layer(
    "position_embedding",
    "Z[n, t, d] = x[n, t, d] + P[t, d]",
    args={"x": "N, T, D"},
    shape="N, T, D",
    params={"P": Parameter("T, D", "init")},
    source="Gehring, Auli, Grangier, Yarats, Dauphin, ICML 34, 1243-1252 (2017), arXiv:1705.03122",
    options={"init": Option("initialiser", "normal", doc="how P is drawn")},
)
layer(
    "sinusoidal_positions",
    "angle[t, k] = t/base**(2*k/D)",
    "P[t, (k, s)] = [s == 0]*sin(angle[t, k]) + [s == 1]*cos(angle[t, k])",
    "Z[n, t, d] = x[n, t, d] + P[t, d]",
    args={"x": "N, T, D"},
    shape="N, T, D",
    indices={"t": "T", "k": "D//2", "s": "2"},
    requires=(Requirement("-(D % 2)", "expected an even number of entries at a position, got {D}"),),
    source="Vaswani et al., NeurIPS 30, 5998-6008 (2017), arXiv:1706.03762",
    options={"base": Option("number", 10000.0, low=1.0, doc="largest wavelength over 2*pi, in positions")},
)
layer(
    "bilinear",
    "Z[..., o] = sum[i, j](a[..., i]*W[i, j, o]*b[..., j]) + c[o]",
    args={"a": "..., A", "b": "..., B"},
    shape="..., units",
    params={
        "W": Parameter("A, B, units", "init", fans="A*B, units"),
        "c": Parameter("units", "bias_init", when="bias"),
    },
    source="Tenenbaum, Freeman, Neural Comput. 12, 1247-1283 (2000)",
    options={
        "units": Option("extent", doc="number of outputs"),
        **ACTIVATION,
        "bias": Option("flag", True, doc="whether c is there"),
        "init": Option("initialiser", "glorot_uniform", doc="how W is drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how c is drawn"),
    },
)
