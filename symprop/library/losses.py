"""Losses, one call per entry: a formula over a prediction p and a target t, summed and divided.

Enters: formulas as text.  Leaves: the registry `LOSSES`.  A loss on logits first introduces their softmax or sigmoid
as a tensor of its own and is then the loss of that tensor; stable forms are found later, by lowering.  The loss of a
batch is the sum over all entries, under `reduce: mean` divided by

    N * (extents of the other axes)          where it has a value for each entry of the prediction ("entries"),
    N * (extents of all axes but the last)   where it has one for each row, the last axis being summed ("rows").

A loss of several layers, or of one without a target, is equations instead of a formula: tensors of its own, and at
the end `V`, the value of each entry or row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from symprop.errors import Fault, FormulaError
from symprop.language import Expr
from symprop.library.activations import callable_names
from symprop.library.options import Option, Options, completed
from symprop.library.registry import Registry
from symprop.library.scalars import bind, constants, parsed, scalar_names
from symprop.library.variants import Variant, varied

EXPECTS = ("any", "probabilities", "logits", "log_probabilities")
TARGETS = ("any", "labels", "unit", "sign", "nonnegative")


@dataclass(frozen=True)
class Given:
    """A tensor that a loss introduces before it is evaluated.

    Args:
        role: "p" or "t": which of the formula's names it stands for.
        equation: its definition from `Z[..., c]` (the prediction), `Y[..., c]` (the target) and the options, the
            extent of the class axis being `C`.
        when: option that has to be true or not 0 for it to be introduced, "" for always.
        activation: the entry of `ACTIVATIONS` it is the value of, "" for none.
    """

    role: str
    equation: str
    when: str = ""
    activation: str = ""


@dataclass(frozen=True)
class Loss:
    """A function of predictions and targets.

    Args:
        name: its name in a spec.
        formula: value for one entry over `p`, `t` and the options.
        source: where it is published.
        per: "entries" or "rows", what `reduce: mean` divides by.
        expects: what the prediction is, one of `EXPECTS`.
        target: what the target is, one of `TARGETS`: "labels" are classes as integers or rows that sum to 1, "unit"
            is the interval 0 to 1, "sign" is -1 or 1.
        given: tensors introduced before.
        options: constants a spec can set.
        kinks: points without a derivative, in words, and the value taken there.
        equations: those of a loss of `args`, the last one of `V`; () where it is a formula over `p` and `t`.
        args: shape of every layer it reads, by the name its equations read it under, in the order they are given.
        against: shape of the target `t` that the equations read, "" for none; "N, U < C" of integers below C.
        recurrent: shapes of tensors that equations read before they define them, at another step.
        further: shapes of inputs that it can read beside the target, by the keys that name them in a spec.
        variants: what is different where options have certain values or such inputs are given.
    """

    name: str
    formula: str
    source: str
    per: str = "entries"
    expects: str = "any"
    target: str = "any"
    given: tuple[Given, ...] = ()
    options: Options = field(default_factory=dict)
    kinks: tuple[tuple[str, str], ...] = ()
    equations: tuple[str, ...] = ()
    args: Mapping[str, str] = field(default_factory=dict)
    against: str = ""
    recurrent: Mapping[str, str] = field(default_factory=dict)
    further: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()

    @property
    def has_target(self) -> bool:
        """Whether it compares with a target."""
        return not self.args or bool(self.against)

    @property
    def shapes(self) -> Mapping[str, str]:
        """Shapes of all that its equations read or can read."""
        return {**self.args, **({"t": self.against} if self.against else {}), **self.further}

    def form(self, options: Mapping[str, Any], given: Collection[str]) -> Loss:
        """The entry for certain values of its options and with certain further inputs."""
        return varied(self, self.variants, {**options, **{name: name in given for name in self.further}})

    def expression(self, **options: Any) -> Expr:
        """The formula over `Read("p")` and `Read("t")`, with the options put in."""
        values = constants(completed(self.options, options))
        return bind(parsed(self.formula, callable_names(), f"loss '{self.name}'"), values)


LOSSES: Registry[Loss] = Registry("loss")


def loss(
    name: str,
    formula: str,
    *,
    source: str,
    per: str = "entries",
    expects: str = "any",
    target: str = "any",
    given: tuple[Given, ...] = (),
    options: Options | None = None,
    kinks: tuple[tuple[str, str], ...] = (),
) -> Loss:
    """Register a loss; see `Loss`.

    Raises:
        InputError: the name is taken or no name.
        FormulaError: the formula is none, or reads a name that is neither p nor t nor an option.
        ValueError: `per`, `expects` or `target` is not one of the words above.
    """
    if per not in ("entries", "rows") or expects not in EXPECTS or target not in TARGETS:
        raise ValueError(f"loss {name!r}: per={per!r}, expects={expects!r}, target={target!r}")
    entry = Loss(name, formula, source, per, expects, target, given, dict(options or {}), kinks)
    _check(entry)
    return LOSSES.register(entry)


def loss_of_layers(
    name: str,
    *equations: str,
    args: Mapping[str, str],
    source: str,
    against: str = "",
    target: str = "any",
    per: str = "entries",
    options: Options | None = None,
    kinks: tuple[tuple[str, str], ...] = (),
    recurrent: Mapping[str, str] | None = None,
    further: Mapping[str, str] | None = None,
    variants: tuple[Variant, ...] = (),
) -> Loss:
    """Register a loss of several layers, or of layers without a target; see `Loss`.

    Raises:
        InputError: the name is taken or no name.
        FormulaError: the last equation does not define V.
        ValueError: `per` or `target` is not one of the words above, or there is no layer to read.
    """
    if per not in ("entries", "rows") or target not in TARGETS or not args:
        raise ValueError(f"loss {name!r}: per={per!r}, target={target!r}, args={dict(args)!r}")
    if not equations or not equations[-1].startswith("V["):
        raise FormulaError(Fault(f"loss '{name}'", "the last equation of a loss of layers defines V[...]"))
    entry = Loss(
        name,
        equations[-1].partition("=")[2].strip(),
        source,
        per,
        target=target,
        options=dict(options or {}),
        kinks=kinks,
        equations=equations,
        args=dict(args),
        against=against,
        recurrent=dict(recurrent or {}),
        further=dict(further or {}),
        variants=variants,
    )
    return LOSSES.register(entry)


def _check(entry: Loss) -> None:
    where = f"loss '{entry.name}'"
    known: Mapping[str, Any] = constants({k: o.default for k, o in entry.options.items()})
    body = parsed(entry.formula, callable_names(), where)
    strange = sorted(scalar_names(body) - {"p", "t"} - set(known))
    if strange:
        hint = "A loss is a formula in p, t and its options."
        raise FormulaError(Fault(where, f"unknown name '{strange[0]}'", hint))


_GAUSS = "Gauss, Theoria Combinationis Observationum (1823)"
_LAPLACE = "Laplace, Mem. Acad. R. Sci. Paris 6, 621-656 (1774)"
_GOOD = "Good, J. R. Stat. Soc. B 14, 107-114 (1952)"
_BRIDLE = "Bridle, NeurIPS 2, 211-217 (1990)"
_COX = "Cox, J. R. Stat. Soc. B 20, 215-242 (1958)"
_BINARY = "-(t*log(p) + (1 - t)*log(1 - p))"
_SIGMOID = Given("p", "A_loss[..., j] = sigmoid(Z[..., j])", activation="sigmoid")
_SOFTMAX = Given("p", "P_loss[..., c] = exp(Z[..., c])/sum[k](exp(Z[..., k]))", activation="softmax")
_SMOOTHED = Given("t", "Ys[..., c] = (1 - label_smoothing)*Y[..., c] + label_smoothing/C", when="label_smoothing")
_SMOOTHING = {"label_smoothing": Option("number", 0.0, low=0.0, high=1.0, doc="weight of the uniform distribution")}

loss("mse", "(p - t)**2", source=_GAUSS)
loss("mae", "abs(p - t)", source=_LAPLACE, kinks=(("p = t", "0"),))
loss(
    "huber",
    "where(abs(p - t) <= delta, (p - t)**2/2, delta*(abs(p - t) - delta/2))",
    source="Huber, Ann. Math. Statist. 35, 73-101 (1964)",
    options={"delta": Option("number", 1.0, low=1e-12, doc="error from which on it is linear, in units of the target")},
)
loss(
    "log_cosh",
    "log((exp(p - t) + exp(t - p))/2)",
    source="Green, IEEE Trans. Med. Imaging 9, 84-93 (1990)",
)
loss("binary_cross_entropy", _BINARY, source=_COX, expects="probabilities", target="unit")
for _name in ("binary_cross_entropy_with_logits", "bce_with_logits"):
    loss(_name, _BINARY, source=_COX, expects="logits", target="unit", given=(_SIGMOID,))
loss("cross_entropy", "-t*log(p)", source=_GOOD, per="rows", expects="probabilities", target="labels")
loss(
    "softmax_cross_entropy",
    "-t*log(p)",
    source=_BRIDLE + "; label smoothing: Szegedy et al., CVPR, 2818-2826 (2016)",
    per="rows",
    expects="logits",
    target="labels",
    given=(_SOFTMAX, _SMOOTHED),
    options=_SMOOTHING,
)
loss("nll", "-t*p", source=_GOOD, per="rows", expects="log_probabilities", target="labels")
loss(
    "hinge",
    "max(0, 1 - t*p)",
    source="Cortes, Vapnik, Machine Learning 20, 273-297 (1995)",
    target="sign",
    kinks=(("t*p = 1", "0"),),
)
loss(
    "squared_hinge",
    "max(0, 1 - t*p)**2",
    source="Lee, Mangasarian, Comput. Optim. Appl. 20, 5-22 (2001)",
    target="sign",
)
loss(
    "kl_divergence",
    "where(t > 0, t*log(t), 0) - t*log(p)",
    source="Kullback, Leibler, Ann. Math. Statist. 22, 79-86 (1951)",
    per="rows",
    expects="probabilities",
    target="labels",
)
loss(
    "poisson",
    "where(log_input == 1, exp(p) - t*p, p - t*log(p + eps))",
    source="Nelder, Wedderburn, J. R. Stat. Soc. A 135, 370-384 (1972)",
    target="nonnegative",
    options={
        "log_input": Option("flag", True, doc="whether the prediction is the logarithm of the rate"),
        "eps": Option("number", 1e-8, low=0.0, doc="added to a rate before its logarithm is taken"),
    },
)

_LIN = "Lin, Goyal, Girshick, He, Dollar, ICCV, 2980-2988 (2017)"
_FOCUS = {"gamma": Option("number", 2.0, low=0.0, doc="how much less an entry counts that is predicted well")}
loss(
    "binary_focal",
    "-(alpha*t*(1 - p)**gamma*log(p) + (1 - alpha)*(1 - t)*p**gamma*log(1 - p))",
    source=_LIN,
    expects="logits",
    target="unit",
    given=(_SIGMOID,),
    options=_FOCUS | {"alpha": Option("number", 0.25, low=0.0, high=1.0, doc="weight of ones, zeros have the rest")},
)
loss(
    "softmax_focal",
    "-alpha*t*(1 - p)**gamma*log(p)",
    source=_LIN,
    per="rows",
    expects="logits",
    target="labels",
    given=(_SOFTMAX,),
    options=_FOCUS | {"alpha": Option("number", 1.0, low=0.0, doc="weight of every class")},
)
loss_of_layers(
    "gaussian_nll",
    "V[...] = where(log_variance == 1, v[...] + (t[...] - mu[...])**2*exp(-v[...]), "
    "log(v[...]) + (t[...] - mu[...])**2/v[...])/2 + where(full == 1, log(2*pi)/2, 0)",
    args={"mu": "...", "v": "..."},
    against="...",
    source="Nix, Weigend, ICNN 1, 55-60 (1994)",
    options={
        "log_variance": Option("flag", False, doc="whether v is the logarithm of the variance, not the variance"),
        "full": Option("flag", False, doc="whether the constant log(2*pi)/2 is added"),
    },
)
loss_of_layers(
    "gaussian_kl",
    "V[..., j] = (exp(log_var[..., j]) + mu[..., j]**2 - 1 - log_var[..., j])/2",
    args={"mu": "..., D", "log_var": "..., D"},
    per="rows",
    source="Kingma, Welling, ICLR (2014), arXiv:1312.6114, appendix B",
)
loss_of_layers(
    "info_nce",
    "U_loss[n] = sqrt(sum[j](u[n, j]**2))",
    "W_loss[n] = sqrt(sum[j](v[n, j]**2))",
    "S_loss[n, m] = sum[j](u[n, j]*v[m, j])/(temperature*U_loss[n]*W_loss[m])",
    "P_loss[n, m] = exp(S_loss[n, m])/sum[k](exp(S_loss[n, k]))",
    "V[n] = -log(P_loss[n, n])",
    args={"u": "N, D", "v": "N, D"},
    source="van den Oord, Li, Vinyals, arXiv:1807.03748 (2018); of cosines: Chen et al., ICML 37, 1597-1607 (2020)",
    options={"temperature": Option("number", 0.1, low=1e-6, doc="what the cosines are divided by")},
)
loss_of_layers(
    "triplet",
    "P_loss[...] = sum[j]((anchor[..., j] - positive[..., j])**2)",
    "M_loss[...] = sum[j]((anchor[..., j] - negative[..., j])**2)",
    "V[...] = max(0, where(squared == 1, P_loss[...] - M_loss[...], sqrt(P_loss[...]) - sqrt(M_loss[...])) + margin)",
    args={"anchor": "..., D", "positive": "..., D", "negative": "..., D"},
    source="Schroff, Kalenichenko, Philbin, CVPR, 815-823 (2015)",
    options={
        "margin": Option("number", 1.0, low=0.0, doc="by how much the negative has to be further away"),
        "squared": Option("flag", True, doc="whether distances are squared"),
    },
    kinks=(("the distances differ by the margin", "0"),),
)
loss_of_layers(
    "cosine_embedding",
    "U_loss[...] = sqrt(sum[j](u[..., j]**2))",
    "W_loss[...] = sqrt(sum[j](v[..., j]**2))",
    "C_loss[...] = sum[j](u[..., j]*v[..., j])/(U_loss[...]*W_loss[...])",
    "V[...] = where(t[...] > 0, 1 - C_loss[...], max(0, C_loss[...] - margin))",
    args={"u": "..., D", "v": "..., D"},
    against="...",
    target="sign",
    source="Chopra, Hadsell, LeCun, CVPR 1, 539-546 (2005)",
    options={"margin": Option("number", 0.0, low=-1.0, high=1.0, doc="cosine up to which a pair counts as different")},
    kinks=(("the cosine is the margin", "0"),),
)
loss_of_layers(
    "cosine",
    "U_loss[...] = sqrt(sum[j](u[..., j]**2))",
    "W_loss[...] = sqrt(sum[j](t[..., j]**2))",
    "C_loss[...] = sum[j](u[..., j]*t[..., j])/(U_loss[...]*W_loss[...])",
    "V[...] = 1 - C_loss[...]",
    args={"u": "..., D"},
    against="..., D",
    source="Salton, Wong, Yang, Commun. ACM 18, 613-620 (1975)",
)


def _ctc(input_lengths: bool, target_lengths: bool) -> tuple[str, ...]:
    """The equations, of rows of T steps and U labels or of their own lengths."""
    within = "[u < target_lengths[n]]*" * target_lengths
    blank, label = "B_loss[n, T - 1, u]", "E_loss[n, T - 1, w]"
    if input_lengths:
        # a row without steps has a path for no labels alone
        blank = "(B_loss[n, input_lengths[n] - 1, u] + [u > 0 and input_lengths[n] == 0]*never)"
        label = "(E_loss[n, input_lengths[n] - 1, w] + [input_lengths[n] == 0]*never)"
    return (
        "G_loss[n, s, c] = x[n, s, c] - log(sum[k](exp(x[n, s, k])))",
        f"K_loss[n, u] = {within}([u == 0] + K_loss[n, u - 1])*(1 - [t[n, u] == blank])",
        "R_loss[n, u] = [u == 0] + [u > 0 and t[n, u] == t[n, u - 1]]",
        "S_loss[n, s, u] = [u == 0]*never + [u > 0]*E_loss[n, s - 1, u - 1]",
        "M_loss[n, s, u] = R_loss[n, u]*never + (1 - R_loss[n, u])*E_loss[n, s - 1, u - 1]",
        "B_loss[n, s, u] = G_loss[n, s, blank] + [s == 0 and u > 0]*never "
        "+ [s > 0]*log(exp(B_loss[n, s - 1, u]) + exp(S_loss[n, s, u]))",
        "E_loss[n, s, u] = G_loss[n, s, t[n, u]] + [s == 0 and u > 0]*never "
        "+ [s > 0]*log(exp(E_loss[n, s - 1, u]) + exp(B_loss[n, s - 1, u]) + exp(M_loss[n, s, u]))",
        "D_loss[n, u] = [u == 0] + K_loss[n, u - 1] - K_loss[n, u]",
        f"H_loss[n] = sum[u](D_loss[n, u]*{blank})",
        f"F_loss[n] = D_loss[n, 0]*never + sum[w](D_loss[n, w + 1]*{label})",
        "V[n] = -log(exp(H_loss[n]) + exp(F_loss[n]))",
    )


_LENGTHS = {"input_lengths": "N < T + 1", "target_lengths": "N < U + 1"}
loss_of_layers(
    "ctc",
    *_ctc(False, False),
    args={"x": "N, T, C"},
    against="N, U < C",
    further=_LENGTHS,
    variants=tuple(
        Variant(dict(zip(_LENGTHS, given, strict=True)), equations=_ctc(*given))
        for given in product((False, True), repeat=2)
    ),
    recurrent={
        "K_loss": "N, U",
        "S_loss": "N, T, U + 1",
        "M_loss": "N, T, U",
        "B_loss": "N, T, U + 1",
        "E_loss": "N, T, U",
        "D_loss": "N, U + 1",
    },
    source="Graves, Fernandez, Gomez, Schmidhuber, ICML 23, 369-376 (2006)",
    options={
        "blank": Option("integer", 0, low=0, doc="label of no output; the labels of a row end before the first one"),
        "never": Option("number", -1e30, high=-1e4, doc="what stands for log(0)"),
    },
)
