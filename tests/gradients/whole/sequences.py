"""Networks of sequences."""

from __future__ import annotations

from tests.gradients.whole.kinds import F, Tensor, Tensors, Whole, dense, layer_norm, torch


def bag(p: Tensors, d: Tensors) -> Tensor:
    return F.cross_entropy(dense(p, "out", F.embedding(d["tok"], p["W_emb"]).mean(1)), d["y"])


def tagger(p: Tensors, d: Tensors) -> Tensor:
    h = F.embedding(d["tok"], p["W_emb"]) + p["P_pos"]
    logits = torch.tanh(dense(p, "mid", layer_norm(p, "ln", h))) @ p["W_emb"].T
    kept = torch.where(d["m"] > 0, d["y"], -100)
    return F.cross_entropy(logits.flatten(0, 1), kept.flatten(), ignore_index=-100)


def dilated(p: Tensors, d: Tensors) -> Tensor:
    h = F.relu(F.conv1d(d["x"], p["W_c1"], p["b_c1"]))
    h = F.relu(F.conv1d(h, p["W_c2"], p["b_c2"], dilation=2)).amax(2)
    return (1 - F.cosine_similarity(dense(p, "out", h), d["y"])).mean()


def smoothed(p: Tensors, d: Tensors) -> Tensor:
    state, total = torch.zeros_like(d["x"][:, 0]), 0.0
    for t in range(d["x"].shape[1]):
        state = torch.tanh(d["x"][:, t] @ p["U_rnn"] + state @ p["V_rnn"])
        total = total + ((dense(p, "out", state) - d["y"][:, t]) ** 2).mean(1)
    return (total / d["x"].shape[1]).mean()


def weighted(p: Tensors, d: Tensors) -> Tensor:
    scores = torch.einsum("ntj,j->nt", torch.tanh(d["x"] @ p["K_pool"]), p["q_pool"])
    pooled = torch.einsum("nt,ntj->nj", torch.softmax(scores, 1), d["x"])
    entropy = F.cross_entropy(dense(p, "out", pooled), d["y"], reduction="none")
    return ((1 - torch.exp(-entropy)) ** 2 * entropy).mean()


SEQUENCES = [
    Whole(
        "embedding_mean",
        """inputs: {tok: {shape: [6], vocabulary: 9}, y: {classes: 4, role: target}}
layers:
  - {id: emb, type: embedding, units: 5}
  - {type: reduce_mean, axis: 1}
  - {id: out, type: dense, units: 4}
loss: {type: softmax_cross_entropy, from: out, target: y}""",
        bag,
    ),
    Whole(
        "tied_embedding_tagger",
        """inputs:
  tok: {shape: [6], vocabulary: 9}
  y: {classes: 9, shape: [6], role: target}
  m: {shape: [6], role: target}
layers:
  - {id: emb, type: embedding, units: 5}
  - {id: pos, type: position_embedding}
  - {id: ln, type: layer_norm}
  - {id: mid, type: dense, units: 5, activation: tanh}
  - {id: out, type: unembed, tie: emb.W}
loss: {type: softmax_cross_entropy, from: out, target: y, mask: m}""",
        tagger,
    ),
    Whole(
        "dilated_convolutions",
        """inputs: {x: {shape: [3, 9]}, y: {shape: [4], role: target}}
layers:
  - {id: c1, type: conv1d, units: 4, kernel: 3, activation: relu}
  - {id: c2, type: conv1d, units: 5, kernel: 2, dilation: 2, activation: relu}
  - {type: global_max_pool}
  - {id: out, type: dense, units: 4}
loss: {type: cosine, from: out, target: y}""",
        dilated,
    ),
    Whole(
        "recurrent_equations",
        """inputs: {x: {shape: [6, 3]}, y: {shape: [6, 2], role: target}}
layers:
  - id: rnn
    equations: ["h[n,t,j] = tanh(sum[i](x[n,t,i]*U[i,j]) + sum[k](h[n,t-1,k]*V[k,j]))"]
    args: {x: [6, 3]}
    params: {U: {shape: [3, 3]}, V: {shape: [3, 3]}}
    output: h
  - {id: out, type: dense, units: 2}
loss: {type: mse, from: out, target: y}""",
        smoothed,
    ),
    Whole(
        "attention_pooling_focal",
        """inputs: {x: {shape: [6, 3]}, y: {classes: 4, role: target}}
layers:
  - id: pool
    equations:
      - "k[n,t,j] = tanh(sum[i](x[n,t,i]*K[i,j]))"
      - "s[n,t] = sum[j](k[n,t,j]*q[j])"
      - "a[n,t] = exp(s[n,t])/sum[u](exp(s[n,u]))"
      - "z[n,i] = sum[t](a[n,t]*x[n,t,i])"
    args: {x: [6, 3]}
    params: {K: {shape: [3, 5]}, q: {shape: [5], init: ones}}
    output: z
  - {id: out, type: dense, units: 4}
loss: {type: softmax_focal, from: out, target: y}""",
        weighted,
    ),
]
