"""A step of training as equations: those of the gradient, and the optimizer's for every parameter.

    w = w - lr*g  ─►  next_W[i1,i2] = W[i1,i2] - c1*dW[i1,i2],  c1 = lr

The next value of a parameter is written where the parameter lies, so its equation runs behind all that read it: the
input gradient of a layer before the update of its weights.  Next to the product that finds a gradient the update is
its epilogue, and the gradient is never stored.

Enters: lowered equations and an Optimizer.  Leaves: equations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symprop.language import Equation, Expr, Index, Network, Position, Read, Tensor
from symprop.language.expressions import (
    Add,
    Call,
    Compare,
    Mul,
    Number,
    Where,
    tensors_read,
    transform,
    walk,
)
from symprop.plan.expansion import expand
from symprop.plan.values import Step

SCALARS = ("t", "lr")
CHEAP = (Add, Compare, Mul, Number, Read, Where)
SIGNS = ("abs", "sign", "max", "min")
LARGE = 1 << 17
"""Entries of parameters, gradients and the optimizer's state together that no longer stay in the second-level cache:
below, one loop over all of them costs less than one for every parameter."""


@dataclass(frozen=True)
class StepEquations:
    """The equations of a step.

    Args:
        equations: in an order in which they can run.
        results: what is to be found.
        step: what else a program of them needs.
    """

    equations: tuple[Equation, ...]
    results: tuple[str, ...]
    step: Step


def hoisted(expr: Expr, found: dict[Expr, str], fresh: Callable[[], str]) -> Expr:
    """Largest subexpressions of t and lr alone replaced by reads of names."""
    read = set(tensors_read(expr))
    if read and read <= set(SCALARS) and not isinstance(expr, Compare):
        if expr not in found:
            found[expr] = fresh()
        return Read(found[expr])
    children = expr.children()
    return expr.rebuild(tuple(hoisted(c, found, fresh) for c in children)) if children else expr


def step_equations(
    network: Network,
    gradient: Sequence[Equation],
    adjoints: Sequence[tuple[str, str]],
    successors: Sequence[tuple[str, str]],
    tensors: dict[str, Tensor],
) -> StepEquations | None:
    """The equations of a step, None where the update is better one loop over all parameters.

    Args:
        network: with its optimizer.
        gradient: lowered equations of loss, adjoints and next states.
        adjoints, successors: parameters with their adjoints, states with their next values.
        tensors: of all names; those of the step are added.
    """
    optimizer = network.optimizer
    if optimizer is None or optimizer.clip_norm is not None or not (_is_large(network) and _is_cheap(network)):
        return None
    maker, given = _Maker(network, tensors), dict(adjoints)
    behind = _places(gradient, adjoints)
    equations: list[Equation] = []
    for place, equation in enumerate(gradient):
        for param in behind.get(place, ()):
            equations += maker.made(tensors[param], next(e for e in gradient if e.target == given[param]))
        equations += [] if equation.target in given.values() else [equation]
    for param in (*behind.get(len(gradient), ()), *(p.name for p in network.params if p.name not in given)):
        adjoint = next((e for e in gradient if e.target == given.get(param)), None)
        equations += maker.made(tensors[param], adjoint)
    in_place = (*maker.in_place, *((new, old) for old, new in successors))
    results = (network.loss, *(new for new, _ in in_place))
    step = Step(tuple(maker.scalars), tuple(maker.slots), in_place)
    if _is_read_late(equations, in_place):
        return None
    return StepEquations(tuple(equations), results, step)


def _is_cheap(network: Network) -> bool:
    """True of an update without functions and quotients, for which the registers of a product's epilogue would wait.

    With the square root and the quotient of Adam a loop over all parameters behind the gradient took 4 % less of a
    step of 784-512-512-10; plain gradient descent in the epilogue 9 % less of one of 64-1024-1024-10.
    """
    functions, equations = dict(network.functions), network.optimizer.equations if network.optimizer else ()
    bodies = [hoisted(expand(e.body, functions), {}, lambda: "c") for e in equations]
    nodes = [node for body in bodies for node in walk(body)]
    return all(isinstance(n, CHEAP) or (isinstance(n, Call) and n.name in SIGNS) for n in nodes)


def _places(gradient: Sequence[Equation], adjoints: Sequence[tuple[str, str]]) -> dict[int, list[str]]:
    """Before which equation the parameters are updated: where the next adjoint is found once all have read them.

    The equations between a reader and that place, such as an activation's derivative, stay next to the reader.
    """
    places = {e.target: k for k, e in enumerate(gradient)}
    starts = [*sorted(places[adjoint] for _, adjoint in adjoints), len(gradient)]
    found: dict[int, list[str]] = {}
    for param, adjoint in sorted(adjoints, key=lambda pair: places[pair[1]]):
        last = max((k for k, e in enumerate(gradient) if param in tensors_read(e.body)), default=0)
        found.setdefault(next(k for k in starts if k > last and k >= places[adjoint]), []).append(param)
    return found


def _is_read_late(equations: Sequence[Equation], in_place: Sequence[tuple[str, str]]) -> bool:
    """True where something is read behind the equation that overwrites it: a state of which another one's next is."""
    overwritten, old_of = set[str](), dict(in_place)
    for equation in equations:
        if overwritten & set(tensors_read(equation.body)):
            return True
        overwritten |= {old_of[equation.target]} if equation.target in old_of else set()
    return False


def _is_large(network: Network) -> bool:
    total = 0
    for param in network.params:
        size = 1
        for axis in param.axes:
            size *= axis.constant or 0
        total += size
    slots = len(network.optimizer.state) if network.optimizer else 0
    return total * (2 + slots) >= LARGE


class _Maker:
    """The optimizer's equations for one parameter after the other."""

    def __init__(self, network: Network, tensors: dict[str, Tensor]) -> None:
        assert network.optimizer is not None
        self.optimizer, self.tensors = network.optimizer, tensors
        functions, found = dict(network.functions), dict[Expr, str]()
        bodies = [e.with_body(expand(e.body, functions)) for e in self.optimizer.equations]
        self.bodies = [e.with_body(hoisted(e.body, found, self._scalar)) for e in bodies]
        self.scalars = [(name, expr) for expr, name in found.items()]
        self.slots: list[tuple[str, str, str]] = []
        self.in_place: list[tuple[str, str]] = []

    def _scalar(self) -> str:
        count = 1
        while f"c{count}" in self.tensors:
            count += 1
        self.tensors[f"c{count}"] = Tensor(f"c{count}", ())
        return f"c{count}"

    def _tensor(self, name: str, like: Tensor) -> str:
        while name in self.tensors:
            name += "_"
        self.tensors[name] = Tensor(name, like.axes)
        return name

    def made(self, param: Tensor, adjoint: Equation | None) -> list[Equation]:
        """The equations of a parameter, that of its adjoint first."""
        at = tuple(Position.of(Index(f"i{k}", axis)) for k, axis in enumerate(param.axes, 1))
        if adjoint is not None and all(p.index is not None for p in adjoint.indices):
            at = adjoint.indices
        names = {slot: self._tensor(f"{slot}_{param.name}", param) for slot in self.optimizer.state}
        self.slots += [(name, slot, param.name) for slot, name in names.items()]
        values: dict[str, Expr] = {slot: Read(name, at) for slot, name in names.items()}
        values |= {"w": Read(param.name, at), "g": Read(adjoint.target, at) if adjoint else Number(0)}
        group: list[Equation] = []
        for equation in self.bodies:
            body = transform(equation.body, lambda e: values.get(e.tensor, e) if isinstance(e, Read) else e)
            old = {**names, "w": param.name}.get(equation.target)
            new = self._tensor(f"next_{old}" if old else f"{equation.target}_{param.name}", param)
            group.append(Equation(new, at, body, adjoint.number if adjoint else 0))
            values[equation.target] = Read(new, at)
            if old:
                self.in_place.append((new, old))
        return [*([adjoint] if adjoint else []), *group]
