"""Recurrent layers: a state at every step of a sequence, from the state of the step before.

The gates are those of the papers.  The pre-activations of all gates are one tensor p, in PyTorch's order, so that a
step is one product with U.  Of `reverse` a step reads the state of the step behind, and the first step is the last one.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Any

from symprop.library.layers.entry import Parameter, layer
from symprop.library.options import Option, Options
from symprop.library.variants import Variant

STATE = {"h": "N, T, units"}
MORE = {"lengths": "N < T + 1", "h0b": "N, units"}
"""Arguments beside the input and the first state: valid steps of every row, the first state of the other direction."""


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
        "bidirectional": Option("flag", False, doc="whether the states of both directions stand side by side"),
        "bias": Option("flag", True, doc=doc),
        "init": Option("initialiser", "glorot_uniform", doc="how W is drawn"),
        "recurrent_init": Option("initialiser", "orthogonal", doc="how U is drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how b is drawn"),
    }


def written(equations: tuple[str, ...], reverse: bool, lengths: bool, suffix: str = "") -> tuple[str, ...]:
    """Equations that read `before`, hold at the `first` step and for `valid` ones, in one direction.

    Steps behind a row's length have the state 0: the first step that is taken backwards reads one of them.
    """
    before, first = ("t + 1", "t == lengths[n] - 1" if lengths else "t == T - 1") if reverse else ("t - 1", "t == 0")
    valid = "[t < lengths[n]]*" if lengths else ""
    made = [text.replace("before", before).replace("first", first).replace("valid*", valid) for text in equations]
    own = {text.partition("[")[0] for text in equations} | {"W", "U", "b", "bu", "h0", "c0"}
    return tuple(re.sub(r"\b([A-Za-z]\w*)(?=\[)", lambda m: m[0] + suffix * (m[1] in own), text) for text in made)


def forms(equations: tuple[str, ...], params: dict[str, Parameter], *states: str) -> dict[str, Any]:
    """Fields for all directions, results and lengths; `states` are what a step reads beside h."""
    firsts = [f"{state}0b" for state in ("h", *states)]
    found = [
        Variant({"lengths": False}, args={"lengths": None}, optional={"lengths": None}),
        Variant({"bidirectional": False}, args=dict.fromkeys(firsts), optional=dict.fromkeys(firsts)),
        Variant(
            {"bidirectional": True},
            params={f"{name}b": parameter for name, parameter in params.items()},
            recurrent={f"{state}b": "N, T, units" for state in ("h", *states)},
        ),
    ]
    for reverse, last, lengths, both in product((False, True), repeat=4):
        when = {"reverse": reverse, "return": "last" if last else "sequence", "lengths": lengths, "bidirectional": both}
        made = written(equations, reverse, lengths)
        ends = ["0" if way else "lengths[n] - 1" if lengths else "T - 1" for way in (reverse, not reverse)]
        at = [f"n, {end}" if last else "n, t" for end in ends]
        result = "n" if last else "n, t"
        if both:
            made += written(equations, not reverse, lengths, "b")
            made += (f"Z[{result}, u] = h[{at[0]}, u] + hb[{at[1]}, u - units]",)
        else:
            made += (f"Z[{result}, j] = h[{at[0]}, j]",)
        axes = ["N", *([] if last else ["T"]), "2*units" if both else "units"]
        found.append(Variant(when, equations=made, shape=", ".join(axes)))
    return {"variants": tuple(found)}


INPUT = "sum[d](x[n, t, d]*W[d, m]) + b[m]"
STATE_BEFORE = "sum[k](h[n, before, k]*U[k, m]) + [first]*sum[k](h0[n, k]*U[k, m])"
RNN = (
    f"p[n, t, m] = {INPUT} + {STATE_BEFORE}",
    "h[n, t, j] = valid*activation(p[n, t, j])",
)
LSTM = (
    f"p[n, t, m] = {INPUT} + {STATE_BEFORE}",
    "i[n, t, j] = sigmoid(p[n, t, j])",
    "f[n, t, j] = sigmoid(p[n, t, j + units])",
    "g[n, t, j] = tanh(p[n, t, j + 2*units])",
    "o[n, t, j] = sigmoid(p[n, t, j + 3*units])",
    "c[n, t, j] = valid*(f[n, t, j]*(c[n, before, j] + [first]*c0[n, j]) + i[n, t, j]*g[n, t, j])",
    "h[n, t, j] = valid*(o[n, t, j]*tanh(c[n, t, j]))",
)
GRU = (
    f"p[n, t, m] = {INPUT}",
    f"q[n, t, m] = {STATE_BEFORE}",
    "r[n, t, j] = sigmoid(p[n, t, j] + q[n, t, j])",
    "z[n, t, j] = sigmoid(p[n, t, j + units] + q[n, t, j + units])",
    "c[n, t, j] = tanh(p[n, t, j + 2*units] + r[n, t, j]*(q[n, t, j + 2*units] + bu[j]))",
    "h[n, t, j] = valid*((1 - z[n, t, j])*c[n, t, j] + z[n, t, j]*(h[n, before, j] + [first]*h0[n, j]))",
)
GRU_WEIGHTS = {**weights(3), "bu": Parameter("units", "bias_init", when="bias")}

layer(
    "rnn",
    "Z[n, t, j] = h[n, t, j]",
    args={"x": "N, T, D", "h0": "N, units", **MORE},
    optional={"h0": 0, **dict.fromkeys(MORE, 0)},
    shape="N, T, units",
    recurrent=STATE,
    params=weights(1),
    **forms(RNN, weights(1)),
    source="Elman, Cogn. Sci. 14, 179-211 (1990)",
    options={"activation": Option("activation", "tanh", doc="function that gives the state"), **settings()},
)
layer(
    "lstm",
    "Z[n, t, j] = h[n, t, j]",
    args={"x": "N, T, D", "h0": "N, units", "c0": "N, units", **MORE, "c0b": "N, units"},
    optional={"h0": 0, "c0": 0, **dict.fromkeys(MORE, 0), "c0b": 0},
    shape="N, T, units",
    recurrent={**STATE, "c": "N, T, units"},
    indices={"j": "units"},
    params=weights(4),
    **forms(LSTM, weights(4), "c"),
    source="Hochreiter, Schmidhuber, Neural Comput. 9, 1735-1780 (1997); Gers et al., ibid. 12, 2451-2471 (2000)",
    options=settings(),
)
layer(
    "gru",
    "Z[n, t, j] = h[n, t, j]",
    args={"x": "N, T, D", "h0": "N, units", **MORE},
    optional={"h0": 0, **dict.fromkeys(MORE, 0)},
    shape="N, T, units",
    recurrent=STATE,
    indices={"t": "T", "j": "units"},
    params=GRU_WEIGHTS,
    **forms(GRU, GRU_WEIGHTS),
    source="Cho et al., EMNLP, 1724-1734 (2014), arXiv:1406.1078; the reset behind the product: cuDNN and PyTorch",
    options=settings("whether b, and bu within the reset, are there"),
)
