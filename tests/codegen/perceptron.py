"""A two-layer perceptron with softmax cross entropy, forward and backward written by hand as equations."""

from dataclasses import replace
from typing import Any

from symprop.derivation.values import Adjoint, Derivation
from symprop.language import Equation, Extent, Function, Network, Optimizer, Scope, Tensor, Training, parse_equation
from symprop.language.expressions import ONE
from symprop.library import OPTIMIZERS

D, H, C = 5, 7, 3

FORWARD = [
    "Z1[n,j] = sum[i](x[n,i]*W1[i,j]) + b1[j]",
    "A1[n,j] = where(Z1[n,j] > 0, Z1[n,j], 0)",
    "Z2[n,c] = sum[j](A1[n,j]*W2[j,c]) + b2[c]",
    "Y[n,c] = [y[n] == c]",
    "P[n,c] = exp(Z2[n,c] - max[k](Z2[n,k]))/sum[k](exp(Z2[n,k] - max[q](Z2[n,q])))",
    "L = -sum[n,c](Y[n,c]*(Z2[n,c] - max[k](Z2[n,k]) - log(sum[k](exp(Z2[n,k] - max[q](Z2[n,q]))))))/N",
]
BACKWARD = [
    "dZ2[n,c] = (P[n,c] - Y[n,c])/N",
    "dW2[j,c] = sum[n](A1[n,j]*dZ2[n,c])",
    "db2[c] = sum[n](dZ2[n,c])",
    "dA1[n,j] = sum[c](dZ2[n,c]*W2[j,c])",
    "dZ1[n,j] = where(Z1[n,j] > 0, dA1[n,j], 0)",
    "dW1[i,j] = sum[n](x[n,i]*dZ1[n,j])",
    "db1[j] = sum[n](dZ1[n,j])",
]


def tensor(name: str, *axes: int | str, **more: Any) -> Tensor:
    return Tensor(name, tuple(map(Extent.of, axes)), **more)


def tensors(d: int = D, h: int = H, c: int = C) -> dict[str, Tensor]:
    he = ("he_normal", ())
    found = [
        tensor("x", "N", d, role="input"),
        tensor("y", "N", dtype="integer", role="target", high=Extent.of(c)),
        tensor("W1", d, h, role="param", init=he),
        tensor("b1", h, role="param", init=("zeros", ())),
        tensor("Z1", "N", h),
        tensor("A1", "N", h),
        tensor("W2", h, c, role="param", init=he),
        tensor("b2", c, role="param", init=("zeros", ())),
        tensor("Z2", "N", c),
        tensor("Y", "N", c),
        tensor("P", "N", c),
        tensor("L", role="loss"),
    ]
    return {t.name: t for t in found}


def equations(texts: list[str], scope: Scope, first: int = 1) -> tuple[Equation, ...]:
    return tuple(replace(parse_equation(t, scope), number=first + k) for k, t in enumerate(texts))


def derivation_of(
    table: dict[str, Tensor],
    forward: list[str],
    backward: list[str],
    outputs: tuple[str, ...],
    *,
    name: str = "sample_net",
    functions: dict[str, Function] | None = None,
    optimizer: Optimizer | None = None,
    training: Training | None = None,
    indices: dict[str, int] | None = None,
) -> Derivation:
    """A derivation of given equations; adjoints have the axes of their tensors."""
    adjoint_tensors = {f"d{n}": tensor(f"d{n}", *t.axes) for n, t in table.items()}  # type: ignore[arg-type]
    arity = {f.name: len(f.args) for f in (functions or {}).values()}
    scope = Scope({**table, **adjoint_tensors}, functions=arity, indices=indices)
    network = Network(
        name,
        table,
        equations(forward, scope),
        outputs=outputs,
        functions=functions or {},
        optimizer=optimizer,
        training=training or Training(),
    )
    found = equations(backward, scope, len(forward) + 1)
    return Derivation(network, tuple(Adjoint(e.target[1:], e, e) for e in found))


def perceptron(d: int = D, h: int = H, c: int = C, *, optimizer: str = "adam", **more: Any) -> Derivation:
    options = {"lr": 1e-2, **more.pop("options", {})}
    schedule, clip = more.pop("schedule", ONE), more.pop("clip", None)
    entry = OPTIMIZERS[optimizer].optimizer(schedule=schedule, clip_norm=clip, **options)
    training = Training(epochs=3, batch_size=8, seed=1)
    return derivation_of(
        tensors(d, h, c), FORWARD, BACKWARD, ("P",), name="perceptron", optimizer=entry, training=training, **more
    )
