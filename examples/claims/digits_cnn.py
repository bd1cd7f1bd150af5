"""The gradient of examples/digits_cnn.yaml, as NumPy code: a kernel learns from what each window saw.

    symprop verify examples/claims/digits_cnn.py --net examples/digits_cnn.yaml
"""

import numpy as np


def padded(images):
    """Images with a border of zeros."""
    return np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))


def kernels(dZ, images):
    """The gradient of the weights of a 3 x 3 convolution: what each entry of a window saw, times the gradient there."""
    size, seen = dZ.shape[2], padded(images)
    dW = np.zeros((dZ.shape[1], images.shape[1], 3, 3))
    for u in range(3):
        for v in range(3):
            dW[:, :, u, v] = np.einsum("nopq,ncpq->oc", dZ, seen[:, :, u : u + size, v : v + size])
    return dW


def images_of(dZ, W):
    """The gradient of the images of a 3 x 3 convolution: the same windows, seen from the other side."""
    size, seen = dZ.shape[2], padded(dZ)
    dX = 0
    for u in range(3):
        for v in range(3):
            dX = dX + np.einsum("nopq,oc->ncpq", seen[:, :, 2 - u : 2 - u + size, 2 - v : 2 - v + size], W[:, :, u, v])
    return dX


def unpooled(dZ, rows, columns):
    """The gradient of the entries of 2 x 2 windows: the largest, in its row and column of the window, takes all."""
    n, c, height, width = dZ.shape
    two = np.arange(2)
    in_row = rows[:, :, :, None, :, None] == two[:, None, None]
    in_column = columns[:, :, :, None, :, None] == two
    return (dZ[:, :, :, None, :, None] * in_row * in_column).reshape(n, c, 2 * height, 2 * width)


def grads(x, Y, W_conv1, Z_scaled, Z_conv1, I_Z_pool1_u, I_Z_pool1_v, Z_pool1, W_conv2, Z_conv2, mask_drop, Z_drop,
          W_hidden, Z_hidden, A_hidden, W_out, P_loss):
    """dL/dW of every layer, the last one first."""
    dZ_out = (P_loss - Y) / len(x)
    dZ_hidden = (dZ_out @ W_out.T) * (Z_hidden > 0)
    dZ_conv2 = ((dZ_hidden @ W_hidden.T) * mask_drop).reshape(Z_conv2.shape) * (Z_conv2 > 0)
    dZ_pool1 = images_of(dZ_conv2, W_conv2)
    dZ_conv1 = unpooled(dZ_pool1, I_Z_pool1_u, I_Z_pool1_v) * (Z_conv1 > 0)
    return {
        "W_out": A_hidden.T @ dZ_out + W_out / 10000,
        "b_out": dZ_out.sum(axis=0),
        "W_hidden": Z_drop.T @ dZ_hidden + W_hidden / 10000,
        "b_hidden": dZ_hidden.sum(axis=0),
        "W_conv2": kernels(dZ_conv2, Z_pool1) + W_conv2 / 10000,
        "b_conv2": dZ_conv2.sum(axis=(0, 2, 3)),
        "W_conv1": kernels(dZ_conv1, Z_scaled) + W_conv1 / 10000,
        "b_conv1": dZ_conv1.sum(axis=(0, 2, 3)),
    }
