"""The same training in other libraries: PyTorch, and JAX (a jitted step, and all epochs in one scan of scans).

Each peer takes a workload and gives a function that trains its epochs over consecutive batches and returns a loss of
the last one (the mean of its steps for symprop, that of the last step for the others), one that computes a loss with
its gradients, and the gradients of the first batch, so that a comparison of speed starts with one of numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.networks import jax_activations, jax_loss, torch_activations, torch_loss
from benchmarks.workloads import Array, Workload

TORCH_OPTIMIZERS = {"sgd": "SGD", "adagrad": "Adagrad", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}


@dataclass(frozen=True)
class Runner:
    """One library on one workload, ready to be timed.

    Args:
        epoch: trains the epochs of a run, one or more.
        call: one loss with its gradients, as called from Python; None where that is another peer's.
        gradients: of the first batch from the first weights, by parameter.
    """

    epoch: Callable[[], float]
    call: Callable[[], object] | None
    gradients: dict[str, Array]


def symprop_runner(work: Workload) -> Runner:
    """The generated module: a run is one compiled call."""
    from symprop import compile as build
    from symprop.network import build as network_of
    from symprop.spec import parse_spec

    module = build(network_of(parse_spec(work.spec, work.name)), backend="numba", dtype=work.dtype)
    x, y = work.data()
    params = module.Params(**work.weights())
    first = params, x[: work.batch], y[: work.batch]
    _, grads = module.value_and_grad(*first)
    state = [params, module.init_optimizer(params)]

    def epoch() -> float:
        state[0], state[1], losses = module.fit_chunk(
            state[0], state[1], x, y, work.epochs, work.batch, work.lr, 0, False, 0, work.epochs
        )
        return float(losses[-1])

    found = {name: np.asarray(g) for name, g in grads._asdict().items()}
    return Runner(epoch, lambda: module.value_and_grad(*first), found)


def torch_runner(work: Workload) -> Runner:
    """PyTorch, eager, one thread."""
    import torch

    torch.set_num_threads(1)
    weights = {name: torch.from_numpy(w.copy()).requires_grad_() for name, w in work.weights().items()}
    optimizer = getattr(torch.optim, TORCH_OPTIMIZERS[work.optimizer])(weights.values(), lr=work.lr)
    loss_of = torch_loss(work)
    x, y = map(torch.from_numpy, work.data())

    def call() -> Any:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(weights, x[: work.batch], y[: work.batch])
        loss.backward()
        return loss

    call()
    gradients = {name: w.grad.numpy().copy() for name, w in weights.items() if w.grad is not None}

    def epoch() -> float:
        loss = None
        for start in [*range(0, work.rows, work.batch)] * work.epochs:
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(weights, x[start : start + work.batch], y[start : start + work.batch])
            loss.backward()
            optimizer.step()
        return float(loss.detach()) if loss is not None else 0.0

    return Runner(epoch, call, gradients)


def jax_rules() -> dict[str, tuple[int, Callable[..., tuple[Any, ...]]]]:
    """The optimizers as a user of JAX writes them: the number of their states, and the next weight and states."""
    import jax.numpy as jnp

    def adam(w: Any, g: Any, lr: float, t: Any, m: Any, v: Any) -> tuple[Any, ...]:
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        return w - lr * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v

    def adamw(w: Any, g: Any, lr: float, t: Any, m: Any, v: Any) -> tuple[Any, ...]:
        return adam((1 - lr * 0.01) * w, g, lr, t, m, v)

    def adagrad(w: Any, g: Any, lr: float, t: Any, s: Any) -> tuple[Any, ...]:
        s = s + g * g
        return w - lr * g / (jnp.sqrt(s) + 1e-10), s

    def rmsprop(w: Any, g: Any, lr: float, t: Any, s: Any) -> tuple[Any, ...]:
        s = 0.99 * s + 0.01 * g * g
        return w - lr * g / (jnp.sqrt(s) + 1e-8), s

    def lion(w: Any, g: Any, lr: float, t: Any, m: Any) -> tuple[Any, ...]:
        return w - lr * jnp.sign(0.9 * m + 0.1 * g), 0.99 * m + 0.01 * g

    return {
        "sgd": (0, lambda w, g, lr, t: (w - lr * g,)),
        "adagrad": (1, adagrad),
        "rmsprop": (1, rmsprop),
        "adam": (2, adam),
        "adamw": (2, adamw),
        "lion": (1, lion),
    }


def _jax_update(work: Workload) -> Callable[[Any, Any], Any]:
    _, rule = jax_rules()[work.optimizer]

    def update(carry: Any, grads: Any) -> Any:
        params, states, t = carry
        t = t + 1 if states else t
        after = {name: rule(w, grads[name], work.lr, t, *(s[name] for s in states)) for name, w in params.items()}
        params, *states = ({name: found[k] for name, found in after.items()} for k in range(1 + len(states)))
        return params, tuple(states), t

    return update


def _jax_start(work: Workload) -> tuple[Any, Any, Any]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", work.dtype == "float64")
    x, y = (jnp.asarray(a) for a in work.data())
    params = {name: jnp.asarray(w) for name, w in work.weights().items()}
    count, _ = jax_rules()[work.optimizer]
    return x, y, (params, (jax.tree.map(jnp.zeros_like, params),) * count, jnp.zeros((), work.dtype))


def jax_step_runner(work: Workload) -> Runner:
    """JAX, one jitted call a step."""
    import jax

    loss_of, update = jax_loss(work), _jax_update(work)
    x, y, carry = _jax_start(work)

    @jax.jit
    def step(carry: Any, xb: Any, yb: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(carry[0], xb, yb)
        return update(carry, grads), loss

    whole = jax.jit(jax.value_and_grad(loss_of))
    batches = [(x[s : s + work.batch], y[s : s + work.batch]) for s in range(0, work.rows, work.batch)]
    gradients = {name: np.asarray(g) for name, g in whole(carry[0], *batches[0])[1].items()}
    state = [carry]

    def epoch() -> float:
        loss = None
        for xb, yb in batches * work.epochs:
            state[0], loss = step(state[0], xb, yb)
        return float(loss) if loss is not None else 0.0

    return Runner(epoch, lambda: jax.block_until_ready(whole(carry[0], *batches[0])), gradients)


def jax_scan_runner(work: Workload) -> Runner:
    """JAX, all epochs in one jitted scan of scans."""
    import jax

    loss_of, update = jax_loss(work), _jax_update(work)
    x, y, carry = _jax_start(work)
    xs, ys = (a.reshape(-1, work.batch, *a.shape[1:]) for a in (x, y))

    def step(carry: Any, batch: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(carry[0], *batch)
        return update(carry, grads), loss

    def epoch_of(carry: Any, _: Any) -> Any:
        return jax.lax.scan(step, carry, (xs, ys))

    run = jax.jit(lambda carry: jax.lax.scan(epoch_of, carry, None, length=work.epochs))
    gradients = {name: np.asarray(g) for name, g in jax.grad(loss_of)(carry[0], xs[0], ys[0]).items()}
    state = [carry]

    def epoch() -> float:
        state[0], losses = run(state[0])
        return float(losses[-1, -1])

    return Runner(epoch, None, gradients)


PEERS: dict[str, Callable[[Workload], Runner]] = {"symprop": symprop_runner}
if find_spec("torch"):
    PEERS["torch"] = torch_runner
if find_spec("jax"):
    PEERS["jax jit"] = jax_step_runner
    PEERS["jax scan"] = jax_scan_runner


def able(peer: str, work: Workload) -> bool:
    """Whether a peer has the activation and the optimizer of a workload."""
    if peer == "symprop":
        return True
    if peer == "torch":
        return work.activation in torch_activations() and work.optimizer in TORCH_OPTIMIZERS
    return work.activation in jax_activations() and work.optimizer in jax_rules()
