"""Networks as people build them: language models, encoders with decoders, mixtures, equations in the loss."""

from __future__ import annotations

from tests.gradients.whole.kinds import F, Tensor, Tensors, Whole, conv, dense, layer_norm, torch

TOKENS = "inputs: {tok: {shape: [6], vocabulary: 9}, y: {classes: 9, shape: [6], role: target}}\nlayers:\n"
CE = "\nloss: {type: softmax_cross_entropy, from: out, target: y}"


def lstm(p: Tensors, name: str, x: Tensor) -> Tensor:
    """All states; the gates lie in the order input, forget, candidate, output."""
    units = p[f"U_{name}"].shape[0]
    h = c = torch.zeros(len(x), units, dtype=x.dtype)
    found = []
    for t in range(x.shape[1]):
        i, f, g, o = (x[:, t] @ p[f"W_{name}"] + h @ p[f"U_{name}"] + p[f"b_{name}"]).split(units, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        found.append(h)
    return torch.stack(found, dim=1)


def gru(p: Tensors, name: str, x: Tensor) -> Tensor:
    """All states; the gates lie in the order reset, update, candidate."""
    units = p[f"U_{name}"].shape[0]
    h, found = torch.zeros(len(x), units, dtype=x.dtype), []
    for t in range(x.shape[1]):
        r, z, c = (x[:, t] @ p[f"W_{name}"] + p[f"b_{name}"]).split(units, dim=1)
        a, b, d = (h @ p[f"U_{name}"]).split(units, dim=1)
        r, z = torch.sigmoid(r + a), torch.sigmoid(z + b)
        h = (1 - z) * torch.tanh(c + r * (d + p[f"bu_{name}"])) + z * h
        found.append(h)
    return torch.stack(found, dim=1)


def attended(p: Tensors, name: str, x: Tensor, memory: Tensor, heads: int, causal: bool = False) -> Tensor:
    """Attention of several heads, its scores divided by the root of their width."""
    q, k, v = (
        (rows @ p[f"W{a}_{name}"] + p[f"b{a}_{name}"]).unflatten(2, (heads, -1)).transpose(1, 2)
        for a, rows in (("q", x), ("k", memory), ("v", memory))
    )
    out = F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2)
    return out @ p[f"Wo_{name}"] + p[f"bo_{name}"]


def per_step(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten())


def characters(p: Tensors, d: Tensors) -> Tensor:
    states = lstm(p, "b", lstm(p, "a", F.embedding(d["tok"], p["W_emb"])))
    return per_step(dense(p, "out", states), d["y"])


def transformer(p: Tensors, d: Tensors) -> Tensor:
    h = F.embedding(d["tok"], p["W_emb"]) + p["P_pos"]
    for block in ("block1", "block2"):
        n = layer_norm(p, f"{block}_n1", h)
        h = h + attended(p, f"{block}_att", n, n, 2, causal=True)
        up = F.gelu(dense(p, f"{block}_up", layer_norm(p, f"{block}_n2", h)))
        h = h + dense(p, f"{block}_down", up)
    return per_step(layer_norm(p, "last", h) @ p["W_emb"].T, d["y"])


def translator(p: Tensors, d: Tensors) -> Tensor:
    memory = gru(p, "enc", d["x"])
    h = gru(p, "dec", F.embedding(d["tok"], p["W_emb"]))
    return per_step(dense(p, "out", torch.cat([h, attended(p, "att", h, memory, 1)], dim=2)), d["y"])


def both_ways(p: Tensors, d: Tensors) -> Tensor:
    back = gru(p, "b", d["x"].flip(1)).flip(1)
    return F.cross_entropy(dense(p, "out", torch.cat([gru(p, "a", d["x"]), back], dim=2)).mean(1), d["y"])


def speech(p: Tensors, d: Tensors) -> Tensor:
    rows = torch.log_softmax(dense(p, "out", lstm(p, "rnn", d["x"])), dim=2).transpose(0, 1)
    count, steps = len(d["x"]), d["x"].shape[1]
    # labels behind the first blank are none
    lengths = (d["y"] > 0).long().cumprod(1).sum(1)
    whole = F.ctc_loss(rows, d["y"], torch.full((count,), steps), lengths, reduction="none")
    return whole.mean()


def swiglu(p: Tensors, d: Tensors) -> Tensor:
    h = d["x"] * torch.rsqrt((d["x"] ** 2).mean(1, keepdim=True) + 1e-6) * p["gamma_n"]
    gated = F.silu(h @ p["V_g"] + p["c_g"]) * (h @ p["W_g"] + p["b_g"])
    return ((dense(p, "out", gated) + d["x"] - d["y"]) ** 2).mean()


def highway(p: Tensors, d: Tensors) -> Tensor:
    gate = torch.sigmoid(dense(p, "t", d["x"]))
    return F.l1_loss(gate * torch.tanh(dense(p, "h", d["x"])) + (1 - gate) * d["x"], d["y"])


def experts(p: Tensors, d: Tensors) -> Tensor:
    weights = torch.softmax(dense(p, "gate", d["x"]), dim=1)
    each = torch.tanh(torch.einsum("ni,eij->nej", d["x"], p["K_mix"]))
    return ((torch.einsum("ne,nej->nj", weights, each) - d["y"]) ** 2).mean()


def squeezed(p: Tensors, d: Tensors) -> Tensor:
    h = F.relu(conv(p, "c", d["x"], padding=1))
    scale = torch.sigmoid(torch.relu(h.mean((2, 3)) @ p["A_se"]) @ p["B_se"])
    return F.cross_entropy(dense(p, "out", (h * scale[:, :, None, None]).mean((2, 3))), d["y"])


def unet(p: Tensors, d: Tensors) -> Tensor:
    whole = torch.tanh(conv(p, "a", d["x"].permute(0, 3, 1, 2), padding=1))
    half = torch.tanh(conv(p, "b", F.max_pool2d(whole, 2), padding=1))
    up = F.conv_transpose2d(half, p["W_up"], p["b_up"], stride=2)
    found = conv(p, "out", torch.cat([whole, up], dim=1)).permute(0, 2, 3, 1)
    return ((found - d["y"]) ** 2).mean()


def patches(p: Tensors, d: Tensors) -> Tensor:
    rows = conv(p, "cut", d["x"], stride=2).flatten(2).transpose(1, 2)
    h = rows + attended(p, "att", rows, rows, 2)
    return F.cross_entropy(dense(p, "out", layer_norm(p, "ln", h).mean(1)), d["y"])


def poisson(p: Tensors, d: Tensors) -> Tensor:
    x = d["x"].clone().requires_grad_(True)
    u = x * (1 - x) * dense(p, "g", torch.tanh(dense(p, "h", x)))
    (first,) = torch.autograd.grad(u.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x, create_graph=True)
    return ((second - d["f"]) ** 2).mean()


BLOCK = """blocks:
  block:
    - {id: n1, type: layer_norm}
    - {id: att, type: attention, heads: 2, causal: true}
    - {id: r1, type: add, in: [att, input]}
    - {id: n2, type: layer_norm}
    - {id: up, type: dense, units: 7, activation: gelu}
    - {id: down, type: dense, units: 4}
    - {id: r2, type: add, in: [down, r1]}
"""
MODELS = [
    Whole(
        "stacked_character_lstm",
        TOKENS
        + """  - {id: emb, type: embedding, units: 3}
  - {id: a, type: lstm, units: 4}
  - {id: b, type: lstm, units: 5}
  - {id: out, type: dense, units: 9}"""
        + CE,
        characters,
    ),
    Whole(
        "causal_transformer",
        BLOCK
        + TOKENS
        + """  - {id: emb, type: embedding, units: 4}
  - {id: pos, type: position_embedding}
  - {block: block, repeat: 2}
  - {id: last, type: layer_norm}
  - {id: out, type: unembed, tie: emb.W}"""
        + CE,
        transformer,
    ),
    Whole(
        "gru_encoder_decoder",
        """inputs:
  x: {shape: [5, 3]}
  tok: {shape: [6], vocabulary: 9}
  y: {classes: 9, shape: [6], role: target}
layers:
  - {id: enc, type: gru, units: 4, in: x}
  - {id: emb, type: embedding, units: 3, in: tok}
  - {id: dec, type: gru, units: 4}
  - {id: att, type: attention, in: [dec, enc]}
  - {id: both, type: concat, in: [dec, att]}
  - {id: out, type: dense, units: 9}"""
        + CE,
        translator,
    ),
    Whole(
        "gru_both_ways",
        """inputs: {x: {shape: [6, 3]}, y: {classes: 4, role: target}}
layers:
  - {id: a, type: gru, units: 4, in: x}
  - {id: b, type: gru, units: 2, in: x, reverse: true}
  - {id: both, type: concat, in: [a, b]}
  - {id: o, type: reduce_mean, axis: 1}
  - {id: out, type: dense, units: 4}"""
        + CE,
        both_ways,
    ),
    Whole(
        "lstm_ctc",
        """inputs: {x: {shape: [9, 3]}, y: {classes: 5, shape: [3], role: target}}
layers:
  - {id: rnn, type: lstm, units: 4}
  - {id: out, type: dense, units: 5}
loss: {type: ctc, from: out, target: y}""",
        speech,
    ),
    Whole(
        "rms_norm_swiglu",
        """inputs: {x: {shape: [5]}, y: {shape: [5], role: target}}
layers:
  - {id: n, type: rms_norm}
  - {id: g, type: glu, units: 7}
  - {id: out, type: dense, units: 5}
  - {id: r, type: add, in: [out, x]}
loss: {type: mse, from: r, target: y}""",
        swiglu,
    ),
    Whole(
        "highway",
        """inputs: {x: {shape: [5]}, y: {shape: [5], role: target}}
layers:
  - {id: t, type: dense, in: x, units: 5, activation: sigmoid}
  - {id: h, type: dense, in: x, units: 5, activation: tanh}
  - id: way
    in: {t: t, h: h, x: x}
    args: {t: [5], h: [5], x: [5]}
    equations: ["z[n,j] = t[n,j]*h[n,j] + (1 - t[n,j])*x[n,j]"]
    output: z
loss: {type: mae, from: way, target: y}""",
        highway,
    ),
    Whole(
        "mixture_of_experts",
        """inputs: {x: {shape: [4]}, y: {shape: [2], role: target}}
layers:
  - {id: gate, type: dense, in: x, units: 3, activation: softmax}
  - id: mix
    in: {g: gate, x: x}
    args: {g: [3], x: [4]}
    params: {K: {shape: [3, 4, 2]}}
    equations:
      - "h[n,e,j] = tanh(sum[i](x[n,i]*K[e,i,j]))"
      - "z[n,j] = sum[e](g[n,e]*h[n,e,j])"
    output: z
loss: {type: mse, from: mix, target: y}""",
        experts,
    ),
    Whole(
        "squeeze_and_excite",
        """inputs: {x: {shape: [2, 5, 4]}, y: {classes: 5, role: target}}
layers:
  - {id: c, type: conv2d, units: 6, kernel: 3, padding: same, activation: relu}
  - id: se
    args: {x: [6, 5, 4]}
    params: {A: {shape: [6, 3]}, B: {shape: [3, 6]}}
    equations:
      - "m[n,c] = sum[h,w](x[n,c,h,w])/20"
      - "s[n,k] = relu(sum[c](m[n,c]*A[c,k]))"
      - "g[n,c] = sigmoid(sum[k](s[n,k]*B[k,c]))"
      - "z[n,c,h,w] = g[n,c]*x[n,c,h,w]"
    output: z
  - {type: global_average_pool}
  - {id: out, type: dense, units: 5}"""
        + CE,
        squeezed,
    ),
    Whole(
        "unet",
        """inputs: {x: {shape: [6, 4, 1]}, y: {shape: [6, 4, 2], role: target}}
layers:
  - {id: a, type: conv2d, units: 3, kernel: 3, padding: same, activation: tanh, channels: last}
  - {type: max_pool2d, kernel: 2, channels: last}
  - {id: b, type: conv2d, units: 5, kernel: 3, padding: same, activation: tanh, channels: last}
  - {id: up, type: conv_transpose2d, units: 2, kernel: 2, stride: 2, channels: last}
  - {id: both, type: concat, in: [a, up]}
  - {id: out, type: conv2d, units: 2, kernel: 1, channels: last}
loss: {type: mse, from: out, target: y}""",
        unet,
    ),
    Whole(
        "vision_transformer",
        """inputs: {x: {shape: [2, 6, 4]}, y: {classes: 5, role: target}}
layers:
  - {id: cut, type: conv2d, units: 4, kernel: 2, stride: 2}
  - {id: flat, type: reshape, shape: [4, 6]}
  - {id: rows, type: transpose, axes: [2, 1]}
  - {id: att, type: attention, heads: 2}
  - {id: r, type: add, in: [att, rows]}
  - {id: ln, type: layer_norm}
  - {type: reduce_mean, axis: 1}
  - {id: out, type: dense, units: 5}"""
        + CE,
        patches,
    ),
    Whole(
        "poisson_equation",
        """inputs: {x: {shape: [1]}, f: {shape: [1], role: target}}
layers:
  - {id: h, type: dense, units: 6, activation: tanh}
  - {id: g, type: dense, units: 1}
  - {id: u, in: {x: x, g: g}, args: {x: [1], g: [1]}, equations: ["u[n,j] = x[n,0]*(1 - x[n,0])*g[n,j]"], output: u}
  - id: r
    in: {u: u, x: x}
    args: {u: [1], x: [1]}
    equations: ["r[n,j] = derivative(u[n,j], x[n,0], x[n,0])"]
    output: r
loss: {type: mse, from: r, target: f}""",
        poisson,
    ),
]
