"""Layers with options, each with its value by hand and, where PyTorch has it, by PyTorch.

All extents of a case are different, and every edge that a convention can get wrong is a case: a kernel as large as its
input, a stride larger than the kernel, one channel, one row, padding on one side alone.
"""

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
    """

    name: str
    type: str
    options: Mapping[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    value: Value
    torch: Value | None = None
    batch: int = 2
    vocabulary: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def rows(self) -> list[Array]:
        """Inputs of order 1."""
        rng = np.random.default_rng([len(self.name), *self.name.encode()])
        drawn = []
        for k, shape in enumerate(self.shapes):
            high = self.vocabulary.get(k)
            size = (self.batch, *shape)
            drawn.append(rng.standard_normal(size) if high is None else rng.integers(0, high, size))
        return drawn

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
        sketch = sketch.layer(self.type, id="a", inputs=sources, **self.options)
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

    def by_hand(w: Mapping[str, Array], x: Array) -> Array:
        x = hand.first(x) if last else x
        if kind == "max":
            z = hand.max_pool(x, kernel, stride, pads, d)
        else:
            z = hand.average_pool(x, kernel, stride, pads, include)
        return hand.last(z) if last else z

    def by_torch(w: Mapping[str, Array], x: Array) -> Array:
        from torch.nn import functional as F

        x = x.movedim(-1, 1) if last else x
        wide = pads[0][0] if len(set(pads)) == 1 else tuple(n for n, _ in pads)
        if kind == "max":
            z = (F.max_pool1d, F.max_pool2d)[axes - 1](x, kernel, stride, wide, d)
        else:
            z = (F.avg_pool1d, F.avg_pool2d)[axes - 1](x, kernel, stride, wide, count_include_pad=include)
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


def rms(w: Mapping[str, Array], x: Array) -> Array:
    return affine(w, x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6), -1)


def rms_torch(w: Mapping[str, Array], x: Array) -> Array:
    from torch.nn import functional as F

    return F.rms_norm(x, x.shape[-1:], w["gamma"], 1e-6)


def weight_norm(w: Mapping[str, Array], x: Array) -> Array:
    return x @ (w["g"] * w["v"] / np.sqrt((w["v"] ** 2).sum(axis=0))) + w["b"]


def weight_norm_torch(w: Mapping[str, Array], x: Array) -> Array:
    return x @ (w["g"] * w["v"] / w["v"].norm(dim=0)) + w["b"]


def bilinear(w: Mapping[str, Array], a: Array, b: Array) -> Array:
    return np.einsum("...i,ijo,...j->...o", a, w["W"], b) + w["c"]


def bilinear_torch(w: Mapping[str, Array], a: Array, b: Array) -> Array:
    from torch.nn import functional as F

    return F.bilinear(a.contiguous(), b.contiguous(), w["W"].permute(2, 0, 1).contiguous(), w["c"])


def embedding(w: Mapping[str, Array], tok: Array) -> Array:
    return w["W"][tok]


def sines(w: Mapping[str, Array], x: Array) -> Array:
    where = hand.positions(x.shape[1], x.shape[2], 10000.0)
    return x + (where if isinstance(x, np.ndarray) else x.new_tensor(where))


IMAGE, SEQUENCE = (4, 7, 9), (5, 6)
CASES = [
    conv("conv1d", (4, 11), 3),
    conv("conv1d_dilated", (4, 13), 3, d=2, p=3, units=3),
    conv("conv1d_kernel_is_input", (4, 5), 5),
    conv("conv1d_channels_last", (11, 4), 3, s=2, p="same", channels="last"),
    conv("conv1d_one_entry", (4, 1), 1),
    conv("conv2d", IMAGE, 3),
    conv("conv2d_pairs", IMAGE, (3, 5), s=(2, 3), p=(1, 2), d=(2, 1)),
    conv("conv2d_same_strided", IMAGE, (3, 4), s=2, p="same", bias=False),
    conv("conv2d_stride_beyond_kernel", IMAGE, 2, s=3),
    conv("conv2d_groups", IMAGE, 3, p=1, g=2),
    conv("conv2d_groups_last", (7, 9, 4), 3, p=1, g=2, channels="last"),
    conv("conv2d_one_channel", (1, 7, 9), 3, s=2, p=1),
    conv("conv3d", (2, 4, 5, 6), 2, s=(1, 2, 1), p=1, units=3),
    depthwise("depthwise_conv2d", IMAGE, 1, padding=1),
    depthwise("depthwise_conv2d_several", IMAGE, 3, stride=2),
    depthwise("depthwise_conv2d_last", (7, 9, 4), 3, dilation=2, channels="last"),
    transposed("conv_transpose2d", IMAGE, 3),
    transposed("conv_transpose2d_strided", IMAGE, (3, 4), s=2, p=1, more=1),
    transposed("conv_transpose2d_dilated", IMAGE, 3, d=2, p=2, bias=False),
    transposed("conv_transpose2d_both", (2, 3, 5), 3, s=3, p=1, d=2),
    transposed("conv_transpose2d_same", IMAGE, 3, s=2, p="same"),
    transposed("conv_transpose2d_gaps", (7, 9, 4), 2, s=3, p="same", channels="last"),
    pool("max_pool1d", "max", (4, 11), 2),
    pool("max_pool1d_dilated", "max", (4, 11), 3, s=1, p=1, dilation=2),
    pool("max_pool2d", "max", IMAGE, 2),
    pool("max_pool2d_overlapping", "max", IMAGE, 3, s=2, p=1),
    pool("max_pool2d_pairs_last", "max", (7, 9, 4), (2, 3), s=(3, 2), channels="last"),
    pool("max_pool2d_same", "max", IMAGE, (2, 4), s=3, p="same"),
    pool("average_pool1d", "average", (4, 11), 3, s=2),
    pool("average_pool2d", "average", IMAGE, 3, s=2, p=1),
    pool("average_pool2d_inside", "average", IMAGE, 3, s=2, p=1, count_include_pad=False),
    pool(
        "average_pool2d_inside_last", "average", (7, 9, 4), (3, 4), p="same", count_include_pad=False, channels="last"
    ),
    pool("average_pool1d_inside", "average", (4, 11), 4, s=3, p=2, count_include_pad=False),
    plain("global_average_pool", "global_average_pool", IMAGE, lambda w, x: x.mean(axis=(2, 3))),
    plain("global_average_pool_last", "global_average_pool", SEQUENCE, lambda w, x: x.mean(axis=1), channels="last"),
    plain(
        "global_max_pool",
        "global_max_pool",
        IMAGE,
        lambda w, x: hand.max_pool(x, (7, 9), (7, 9), ((0, 0), (0, 0)), (1, 1))[..., 0, 0],
        lambda w, x: x.amax(dim=(2, 3)),
    ),
    plain(
        "global_max_pool_last",
        "global_max_pool",
        SEQUENCE,
        lambda w, x: hand.max_pool(hand.first(x), (5,), (5,), ((0, 0),), (1,))[..., 0],
        lambda w, x: x.amax(dim=1),
        channels="last",
    ),
    norm("layer_norm", "layer_norm", SEQUENCE, (2,), -1),
    norm("layer_norm_bare", "layer_norm", IMAGE, (3,), -1, scale=False, bias=False, eps=0.1),
    norm("instance_norm", "instance_norm", IMAGE, (2, 3), 1),
    norm("instance_norm_last", "instance_norm", (7, 9, 4), (1, 2), -1, channels="last", bias=False),
    group_norm("group_norm", IMAGE, 2),
    group_norm("group_norm_last", (7, 9, 6), 3, channels="last"),
    Case("rms_norm", "rms_norm", {}, (SEQUENCE,), rms, rms_torch),
    Case("weight_norm", "weight_norm", {"units": 3}, (SEQUENCE,), weight_norm, weight_norm_torch),
    Case("bilinear", "bilinear", {"units": 3}, ((5,), (4,)), bilinear, bilinear_torch),
    Case("bilinear_sequences", "bilinear", {"units": 3}, ((5, 2), (5, 4)), bilinear, bilinear_torch, batch=1),
    Case("embedding", "embedding", {"units": 3}, ((6,),), embedding, embedding, vocabulary={0: 5}),
    plain("unembed", "unembed", SEQUENCE, lambda w, x: x @ w["W"].T, units=4),
    plain("unembed_bias", "unembed", SEQUENCE, lambda w, x: x @ w["W"].T + w["b"], units=4, bias=True),
    plain("position_embedding", "position_embedding", SEQUENCE, lambda w, x: x + w["P"]),
    plain("sinusoidal_positions", "sinusoidal_positions", SEQUENCE, sines),
    plain("reshape", "reshape", IMAGE, lambda w, x: x.reshape(2, 6, 42), shape=(6, 42)),
    plain("reshape_of_a_row", "reshape", (12,), lambda w, x: x.reshape(2, 1, 3, 4), shape=(1, 3, 4)),
    plain(
        "transpose",
        "transpose",
        IMAGE,
        lambda w, x: np.transpose(x, (0, 3, 1, 2)),
        lambda w, x: x.permute(0, 3, 1, 2),
        axes=(-1, 1, 2),
    ),
    plain("slice", "slice", IMAGE, lambda w, x: x[:, :, 1:-1], axis=2, start=1, stop=-1),
    plain("slice_step", "slice", IMAGE, lambda w, x: x[:, :, :, -7::2], axis=-1, start=-7, step=2),
    plain(
        "pad",
        "pad",
        IMAGE,
        lambda w, x: np.pad(x, ((0, 0), (2, 1), (0, 0), (0, 0))),
        lambda w, x: by_torch_pad(x),
        axis=1,
        before=2,
        after=1,
    ),
    plain("reduce_sum", "reduce_sum", IMAGE, lambda w, x: x.sum(axis=2), axis=2),
    plain("reduce_mean", "reduce_mean", IMAGE, lambda w, x: x.mean(axis=(1, 3)), axis=(1, -1)),
]


def by_torch_pad(x: Array) -> Array:
    from torch.nn import functional as F

    return F.pad(x, (0, 0, 0, 0, 2, 1))
