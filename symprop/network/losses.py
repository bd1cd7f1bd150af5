"""The loss: terms of the spec, what they introduce, and the one equation of L.

Enters: losses of the library or formulas under `losses:`, with the tensors they compare.  Leaves: the equations of
their own tensors (the one-hot `Y` of labels, `P_loss`, `A_loss`, the smoothed `Ys`) and the scalar `L`, penalties
included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from symprop.language import Domain, Equation, Expr, Extent, Gather, Index, Position, Read, Tensor
from symprop.language.expressions import (
    ONE,
    Call,
    Number,
    Pow,
    add,
    divide,
    guard,
    mul,
    numeral_and_rest,
    reduce_,
    size,
)
from symprop.library import ACTIVATIONS, LOSSES, Given, Loss
from symprop.library.options import completed
from symprop.library.scalars import bind, exact
from symprop.network.activations import applied_tensor
from symprop.network.assembly import Assembly, Where
from symprop.network.functions import loss_formula
from symprop.network.patterns import Template, expanded, instance
from symprop.network.rewrite import Renaming
from symprop.network.shapes import Axes, Bindings, shown
from symprop.spec.model import LossSpec

TWO = Extent.of(2)
RANGES: Mapping[str, tuple[float | None, float | None]] = {
    "any": (None, None),
    "labels": (0.0, 1.0),
    "unit": (0.0, 1.0),
    "sign": (-1.0, 1.0),
    "nonnegative": (0.0, None),
}


def total_loss(net: Assembly) -> None:
    """Add the equation of L, the sum of all terms and penalties."""
    terms = [_Term(net, spec, number).value() for number, spec in enumerate(net.spec.loss)]
    if not terms:
        return net.fault(("loss",), "loss: expected at least one loss, got none")
    known = [weighted(term, spec.weight) for term, spec in zip(terms, net.spec.loss, strict=True) if term is not None]
    if len(known) == len(terms):
        source = "; ".join(dict.fromkeys(LOSSES[s.type].source for s in net.spec.loss if s.type in LOSSES))
        body = add(*known, *_penalties(net))
        net.use_all(body)
        net.equations.append(Equation("L", (), body, source=source, where=net.spec.where("loss")))
        net.tensors["L"] = Tensor("L", (), role="loss")


def weighted(term: Expr, weight: float) -> Expr:
    """A term times its weight."""
    return mul(exact(weight), term)


def positions(axes: tuple[Extent, ...], last: str) -> tuple[Position, ...]:
    """Letters for the axes of a prediction, the last one as given, n first."""
    text = f"[..., {last}]" if len(axes) > 1 else "[...]"
    letters = expanded(text, len(axes) - (len(axes) > 1))[1:-1].split(", ")
    return tuple(Position.of(Index(name, axis)) for name, axis in zip(letters, axes, strict=True))


@dataclass
class _Term:
    """One term of the loss; `count` is its number in the spec, from 0."""

    net: Assembly
    spec: LossSpec
    count: int
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> Where:
        listed = ("loss", self.count)
        return listed if listed in self.net.spec.places else ("loss",)

    def fault(self, message: str, hint: str = "") -> None:
        prefix = "loss" if len(self.net.spec.loss) == 1 else f"loss {self.count + 1}"
        self.net.fault(self.where, f"{prefix}: {self.spec.type}: {message}", hint)

    def value(self) -> Expr | None:
        """The term, reduced; None where it is at fault."""
        own = self.net.spec.losses.get(self.spec.type)
        if own is not None:
            formula = loss_formula(self.net, own)
            entry = Loss(own.name, own.formula.text, "")
        else:
            entry = LOSSES[self.spec.type]
            self.options = completed(entry.options, self.spec.options)
            formula = ONE if entry.args else entry.expression(**self.options)
        names = [self.net.outputs.get(source) for source in self.spec.sources]
        given = [self.net.tensors[name] for name in names if name is not None]
        target = self.net.tensors.get(self.spec.target)
        if formula is None or len(given) < len(names) or (target is None and entry.has_target):
            return None
        if entry.args:
            return self._of_layers(entry, given, target)
        return None if target is None else self._compared(formula, entry, given[0], target)

    def _compared(self, formula: Expr, entry: Loss, prediction: Tensor, target: Tensor) -> Expr | None:
        if not (self._right_kind(entry, prediction, target) and self._same_shape(prediction, target)):
            return None
        self.net.tensors[target.name] = target = self._constrained(entry, target)
        letters = positions(prediction.axes, "c" if entry.per == "rows" else "j")
        reads = {"p": prediction.name, "t": self._one_hot(prediction, target, letters)}
        for given in entry.given:
            if not given.when or self.options[given.when]:
                reads[given.role] = self._introduce(given, entry, prediction, reads["t"])
        body = bind(formula, {role: Read(name, letters) for role, name in reads.items()})
        value = self._reduced(entry, body, letters, prediction.axes)
        self._note_assumptions(entry, prediction, target)
        return value

    def _of_layers(self, entry: Loss, given: list[Tensor], target: Tensor | None) -> Expr | None:
        """The equations of a loss of layers, the last one being its value."""
        names = list(self.spec.source) if isinstance(self.spec.source, Mapping) else list(entry.args)
        further = {name: self.net.tensors[source] for name, source in self.spec.further.items()}
        local = dict(zip(names, given, strict=True)) | ({} if target is None else {"t": target}) | further
        bindings = self._bound(entry, local)
        if bindings is None:
            return None
        if target is not None:
            self.net.tensors[target.name] = self._constrained(entry, target)
        own = {name: Tensor(name, bindings.axes(shape)) for name, shape in entry.recurrent.items()}
        whole = {k: Extent.of(self.options[k]) for k, o in entry.options.items() if o.kind == "integer"}
        sizes, where = {**bindings.names, **whole}, f"loss '{entry.name}'"
        texts = entry.form(self.options, further).equations
        template = Template(texts, {**local, **own}, len(bindings.dots or ()), sizes, self.options, where)
        *made, (value, _) = instance(template)
        renamed = {name: tensor.name for name, tensor in local.items()}
        for equation, tensor in made:
            renamed[tensor.name] = self._free(tensor.name)
            named = Renaming(renamed).equation(equation)
            self._define(named, replace(tensor, name=named.target, origin="loss"), entry)
        axes = tuple(index.extent for index in value.free)
        reduced = self._reduced(entry, Renaming(renamed).expression(value.body), value.indices, axes)
        self._note_target(entry, target)
        return reduced

    def _bound(self, entry: Loss, local: Mapping[str, Tensor]) -> Bindings | None:
        """The extents of the shapes it reads, None where a tensor does not fit."""
        bindings = Bindings()
        shapes = {name: shape for name, shape in entry.shapes.items() if name in local}
        for name, shape in shapes.items():
            if (local[name].dtype == "integer") != ("<" in shape):
                kinds = ("integers", "numbers") if "<" in shape else ("numbers", "integers")
                self.fault(f"expected {kinds[0]} for {name}, got {kinds[1]}, {local[name].name}")
                return None
            if not bindings.match(shape, local[name].axes, local[name].high):
                pairs = ", ".join(f"{key} {shown(given.axes, given.high)}" for key, given in local.items())
                wanted = ", ".join(f"{key} ({shape})" for key, shape in shapes.items())
                self.fault(f"expected shapes {wanted}, got {pairs}", "Axes of the same name are of the same extent.")
                return None
        return bindings

    def _reduced(self, entry: Loss, body: Expr, letters: tuple[Position, ...], axes: Axes) -> Expr | None:
        """The sum of a value for each of the axes, masked, over what a mean divides by."""
        if not self.spec.mask:
            self.net.note(self._reduction(entry, axes))
            return _reduced(body, letters, self._divisor(entry, axes))
        mask = self.net.tensors[self.spec.mask]
        rows = axes[:-1] if entry.per == "rows" else axes
        fits = mask.dtype == "real" or mask.high == TWO
        if not fits or mask.axes != axes[: len(mask.axes)] or len(mask.axes) > len(rows):
            given = shown(mask.axes, mask.high)
            self.fault(f"expected a mask of numbers {shown(rows)}, or of integers below 2, got {mask.name} {given}")
            return None
        at = letters[: len(mask.axes)]
        read: Expr = Read(mask.name, at)
        if mask.dtype == "real":
            self.net.tensors[mask.name] = replace(mask, low=0.0, top=1.0)
        else:
            read = guard(Domain.equal(Position.of(Gather(mask.name, at)), Position.of(1)), ONE)
        indices = [p.index for p in at if p.index is not None]
        self.net.note(self._masked(entry, mask.name))
        kept = mul(_count(rows[len(mask.axes) :]), reduce_("sum", indices, read))
        return _reduced(mul(read, body), letters, ONE if self.spec.reduce == "sum" else kept)

    # -- what fits -----------------------------------------------------------------------------------------------

    def _right_kind(self, entry: Loss, prediction: Tensor, target: Tensor) -> bool:
        if target.dtype == "integer" and entry.target != "labels":
            hint = "Use a loss over classes such as softmax_cross_entropy, or give it a shape instead of classes."
            self.fault(f"expected numbers as target, got class labels, {target.name}", hint)
            return False
        if entry.per == "rows" and len(prediction.axes) < 2:
            self.fault(f"expected a prediction with an axis of classes, got {shown(prediction.axes)}")
            return False
        return self._right_side_of_activation(entry, prediction)

    def _right_side_of_activation(self, entry: Loss, prediction: Tensor) -> bool:
        applied = ACTIVATIONS.get(self.net.applied.get(prediction.name, ""))
        low, top = applied.range if applied is not None else (None, None)
        if applied is not None and entry.expects == "logits" and low == 0 and top == 1:
            hint = f"Leave the activation out: {entry.name} applies it."
            self.fault(f"expected logits, got {prediction.name}, which is after {applied.name}", hint)
            return False
        if applied is not None and entry.expects == "probabilities" and not (low == 0 and top == 1):
            activation = "softmax" if entry.per == "rows" else "sigmoid"
            message = f"expected probabilities, got {prediction.name}, which is after {applied.name}"
            self.fault(message, f"Give it the activation {activation}.")
            return False
        return True

    def _same_shape(self, prediction: Tensor, target: Tensor) -> bool:
        rows = target.dtype == "integer"
        if rows and prediction.axes[:-1] == target.axes and prediction.axes[-1] != target.high:
            message = f"{self.spec.source} has {prediction.axes[-1]} units, but {target.name} has {target.high} classes"
            self.fault(message, f"Give {self.spec.source} {target.high} units.")
            return False
        if target.axes == (prediction.axes[:-1] if rows else prediction.axes):
            return True
        expected = f"labels {shown(prediction.axes[:-1])}" if rows else shown(prediction.axes)
        hint = self._advice(prediction, target)
        message = f"prediction {self.spec.source} is {shown(prediction.axes)}, so the target is {expected}"
        self.fault(f"{message}, but {target.name} is {shown(target.axes)}", hint)
        return False

    def _advice(self, prediction: Tensor, target: Tensor) -> str:
        if target.dtype == "real" and len(target.axes) == len(prediction.axes) == 2:
            count = f"{target.axes[-1]} unit{'' if target.axes[-1].constant == 1 else 's'}"
            return f"Give {self.spec.source} {count}, or {target.name} the other shape."
        return "Give both the same axes."

    def _constrained(self, entry: Loss, target: Tensor) -> Tensor:
        """The target with the range its loss asks of it; rows of classes sum to 1."""
        if target.dtype == "integer":
            return target
        low, top = RANGES[entry.target]
        simplex = len(target.axes) - 1 if entry.target == "labels" else target.simplex
        low, top = (target.low if low is None else low), (target.top if top is None else top)
        values = (-1, 1) if entry.target == "sign" else target.values
        return replace(target, low=low, top=top, simplex=simplex, values=values)

    def _note_assumptions(self, entry: Loss, prediction: Tensor, target: Tensor) -> None:
        """What documents state of the data and of kinks."""
        applied = self.net.applied.get(prediction.name, "")
        self._note_target(entry, target)
        if entry.per == "rows" and entry.expects == "probabilities" and applied and prediction.simplex is None:
            rows = f"The rows of {prediction.name}, after {applied}, need not sum to 1"
            self.net.note(f"{rows}, which {entry.name} takes for granted.")

    def _note_target(self, entry: Loss, target: Tensor | None) -> None:
        if entry.target == "labels" and target is not None and target.dtype == "real":
            rows = f"The rows of {target.name} are taken to sum to 1"
            self.net.note(f"{rows}; integer labels are accepted where the target has classes.")
        if entry.target == "sign" and target is not None:
            self.net.note(f"Entries of {target.name} are -1 or 1.")
        for point, value in entry.kinks:
            self.net.note(f"{entry.name} has no derivative where {point}; {value} is taken there.")

    # -- what it introduces --------------------------------------------------------------------------------------

    def _one_hot(self, prediction: Tensor, target: Tensor, letters: tuple[Position, ...]) -> str:
        """Name of the target as rows; of labels, Y[n,c] = [y[n] == c]."""
        if target.dtype == "real":
            return target.name
        owner = f"the one-hot rows of {target.name}"
        name = "Y" if self.net.owners.get("Y") in (None, owner) else f"Y_{target.name}"
        if self.net.owners.get(name) != owner:
            same = Domain.equal(Position.of(Gather(target.name, letters[:-1])), letters[-1])
            made = Tensor(name, prediction.axes, low=0.0, top=1.0, simplex=len(prediction.axes) - 1, origin="loss")
            self.net.define(Equation(name, letters, guard(same, ONE)), made, owner, self.where)
        return name

    def _introduce(self, given: Given, entry: Loss, prediction: Tensor, target: str) -> str:
        """A tensor of the loss's own; a second loss numbers its own."""
        local = {"Z": prediction, "Y": self.net.tensors[target]}
        template = Template(
            (given.equation,), local, len(prediction.axes) - 1, {"C": prediction.axes[-1]}, self.options, entry.name
        )
        ((equation, tensor),) = instance(template)
        name = self._free(tensor.name)
        made = applied_tensor(replace(tensor, name=name), name, ACTIVATIONS.get(given.activation), "loss")
        if given.role == "t":
            made = replace(made, low=0.0, top=1.0, simplex=len(made.axes) - 1)
        renamed = Renaming({"Z": prediction.name, "Y": target, tensor.name: name}).equation(equation)
        return self._define(renamed, made, entry, ACTIVATIONS[given.activation].source if given.activation else "")

    def _free(self, name: str) -> str:
        """A name for a tensor of the loss's own."""
        return f"{name}{self.count + 1}" if self.count > 0 and name in self.net.tensors else name

    def _define(self, equation: Equation, tensor: Tensor, entry: Loss, source: str = "") -> str:
        self.net.use_all(equation.body)
        return self.net.define(equation, tensor, f"loss {entry.name}", self.where, source or entry.source)

    # -- what it divides by ---------------------------------------------------------------------------------------

    def _divisor(self, entry: Loss, axes: Axes) -> Expr:
        if self.spec.reduce == "sum":
            return ONE
        return _count(axes[:-1] if entry.per == "rows" else axes)

    def _called(self, entry: Loss) -> str:
        return "The loss" if len(self.net.spec.loss) == 1 else f"Term {self.count + 1} of the loss ({entry.name})"

    def _masked(self, entry: Loss, mask: str) -> str:
        counted = f"{mask} is 1 where it counts and 0 where not"
        if self.spec.reduce == "sum":
            return f"{self._called(entry)} is the sum over all entries, times {mask}; {counted}."
        return f"{self._called(entry)} is the mean over what {mask} keeps; {counted}, and not 0 everywhere."

    def _reduction(self, entry: Loss, axes: Axes) -> str:
        term = self._called(entry)
        if self.spec.reduce == "sum":
            return f"{term} is the sum over all entries, not divided by their number."
        axes = axes[:-1] if entry.per == "rows" else axes
        noun = "rows" if entry.per == "rows" else "entries"
        return f"{term} is the mean over {'*'.join(str(a) for a in axes if a.constant != 1)} {noun}."


def _count(axes: tuple[Extent, ...]) -> Expr:
    total = Extent.of(1)
    for axis in axes:
        total = total * axis
    names = [size(Position.of(Extent.of(name))) for monomial, _ in total.terms for name in monomial]
    single = len(total.terms) == 1
    return mul(Number(total.terms[0][1]), *names) if single else size(Position.of(total))


def _reduced(body: Expr, letters: tuple[Position, ...], divisor: Expr) -> Expr:
    """The sum over all entries, constant factors in front of it, over the number it is divided by."""
    indices = [p.index for p in letters if p.index is not None]
    numeral, rest = numeral_and_rest(body)
    return divide(mul(Number(numeral), reduce_("sum", indices, rest)), divisor)


def _penalties(net: Assembly) -> list[Expr]:
    """l1*sum|w| and (l2/2)*sum w**2 over every parameter of at least two axes; a bias is none."""
    found: list[Expr] = []
    for stem, words in (("l1", "|w|"), ("l2", "w**2")):
        factor = sum((exact(getattr(spec, stem)).value for spec in net.spec.loss), start=exact(0).value)
        weights = [t for t in net.tensors.values() if t.role == "param" and len(t.axes) > 1] if factor else []
        found += [_penalty(stem, t, Number(factor)) for t in weights]
        if weights:
            over = ", ".join(t.name for t in weights)
            shown_factor = f"{float(factor):g}" if stem == "l1" else f"({float(factor):g}/2)"
            if stem == "l1":
                net.note("|w| has no derivative at 0; 0 is taken there.")
            net.note(f"The loss includes the penalty {shown_factor}*sum {words} over {over}; it is not divided by N.")
    return found


def _penalty(stem: str, weight: Tensor, factor: Number) -> Expr:
    letters = "ijklmo"[: len(weight.axes)]
    indices = [Index(name, axis) for name, axis in zip(letters, weight.axes, strict=True)]
    entry = Read(weight.name, map(Position.of, indices))
    if stem == "l1":
        return mul(factor, reduce_("sum", indices, Call("abs", (entry,))))
    return mul(Number(factor.value / 2), reduce_("sum", indices, Pow(entry, Number(2))))
