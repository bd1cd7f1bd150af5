"""One layer with options, its value by hand and by PyTorch, and the network it is seen in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from symprop.derivation import Derivation, derive
from symprop.language import Network
from symprop.network import Sketch
from tests.layers import by_hand as hand

Array = Any
# the parameters of the layer by their local names, then its inputs
Value = Callable[..., Array]


@dataclass(frozen=True)
class Case:
    """One layer.

    Args:
        name: unique among the cases.
        type: entry of the library.
        options: what the spec gives.
        shapes: inputs without the batch axis; an input with a number of values holds integers below it.
        value: by hand, from the parameters as a mapping and the inputs.
        torch: the same by PyTorch; None where it has nothing of the kind.
        batch: rows.
        flat: parameters whose gradient is identically zero.
        given: inputs by number that are not drawn.
        named: arguments that the inputs are given for, where they are not the first ones.
    """

    name: str
    type: str
    options: Mapping[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    value: Value
    torch: Value | None = None
    batch: int = 2
    vocabulary: Mapping[int, int] = field(default_factory=dict)
    flat: tuple[str, ...] = ()
    given: Mapping[int, Array] = field(default_factory=dict)
    named: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> list[Array]:
        """Inputs of order 1."""
        rng = np.random.default_rng([len(self.name), *self.name.encode()])
        drawn = []
        for k, shape in enumerate(self.shapes):
            high = self.vocabulary.get(k)
            size = (self.batch, *shape)
            drawn.append(rng.standard_normal(size) if high is None else rng.integers(0, high, size))
        return [self.given.get(k, x) for k, x in enumerate(drawn)]

    @cached_property
    def network(self) -> Network:
        """Every real input times a parameter, the layer, and a dense one: gradients by inputs are seen as well."""
        sketch = Sketch("layer")
        for k, shape in enumerate(self.shapes):
            sketch = sketch.input(f"x{k}", *shape, vocabulary=self.vocabulary.get(k))
        sources = []
        for k, shape in enumerate(self.shapes):
            letters = "abcdefg"[: len(shape)]
            at, own = ",".join(["n", *letters]), ",".join(letters)
            if k in self.vocabulary:
                sources.append(f"x{k}")
                continue
            equation = f"z[{at}] = x[{at}]*S[{own}]"
            sketch = sketch.equations(
                equation, output="z", args={"x": shape}, params={"S": shape}, id=f"s{k}", inputs=f"x{k}"
            )
            sources.append(f"s{k}")
        inputs = dict(zip(self.named, sources, strict=True)) if self.named else sources
        sketch = sketch.layer(self.type, id="a", inputs=inputs, **self.options)
        sketch = sketch.layer("flatten").layer("dense", units=2, id="o")
        return sketch.target("goal", 2).loss("mse").build()

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation of the network."""
        return derive(self.network)

    @cached_property
    def params(self) -> dict[str, Array]:
        """Parameters of order 1, by their names in the network."""
        rng = np.random.default_rng([7, *self.name.encode()])
        return {t.name: rng.standard_normal([a.constant or 0 for a in t.axes]) for t in self.network.params}

    @cached_property
    def goal(self) -> Array:
        """The target."""
        return np.random.default_rng(11).standard_normal((self.batch, 2))

    def loss(self, value: Value, params: Mapping[str, Array], rows: list[Array], goal: Array) -> Any:
        """The squared error of a dense layer over the value, for arrays and for PyTorch's tensors."""
        local = {name.removesuffix("_a"): array for name, array in params.items() if name.endswith("_a")}
        scaled = [x if k in self.vocabulary else x * params[f"S_s{k}"] for k, x in enumerate(rows)]
        flat = value(local, *scaled).reshape(self.batch, -1)
        return ((flat @ params["W_o"] + params["b_o"] - goal) ** 2).mean()

    def __str__(self) -> str:
        return self.name


def conv(
    name: str, shape: tuple[int, ...], k: Any, s: Any = 1, p: Any = 0, d: Any = 1, g: int = 1, **more: Any
) -> Case:
    """A convolution; k, s, p, d are one number or one for every axis, p also the word same."""
    axes, last = len(shape) - 1, more.get("channels") == "last"
    kernel, stride, dilation = (v if isinstance(v, tuple) else (v,) * axes for v in (k, s, d))
    image = shape[:-1] if last else shape[1:]
    pads = padding(p, image, kernel, stride, dilation)
    units = more.pop("units", 6)

    def by_hand(w: Mapping[str, Array], x: Array) -> Array:
        x = hand.first(x) if last else x
        z = hand.convolution(x, w["W"], w.get("b", np.zeros(1)), stride, pads, dilation, g)
        return hand.last(z) if last else z

    def by_torch(w: Mapping[str, Array], x: Array) -> Array:
        from torch.nn import functional as F

        x = x.movedim(-1, 1) if last else x
        x = F.pad(x, [n for pair in reversed(pads) for n in pair])
        z = (F.conv1d, F.conv2d, F.conv3d)[axes - 1](x, w["W"], w.get("b"), stride, 0, dilation, g)
        return z.movedim(1, -1) if last else z

    options = {"units": units, "kernel": k, "stride": s, "padding": p, "dilation": d, "groups": g, **more}
    return Case(name, f"conv{axes}d", options, (shape,), by_hand, by_torch)


def padding(p: Any, image: tuple[int, ...], kernel: Any, stride: Any, dilation: Any) -> hand.Pairs:
    """Entries before and after every axis."""
    if p == "same":
        return tuple(same(*one) for one in zip(image, kernel, stride, dilation, strict=True))
    wide = p if isinstance(p, tuple) else (0 if p == "valid" else p,) * len(image)
    return tuple((n, n) for n in wide)


def same(extent: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """TensorFlow's rule: as many windows as there are strides, the odd entry behind."""
    windows = -(-extent // stride)
    total = max((windows - 1) * stride + dilation * (kernel - 1) + 1 - extent, 0)
    return total // 2, total - total // 2


def depthwise(name: str, shape: tuple[int, ...], m: int, **options: Any) -> Case:
    """depthwise_conv2d with m results of every channel."""
    stride, p, d = (options.get(key, value) for key, value in (("stride", 1), ("padding", 0), ("dilation", 1)))
    last = options.get("channels") == "last"

    def kernels(w: Mapping[str, Array]) -> Array:
        return w["W"].reshape(-1, m, *w["W"].shape[-2:])

    def by_hand(w: Mapping[str, Array], x: Array) -> Array:
        x = hand.first(x) if last else x
        z = hand.depthwise(x, kernels(w), w["b"], (stride,) * 2, ((p, p), (p, p)), (d, d))
        return hand.last(z) if last else z

    def by_torch(w: Mapping[str, Array], x: Array) -> Array:
        from torch.nn import functional as F

        x = x.movedim(-1, 1) if last else x
        weights = kernels(w).reshape(-1, 1, *w["W"].shape[-2:])
        z = F.conv2d(x, weights, w["b"], stride, p, d, groups=x.shape[1])
        return z.movedim(1, -1) if last else z

    return Case(name, "depthwise_conv2d", {"multiplier": m, **options}, (shape,), by_hand, by_torch)


def transposed(
    name: str, shape: tuple[int, ...], k: Any, s: int = 1, p: Any = 0, d: int = 1, more: int = 0, **o: Any
) -> Case:
    """conv_transpose2d."""
    kernel = k if isinstance(k, tuple) else (k, k)
    last = o.get("channels") == "last"
    over = [d * (n - 1) + 1 - s for n in kernel]
    cut = tuple((max(n, 0) // 2, (max(n, 0) + 1) // 2) for n in over) if p == "same" else ((p, p), (p, p))
    added = [more + (max(-n, 0) if p == "same" else 0) for n in over]

    def by_hand(w: Mapping[str, Array], x: Array) -> Array:
        x = hand.first(x) if last else x
        z = hand.transposed(x, w["W"], w.get("b", np.zeros(1)), (s, s), cut, (d, d), added)
        return hand.last(z) if last else z

    def by_torch(w: Mapping[str, Array], x: Array) -> Array:
        from torch.nn import functional as F

        x = x.movedim(-1, 1) if last else x
        z = F.conv_transpose2d(x, w["W"], w.get("b"), s, p, (more, more), 1, d)
        return z.movedim(1, -1) if last else z

    options = {"units": 6, "kernel": k, "stride": s, "padding": p, "dilation": d, "output_padding": more, **o}
    return Case(name, "conv_transpose2d", options, (shape,), by_hand, None if p == "same" else by_torch)


def pool(name: str, kind: str, shape: tuple[int, ...], k: Any, s: Any = None, p: Any = 0, **o: Any) -> Case:
    """A pooling; PyTorch pads with no more than half a kernel, on both sides alike."""
    axes, last = len(shape) - 1, o.get("channels") == "last"
    kernel, d = (v if isinstance(v, tuple) else (v,) * axes for v in (k, o.get("dilation", 1)))
    stride = kernel if s is None else s if isinstance(s, tuple) else (s,) * axes
    image = shape[:-1] if last else shape[1:]
    pads, include = padding(p, image, kernel, stride, d), o.get("count_include_pad", True)
    up = o.get("ceil_mode", False)
    more = hand.beyond(image, kernel, stride, pads, d) if up else ((0, 0),) * axes

    def by_hand(w: Mapping[str, Array], x: Array) -> Array:
        x = hand.first(x) if last else x
        if kind == "max":
            wider = tuple((before, after + rest) for (before, after), (_, rest) in zip(pads, more, strict=True))
            z = hand.max_pool(x, kernel, stride, wider, d)
        else:
            z = hand.average_pool(x, kernel, stride, pads, include, more)
        return hand.last(z) if last else z

    def by_torch(w: Mapping[str, Array], x: Array) -> Array:
        from torch.nn import functional as F

        x = x.movedim(-1, 1) if last else x
        wide = pads[0][0] if len(set(pads)) == 1 else tuple(n for n, _ in pads)
        if kind == "max":
            z = (F.max_pool1d, F.max_pool2d)[axes - 1](x, kernel, stride, wide, d, ceil_mode=up)
        else:
            z = (F.avg_pool1d, F.avg_pool2d)[axes - 1](x, kernel, stride, wide, up, include)
        return z.movedim(1, -1) if last else z

    even = all(a == b for a, b in pads)
    options = {"kernel": k, "padding": p, **({} if s is None else {"stride": s}), **o}
    return Case(name, f"{kind}_pool{axes}d", options, (shape,), by_hand, by_torch if even else None)


def plain(name: str, type: str, of: tuple[int, ...], value: Value, torch: Value | None = None, **options: Any) -> Case:
    """A layer of one input."""
    return Case(name, type, options, (of,), value, torch or value)


def affine(w: Mapping[str, Array], xhat: Array, axis: int) -> Array:
    """Scale and shift along an axis, of arrays and of PyTorch's tensors."""
    shape = [1] * xhat.ndim
    shape[axis] = -1
    scaled = xhat * w["gamma"].reshape(shape) if "gamma" in w else xhat
    return scaled + w["beta"].reshape(shape) if "beta" in w else scaled


def norm(name: str, type: str, shape: tuple[int, ...], axes: tuple[int, ...], channel: int, **options: Any) -> Case:
    """A normalisation over axes."""
    eps = options.get("eps", 1e-5)

    def value(w: Mapping[str, Array], x: Array) -> Array:
        return affine(w, hand.normalised(x, axes, eps), channel)

    def by_torch(w: Mapping[str, Array], x: Array) -> Array:
        from torch.nn import functional as F

        if type == "layer_norm":
            return F.layer_norm(x, x.shape[-1:], w.get("gamma"), w.get("beta"), eps)
        return F.instance_norm(x, None, None, w.get("gamma"), w.get("beta"), eps=eps)

    return Case(name, type, options, (shape,), value, by_torch if options.get("channels") != "last" else None)


def group_norm(name: str, shape: tuple[int, ...], groups: int, **options: Any) -> Case:
    """Channels in groups."""
    last = options.get("channels") == "last"

    def value(w: Mapping[str, Array], x: Array) -> Array:
        x = hand.first(x) if last else x
        parts = x.reshape(len(x), groups, -1)
        z = affine(w, hand.normalised(parts, (2,), 1e-5).reshape(x.shape), 1)
        return hand.last(z) if last else z

    def by_torch(w: Mapping[str, Array], x: Array) -> Array:
        from torch.nn import functional as F

        z = F.group_norm(x.movedim(-1, 1) if last else x, groups, w["gamma"], w["beta"], 1e-5)
        return z.movedim(1, -1) if last else z

    return Case(name, "group_norm", {"groups": groups, **options}, (shape,), value, by_torch)
