"""Attention of several heads, rotary positions, and feed-forward layers with a gate.

A head is a part of a compound index.  What may not be seen is outside the domain of the softmax, not a large number: a
step that may see nothing has the weights 0 and the value 0.
"""

from __future__ import annotations

from itertools import product

from symprop.library.layers.entry import Parameter, Requirement, layer
from symprop.library.options import Option
from symprop.library.variants import Variant

EVEN = Requirement("-(head % 2)", "expected an even number of entries in a head, got {head}")
WHOLE = Requirement("-(width % heads)", "{width} units are not a multiple of {heads} heads")
BASE = Option("number", 10000.0, low=1.0, doc="largest wavelength over 2*pi of rotary positions, in steps")
HEADS = {"a": "heads", "d": "head", "t": "T"}
PAIRS = {"k": "head//2", "r": "2", "v": "2"}


def rotation(name: str, step: str) -> str:
    """Rotations of pairs of entries, by an angle that grows with the step."""
    angle = f"{step}/base**(2*k/head)"
    return f"{name}[{step}, k, r, v] = [r == v]*cos({angle}) + [r > v]*sin({angle}) - [r < v]*sin({angle})"


def turned(name: str, of: str, by: str, step: str) -> str:
    """Neighbouring entries of a head as pairs, rotated."""
    return f"{name}[n, {step}, (a, k, r)] = sum[v]({by}[{step}, k, r, v]*{of}[n, {step}, (a, k, v)])"


def rotated(memory: bool) -> tuple[str, ...]:
    """Queries and keys by rotary positions; a memory has steps of its own."""
    turns, by = [rotation("R", "t")], "R"
    if memory:
        by = "M"
        turns.append(rotation(by, "s"))
    return (*turns, turned("Qr", "Q", "R", "t"), turned("Kr", "K", by, "s"))


def attention(
    dropout: bool,
    memory: bool = False,
    causal: bool = False,
    mask: bool = False,
    lengths: bool = False,
    rotary: bool = False,
) -> tuple[str, ...]:
    """The equations for certain options and arguments."""
    keys = "memory" if memory else "x"

    def seen(s: str) -> str:
        return " and ".join([f"{s} <= t"] * causal + [f"{s} < lengths[n]"] * lengths + [f"mask[n, {s}] == 1"] * mask)

    inside, below = (f"[{seen('s')}]*", f": {seen('u')}") if causal or lengths or mask else ("", "")
    q, k = ("Qr", "Kr") if rotary else ("Q", "K")
    return (
        "Q[n, t, j] = sum[i](x[n, t, i]*Wq[i, j]) + bq[j]",
        f"K[n, s, j] = sum[i]({keys}[n, s, i]*Wk[i, j]) + bk[j]",
        f"V[n, s, j] = sum[i]({keys}[n, s, i]*Wv[i, j]) + bv[j]",
        *(rotated(memory) if rotary else ()),
        f"S[n, a, t, s] = sum[d]({q}[n, t, (a, d)]*{k}[n, s, (a, d)])/sqrt(head)",
        f"A[n, a, t, s] = {inside}exp(S[n, a, t, s])/sum[u{below}](exp(S[n, a, t, u]))",
        f"O[n, t, (a, d)] = sum[s](A[n, a, t, s]*{'drop[n, a, t, s]*' * dropout}V[n, s, (a, d)])",
        "Z[n, t, j] = sum[i](O[n, t, i]*Wo[i, j]) + bo[j]",
    )


def forms() -> tuple[Variant, ...]:
    """One variant for every combination, and those for arguments and options that are left out."""
    found = [
        Variant(
            {"memory": False},
            args={"memory": None, "mask": "N, T < 2", "lengths": "N < T + 1"},
            optional={"memory": None},
            extents={"E": "D", "S": "T"},
        ),
        Variant({"mask": False}, args={"mask": None}, optional={"mask": None}),
        Variant({"lengths": False}, args={"lengths": None}, optional={"lengths": None}),
        Variant({"units": None}, extents={"width": "D"}),
    ]
    names = ("memory", "causal", "mask", "lengths", "rotary")
    for values in product((False, True), repeat=len(names)):
        when = dict(zip(names, values, strict=True))
        changes = {"requires": (WHOLE, EVEN), "indices": PAIRS} if when["rotary"] else {}
        found.append(Variant(when, equations=attention(True, **when), **changes))
        found.append(Variant({**when, "dropout": None}, equations=attention(False, **when), samples={"drop": None}))
    found.append(Variant({"memory": True, "rotary": True}, indices={"s": "S"}))
    return tuple(found)


layer(
    "attention",
    *attention(True),
    args={"x": "N, T, D", "memory": "N, S, E", "mask": "N, S < 2", "lengths": "N < S + 1"},
    optional={"memory": 0, "mask": 1, "lengths": 0},
    shape="N, T, width",
    params={
        "Wq": Parameter("D, width", "init"),
        "Wk": Parameter("E, width", "init"),
        "Wv": Parameter("E, width", "init"),
        "Wo": Parameter("width, width", "init"),
        **{name: Parameter("width", "bias_init", when="bias") for name in ("bq", "bk", "bv", "bo")},
    },
    samples={"drop": ("N, heads, T, S", "dropout", "dropout")},
    extents={"width": "units", "head": "width//heads"},
    indices=HEADS,
    requires=(WHOLE,),
    variants=forms(),
    source="Vaswani et al., NeurIPS 30, 5998-6008 (2017), arXiv:1706.03762",
    options={
        "heads": Option("integer", 1, low=1, doc="parts of the units that attend apart"),
        "units": Option("extent", None, doc="entries of the result, by default those of x"),
        "causal": Option("flag", False, doc="whether a step sees itself and the steps before alone"),
        "dropout": Option("number", None, low=0.0, high=0.99, doc="probability of a weight to be dropped in training"),
        "rotary": Option("flag", False, doc="whether queries and keys are turned by rotary positions"),
        "base": BASE,
        "bias": Option("flag", True, doc="whether bq, bk, bv and bo are there"),
        "init": Option("initialiser", "glorot_uniform", doc="how Wq, Wk, Wv and Wo are drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how the biases are drawn"),
    },
)
layer(
    "rotary",
    rotation("R", "t"),
    turned("Z", "x", "R", "t"),
    args={"x": "N, T, D"},
    shape="N, T, D",
    extents={"head": "D//heads"},
    indices={"a": "heads", "t": "T", **PAIRS},
    requires=(Requirement("-(D % heads)", "{D} entries are not a multiple of {heads} heads"), EVEN),
    source="Su, Lu, Pan, Murtadha, Wen, Liu, RoFormer, arXiv:2104.09864 (2021)",
    options={"heads": Option("integer", 1, low=1, doc="parts of the entries that are turned alike"), "base": BASE},
)
layer(
    "glu",
    "G[..., j] = sum[i](x[..., i]*V[i, j]) + c[j]",
    "B[..., j] = sum[i](x[..., i]*W[i, j]) + b[j]",
    "Z[..., j] = gate(G[..., j])*B[..., j]",
    args={"x": "..., D"},
    shape="..., units",
    params={
        "W": Parameter("D, units", "init"),
        "V": Parameter("D, units", "init"),
        "b": Parameter("units", "bias_init", when="bias"),
        "c": Parameter("units", "bias_init", when="bias"),
    },
    source="Dauphin, Fan, Auli, Grangier, ICML 34, 933-941 (2017), arXiv:1612.08083; Shazeer, arXiv:2002.05202 (2020)",
    options={
        "units": Option("extent", doc="number of outputs"),
        "gate": Option("activation", "silu", doc="function of the gate: silu is SwiGLU, gelu GEGLU, sigmoid GLU"),
        "bias": Option("flag", True, doc="whether b and c are there"),
        "init": Option("initialiser", "glorot_uniform", doc="how W and V are drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how b and c are drawn"),
    },
)
