"""Layers written by hand in NumPy, with slices and loops over the kernel, right for complex numbers too.

Nothing here is shared with the library: an image is padded and cut into strided slices, where an equation reads it at
affine positions.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

Array = Any
Pairs = tuple[tuple[int, int], ...]


def padded(x: Array, pads: Pairs, value: float = 0.0) -> Array:
    """x with entries around all axes but the first two."""
    return np.pad(x, ((0, 0), (0, 0), *pads), constant_values=value)


def counts(extents: tuple[int, ...], kernel: tuple[int, ...], stride: Any, dilation: Any) -> tuple[int, ...]:
    """Number of windows on every axis."""
    found = []
    for e, k, s, d in zip(extents, kernel, stride, dilation, strict=True):
        found.append(len(range(0, e - d * (k - 1), s)))
    return tuple(found)


def beyond(extents: tuple[int, ...], kernel: tuple[int, ...], stride: Any, pads: Pairs, dilation: Any) -> Pairs:
    """Entries that a last window needs behind the padding: one that begins in the image, where some are left over."""
    found = []
    for e, k, s, d, (before, after) in zip(extents, kernel, stride, dilation, pads, strict=True):
        end, start = d * (k - 1) + 1, 0
        while end < before + e + after and start + s < before + e:
            start, end = start + s, end + s
        found.append((0, max(0, end - before - e - after)))
    return tuple(found)


def cut(x: Array, at: tuple[int, ...], windows: tuple[int, ...], stride: Any, dilation: Any) -> Array:
    """What one element of the kernel sees, window by window."""
    slices = (
        slice(d * u, d * u + s * (p - 1) + 1, s) for u, p, s, d in zip(at, windows, stride, dilation, strict=True)
    )
    return x[(slice(None), slice(None), *slices)]


def convolution(x: Array, w: Array, b: Array, stride: Any, pads: Pairs, dilation: Any, groups: int = 1) -> Array:
    """A cross-correlation of channels-first x with w (out, in/groups, ...)."""
    x, kernel = padded(x, pads), w.shape[2:]
    windows = counts(x.shape[2:], kernel, stride, dilation)
    out = np.zeros((len(x), len(w), *windows), dtype=np.result_type(x, w, b))
    per_in, per_out = w.shape[1], len(w) // groups
    for at in product(*map(range, kernel)):
        seen = cut(x, at, windows, stride, dilation)
        for g in range(groups):
            part = seen[:, g * per_in : (g + 1) * per_in]
            matrix = w[(slice(g * per_out, (g + 1) * per_out), slice(None), *at)]
            out[:, g * per_out : (g + 1) * per_out] += np.einsum("nc...,oc->no...", part, matrix)
    return out + np.reshape(b, (-1, *[1] * len(windows)))


def depthwise(x: Array, w: Array, b: Array, stride: Any, pads: Pairs, dilation: Any) -> Array:
    """Every channel with kernels of its own, w (channels, multiplier, ...)."""
    several = w.reshape(w.shape[0] * w.shape[1], 1, *w.shape[2:])
    return convolution(x, several, b, stride, pads, dilation, groups=x.shape[1])


def transposed(x: Array, w: Array, b: Array, stride: Any, cut_off: Pairs, dilation: Any, more: Any) -> Array:
    """Every entry of x spreads its kernel, w (in, out, ...); then the borders are cut off."""
    kernel = w.shape[2:]
    full = [
        (e - 1) * s + d * (k - 1) + 1 + m
        for e, k, s, d, m in zip(x.shape[2:], kernel, stride, dilation, more, strict=True)
    ]
    out = np.zeros((len(x), w.shape[1], *full), dtype=np.result_type(x, w, b))
    for at in product(*map(range, kernel)):
        cut(out, at, x.shape[2:], stride, dilation)[...] += np.einsum("nc...,co->no...", x, w[(..., *at)])
    inner = tuple(slice(before, size - after) for (before, after), size in zip(cut_off, full, strict=True))
    return out[(slice(None), slice(None), *inner)] + np.reshape(b, (-1, *[1] * len(kernel)))


def max_pool(x: Array, kernel: tuple[int, ...], stride: Any, pads: Pairs, dilation: Any) -> Array:
    """The entry whose real part is largest; of equal ones the first."""
    x = padded(x, pads, -np.inf)
    windows = counts(x.shape[2:], kernel, stride, dilation)
    seen = np.stack([cut(x, at, windows, stride, dilation) for at in product(*map(range, kernel))])
    return np.take_along_axis(seen, np.argmax(seen.real, axis=0)[None], axis=0)[0]


def average_pool(
    x: Array, kernel: tuple[int, ...], stride: Any, pads: Pairs, include: bool, more: Pairs | None = None
) -> Array:
    """The mean of a window; of the part of it that is no padding where padding is not included.

    Entries that stand behind the padding, `more`, never count.
    """
    ones = padded(np.ones_like(x.real), pads, 1.0 if include else 0.0)
    x, once = padded(x, pads), (1,) * len(kernel)
    if more is not None:
        ones, x = padded(ones, more), padded(x, more)
    windows = counts(x.shape[2:], kernel, stride, once)
    places = list(product(*map(range, kernel)))
    total = sum(cut(x, at, windows, stride, once) for at in places)
    return total / sum(cut(ones, at, windows, stride, once) for at in places)


def normalised(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """x less its mean over its standard deviation."""
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)


def positions(length: int, width: int, base: float) -> Array:
    """Sines at the even places, cosines at the odd ones."""
    found = np.zeros((length, width))
    for t in range(length):
        for k in range(width // 2):
            angle = t / base ** (2 * k / width)
            found[t, 2 * k], found[t, 2 * k + 1] = np.sin(angle), np.cos(angle)
    return found


def first(x: Array) -> Array:
    """Channels from last to first."""
    return np.moveaxis(x, -1, 1)


def last(x: Array) -> Array:
    """Channels from first to last."""
    return np.moveaxis(x, 1, -1)
