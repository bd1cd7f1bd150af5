"""Layers, one call per entry: equations in index notation, with the shapes of what they read; see `entry`."""

from symprop.library.layers import basic, convolution
from symprop.library.layers.entry import LAYERS, Layer, Parameter, Requirement, Variant, layer

__all__ = ["LAYERS", "Layer", "Parameter", "Requirement", "Variant", "basic", "convolution", "layer"]
