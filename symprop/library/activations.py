"""Activations, one call per entry: a scalar formula in z, or equations over the last axis.

Enters: formulas as text, with constants.  Leaves: the registry `ACTIVATIONS`.  Derivatives and stable forms are found
later from these formulas, which say what a function is and nothing of how it is computed.

At a kink the derivative is that of the branch the formula takes: `max` and `min` take their first extreme argument,
`where` the branch whose condition holds, `abs` has the derivative 0 at 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symprop.errors import Fault, FormulaError
from symprop.language import Expr, Function, text
from symprop.language.expressions import number
from symprop.library.options import Option, Options, completed
from symprop.library.registry import Registry
from symprop.library.scalars import bind, constants, parsed, scalar_names

Range = tuple[float | None, float | None]


@dataclass(frozen=True)
class Activation:
    """A function of the output of a layer.

    Args:
        name: its name in a spec, and in formulas that call it.
        formula: its value over the scalar `z` and the options, "" for one that acts on rows.
        rows: equations that define `A[..., j]` from `Z[..., j]`, for one that acts on the last axis.
        source: where it is published.
        options: constants a spec can set.
        range: closed bounds (low, high) that hold for all values of the options, None for no bound.
        latex: how documents write its value, with `#` for the argument.
        kinks: points without a derivative and the value taken there, over the options.
        smooth: option and value at which the kinks vanish, or None.
        simplex: whether the entries of a row sum to 1.
    """

    name: str
    formula: str
    rows: tuple[str, ...]
    source: str
    options: Options = field(default_factory=dict)
    range: Range = (None, None)
    latex: str = ""
    kinks: tuple[tuple[str, str], ...] = ()
    smooth: tuple[str, float] | None = None
    simplex: bool = False

    @property
    def elementwise(self) -> bool:
        """True for a scalar formula, False for one that reads a whole row."""
        return bool(self.formula)

    def expression(self, **options: Any) -> Expr:
        """The formula over `Read("z")` with the options put in."""
        values = constants(completed(self.options, options))
        body = parsed(self.formula, callable_names(), f"activation '{self.name}'")
        return bind(body, values) if values else body

    def function(self, **options: Any) -> Function:
        """The activation as a function that equations call; other constants than the defaults give it another name.

        Raises:
            FormulaError: it acts on rows and is no scalar function.
        """
        if not self.elementwise:
            raise FormulaError(Fault(f"activation '{self.name}'", "it acts on whole rows and is no scalar function"))
        values = completed(self.options, options)
        suffix = _suffix({k: v for k, v in values.items() if v != self.options[k].default})
        written = self.latex if not suffix else ""
        return Function(
            self.name + suffix,
            ("z",),
            self.expression(**options),
            latex=written,
            source=self.source,
            kinks=self._kinks(values),
        )

    def _kinks(self, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        if self.smooth and values[self.smooth[0]] == self.smooth[1]:
            return ()
        known = constants(values)
        return tuple((_shown(point, known), _shown(value, known)) for point, value in self.kinks)


ACTIVATIONS: Registry[Activation] = Registry("activation")


def activation(
    name: str,
    formula: str = "",
    *,
    source: str,
    rows: tuple[str, ...] | str = (),
    options: Options | None = None,
    range: Range = (None, None),
    latex: str = "",
    kinks: tuple[tuple[str, str], ...] = (),
    smooth: tuple[str, float] | None = None,
    simplex: bool = False,
) -> Activation:
    """Register an activation; see `Activation`.

    Raises:
        InputError: the name is taken or no name.
        FormulaError: the formula is none, or reads a name that is neither z nor an option.
    """
    lines = (rows,) if isinstance(rows, str) else rows
    entry = Activation(name, formula, lines, source, dict(options or {}), range, latex, kinks, smooth, simplex)
    _check(entry)
    return ACTIVATIONS.register(entry)


def callable_names() -> tuple[str, ...]:
    """Names of all entries that a formula can call, each with one argument."""
    return tuple(name for name, entry in ACTIVATIONS.items() if entry.elementwise)


def _check(entry: Activation) -> None:
    where = f"activation '{entry.name}'"
    if bool(entry.formula) == bool(entry.rows):
        raise FormulaError(Fault(where, "expected either a formula in z or equations over rows"))
    if not entry.formula:
        return
    body = parsed(entry.formula, callable_names(), where)
    strange = sorted(scalar_names(body) - {"z"} - set(constants({k: o.default for k, o in entry.options.items()})))
    if strange:
        hint = "Its value is a formula in z and its options."
        raise FormulaError(Fault(where, f"unknown name '{strange[0]}'", hint))


def _suffix(changed: Mapping[str, Any]) -> str:
    """`_0p2` for negative_slope 0.2: the same constants always give the same name."""
    parts = [re.sub(r"[^A-Za-z0-9]", "", f"{v!r}".replace(".", "p").replace("-", "m")) for v in changed.values()]
    return "".join("_" + part for part in parts)


def _shown(formula: str, values: Mapping[str, Expr]) -> str:
    body = bind(parsed(formula), values)
    value = number(body)
    return text(body) if value is None else f"{float(value):g}"


_SLOPE = Option("number", 0.01, doc="slope below 0")
_ALPHA = Option("number", 1.0, low=0.0, doc="limit for z to minus infinity, with the sign changed")

activation("identity", "z", source="Rosenblatt, Psychol. Rev. 65, 386-408 (1958)", latex="#")
activation(
    "sigmoid",
    "1/(1 + exp(-z))",
    source="Verhulst, Corresp. Math. Phys. 10, 113-121 (1838)",
    range=(0.0, 1.0),
    latex=r"\sigma(#)",
)
activation(
    "tanh",
    "(exp(z) - exp(-z))/(exp(z) + exp(-z))",
    source="LeCun, Bottou, Orr, Mueller, Efficient BackProp, LNCS 1524, 9-50 (1998)",
    range=(-1.0, 1.0),
    latex=r"\tanh(#)",
)
activation(
    "relu",
    "max(0, z)",
    source="Nair, Hinton, ICML 27, 807-814 (2010)",
    range=(0.0, None),
    latex=r"\operatorname{relu}(#)",
    kinks=(("0", "0"),),
)
activation(
    "leaky_relu",
    "where(z > 0, z, negative_slope*z)",
    source="Maas, Hannun, Ng, ICML 30 Workshop on Deep Learning (2013)",
    options={"negative_slope": _SLOPE},
    latex=r"\operatorname{lrelu}(#)",
    kinks=(("0", "negative_slope"),),
    smooth=("negative_slope", 1.0),
)
activation(
    "elu",
    "where(z > 0, z, alpha*(exp(z) - 1))",
    source="Clevert, Unterthiner, Hochreiter, ICLR (2016), arXiv:1511.07289",
    options={"alpha": _ALPHA},
    latex=r"\operatorname{elu}(#)",
    kinks=(("0", "alpha"),),
    smooth=("alpha", 1.0),
)
# scale and alpha are the fixed point (mean 0, variance 1) of the paper's equations 3 and 4, to 20 decimals:
# alpha = -sqrt(2/pi) / (exp(1/2)*erfc(1/sqrt(2)) - 1), scale = (variance of elu_alpha of a standard normal)**(-1/2)
activation(
    "selu",
    "1.05070098735548049342*where(z > 0, z, 1.67326324235437728482*(exp(z) - 1))",
    source="Klambauer, Unterthiner, Mayr, Hochreiter, NeurIPS 30 (2017), arXiv:1706.02515",
    range=(-1.7580993408473769, None),
    latex=r"\operatorname{selu}(#)",
    kinks=(("0", "1.05070098735548049342*1.67326324235437728482"),),
)
activation(
    "softplus",
    "log(1 + exp(z))",
    source="Dugas, Bengio, Belisle, Nadeau, Garcia, NeurIPS 13, 472-478 (2000)",
    range=(0.0, None),
    latex=r"\operatorname{softplus}(#)",
)
activation(
    "softsign",
    "z/(1 + abs(z))",
    source="Bergstra, Desjardins, Lamblin, Bengio, tech. rep. 1337, Univ. de Montreal (2009)",
    range=(-1.0, 1.0),
    latex=r"\operatorname{softsign}(#)",
)
activation(
    "silu",
    "z*sigmoid(z)",
    source="Elfwing, Uchibe, Doya, Neural Networks 107, 3-11 (2018)",
    range=(-0.2784645427610738, None),
    latex=r"\operatorname{silu}(#)",
)
activation(
    "mish",
    "z*tanh(softplus(z))",
    source="Misra, BMVC (2020), arXiv:1908.08681",
    range=(-0.3088427745857045, None),
    latex=r"\operatorname{mish}(#)",
)
activation(
    "gelu",
    "z*(1 + erf(z/sqrt(2)))/2",
    source="Hendrycks, Gimpel, arXiv:1606.08415 (2016)",
    range=(-0.16997120747990369, None),
    latex=r"\operatorname{gelu}(#)",
)
activation(
    "gelu_tanh",
    "z*(1 + tanh(sqrt(2/pi)*(z + 0.044715*z**3)))/2",
    source="Hendrycks, Gimpel, arXiv:1606.08415 (2016), section 2",
    range=(-0.17004075057125412, None),
    latex=r"\operatorname{gelu}_{\tanh}(#)",
)
activation(
    "hard_sigmoid",
    "min(1, max(0, z/6 + 1/2))",
    source="Howard et al., ICCV, 1314-1324 (2019), arXiv:1905.02244",
    range=(0.0, 1.0),
    latex=r"\operatorname{hardsigmoid}(#)",
    kinks=(("-3", "0"), ("3", "0")),
)
activation(
    "hard_tanh",
    "min(1, max(-1, z))",
    source="Collobert, Large Scale Machine Learning, thesis, Univ. Paris VI (2004)",
    range=(-1.0, 1.0),
    latex=r"\operatorname{hardtanh}(#)",
    kinks=(("-1", "0"), ("1", "0")),
)
activation(
    "relu6",
    "min(6, max(0, z))",
    source="Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10 (2010)",
    range=(0.0, 6.0),
    latex=r"\operatorname{relu6}(#)",
    kinks=(("0", "0"), ("6", "0")),
)
activation(
    "log_sigmoid",
    "-log(1 + exp(-z))",
    source="McCullagh, Nelder, Generalized Linear Models, 2nd ed., section 4.3 (1989)",
    range=(None, 0.0),
    latex=r"\log\sigma(#)",
)
activation(
    "softmax",
    rows="A[..., j] = exp(Z[..., j])/sum[k](exp(Z[..., k]))",
    source="Bridle, NeurIPS 2, 211-217 (1990)",
    range=(0.0, 1.0),
    latex=r"\operatorname{softmax}(#)",
    simplex=True,
)
activation(
    "log_softmax",
    rows="A[..., j] = Z[..., j] - log(sum[k](exp(Z[..., k])))",
    source="Bridle, NeurIPS 2, 211-217 (1990)",
    range=(None, 0.0),
    latex=r"\operatorname{logsoftmax}(#)",
)
