"""Derives the backpropagation of a neural network as readable mathematics and compiles it to fast kernels."""

__version__ = "0.1.0"
