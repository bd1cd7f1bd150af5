"""Tensors, equations and networks: what a front end makes and every later stage reads.

Enters: names, extents and expressions.  Leaves: frozen values whose free and bound indices have been checked.
Provenance and source places live on the equation; nothing points back at its container.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from symprop.errors import Fault, FormulaError
from symprop.language.expressions import ONE, Expr, free_indices, tensors_read
from symprop.language.extents import Extent
from symprop.language.indices import EVERYWHERE, Domain, Index, Position
from symprop.language.modes import check_modes, predicting

LAYOUTS = ("rows", "columns")
ROLES = ("input", "target", "param", "state", "sample", "intermediate", "loss")


@dataclass(frozen=True)
class Tensor:
    """A named array.

    Args:
        name: its identifier, unique in a network.
        axes: extents of the axes; () for a scalar.
        dtype: "real" or "integer"; an integer tensor is a label, a token or an argmax.
        role: one of `ROLES`.
        high: for integer tensors, values lie in 0 ... high - 1.
        simplex: the axis along which entries sum to 1 (rows of probabilities), or None.
        low, top: closed range of the entries where one is known (0 and 1 for probabilities).
        values: the two numbers that the entries are, None where they may be others.
        init: name and options of the initialiser, of a parameter or a state.
        fans: (fan_in, fan_out) of the initialiser, None where they are those of its first and its last axis.
        origin: id of the layer it belongs to, "" for none.
    """

    name: str
    axes: tuple[Extent, ...]
    dtype: str = "real"
    role: str = "intermediate"
    high: Extent | None = None
    simplex: int | None = None
    low: float | None = None
    top: float | None = None
    init: tuple[str, tuple[tuple[str, float], ...]] | None = None
    origin: str = ""
    fans: tuple[int, int] | None = None
    values: tuple[int, int] | None = None

    @property
    def is_free(self) -> bool:
        """True of real numbers that may be any: no rows of probabilities, no mask, no labels."""
        return self.dtype == "real" and self.simplex is None and self.values is None and self.role != "sample"

    @property
    def at_rest(self) -> int:
        """What the entries of a sample are outside training: 0 of normal noise, 1 of a dropout mask."""
        return 0 if self.init is not None and self.init[0] == "noise" else 1


@dataclass(frozen=True)
class Equation:
    """`target[indices] = body`, wherever `domain` holds.

    Args:
        target: name of the tensor defined.
        indices: one position for each axis, an index or a compound of indices, all different.
        body: the right side.
        number: place in the full list of the derivation, 0 where none was given.
        domain: points of the target that are defined here; others are 0.
        origin: id of the layer it came from, "" for none.
        source: literature the equation is taken from, or "".
        where: place in the user's text, for errors.
    """

    target: str
    indices: tuple[Position, ...]
    body: Expr
    number: int = 0
    domain: Domain = EVERYWHERE
    origin: str = ""
    source: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        free = {index for position in self.indices for index in position.index_atoms()}
        loose = sorted(i.name for i in free_indices(self.body) - free)
        if loose:
            shown = ", ".join(loose)
            left = f"{self.target}[{', '.join(map(str, self.indices))}]" if self.indices else self.target
            raise FormulaError(
                Fault(
                    self.where or f"equation '{self.target}'",
                    f"index {shown} of the right side is free but is not on the left, {left}",
                    f"Sum over {shown} or write it on the left.",
                )
            )

    @property
    def free(self) -> tuple[Index, ...]:
        """The free indices, in the order of the left side."""
        return tuple(dict.fromkeys(i for p in self.indices for i in p.index_atoms()))

    def with_body(self, body: Expr) -> Equation:
        """The same equation with another right side."""
        return replace(self, body=body)

    def __str__(self) -> str:
        from symprop.language.printer import equation_text

        return equation_text(self)


@dataclass(frozen=True)
class Function:
    """A scalar function by formula: `name(args) = body`, where every argument is read as a scalar tensor.

    Args:
        name: identifier by which formulas call it.
        args: names of the arguments.
        body: the formula over `Read(arg)`, in primitives and other functions.
        params: learnable scalars with their initial values, in order; they follow the arguments in a call.
        latex: how documents write it, with `#` for the argument, or "" for its upright name.
        source: where it is published.
        kinks: points of the first argument at which it has no derivative, with the value taken there.
    """

    name: str
    args: tuple[str, ...]
    body: Expr
    params: tuple[tuple[str, float], ...] = ()
    latex: str = ""
    source: str = ""
    kinks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Optimizer:
    """One step of gradient descent, as scalar equations applied to every entry of every parameter.

    Args:
        name: its entry in the library.
        state: names of the arrays kept between steps, each of the parameter's shape and 0 at first.
        equations: assignments in order, over the scalars `w` (parameter), `g` (its gradient), the state, `t` (step,
            from 1) and `lr` (rate of this step); later ones see what earlier ones assigned; `w` is assigned last.
        lr: base rate, 1 / (unit of the loss per squared unit of the parameter).
        schedule: factor on `lr` over the scalars `t` and `total` (number of steps of the whole run).
        clip_norm: largest Euclidean norm of all gradients together, or None.
        source: where it is published.
    """

    name: str
    state: tuple[str, ...]
    equations: tuple[Equation, ...]
    lr: float
    schedule: Expr = ONE
    clip_norm: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Training:
    """Defaults of a training run.

    Args:
        epochs: passes over the data.
        batch_size: rows of a step.
        seed: of the initial parameters, the order of the rows and the dropout masks.
        dtype: "float32" or "float64".
        shuffle: whether every epoch has an order of its own.
        threads: that share the work of a step where that pays.
    """

    epochs: int = 10
    batch_size: int = 32
    seed: int = 0
    dtype: str = "float32"
    shuffle: bool = True
    threads: int = 1


@dataclass(frozen=True)
class Network:
    """A list of equations with its tensors: the forward pass and the loss.

    Args:
        name: its identifier.
        tensors: every tensor by name, in the order they are introduced.
        equations: forward equations in the order they can be evaluated, the loss last.
        loss: name of the scalar that is differentiated, normally "L".
        functions: scalar functions in use, by name.
        outputs: names of the tensors a prediction returns.
        notes: conventions and warnings a document states.
        symbols: LaTeX a user prefers for a tensor, by name.
        optimizer: how parameters are updated, or None.
        training: defaults of a run.
        text: the spec it was read from, or "".
        updates: next values of states after a step of training, `r[c] = (1 - m)*r[c] + m*mu[c]`: the left side names
            the state, the right side reads it and the forward values as they were before the parameters changed.  They
            are not differentiated: within a step a state is given.
        inference: equations that replace the forward equations of the same targets outside training, `mu[c] = r[c]`.
        layout: one of `LAYOUTS`: whether the batch is the first axis of the tensors that have it, or the last.

    Raises:
        FormulaError: an update or an inference equation has no meaning in this network.
    """

    name: str
    tensors: Mapping[str, Tensor]
    equations: tuple[Equation, ...]
    loss: str = "L"
    functions: Mapping[str, Function] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    symbols: Mapping[str, str] = field(default_factory=dict)
    optimizer: Optimizer | None = None
    training: Training = Training()
    text: str = ""
    updates: tuple[Equation, ...] = ()
    inference: tuple[Equation, ...] = ()
    layout: str = "rows"

    def __post_init__(self) -> None:
        if self.updates or self.inference or any(t.role == "state" for t in self.tensors.values()):
            check_modes(self)

    def __str__(self) -> str:
        return "\n".join(f"({e.number}) {e}" if e.number else str(e) for e in self.equations)

    def of_role(self, *roles: str) -> tuple[Tensor, ...]:
        """The tensors of given roles, in order."""
        return tuple(t for t in self.tensors.values() if t.role in roles)

    @property
    def params(self) -> tuple[Tensor, ...]:
        """The learnable tensors, in the order of the layers."""
        return self.of_role("param")

    @cached_property
    def predicting(self) -> tuple[Equation, ...]:
        """The forward equations as they hold outside training, those of `inference` in their places."""
        return predicting(self)

    def defining(self, tensor: str) -> Equation | None:
        """The equation that defines a tensor, None for inputs and parameters."""
        return self._definitions.get(tensor)

    def upstream(self, tensors: Iterable[str]) -> frozenset[str]:
        """Some tensors and all that they are computed from."""
        found = set(tensors)
        pending = sorted(found)
        while pending:
            equation = self.defining(pending.pop())
            new = sorted(set(tensors_read(equation.body)) - found) if equation else []
            found.update(new)
            pending += new
        return frozenset(found)

    def downstream(self, tensors: Iterable[str]) -> frozenset[str]:
        """Some tensors and all that is computed from them; more than one pass where a recurrence reads what follows."""
        found = set(tensors)
        while new := {e.target for e in self.equations if found & set(tensors_read(e.body))} - found:
            found |= new
        return frozenset(found)

    @cached_property
    def _definitions(self) -> dict[str, Equation]:
        return {e.target: e for e in self.equations}


def ranges(tensors: Iterable[Tensor]) -> dict[str, Extent]:
    """The range 0 ... high - 1 of every integer tensor, for proofs that a read is within bounds."""
    return {t.name: t.high for t in tensors if t.dtype == "integer" and t.high is not None}
