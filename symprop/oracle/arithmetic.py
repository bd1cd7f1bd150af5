"""Scalar functions on arrays of double, complex or arbitrary precision numbers.

Enters: arrays.  Leaves: arrays of the same kind.  Complex numbers are there for the complex step alone: what
branches (comparisons, abs, sign, floor, max, min) looks at the real part, and every function is analytic on either side
of a branch.  Nothing is raised on overflow or a division by zero: like IEEE numbers, all three kinds go to inf and NaN,
which a guard or a `where` may then discard.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Doubles:
    """IEEE double precision."""

    dtype: npt.DTypeLike = np.float64

    def array(self, values: npt.ArrayLike) -> Array:
        """An array of this kind of numbers, always a copy."""
        return np.array(values, dtype=self.dtype)

    def zeros(self, shape: tuple[int, ...]) -> Array:
        """An array of zeros."""
        return np.zeros(shape, dtype=self.dtype)

    def fraction(self, value: Fraction) -> Array:
        """A rational number, correctly rounded."""
        return self.array(value.numerator / value.denominator)

    def pi(self) -> Array:
        """3.14159..."""
        return self.array(math.pi)

    def real(self, x: Array) -> Array:
        """The part of x that comparisons look at."""
        return x

    def exp(self, x: Array) -> Array:
        """e**x."""
        return np.asarray(np.exp(x))

    def log(self, x: Array) -> Array:
        """Natural logarithm; -inf at 0, NaN below."""
        return np.asarray(np.log(x))

    def sin(self, x: Array) -> Array:
        """Sine of x in radians."""
        return np.asarray(np.sin(x))

    def cos(self, x: Array) -> Array:
        """Cosine of x in radians."""
        return np.asarray(np.cos(x))

    def erf(self, x: Array) -> Array:
        """2/sqrt(pi) * (integral of exp(-s**2) from 0 to x)."""
        return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.float64)

    def power(self, base: Array, exponent: Array) -> Array:
        """base**exponent; NaN for a negative base under a fractional exponent."""
        return np.asarray(np.power(base, exponent))

    def integer_power(self, base: Array, exponent: int) -> Array:
        """base**exponent for an integer exponent."""
        return self.power(base, self.array(exponent))

    def abs(self, x: Array) -> Array:
        """x*sign(x): analytic on either side of 0, where it is 0."""
        return np.asarray(x * self.sign(x))

    def sign(self, x: Array) -> Array:
        """-1, 0 or 1."""
        return self.array(np.sign(self.real(x)))

    def floor(self, x: Array) -> Array:
        """The largest integer that is not above x."""
        return self.array(np.floor(self.real(x)))

    def max(self, a: Array, b: Array) -> Array:
        """The larger of a and b, a where they are equal."""
        return np.where(self.compare(a, "<", b), b, a)

    def min(self, a: Array, b: Array) -> Array:
        """The smaller of a and b, a where they are equal."""
        return np.where(self.compare(a, ">", b), b, a)

    def compare(self, a: Array, op: str, b: Array) -> npt.NDArray[np.bool_]:
        """Where `a op b` holds."""
        return np.asarray(_COMPARE[op](self.real(a), self.real(b)), dtype=bool)


class Complexes(Doubles):
    """Double precision complex numbers, the real line and a little beside it."""

    dtype = np.complex128

    def real(self, x: Array) -> Array:
        """The real part."""
        return x.real

    def log(self, x: Array) -> Array:
        """Continued from the positive axis; elsewhere the real logarithm of the real part."""
        return np.where(x.real > 0, np.log(x), np.log(x.real))

    def erf(self, x: Array) -> Array:
        """The integral from 0 to Re x, and on from there straight up to x, by 24-point Gauss-Legendre."""
        nodes, weights = np.polynomial.legendre.leggauss(24)
        upward = [w * np.exp(-((x.real + 0.5j * x.imag * (1 + s)) ** 2)) for s, w in zip(nodes, weights, strict=True)]
        return np.asarray(super().erf(x.real) + 1j * x.imag / math.sqrt(math.pi) * sum(upward))

    def power(self, base: Array, exponent: Array) -> Array:
        """Continued from the positive axis, and from the negative one where the exponent is an integer there."""
        below = np.power(-base, exponent) * np.power(-1.0, exponent.real)
        at_zero = np.power(base.real, exponent.real)
        return np.where(base.real > 0, np.power(base, exponent), np.where(base.real < 0, below, at_zero))

    def integer_power(self, base: Array, exponent: int) -> Array:
        """By multiplication, since a complex logarithm would lose the exactness of the real part."""
        out = np.ones_like(base)
        for _ in range(abs(exponent)):
            out = out * base
        return np.asarray(out if exponent >= 0 else 1 / out)


class Decimals(Doubles):
    """mpmath numbers in arrays of objects, in the precision mpmath is set to at the time."""

    dtype = np.dtype(object)

    def __init__(self) -> None:
        import mpmath

        self.mp = mpmath.mp

    def array(self, values: npt.ArrayLike) -> Array:
        """An array of mpf; floats are taken as the binary numbers they are."""
        return self._each(self.mp.mpf)(np.array(values, dtype=object))

    def zeros(self, shape: tuple[int, ...]) -> Array:
        """An array of mpf zeros."""
        return np.full(shape, self.mp.mpf(0), dtype=object)

    def fraction(self, value: Fraction) -> Array:
        """A rational number, correctly rounded."""
        return np.array(self.mp.mpf(value.numerator) / value.denominator, dtype=object)

    def pi(self) -> Array:
        """3.14159..., in the current precision."""
        return np.array(+self.mp.pi, dtype=object)

    def exp(self, x: Array) -> Array:
        """e**x."""
        return self._each(self.mp.exp)(x)

    def log(self, x: Array) -> Array:
        """Natural logarithm; -inf at 0, NaN below."""
        return self._each(self.mp.log)(x)

    def sin(self, x: Array) -> Array:
        """Sine of x in radians."""
        return self._each(self.mp.sin)(x)

    def cos(self, x: Array) -> Array:
        """Cosine of x in radians."""
        return self._each(self.mp.cos)(x)

    def erf(self, x: Array) -> Array:
        """The error function."""
        return self._each(self.mp.erf)(x)

    def sign(self, x: Array) -> Array:
        """-1, 0 or 1."""
        return self._each(self.mp.sign)(x)

    def floor(self, x: Array) -> Array:
        """The largest integer that is not above x."""
        return self._each(self.mp.floor)(x)

    def power(self, base: Array, exponent: Array) -> Array:
        """base**exponent; inf for 0 under a negative exponent, NaN for a negative base under a fractional one."""
        return self._each(self.mp.power, 2)(base, exponent)

    def integer_power(self, base: Array, exponent: int) -> Array:
        """base**exponent for an integer exponent, by multiplication."""
        return self._each(lambda x: x**exponent)(base)

    def _each(self, function: Callable[..., Any], arity: int = 1) -> Callable[..., Array]:
        """The function on every entry; what is not real is NaN, a division by zero inf."""

        def one(*args: Any) -> Any:
            try:
                value = function(*args)
            except ZeroDivisionError:
                return self.mp.inf
            return self.mp.nan if isinstance(value, self.mp.mpc) else value

        entrywise = np.frompyfunc(one, arity, 1)
        return lambda *args: np.asarray(entrywise(*args), dtype=object)


_COMPARE: dict[str, Callable[[Array, Array], Array]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def arithmetic(dtype: Any) -> Doubles:
    """The arithmetic of `float`, `complex` or `object` (mpmath numbers)."""
    kinds: dict[Any, type[Doubles]] = {float: Doubles, complex: Complexes, object: Decimals}
    if dtype not in kinds:
        raise ValueError(f"dtype {dtype!r}; expected float, complex or object")
    return kinds[dtype]()
