"""The shortest time in which a machine can do an amount of work: the one place of the constants of that model.

Enters: operations, bytes, and calls of functions.  Leaves: seconds.  Arithmetic and memory run side by side, so the
slower of them counts; functions are arithmetic of their own and come on top.
"""

from __future__ import annotations

from dataclasses import dataclass

BYTES = {"float32": 4, "float64": 8}
INTEGER_BYTES, PLACE_BYTES = 8, 4
"""Of an integer that is given, and of the place of a maximum, which kernels keep."""


@dataclass(frozen=True)
class Machine:
    """One thread of a processor.

    Args:
        peak: floating-point operations a second.
        bandwidth: bytes a second between memory and processor.
        function: seconds of one evaluation of exp, log, tanh and the like, in vector code.
    """

    peak: float
    bandwidth: float
    function: float

    def floor(self, flops: int, moved: int, calls: int) -> float:
        """Seconds: max(flops/peak, moved/bandwidth) + calls*function."""
        return max(flops / self.peak, moved / self.bandwidth) + calls * self.function


TYPICAL = {"float32": Machine(100e9, 20e9, 0.6e-9), "float64": Machine(50e9, 20e9, 1.2e-9)}
"""A core with 256-bit vectors at about 3 GHz: two fused multiply-adds a cycle of 8 or 4 numbers, one memory channel."""
