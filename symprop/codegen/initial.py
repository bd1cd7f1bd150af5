"""How each parameter is drawn, as the text of a call in the generated module.

Enters: tensors with the name and the options of an initialiser.  Leaves: calls such as `_normal(0, (64, 32), seed, 0.0,
0.125)`: the number keeps the draws of parameters apart, the scale is evaluated here from the fans.
"""

from __future__ import annotations

import math

from symprop.codegen.layout import Slice
from symprop.language import Tensor
from symprop.library.initialisers import DISTRIBUTIONS, INITIALISERS


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out): extents of the first and the last axis, the axes between counted to both."""
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    between = math.prod(shape[1:-1])
    return shape[0] * between, shape[-1] * between


def draw_call(number: int, tensor: Tensor, part: Slice) -> str:
    """The call that draws a parameter; one without an initialiser starts at 0, and so does a state."""
    name, options = tensor.init or ("zeros", ())
    entry = INITIALISERS[name]
    fan_in, fan_out = tensor.fans or fans(part.shape)
    found = entry.parameters(fan_in, fan_out, **dict(options))
    values = ", ".join(repr(float(found[key])) for key in DISTRIBUTIONS[entry.distribution])
    return f"_{entry.distribution}({number}, {part.shape!r}, seed, {values})"
