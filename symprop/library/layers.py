"""Layers, one call per entry: an equation in index notation, with the shapes of what it reads.

Enters: equations and shapes as text.  Leaves: the registry `LAYERS`.  `...` stands for any number of axes, the batch
first, unless an index is written before it; `(...)` is one compound index of them.  A name in a shape is an option
of kind extent, or is bound by the first shape it stands in.  A parameter that an option leaves out reads as 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symprop.errors import Fault, FormulaError
from symprop.library.options import Option, Options
from symprop.library.registry import Registry


@dataclass(frozen=True)
class Parameter:
    """A learnable tensor of a layer.

    Args:
        shape: extents of its axes, `D, units`.
        init: name of the option that says how it is drawn.
        when: name of the flag that keeps it, "" where it is always there.
    """

    shape: str
    init: str
    when: str = ""


@dataclass(frozen=True)
class Layer:
    """A step of the forward pass.

    Args:
        name: its name in a spec.
        equations: definitions from the arguments and parameters, in order, the last one of `Z`; () where the layer
            is its activation alone.
        args: shape of every argument, by the name the equation reads it under, in the order they are given.
        shape: shape of the result.
        source: where it is published.
        params: learnable tensors by name.
        samples: tensors drawn anew for every step: shape, distribution, and the option that is its parameter.
        variadic: whether it takes two arguments or more; its one equation then combines what came before, `a`, with
            the next argument, `b`, and reads `a` at the indices of the result alone.
        options: what a spec can set; an option named `activation` is applied to the result.
        same: name for a mismatch of the arguments, such as "shape"; "" where the shapes alone explain it.
    """

    name: str
    equations: tuple[str, ...]
    args: Mapping[str, str]
    shape: str
    source: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    samples: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    variadic: bool = False
    options: Options = field(default_factory=dict)
    same: str = ""

    @property
    def equation(self) -> str:
        """The definition of Z, "" where the layer is its activation alone."""
        return self.equations[-1] if self.equations else ""


LAYERS: Registry[Layer] = Registry("layer")


def layer(
    name: str,
    *equations: str,
    args: Mapping[str, str],
    shape: str,
    source: str,
    params: Mapping[str, Parameter] | None = None,
    samples: Mapping[str, tuple[str, str, str]] | None = None,
    variadic: bool = False,
    options: Options | None = None,
    same: str = "",
) -> Layer:
    """Register a layer; see `Layer`.

    Raises:
        InputError: the name is taken or no name.
        FormulaError: the last equation does not define Z, or a parameter names an option that is missing.
    """
    known = dict(options or {})
    entry = Layer(
        name, equations, dict(args), shape, source, dict(params or {}), dict(samples or {}), variadic, known, same
    )
    _check(entry)
    return LAYERS.register(entry)


def _check(entry: Layer) -> None:
    where = f"layer '{entry.name}'"
    if entry.equations and not entry.equations[-1].startswith("Z["):
        raise FormulaError(Fault(where, "the last equation of a layer defines Z[...]"))
    if not entry.equations and "activation" not in entry.options:
        raise FormulaError(Fault(where, "expected an equation, or an option named activation"))
    named = [n for p in entry.params.values() for n in (p.init, p.when) if n]
    named += [option for _, _, option in entry.samples.values()]
    missing = [n for n in named if n not in entry.options]
    if missing:
        raise FormulaError(Fault(where, f"no option '{missing[0]}', which a parameter names"))


_ROSENBLATT = "Rosenblatt, Psychol. Rev. 65, 386-408 (1958)"
_RESIDUAL = "He, Zhang, Ren, Sun, CVPR, 770-778 (2016), arXiv:1512.03385"
_ACTIVATION = {"activation": Option("activation", None, doc="function applied to the result")}

layer(
    "dense",
    "Z[..., j] = sum[i](x[..., i]*W[i, j]) + b[j]",
    args={"x": "..., D"},
    shape="..., units",
    params={"W": Parameter("D, units", "init"), "b": Parameter("units", "bias_init", when="bias")},
    source="Rumelhart, Hinton, Williams, Nature 323, 533-536 (1986)",
    options={
        "units": Option("extent", doc="number of outputs"),
        "activation": _ACTIVATION["activation"],
        "bias": Option("flag", True, doc="whether b is there"),
        "init": Option("initialiser", "glorot_uniform", doc="how W is drawn"),
        "bias_init": Option("initialiser", "zeros", doc="how b is drawn"),
    },
)
layer(
    "activation",
    args={"x": "..."},
    shape="...",
    source=_ROSENBLATT,
    options={"activation": Option("activation", doc="function applied to every entry, or to the last axis")},
)
layer(
    "dropout",
    "Z[...] = x[...]*mask[...]",
    args={"x": "..."},
    shape="...",
    samples={"mask": ("...", "dropout", "rate")},
    source="Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, J. Mach. Learn. Res. 15, 1929-1958 (2014)",
    options={"rate": Option("number", 0.5, low=0.0, high=0.99, doc="probability of an entry to be dropped")},
)
layer(
    "flatten",
    "Z[n, (...)] = x[n, ...]",
    args={"x": "N, ..."},
    shape="N, (...)",
    source="LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86, 2278-2324 (1998)",
)
layer(
    "add",
    "Z[...] = a[...] + b[...]",
    args={"a": "...", "b": "..."},
    shape="...",
    variadic=True,
    source=_RESIDUAL,
    options=_ACTIVATION,
    same="shape",
)
layer(
    "multiply",
    "Z[...] = a[...]*b[...]",
    args={"a": "...", "b": "..."},
    shape="...",
    variadic=True,
    source="Dauphin, Fan, Auli, Grangier, ICML 34, 933-941 (2017), arXiv:1612.08083",
    options=_ACTIVATION,
    same="shape",
)
layer(
    "concat",
    "Z[..., j] = a[..., j] + b[..., j - A]",
    args={"a": "..., A", "b": "..., B"},
    shape="..., A + B",
    variadic=True,
    source="Huang, Liu, van der Maaten, Weinberger, CVPR, 4700-4708 (2017), arXiv:1608.06993",
    options=_ACTIVATION,
    same="all axes but the last",
)
