"""Convolutions of odd shapes against plain NumPy in double precision: strides, padding, dilation, groups, channels.

    python -m pytest -m slow tests/simd/test_convolutions.py       # all of them, some 10 minutes
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pytest

from symprop.codegen import generate_module
from symprop.derivation import derive
from symprop.network import build
from symprop.spec import parse_spec
from tests.simd.swept import TOLERANCES, VECTORS, Any, Arrays, agree, loaded, parameters, squares


class Window(NamedTuple):
    """Options of a convolution along all its axes."""

    channels: int
    units: int
    kernel: tuple[int, ...]
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1

    def spec(self, own: str, activation: str = "identity") -> str:
        """The layer."""
        kernel = self.kernel[0] if len(self.kernel) == 1 else list(self.kernel)
        return (
            f"  - {{id: {own}, type: conv{len(self.kernel)}d, units: {self.units}, kernel: {kernel}, "
            f"stride: {self.stride}, padding: {self.padding}, dilation: {self.dilation}, groups: {self.groups}, "
            f"activation: {activation}}}\n"
        )

    def extents(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """Of the result of an image."""
        reach = [self.dilation * (k - 1) + 1 for k in self.kernel]
        return tuple((i + 2 * self.padding - r) // self.stride + 1 for i, r in zip(image, reach, strict=True))

    def places(self, image: tuple[int, ...]) -> Any:
        """Every place of the kernel, with the entries of the image with its border that it meets."""
        for place in itertools.product(*map(range, self.kernel)):
            starts = [self.dilation * u for u in place]
            ends = [s + self.stride * (e - 1) + 1 for s, e in zip(starts, self.extents(image), strict=True)]
            own = (slice(s, e, self.stride) for s, e in zip(starts, ends, strict=True))
            yield (slice(None), slice(None), *place), (slice(None), slice(None), *own)

    def bordered(self, x: Any) -> Any:
        """The image with zeros around it."""
        return np.pad(x, [(0, 0), (0, 0), *[(self.padding, self.padding)] * len(self.kernel)])

    def forward(self, x: Any, w: Any, b: Any) -> Any:
        """Z[n,o,p] = sum[c,u](X[n,c,stride*p + dilation*u - padding]*W[o,c,u]) + b[o]."""
        room, image = self.bordered(x), x.shape[2:]
        z = np.zeros((len(x), self.units, *self.extents(image)))
        z += b.reshape(-1, *[1] * len(image))
        for mine, its in self.places(image):
            for o, c in self.parts():
                z[:, o] += np.moveaxis(np.tensordot(room[its][:, c], w[o][mine], (1, 1)), -1, 1)
        return z

    def backward(self, x: Any, w: Any, dz: Any) -> tuple[Any, Any, Any]:
        """By the image, the weights and the bias."""
        room, image, dw = self.bordered(x), x.shape[2:], np.zeros(w.shape)
        droom = np.zeros(room.shape)
        across = (0, *range(2, dz.ndim))
        for mine, its in self.places(image):
            for o, c in self.parts():
                dw[o][mine] += np.tensordot(dz[:, o], room[its][:, c], (across, across))
                droom[its][:, c] += np.moveaxis(np.tensordot(dz[:, o], w[o][mine], (1, 0)), -1, 1)
        inner = (slice(self.padding, self.padding + e) for e in image)
        return droom[(slice(None), slice(None), *inner)], dw, dz.sum(across)

    def parts(self) -> list[tuple[slice, slice]]:
        """Channels of the result and of the image that belong together."""
        o, c = self.units // self.groups, self.channels // self.groups
        return [(slice(g * o, g * o + o), slice(g * c, g * c + c)) for g in range(self.groups)]


def truth(a: Window, b: Window, p: Arrays, x: Any, y: Any) -> tuple[Any, float, Arrays]:
    """Output, loss and gradients of the second convolution of the tanh of the first."""
    h = np.tanh(a.forward(x, p["W_a"], p["b_a"]))
    z = b.forward(h, p["W_b"], p["b_b"])
    loss, dz = squares(z, y)
    dh, dw_b, db_b = b.backward(h, p["W_b"], dz)
    _, dw_a, db_a = a.backward(x, p["W_a"], dh * (1 - h**2))
    return z, loss, {"W_a": dw_a, "b_a": db_a, "W_b": dw_b, "b_b": db_b}


def check(
    a: Window, b: Window, image: tuple[int, ...], dtype: str, bits: int = 0, rows: tuple[int, ...] = (3,)
) -> None:
    """Output, loss and gradients of two convolutions, on vectors of so many bits."""
    out = b.extents(a.extents(image))
    shapes = f"{{x: {{shape: {[a.channels, *image]}}}, y: {{shape: {[b.units, *out]}, role: target}}}}"
    layers = a.spec("a", "tanh") + b.spec("b")
    text = f"symprop: 1\nname: net\ninputs: {shapes}\nlayers:\n{layers}loss: {{type: mse, from: b, target: y}}\n"
    source = generate_module(derive(build(parse_spec(text))), "numba", dtype)
    ours = loaded(source, bits)
    params = parameters(ours)
    exact = {n: v.astype(np.float64) for n, v in params._asdict().items()}
    for count in rows:
        rng = np.random.default_rng(count)
        x = rng.standard_normal((count, a.channels, *image)).astype(dtype)
        y = rng.standard_normal((count, b.units, *out)).astype(dtype)
        z, loss, gradients = truth(a, b, exact, x.astype(np.float64), y.astype(np.float64))
        value, found = ours.value_and_grad(params, x, y)
        tolerance, where = TOLERANCES[dtype], f"{a}, {b}, {image}, N={count}"
        assert abs(value - loss) <= tolerance * max(loss, 1), where
        agree(ours.forward(params, x), z, tolerance, 1.0, where)
        floor = max(float(np.abs(g).max()) for g in gradients.values()) * 1e-2
        for name, gradient in gradients.items():
            agree(getattr(found, name), gradient, tolerance, floor, f"{where}: d{name}")


PAIRS: list[tuple[Window, Window, tuple[int, ...]]] = [
    (Window(3, 17, (3, 3), padding=1), Window(17, 8, (3, 3), padding=1), (4, 5)),
    (Window(2, 6, (3, 2), stride=2, padding=1), Window(6, 9, (2, 3), padding=2), (11, 18)),
    (Window(4, 8, (3, 3), padding=2, dilation=2), Window(8, 6, (1, 2), stride=3), (13, 7)),
    (Window(5, 16, (5,), padding=2), Window(16, 3, (3,), dilation=3, padding=1), (37,)),
    (Window(6, 8, (2, 3), groups=2, padding=1), Window(8, 12, (3, 3), groups=4), (9, 17)),
]


@pytest.mark.parametrize(("a", "b", "image"), PAIRS, ids=str)
def test_two_convolutions(a: Window, b: Window, image: tuple[int, ...]) -> None:
    check(a, b, image, "float32", rows=(1, 5))


@pytest.mark.parametrize("bits", VECTORS)
def test_two_convolutions_in_double_precision_for_other_vectors(bits: int) -> None:
    check(*PAIRS[0], "float64", bits)


OPTIONS = list(itertools.product((1, 2, 3), (0, 1, 2), (1, 2)))
CHANNELS = [(1 + (5 * k) % 17, 1 + (7 * k + 3) % 17, 1 + (11 * k + 8) % 17) for k in range(len(OPTIONS))]


@pytest.mark.slow
@pytest.mark.parametrize("bits", VECTORS)
@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("number", range(len(OPTIONS)))
def test_strides_padding_dilation_and_channels(number: int, dtype: str, bits: int) -> None:
    (stride, padding, dilation), (first, middle, last) = OPTIONS[number], CHANNELS[number]
    a = Window(first, middle, (3, 2), stride, padding, dilation)
    b = Window(middle, last, (2, 3), 1, padding, 3 - dilation)
    check(a, b, (19 + number, 21 + (5 * number) % 16), dtype, bits)
