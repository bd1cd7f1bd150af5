"""Recurrent layers: a state at every step of a sequence, from the state of the step before.

The gates are those of the papers.  The pre-activations of all gates are one tensor p, in PyTorch's order, so that a
step is one product with U.  Of `reverse` a step reads the state of the step behind, and the first step is the last one.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from symprop.library.layers.entry import Parameter, Variant, layer
from symprop.library.options import Option, Options

STATE = {"h": "N, T, units"}


def weights(gates: int) -> dict[str, Parameter]:
    """W for the input, U for the state and b, side by side for all gates."""
    wide = "units" if gates == 1 else f"{gates}*units"
    return {
        "W": Parameter(f"D, {wide}", "init", fans="D, units"),
        "U": Parameter(f"units, {wide}", "recurrent_init"),
        "b": Parameter(wide, "bias_init", when="bias"),
    }


def settings(doc: str = "whether b is there") -> Options:
    """Options of a recurrent layer."""
    return {
        "units": Option("extent", doc="entries of the state"),
        "return": Option("name", "sequence", choices=("sequence", "last"), doc="the state at all steps or the last"),
        "reverse": Option("flag", False, doc="whether the steps are taken from the last to the first"),
        "bias": Option("flag", True, doc=doc),
        "init": Option("initialiser", "glorot_uniform", doc="how W is drawn"),
        "recurrent_init": Option("initialiser", "orthogonal", doc="how U is drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how b is drawn"),
    }


def forms(equations: tuple[str, ...]) -> dict[str, Any]:
    """Fields for both directions and both results, from equations that read `before` and hold at the `first` step."""

    def written(reverse: bool, last: bool) -> tuple[str, ...]:
        before, first, end = ("t + 1", "t == T - 1", "0") if reverse else ("t - 1", "t == 0", "T - 1")
        made = [text.replace("before", before).replace("first", first) for text in equations]
        return (*made, f"Z[n, j] = h[n, {end}, j]" if last else "Z[n, t, j] = h[n, t, j]")

    found = []
    for reverse, last in product((False, True), repeat=2):
        when = {"reverse": reverse, "return": "last" if last else "sequence"}
        shape = "N, units" if last else "N, T, units"
        found.append(Variant(when, equations=written(reverse, last), shape=shape))
    return {"variants": tuple(found)}


INPUT = "sum[d](x[n, t, d]*W[d, m]) + b[m]"
STATE_BEFORE = "sum[k](h[n, before, k]*U[k, m]) + [first]*sum[k](h0[n, k]*U[k, m])"
RNN = (
    f"p[n, t, m] = {INPUT} + {STATE_BEFORE}",
    "h[n, t, j] = activation(p[n, t, j])",
)
LSTM = (
    f"p[n, t, m] = {INPUT} + {STATE_BEFORE}",
    "i[n, t, j] = sigmoid(p[n, t, j])",
    "f[n, t, j] = sigmoid(p[n, t, j + units])",
    "g[n, t, j] = tanh(p[n, t, j + 2*units])",
    "o[n, t, j] = sigmoid(p[n, t, j + 3*units])",
    "c[n, t, j] = f[n, t, j]*(c[n, before, j] + [first]*c0[n, j]) + i[n, t, j]*g[n, t, j]",
    "h[n, t, j] = o[n, t, j]*tanh(c[n, t, j])",
)
GRU = (
    f"p[n, t, m] = {INPUT}",
    f"q[n, t, m] = {STATE_BEFORE}",
    "r[n, t, j] = sigmoid(p[n, t, j] + q[n, t, j])",
    "z[n, t, j] = sigmoid(p[n, t, j + units] + q[n, t, j + units])",
    "c[n, t, j] = tanh(p[n, t, j + 2*units] + r[n, t, j]*(q[n, t, j + 2*units] + bu[j]))",
    "h[n, t, j] = (1 - z[n, t, j])*c[n, t, j] + z[n, t, j]*(h[n, before, j] + [first]*h0[n, j])",
)

layer(
    "rnn",
    "Z[n, t, j] = h[n, t, j]",
    args={"x": "N, T, D", "h0": "N, units"},
    optional={"h0": 0},
    shape="N, T, units",
    recurrent=STATE,
    params=weights(1),
    **forms(RNN),
    source="Elman, Cogn. Sci. 14, 179-211 (1990)",
    options={"activation": Option("activation", "tanh", doc="function that gives the state"), **settings()},
)
layer(
    "lstm",
    "Z[n, t, j] = h[n, t, j]",
    args={"x": "N, T, D", "h0": "N, units", "c0": "N, units"},
    optional={"h0": 0, "c0": 0},
    shape="N, T, units",
    recurrent={**STATE, "c": "N, T, units"},
    indices={"j": "units"},
    params=weights(4),
    **forms(LSTM),
    source="Hochreiter, Schmidhuber, Neural Comput. 9, 1735-1780 (1997); Gers et al., ibid. 12, 2451-2471 (2000)",
    options=settings(),
)
layer(
    "gru",
    "Z[n, t, j] = h[n, t, j]",
    args={"x": "N, T, D", "h0": "N, units"},
    optional={"h0": 0},
    shape="N, T, units",
    recurrent=STATE,
    indices={"t": "T", "j": "units"},
    params={**weights(3), "bu": Parameter("units", "bias_init", when="bias")},
    **forms(GRU),
    source="Cho et al., EMNLP, 1724-1734 (2014), arXiv:1406.1078; the reset behind the product: cuDNN and PyTorch",
    options=settings("whether b, and bu within the reset, are there"),
)
