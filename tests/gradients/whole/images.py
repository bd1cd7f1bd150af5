"""Networks of images.

A convolution before a norm of its channels has no bias: its gradient is 0, and Adam would step by rounding errors.
"""

from __future__ import annotations

from tests.gradients.whole.kinds import F, Tensor, Tensors, Whole, conv, dense, torch

LABELS = "inputs: {x: {shape: [%s]}, y: {classes: 5, role: target}}\nlayers:\n"
CE = "\nloss: {type: softmax_cross_entropy, from: out, target: y}"
OUT = "  - {id: out, type: dense, units: 5}"


def lenet(p: Tensors, d: Tensors) -> Tensor:
    h = F.avg_pool2d(torch.tanh(conv(p, "c1", d["x"], padding=2)), 2)
    h = F.avg_pool2d(torch.tanh(conv(p, "c2", h)), 2)
    h = torch.tanh(dense(p, "f1", h.flatten(1)))
    return F.cross_entropy(dense(p, "out", torch.tanh(dense(p, "f2", h))), d["y"])


def max_pooled(p: Tensors, d: Tensors) -> Tensor:
    h = F.max_pool2d(F.relu(conv(p, "c1", d["x"], stride=1)), 2)
    return F.cross_entropy(dense(p, "out", F.relu(conv(p, "c2", h)).flatten(1)), d["y"], label_smoothing=0.1)


def grouped(p: Tensors, d: Tensors) -> Tensor:
    h = conv(p, "c1", d["x"], padding=1)
    h = F.silu(F.group_norm(h, 2, p["gamma_gn"], p["beta_gn"]))
    h = F.relu(conv(p, "c2", h, padding=1, groups=2))
    return F.cross_entropy(dense(p, "out", h.mean((2, 3))), d["y"])


def instance(p: Tensors, d: Tensors) -> Tensor:
    h = conv(p, "c1", d["x"], dilation=2)
    h = F.elu(F.instance_norm(h, weight=p["gamma_norm"], bias=p["beta_norm"]))
    return F.cross_entropy(dense(p, "out", h.flatten(1)), d["y"])


def separable(p: Tensors, d: Tensors) -> Tensor:
    w = p["W_dw"][:, None]
    h = F.conv2d(d["x"], w, p["b_dw"], padding=1, groups=len(w))
    return F.cross_entropy(dense(p, "out", F.gelu(conv(p, "pw", h)).mean((2, 3))), d["y"])


def decoder(p: Tensors, d: Tensors) -> Tensor:
    h = torch.tanh(conv(p, "c1", d["x"], stride=2))
    z = F.conv_transpose2d(h, p["W_out"], p["b_out"], stride=2)
    return ((z - d["y"]) ** 2).mean()


def residual(p: Tensors, d: Tensors) -> Tensor:
    h = F.relu(conv(p, "stem", d["x"], padding=1))
    h = F.relu(conv(p, "b", F.relu(conv(p, "a", h, padding=1)), padding=1) + h)
    return F.cross_entropy(dense(p, "out", h.mean((2, 3))), d["y"])


def volume(p: Tensors, d: Tensors) -> Tensor:
    h = F.softplus(F.conv3d(d["x"], p["W_c"], p["b_c"]), threshold=1000)
    return F.cross_entropy(dense(p, "out", h.flatten(1)), d["y"])


def normalised(p: Tensors, d: Tensors) -> Tensor:
    h = F.batch_norm(conv(p, "c1", d["x"]), None, None, p["gamma_bn"], p["beta_bn"], True)
    return F.cross_entropy(dense(p, "out", torch.tanh(h).mean((2, 3))), d["y"])


IMAGES = [
    Whole(
        "lenet",
        LABELS % "1, 8, 8"
        + """  - {id: c1, type: conv2d, units: 3, kernel: 5, padding: 2, activation: tanh}
  - {type: average_pool2d, kernel: 2}
  - {id: c2, type: conv2d, units: 4, kernel: 3, activation: tanh}
  - {type: average_pool2d, kernel: 2}
  - {type: flatten}
  - {id: f1, type: dense, units: 7, activation: tanh}
  - {id: f2, type: dense, units: 6, activation: tanh}
"""
        + OUT
        + CE,
        lenet,
    ),
    Whole(
        "max_pooled",
        LABELS % "2, 7, 8"
        + """  - {id: c1, type: conv2d, units: 3, kernel: [2, 3], activation: relu}
  - {type: max_pool2d, kernel: 2}
  - {id: c2, type: conv2d, units: 4, kernel: 2, activation: relu}
  - {type: flatten}
"""
        + OUT
        + CE.replace("}", ", label_smoothing: 0.1}"),
        max_pooled,
    ),
    Whole(
        "group_norm_cnn",
        LABELS % "2, 5, 4"
        + """  - {id: c1, type: conv2d, units: 6, kernel: 3, padding: 1}
  - {id: gn, type: group_norm, groups: 2, activation: silu}
  - {id: c2, type: conv2d, units: 4, kernel: 3, padding: 1, groups: 2, activation: relu}
  - {type: global_average_pool}
"""
        + OUT
        + CE,
        grouped,
    ),
    Whole(
        "instance_norm_cnn",
        LABELS % "2, 7, 6"
        + """  - {id: c1, type: conv2d, units: 3, kernel: 2, dilation: 2, bias: false}
  - {id: norm, type: instance_norm, activation: elu}
  - {type: flatten}
"""
        + OUT
        + CE,
        instance,
    ),
    Whole(
        "separable_cnn",
        LABELS % "3, 5, 4"
        + """  - {id: dw, type: depthwise_conv2d, kernel: 3, padding: 1}
  - {id: pw, type: conv2d, units: 7, kernel: 1, activation: gelu}
  - {type: global_average_pool}
"""
        + OUT
        + CE,
        separable,
    ),
    Whole(
        "convolutional_autoencoder",
        """inputs: {x: {shape: [2, 7, 5]}, y: {shape: [2, 7, 5], role: target}}
layers:
  - {id: c1, type: conv2d, units: 4, kernel: 3, stride: 2, activation: tanh}
  - {id: out, type: conv_transpose2d, units: 2, kernel: 3, stride: 2}
loss: {type: mse, from: out, target: y}""",
        decoder,
    ),
    Whole(
        "residual_cnn",
        LABELS % "2, 5, 4"
        + """  - {id: stem, type: conv2d, units: 3, kernel: 3, padding: 1, activation: relu}
  - {id: a, type: conv2d, units: 4, kernel: 3, padding: 1, activation: relu}
  - {id: b, type: conv2d, units: 3, kernel: 3, padding: 1}
  - {type: add, in: [b, stem], activation: relu}
  - {type: global_average_pool}
"""
        + OUT
        + CE,
        residual,
    ),
    Whole(
        "volume_cnn",
        LABELS % "2, 3, 4, 5"
        + """  - {id: c, type: conv3d, units: 3, kernel: 2, activation: softplus}
  - {type: flatten}
"""
        + OUT
        + CE,
        volume,
    ),
    Whole(
        "batch_norm_cnn",
        LABELS % "2, 5, 4"
        + """  - {id: c1, type: conv2d, units: 3, kernel: 2, bias: false}
  - {id: bn, type: batch_norm, activation: tanh}
  - {type: global_average_pool}
"""
        + OUT
        + CE,
        normalised,
    ),
]
