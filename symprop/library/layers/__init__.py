"""Layers, one call per entry: equations in index notation, with the shapes of what they read; see `entry`."""

from symprop.library.layers import attention, basic, convolution, normalisation, pooling, recurrence, sequence, shaping
from symprop.library.layers.entry import LAYERS, Layer, Parameter, Requirement, layer

THEMES = (basic, convolution, pooling, normalisation, sequence, recurrence, attention, shaping)

__all__ = ["LAYERS", "THEMES", "Layer", "Parameter", "Requirement", "layer"]
