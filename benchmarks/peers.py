"""The same training in other libraries: NumPy by hand, PyTorch, JAX (a jitted step, and a whole epoch in one scan).

Each peer takes a workload and gives a function that trains one epoch over consecutive batches and returns the loss of
its
last step, together with the gradients of the first batch, so that a comparison of speed starts with one of numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.workloads import Array, Workload


@dataclass(frozen=True)
class Runner:
    """One epoch of training, ready to be timed, and the gradients of the first batch from the first weights."""

    epoch: Callable[[], float]
    gradients: list[Array]


def symprop_runner(work: Workload) -> Runner:
    """The generated module: an epoch is one compiled call."""
    from symprop import compile as build
    from symprop.network import build as network_of
    from symprop.spec import parse_spec

    module = build(network_of(parse_spec(work.spec, work.name)), backend="numba", dtype="float32")
    x, y = work.data()
    params = module.Params(*work.weights())
    _, grads = module.value_and_grad(params, x[: work.batch], y[: work.batch])
    state = [params, module.init_optimizer(params)]

    def epoch() -> float:
        state[0], state[1], losses = module.fit_chunk(
            state[0], state[1], x, y, 1, work.batch, work.lr, 0, False, 0, 1
        )
        return float(losses[-1])

    return Runner(epoch, [np.asarray(g) for g in grads])


def torch_runner(work: Workload) -> Runner:
    """PyTorch, eager, one thread."""
    import torch

    torch.set_num_threads(1)
    modules: list[Any] = []
    weights = work.weights()
    last = len(work.widths) - 2
    for k, (fan_in, fan_out) in enumerate(zip(work.widths, work.widths[1:], strict=False)):
        layer = torch.nn.Linear(fan_in, fan_out)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights[2 * k].T))
            layer.bias.copy_(torch.from_numpy(weights[2 * k + 1]))
        modules += [layer] if k == last else [layer, torch.nn.Tanh() if work.activation == "tanh" else torch.nn.ReLU()]
    net = torch.nn.Sequential(*modules)
    loss_of = torch.nn.CrossEntropyLoss() if work.classes > 1 else torch.nn.BCEWithLogitsLoss()
    kind = torch.optim.SGD if work.optimizer == "sgd" else torch.optim.Adam
    optimizer = kind(net.parameters(), lr=work.lr)
    x, y = map(torch.from_numpy, work.data())
    loss_of(net(x[: work.batch]), y[: work.batch]).backward()
    gradients = [p.grad.numpy().T.copy() if p.grad.ndim == 2 else p.grad.numpy().copy() for p in net.parameters()]

    def epoch() -> float:
        loss = None
        for start in range(0, work.rows, work.batch):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(net(x[start : start + work.batch]), y[start : start + work.batch])
            loss.backward()
            optimizer.step()
        return float(loss.detach()) if loss is not None else 0.0

    return Runner(epoch, gradients)


def _jax_parts(work: Workload) -> tuple[Any, Any, Any]:
    import jax
    import jax.numpy as jnp

    act = {"tanh": jnp.tanh, "relu": jax.nn.relu, "identity": lambda z: z}[work.activation]

    def loss_of(params: Any, x: Any, y: Any) -> Any:
        a = x
        for k in range(0, len(params), 2):
            z = a @ params[k] + params[k + 1]
            a = act(z)
        if work.classes > 1:
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1))
        return jnp.mean(jax.nn.softplus(z) - y * z)

    def update(carry: Any, grads: Any) -> Any:
        params, m, v, t = carry
        if work.optimizer == "sgd":
            return [p - work.lr * g for p, g in zip(params, grads, strict=True)], m, v, t
        t = t + 1
        m = [0.9 * a + 0.1 * g for a, g in zip(m, grads, strict=True)]
        v = [0.999 * a + 0.001 * g * g for a, g in zip(v, grads, strict=True)]
        step = [(a / (1 - 0.9**t)) / (jnp.sqrt(b / (1 - 0.999**t)) + 1e-8) for a, b in zip(m, v, strict=True)]
        return [p - work.lr * s for p, s in zip(params, step, strict=True)], m, v, t

    return jax, loss_of, update


def _jax_start(work: Workload) -> tuple[Any, Any, Any]:
    import jax.numpy as jnp

    x, y = (jnp.asarray(a) for a in work.data())
    params = [jnp.asarray(w) for w in work.weights()]
    zeros = [jnp.zeros_like(w) for w in params]
    return x, y, (params, zeros, zeros, jnp.asarray(0.0))


def jax_step_runner(work: Workload) -> Runner:
    """JAX, one jitted call a step."""
    jax, loss_of, update = _jax_parts(work)
    x, y, carry = _jax_start(work)

    @jax.jit
    def step(carry: Any, xb: Any, yb: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(carry[0], xb, yb)
        return update(carry, grads), loss

    batches = [(x[s : s + work.batch], y[s : s + work.batch]) for s in range(0, work.rows, work.batch)]
    gradients = [np.asarray(g) for g in jax.grad(loss_of)(carry[0], *batches[0])]
    state = [carry]

    def epoch() -> float:
        loss = None
        for xb, yb in batches:
            state[0], loss = step(state[0], xb, yb)
        return float(loss) if loss is not None else 0.0

    return Runner(epoch, gradients)


def jax_scan_runner(work: Workload) -> Runner:
    """JAX, a whole epoch in one jitted scan."""
    jax, loss_of, update = _jax_parts(work)
    x, y, carry = _jax_start(work)
    xs = x.reshape(-1, work.batch, x.shape[1])
    ys = y.reshape(-1, work.batch, *y.shape[1:])

    def step(carry: Any, batch: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(carry[0], *batch)
        return update(carry, grads), loss

    run = jax.jit(lambda carry: jax.lax.scan(step, carry, (xs, ys)))
    gradients = [np.asarray(g) for g in jax.grad(loss_of)(carry[0], xs[0], ys[0])]
    state = [carry]

    def epoch() -> float:
        state[0], losses = run(state[0])
        return float(losses[-1])

    return Runner(epoch, gradients)


PEERS: dict[str, Callable[[Workload], Runner]] = {"symprop": symprop_runner}
if find_spec("torch"):
    PEERS["torch"] = torch_runner
if find_spec("jax"):
    PEERS["jax jit"] = jax_step_runner
    PEERS["jax scan"] = jax_scan_runner
