"""Plans as values: forms of stages, order, products, buffers that never overlap while in use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symprop.codegen.layout import packed, workspace
from symprop.derivation import derive
from symprop.errors import FormulaError
from symprop.language import Extent, Scope, Tensor, parse_equation
from symprop.plan import KernelPlan, Program, plan_derivation
from symprop.plan.contraction import split
from symprop.plan.fusion import fuse
from symprop.plan.recurrence import order
from symprop.plan.turning import factors_stored
from tests.cases.equations import CASES, Case
from tests.codegen.fixed import fixed_network
from tests.codegen.perceptron import perceptron

BY_NAME = {case.name: case for case in CASES}


def plan(name: str, least: int = 1) -> KernelPlan:
    return plan_derivation(derive(fixed_network(BY_NAME[name])), least)


def test_a_perceptron_is_products_with_epilogues() -> None:
    program = plan_derivation(perceptron(), 1).program("gradient")
    products = [str(s.product) for s in program.stages if s.product]
    assert products == [
        "Z1 = x @ W1   (N x 5 x 7)",
        "Z2 = A1 @ W2   (N x 7 x 3)",
        "dW2 = A1^T @ dZ2   (7 x N x 3)",
        "dA1 = dZ2 @ W2^T   (N x 3 x 7)",
        "dW1 = x^T @ dZ1   (5 x N x 7)",
    ]
    first = program.stages[0]
    assert first.form == "contraction" and first.numbers == (1, 2)
    assert [e.target for e in first.equations] == ["Z1", "A1"]


def test_small_products_stay_loops_and_share_the_rows() -> None:
    program = plan_derivation(perceptron(), 10**6).program("forward")
    assert [s.form for s in program.stages] == ["rows"]
    assert [i.name for i in program.stages[0].shared] == ["n"]


@pytest.mark.parametrize(
    ("case", "target", "form"),
    [
        ("embedding", "e", "gather"),
        ("embedding", "dE", "scatter"),
        ("lstm", "H", "loops"),
        ("layer_norm", "y", "rows"),
        ("convolution", "dw", "contraction"),
    ],
)
def test_forms(case: str, target: str, form: str) -> None:
    stages = plan(case).program("gradient").stages
    assert [s.form for s in stages if target in s.outputs] == [form]


def test_a_recurrence_runs_up_and_its_adjoint_down() -> None:
    stages = [s for s in plan("lstm").program("gradient").stages if s.form == "loops" and s.shared]
    assert [s.downwards for s in stages] == [False, True]
    assert {i.name for s in stages for i in s.shared} == {"t"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_tensor_is_computed_before_it_is_read(case: Case) -> None:
    for program in plan_derivation(derive(fixed_network(case)), 1).programs:
        known = set(program.reads)
        for stage in program.stages:
            assert set(stage.inputs) <= known
            known |= set(stage.outputs)
        assert set(program.results) <= known


def overlaps(program: Program) -> list[tuple[str, str]]:
    space = workspace(program)
    places = dict(space.offsets)
    buffers = [b for b in program.buffers if packed(b)]
    found = []
    for a in buffers:
        for b in buffers:
            together = a.name < b.name and a.first <= b.last and b.first <= a.last
            ends = places[a.name] + size(a.entries), places[b.name] + size(b.entries)
            apart = ends[0] <= places[b.name] or ends[1] <= places[a.name]
            if together and not apart and bool(a.entries.names) == bool(b.entries.names):
                found.append((a.name, b.name))
        assert places[a.name] + size(a.entries) <= (space.per_row if a.entries.names else space.fixed)
    return found


def size(extent: Extent) -> int:
    return extent.value({"N": 1})


@pytest.mark.parametrize("name", ["layer_norm", "lstm", "causal_attention", "two_layers", "convolution"])
def test_buffers_in_use_together_do_not_overlap(name: str) -> None:
    programs = plan(name).programs
    assert [overlaps(p) for p in programs] == [[], [], []]
    assert any(workspace(p).offsets for p in programs)


def test_memory_is_used_again() -> None:
    program = plan_derivation(perceptron(), 1).program("gradient")
    space = workspace(program)
    assert space.per_row < sum(size(b.entries) for b in program.buffers if packed(b))


def test_a_plan_prints_its_stages() -> None:
    text = str(plan_derivation(perceptron(), 1).program("loss"))
    assert text.splitlines()[:4] == [
        "loss: x, y, W1, b1, W2, b2 -> L, 214*N + 3 flops",
        "[0] contraction (1, 2), 91*N flops",
        "  Z1 = x @ W1   (N x 5 x 7)",
        "  | Z1[n,j] = Z1[n,j] + b1[j]",
    ]


def test_a_group_that_reads_both_ways_is_refused() -> None:
    table = {"H": Tensor("H", (Extent.of("N"), Extent.of(9)))}
    equation = parse_equation("H[n,t] = H[n,t-1] + H[n,t+1]", Scope(table))
    with pytest.raises(FormulaError) as error:
        order([equation])
    assert str(error.value) == (
        "equation: H read each other, and no index runs so that every step reads steps before it alone. "
        "A recurrence reads t-1, or t+1, but not both."
    )


def test_a_sum_over_earlier_steps_is_a_recurrence() -> None:
    table = {"H": Tensor("H", (Extent.of("N"), Extent.of(9)))}
    for text, downwards in [("s: s < t", False), ("s: s > t", True)]:
        unit = order([parse_equation(f"H[n,t] = 1 + sum[{text}](H[n,s])", Scope(table))])[0]
        assert unit.step is not None and (unit.step.name, unit.downwards) == ("t", downwards)


def test_a_sum_beside_a_product_is_collected_elsewhere() -> None:
    N, D = Extent.of("N"), Extent.of(4)
    tensors = {name: Tensor(name, (N, Extent.of(9), D)) for name in ("a", "b")}
    tensors |= {"c": Tensor("c", (N, D)), "y": Tensor("y", (D, D))}
    text = "y[i,j] = sum[n,t](a[n,t,i]*b[n,t,j]) + sum[n](c[n,i]*b[n,0,j])"
    parts = split(parse_equation(text, Scope(tensors)), dict(tensors), least=32 * 16 * 2)
    assert [str(p.equation) for p in parts.products] == ["y_1[i,j] = sum[n,t](a[n,t,i]*b[n,t,j])"]
    assert str(parts.rest) == "y[i,j] = y_1[i,j] + sum[n](c[n,i]*b[n,0,j])"


SMALL, LONG = 60, 2049
"""Terms of a sum that the SIMD layer turns in panels, and more than these hold."""


@pytest.mark.parametrize(
    ("text", "inner", "shared", "stored"),
    [
        ("y[n,j] = sum[k](a[n,k]*W[j,k])", SMALL, False, ""),
        ("y[n,j] = sum[k](a[n,k]*W[j,k])", LONG, False, "y_1[k,j] = W[j,k]"),
        ("y[n,j] = sum[k](a[n,k]*W[j,k])", SMALL, True, "y_1[k,j] = W[j,k]"),
        ("y[n,t,j] = sum[k](b[n,t,k]*W[j,k])", SMALL, False, "y_1[k,j] = W[j,k]"),
        ("y[n,j] = sum[k](a[n,k]*V[k,j])", SMALL, False, ""),
        ("y[n,m] = sum[k](a[n,k]*a[m,k])", SMALL, False, ""),
    ],
)
def test_factors_that_lie_across_the_lanes_are_stored_where_no_panel_turns_them(
    text: str, inner: int, shared: bool, stored: str
) -> None:
    N, K, J = Extent.of("N"), Extent.of(inner), Extent.of(7)
    tensors = {"a": Tensor("a", (N, K)), "b": Tensor("b", (N, Extent.of(3), K))}
    tensors |= {"W": Tensor("W", (J, K)), "V": Tensor("V", (K, J))}
    axes = {"n": N, "t": Extent.of(3), "j": J, "m": N}
    target = text.split(" = ")[0]
    tensors["y"] = Tensor("y", tuple(axes[i] for i in target[2:-1].split(",")))
    items = split(parse_equation(text, Scope(tensors)), tensors, 1).products
    stages = fuse(items)
    if shared:
        stages = tuple(replace(s, shared=tuple(s.product.equation.free[:1])) for s in stages if s.product)
    found = factors_stored(stages, tensors)
    assert [str(e) for s in found[:-1] for e in s.equations] == ([stored] if stored else [])
    product = found[-1].product
    assert product is not None
    right = stored.split("[")[0] or items[0].right
    assert (product.right, product.right_transposed) == (right, items[0].right_transposed and not stored)
    assert set(found[-1].inputs) == {items[0].left, right}
