"""The families of workloads as functions of parameters by name, in PyTorch and in JAX.

Each gives the loss of a batch.  They say what a user of these libraries would write, with the library's own functions
for convolutions, attention and losses where it has them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.workloads import Workload

Tensors = dict[str, Any]
Activations = dict[str, Callable[[Any], Any]]


def hidden_layers(p: Tensors) -> list[str]:
    """The hidden layers of a dense network in order; a jitted function gets its dictionaries sorted by key."""
    return [f"l{k}" for k in range(1, sum(name.startswith("W_l") for name in p) + 1)]


# -- PyTorch ---------------------------------------------------------------------------------------------------------


def torch_activations() -> Activations:
    """The activations of the library that PyTorch has, by the library's names."""
    import torch
    from torch.nn import functional as F

    return {
        "identity": lambda z: z,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "selu": F.selu,
        "softplus": F.softplus,
        "softsign": F.softsign,
        "silu": F.silu,
        "mish": F.mish,
        "gelu": F.gelu,
        "gelu_tanh": partial(F.gelu, approximate="tanh"),
        "hard_sigmoid": F.hardsigmoid,
        "hard_tanh": F.hardtanh,
        "relu6": F.relu6,
        "log_sigmoid": F.logsigmoid,
        "softmax": partial(torch.softmax, dim=-1),
        "log_softmax": partial(torch.log_softmax, dim=-1),
    }


def torch_loss(work: Workload) -> Any:
    """loss(p, x, y) in PyTorch."""
    import torch
    from torch.nn import functional as F

    def linear(p: Tensors, name: str, x: Any) -> Any:
        return x @ p[f"W_{name}"] + p[f"b_{name}"]

    def dense(p: Tensors, x: Any, y: Any) -> Any:
        act = torch_activations()[work.activation]
        for name in hidden_layers(p):
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
        rows, bias = F.embedding(x, p["W_emb"]), p["b_lstm"]
        start = rows.new_zeros(1, len(x), len(p["U_lstm"]))
        # what torch.nn.LSTM calls; of its two biases one is 0
        weights = [p["W_lstm"].T, p["U_lstm"].T, bias, torch.zeros_like(bias)]
        states, _, _ = torch.lstm(rows, (start, start), weights, True, 1, 0.0, True, False, True)
        return F.cross_entropy(linear(p, "out", states).flatten(0, 1), y.flatten())

    return {"dense": dense, "convolution": convolution, "transformer": transformer, "lstm": lstm}[work.family]


# -- JAX -------------------------------------------------------------------------------------------------------------


def jax_activations() -> Activations:
    """The activations of the library that JAX has, by the library's names."""
    import jax

    return {
        "identity": lambda z: z,
        "sigmoid": jax.nn.sigmoid,
        "tanh": jax.numpy.tanh,
        "relu": jax.nn.relu,
        "leaky_relu": jax.nn.leaky_relu,
        "elu": jax.nn.elu,
        "selu": jax.nn.selu,
        "softplus": jax.nn.softplus,
        "softsign": jax.nn.soft_sign,
        "silu": jax.nn.silu,
        "mish": jax.nn.mish,
        "gelu": partial(jax.nn.gelu, approximate=False),
        "gelu_tanh": jax.nn.gelu,
        "hard_sigmoid": jax.nn.hard_sigmoid,
        "hard_tanh": jax.nn.hard_tanh,
        "relu6": jax.nn.relu6,
        "log_sigmoid": jax.nn.log_sigmoid,
        "softmax": jax.nn.softmax,
        "log_softmax": jax.nn.log_softmax,
    }


def jax_loss(work: Workload) -> Any:
    """loss(p, x, y) in JAX."""
    import jax
    import jax.numpy as jnp

    def linear(p: Tensors, name: str, x: Any) -> Any:
        return x @ p[f"W_{name}"] + p[f"b_{name}"]

    def cross_entropy(z: Any, y: Any) -> Any:
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[..., None], axis=-1))

    def dense(p: Tensors, x: Any, y: Any) -> Any:
        act = jax_activations()[work.activation]
        for name in hidden_layers(p):
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

        start = jnp.zeros((len(x), len(p["U_lstm"])), rows.dtype)
        _, states = jax.lax.scan(step, (start, start), rows)
        return cross_entropy(linear(p, "out", jnp.swapaxes(states, 0, 1)), y)

    return {"dense": dense, "convolution": convolution, "transformer": transformer, "lstm": lstm}[work.family]
