"""Cases of recurrent layers, attention and gated layers: both directions, both results, first states, masks, edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import erf

from tests.layers import by_hand_steps as hand
from tests.layers.kinds import Array, Case, plain

SEQUENCE, UNITS = (5, 3), 4


def _relu(z: Array) -> Array:
    return z * (z.real > 0)


def recurrent(name: str, type: str, of: tuple[int, ...] = SEQUENCE, batch: int = 2, first: int = 0, **o: Any) -> Case:
    """A recurrent layer with `first` of its first states given."""
    last, reverse = o.get("return") == "last", o.get("reverse", False)

    def by_hand(w: Mapping[str, Array], x: Array, *start: Array) -> Array:
        wide = {"lstm": 4, "gru": 3, "rnn": 1}[type] * UNITS
        w = {"b": np.zeros(wide), "bu": np.zeros(UNITS), **w}
        function = _relu if o.get("activation") == "relu" else np.tanh
        step = {"rnn": hand.rnn_step(w, function), "lstm": hand.lstm_step(w), "gru": hand.gru_step(w)}[type]
        count = 2 if type == "lstm" else 1
        zeros = (np.zeros((len(x), UNITS)),) * (count - len(start))
        h = hand.states(step, x, (*start, *zeros), reverse)
        return h[:, 0 if reverse else -1] if last else h

    def by_torch(w: Mapping[str, Array], x: Array, *start: Array) -> Array:
        return _torch_recurrent(type, o, w, x, start)

    shapes = (of, *[(UNITS,)] * first)
    return Case(name, type, {"units": UNITS, **o}, shapes, by_hand, by_torch, batch=batch)


def _torch_recurrent(type: str, o: Mapping[str, Any], w: Mapping[str, Array], x: Array, start: Any) -> Array:
    import torch

    known = {"nonlinearity": o.get("activation", "tanh")} if type == "rnn" else {}
    cell = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[type]
    module = cell(x.shape[2], UNITS, batch_first=True, dtype=torch.float64, **known)
    wide = w["W"].shape[1]
    hidden = torch.zeros(wide, dtype=torch.float64)
    if "bu" in w:
        hidden = torch.cat([hidden[: 2 * UNITS], w["bu"]])
    given = {
        "weight_ih_l0": w["W"].T,
        "weight_hh_l0": w["U"].T,
        "bias_ih_l0": w.get("b", torch.zeros(wide, dtype=torch.float64)),
        "bias_hh_l0": hidden,
    }
    states = [s[None] for s in start]
    if type == "lstm" and len(states) == 1:
        states.append(torch.zeros_like(states[0]))
    first = tuple(states) if type == "lstm" else states[0] if states else None
    rows = x.flip(1) if o.get("reverse") else x
    out, _ = torch.func.functional_call(module, given, (rows, first or None) if type == "lstm" else (rows, first))
    if o.get("return") == "last":
        return out[:, -1]
    return out.flip(1) if o.get("reverse") else out


def rows_of_lengths(name: str, type: str, lengths: tuple[int, ...] = (), first: int = 0, **o: Any) -> Case:
    """A recurrent layer whose rows end early, or that goes both ways; `first` first states of both directions."""
    last, both = o.get("return") == "last", o.get("bidirectional", False)
    ways = [o.get("reverse", False)] + [True] * both
    carried = ("h0", "c0")[:first]
    named = ["x", *carried, *(f"{c}b" for c in carried if both), *(["lengths"] if lengths else [])]

    def parted(given: tuple[Array, ...]) -> tuple[Array, list[int], list[tuple[Array, ...]]]:
        states = given[1 : 1 + first * len(ways)]
        ends = [int(n) for n in given[-1]] if lengths else [len(row) for row in given[0]]
        return given[0], ends, [states[k * first : (k + 1) * first] for k in range(len(ways))]

    def by_hand(w: Mapping[str, Array], *given: Array) -> Array:
        x, ends, starts = parted(given)
        sides = []
        for reverse, suffix, start in zip(ways, ("", "b"), starts, strict=False):
            own = {n: w[n + suffix] for n in ("W", "U", "b", "bu") if n + suffix in w}
            step = {"rnn": lambda v: hand.rnn_step(v, np.tanh), "lstm": hand.lstm_step, "gru": hand.gru_step}[type](own)
            h = np.zeros((*x.shape[:2], UNITS), dtype=np.result_type(x, *own.values(), *start))
            for row, end in enumerate(ends):
                if end:
                    zeros = (np.zeros((1, UNITS)),) * ((2 if type == "lstm" else 1) - first)
                    own_start = tuple(s[row : row + 1] for s in start)
                    h[row, :end] = hand.states(step, x[row : row + 1, :end], (*own_start, *zeros), reverse)[0]
            finals = [0 if reverse or not end else end - 1 for end in ends]
            sides.append(np.stack([h[row, t] for row, t in enumerate(finals)]) if last else h)
        return np.concatenate(sides, axis=-1)

    def by_torch(w: Mapping[str, Array], *given: Array) -> Array:
        import torch
        from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

        x, ends, starts = parted(given)
        cell = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[type]
        module = cell(x.shape[2], UNITS, batch_first=True, dtype=torch.float64, bidirectional=True)
        weights = {}
        for own, suffix in (("", ""), ("b" if both else "", "_reverse")):
            wide = w["W"].shape[1]
            hidden = torch.zeros(wide, dtype=torch.float64)
            if f"bu{own}" in w:
                hidden = torch.cat([hidden[: 2 * UNITS], w[f"bu{own}"]])
            weights |= {
                f"weight_ih_l0{suffix}": w[f"W{own}"].T,
                f"weight_hh_l0{suffix}": w[f"U{own}"].T,
                f"bias_ih_l0{suffix}": w[f"b{own}"],
                f"bias_hh_l0{suffix}": hidden,
            }
        # one direction of two: torch itself turns the steps of every row round
        states = None
        if first:
            states = tuple(torch.stack([starts[0][k], starts[-1][k]]) for k in range(first))
            states = states if type == "lstm" else states[0]
        packed = pack_padded_sequence(x, torch.tensor(ends), batch_first=True, enforce_sorted=False)
        out, _ = torch.func.functional_call(module, weights, (packed, states))
        out, _ = pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])
        sides = [out[..., :UNITS], out[..., UNITS:]]
        kept = [1 if way else 0 for way in ways]
        if last:
            rows = torch.arange(len(x))
            finals = [torch.tensor(ends) - 1, torch.zeros(len(x), dtype=torch.int64)]
            return torch.cat([sides[k][rows, finals[k]] for k in kept], -1)
        return torch.cat([sides[k] for k in kept], -1)

    shapes = (SEQUENCE, *[(UNITS,)] * first * len(ways), *([()] if lengths else []))
    place = len(shapes) - 1
    return Case(
        name,
        type,
        {"units": UNITS, **o},
        shapes,
        by_hand,
        by_torch if min(lengths, default=1) else None,
        batch=len(lengths) or 2,
        vocabulary={place: SEQUENCE[0] + 1} if lengths else {},
        given={place: np.array(lengths)} if lengths else {},
        named=tuple(named),
    )


def attending(
    name: str,
    x: tuple[int, int],
    memory: tuple[int, int] | None = None,
    masked: bool = False,
    lengths: tuple[int, ...] = (),
    batch: int = 3,
    **o: Any,
) -> Case:
    """Attention; of a mask the last row sees nothing."""
    heads, causal, bias = o.get("heads", 1), o.get("causal", False), o.get("bias", True)
    base, batch = 10000.0 if o.get("rotary") else None, len(lengths) or batch
    steps = (memory or x)[0]
    named = ["x", *["memory"] * bool(memory), *["mask"] * masked, *["lengths"] * bool(lengths)]
    shapes = [{"x": x, "memory": memory or x, "mask": (steps,), "lengths": ()}[argument] for argument in named]
    mask = np.random.default_rng(3).integers(0, 2, (batch, steps))
    mask[0, 0], mask[-1] = 1, 0
    integers = {"mask": (2, mask), "lengths": (steps + 1, np.array(lengths))}
    known = {place: integers[argument] for place, argument in enumerate(named) if argument in integers}

    def parted(given: tuple[Array, ...]) -> tuple[Array, Array, Array]:
        by_name = dict(zip(named, given, strict=True))
        own, keys = by_name["x"], by_name.get("memory", by_name["x"])
        seen = np.ones((own.shape[0], own.shape[1], keys.shape[1]), dtype=bool)
        seen = np.tril(seen) if causal else seen
        for row, end in enumerate(lengths):
            seen[row, :, end:] = False
        return own, keys, seen & (np.asarray(by_name["mask"]) == 1)[:, None] if masked else seen

    def by_hand(w: Mapping[str, Array], *given: Array) -> Array:
        own, keys, seen = parted(given)
        return hand.attention(w, own, keys, heads, seen, base, bias)

    def by_torch(w: Mapping[str, Array], *given: Array) -> Array:
        from torch.nn import functional as F

        own, keys, seen = parted(given)

        def split(of: Array, kind: str) -> Array:
            z = of @ w["W" + kind] + (w["b" + kind] if bias else 0)
            return z.reshape(*z.shape[:2], heads, -1).transpose(1, 2)

        mask = own.new_tensor(seen).bool()[:, None]
        out = F.scaled_dot_product_attention(split(own, "q"), split(keys, "k"), split(keys, "v"), attn_mask=mask)
        out = out.transpose(1, 2).flatten(2)
        return out @ w["Wo"] + (w["bo"] if bias else 0)

    def by_padding(w: Mapping[str, Array], *given: Array) -> Array:
        import torch

        own, keys, end = given[0], given[-2], given[-1]
        module = torch.nn.MultiheadAttention(x[1], heads, kdim=keys.shape[2], vdim=keys.shape[2], batch_first=True)
        weights = {
            "in_proj_bias": torch.cat([w["bq"], w["bk"], w["bv"]]),
            "out_proj.weight": w["Wo"].T,
            "out_proj.bias": w["bo"],
        }
        projections = {f"{kind}_proj_weight": w[f"W{kind}"].T for kind in "qkv"}
        weights |= projections if memory else {"in_proj_weight": torch.cat(list(projections.values()))}
        hidden = torch.arange(steps) >= end[:, None]
        later = torch.ones(x[0], steps, dtype=torch.bool).triu(1) if causal else None
        settings = {"key_padding_mask": hidden, "attn_mask": later, "need_weights": False}
        return torch.func.functional_call(module, weights, (own, keys, keys), settings)[0]

    flat = ("bk_a",) if bias and base is None else ()
    return Case(
        name,
        "attention",
        o,
        tuple(shapes),
        by_hand,
        None if base is not None or masked or 0 in lengths else by_padding if lengths else by_torch,
        batch=batch,
        vocabulary={place: high for place, (high, _) in known.items()},
        flat=(*flat, "Wq_a", "Wk_a") if x[0] == 1 else flat,
        given={place: array for place, (_, array) in known.items()},
        named=tuple(named) if known and not (masked and memory) else (),
    )


def glu(name: str, gate: str, function: Any, torch_function: str, **o: Any) -> Case:
    """A gated layer; PyTorch's function by its name."""

    def value(w: Mapping[str, Array], x: Array, gate_of: Any = function) -> Array:
        return gate_of(x @ w["V"] + w.get("c", 0)) * (x @ w["W"] + w.get("b", 0))

    def by_torch(w: Mapping[str, Array], x: Array) -> Array:
        from torch.nn import functional as F

        return value(w, x, getattr(F, torch_function))

    return plain(name, "glu", (5, 6), value, by_torch, units=3, gate=gate, **o)


def rotated(heads: int) -> Any:
    def value(w: Mapping[str, Array], x: Array) -> Array:
        n, t, d = x.shape
        parts = x.reshape(n, t, heads, d // heads)
        turned = [[hand.rotary(parts[m, :, a], 10000.0) for a in range(heads)] for m in range(n)]
        return np.moveaxis(np.array(turned), 1, 2).reshape(n, t, d)

    return value


def rotated_torch(heads: int) -> Any:
    """As multiplication of complex numbers."""

    def value(w: Mapping[str, Array], x: Array) -> Array:
        import torch

        pairs = torch.view_as_complex(x.reshape(*x.shape[:2], heads, -1, 2).contiguous())
        half = pairs.shape[-1]
        angles = torch.arange(x.shape[1])[:, None] * 10000.0 ** (-torch.arange(half, dtype=torch.float64) / half)
        return torch.view_as_real(pairs * torch.exp(1j * angles)[:, None]).reshape(x.shape)

    return value


CASES = [
    recurrent("rnn", "rnn"),
    recurrent("rnn_relu_last", "rnn", activation="relu", **{"return": "last"}),
    recurrent("rnn_reverse_last_first", "rnn", first=1, reverse=True, **{"return": "last"}),
    recurrent("rnn_one_step", "rnn", of=(1, 3), batch=1, first=1),
    recurrent("lstm", "lstm"),
    recurrent("lstm_last", "lstm", **{"return": "last"}),
    recurrent("lstm_reverse_first", "lstm", first=2, reverse=True),
    recurrent("lstm_one_step", "lstm", of=(1, 3), batch=1, first=2, bias=False),
    recurrent("gru", "gru"),
    recurrent("gru_first", "gru", first=1),
    recurrent("gru_reverse_last", "gru", reverse=True, **{"return": "last"}),
    recurrent("gru_no_bias", "gru", bias=False),
    recurrent("gru_one_step", "gru", of=(1, 3), batch=1, first=1),
    rows_of_lengths("rnn_lengths", "rnn", (2, 5, 1)),
    rows_of_lengths("rnn_lengths_reverse_first", "rnn", (2, 5, 1), first=1, reverse=True),
    rows_of_lengths("rnn_both_last", "rnn", bidirectional=True, **{"return": "last"}),
    rows_of_lengths("lstm_lengths_last", "lstm", (4, 2, 5), **{"return": "last"}),
    rows_of_lengths("lstm_both_lengths_first", "lstm", (3, 5, 1), first=2, bidirectional=True),
    rows_of_lengths("lstm_nothing", "lstm", (0, 4, 2)),
    rows_of_lengths("gru_both", "gru", first=1, bidirectional=True),
    rows_of_lengths("gru_both_lengths_last", "gru", (1, 3, 5), bidirectional=True, **{"return": "last"}),
    attending("attention", (5, 6), heads=2),
    attending("attention_causal", (5, 6), heads=3, causal=True),
    attending("attention_cross", (5, 6), (7, 3), heads=2, units=4),
    attending("attention_cross_masked", (5, 6), (7, 3), masked=True, heads=2, units=8),
    attending("attention_causal_masked", (5, 6), masked=True, heads=2, causal=True),
    attending("attention_lengths", (5, 6), lengths=(3, 1, 5, 4), heads=2),
    attending("attention_lengths_causal", (5, 6), lengths=(3, 5, 2), heads=3, causal=True),
    attending("attention_lengths_causal_masked", (5, 6), masked=True, lengths=(4, 2, 0, 5), heads=2, causal=True),
    attending("attention_cross_lengths", (5, 6), (7, 4), lengths=(4, 7, 1), heads=2),
    attending("attention_cross_lengths_masked", (5, 6), (7, 3), masked=True, lengths=(6, 0, 3, 5), heads=2, units=8),
    attending("attention_rotary_cross_lengths", (5, 4), (7, 3), lengths=(0, 7, 3), rotary=True),
    attending("attention_rotary", (5, 8), heads=2, causal=True, rotary=True),
    attending("attention_rotary_cross", (5, 4), (7, 3), rotary=True),
    attending("attention_one_head", (4, 3), batch=1, bias=False),
    attending("attention_one_step", (1, 4), heads=2, batch=1, bias=False),
    plain("rotary", "rotary", (5, 6), rotated(1), rotated_torch(1)),
    plain("rotary_heads", "rotary", (5, 8), rotated(2), rotated_torch(2), heads=2),
    glu("glu", "silu", lambda z: z * hand.sigmoid(z), "silu"),
    glu("glu_gelu", "gelu", lambda z: z * (1 + erf(z / np.sqrt(2))) / 2, "gelu"),
    glu("glu_sigmoid", "sigmoid", hand.sigmoid, "sigmoid", bias=False),
]
