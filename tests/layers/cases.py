"""Layers with options, each with its value by hand and, where PyTorch has it, by PyTorch.

All extents of a case are different, and every edge that a convention can get wrong is a case: a kernel as large as its
input, a stride larger than the kernel, one channel, one row, padding on one side alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tests.layers import by_hand as hand
from tests.layers import steps
from tests.layers.kinds import (
    Array,
    Case,
    Value,
    affine,
    conv,
    depthwise,
    group_norm,
    norm,
    plain,
    pool,
    transposed,
)


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


def joined(axis: int) -> tuple[Value, Value]:
    """Arrays one behind the other, in NumPy and in PyTorch."""

    def by_torch(w: Mapping[str, Array], *x: Array) -> Array:
        import torch

        return torch.cat(x, dim=axis)

    return lambda w, *x: np.concatenate(x, axis=axis), by_torch


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
    pool("max_pool1d_rest", "max", (4, 12), 3, s=2, p=1, ceil_mode=True),
    pool("max_pool2d_rest_last", "max", (7, 10, 4), (2, 3), s=(4, 2), channels="last", ceil_mode=True),
    pool("average_pool1d_rest", "average", (4, 12), 3, s=4, p=1, ceil_mode=True),
    pool("average_pool2d_rest", "average", (4, 8, 12), 3, s=(3, 2), p=1, ceil_mode=True),
    pool("average_pool2d_rest_inside", "average", (4, 8, 12), 3, s=2, p=1, count_include_pad=False, ceil_mode=True),
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
    *(
        Case(f"concat_{name}", "concat", options, shapes, *joined(axis))
        for name, axis, options, shapes in (
            ("last", 3, {}, ((3, 4, 2), (3, 4, 5))),
            ("sequences", 1, {"axis": 1}, ((5, 3), (2, 3), (4, 3))),
            ("channels", 1, {"axis": -3}, ((2, 4, 5), (3, 4, 5))),
        )
    ),
    *steps.CASES,
]


def by_torch_pad(x: Array) -> Array:
    from torch.nn import functional as F

    return F.pad(x, (0, 0, 0, 0, 2, 1))
