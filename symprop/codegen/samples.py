"""How generated code draws a sample: a dropout mask, or noise.

Enters: a tensor with the role sample.  Leaves: a call of a function of the templates.
"""

from __future__ import annotations

from symprop.language import Tensor


def drawing(tensor: Tensor, place: str, number: int) -> str:
    """The call that draws a tensor of a shape, or into an array; `number` tells it from other samples."""
    distribution, options = tensor.init or ("dropout", (("rate", 0.0),))
    if distribution == "noise":
        return f"noise({place}, key, {number})"
    return f"drop({place}, {dict(options)['rate']!r}, key, {number})"
