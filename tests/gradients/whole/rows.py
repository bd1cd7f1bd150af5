"""Networks of rows."""

from __future__ import annotations

from tests.gradients.whole.kinds import F, Tensor, Tensors, Whole, dense, layer_norm, torch

REAL = "inputs: {x: {shape: [4]}, y: {shape: [%s], role: target}}\nlayers:\n"
MSE = "\nloss: {type: mse, from: out, target: y}"
DEPTH = 30


def snake(x: Tensor, alpha: Tensor) -> Tensor:
    return x + torch.sin(alpha * x) ** 2 / alpha


def residual(p: Tensors, d: Tensors) -> Tensor:
    h = dense(p, "stem", d["x"])
    for name in ("r1", "r2"):
        inner = snake(dense(p, f"{name}_up", layer_norm(p, f"{name}_ln", h)), p[f"alpha_{name}_up"])
        h = h + dense(p, f"{name}_down", inner)
    return ((dense(p, "out", h) - d["y"]) ** 2).mean()


def siamese(p: Tensors, d: Tensors) -> Tensor:
    a, b, c = (dense(p, "a2", torch.tanh(dense(p, "a1", d[name]))) for name in ("x", "u", "v"))
    return F.relu(((a - b) ** 2).sum(1) - ((a - c) ** 2).sum(1) + 0.7).mean()


def autoencoder(p: Tensors, d: Tensors) -> Tensor:
    h = torch.tanh(dense(p, "h", d["x"]))
    mu, log_var = dense(p, "mu", h), dense(p, "lv", h)
    z = mu + torch.exp(log_var / 2) * d["eps"]
    out = dense(p, "out", torch.tanh(dense(p, "g", z)))
    divergence = -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1).mean()
    return F.mse_loss(out, d["x"], reduction="sum") / len(out) + 0.5 * divergence


def skips(p: Tensors, d: Tensors) -> Tensor:
    h = [d["x"]]
    for k in range(1, DEPTH + 1):
        h.append(torch.tanh(dense(p, f"f{k}", h[-1])) + h[-2 if k > 1 else -1])
    return ((dense(p, "out", h[-1]) - d["y"]) ** 2).mean()


def skip_layers() -> str:
    lines = []
    for k in range(1, DEPTH + 1):
        last, before = ("x" if j < 1 else f"s{j}" for j in (k - 1, k - 2))
        lines.append(f"  - {{id: f{k}, type: dense, in: {last}, units: 4, activation: tanh}}")
        lines.append(f"  - {{id: s{k}, type: add, in: [f{k}, {before}]}}")
    return "\n".join(lines)


def dropped(p: Tensors, d: Tensors) -> Tensor:
    h = F.batch_norm(dense(p, "fc", d["x"]), None, None, p["gamma_bn"], p["beta_bn"], True)
    return ((dense(p, "out", F.relu(h)) - d["y"]) ** 2).mean()


def root_mean_square(p: Tensors, d: Tensors) -> Tensor:
    h = F.rms_norm(dense(p, "fc", d["x"]), (6,), p["gamma_rms"], 1e-6)
    return F.huber_loss(dense(p, "out", F.silu(h)), d["y"], delta=0.5)


def weight_norm(p: Tensors, d: Tensors) -> Tensor:
    h = F.selu(d["x"] @ (p["g_fc"] * p["v_fc"] / p["v_fc"].norm(dim=0)) + p["b_fc"])
    return F.relu(1 - d["y"] * dense(p, "out", h)).mean()


def gated(p: Tensors, d: Tensors) -> Tensor:
    h = dense(p, "value", d["x"]) * torch.sigmoid(dense(p, "gate", d["x"]))
    return F.poisson_nll_loss(dense(p, "out", h), d["y"])


def branches(p: Tensors, d: Tensors) -> Tensor:
    h = torch.cat([torch.tanh(dense(p, "a", d["x"])), F.mish(dense(p, "b", d["x"])), d["x"]], 1)
    return F.binary_cross_entropy_with_logits(dense(p, "out", h), d["y"])


def pair(p: Tensors, d: Tensors) -> Tensor:
    z = torch.einsum("ni,ijo,nj->no", d["x"], p["W_out"], d["u"]) + p["c_out"]
    return F.cross_entropy(z, d["y"])


def towers(p: Tensors, d: Tensors) -> Tensor:
    u, v = F.normalize(dense(p, "a", d["x"])), F.normalize(torch.tanh(dense(p, "b", d["u"])))
    return F.cross_entropy(u @ v.T / 0.2, torch.arange(len(u)))


def spread(p: Tensors, d: Tensors) -> Tensor:
    h = torch.tanh(dense(p, "h", d["x"]))
    v = F.softplus(dense(p, "v", h), threshold=1000)
    return F.gaussian_nll_loss(dense(p, "out", h), d["y"], v, eps=1e-30)


def tasks(p: Tensors, d: Tensors) -> Tensor:
    h = F.leaky_relu(dense(p, "h", d["x"]), 0.2)
    label = F.cross_entropy(dense(p, "policy", h), d["c"])
    return label + 0.3 * F.mse_loss(dense(p, "out", h), d["y"], reduction="sum")


def penalised(p: Tensors, d: Tensors) -> Tensor:
    z = dense(p, "out", torch.sigmoid(dense(p, "h", d["x"])))
    weights = [p["W_h"], p["W_out"]]
    return F.l1_loss(z, d["y"]) + sum(0.1 * w.abs().sum() + 0.1 * (w**2).sum() for w in weights)


def shared(p: Tensors, d: Tensors) -> Tensor:
    h = torch.tanh(dense(p, "enc", d["x"]))
    return ((h @ p["W_enc"].T + p["b_out"] - d["y"]) ** 2).mean()


RESIDUAL = """functions: {snake: {args: [x], params: {alpha: {init: 1.5}}, formula: "x + sin(alpha*x)**2/alpha"}}
inputs: {x: {shape: [4]}, y: {shape: [2], role: target}}
blocks:
  r:
    - {id: ln, type: layer_norm}
    - {id: up, type: dense, units: 7, activation: snake}
    - {id: down, type: dense, units: 5}
    - {type: add, in: [down, input]}
layers:
  - {id: stem, type: dense, in: x, units: 5}
  - {block: r, repeat: 2}
  - {id: out, type: dense, units: 2}
loss: {type: mse, from: out, target: y}"""
SIAMESE = """inputs: {x: {shape: [4]}, u: {shape: [4]}, v: {shape: [4]}}
layers:
  - {id: a1, type: dense, in: x, units: 6, activation: tanh}
  - {id: a2, type: dense, units: 3}
  - {id: b1, type: dense, in: u, units: 6, activation: tanh, tie: {W: a1.W, b: a1.b}}
  - {id: b2, type: dense, units: 3, tie: {W: a2.W, b: a2.b}}
  - {id: c1, type: dense, in: v, units: 6, activation: tanh, tie: {W: a1.W, b: a1.b}}
  - {id: c2, type: dense, units: 3, tie: {W: a2.W, b: a2.b}}
loss: {type: triplet, from: {anchor: a2, positive: b2, negative: c2}, margin: 0.7}"""
VAE = """inputs: {x: {shape: [6]}, eps: {shape: [2]}}
layers:
  - {id: h, type: dense, in: x, units: 5, activation: tanh}
  - {id: mu, type: dense, in: h, units: 2}
  - {id: lv, type: dense, in: h, units: 2}
  - id: z
    in: {m: mu, s: lv, e: eps}
    equations: ["z[n,j] = m[n,j] + exp(s[n,j]/2)*e[n,j]"]
    args: {m: [2], s: [2], e: [2]}
    output: z
  - {id: g, type: dense, units: 5, activation: tanh}
  - {id: out, type: dense, units: 6}
loss:
  - {type: mse, from: out, target: x, weight: 6}
  - {type: gaussian_kl, from: [mu, lv], weight: 0.5}"""
TOWERS = """inputs: {x: {shape: [4]}, u: {shape: [3]}}
layers:
  - {id: a, type: dense, in: x, units: 6}
  - {id: b, type: dense, in: u, units: 6, activation: tanh}
loss: {type: info_nce, from: [a, b], temperature: 0.2}"""
TASKS = """inputs: {x: {shape: [4]}, y: {shape: [2], role: target}, c: {classes: 3, role: target}}
layers:
  - {id: h, type: dense, in: x, units: 6, activation: {type: leaky_relu, negative_slope: 0.2}}
  - {id: policy, type: dense, in: h, units: 3}
  - {id: out, type: dense, in: h, units: 2}
loss:
  - {type: softmax_cross_entropy, from: policy, target: c}
  - {type: mse, from: out, target: y, weight: 0.3, reduce: sum}"""
OUT = "  - {id: out, type: dense, units: 2}"
ROWS = [
    Whole("residual_layer_norm", RESIDUAL, residual),
    Whole("siamese_triplet", SIAMESE, siamese),
    Whole("variational_autoencoder", VAE, autoencoder),
    Whole("thirty_skips", REAL % 2 + skip_layers() + "\n" + OUT + MSE, skips),
    Whole(
        "batch_norm_dropout",
        REAL % 2
        + """  - {id: fc, type: dense, units: 6}
  - {id: bn, type: batch_norm, activation: relu}
  - {type: dropout, rate: 0.4}
"""
        + OUT
        + MSE,
        dropped,
        rows=7,
        fixed=False,
    ),
    Whole(
        "rms_norm_mlp",
        REAL % 2
        + "  - {id: fc, type: dense, units: 6}\n  - {id: rms, type: rms_norm, activation: silu}\n"
        + OUT
        + MSE.replace("mse,", "huber, delta: 0.5,"),
        root_mean_square,
    ),
    Whole(
        "weight_norm_hinge",
        REAL % 2 + "  - {id: fc, type: weight_norm, units: 6, activation: selu}\n" + OUT + MSE.replace("mse", "hinge"),
        weight_norm,
    ),
    Whole(
        "gated_poisson",
        REAL % 2
        + """  - {id: value, type: dense, in: x, units: 6}
  - {id: gate, type: dense, in: x, units: 6, activation: sigmoid}
  - {type: multiply, in: [value, gate]}
"""
        + OUT
        + MSE.replace("mse", "poisson"),
        gated,
    ),
    Whole(
        "branches_multilabel",
        REAL % 2
        + """  - {id: a, type: dense, in: x, units: 3, activation: tanh}
  - {id: b, type: dense, in: x, units: 5, activation: mish}
  - {type: concat, in: [a, b, x]}
"""
        + OUT
        + MSE.replace("mse", "bce_with_logits"),
        branches,
    ),
    Whole(
        "bilinear_pair",
        """inputs: {x: {shape: [4]}, u: {shape: [3]}, y: {classes: 5, role: target}}
layers: [{id: out, type: bilinear, in: [x, u], units: 5}]
loss: {type: softmax_cross_entropy, from: out, target: y}""",
        pair,
    ),
    Whole("two_towers", TOWERS, towers),
    Whole(
        "heteroscedastic",
        REAL % 2
        + """  - {id: h, type: dense, in: x, units: 6, activation: tanh}
  - {id: out, type: dense, in: h, units: 2}
  - {id: v, type: dense, in: h, units: 2, activation: softplus}
loss: {type: gaussian_nll, from: [out, v], target: y}""",
        spread,
    ),
    Whole("two_tasks", TASKS, tasks),
    Whole(
        "penalised",
        REAL % 2
        + "  - {id: h, type: dense, units: 6, activation: sigmoid}\n"
        + OUT
        + "\nloss: {type: mae, from: out, target: y, l1: 0.1, l2: 0.2}",
        penalised,
    ),
    Whole(
        "tied_autoencoder",
        REAL % 4
        + "  - {id: enc, type: dense, units: 3, activation: tanh}\n"
        + "  - {id: out, type: dense, units: 4, tie: enc.W}"
        + MSE,
        shared,
    ),
]
