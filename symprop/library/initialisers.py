"""Initialisers, one call per entry: a distribution and the formulas of its parameters.

Enters: formulas as text in `fan_in`, `fan_out` and the options.  Leaves: the registry `INITIALISERS`.  Nothing is
drawn here.  Of a matrix W[i, j] that takes i to j, fan_in is the extent of i and fan_out that of j.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symprop.library.options import Option, Options, completed
from symprop.library.registry import Registry
from symprop.library.scalars import bind, constants, evaluate, parsed

DISTRIBUTIONS = {
    "constant": ("value",),
    "uniform": ("low", "high"),
    "normal": ("mean", "std"),
    "orthogonal": ("gain",),
}


@dataclass(frozen=True)
class Initialiser:
    """How the entries of a parameter are drawn.

    Args:
        name: its name in a spec.
        distribution: a key of `DISTRIBUTIONS`; the entries are independent, or the array, as a matrix of its last
            axis against all others, has orthonormal rows or columns times the gain.
        formulas: one for each parameter of the distribution, in the order of `DISTRIBUTIONS`.
        source: where it is published.
        options: constants a spec can set.
    """

    name: str
    distribution: str
    formulas: tuple[str, ...]
    source: str
    options: Options = field(default_factory=dict)

    def parameters(self, fan_in: int, fan_out: int, **options: Any) -> dict[str, float]:
        """Parameters of the distribution by name: value; low and high; mean and std; or gain."""
        known = constants({"fan_in": fan_in, "fan_out": fan_out, **completed(self.options, options)})
        values = [evaluate(bind(parsed(f), known), {}) for f in self.formulas]
        return dict(zip(DISTRIBUTIONS[self.distribution], values, strict=True))


INITIALISERS: Registry[Initialiser] = Registry("initialiser")


def initialiser(
    name: str, distribution: str, *formulas: str, source: str, options: Options | None = None
) -> Initialiser:
    """Register an initialiser; see `Initialiser`.

    Raises:
        InputError: the name is taken or no name.
        FormulaError: a formula is none.
        ValueError: the distribution is unknown, or does not have as many parameters.
    """
    if len(formulas) != len(DISTRIBUTIONS.get(distribution, ())):
        raise ValueError(f"initialiser {name!r}: {len(formulas)} formulas do not fit distribution {distribution!r}")
    for formula in formulas:
        parsed(formula, (), f"initialiser '{name}'")
    return INITIALISERS.register(Initialiser(name, distribution, formulas, source, dict(options or {})))


_LECUN = "LeCun, Bottou, Orr, Mueller, Efficient BackProp, LNCS 1524, 9-50 (1998)"
_GLOROT = "Glorot, Bengio, AISTATS 9, 249-256 (2010)"
_HE = "He, Zhang, Ren, Sun, ICCV, 1026-1034 (2015), arXiv:1502.01852"

initialiser("zeros", "constant", "0", source=_LECUN)
initialiser("ones", "constant", "1", source=_LECUN)
initialiser("constant", "constant", "value", source=_LECUN, options={"value": Option("number", doc="every entry")})
initialiser(
    "normal",
    "normal",
    "0",
    "std",
    source=_LECUN,
    options={"std": Option("number", 0.05, low=0.0, doc="standard deviation")},
)
initialiser(
    "uniform",
    "uniform",
    "low",
    "high",
    source=_LECUN,
    options={
        "low": Option("number", -0.05, doc="lower end of the interval"),
        "high": Option("number", 0.05, doc="upper end of the interval"),
    },
)
initialiser("glorot_uniform", "uniform", "-sqrt(6/(fan_in + fan_out))", "sqrt(6/(fan_in + fan_out))", source=_GLOROT)
initialiser("glorot_normal", "normal", "0", "sqrt(2/(fan_in + fan_out))", source=_GLOROT)
initialiser("he_uniform", "uniform", "-sqrt(6/fan_in)", "sqrt(6/fan_in)", source=_HE)
initialiser("he_normal", "normal", "0", "sqrt(2/fan_in)", source=_HE)
initialiser("lecun_uniform", "uniform", "-sqrt(3/fan_in)", "sqrt(3/fan_in)", source=_LECUN)
initialiser("lecun_normal", "normal", "0", "sqrt(1/fan_in)", source=_LECUN)
initialiser(
    "orthogonal",
    "orthogonal",
    "gain",
    source="Saxe, McClelland, Ganguli, ICLR (2014), arXiv:1312.6120",
    options={"gain": Option("number", 1.0, low=0.0, doc="every singular value")},
)
