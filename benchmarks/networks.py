"""The families of workloads as functions of parameters by name, in PyTorch and in JAX.

Each gives the loss of a batch.  They say what a user of these libraries would write, with the library's own functions
for convolutions, attention and losses where it has them.
"""

from __future__ import annotations

from typing import Any

from benchmarks.workloads import Workload

Tensors = dict[str, Any]


# -- PyTorch ---------------------------------------------------------------------------------------------------------


def torch_loss(work: Workload) -> Any:
    """loss(p, x, y) in PyTorch."""
    import torch
    from torch.nn import functional as F

    def linear(p: Tensors, name: str, x: Any) -> Any:
        return x @ p[f"W_{name}"] + p[f"b_{name}"]

    def dense(p: Tensors, x: Any, y: Any) -> Any:
        act: Any = {"relu": torch.relu, "tanh": torch.tanh, "identity": lambda z: z}[work.activation]
        layers = [name.removeprefix("W_") for name in p if name.startswith("W_")]
        for name in layers[:-1]:
            x = act(linear(p, name, x))
        z = linear(p, "out", x)
        return F.cross_entropy(z, y) if z.shape[1] > 1 else F.binary_cross_entropy_with_logits(z, y)

    def convolution(p: Tensors, x: Any, y: Any) -> Any:
        h = F.max_pool2d(torch.relu(F.conv2d(x, p["W_c1"], p["b_c1"], padding=1)), 2)
        h = F.max_pool2d(torch.relu(F.conv2d(h, p["W_c2"], p["b_c2"], padding=1)), 2)
        return F.cross_entropy(linear(p, "out", h.flatten(1)), y)

    def norm(p: Tensors, name: str, x: Any) -> Any:
        return F.layer_norm(x, x.shape[-1:], p[f"gamma_{name}"], p[f"beta_{name}"])

    def transformer(p: Tensors, x: Any, y: Any) -> Any:
        n = norm(p, "n1", x)
        q, k, v = ((n @ p[f"W{a}_att"] + p[f"b{a}_att"]).unflatten(2, (4, -1)).transpose(1, 2) for a in "qkv")
        h = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2) @ p["Wo_att"] + p["bo_att"] + x
        up = F.gelu(linear(p, "up", norm(p, "n2", h)), approximate="tanh")
        return ((linear(p, "down", up) + h - y) ** 2).mean()

    def lstm(p: Tensors, x: Any, y: Any) -> Any:
        rows = F.embedding(x, p["W_emb"]) @ p["W_lstm"] + p["b_lstm"]
        h = c = torch.zeros(len(x), 64)
        states = []
        for t in range(x.shape[1]):
            i, f, g, o = (rows[:, t] + h @ p["U_lstm"]).split(64, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            states.append(h)
        return F.cross_entropy(linear(p, "out", torch.stack(states, 1)).flatten(0, 1), y.flatten())

    return {"dense": dense, "convolution": convolution, "transformer": transformer, "lstm": lstm}[work.family]


# -- JAX -------------------------------------------------------------------------------------------------------------


def jax_loss(work: Workload) -> Any:
    """loss(p, x, y) in JAX."""
    import jax
    import jax.numpy as jnp

    def linear(p: Tensors, name: str, x: Any) -> Any:
        return x @ p[f"W_{name}"] + p[f"b_{name}"]

    def cross_entropy(z: Any, y: Any) -> Any:
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[..., None], axis=-1))

    def dense(p: Tensors, x: Any, y: Any) -> Any:
        act = {"relu": jax.nn.relu, "tanh": jnp.tanh, "identity": lambda z: z}[work.activation]
        # a jitted function gets its dictionaries sorted by key
        for name in sorted(n.removeprefix("W_") for n in p if n.startswith("W_l")):
            x = act(linear(p, name, x))
        z = linear(p, "out", x)
        return cross_entropy(z, y) if z.shape[1] > 1 else jnp.mean(jax.nn.softplus(z) - y * z)

    def pooled(p: Tensors, name: str, x: Any) -> Any:
        z = jax.lax.conv_general_dilated(x, p[f"W_{name}"], (1, 1), "SAME") + p[f"b_{name}"][:, None, None]
        window, stride = (1, 1, 2, 2), (1, 1, 2, 2)
        return jax.lax.reduce_window(jax.nn.relu(z), -jnp.inf, jax.lax.max, window, stride, "VALID")

    def convolution(p: Tensors, x: Any, y: Any) -> Any:
        h = pooled(p, "c2", pooled(p, "c1", x))
        return cross_entropy(linear(p, "out", h.reshape(len(x), -1)), y)

    def norm(p: Tensors, name: str, x: Any) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        scale = jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return p[f"gamma_{name}"] * centred * scale + p[f"beta_{name}"]

    def transformer(p: Tensors, x: Any, y: Any) -> Any:
        n = norm(p, "n1", x)
        q, k, v = ((n @ p[f"W{a}_att"] + p[f"b{a}_att"]).reshape(*n.shape[:2], 4, -1) for a in "qkv")
        scores = jnp.einsum("nthd,nshd->nhts", q, k) / 4.0
        seen = jnp.einsum("nhts,nshd->nthd", jax.nn.softmax(scores), v).reshape(n.shape)
        h = seen @ p["Wo_att"] + p["bo_att"] + x
        return jnp.mean((linear(p, "down", jax.nn.gelu(linear(p, "up", norm(p, "n2", h)))) + h - y) ** 2)

    def lstm(p: Tensors, x: Any, y: Any) -> Any:
        rows = jnp.swapaxes(p["W_emb"][x] @ p["W_lstm"] + p["b_lstm"], 0, 1)

        def step(state: Any, row: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(row + h @ p["U_lstm"], 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        start = jnp.zeros((len(x), 64), rows.dtype)
        _, states = jax.lax.scan(step, (start, start), rows)
        return cross_entropy(linear(p, "out", jnp.swapaxes(states, 0, 1)), y)

    return {"dense": dense, "convolution": convolution, "transformer": transformer, "lstm": lstm}[work.family]
