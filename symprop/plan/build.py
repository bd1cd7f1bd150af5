"""Derivation to KernelPlan, stage by stage.

    equations ─ lower ─► kernels' equations ─ needed ─► those a program needs ─ order ─► units ─ split, fuse ─► stages

Enters: a Derivation.  Leaves: a KernelPlan of programs: forward and loss, as they are outside training, and the
gradient of a step of training with the next values of the states; where the two modes differ also training_forward.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from symprop.algebra.matching import alike
from symprop.derivation.values import Derivation, Quantity
from symprop.language import Equation, Index, Network, Position, Read, Tensor
from symprop.language.definitions import extent
from symprop.language.expressions import Number, gathers, substitute, tensors_read, transform
from symprop.plan.contraction import split
from symprop.plan.expansion import lower
from symprop.plan.flattening import flattened
from symprop.plan.fusion import fuse
from symprop.plan.padding import Copies, padded
from symprop.plan.recurrence import Unit, order
from symprop.plan.signs import signs_of_results
from symprop.plan.values import Buffer, KernelPlan, Product, Program, Stage


def plan_derivation(derivation: Derivation, smallest_product: int = 2048, turned: bool = False) -> KernelPlan:
    """The programs of a derivation.

    Args:
        derivation: forward and adjoint equations.
        smallest_product: multiplications, the batch counted as 32 rows, from which a sum of products is a matrix
            product of its own; below it stays a loop that others can be fused with.
        turned: right factors are stored the way round that vector code reads them, see `split`.
    """
    network = derivation.network
    tensors = dict(network.tensors)
    for adjoint in derivation.adjoints:
        tensors[adjoint.equation.target] = _adjoint_tensor(adjoint.equation, tensors[adjoint.tensor])
    forward = _lowered(network.equations, network, tensors)
    backward = _lowered((a.exact for a in derivation.adjoints), network, tensors)
    targets = {a.tensor: a.equation.target for a in derivation.adjoints}
    adjoints = tuple((p.name, targets[p.name]) for p in network.params if p.name in targets)
    grads = [target for _, target in adjoints]
    successors = tuple((t.name, _free_name(f"next_{t.name}", tensors)) for t in network.of_role("state"))
    tensors.update({new: replace(tensors[old], name=new, role="intermediate") for old, new in successors})
    updates = _lowered(_updates(network, dict(successors)), network, tensors)
    plain = [_without_samples(e, network) for e in _lowered(network.predicting, network, tensors)]
    outputs, predicting = network.outputs, network.predicting
    step = [*network.equations, *(a.equation for a in derivation.adjoints), *_updates(network, dict(successors))]
    results = (network.loss, *grads, *(new for _, new in successors))
    programs = [
        _program("forward", plain, outputs, predicting, tensors, smallest_product, turned),
        _program("loss", plain, (network.loss,), predicting, tensors, smallest_product, turned),
        _program("gradient", [*forward, *backward, *updates], results, step, tensors, smallest_product, turned),
    ]
    if network.inference or network.of_role("sample"):
        shown = network.equations
        programs.append(_program("training_forward", forward, outputs, shown, tensors, smallest_product, turned))
    return KernelPlan(
        network.name,
        tuple(tensors.items()),
        network.of_role("input"),
        network.of_role("target"),
        network.params,
        network.of_role("state"),
        network.of_role("sample"),
        outputs,
        adjoints,
        successors,
        tuple(programs),
    )


def _updates(network: Network, successors: Mapping[str, str]) -> list[Equation]:
    """The next value of every state, as a tensor beside it; one without an update stays as it is."""
    given = {e.target: e for e in network.updates}
    found = []
    for name, new in successors.items():
        indices = [Position.of(Index(f"i{k}", axis)) for k, axis in enumerate(network.tensors[name].axes, 1)]
        equation = given.get(name) or Equation(name, tuple(indices), Read(name, indices))
        found.append(replace(equation, target=new))
    return found


def _free_name(name: str, tensors: Mapping[str, Tensor]) -> str:
    while name in tensors:
        name += "_"
    return name

def plan_quantity(
    quantity: Quantity, name: str, plan: KernelPlan, smallest_product: int = 2048, turned: bool = False
) -> KernelPlan:
    """The one program of a quantity, its dropout masks 1; otherwise as `plan_derivation`.

    Args:
        quantity: equations in the form kernels are lowered from, and what is wanted of them.
        name: of the program.
        plan: of the derivation itself, which knows inputs, targets and parameters.
        smallest_product, turned: as of `plan_derivation`.
    """
    network = quantity.derivation.network
    tensors = {**dict(plan.tensors), **network.tensors}
    for equation in quantity.equations:
        tensors.setdefault(equation.target, Tensor(equation.target, tuple(map(extent, equation.indices))))
    shown = (*network.equations, *(a.equation for a in quantity.derivation))
    lowered = [_without_samples(e, network) for e in _lowered(quantity.equations, network, tensors)]
    results = tuple(target for _, target in quantity.results)
    program = _program(name, lowered, results, shown, tensors, smallest_product, turned)
    return replace(plan, tensors=tuple(tensors.items()), programs=(program,))


def _adjoint_tensor(equation: Equation, primal: Tensor) -> Tensor:
    return Tensor(equation.target, primal.axes, origin=primal.origin)


def _lowered(equations: Iterable[Equation], network: Network, tensors: dict[str, Tensor]) -> list[Equation]:
    """Kernels' equations; a helper that several equations ask for is made once."""
    found: dict[str, Equation] = {}
    for equation in equations:
        *helpers, last = lower(equation, network)
        names: dict[str, str] = {}
        for helper in helpers:
            own = _renamed(replace(helper, number=helper.number or equation.number), names)
            while own.target in network.tensors or (own.target in found and not _same(own, found[own.target])):
                own = replace(own, target=own.target + "_")
            names[helper.target] = own.target
            found.setdefault(own.target, own)
            tensors.setdefault(own.target, _helper_tensor(own))
        found[last.target] = _renamed(replace(last, number=equation.number), names)
    return list(found.values())


def _renamed(equation: Equation, names: Mapping[str, str]) -> Equation:
    """The equation with helpers read under the names they got."""
    if all(old == new for old, new in names.items()):
        return equation
    return equation.with_body(
        transform(equation.body, lambda e: Read(names.get(e.tensor, e.tensor), e.indices) if isinstance(e, Read) else e)
    )


def _same(left: Equation, right: Equation) -> bool:
    """True where two helpers are one up to names of indices: the maximum of a row of Z, whoever asks for it.

    Two equations may ask for different ones by one name: the row of Z/2 that defines P, and the row of P itself.
    """
    if len(left.indices) != len(right.indices) or left.domain or right.domain:
        return left == right
    bodies = []
    for helper in (left, right):
        own = {p.index: Position.of(Index(f"'{k}", p.index.extent)) for k, p in enumerate(helper.indices) if p.index}
        bodies.append(substitute(helper.body, own))
    return alike(*bodies)


def _helper_tensor(helper: Equation) -> Tensor:
    indices = [p.index for p in helper.indices]
    integer = getattr(helper.body, "op", "").startswith("arg")
    axes = tuple(i.extent for i in indices if i is not None)
    return Tensor(helper.target, axes, "integer" if integer else "real")


def _without_samples(equation: Equation, network: Network) -> Equation:
    """Outside training a dropout mask is 1 everywhere, and noise 0."""
    resting = {t.name: Number(t.at_rest) for t in network.of_role("sample")}
    if not resting.keys() & set(tensors_read(equation.body)):
        return equation
    return equation.with_body(
        transform(equation.body, lambda e: resting.get(e.tensor, e) if isinstance(e, Read) else e)
    )


def _program(
    name: str,
    equations: Sequence[Equation],
    results: tuple[str, ...],
    originals: Sequence[Equation],
    tensors: dict[str, Tensor],
    least: int,
    turned: bool,
) -> Program:
    needed = _needed(equations, results)
    early: list[Unit | Product] = []
    items: list[Unit | Product] = []
    copies: Copies = {}
    defined = {e.target for e in needed}
    forms = [flattened(e) for e in signs_of_results(needed)]
    for unit in order(forms):
        for part in _padded(unit, tensors, copies) if turned else [unit]:
            found = _split(part, tensors, least, turned)
            # what is made of weights alone would stand in the way of loops over the batch
            first = [] if any(isinstance(f, Product) for f in found) else [f for f in found if _is_given(f, defined)]
            early += first
            items += [f for f in found if f not in first]
    stages = fuse([*early, *items])
    numbers = {e.number for e in needed}
    reads = dict.fromkeys(n for e in needed for n in tensors_read(e.body) if n not in defined)
    given = tuple(n for n in tensors if n in reads)
    shown = tuple(e for e in originals if e.number in numbers and e.target in defined)
    return Program(name, stages, _buffers(stages, results, tensors), results, given, shown)


def _needed(equations: Sequence[Equation], results: Iterable[str]) -> list[Equation]:
    """The equations that the results depend on."""
    defining = {e.target: e for e in equations}
    wanted: set[str] = set()
    stack = [r for r in results if r in defining]
    while stack:
        target = stack.pop()
        if target not in wanted:
            wanted.add(target)
            stack += [n for n in tensors_read(defining[target].body) if n in defining]
    return [e for e in equations if e.target in wanted]


def _is_given(item: Unit | Product, defined: set[str]) -> bool:
    """True of an operand without a batch axis that depends on nothing that is computed."""
    if isinstance(item, Product) or len(item.equations) > 1 or item.equations[0].target in defined:
        return False
    equation = item.equations[0]
    return not any(i.extent.names for i in equation.free) and not defined & set(tensors_read(equation.body))


def _padded(unit: Unit, tensors: dict[str, Tensor], copies: Copies) -> list[Unit]:
    if unit.step is not None:
        return [unit]
    return [Unit((equation,)) for equation in padded(unit.equations[0], tensors, copies)]


def _split(unit: Unit, tensors: dict[str, Tensor], least: int, turned: bool) -> list[Unit | Product]:
    if unit.step is not None:
        return [unit]
    parts = split(unit.equations[0], tensors, least, turned)
    operands: list[Unit | Product] = [Unit((operand,)) for operand in parts.operands]
    # the product that writes the target itself comes last, next to the loop nest that is its epilogue
    products = sorted(parts.products, key=lambda p: p.out == unit.equations[0].target)
    return [*operands, *products, *([Unit((parts.rest,))] if parts.rest else [])]


def _buffers(stages: Sequence[Stage], results: Sequence[str], tensors: Mapping[str, Tensor]) -> tuple[Buffer, ...]:
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, stage in enumerate(stages):
        for name in stage.outputs:
            first.setdefault(name, place)
        for name in (*stage.inputs, *stage.outputs):
            last[name] = place
    local = _locals(stages)
    found = []
    for name, start in first.items():
        role = "result" if name in results else "local" if name in local else "work"
        tensor = tensors[name]
        found.append(Buffer(name, tensor.axes, tensor.dtype, role, start, last[name]))
    return tuple(found)


def _locals(stages: Sequence[Stage]) -> set[str]:
    """Targets read nowhere but in the loop body that defines them, at the point where it is defined."""
    homes: dict[str, tuple[int, int]] = {}
    for place, stage in enumerate(stages):
        for number, group in enumerate(stage.groups):
            for equation in group:
                homes[equation.target] = (place, number)
    excluded = {s.product.out for s in stages if s.product}
    for place, stage in enumerate(stages):
        if stage.product:
            excluded.update((stage.product.left, stage.product.right))
        if stage.form == "loops" and stage.shared:
            excluded.update(stage.outputs)
        for number, group in enumerate(stage.groups):
            for equation in group:
                excluded.update(n for n in tensors_read(equation.body) if homes.get(n) != (place, number))
                excluded.update(g.tensor for g in gathers(equation.body))
                excluded.update([equation.target] if any(p.index is None for p in equation.indices) else [])
    return set(homes) - excluded
