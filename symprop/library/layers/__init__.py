"""Layers, one call per entry: equations in index notation, with the shapes of what they read; see `entry`."""

from symprop.library.layers import basic, convolution, normalisation, pooling, sequence, shaping
from symprop.library.layers.entry import LAYERS, Layer, Parameter, Requirement, Variant, layer

THEMES = (basic, convolution, pooling, normalisation, sequence, shaping)

__all__ = ["LAYERS", "THEMES", "Layer", "Parameter", "Requirement", "Variant", "layer"]
