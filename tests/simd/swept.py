"""Networks whose extents are swept, each beside its loss and gradients in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from symprop.codegen import generate_module, load_module
from symprop.derivation import Derivation, derive
from symprop.network import build
from symprop.spec import parse_spec

Arrays = dict[str, Any]
Truth = tuple[Any, float, Arrays]
TOLERANCES = {"float32": 1e-5, "float64": 1e-12}
VECTORS = {512: "+avx,+avx512f", 256: "+avx", 128: "+sse2"}
"""Names of features that choose the bits of a vector."""


@dataclass(frozen=True)
class Swept:
    """A family of networks.

    Args:
        name: of the family.
        extents: of the number k of a network, by name; for k = 1, ..., 40 each runs over all it can be.
        spec: inputs, layers and loss in YAML, with the names of the extents in angle brackets.
        data: x and y for so many rows.
        truth: output, loss and gradients of parameters for data, in double precision.
        rows: batches.
    """

    name: str
    extents: Callable[[int], dict[str, int]]
    spec: str
    data: Callable[[dict[str, int], int, np.random.Generator], tuple[Any, Any]]
    truth: Callable[[Arrays, Any, Any], Truth]
    rows: tuple[int, ...]

    def __str__(self) -> str:
        return self.name

    def text(self, number: int) -> str:
        """The spec of a network."""
        text = f"symprop: 1\nname: {self.name}\n{self.spec}"
        for name, extent in self.extents(number).items():
            text = text.replace(f"<{name}>", str(extent))
        return text


@cache
def derivation(family: Swept, number: int) -> Derivation:
    return derive(build(parse_spec(family.text(number))))


def module(family: Swept, number: int, dtype: str, backend: str = "numba", bits: int = 0) -> ModuleType:
    """The kernels of a network, for vectors of so many bits whatever the machine has; 0 for the machine's own."""
    return loaded(generate_module(derivation(family, number), backend, dtype), bits if backend == "numba" else 0)


def loaded(source: str, bits: int) -> ModuleType:
    """A module for vectors of so many bits whatever the machine has; 0 for the machine's own."""
    found = load_module(source, f"swept_{bits}")
    if bits:
        found.TARGET = found._target(VECTORS[bits])  # type: ignore[attr-defined]
        assert found.host_target().bits == bits
    return found


def parameters(module: ModuleType) -> Any:
    """Parameters of order 1/sqrt(terms), biases too."""
    rng = np.random.default_rng(7)
    first = module.init_params(seed=7)
    return first._replace(**{
        name: (rng.standard_normal(p.shape) / np.sqrt(max(p.size / p.shape[-1], 1))).astype(p.dtype)
        for name, p in first._asdict().items()
    })


def agree(found: Any, truth: Any, tolerance: float, floor: float, where: str) -> None:
    """Entries as near to the truth as its largest one allows; `floor` for arrays that are nearly 0."""
    assert found.shape == truth.shape, where
    scale = max(float(np.abs(truth).max()), floor)
    worst = float(np.abs(found.astype(np.float64) - truth).max())
    assert worst <= tolerance * scale, f"{where}: {worst:.3g} > {tolerance:.0e} * {scale:.3g}"


def permuted(number: int, factor: int, shift: int, most: int = 40) -> int:
    """A number of 1, ..., 40 for each number of these, all of them once."""
    return 1 + (factor * number + shift) % most


# -- dense networks ---------------------------------------------------------------------------------------------------


def squares(z: Any, y: Any) -> tuple[float, Any]:
    """The mean of squares, and its gradient by z."""
    return float(((z - y) ** 2).mean()), 2 * (z - y) / z.size


def mlp_truth(p: Arrays, x: Any, y: Any) -> Truth:
    a = np.tanh(x @ p["W_fc"] + p["b_fc"])
    z = a @ p["W_out"] + p["b_out"]
    loss, dz = squares(z, y)
    df = (dz @ p["W_out"].T) * (1 - a**2)
    return z, loss, {"W_fc": x.T @ df, "b_fc": df.sum(0), "W_out": a.T @ dz, "b_out": dz.sum(0)}


def classes_truth(p: Arrays, x: Any, y: Any) -> Truth:
    u = x @ p["W_fc"] + p["b_fc"]
    a = np.maximum(u, 0)
    z = a @ p["W_out"] + p["b_out"]
    shifted = z - z.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(x))
    dz = np.exp(logs)
    dz[rows, y] -= 1
    dz /= len(x)
    df = (dz @ p["W_out"].T) * (u > 0)
    gradients = {"W_fc": x.T @ df, "b_fc": df.sum(0), "W_out": a.T @ dz, "b_out": dz.sum(0)}
    return z, -float(logs[rows, y].mean()), gradients


def wide(k: int) -> dict[str, int]:
    return {"D": k, "H": permuted(k, 7, 3), "O": permuted(k, 11, 5)}


MLP = Swept(
    "mlp",
    wide,
    """\
inputs: {x: {shape: [<D>]}, y: {shape: [<O>], role: target}}
layers:
  - {id: fc, type: dense, units: <H>, activation: tanh}
  - {id: out, type: dense, units: <O>}
loss: {type: mse, from: out, target: y}
""",
    lambda e, n, rng: (rng.standard_normal((n, e["D"])), rng.standard_normal((n, e["O"]))),
    mlp_truth,
    tuple(range(1, 41)),
)
CLASSES = Swept(
    "classes",
    lambda k: {**wide(k), "O": 2 + (11 * k + 5) % 39},
    """\
inputs: {x: {shape: [<D>]}, y: {role: target, classes: <O>}}
layers:
  - {id: fc, type: dense, units: <H>, activation: relu}
  - {id: out, type: dense, units: <O>}
loss: {type: softmax_cross_entropy, from: out, target: y}
""",
    lambda e, n, rng: (rng.standard_normal((n, e["D"])), rng.integers(0, e["O"], n)),
    classes_truth,
    tuple(range(1, 41)),
)

# -- images -----------------------------------------------------------------------------------------------------------


def shifts(image: Any) -> dict[tuple[int, int], Any]:
    """The image with a border of zeros, moved by each place of a kernel of 3 by 3."""
    h, w = image.shape[2:]
    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return {(u, v): padded[:, :, u : u + h, v : v + w] for u in range(3) for v in range(3)}


def convolved(image: Any, weights: Any, bias: Any) -> Any:
    moved = shifts(image)
    return bias[:, None, None] + sum(
        np.moveaxis(np.tensordot(moved[u, v], weights[:, :, u, v], (1, 1)), 3, 1) for u, v in moved
    )


def convolution_gradients(image: Any, weights: Any, dz: Any) -> tuple[Any, Any, Any]:
    """By the image, the weights and the bias."""
    dw = np.zeros_like(weights)
    for (u, v), moved in shifts(image).items():
        dw[:, :, u, v] = np.tensordot(dz, moved, ((0, 2, 3), (0, 2, 3)))
    turned = weights.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
    return convolved(dz, turned, np.zeros(len(turned))), dw, dz.sum((0, 2, 3))


def pooled(a: Any) -> tuple[Any, Any]:
    """The largest of every 2 by 2 entries, fewer at the end, and where it was."""
    n, c, h, w = a.shape
    room = np.full((n, c, h + h % 2, w + w % 2), -np.inf)
    room[:, :, :h, :w] = a
    parts = np.stack([room[:, :, u::2, v::2] for u in range(2) for v in range(2)])
    return parts.max(0), parts.argmax(0)


def image_truth(p: Arrays, x: Any, y: Any) -> Truth:
    a = np.tanh(convolved(x, p["W_c"], p["b_c"]))
    q, where = pooled(a)
    z = convolved(q, p["W_d"], p["b_d"])
    loss, dz = squares(z, y)
    dq, dw2, db2 = convolution_gradients(q, p["W_d"], dz)
    n, c, h, w = a.shape
    da = np.zeros((n, c, h + h % 2, w + w % 2))
    for k in range(4):
        da[:, :, k // 2 :: 2, k % 2 :: 2] = dq * (where == k)
    _, dw, db = convolution_gradients(x, p["W_c"], da[:, :, :h, :w] * (1 - a**2))
    return z, loss, {"W_c": dw, "b_c": db, "W_d": dw2, "b_d": db2}


def image_extents(k: int) -> dict[str, int]:
    h, w = permuted(k, 11, 5), permuted(k, 13, 8)
    window = {"P": (h + 1) // 2, "Q": (w + 1) // 2, "U": min(h, 2), "V": min(w, 2)}
    return {"C": k, "F": permuted(k, 7, 3), "G": permuted(k, 3, 2), "H": h, "W": w, **window}


IMAGES = Swept(
    "images",
    image_extents,
    """\
inputs: {x: {shape: [<C>, <H>, <W>]}, y: {shape: [<G>, <P>, <Q>], role: target}}
layers:
  - {id: c, type: conv2d, units: <F>, kernel: 3, padding: same, activation: tanh}
  - {id: p, type: max_pool2d, kernel: [<U>, <V>], ceil_mode: true}
  - {id: d, type: conv2d, units: <G>, kernel: 3, padding: same}
loss: {type: mse, from: d, target: y}
""",
    lambda e, n, rng: (
        rng.standard_normal((n, e["C"], e["H"], e["W"])),
        rng.standard_normal((n, e["G"], e["P"], e["Q"])),
    ),
    image_truth,
    (1, 3),
)

# -- sequences --------------------------------------------------------------------------------------------------------


def rnn_truth(p: Arrays, x: Any, y: Any) -> Truth:
    steps, h = x.shape[1], [np.zeros((len(x), len(p["U_r"])))]
    for t in range(steps):
        h.append(np.tanh(x[:, t] @ p["W_r"] + p["b_r"] + h[-1] @ p["U_r"]))
    a = np.stack(h[1:], axis=1)
    z = a @ p["W_out"] + p["b_out"]
    loss, dz = squares(z, y)
    da = dz @ p["W_out"].T
    g = {name: np.zeros_like(value) for name, value in p.items()}
    later = np.zeros_like(h[0])
    for t in reversed(range(steps)):
        dp = (da[:, t] + later) * (1 - h[t + 1] ** 2)
        g["W_r"] += x[:, t].T @ dp
        g["U_r"] += h[t].T @ dp
        g["b_r"] += dp.sum(0)
        later = dp @ p["U_r"].T
    g["W_out"] = np.tensordot(a, dz, ((0, 1), (0, 1)))
    g["b_out"] = dz.sum((0, 1))
    return z, loss, g


SEQUENCES = Swept(
    "sequences",
    lambda k: {"T": permuted(k, 5, 2, 12), **wide(k)},
    """\
inputs: {x: {shape: [<T>, <D>]}, y: {shape: [<T>, <O>], role: target}}
layers:
  - {id: r, type: rnn, units: <H>}
  - {id: out, type: dense, units: <O>}
loss: {type: mse, from: out, target: y}
""",
    lambda e, n, rng: (rng.standard_normal((n, e["T"], e["D"])), rng.standard_normal((n, e["T"], e["O"]))),
    rnn_truth,
    (1, 2, 5, 16, 23, 40),
)
FAMILIES = (MLP, CLASSES, IMAGES, SEQUENCES)


def check(name: str, number: int, dtype: str, bits: int = 0) -> None:
    """Forward pass, loss and gradients of a network of the family of a name, for all batches."""
    family = next(f for f in FAMILIES if f.name == name)
    ours, reference = module(family, number, dtype, bits=bits), module(family, number, dtype, "numpy")
    extents, tolerance = family.extents(number), TOLERANCES[dtype]
    params = parameters(ours)
    exact = {n: p.astype(np.float64) for n, p in params._asdict().items()}
    for rows in family.rows:
        x, y = family.data(extents, rows, np.random.default_rng(rows))
        x = x.astype(dtype)
        y = y.astype(dtype) if y.dtype.kind == "f" else y
        out, loss, gradients = family.truth(exact, x.astype(np.float64), y)
        value, found = ours.value_and_grad(params, x, y)
        other, others = reference.value_and_grad(params, x, y)
        where = f"{extents}, N={rows}"
        assert abs(value - loss) <= tolerance * max(abs(loss), 1), where
        assert abs(value - other) <= tolerance * max(abs(loss), 1), where
        assert abs(ours.loss(params, x, y) - loss) <= tolerance * max(abs(loss), 1), where
        agree(ours.forward(params, x), out, tolerance, 1.0, f"{where}: output")
        floor = max(float(np.abs(g).max()) for g in gradients.values()) * 1e-2
        for tensor, truth in gradients.items():
            agree(getattr(found, tensor), truth, tolerance, floor, f"{where}: d{tensor}")
            agree(getattr(others, tensor), truth, tolerance, floor, f"{where}: d{tensor} of the NumPy backend")
