"""What a layer is: equations in index notation, with the shapes of what it reads and makes, as text.

Enters: the calls of `layer`, one per entry.  Leaves: the registry `LAYERS`.

In equations and shapes `...` stands for any number of axes, the batch first, unless an index is written before it, and
`(...)` for one compound index of them.  Of an option `axis` of kind "axes", `...axis` are the axes picked, `...!axis`
all others, `...<axis` those before and `...>axis` those after it; of an option `shape` of kind "extents", `...shape`
are new axes of these extents.  Shapes are extents as arithmetic; a name in one is an option, a computed extent, or is
bound by the first shape it stands in.  `..., T < V` is a tensor of integers below V.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from symprop.errors import Fault, FormulaError
from symprop.library.options import Options
from symprop.library.registry import Registry
from symprop.library.variants import Variant, varied


@dataclass(frozen=True)
class Parameter:
    """A learnable tensor of a layer.

    Args:
        shape: extents of its axes, `D, units`.
        init: name of the option that says how it is drawn.
        when: name of the flag that keeps it, "" where it is always there.
        absent: the number that it reads as where it is left out.
        fans: extents `fan_in, fan_out` of its initialiser, "" where they are those of its first and its last axis.
    """

    shape: str
    init: str
    when: str = ""
    absent: int = 0
    fans: str = ""


@dataclass(frozen=True)
class Requirement:
    """What has to hold of the extents of a layer.

    Args:
        least: arithmetic that has to be 0 or more.
        sentence: what is said where it is not; `{...}` in it is arithmetic.
        hint: what to do about it.
    """

    least: str
    sentence: str
    hint: str = ""


ONE = Requirement("1 - axis_count", "axis: expected one axis, got {axis_count}")
"""Of an option `axis` that could name several."""


@dataclass(frozen=True)
class Layer:
    """A step of the forward pass.

    Args:
        name: its name in a spec.
        equations: definitions from the arguments and parameters, in order, the last one of `Z`, which may be the name
            of one before, `Z[n, t, j] = h[n, t, j]`; () where the layer is its activation alone.
        args: shape of every argument, by the name the equation reads it under, in the order they are given.
        shape: shape of the result.
        source: where it is published.
        params: learnable tensors by name; the first one is what `tie: other.W` ties.
        samples: tensors drawn anew for every step: shape, distribution ("dropout", or "noise" of normal numbers), and
            the option that is its parameter, "" for none.
        state: tensors that training updates and does not differentiate by: shape, and how they are drawn.
        updates: next values of states after a step of training, `rm[c] = (1 - momentum)*rm[c] + momentum*mu[c]`.
        inference: equations that replace those of the same targets outside training.
        variadic: whether it takes two arguments or more; its one equation then combines what came before, `a`, with
            the next argument, `b`, and reads `a` at the indices of the result alone.
        options: what a spec can set; an activation among them is called by its name, `gate(x[n])`, and one named
            `activation` that no equation calls is applied to the result.
        same: name for a mismatch of the arguments, such as "shape"; "" where the shapes alone explain it.
        extents: whole numbers computed from extents and options, in order, as arithmetic; equations read them too.
        indices: extents of indices that stand alone on no axis.
        recurrent: shapes of tensors that equations read before they define them, at another step.
        optional: arguments that may be left out, with the number that they then read as.
        requires: what has to hold of the extents.
        variants: what is different for certain values of options; those that hold are put in, in order.
    """

    name: str
    equations: tuple[str, ...]
    args: Mapping[str, str]
    shape: str
    source: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    samples: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    state: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    updates: tuple[str, ...] = ()
    inference: tuple[str, ...] = ()
    variadic: bool = False
    options: Options = field(default_factory=dict)
    same: str = ""
    extents: Mapping[str, str] = field(default_factory=dict)
    indices: Mapping[str, str] = field(default_factory=dict)
    recurrent: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, int] = field(default_factory=dict)
    requires: tuple[Requirement, ...] = ()
    variants: tuple[Variant, ...] = ()

    @property
    def equation(self) -> str:
        """The definition of Z, "" where the layer is its activation alone."""
        return self.equations[-1] if self.equations else ""

    @property
    def needed(self) -> tuple[str, ...]:
        """The arguments that have to be given."""
        return tuple(name for name in self.args if name not in self.optional)

    @property
    def called(self) -> tuple[str, ...]:
        """The options that equations call as functions."""
        activations = (name for name, option in self.options.items() if option.kind == "activation")
        return tuple(name for name in activations if any(re.search(rf"\b{name}\(", text) for text in self.equations))

    def form(self, options: Mapping[str, Any], given: Collection[str] = ()) -> Layer:
        """The entry for certain values of its options and with certain arguments, as keys or as many as are given."""
        named = set(given) if isinstance(given, Mapping) else set(list(self.args)[: len(given)])
        settings = {**options, **{name: name in named for name in self.optional}}
        return varied(self, self.variants, settings)

    def is_integer(self, arg: str) -> bool:
        """Whether an argument holds integers."""
        return "<" in self.args[arg].replace("...<", "")


LAYERS: Registry[Layer] = Registry("layer")


def layer(name: str, *equations: str, args: Mapping[str, str], shape: str, source: str, **rest: Any) -> Layer:
    """Register a layer; `rest` are the other fields of `Layer`.

    Raises:
        InputError: the name is taken or no name.
        FormulaError: the last equation does not define Z, or a parameter or a variant names what is missing.
    """
    given = {key: value for key, value in rest.items() if value is not None}
    entry = Layer(name, equations, dict(args), shape, source, **given)
    _check_variants(entry, f"layer '{name}'")
    for form in (entry, *(entry.form(v.when, {n: True for n in v.when if n in entry.args}) for v in entry.variants)):
        _check(form)
    return LAYERS.register(entry)


def _check(entry: Layer) -> None:
    where = f"layer '{entry.name}'"
    if entry.equations and not entry.equations[-1].startswith("Z["):
        raise FormulaError(Fault(where, "the last equation of a layer defines Z[...]"))
    if not entry.equations and "activation" not in entry.options:
        raise FormulaError(Fault(where, "expected an equation, or an option named activation"))
    named = [n for p in entry.params.values() for n in (p.init, p.when) if n]
    named += [option for _, _, option in entry.samples.values() if option]
    missing = [n for n in named if n not in entry.options]
    if missing:
        raise FormulaError(Fault(where, f"no option '{missing[0]}', which a parameter names"))
    strange = [text for text in entry.updates if text.partition("[")[0] not in entry.state]
    if strange:
        raise FormulaError(Fault(where, f"the update '{strange[0]}' is not one of a state"))


def _check_variants(entry: Layer, where: str) -> None:
    known = {f.name for f in fields(Layer)} - {"name", "options", "variants", "variadic", "source"}
    for variant in entry.variants:
        for key in variant.when:
            if key not in entry.options and key not in entry.optional:
                raise FormulaError(Fault(where, f"no option '{key}', which a variant names"))
        for key in variant.changes:
            if key not in known:
                raise FormulaError(
                    Fault(where, f"a variant changes '{key}'; expected one of {', '.join(sorted(known))}")
                )
    for name in entry.optional:
        if name not in entry.args:
            raise FormulaError(Fault(where, f"no argument '{name}', which is said to be optional"))
