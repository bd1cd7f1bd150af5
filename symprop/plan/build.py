"""Derivation to KernelPlan, stage by stage.

    equations ─ lower ─► kernels' equations ─ needed ─► those a program needs ─ order ─► units ─ split, fuse ─► stages

Enters: a Derivation.  Leaves: a KernelPlan of programs: forward and loss, as they are outside training, and the
gradient of a step of training with the next values of the states; where the two modes differ also training_forward.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from symprop.derivation.values import Derivation, Quantity
from symprop.language import Equation, Expr, Index, Network, Position, Read, Tensor
from symprop.language.definitions import extent
from symprop.language.expressions import Number, Reduce, gathers, reads, tensors_read, transform
from symprop.plan.axes import merged, with_columns_last
from symprop.plan.contraction import outermost, split
from symprop.plan.expansion import lower
from symprop.plan.flattening import flattened
from symprop.plan.fusion import fuse
from symprop.plan.padding import Copies, padded
from symprop.plan.recurrence import Unit, order, same
from symprop.plan.sharing import evaluated_once
from symprop.plan.signs import signs_of_results
from symprop.plan.step import step_equations
from symprop.plan.steps import prepared, ranges
from symprop.plan.tables import through_tables
from symprop.plan.turning import factors_stored
from symprop.plan.values import Buffer, KernelPlan, Product, Program, Stage


def plan_derivation(derivation: Derivation, smallest_product: int = 2048, turned: bool = False) -> KernelPlan:
    """The programs of a derivation.

    Args:
        derivation: forward and adjoint equations.
        smallest_product: multiplications, the batch counted as 32 rows, from which a sum of products is a matrix
            product of its own; below it stays a loop that others can be fused with.
        turned: right factors are stored the way round that vector code reads them, see `factors_stored`.
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
    gradient = [*forward, *backward, *updates]
    results = (network.loss, *grads, *(new for _, new in successors))
    programs = [
        _program("forward", plain, outputs, predicting, tensors, smallest_product, turned),
        _program("loss", plain, (network.loss,), predicting, tensors, smallest_product, turned),
        _program("gradient", gradient, results, step, tensors, smallest_product, turned),
    ]
    if network.inference or network.of_role("sample"):
        shown = network.equations
        programs.append(_program("training_forward", forward, outputs, shown, tensors, smallest_product, turned))
    training = step_equations(network, gradient, adjoints, successors, tensors) if turned else None
    if training is not None:
        given = (training.equations, training.results, step, tensors, smallest_product, turned)
        programs.append(_program("step", *given, dict(training.step.in_place)))
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
        training.step if training is not None else None,
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
            while own.target in network.tensors or (own.target in found and not same(own, found[own.target])):
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
    in_place: Mapping[str, str] = {},
) -> Program:
    asked = _needed(equations, results)
    needed = [merged(e) for e in _needed(through_tables(asked, results, tensors), results)]
    needed = evaluated_once(needed, tensors)
    early: list[Unit | Product] = []
    items: list[Unit | Product] = []
    copies: Copies = {}
    defined = {e.target for e in needed}
    forms = [flattened(e) for e in signs_of_results(needed)]
    for unit in order(forms, in_place):
        for part in _padded(unit, tensors, copies) if turned else [unit]:
            found = _split(part, tensors, least, turned)
            # what is made of weights alone would stand in the way of loops over the batch
            first = [] if any(isinstance(f, Product) for f in found) else [f for f in found if _is_given(f, defined)]
            early += first
            items += [f for f in found if f not in first]
    numbers = {e.number for e in asked}
    stages = fuse([*early, *items], in_place)
    stages = factors_stored(stages, tensors) if turned else stages
    reads = dict.fromkeys(n for e in needed for n in tensors_read(e.body) if n not in defined)
    given = tuple(n for n in tensors if n in reads)
    wanted = {e.target for e in asked}
    shown = tuple(e for e in originals if e.number in numbers and e.target in wanted)
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
        before, steps = prepared(unit, tensors, least, turned)
        return [*(part for e in before for part in _split(Unit((e,)), tensors, least, turned)), steps]
    parts = split(unit.equations[0], tensors, least, turned)
    operands: list[Unit | Product] = [Unit((operand,)) for operand in parts.operands]
    if parts.rest is not None and turned and not parts.rest.domain:
        parts.rest, stored = _with_columns_last(parts.rest, tensors, least)
        operands += [Unit((operand,)) for operand in stored]
    # the product that writes the target itself comes last, next to the loop nest that is its epilogue
    products = sorted(parts.products, key=lambda p: p.out == unit.equations[0].target)
    rest = [] if parts.rest is None else [parts.rest] if products or not turned else ranges(parts.rest)
    return [*operands, *products, *([Unit(tuple(rest))] if rest else [])]


def _with_columns_last(
    equation: Equation, tensors: dict[str, Tensor], least: int
) -> tuple[Equation, list[Equation]]:
    """The equation with the right factors of its sums stored along its last index, and what stores them."""
    stored: list[Equation] = []

    def change(node: Reduce) -> Expr:
        found, before = with_columns_last(node, equation, tensors, least)
        stored.extend([before] if before else [])
        return found

    return equation.with_body(outermost(equation.body, change)), stored


def _buffers(stages: Sequence[Stage], results: Sequence[str], tensors: Mapping[str, Tensor]) -> tuple[Buffer, ...]:
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, stage in enumerate(stages):
        for name in stage.outputs:
            first.setdefault(name, place)
        for name in (*stage.inputs, *stage.outputs):
            last[name] = place
    roles = {**dict.fromkeys(_passing(stages), "passing"), **dict.fromkeys(_locals(stages), "local")}
    found = []
    for name, start in first.items():
        role = "result" if name in results else roles.get(name, "work")
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
        steps = stage.form == "loops" and bool(stage.shared)
        for number, group in enumerate(stage.groups):
            for equation in group:
                excluded.update(n for n in tensors_read(equation.body) if homes.get(n) != (place, number))
                excluded.update(g.tensor for g in gathers(equation.body))
                excluded.update([equation.target] if any(p.index is None for p in equation.indices) else [])
                excluded.update(_of_other_steps(equation, group) if steps else ())
    return set(homes) - excluded


def _passing(stages: Sequence[Stage]) -> set[str]:
    """Products that the loop body behind them alone reads, at the place that is being computed."""
    found = set()
    for stage in (s for s in stages if s.product and s.groups):
        out, first = stage.product.out if stage.product else "", stage.groups[0]
        others = [g for s in stages for g in s.groups if g is not first]
        elsewhere = {n for g in others for e in g for n in tensors_read(e.body)}
        elsewhere.update(n for s in stages if s.product for n in (s.product.left, s.product.right))
        at = tuple(map(Position.of, first[0].free))
        read = [r.indices for e in first for r in reads(e.body) if r.tensor == out]
        if out not in elsewhere | {e.target for e in stage.equations} and all(indices == at for indices in read):
            found.add(out)
    return found


def _of_other_steps(equation: Equation, group: Sequence[Equation]) -> set[str]:
    """Targets of a group that an equation reads at another place than the one that is being computed."""
    places = {e.target: e.indices for e in group}
    return {r.tensor for r in reads(equation.body) if places.get(r.tensor, r.indices) != r.indices}
